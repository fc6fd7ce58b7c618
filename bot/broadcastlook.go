package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Progress is how far a piece of news has come. Its numbers are of people.
type Progress struct {
	State      string // filling, sending, stopped, done, expired
	Recipients int    // on the list
	Waiting    int
	Sent       int
	Blocked    int // had blocked us
	Failed     int // the channel refused it for good
	Unknown    int // it was cut off while it was sent: nobody knows, and it is not sent again
	Left       int // have stopped the news, or were forgotten, meanwhile
	BegunAt    time.Time
	EndedAt    *time.Time
}

// Open says whether there may still be something to send.
func (p Progress) Open() bool {
	return p.State == "filling" || p.State == "sending" || p.State == "stopped"
}

// Progress tells how far the sending of a piece of news has come; false where none has begun.
func (c *Conversations) Progress(ctx context.Context, news int64) (p Progress, ok bool, err error) {
	var kept []byte
	err = c.pool.QueryRow(ctx, `
		SELECT state, recipients, begun_at, ended_at,
			COALESCE(counts, (SELECT COALESCE(jsonb_object_agg(state, n), '{}') FROM (
				SELECT state, count(*) AS n FROM broadcast_recipients WHERE news = b.news GROUP BY state) r))
		FROM broadcasts b WHERE news = $1`, news).Scan(&p.State, &p.Recipients, &p.BegunAt, &p.EndedAt, &kept)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, false, nil
	}
	counts := map[string]int{}
	if err == nil {
		err = json.Unmarshal(kept, &counts)
	}
	if err != nil {
		return p, false, fmt.Errorf("read how far news %d have come: %w", news, err)
	}
	p.Waiting, p.Sent, p.Blocked, p.Failed, p.Unknown = counts["waiting"]+counts["sending"], counts["sent"], counts["blocked"], counts["failed"], counts["unknown"]
	p.Left = p.Recipients - p.Waiting - p.Sent - p.Blocked - p.Failed - p.Unknown
	return p, true, nil
}

// BroadcastStates gives the states of the broadcasts of some pieces of news, by number.
func (c *Conversations) BroadcastStates(ctx context.Context, news []int64) (map[int64]string, error) {
	rows, err := c.pool.Query(ctx, `SELECT news, state FROM broadcasts WHERE news = ANY ($1)`, news)
	if err != nil {
		return nil, fmt.Errorf("read what is being sent: %w", err)
	}
	states := map[int64]string{}
	var id int64
	var state string
	if _, err := pgx.ForEachRow(rows, []any{&id, &state}, func() error { states[id] = state; return nil }); err != nil {
		return nil, fmt.Errorf("read what is being sent: %w", err)
	}
	return states, nil
}

// StopNews stops the sending of a piece of news: what goes out at this moment still does. False where nothing was being sent.
func (c *Conversations) StopNews(ctx context.Context, tx postgres.DB, news int64) (bool, error) {
	return c.turnNews(ctx, tx, news, `UPDATE broadcasts SET state = 'stopped' WHERE news = $1 AND state IN ('filling', 'sending')`)
}

// ResumeNews goes on with what was stopped; who was sent it is not sent it again. False where it was not stopped. WakeNews follows the commit.
func (c *Conversations) ResumeNews(ctx context.Context, tx postgres.DB, news int64) (bool, error) {
	return c.turnNews(ctx, tx, news, `UPDATE broadcasts SET state = 'filling' WHERE news = $1 AND state = 'stopped'`)
}

func (c *Conversations) turnNews(ctx context.Context, tx postgres.DB, news int64, sql string) (bool, error) {
	tag, err := tx.Exec(ctx, sql, news)
	if err != nil {
		return false, fmt.Errorf("stop or resume the sending of news %d: %w", news, err)
	}
	return tag.RowsAffected() == 1, nil
}
