package handoff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge/privacy"
)

// Scope says whose a ready answer is.
type Scope string

// The scopes, in the order in which they are offered.
const (
	Own     Scope = "own"     // one account's
	Library Scope = "library" // everybody's who serves a library
	Shared  Scope = "shared"  // everybody's; supervisors keep them
)

// Canned is an answer that is ready to use.
type Canned struct {
	ID            int64
	Language      string // bg | en
	Title         string
	Text          string
	Scope         Scope
	Owner         int64  // account, where Own
	HelpPoint     string // id, where Library
	HelpPointName string
}

// MayKeep says whether an account may add, change and remove a ready answer: one's own, one's libraries', as a supervisor anybody's but
// other people's own.
func (c Canned) MayKeep(a staff.Account) bool {
	switch c.Scope {
	case Own:
		return c.Owner == a.ID
	case Library:
		return c.HelpPoint != "" && a.Serves(c.HelpPoint) || a.Is(staff.Supervisor)
	}
	return a.Is(staff.Supervisor)
}

// CannedAnswers lists those that an account may use: its own, those of its libraries, the shared ones. A supervisor sees those of all libraries.
func (d *Desk) CannedAnswers(ctx context.Context, a staff.Account) ([]Canned, error) {
	all, err := d.canned(ctx, `
		c.owner = $1 OR c.scope = 'shared' OR c.scope = 'library' AND ($2 OR c.help_point = ANY ($3))`, a.ID, a.Is(staff.Supervisor), a.Libraries)
	if err != nil {
		return nil, fmt.Errorf("list canned answers of account %d: %w", a.ID, err)
	}
	return all, nil
}

// CannedAnswer gives one that an account may keep; ErrNotFound for any other.
func (d *Desk) CannedAnswer(ctx context.Context, a staff.Account, id int64) (Canned, error) {
	found, err := d.canned(ctx, `c.id = $1`, id)
	if err != nil {
		return Canned{}, fmt.Errorf("read canned answer %d: %w", id, err)
	}
	if len(found) == 0 || !found[0].MayKeep(a) {
		return Canned{}, fmt.Errorf("read canned answer %d: %w", id, ErrNotFound)
	}
	return found[0], nil
}

func (d *Desk) canned(ctx context.Context, which string, args ...any) ([]Canned, error) {
	rows, err := d.db.Query(ctx, `
		SELECT c.id, c.language, c.title, c.text, c.scope, coalesce(c.owner, 0) AS owner, coalesce(c.help_point, '') AS help_point,
			coalesce(h.name, '') AS help_point_name
		FROM canned_answers c LEFT JOIN help_points h ON h.id = c.help_point
		WHERE `+which+`
		ORDER BY array_position(ARRAY['own', 'library', 'shared'], c.scope), h.name, c.language, c.title, c.id`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Canned])
}

