package openai

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/retrieval"
	"orientir/retrieval/openai/openaitest"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	b := &breaker{after: 3, rest: 30 * time.Second, now: func() time.Time { return now }}
	call := func(worked bool) bool {
		probe, ok := b.enter()
		if !ok {
			return false
		}
		b.leave(probe, worked, false, 0)
		return true
	}
	for range 2 {
		call(false)
	}
	call(true)
	for n := range 3 {
		if !call(false) {
			t.Fatalf("it rests after %d failures that follow a success", n)
		}
	}
	if call(true) {
		t.Fatal("it doesn't rest after three failures")
	}
	now = now.Add(31 * time.Second)
	enters := func() bool { _, ok := b.enter(); return ok }
	if !enters() || enters() {
		t.Fatal("after its rest it lets through other than one")
	}
	b.leave(false, false, true, 0) // a call from before the rest, whose caller gave up
	if enters() {
		t.Fatal("a call from before the rest lets a second probe through")
	}
	b.leave(true, false, false, 0)
	if call(true) {
		t.Fatal("a probe that failed ends the rest")
	}
	now = now.Add(31 * time.Second)
	if !enters() {
		t.Fatal("no second probe")
	}
	b.leave(true, false, true, 0) // its caller gave up: somebody else probes
	if !call(true) || !call(true) || !call(true) {
		t.Fatal("a probe that worked doesn't end the rest")
	}
	b.enter()
	b.leave(false, false, false, time.Hour)
	if call(true) {
		t.Fatal("the server's wish to be left alone isn't heeded")
	}
	if now = now.Add(longestRest); !call(true) {
		t.Fatal("a wish is heeded for longer than it may")
	}
}

func TestAServerThatFailsIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := openaitest.New(t, always(openaitest.Fails(500, "broken")))
	c := New(Options{BaseURL: s.URL, ChatModel: "m", Tries: 1, BreakAfter: 2})
	for range 4 {
		if _, err := c.Complete(t.Context(), task()); err == nil {
			t.Fatal("no error")
		}
	}
	if n := len(s.Requests()); n != 2 {
		t.Fatalf("%d requests to a server that fails, want 2", n)
	}
	job := task()
	job.Use = retrieval.Understanding
	if _, err := c.Complete(t.Context(), job); errors.Is(err, errResting) {
		t.Fatal("one use's failures close the other")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	other := New(Options{BaseURL: s.URL, ChatModel: "m", Tries: 1, BreakAfter: 1})
	if _, err := other.Complete(gone, task()); err == nil {
		t.Fatal("no error")
	}
	if _, err := other.Complete(t.Context(), task()); errors.Is(err, errResting) {
		t.Fatal("a caller who gave up counts as the server's failure")
	}
}

// ledger counts as Redis does, in memory.
type ledger struct {
	mu sync.Mutex
	n  map[string]int64
}

func (l *ledger) Count(_ context.Context, key string, by int64, _ time.Duration) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n[key] += by
	return l.n[key]
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s := openaitest.New(t, always(openaitest.Says(good)))
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	counts := &ledger{n: map[string]int64{}}
	registry := prometheus.NewRegistry()
	c := New(Options{
		BaseURL: s.URL, ChatModel: "m", Registerer: registry, Price: Price{In: 1, Out: 10, Currency: "EUR"},
		Budget: Budget{Counter: counts, PerContact: 300, PerDay: 1000, Now: func() time.Time { return now }},
	})
	ask := func(contact string) error {
		job := task()
		job.Contact = contact
		_, err := c.Complete(t.Context(), job)
		return err
	}
	// Each answer spends 120 by the server's word, and some 110 are reserved: two fit, and a third is begun while room is left.
	for n, contact := range []string{"7", "7", "8", ""} {
		if err := ask(contact); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
	if got := counts.n["model:2026-11-25:"+digest("model:2026-11-257")]; got != 240 {
		t.Errorf("contact 7 spent %d, want 240", got)
	}
	if err := ask("7"); !errors.Is(err, errSpent) {
		t.Fatalf("beyond its bound: %v", err)
	}
	if got := counts.n["model:2026-11-25"]; got != 480 {
		t.Errorf("all spent %d, want 480: what was refused is given back", got)
	}
	for range 6 {
		_ = ask("")
	}
	if err := ask("9"); !errors.Is(err, errSpent) {
		t.Fatalf("beyond the day's bound: %v", err)
	}
	now = now.Add(24 * time.Hour)
	if err := ask("7"); err != nil {
		t.Fatalf("the next day: %v", err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			got[f.GetName()+" "+strings.Join(labels, " ")] = m.GetCounter().GetValue()
		}
	}
	calls := got["orientir_model_calls_total m ok write"]
	if calls == 0 || got["orientir_model_tokens_total in m write"] != 100*calls || got["orientir_model_tokens_total out m write"] != 20*calls ||
		got["orientir_model_calls_total m spent write"] == 0 || got["orientir_model_cost_total EUR m write"] < 0.00029*calls {
		t.Errorf("metrics: %v", got)
	}
}
