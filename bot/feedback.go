package bot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// rate stores a judgement; the last one counts. known is false where the answer isn't one that this conversation showed,
// changed where the judgement is the same as before. guide is the slug under which it was judged, "" where that is not known; a guide that the
// conversation did not show is none.
func (c *Conversations) rate(ctx context.Context, tx pgx.Tx, conversation Conversation, answer int64, guide string, good bool) (known, changed bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM messages WHERE conversation = $1 AND sender = 'bot' AND (body ->> 'answer_id')::bigint = $2)`,
		conversation.ID, answer).Scan(&known)
	if err != nil || !known {
		return false, false, err
	}
	rating := "bad"
	if good {
		rating = "good"
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO feedback (answer, contact, rating, guide, created_at, updated_at)
		VALUES ($1, $2, $3, (
			SELECT slug FROM guides WHERE slug = $6 AND EXISTS (
				SELECT FROM messages WHERE conversation = $5 AND sender = 'bot' AND body -> 'guide' ->> 'slug' = $6)
		), $4, $4)
		ON CONFLICT (answer, contact) DO UPDATE SET rating = EXCLUDED.rating, guide = EXCLUDED.guide, reason = NULL, comment = NULL, updated_at = EXCLUDED.updated_at
		WHERE feedback.rating <> EXCLUDED.rating`, answer, conversation.Contact, rating, c.now(), conversation.ID, guide)
	if err != nil {
		return true, false, fmt.Errorf("rate answer %d: %w", answer, err)
	}
	return true, tag.RowsAffected() > 0, nil
}

// giveReason adds to a bad judgement why it is one; false where there is no such judgement.
func (c *Conversations) giveReason(ctx context.Context, tx pgx.Tx, contact, answer int64, reason string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE feedback SET reason = $3, updated_at = $4
		WHERE answer = $1 AND contact = $2 AND rating = 'bad'`, answer, contact, reason, c.now())
	if err != nil {
		return false, fmt.Errorf("give a reason for answer %d: %w", answer, err)
	}
	return tag.RowsAffected() > 0, nil
}

// comment adds the person's own words to a judgement. The words came masked. Where the judgement is gone, so is the comment.
func (c *Conversations) comment(ctx context.Context, tx pgx.Tx, contact, answer int64, text string) error {
	_, err := tx.Exec(ctx, `
		UPDATE feedback SET comment = $3, updated_at = $4
		WHERE answer = $1 AND contact = $2`, answer, contact, cut(text, longest), c.now())
	if err != nil {
		return fmt.Errorf("comment on answer %d: %w", answer, err)
	}
	return nil
}
