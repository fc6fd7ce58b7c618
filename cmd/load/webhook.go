package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"
)

func webhookCommand(o *options) *cobra.Command {
	var rate float64
	var seconds, connections int
	c := &cobra.Command{Use: "webhook", Short: "Telegram's updates at a steady rate, all stored before they are acknowledged", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rate <= 0 || rate > 20_000 || seconds < 1 || seconds > 3600 || connections < 1 || connections > 1000 || rate*float64(seconds) > 2_000_000 {
				return errors.New("--rate up to 20000, --seconds 1..3600, --connections 1..1000, 2,000,000 updates in all")
			}
			r := newReport("Telegram's updates", map[string]string{"rate": fmt.Sprint(rate), "seconds": fmt.Sprint(seconds), "connections": fmt.Sprint(connections)})
			if err := loadWebhook(c.Context(), *o, r, rate, time.Duration(seconds)*time.Second, connections); err != nil {
				return err
			}
			return r.print(c.OutOrStdout(), o.json)
		}}
	c.Flags().Float64Var(&rate, "rate", 1000, "updates a second")
	c.Flags().IntVar(&seconds, "seconds", 60, "for how long")
	c.Flags().IntVar(&connections, "connections", 40, "calls under way at a time; Telegram makes 40, and up to 100")
	c.Flags().BoolVar(&o.plain, "plain", true, "measure a handler that only inserts a row into the same PostgreSQL beside it")
	return c
}

// hook posts updates as Telegram does.
type hook struct {
	address, secret string
	client          *http.Client
	people          int // who take turns to write
	asks            []string

	mu    sync.Mutex
	acked []int64 // ids of the updates that were acknowledged
}

func newHook(address, secret string, connections, people int, asks []string) *hook {
	transport := &http.Transport{DialContext: dialer(0).DialContext, MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute}
	return &hook{address: address, secret: secret, people: people, asks: asks, client: &http.Client{Timeout: time.Minute, Transport: transport}}
}

