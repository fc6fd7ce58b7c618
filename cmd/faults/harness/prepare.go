package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/local"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// files are a stopped PostgreSQL's, with the starter knowledge, accounts and a learned model in it: each run works on a copy.
type files struct {
	data      string // directory
	Program   string // the server's
	UID, GID  uint32 // whose the files are
	Questions []string
}

// password of every account here.
const password = "дълга парола за проба 7"

// librarians are the accounts that work at the desk.
var librarians = []string{"elena@example.bg", "ivan@example.bg"}

// kept are the services that remain. Learning from all of them would take a minute of two processors, and what is asked here is not the point.
var kept = []string{"criminal-record", "vignette", "traffic-fines", "local-taxes-pay", "ehic-card", "kindergarten", "gp-choice"}

// prepared gives the files that an earlier run made in dir, or makes them.
func prepared(ctx context.Context, dir string, log *slog.Logger) (files, error) {
	list := filepath.Join(dir, "files.json")
	if text, err := os.ReadFile(list); err == nil {
		f := files{data: filepath.Join(dir, "postgres")}
		return f, json.Unmarshal(text, &f)
	}
	f, err := prepare(ctx, dir, log)
	if err != nil {
		return f, err
	}
	text, err := json.Marshal(f)
	if err != nil {
		return f, err
	}
	return f, os.WriteFile(list, text, 0o644)
}

// prepare makes the files in dir.
func prepare(ctx context.Context, dir string, log *slog.Logger) (_ files, err error) {
	servers, err := local.Start(ctx, local.Options{DataDir: dir, Log: log, NeedPostgres: true, Scratch: true})
	if err != nil {
		return files{}, err
	}
	defer func() { err = errors.Join(err, servers.Close()) }()
	f := files{data: filepath.Join(dir, "postgres")}
	pool, err := postgres.Open(ctx, servers.DatabaseURL, postgres.Options{MaxConns: 4})
	if err != nil {
		return f, err
	}
	defer pool.Close()
	if err := f.describe(); err != nil {
		return f, err
	}
	if err := postgres.Migrate(ctx, pool); err != nil {
		return f, err
	}
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		return f, err
	}
	if err := makeSmall(ctx, pool); err != nil {
		return f, fmt.Errorf("make the knowledge small: %w", err)
	}
	answerer := retrieval.New(pool, store, retrieval.Options{Log: log})
	if err := answerer.Update(ctx); err != nil {
		return f, err
	}
	if f.Questions, err = answered(ctx, pool, answerer); err != nil {
		return f, err
	}
	accounts := staff.NewStore(pool, staff.Options{})
	for _, email := range librarians {
		if _, err := accounts.Add(ctx, staff.Profile{Email: email, Roles: []staff.Role{staff.Librarian, staff.Supervisor}}, password); err != nil {
			return f, fmt.Errorf("add %s: %w", email, err)
		}
	}
	return f, nil
}

// makeSmall leaves few services and few questions. Guides are never deleted otherwise, so the tables' rules are put aside for it.
func makeSmall(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			DELETE FROM sample_questions WHERE id NOT IN (
				SELECT id FROM (
					SELECT id, expected, row_number() OVER (PARTITION BY expected ORDER BY language <> 'bg', md5(question)) AS n FROM sample_questions
					WHERE cardinality(expected) = 1 AND expected && $1 OR cardinality(expected) = 0) AS q
				WHERE n <= CASE WHEN cardinality(expected) = 0 THEN 60 ELSE 12 END)`, kept); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		for _, table := range []string{"guide_sources", "guide_texts", "guide_versions", "guides"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE slug <> ALL ($1)`, kept); err != nil {
				return err
			}
		}
		return nil
	})
}

// answered are questions that a guide answers: of a different service each, so that none is taken for going on about the one before.
func answered(ctx context.Context, pool *pgxpool.Pool, answerer *retrieval.Answerer) (list []string, err error) {
	rows, err := pool.Query(ctx, `SELECT question, expected[1] FROM sample_questions WHERE cardinality(expected) = 1 AND expected && $1 AND language = 'bg' ORDER BY md5(question)`, kept)
	if err != nil {
		return nil, err
	}
	type sample struct{ Question, Expected string }
	samples, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sample])
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, s := range samples {
		if have[s.Expected] {
			continue
		}
		a, err := answerer.Answer(ctx, retrieval.Question{Text: s.Question})
		if err != nil {
			return nil, err
		}
		if a.Outcome == retrieval.Answered && len(a.Guides) > 0 && a.Guides[0].Slug == s.Expected {
			have[s.Expected] = true
			list = append(list, s.Question)
		}
	}
	if len(list) < 2 {
		return nil, fmt.Errorf("only %d services answer", len(list))
	}
	return list, nil
}

// describe finds out whose the files are and which program made them.
func (f *files) describe() error {
	info, err := os.Stat(f.data)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	f.UID, f.GID = owner.Uid, owner.Gid
	text, err := os.ReadFile(filepath.Join(f.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	f.Program, err = os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err
}
