package harness

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// recipients is how many people on a channel are in a state for a piece of news.
type recipients struct {
	Title, Channel, State string
	N                     int
}

// count looks at the database once everything is quiet, and holds it against what people saw.
func (h *house) count(ctx context.Context, l *ledger) error {
	c, err := h.database.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	for _, rule := range []struct{ broken, sql string }{
		{"messages of people were never dealt with", `SELECT count(*) FROM messages WHERE sender = 'person' AND handled_at IS NULL`},
		{"tickets were taken from somebody who had them", `
			SELECT count(*) FROM (
				SELECT kind, lag(kind) OVER (PARTITION BY ticket ORDER BY id) AS before FROM ticket_events
				WHERE kind IN ('claimed', 'returned', 'gone', 'rerouted', 'sent', 'reopened', 'lapsed')) AS e
			WHERE kind = 'claimed' AND before = 'claimed'`},
	} {
		var n int
		if err := c.QueryRow(ctx, rule.sql).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", rule.broken, err)
		}
		if n > 0 {
			l.breaks("%d %s", n, rule.broken)
		}
	}
	if err := l.countAuthors(ctx, c); err != nil {
		return err
	}
	if err := l.countStories(ctx, c); err != nil {
		return err
	}
	return l.countNews(ctx, c)
}

// countAuthors looks whether a chat in which two librarians wrote was given from one to the other.
func (l *ledger) countAuthors(ctx context.Context, c *pgx.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ticket, authors := range l.authors {
		if len(authors) < 2 {
			continue
		}
		var given bool
		err := c.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM ticket_events WHERE ticket = $1::bigint AND kind IN ('returned', 'gone', 'rerouted', 'sent', 'reopened', 'lapsed'))`,
			ticket).Scan(&given)
		if err != nil {
			return fmt.Errorf("count who wrote in a chat: %w", err)
		}
		if !given {
			l.note("chat %s was answered by %q, and given by none to the other", ticket, slices.Sorted(maps.Keys(authors)))
		}
	}
	return nil
}

// countStories looks whether what was sent in one go, and came in any order and twice, is there once.
func (l *ledger) countStories(ctx context.Context, c *pgx.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows, err := c.Query(ctx, `SELECT text, count(*)::int FROM messages WHERE sender = 'person' AND text = ANY ($1) GROUP BY text`, slices.Collect(maps.Keys(l.stories)))
	if err != nil {
		return fmt.Errorf("count what was sent in one go: %w", err)
	}
	stored := map[string]int{}
	var words string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&words, &n}, func() error { stored[words] = n; return nil }); err != nil {
		return fmt.Errorf("count what was sent in one go: %w", err)
	}
	for words := range l.stories {
		if stored[words] != 1 {
			l.note("«%s» is stored %d times", words, stored[words])
		}
	}
	return nil
}

// countNews looks whether those who count as sent to saw the news, and nobody else but those of whom nothing is known.
func (l *ledger) countNews(ctx context.Context, c *pgx.Conn) error {
	rows, err := c.Query(ctx, `
		SELECT n.title_bg AS title, r.channel, r.state, count(*)::int AS n FROM broadcast_recipients r JOIN news n ON n.id = r.news
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`)
	if err != nil {
		return fmt.Errorf("count the news: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[recipients])
	if err != nil {
		return fmt.Errorf("count the news: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recipients = all
	sent, open := map[piece]int{}, map[piece]int{}
	for _, r := range all {
		switch r.State {
		case "sent":
			sent[piece{r.Title, r.Channel}] += r.N
		case "unknown", "sending":
			open[piece{r.Title, r.Channel}] += r.N
		}
	}
	for of, seen := range l.newsSeen {
		if seen > sent[of]+open[of] {
			l.note("«%s» was seen by %d on %s, and sent to %d", of.title, seen, of.channel, sent[of]+open[of])
		}
	}
	for of, n := range sent {
		if n > l.newsSeen[of] {
			l.note("«%s» was sent to %d on %s, and seen by %d", of.title, n, of.channel, l.newsSeen[of])
		}
	}
	return nil
}

// enough looks whether so much was done that a promise could have been broken.
func (l *ledger) enough(o Options) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.number < o.Faults {
		l.note("only %d of %d faults were made", l.number, o.Faults)
	}
	for _, kind := range l.order {
		if r := l.rows[kind]; r.Faults > 0 && r.Bit == 0 {
			l.note("%s never hurt anybody", kind)
		}
	}
	if o.Faults < len(Kinds()) || len(o.Kinds) > 0 {
		return // too short a run for everything to happen
	}
	for what, n := range map[string]int{
		"librarians sent no reply": len(l.authors), "nobody saw any news": len(l.newsSeen), "nobody sent several messages in one go": len(l.stories), "nobody was told anything": len(l.refused),
	} {
		if n == 0 {
			l.note("%s", what)
		}
	}
}
