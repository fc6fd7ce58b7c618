package handoff

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge/privacy"
)

// Canned is an answer that is ready to use.
type Canned struct {
	ID       int64
	Language string // bg | en
	Title    string
	Text     string
}

// CannedAnswers lists them by title.
func (d *Desk) CannedAnswers(ctx context.Context) ([]Canned, error) {
	rows, err := d.db.Query(ctx, `SELECT id, language, title, text FROM canned_answers ORDER BY language, title`)
	if err != nil {
		return nil, fmt.Errorf("list canned answers: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Canned])
	if err != nil {
		return nil, fmt.Errorf("list canned answers: %w", err)
	}
	return all, nil
}

// AddCanned adds an answer, its personal numbers masked, and says which kinds were. Faults come as *staff.Fault.
func (d *Desk) AddCanned(ctx context.Context, by int64, c Canned) (hidden []privacy.Kind, err error) {
	c.Title, c.Text = strings.TrimSpace(c.Title), strings.TrimSpace(strings.ReplaceAll(c.Text, "\r\n", "\n"))
	for _, words := range []*string{&c.Title, &c.Text} { // before they are measured: a mask may be longer than what it hides
		masked, kinds, err := d.conversations.Mask(ctx, *words)
		if err != nil {
			return nil, fmt.Errorf("add canned answer: %w", err)
		}
		*words, hidden = masked, append(hidden, kinds...)
	}
	switch {
	case c.Language != "bg" && c.Language != "en":
		return nil, &staff.Fault{Field: "language", Key: "console.fault_language"}
	case c.Title == "" || utf8.RuneCountInString(c.Title) > 80:
		return nil, &staff.Fault{Field: "title", Key: "console.fault_canned_title"}
	case c.Text == "" || utf8.RuneCountInString(c.Text) > 2000:
		return nil, &staff.Fault{Field: "text", Key: "console.fault_canned_text"}
	}
	err = d.staff.Door(ctx, staff.Act{By: by, Verb: "canned.add"}, func(tx pgx.Tx, act *staff.Act) error {
		var id int64
		err := tx.QueryRow(ctx, `
			INSERT INTO canned_answers (language, title, text) VALUES ($1, $2, $3)
			ON CONFLICT (language, title) DO NOTHING RETURNING id`, c.Language, c.Title, c.Text).Scan(&id)
		if err == pgx.ErrNoRows {
			return &staff.Fault{Field: "title", Key: "console.fault_canned_taken"}
		}
		act.Subject = fmt.Sprintf("canned:%d", id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add canned answer: %w", err)
	}
	return hidden, nil
}

// RemoveCanned removes an answer; one that is gone already is ErrNotFound.
func (d *Desk) RemoveCanned(ctx context.Context, by, id int64) error {
	err := d.staff.Door(ctx, staff.Act{By: by, Verb: "canned.remove", Subject: fmt.Sprintf("canned:%d", id)}, func(tx pgx.Tx, _ *staff.Act) error {
		tag, err := tx.Exec(ctx, `DELETE FROM canned_answers WHERE id = $1`, id)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove canned answer %d: %w", id, err)
	}
	return nil
}
