package bot

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"orientir/knowledge"
)

// publishes puts in the guide that the scripted answers show.
func (h *house) publishes(slug string) {
	h.t.Helper()
	if err := h.store.AllowHost(h.ctx, "mjs.bg", "test"); err != nil {
		h.t.Fatal(err)
	}
	g := scriptGuide(slug)
	g.Version, g.Sources = 0, []knowledge.Source{{URL: g.Link, Title: "Портал"}}
	text := g.Text[knowledge.Bulgarian]
	text.Steps, text.Where, text.Time, text.FeeNote = []string{"Отворете сайта."}, "На сайта.", "веднага", "Безплатно на сайта."
	g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	if _, err := h.store.Publish(h.ctx, g, "test"); err != nil {
		h.t.Fatal(err)
	}
}

// asks lets both replicas look whom to ask, and gives how many messages ask.
func (h *house) asks() int {
	h.t.Helper()
	var both sync.WaitGroup
	for _, e := range []*Engine{h.Engine, h.replica} { // the lead is only a saving: two ask once as well
		both.Go(func() {
			if err := e.AskAftermaths(h.ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	both.Wait()
	return h.count(`SELECT count(*) FROM messages WHERE text LIKE 'Преди няколко дни питахте за%'`)
}

// helped lets a person be helped and say so.
func (h *house) helped() {
	h.t.Helper()
	h.publishes("criminal-record")
	h.says("трябва ми съдебно")
	h.works()
	h.presses("rate:good:1")
	h.works()
}

func TestWhoAgreesIsAskedOnceAfterDays(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.helped()
	if words, _ := h.said(); words != bg("aftermath.offer") {
		t.Fatalf("after a good rating: %q", words)
	}
	// The question whether we may ask comes once, whatever is rated afterwards.
	h.presses("rate:bad:1")
	h.presses("rate:good:1")
	h.works()
	if words, _ := h.said(); words == bg("aftermath.offer") {
		t.Error("it was asked twice whether to ask")
	}
	h.presses("later:yes")
	h.works()
	if until, err := h.conversations.AwaitsAftermath(h.ctx, h.conversation().ID); err != nil || until.IsZero() {
		t.Errorf("the device doesn't remember: %s, %v", until, err)
	}
	h.clock.pass(aftermathAfter - time.Hour)
	if h.asks() != 0 {
		t.Error("asked before the day")
	}
	h.clock.pass(11 * time.Hour) // 22:10 in Bulgaria
	if h.asks() != 0 {
		t.Error("asked at night")
	}
	h.clock.pass(12 * time.Hour)
	if h.asks() != 1 || h.asks() != 1 {
		t.Fatal("by day, one is asked, once")
	}
	if words, _ := h.said(); !strings.Contains(words, "„Свидетелство за съдимост“") {
		t.Errorf("it asks about %q", words)
	}
	for _, tap := range []string{"after:used:yes", "after:worked:yes", "after:recommend:yes", "after:used:no"} {
		h.presses(tap)
		h.works()
	}
	if words, _ := h.said(); words != bg("aftermath.thanks") {
		t.Errorf("after three taps: %q", words)
	}
	if h.count(`SELECT count(*) FROM aftermaths WHERE used = 'yes' AND worked AND recommends`) != 1 {
		t.Error("what was said isn't kept")
	}
	if until, err := h.conversations.AwaitsAftermath(h.ctx, h.conversation().ID); err != nil || !until.IsZero() {
		t.Errorf("the device remembers though it is over: %s, %v", until, err)
	}
	h.clock.pass(30 * 24 * time.Hour)
	h.says("трябва ми съдебно")
	h.works()
	h.presses("rate:good:2")
	h.works()
	if words, _ := h.said(); words != bg("bot.thanks_good") || h.asks() != 1 {
		t.Errorf("a month later: %q", words)
	}
}

func TestNobodyIsAskedWhoDidNotAgree(t *testing.T) {
	t.Parallel()
	for what, taps := range map[string][]string{"said nothing": {}, "said no": {"later:no"}, "took it back": {"later:yes", "later:no"}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			h.helped()
			for _, tap := range taps {
				h.presses(tap)
				h.works()
			}
			h.clock.pass(aftermathAfter + time.Hour)
			if h.asks() != 0 {
				t.Error("asked all the same")
			}
			h.presses("after:used:yes") // forged: nobody asked
			h.works()
			if h.count(`SELECT count(*) FROM aftermaths WHERE used IS NOT NULL`) != 0 {
				t.Error("a reply without a question is kept")
			}
		})
	}
}

func TestTheLaterMessageNeverTalksIntoAnything(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.helped()
	h.presses("later:yes")
	h.works()
	h.clock.pass(aftermathAfter + time.Hour)
	id := h.conversation().ID
	if err := h.conversations.Claim(h.ctx, h.pool, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(2 * time.Hour)
	if h.asks() != 0 {
		t.Error("asked while a librarian holds the conversation")
	}
	if err := h.conversations.Release(h.ctx, h.pool, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if h.asks() != 0 {
		t.Error("asked into a talk that has only just ended")
	}
	h.clock.pass(2 * time.Hour)
	h.desk.open = map[int64]Wish{id: {}}
	if h.asks() != 0 {
		t.Error("asked while a question of theirs waits")
	}
	h.desk.open = nil
	h.exec(`UPDATE contacts SET blocked_at = now()`)
	if h.asks() != 0 {
		t.Error("asked who has blocked us")
	}
	h.exec(`UPDATE contacts SET blocked_at = NULL`)
	if h.asks() != 1 {
		t.Error("not asked where nothing stands in the way")
	}
}

func TestTheLaterMessageIsForgottenWithThePerson(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.helped()
	h.presses("later:yes")
	h.works()
	h.gets(Incoming{Kind: Command, Command: "forget"})
	h.works()
	if h.count(`SELECT count(*) FROM aftermaths`) != 0 {
		t.Error("who wants to be forgotten is still to be asked")
	}
	h.clock.pass(aftermathAfter + time.Hour)
	if h.asks() != 0 {
		t.Error("asked though forgotten")
	}
}

func TestWhoeverWaitedTooLongOrAtATerminalIsNotAsked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.helped()
	h.presses("later:yes")
	h.works()
	h.clock.pass(aftermathAfter + aftermathLate + time.Hour)
	if h.asks() != 0 {
		t.Error("asked a month late")
	}
	// At a library's terminal the next person would read it.
	h.gets(Incoming{ContactKey: "8", Library: "rb-vratsa", Kind: Text, Text: "трябва ми съдебно"})
	h.works()
	h.gets(Incoming{ContactKey: "8", Library: "rb-vratsa", Kind: Button, Data: "rate:good:2"})
	h.works()
	if h.count(`SELECT count(*) FROM feedback WHERE rating = 'good'`) != 2 || h.count(`SELECT count(*) FROM aftermaths`) != 1 {
		t.Error("at a terminal somebody was asked whether to ask later")
	}
	if slices.Contains(h.replies(), "") {
		t.Error("an empty message")
	}
}
