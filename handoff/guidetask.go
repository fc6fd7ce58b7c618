package handoff

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
)

// maxTaskWords is the most characters of a librarian's words for an editor.
const maxTaskWords = 2000

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
