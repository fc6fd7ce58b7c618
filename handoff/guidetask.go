package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
)

// GuideTask is what a closing found wrong with the guides, for an editor.
type GuideTask struct {
	ID       int64
	Ticket   int64
	Kind     Verdict // Wrong or Missing
	Slug     string  // "" where no guide is known
	Title    string  // of the guide; "" where there is none
	Question string  // masked
	Words    string  // the librarian's, masked
	State    string  // open | done | dismissed
	At       time.Time
	FromName string // who closed the ticket
	ByName   string // who did or dismissed it; "" while open
	EndedAt  *time.Time
	Reason   string // why it was dismissed, masked; "" otherwise
}

// maxTaskWords is the most characters of a librarian's words for an editor.
const maxTaskWords = 2000

// guideTitle reads the title of the guide that a task g is about.
const guideTitle = `
	SELECT x.title FROM guides u JOIN guide_texts x ON x.slug = u.slug AND x.version = u.version AND x.language = 'bg'
	WHERE u.slug = g.slug`

// openTask keeps what a closing found wrong. A wrong guide without a name is the one that the bot showed last.
func (d *Desk) openTask(ctx context.Context, tx pgx.Tx, ticket, conversation int64, c Closing, question string) error {
	words, _, err := d.conversations.Mask(ctx, strings.TrimSpace(strings.ReplaceAll(c.Comment, "\r\n", "\n")))
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(words) > maxTaskWords {
		return &staff.Fault{Field: "comment", Key: "console.fault_comment_long", Args: []any{maxTaskWords}}
	}
	if c.Slug != "" {
		var known bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM guides WHERE slug = $1)`, c.Slug).Scan(&known); err != nil {
			return err
		}
		if !known {
			return &staff.Fault{Field: "slug", Key: "console.fault_slug"}
		}
	}
	if c.Slug == "" && c.Guide == Wrong {
		err := tx.QueryRow(ctx, `
			SELECT body -> 'guide' ->> 'slug' FROM messages
			WHERE conversation = $1 AND sender IN ('bot', 'librarian') AND body -> 'guide' ->> 'slug' <> ''
			ORDER BY id DESC LIMIT 1`, conversation).Scan(&c.Slug)
		if errors.Is(err, pgx.ErrNoRows) {
			return &staff.Fault{Field: "slug", Key: "console.fault_slug"}
		}
		if err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO guide_tasks (ticket, kind, slug, question, words, at) VALUES ($1, $2, $3, left($4, 4000), $5, $6)`, ticket, string(c.Guide), c.Slug, question, words, d.now())
	return err
}

// GuideTasks lists tasks in a state, «open», «done» or «dismissed», the oldest open ones and the newest ended ones first; at most limit.
func (d *Desk) GuideTasks(ctx context.Context, state string, limit int) ([]GuideTask, error) {
	rows, err := d.db.Query(ctx, `
		SELECT g.id, g.ticket, g.kind, g.slug, coalesce(v.title, '') AS title, g.question, g.words, g.state, g.at,
			coalesce(f.name, '') AS from_name, coalesce(s.name, '') AS by_name, g.ended_at, g.reason
		FROM guide_tasks g
		JOIN tickets t ON t.id = g.ticket
		LEFT JOIN staff f ON f.id = t.claimed_by
		LEFT JOIN staff s ON s.id = g.by
		LEFT JOIN LATERAL (`+guideTitle+`) v ON true
		WHERE g.state = $1
		ORDER BY CASE WHEN g.state = 'open' THEN g.id ELSE -g.id END
		LIMIT $2`, state, limit)
	if err != nil {
		return nil, fmt.Errorf("list guide tasks: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, pgx.RowToStructByName[GuideTask])
	if err != nil {
		return nil, fmt.Errorf("list guide tasks: %w", err)
	}
	return tasks, nil
}

// maxTaskReason is the most characters of an editor's reason.
const maxTaskReason = 1000

// EndGuideTask does a task, or dismisses it for a reason. Errors: *staff.Fault, ErrNotFound where it is not open.
func (d *Desk) EndGuideTask(ctx context.Context, id int64, a staff.Account, dismissed bool, reason string) error {
	state, verb := "done", "task.done"
	if dismissed {
		state, verb = "dismissed", "task.dismiss"
	}
	reason, _, err := d.conversations.Mask(ctx, strings.TrimSpace(reason))
	switch {
	case err != nil:
		return fmt.Errorf("end guide task %d: %w", id, err)
	case !dismissed:
		reason = ""
	case reason == "" || utf8.RuneCountInString(reason) > maxTaskReason:
		return &staff.Fault{Field: fmt.Sprintf("reason-%d", id), Key: "desk.fault_task_reason"}
	}
	err = d.staff.Door(ctx, staff.Act{By: a.ID, Verb: verb, Subject: fmt.Sprintf("task:%d", id)}, func(tx pgx.Tx, _ *staff.Act) error {
		tag, err := tx.Exec(ctx, `
			UPDATE guide_tasks SET state = $2, by = $3, ended_at = $4, reason = $5 WHERE id = $1 AND state = 'open'`, id, state, a.ID, d.now(), reason)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end guide task %d: %w", id, err)
	}
	return nil
}