// SaveCanned adds an answer (ID 0) or changes one, its personal numbers masked, and says which kinds were.
// Errors: *staff.Fault, ErrNotFound where the account may not keep it.
func (d *Desk) SaveCanned(ctx context.Context, a staff.Account, c Canned) (hidden []privacy.Kind, err error) {
	if c.Scope == Own {
		c.Owner = a.ID
	}
	c.Title, c.Text = strings.TrimSpace(c.Title), strings.TrimSpace(strings.ReplaceAll(c.Text, "\r\n", "\n"))
	for _, words := range []*string{&c.Title, &c.Text} { // before they are measured: a mask may be longer than what it hides
		masked, kinds, err := d.conversations.Mask(ctx, *words)
		if err != nil {
			return nil, fmt.Errorf("save canned answer: %w", err)
		}
		*words, hidden = masked, append(hidden, kinds...)
	}
	if err := c.check(a); err != nil {
		return nil, err
	}
	if c.ID != 0 {
		if _, err := d.CannedAnswer(ctx, a, c.ID); err != nil {
			return nil, err
		}
	}
	change := staff.Act{By: a.ID, Verb: "canned.add"}
	if c.ID != 0 {
		change = staff.Act{By: a.ID, Verb: "canned.change"}
	}
	err = d.staff.Door(ctx, change, func(tx pgx.Tx, act *staff.Act) error {
		id, err := keepCanned(ctx, tx, c)
		act.Subject, act.Detail = fmt.Sprintf("canned:%d", id), map[string]any{"scope": c.Scope}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("save canned answer: %w", err)
	}
	return hidden, nil
}

// check finds what an account may not keep, or can't.
func (c Canned) check(a staff.Account) error {
	switch {
	case c.Language != "bg" && c.Language != "en":
		return &staff.Fault{Field: "language", Key: "console.fault_language"}
	case !slices.Contains([]Scope{Own, Library, Shared}, c.Scope), c.Scope == Library && c.HelpPoint == "", !c.MayKeep(a):
		return &staff.Fault{Field: "scope", Key: "desk.fault_canned_scope"}
	case c.Title == "" || utf8.RuneCountInString(c.Title) > 80:
		return &staff.Fault{Field: "title", Key: "console.fault_canned_title"}
	case c.Text == "" || utf8.RuneCountInString(c.Text) > 2000:
		return &staff.Fault{Field: "text", Key: "console.fault_canned_text"}
	}
	return nil
}

// keepCanned writes an answer. A name is taken once in a scope of a language.
func keepCanned(ctx context.Context, tx pgx.Tx, c Canned) (id int64, err error) {
	if c.Scope != Own {
		c.Owner = 0
	}
	if c.Scope != Library {
		c.HelpPoint = ""
	}
	var taken bool
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM canned_answers
		WHERE id <> $1 AND language = $2 AND title = $3 AND scope = $4 AND coalesce(owner, 0) = $5 AND coalesce(help_point, '') = $6)`,
		c.ID, c.Language, c.Title, c.Scope, c.Owner, c.HelpPoint).Scan(&taken)
	if err != nil {
		return 0, err
	}
	if taken {
		return 0, &staff.Fault{Field: "title", Key: "console.fault_canned_taken"}
	}
	if c.ID == 0 {
		err = tx.QueryRow(ctx, `
			INSERT INTO canned_answers (language, title, text, scope, owner, help_point)
			SELECT $1, $2, $3, $4, NULLIF($5::bigint, 0), h.id
			FROM (SELECT) one LEFT JOIN help_points h ON h.id = $6
			WHERE $6 = '' OR h.id IS NOT NULL
			ON CONFLICT DO NOTHING RETURNING id`, c.Language, c.Title, c.Text, c.Scope, c.Owner, c.HelpPoint).Scan(&id)
	} else {
		err = tx.QueryRow(ctx, `
			UPDATE canned_answers SET language = $2, title = $3, text = $4, scope = $5, owner = NULLIF($6::bigint, 0), help_point = NULLIF($7, '')
			WHERE id = $1 AND ($7 = '' OR EXISTS (SELECT FROM help_points WHERE id = $7)) RETURNING id`,
			c.ID, c.Language, c.Title, c.Text, c.Scope, c.Owner, c.HelpPoint).Scan(&id)
	}
	if errors.Is(err, pgx.ErrNoRows) { // another was quicker, or there is no such library
		return 0, &staff.Fault{Field: "scope", Key: "desk.fault_canned_scope"}
	}
	return id, err
}

// RemoveCanned removes an answer that the account may keep; any other, and one that is gone already, is ErrNotFound.
func (d *Desk) RemoveCanned(ctx context.Context, a staff.Account, id int64) error {
	if _, err := d.CannedAnswer(ctx, a, id); err != nil {
		return err
	}
	err := d.staff.Door(ctx, staff.Act{By: a.ID, Verb: "canned.remove", Subject: fmt.Sprintf("canned:%d", id)}, func(tx pgx.Tx, _ *staff.Act) error {
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
