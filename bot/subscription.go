package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Subscription is what news a person asked for.
type Subscription struct {
	Topics       []string // of knowledge.NewsTopics; never empty
	Role         knowledge.Audience
	District     string // "" wants only what is of the whole country; else that too
	Municipality string
	Since        time.Time
}

// Wants says whether an item is for who subscribed so. wanted, below, says the same in SQL.
func (s Subscription) Wants(n knowledge.NewsItem) bool {
	about := false
	for _, t := range s.Topics {
		for _, of := range n.Topics {
			about = about || t == of
		}
	}
	return about && (n.Audience == knowledge.Both || s.Role == knowledge.Both || n.Audience == s.Role) &&
		(n.District == "" || n.District == s.District && (n.Municipality == "" || n.Municipality == s.Municipality))
}

// wanted holds subscriptions s of contacts k to an item n.
const wanted = `s.topics && n.topics AND (n.audience = 'both' OR s.role IN ('both', n.audience))
	AND (n.district = '' OR n.district = s.district AND n.municipality IN ('', s.municipality)) AND (n.title_bg <> '' OR k.language = 'en')`

// subscribe keeps what news a person wants, instead of what they wanted before. False where they sit at a terminal, which forgets
// them when they go.
func (c *Conversations) subscribe(ctx context.Context, tx postgres.DB, contact int64, s Subscription) (bool, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO subscriptions (contact, topics, role, district, municipality, since)
		SELECT id, $2, $3, $4, $5, $6 FROM contacts WHERE id = $1 AND terminal_at IS NULL
		ON CONFLICT (contact) DO UPDATE SET topics = EXCLUDED.topics, role = EXCLUDED.role, district = EXCLUDED.district, municipality = EXCLUDED.municipality`,
		contact, s.Topics, s.Role, s.District, s.Municipality, c.now())
	if err != nil {
		return false, fmt.Errorf("subscribe contact %d: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// unsubscribe ends a person's subscription, and what is on its way to them; false where there was none.
func (c *Conversations) unsubscribe(ctx context.Context, tx postgres.DB, contact int64) (bool, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM subscriptions WHERE contact = $1`, contact)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE broadcast_recipients SET state = 'left' WHERE contact = $1 AND state = 'waiting'`, contact)
	}
	if err != nil {
		return false, fmt.Errorf("unsubscribe contact %d: %w", contact, err)
	}
	return tag.RowsAffected() == 1, nil
}

// SubscriptionOf gives what news a person asked for; false where none.
func (c *Conversations) SubscriptionOf(ctx context.Context, contact int64) (Subscription, bool, error) {
	rows, err := c.pool.Query(ctx, `SELECT topics, role, district, municipality, since FROM subscriptions WHERE contact = $1`, contact)
	if err != nil {
		return Subscription{}, false, fmt.Errorf("read the subscription of contact %d: %w", contact, err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Subscription])
	if errors.Is(err, pgx.ErrNoRows) {
		return Subscription{}, false, nil
	}
	if err != nil {
		return Subscription{}, false, fmt.Errorf("read the subscription of contact %d: %w", contact, err)
	}
	return s, true, nil
}

// Reach counts who would be sent an item now.
func (c *Conversations) Reach(ctx context.Context, n knowledge.NewsItem) (people int, err error) {
	err = c.pool.QueryRow(ctx, `
		SELECT count(*) FROM subscriptions s JOIN contacts k ON k.id = s.contact,
			(SELECT $1::text[] AS topics, $2::text AS audience, $3::text AS district, $4::text AS municipality, $5::text AS title_bg) n
		WHERE k.blocked_at IS NULL AND k.forgotten_at IS NULL AND `+wanted,
		n.Topics, n.Audience, n.District, n.Municipality, n.TitleBG).Scan(&people)
	if err != nil {
		return 0, fmt.Errorf("count who wants news: %w", err)
	}
	return people, nil
}
