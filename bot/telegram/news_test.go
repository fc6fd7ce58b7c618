package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
)

// hands is a clock that only who waits moves on: a pacer that lets its callers wait no time, but counts it. Turns are counted as Redis does
// (package redis, turn).
type hands struct {
	mu    sync.Mutex
	at    time.Time
	full  map[string]time.Time
	turns []time.Time // of «telegram»
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *hands) Allow(_ context.Context, key string, limit int, per time.Duration) (bool, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	full := h.full[key]
	if full.Before(h.at) {
		full = h.at
	}
	next := full.Add(per / time.Duration(limit))
	if wait := next.Sub(h.at) - per; wait > 0 {
		if wait > longestWait || key != "telegram" {
			return false, wait
		}
		h.at = h.at.Add(wait)
	}
	h.full[key] = next
	if key == "telegram" {
		h.turns = append(h.turns, h.at)
	}
	return true, 0
}

func (h *hands) Hold(_ context.Context, key string, limit int, per, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := h.at.Add(d + per - per/time.Duration(limit)); until.After(h.full[key]) {
		h.full[key] = until
	}
}

// morning is ten o'clock in Bulgaria.
var morning = time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)

// subscribers puts so many people into the database who want news, and a piece of news for them that is due.
func subscribers(t *testing.T, pool *pgxpool.Pool, people int) knowledge.NewsItem {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO contacts (channel, key, created_at) SELECT 'telegram', (1000000 + g)::text, now() FROM generate_series(1, $1) g`,
		`INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM contacts WHERE $1 > 0`,
		`INSERT INTO subscriptions (contact, topics, role, since) SELECT id, '{services}', 'both', now() FROM contacts WHERE $1 > 0`,
	} {
		if _, err := pool.Exec(t.Context(), sql, people); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pool.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	var saved knowledge.NewsItem
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
		_, saved, err = knowledge.NewStore(tx).SaveNews(t.Context(), "staff:1", knowledge.Municipality{}, knowledge.NewsItem{
			TitleBG: "Съдимост онлайн", TextBG: "Вече се иска онлайн.", Link: "https://cs.mjs.bg", Topics: []string{"services"}, Audience: knowledge.Both,
			State: knowledge.NewsScheduled, Send: true, PublishAt: morning, ExpiresAt: morning.Add(30 * 24 * time.Hour),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// herald makes a sender of news through a double of Telegram.
func herald(t *testing.T, pool *pgxpool.Pool, pace pacer, url, token string, now func() time.Time, senders int) *bot.Broadcaster {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = senders
	t.Cleanup(transport.CloseIdleConnections)
	channel, err := New(pool, pace, Options{Token: token, APIURL: url, Log: quiet, Client: &http.Client{Timeout: 2 * time.Second, Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	conversations := bot.NewConversations(pool, redistest.New(t), bot.Options{Now: now})
	b, err := bot.NewBroadcaster(conversations, knowledge.NewStore(pool), []bot.Herald{channel}, bot.BroadcastOptions{Senders: senders})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// counted gives the recipients by state.
func counted(t *testing.T, pool *pgxpool.Pool) map[string]int {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT state, count(*)::int FROM broadcast_recipients GROUP BY state`)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	var state string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return counts
}

