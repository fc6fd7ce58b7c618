package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// rehearsed are questions of each sort of answer; a restored node gives all of them byte for byte.
var rehearsed = []string{
	`{"question": "трябва ми съдебно за нова работа"}`,
	`{"question": "трябва ми съдебно за нова работа", "place": "Враца"}`,
	`{"question": "iztekla mi e lichnata karta"}`,
	`{"question": "imam li globi ot kat"}`,
	`{"question": "как да платя данък сгради", "place": "Мездра"}`,
	`{"question": "How do I get a criminal record certificate?"}`,
	`{"question": "смяна на адрес"}`,
	`{"question": "удостоверение", "audience": "business"}`,
	`{"question": "разрешително за ловна пушка"}`,
	`{"question": "рецепта за баница"}`,
	`{"question": "мъжът ми ме бие"}`,
	`{"question": "най-близката библиотека", "place": "Видин"}`,
	`{"question": "искам човек"}`,
}

// aBackupAnswersTheSame takes both kinds of backup of a running program and goes back to them on other servers.
func aBackupAnswersTheSame(t *testing.T, p *program) {
	script, err := filepath.Abs("../../deploy/backup/backup")
	if err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	beside := filepath.Dir(p.dataDir)
	before := asked(t, p.url)

	t.Run("a dump, restored", func(t *testing.T) {
		file := strings.TrimSpace(onServersOf(t, p, p.dataDir, script, "dump", kept))
		restored := filepath.Join(beside, "restored")
		onServersOf(t, p, restored, script, "restore", file)
		answersAs(t, p, restored, before)
		out, err := withServers(t, p, restored, script, "restore", file)
		if err == nil || !strings.Contains(out, "empty one") {
			t.Errorf("a second restore over the first: %v\n%s", err, out)
		}
	})

	t.Run("a moment between two changes", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), strings.TrimSpace(onServersOf(t, p, p.dataDir, "sh", "-c", `echo "$DATABASE_URL"`)))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		follow := exec.Command(p.binary, "with-servers", script, "stream", kept)
		said := &lockedBuffer{}
		follow.Env, follow.Stdout, follow.Stderr = p.env, said, said
		if err := follow.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = follow.Process.Signal(syscall.SIGTERM)
			_ = follow.Wait() // it was stopped
			if _, err := conn.Exec(context.Background(), `SELECT pg_drop_replication_slot('orientir_backup')`); err != nil {
				t.Error(err)
			}
		}()
		onServersOf(t, p, p.dataDir, script, "base", kept)
		change := func(word string) (at string) {
			if _, err := conn.Exec(t.Context(), `INSERT INTO glossary (term, meaning, origin) VALUES ($1, 'проба', 'editor')`, word); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRow(t.Context(), `SELECT clock_timestamp()::text`).Scan(&at); err != nil {
				t.Fatal(err)
			}
			return at
		}
		moment := change("първа промяна")
		change("втора промяна")
		var end string
		if err := conn.QueryRow(t.Context(), `SELECT pg_current_wal_flush_lsn()::text`).Scan(&end); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the log has come", func() string {
			var come bool
			err := conn.QueryRow(t.Context(), `SELECT coalesce(bool_or(flush_lsn >= $1::text::pg_lsn), false) FROM pg_stat_replication WHERE application_name = 'pg_receivewal'`, end).Scan(&come)
			if err != nil || !come {
				return fmt.Sprintf("%v; %s", err, said)
			}
			return ""
		})
		recovered := filepath.Join(beside, "recovered")
		if err := os.Mkdir(recovered, 0o711); err != nil { // its servers are another user's
			t.Fatal(err)
		}
		if os.Geteuid() == 0 { // as that of a service is
			if err := os.Chown(recovered, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command(script, "recover", kept, filepath.Join(recovered, "postgres"), moment).CombinedOutput(); err != nil {
			t.Fatalf("recover: %v\n%s", err, out)
		}
		if info, err := os.Stat(filepath.Join(recovered, "postgres", "PG_VERSION")); err != nil || os.Geteuid() == 0 && info.Sys().(*syscall.Stat_t).Uid != 65534 {
			t.Errorf("the service can't read what was recovered: %v, %v", info, err)
		}
		changes := onServersOf(t, p, recovered, "sh", "-c", `psql -X -Atc "SELECT term FROM glossary WHERE meaning = 'проба'" "$DATABASE_URL"`)
		if strings.TrimSpace(changes) != "първа промяна" {
			t.Errorf("at the moment between them there is %q", changes)
		}
		answersAs(t, p, recovered, before)
	})

	t.Run("old ones go, the newest stays", func(t *testing.T) {
		for _, name := range []string{"orientir-20250101T000000Z.dump", "base/20250101T000000Z"} {
			if err := os.MkdirAll(filepath.Join(kept, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		os.Remove(filepath.Join(kept, "orientir-20250101T000000Z.dump"))
		if err := os.WriteFile(filepath.Join(kept, "orientir-20250101T000000Z.dump"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(script, "prune", kept, "30").CombinedOutput(); err != nil || strings.Count(string(out), "deleted") != 2 {
			t.Errorf("%v\n%s", err, out)
		}
		for _, pattern := range []string{"orientir-*.dump", "base/*Z", "wal/*"} {
			if left, _ := filepath.Glob(filepath.Join(kept, pattern)); len(left) == 0 || pattern != "wal/*" && len(left) != 1 {
				t.Errorf("%s: %q are left", pattern, left)
			}
		}
	})

	t.Run("never beside the key", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(kept, secretFile), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := withServers(t, p, p.dataDir, script, "dump", kept); err == nil || !strings.Contains(out, "keep it apart") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// answersAs starts the program a second time, on a data directory that came back from a backup: it answers as p did before, byte for byte.
func answersAs(t *testing.T, p *program, dataDir string, before map[string]string) {
	t.Helper()
	back := *p
	back.t, back.dataDir = t, dataDir
	addr := freeAddr(t)
	back.url = "http://" + addr
	back.env = append(slices.Clone(p.env), "ORIENTIR_DATA_DIR="+dataDir, "ORIENTIR_ADDR="+addr, "ORIENTIR_METRICS_ADDR="+freeAddr(t), "ORIENTIR_PUBLIC_URL="+back.url, "TELEGRAM_BOT_TOKEN=")
	back.start()
	defer back.stop()
	again := asked(t, back.url)
	now := asked(t, p.url) // what is open changes by the minute
	for q, answer := range again {
		if answer != before[q] && answer != now[q] {
			t.Errorf("%s\nbefore: %s\nback:   %s", q, before[q], answer)
		}
	}
}

// asked puts the questions to a node and gives what it answers, as it is.
func asked(t *testing.T, url string) map[string]string {
	t.Helper()
	answers := map[string]string{}
	for _, q := range rehearsed {
		resp, err := http.Post(url+"/api/v1/ask", "application/json", strings.NewReader(q))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", q, resp.Status, err)
		}
		answers[q] = string(body)
	}
	if distinct := slices.Compact(slices.Sorted(maps.Values(answers))); len(distinct) < 10 {
		t.Fatalf("the questions have only %d answers between them", len(distinct))
	}
	return answers
}

// onServersOf runs a command with the addresses of the private servers of a data directory, and gives what it printed.
func onServersOf(t *testing.T, p *program, dataDir string, command ...string) string {
	t.Helper()
	out, err := withServers(t, p, dataDir, command...)
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return out
}

func withServers(t *testing.T, p *program, dataDir string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, append([]string{"with-servers"}, command...)...)
	cmd.Env = append(slices.Clone(p.env), "ORIENTIR_DATA_DIR="+dataDir)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String() + complaints.String(), err
	}
	return out.String(), nil
}
