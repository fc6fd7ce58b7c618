package bot

import (
	"context"
	"fmt"
	"time"

	"orientir/deploy/postgres"
)

// Aftermath is one message some days after an answer that helped: whether the person used the service, whether it worked and whether they would
// recommend it. Whoever rates an answer as helpful is asked, once in their life, whether we may ask; only who says yes gets the message, and
// there is only one. It waits for the day, for a quiet conversation and for nobody else to be talking (aftermathjob.go).
const (
	aftermathAfter = 5 * 24 * time.Hour  // from the yes to the message
	aftermathLate  = 30 * 24 * time.Hour // a message that could not be sent by then is not sent any more
	aftermathKept  = 14 * 24 * time.Hour // how long a device on the web remembers the conversation for it
)

// askAftermath notes that the person is asked whether we may ask later; false where they were asked before, or no guide was shown.
func (c *Conversations) askAftermath(ctx context.Context, tx postgres.DB, contact, answer int64, guide string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO aftermaths (contact, answer, service, offered_at)
		SELECT $1, a.id, g.slug, $4
		FROM answers a JOIN guides g ON g.slug = CASE a.outcome WHEN 'answered' THEN coalesce(a.guides -> 0 ->> 'slug', $3) WHEN 'clarify' THEN $3 END
		WHERE a.id = $2
		ON CONFLICT (contact) DO NOTHING`, contact, answer, guide, c.now())
	if err != nil {
		return false, fmt.Errorf("ask contact %d whether to ask later: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// agreeAftermath notes that the person may be asked later; false where that is known already, or was never asked.
func (c *Conversations) agreeAftermath(ctx context.Context, tx postgres.DB, contact int64) (bool, error) {
	now := c.now()
	tag, err := tx.Exec(ctx, `
		UPDATE aftermaths SET agreed_at = $2, ask_after = $3
		WHERE contact = $1 AND ask_after IS NULL AND asked_at IS NULL`, contact, now, now.Add(aftermathAfter))
	if err != nil {
		return false, fmt.Errorf("keep that contact %d may be asked later: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// declineAftermath notes that the person is not to be asked; false where they have been.
func (c *Conversations) declineAftermath(ctx context.Context, tx postgres.DB, contact int64) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE aftermaths SET ask_after = NULL WHERE contact = $1 AND asked_at IS NULL`, contact)
	if err != nil {
		return false, fmt.Errorf("keep that contact %d is not asked later: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// replyAftermath keeps one reply to the message; the first of each counts. false: there was no such question, or a reply before.
func (c *Conversations) replyAftermath(ctx context.Context, tx postgres.DB, contact int64, question, reply string) (bool, error) {
	sql := map[string]string{
		"used":      `UPDATE aftermaths SET used = $2, replied_at = $3 WHERE contact = $1 AND asked_at IS NOT NULL AND used IS NULL`,
		"worked":    `UPDATE aftermaths SET worked = $2::text = 'yes', replied_at = $3 WHERE contact = $1 AND used = 'yes' AND worked IS NULL`,
		"recommend": `UPDATE aftermaths SET recommends = $2::text = 'yes', replied_at = $3 WHERE contact = $1 AND worked AND recommends IS NULL`,
	}[question]
	tag, err := tx.Exec(ctx, sql, contact, reply, c.now())
	if err != nil {
		return false, fmt.Errorf("keep what contact %d says of it later: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// AwaitsAftermath says until when a person's device on the web remembers the conversation, because they have agreed to be asked later and it is
// not over; zero where there is nothing to wait for.
func (c *Conversations) AwaitsAftermath(ctx context.Context, conversation int64) (time.Time, error) {
	var agreed *time.Time
	err := c.pool.QueryRow(ctx, `
		SELECT max(a.agreed_at) FROM conversations c JOIN aftermaths a ON a.contact = c.contact
		WHERE c.id = $1 AND a.ask_after IS NOT NULL AND a.agreed_at > $2
		  AND (a.used IS NULL OR a.used = 'yes' AND (a.worked IS NULL OR a.worked AND a.recommends IS NULL))`,
		conversation, c.now().Add(-aftermathKept)).Scan(&agreed)
	if err != nil {
		return time.Time{}, fmt.Errorf("look until when conversation %d is to be asked later: %w", conversation, err)
	}
	if agreed == nil {
		return time.Time{}, nil
	}
	return agreed.Add(aftermathKept), nil
}