// got holds what people got to what is noted of them: nobody got the news twice, who is noted as sent got it, and nobody else did but those
// of whom it is unknown.
func got(t *testing.T, pool *pgxpool.Pool, double *telegramtest.Server, people int) (delivered int) {
	t.Helper()
	copies := map[int64]int{}
	for _, m := range double.All() {
		copies[m.Chat]++
	}
	rows, err := pool.Query(t.Context(), `SELECT k.key::bigint, r.state FROM broadcast_recipients r JOIN contacts k ON k.id = r.contact`)
	if err != nil {
		t.Fatal(err)
	}
	var chat int64
	var state string
	seen := 0
	_, err = pgx.ForEachRow(rows, []any{&chat, &state}, func() error {
		seen++
		n := copies[chat]
		delivered += n
		if n > 1 || state == "sent" && n != 1 || state != "sent" && state != "unknown" && n != 0 {
			t.Errorf("chat %d is %s and got %d", chat, state, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen != people {
		t.Errorf("%d of %d are on the list", seen, people)
	}
	return delivered
}

// ended says whether the broadcast has ended, and how.
func ended(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	var state string
	if err := pool.QueryRow(t.Context(), `SELECT state FROM broadcasts`).Scan(&state); err != nil {
		t.Fatal(err)
	}
	if state == "done" || state == "expired" {
		return state
	}
	return ""
}

// newsPeople is how many people a test of the queue has; ORIENTIR_TEST_NEWS_PEOPLE=100000 is the full size.
func newsPeople(t *testing.T) int {
	if full := os.Getenv("ORIENTIR_TEST_NEWS_PEOPLE"); full != "" {
		n, err := strconv.Atoi(full)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 1000
}

func TestNewsReachEveryoneOnceThroughFaults(t *testing.T) {
	t.Parallel()
	people := newsPeople(t)
	pool, clock := postgrestest.New(t), &hands{at: morning, full: map[string]time.Time{}}
	subscribers(t, pool, people)
	dice := rand.New(rand.NewPCG(7, 7))
	faults := map[string]int{}
	double := telegramtest.New(t, telegramtest.Options{Now: clock.now, Faults: func(method string, call int) (telegramtest.Fault, bool) {
		if method != "sendMessage" {
			return telegramtest.Fault{}, false
		}
		kinds := []struct {
			name string
			of   int // thousand
			f    telegramtest.Fault
		}{
			{"429", 4, telegramtest.Fault{Code: 429, RetryAfter: 3 + dice.IntN(20)}},
			{"500 before", 2, telegramtest.Fault{Code: 500}},
			{"500 after", 2, telegramtest.Fault{Code: 500, Carry: true}},
			{"half", 3, telegramtest.Fault{Half: true, Carry: true}},
			{"silence before", 1, telegramtest.Fault{Hang: true}},
			{"silence after", 1, telegramtest.Fault{Hang: true, Carry: true}},
			{"blocked", 10, telegramtest.Fault{Code: 403, Words: "Forbidden: bot was blocked by the user"}},
			{"gone", 3, telegramtest.Fault{Code: 400, Words: "Bad Request: chat not found"}},
		}
		for n := dice.IntN(1000); len(kinds) > 0; kinds = kinds[1:] {
			if n -= kinds[0].of; n < 0 {
				faults[kinds[0].name]++
				return kinds[0].f, true
			}
		}
		return telegramtest.Fault{}, false
	}})
	begun := time.Now()
	b := herald(t, pool, clock, double.URL, double.Token, clock.now, 3)
	for rounds := 0; ; rounds++ {
		wait, err := b.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ended(t, pool) != "" {
			break
		}
		clock.pass(wait)
		if rounds > people {
			t.Fatalf("it does not end: %v", counted(t, pool))
		}
	}
	delivered := got(t, pool, double, people)
	counts := counted(t, pool)
	t.Logf("%d people, %v, got by %d; faults %v; %s by the clock of the pace, %s by ours", people, counts, delivered, faults, clock.now().Sub(morning), time.Since(begun))
	if counts["sent"] < people*95/100 || counts["waiting"]+counts["sending"] > 0 {
		t.Errorf("counts %v", counts)
	}
	if n := faults["500 before"] + faults["500 after"] + faults["half"] + faults["silence before"] + faults["silence after"]; counts["unknown"] < n { // more where the machine itself was slow to answer
		t.Errorf("%d are unknown of %d attempts without an end", counts["unknown"], n)
	}
	if counts["blocked"] != faults["blocked"] || counts["failed"] != faults["gone"] {
		t.Errorf("%v of %v", counts, faults)
	}
	if double.Refused() != 0 {
		t.Errorf("Telegram refused %d calls as too fast", double.Refused())
	}
	// Telegram's 30 in any second, and all of the pace that there is.
	for i := range clock.turns {
		if j := i + 30; j < len(clock.turns) && clock.turns[j].Sub(clock.turns[i]) < time.Second {
			t.Fatalf("31 turns in %s", clock.turns[j].Sub(clock.turns[i]))
		}
	}
	if !slices.IsSortedFunc(clock.turns, time.Time.Compare) {
		t.Error("the clock of the pace goes back")
	}
	var written, blocked int
	if err := pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM messages WHERE delivered_at IS NOT NULL AND external_id IS NOT NULL AND text = 'Съдимост онлайн'),
		       (SELECT count(*) FROM contacts WHERE blocked_at IS NOT NULL)`).Scan(&written, &blocked); err != nil {
		t.Fatal(err)
	}
	if written != counts["sent"] || blocked != counts["blocked"] {
		t.Errorf("%d transcripts have it, %d contacts are marked blocked; counts %v", written, blocked, counts)
	}
}

func TestAKilledSenderSendsNothingTwice(t *testing.T) {
	if address := os.Getenv("ORIENTIR_TEST_NEWS_CHILD"); address != "" {
		newsChild(t, address)
		return
	}
	t.Parallel()
	const people, senders, kills = 900, 3, 3
	address := postgrestest.URL(t)
	pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	subscribers(t, pool, people)
	double := telegramtest.New(t, telegramtest.Options{NoPace: true})
	for range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestAKilledSenderSendsNothingTwice$")
		child.Env = append(os.Environ(), "ORIENTIR_TEST_NEWS_CHILD="+address, "ORIENTIR_TEST_NEWS_DOUBLE="+double.URL)
		before := double.Calls("sendMessage")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); double.Calls("sendMessage") < before+100; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the sender does not send")
			}
		}
		_ = child.Process.Kill()
		_ = child.Wait()
	}
	if left := counted(t, pool)["waiting"]; left == 0 {
		t.Fatal("the killed senders sent it all: nothing is tested")
	}
	// Whoever takes over gives those attempts up of which nothing is heard.
	clock := &hands{at: morning.Add(time.Hour), full: map[string]time.Time{}}
	b := herald(t, pool, clock, double.URL, double.Token, clock.now, senders)
	for rounds := 0; ended(t, pool) == ""; rounds++ {
		wait, err := b.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		clock.pass(wait)
		if rounds > people {
			t.Fatalf("it does not end: %v", counted(t, pool))
		}
	}
	delivered, counts := got(t, pool, double, people), counted(t, pool)
	t.Logf("%v, got by %d after %d kills", counts, delivered, kills)
	if counts["unknown"] > kills*senders || counts["sent"]+counts["unknown"] != people {
		t.Errorf("counts %v", counts)
	}
}

// newsChild is the sender that is killed.
func newsChild(t *testing.T, address string) {
	pool, err := postgres.Open(t.Context(), address, postgres.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	clock := &hands{at: morning, full: map[string]time.Time{}}
	b := herald(t, pool, clock, os.Getenv("ORIENTIR_TEST_NEWS_DOUBLE"), "123456:double", clock.now, 3)
	for {
		if _, err := b.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// asked notes the turns that it is asked for, and has none.
type asked struct{ turns []string }

func (a *asked) Allow(_ context.Context, key string, limit int, per time.Duration) (bool, time.Duration) {
	a.turns = append(a.turns, fmt.Sprint(key, " ", limit, " in ", per))
	return key != "telegram", time.Minute
}

func (a *asked) Hold(context.Context, string, int, time.Duration, time.Duration) {}

// News takes the turns of answers, at the same cost, but only from a full bucket (package redis tests that those go first).
func TestNewsAsksForATurnThatAnswersLeave(t *testing.T) {
	t.Parallel()
	pace := &asked{}
	b := &Bot{pace: pace}
	var later *bot.RetryAfter
	if err := b.NewsTurn(t.Context(), conversationOf(7)); !errors.As(err, &later) || !later.All {
		t.Errorf("without a turn it says %v", err)
	}
	if err := b.anyTurn(t.Context()); !errors.As(err, &later) {
		t.Errorf("without a turn an answer says %v", err)
	}
	if want := []string{"telegram:chat:7 1 in 1s", "telegram 1 in 40ms", "telegram 2 in 80ms"}; !slices.Equal(pace.turns, want) {
		t.Errorf("asked for %q, want %q", pace.turns, want)
	}
}

func TestAllSendersObeyTelegramsWish(t *testing.T) {
	t.Parallel()
	first, double, _ := setup(t, telegramtest.Options{}, Options{})
	replicas := redistest.Replicas(t, 2)
	first.pace = replicas[0]
	second, err := New(first.pool, replicas[1], first.o)
	if err != nil {
		t.Fatal(err)
	}
	text := bot.Message{From: bot.Robot, Body: &bot.Body{Text: "здравейте", Language: "bg"}}
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 429, RetryAfter: 60})
	var later *bot.RetryAfter
	if _, err := first.SendNews(t.Context(), conversationOf(1), text); !errors.As(err, &later) {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"an answer":                    func() error { _, err := first.Send(t.Context(), conversationOf(2), text); return err },
		"an answer of another replica": func() error { _, err := second.Send(t.Context(), conversationOf(3), text); return err },
		"news of another replica":      func() error { return second.NewsTurn(t.Context(), conversationOf(4)) },
		"a word to the staff":          func() error { return second.Tell(t.Context(), 5, "здравейте") },
	} {
		later = nil
		if err := try(); !errors.As(err, &later) || !later.All || later.D < 30*time.Second {
			t.Errorf("%s is not held back: %v", name, err)
		}
	}
	if n := double.Calls("sendMessage"); n != 1 {
		t.Errorf("%d calls while Telegram wants to be left alone", n)
	}
}
