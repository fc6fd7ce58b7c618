package bot

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge"
)

// crier is a channel for news that a test may have fail.
type crier struct {
	mu   sync.Mutex
	got  map[string][]string // titles by key
	fail func(key string) error
	turn func() error
}

func (c *crier) Name() string { return "telegram" }

func (c *crier) NewsTurn(context.Context, Conversation) error {
	if c.turn != nil {
		return c.turn()
	}
	return nil
}

func (c *crier) SendNews(_ context.Context, to Conversation, m Message) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(to.Key); err != nil {
			return "", err
		}
	}
	if c.got == nil {
		c.got = map[string][]string{}
	}
	c.got[to.Key] = append(c.got[to.Key], m.Body.Title)
	return "m" + to.Key, nil
}

// broadcasters are two senders of news, as of two replicas.
func (h *house) broadcasters(c *crier) [2]*Broadcaster {
	h.t.Helper()
	var both [2]*Broadcaster
	for i, e := range []*Engine{h.Engine, h.replica} {
		b, err := NewBroadcaster(e.conversations, e.store, []Herald{c}, BroadcastOptions{Senders: 2})
		if err != nil {
			h.t.Fatal(err)
		}
		both[i] = b
	}
	return both
}

// round lets both send at once until nothing is left to do now, and gives how long to wait.
func (h *house) round(both [2]*Broadcaster) (wait time.Duration) {
	h.t.Helper()
	for range 100 {
		var waits [2]time.Duration
		var group sync.WaitGroup
		for i, b := range both {
			group.Go(func() {
				var err error
				if waits[i], err = b.Round(h.ctx); err != nil {
					h.t.Error(err)
				}
			})
		}
		group.Wait()
		if wait = min(waits[0], waits[1]); wait > 0 {
			return wait
		}
	}
	h.t.Fatal("the senders don't come to rest")
	return 0
}