// post sends one update and remembers that it was acknowledged.
func (h *hook) post(ctx context.Context, i int) string {
	id, person := int64(1_000_000+i), 5_000_000+i%h.people
	body, err := json.Marshal(map[string]any{"update_id": id, "message": map[string]any{
		"message_id": 1 + i/h.people, "date": time.Now().Unix(), "text": h.asks[i%len(h.asks)],
		"from": map[string]any{"id": person, "is_bot": false, "first_name": "Човек", "language_code": "bg"},
		"chat": map[string]any{"id": person, "type": "private", "first_name": "Човек"},
	}})
	if err != nil {
		return "no update"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address, bytes.NewReader(body))
	if err != nil {
		return "no request"
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	resp, err := h.client.Do(req)
	if err != nil {
		return "no answer"
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return strconv.Itoa(resp.StatusCode)
	}
	h.mu.Lock()
	h.acked = append(h.acked, id)
	h.mu.Unlock()
	return well
}

// missing counts the acknowledged updates that are not in the database.
func (h *hook) missing(ctx context.Context, n *node) (stored, missing int, err error) {
	rows, err := n.pool.Query(ctx, `SELECT event_id FROM messages WHERE sender = 'person' AND event_id ~ '^u1[0-9]{6,}$'`)
	if err != nil {
		return 0, 0, fmt.Errorf("count what was stored: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, 0, fmt.Errorf("count what was stored: %w", err)
	}
	there := make(map[string]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	for _, id := range h.acked {
		if !there["u"+strconv.FormatInt(id, 10)] {
			missing++
		}
	}
	return len(ids), missing, nil
}

func loadWebhook(ctx context.Context, o options, r *report, rate float64, during time.Duration, connections int) (err error) {
	asks, err := questions(questionsFile)
	if err != nil {
		return err
	}
	n, err := startNode(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	people := max(1000, int(rate*6)) // each writes ten times a minute at most: the program's limit for one person is twenty
	t := table{Title: "Updates", Columns: []string{"updates a second", "p50 ms", "p99 ms", "p99.9 ms", "most ms", "not stored", "program cpu ms each", "PostgreSQL cpu ms each", "transactions each"}}
	line := func(name string, out outcome, a, b sample, missing float64) {
		done := float64(max(1, out.done()))
		t.add(name, out.rate(), out.ms(50), out.ms(99), out.ms(99.9), out.ms(100), missing, (b.cpu-a.cpu)/done*1000, (b.postgresCPU-a.postgresCPU)/done*1000, (b.transactions-a.transactions)/done)
		t.Notes = append(t.Notes, out.kindsNote(name))
	}

	var bare outcome
	if o.plain {
		base, stop, err := startPlain(ctx, n.database(running))
		if err != nil {
			return err
		}
		h := newHook(base+"/row", "", connections, people, asks)
		steadily(ctx, min(rate, 200), 2*time.Second, connections, h.post) // connections are open before anything is measured
		a, err := n.sampleOf(ctx, base)
		if err == nil {
			fmt.Fprintln(os.Stderr, "load: the handler that inserts a row …")
			bare = steadily(ctx, rate, during, connections, h.post)
			var b sample
			if b, err = n.sampleOf(ctx, base); err == nil {
				line("a handler that inserts a row", bare, a, b, absent)
			}
		}
		h.client.CloseIdleConnections()
		stop()
		if err != nil {
			return err
		}
	}

	h := newHook(n.url+"/telegram/webhook", webhookSecret, connections, people, asks)
	warm := newHook(n.url+"/telegram/webhook", webhookSecret, connections, people, []string{"/start"})
	fmt.Fprintln(os.Stderr, "load: everybody writes once …")
	first := steadily(ctx, min(rate, 300), time.Duration(float64(people)/min(rate, 300)*float64(time.Second)), connections, func(ctx context.Context, i int) string { return warm.post(ctx, 100_000_000+i) })
	h.client = warm.client
	defer h.client.CloseIdleConnections()
	a, err := n.sample(ctx, false)
	if err != nil {
		return err
	}
	answersBefore := n.double.Calls("sendMessage")
	fmt.Fprintln(os.Stderr, "load: the program …")
	profiled := make(chan error, 1)
	go func() { profiled <- n.profiles(ctx, min(during, 30*time.Second), "webhook") }()
	out := steadily(ctx, rate, during, connections, h.post)
	whole := rate < telegramTakes // all are answered, and the answers sent, before the work is counted
	if whole {
		if err := n.delivered(ctx); err != nil {
			return err
		}
	}
	b, err := n.sample(ctx, false)
	if err := errors.Join(err, <-profiled); err != nil {
		return err
	}
	stored, missing, err := h.missing(ctx, n)
	if err != nil {
		return err
	}
	line("the program", out, a, b, float64(missing))
	waits, pending, err := n.waits(ctx)
	if err != nil {
		return err
	}
	t.Notes = append(t.Notes,
		fmt.Sprintf("Before, %s people wrote for the first time, %s a second; p99 %s ms.", thousands(int64(first.done())), figure(first.rate()), figure(first.ms(99))),
		fmt.Sprintf("Latency from the moment that an update was due. %d updates of this load are in the database, %d of those acknowledged are not.", stored, missing),
		fmt.Sprintf("At its end %s conversations waited for their answer and %s answers for Telegram, which takes some 25 a second; %d were sent meanwhile. Turned away by the program: %.0f. The processor time has the answers in it.",
			thousands(int64(waits)), thousands(int64(pending)), n.double.Calls("sendMessage")-answersBefore, b.turnedAway-a.turnedAway))
	if o.plain && bare.done() > 0 && out.done() > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("Beside the handler that inserts a row: p50 %s times, p99 %s times.", figure(out.ms(50)/bare.ms(50)), figure(out.ms(99)/bare.ms(99))))
		r.Measured["webhook_p99_times_plain"] = out.ms(99) / bare.ms(99)
	}
	if done := float64(out.done()); whole && done > 0 {
		r.Measured["telegram_message_cpu_ms"], r.Measured["telegram_message_postgres_cpu_ms"] = (b.cpu-a.cpu)/done*1000, (b.postgresCPU-a.postgresCPU)/done*1000
	}
	r.Measured["webhook_p99_ms"], r.Measured["webhook_rate"] = out.ms(99), out.rate()
	r.add(t)
	if missing > 0 {
		return fmt.Errorf("%d updates were acknowledged and not stored", missing)
	}
	return nil
}

// waits counts the conversations that wait for their answer, and the answers that wait for Telegram.
func (n *node) waits(ctx context.Context) (conversations, answers int, err error) {
	err = n.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM conversations WHERE due_at IS NOT NULL),
			(SELECT count(*) FROM messages WHERE sender <> 'person' AND NOT pulled AND delivered_at IS NULL AND failed_at IS NULL)`).Scan(&conversations, &answers)
	if err != nil {
		return 0, 0, fmt.Errorf("look for what waits: %w", err)
	}
	return conversations, answers, nil
}

// delivered waits until nothing waits any more, or until nothing gets less for a minute.
func (n *node) delivered(ctx context.Context) error {
	least, since := -1, time.Now()
	for ctx.Err() == nil && time.Since(since) < time.Minute {
		conversations, answers, err := n.waits(ctx)
		if err != nil {
			return err
		}
		if conversations+answers == 0 {
			return nil
		}
		if least < 0 || conversations+answers < least {
			least, since = conversations+answers, time.Now()
		}
		pauseFor(ctx, 200*time.Millisecond)
	}
	return ctx.Err()
}

// sampleOf is a sample of another process beside the same database.
func (n *node) sampleOf(ctx context.Context, base string) (sample, error) {
	s, err := n.sample(ctx, false)
	if err != nil {
		return s, err
	}
	own, err := scrape(ctx, base, false)
	s.cpu = own.cpu
	return s, err
}
