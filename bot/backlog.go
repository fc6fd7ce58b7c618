package bot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/watch"
)

// Backlog tells what waits in the conversations: to be answered, and to be sent. Every replica tells the same.
func (e *Engine) Backlog(o watch.SampleOptions) prometheus.Collector {
	return watch.Sampled(o, []watch.Gauge{
		{Name: "orientir_bot_waiting_conversations", Help: "Conversations in which something that a person sent has not been dealt with."},
		{Name: "orientir_bot_oldest_waiting_seconds", Help: "Age of the oldest message of a person that has not been dealt with; 0 where there is none."},
		{Name: "orientir_bot_undelivered_messages", Help: "Messages that wait to be sent through a channel.", Labels: []string{"channel"}},
		{Name: "orientir_bot_oldest_undelivered_seconds", Help: "Age of the oldest message that waits to be sent through a channel; 0 where there is none.", Labels: []string{"channel"}},
		{Name: "orientir_news_waiting_recipients", Help: "People who wait for a piece of news that is being sent."},
	}, func(ctx context.Context, set watch.Set) error {
		now := e.now()
		var waiting, oldest float64
		err := e.conversations.pool.QueryRow(ctx, `
			SELECT count(DISTINCT conversation), coalesce(extract(epoch FROM $1 - min(created_at)), 0)::float8
			FROM messages WHERE sender = 'person' AND handled_at IS NULL`, now).Scan(&waiting, &oldest)
		if err != nil {
			return fmt.Errorf("count what waits for an answer: %w", err)
		}
		set("orientir_bot_waiting_conversations", waiting)
		set("orientir_bot_oldest_waiting_seconds", max(0, oldest))

		rows, err := e.conversations.pool.Query(ctx, `
			SELECT k.channel, count(*)::float8 AS waiting, extract(epoch FROM $1 - min(m.created_at))::float8 AS oldest
			FROM messages m JOIN conversations c ON c.id = m.conversation JOIN contacts k ON k.id = c.contact
			WHERE m.sender <> 'person' AND NOT m.pulled AND m.delivered_at IS NULL AND m.failed_at IS NULL AND k.blocked_at IS NULL
			GROUP BY k.channel`, now)
		if err != nil {
			return fmt.Errorf("count what waits to be sent: %w", err)
		}
		type pushed struct {
			Channel         string
			Waiting, Oldest float64
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[pushed])
		if err != nil {
			return fmt.Errorf("count what waits to be sent: %w", err)
		}
		found := map[string]pushed{}
		for _, p := range list {
			found[p.Channel] = p
		}
		for name := range e.channels {
			set("orientir_bot_undelivered_messages", found[name].Waiting, name)
			set("orientir_bot_oldest_undelivered_seconds", max(0, found[name].Oldest), name)
		}

		var recipients float64
		err = e.conversations.pool.QueryRow(ctx, `
			SELECT count(*) FROM broadcasts b JOIN broadcast_recipients r ON r.news = b.news
			WHERE b.state = 'sending' AND r.state = 'waiting'`).Scan(&recipients)
		if err != nil {
			return fmt.Errorf("count who waits for news: %w", err)
		}
		set("orientir_news_waiting_recipients", recipients)
		return nil
	})
}