// news saves a piece of news that is due at once.
func (h *house) news(change func(n *knowledge.NewsItem)) (n knowledge.NewsItem) {
	h.t.Helper()
	now := h.clock.now()
	n = knowledge.NewsItem{
		TitleBG: "Съдимост онлайн", TextBG: "Вече се иска онлайн.", Topics: []string{"services"}, Audience: knowledge.Both,
		State: knowledge.NewsScheduled, Send: true, PublishAt: now, ExpiresAt: now.Add(72 * time.Hour),
	}
	if change != nil {
		change(&n)
	}
	err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) (err error) {
		_, n, err = knowledge.NewStore(tx).SaveNews(h.ctx, "staff:1", knowledge.Municipality{}, n)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// reader makes a contact who wants news.
func (h *house) reader(channel, key, language string, s Subscription) (conversation int64) {
	h.t.Helper()
	var contact int64
	err := h.pool.QueryRow(h.ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, language, created_at) VALUES ($1, $2, $3, now()) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k RETURNING id, contact`, channel, key, language).Scan(&conversation, &contact)
	if err == nil {
		_, err = h.conversations.subscribe(h.ctx, h.pool, contact, s)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return conversation
}

var everything = Subscription{Topics: []string{"services"}, Role: knowledge.Both}

// progress is the state of a broadcast with its counts.
func (h *house) progress(n knowledge.NewsItem) Progress {
	h.t.Helper()
	p, _, err := h.conversations.Progress(h.ctx, n.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func TestWhoAsksForNewsGetsThemAndLeavesWithOneTap(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for _, data := range []string{"news:new", "news:topic:services", "news:topics", "news:role:citizen", "news:region:12259"} {
		h.presses(data)
		h.works()
	}
	s, on, err := h.conversations.SubscriptionOf(h.ctx, h.conversation().Contact)
	if err != nil || !on || s.District != "Враца" || s.Municipality != "Враца" || s.Role != knowledge.Citizen || len(s.Topics) != 1 {
		t.Fatalf("the subscription is %+v %v %v", s, on, err)
	}
	c := &crier{}
	both := h.broadcasters(c)
	n := h.news(func(n *knowledge.NewsItem) { n.District = "Враца" })
	h.round(both)
	if got := c.got["7"]; len(got) != 1 {
		t.Fatalf("they got %v", got)
	}
	if p := h.progress(n); p.State != "done" || p.Sent != 1 || p.Recipients != 1 {
		t.Errorf("progress %+v", p)
	}
	// While a librarian talks with them the tap counts too, and the bot says so.
	if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "staff:1"); err != nil {
		t.Fatal(err)
	}
	h.presses("news:leave")
	h.works()
	if said, _ := h.said(); said != bg("news.left") {
		t.Errorf("who leaves hears %q", said)
	}
	h.news(nil)
	h.round(both)
	if got := c.got["7"]; len(got) != 1 {
		t.Errorf("who has left got %v", got)
	}
}

func TestNewsGoToWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var readers []Subscription
	for _, topics := range [][]string{{"services"}, {"safety", "events"}} {
		for _, role := range []knowledge.Audience{knowledge.Citizen, knowledge.Business, knowledge.Both} {
			for _, place := range [][2]string{{"", ""}, {"Враца", "Враца"}, {"Враца", "Мездра"}, {"Бургас", "Бургас"}} {
				for _, language := range []string{"bg", "en"} {
					s := Subscription{Topics: topics, Role: role, District: place[0], Municipality: place[1]}
					h.reader("telegram", fmt.Sprint(len(readers)), language, s)
					readers = append(readers, s)
				}
			}
		}
	}
	c := &crier{}
	both := h.broadcasters(c)
	for i, change := range []func(n *knowledge.NewsItem){
		nil,
		func(n *knowledge.NewsItem) {
			n.Topics, n.Audience = []string{"safety", "deadlines"}, knowledge.Business
		},
		func(n *knowledge.NewsItem) { n.District = "Враца" },
		func(n *knowledge.NewsItem) {
			n.District, n.Municipality, n.Audience = "Враца", "Мездра", knowledge.Citizen
		},
		func(n *knowledge.NewsItem) { n.TitleBG, n.TextBG, n.TitleEN, n.TextEN = "", "", "Online", "Now." },
	} {
		n := h.news(change)
		want := 0
		for j, s := range readers {
			if s.Wants(n) && n.Speaks(knowledge.Language([]string{"bg", "en"}[j%2])) {
				want++
			}
		}
		reach, err := h.conversations.Reach(h.ctx, n)
		if err != nil || reach != want || want == 0 {
			t.Errorf("item %d reaches %d, want %d (%v)", i, reach, want, err)
		}
		c.got = nil
		h.round(both)
		if p := h.progress(n); p.Sent != want || len(c.got) != want || p.State != "done" {
			t.Errorf("item %d: %+v, got by %d, want %d", i, p, len(c.got), want)
		}
	}
}

func TestNewsWaitInThePagesConversation(t *testing.T) {
	t.Parallel()
	h := setup(t)
	quiet := h.reader("web", "quiet", "bg", everything)
	english := h.reader("web", "english", "en", everything)
	held := h.reader("web", "held", "bg", everything)
	if err := h.conversations.Claim(h.ctx, h.pool, held, "staff:1"); err != nil {
		t.Fatal(err)
	}
	both := h.broadcasters(&crier{})
	n := h.news(nil)
	h.round(both)
	read := func(conversation int64) []Message {
		list, err := h.conversations.Messages(h.ctx, conversation, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := read(quiet); len(list) != 1 || list[0].Body.Title != n.TitleBG || list[0].Delivered != nil || list[0].Body.Buttons[0].Data != "news:leave" {
		t.Errorf("the page has %+v", list)
	}
	if list := read(english); len(list) != 1 || !strings.Contains(list[0].Body.Text, "Bulgarian only") {
		t.Errorf("who reads English has %+v", list)
	}
	if list := read(held); len(list) != 0 {
		t.Errorf("news come between a librarian and a person: %+v", list)
	}
	if err := h.conversations.Release(h.ctx, h.pool, held, "staff:1"); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(heldPause)
	h.round(both)
	if list := read(held); len(list) != 1 {
		t.Errorf("after the talk the page has %+v", list)
	}
	if p := h.progress(n); p.State != "done" || p.Sent != 3 {
		t.Errorf("progress %+v", p)
	}
}

func TestNobodyIsSentNewsAtNightAndWhatExpiresIsNotSent(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.reader("telegram", "1", "bg", everything)
	h.reader("web", "2", "bg", everything)
	c := &crier{}
	both := h.broadcasters(c)
	h.clock.pass(9 * time.Hour) // 21:10
	lasting := h.news(nil)
	fleeting := h.news(func(n *knowledge.NewsItem) { n.ExpiresAt = h.clock.now().Add(8 * time.Hour) })
	wait := h.round(both)
	if len(c.got) != 0 || h.count(`SELECT count(*) FROM messages`) != 0 {
		t.Fatal("somebody was sent news at night")
	}
	if want := 11*time.Hour + 50*time.Minute; wait != want {
		t.Errorf("it waits %s, want %s", wait, want)
	}
	h.clock.pass(wait - time.Minute)
	h.round(both)
	if len(c.got) != 0 {
		t.Fatal("somebody was sent news before nine")
	}
	h.clock.pass(time.Minute)
	h.round(both)
	if got := c.got["1"]; len(got) != 1 || h.count(`SELECT count(*) FROM messages WHERE pulled`) != 1 {
		t.Errorf("in the morning they got %v", got)
	}
	if p := h.progress(lasting); p.State != "done" || p.Sent != 2 {
		t.Errorf("what lasts: %+v", p)
	}
	if p := h.progress(fleeting); p.State != "expired" || p.Sent != 0 || p.Waiting != 2 {
		t.Errorf("what has expired: %+v", p)
	}
}

func TestWithoutAChannelToPushTheSenderRests(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.reader("telegram", "1", "bg", everything) // of a time when the bot was there
	h.reader("web", "2", "bg", everything)
	b, err := NewBroadcaster(h.conversations, h.store, nil, BroadcastOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := h.news(nil)
	h.round([2]*Broadcaster{b, b})
	if p := h.progress(n); p.Sent != 1 || p.Waiting != 1 || p.State != "sending" {
		t.Errorf("progress %+v", p)
	}
}

func TestQuietHoursAreBulgarian(t *testing.T) {
	t.Parallel()
	sofia, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]time.Duration{
		"2026-11-25 09:00": 0, "2026-11-25 20:59": 0, "2026-11-25 21:00": 12 * time.Hour, "2026-11-26 00:00": 9 * time.Hour, "2026-11-26 08:59": time.Minute,
		"2026-10-24 21:00": 13 * time.Hour, // the night in which the clocks go back
		"2026-12-31 23:00": 10 * time.Hour,
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", at, sofia)
		if err != nil {
			t.Fatal(err)
		}
		if got := Quiet(now); got != want {
			t.Errorf("at %s it is quiet for %s, want %s", at, got, want)
		}
	}
}

func TestABroadcastIsStoppedAndGoesOn(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for i := range 20 {
		h.reader("telegram", fmt.Sprint(i), "bg", everything)
	}
	var n knowledge.NewsItem
	c := &crier{}
	c.fail = func(string) error { // called under the crier's lock
		if len(c.got) == 5 {
			if _, err := h.conversations.StopNews(h.ctx, h.pool, n.ID); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	both := h.broadcasters(c)
	n = h.news(nil)
	h.round(both)
	sent := len(c.got)
	if p := h.progress(n); p.State != "stopped" || p.Waiting == 0 || p.Sent != sent {
		t.Fatalf("stopped: %+v with %d sent", p, sent)
	}
	h.round(both)
	if len(c.got) != sent {
		t.Error("what was stopped goes on")
	}
	// Meanwhile one leaves and one is forgotten: they get nothing.
	left := h.progress(n).Waiting
	for _, contact := range []string{"left", "forgotten"} {
		var id int64
		if err := h.pool.QueryRow(h.ctx, `SELECT contact FROM broadcast_recipients WHERE state = 'waiting' ORDER BY contact LIMIT 1`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) error {
			if contact == "left" {
				_, err := h.conversations.unsubscribe(h.ctx, tx, id)
				return err
			}
			return h.conversations.Forget(h.ctx, tx, id)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c.fail = nil
	if ok, err := h.conversations.ResumeNews(h.ctx, h.pool, n.ID); err != nil || !ok {
		t.Fatal(ok, err)
	}
	h.round(both)
	if p := h.progress(n); p.State != "done" || p.Sent != sent+left-2 || p.Left != 2 || p.Recipients != 20 || len(c.got) != p.Sent {
		t.Errorf("at the end %+v, got by %d", p, len(c.got))
	}
	for key, got := range c.got {
		if len(got) != 1 {
			t.Errorf("%s got %v", key, got)
		}
	}
}

func TestABrokenChannelCostsFewTheirNews(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for i := range 30 {
		h.reader("telegram", fmt.Sprint(i), "bg", everything)
	}
	broken, reached := true, false
	c := &crier{}
	c.fail = func(string) error {
		switch {
		case !broken:
			return nil
		case reached:
			return fmt.Errorf("502")
		}
		return fmt.Errorf("%w: connection refused", ErrNotSent)
	}
	both := h.broadcasters(c)
	n := h.news(nil)
	for range 10 {
		h.clock.pass(h.round(both))
	}
	if p := h.progress(n); p.Waiting != 30 {
		t.Fatalf("what never left is not tried again: %+v", p)
	}
	reached = true
	for range 10 {
		h.clock.pass(h.round(both))
	}
	lost := h.progress(n).Unknown
	if lost == 0 || lost > 20 {
		t.Fatalf("%d attempts have an unknown end", lost)
	}
	broken = false
	for range 40 {
		h.clock.pass(h.round(both))
	}
	if p := h.progress(n); p.State != "done" || p.Sent != 30-lost || p.Unknown != lost {
		t.Errorf("once it works: %+v", p)
	}
}

func TestListsOfRecipientsAreDeletedAndTheirNumbersKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.reader("telegram", "1", "bg", everything)
	both := h.broadcasters(&crier{})
	n := h.news(nil)
	h.round(both)
	before := h.progress(n)
	h.clock.pass(listsKept + time.Hour)
	h.round(both)
	if h.count(`SELECT count(*) FROM broadcast_recipients`) != 0 {
		t.Error("the list is still there")
	}
	if after := h.progress(n); after.Sent != 1 || after.State != before.State {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestAFaultOfOneStepStopsNoNews(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.reader("telegram", "1", "bg", everything)
	c := &crier{}
	h.news(nil)
	both := h.broadcasters(c)
	h.exec(`ALTER TABLE broadcasts RENAME COLUMN counts TO lost`) // old lists can't be cleared
	if _, err := both[0].Round(h.ctx); err == nil {
		t.Error("the fault is not said")
	}
	if len(c.got["1"]) != 1 {
		t.Errorf("they got %v", c.got)
	}
}
