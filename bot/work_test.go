package bot

import (
	"errors"
	"io"
	"strconv"
	"testing"
	"time"
)

func TestThreeMessagesOfOneTurnAreAnsweredTogether(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *EngineOptions) { o.Debounce = map[string]time.Duration{"telegram": 800 * time.Millisecond} })
	h.says("добър ден")
	h.works()
	h.wants("while the story may go on")
	h.clock.pass(500 * time.Millisecond)
	h.says("за нова работа съм")
	h.clock.pass(500 * time.Millisecond)
	h.says("искат съдебно")
	h.works()
	h.wants("while the story may still go on")
	h.clock.pass(time.Second)
	h.works()
	h.wants("the whole story", "criminal-record")
	if got := h.guides.asked; len(got) != 1 || got[0] != "добър ден\nза нова работа съм\nискат съдебно" {
		t.Errorf("asked %q", got)
	}
	if c := h.conversation(); c.Turn != 3 || c.AnsweredTurn != 3 {
		t.Errorf("turn %d, answered %d", c.Turn, c.AnsweredTurn)
	}
}

func TestButtonIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *EngineOptions) { o.Debounce = map[string]time.Duration{"telegram": time.Second} })
	h.gets(Incoming{Kind: Command, Command: "help"})
	h.works()
	h.wants("at once", "Напишете с Ваши думи")
}

func TestMessageWhileThinkingThrowsTheAnswerAway(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми нещо")
	h.guides.during = func() { h.says("съдебно за работа") }
	h.works()
	h.wants("both together", "criminal-record")
	if got := h.guides.asked; len(got) != 2 || got[1] != "трябва ми нещо\nсъдебно за работа" {
		t.Errorf("asked %q", got)
	}
}

func TestButtonWhileThinkingDoesNot(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.guides.during = func() { h.presses("near:12259") }
	h.works()
	h.wants("one after the other", "criminal-record", "гр. Враца")
	if len(h.guides.asked) != 1 {
		t.Errorf("asked %q", h.guides.asked)
	}
}

func TestLibrarianWinsOverLateAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.guides.during = func() {
		if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
			t.Error(err)
		}
	}
	h.works()
	h.wants("after the claim")
	if _, err := h.conversations.Say(h.ctx, h.pool, h.conversation().ID, "17", Body{Text: "Добър ден"}); err != nil {
		t.Fatal(err)
	}
	h.says("още един въпрос")
	h.presses("near")
	h.works()
	h.wants("while the librarian holds", "Добър ден")

	h.says("помощ, пожар!")
	h.says("ЕГН 6101057509")
	h.works()
	h.wants("the notices that pass", "Добър ден", bg("bot.notice_masked", "ЕГН"), bg("bot.notice_danger"))

	if err := h.conversations.Release(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
		t.Fatal(err)
	}
	h.says("съдебно")
	h.works()
	h.wants("handed back", "Добър ден", bg("bot.notice_masked", "ЕГН"), bg("bot.notice_danger"), "criminal-record")
}

func TestMessageForTheLibrarianIsNotAnsweredAfterRelease(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("съдебно")
	h.works()
	id := h.conversation().ID
	if err := h.conversations.Claim(h.ctx, h.pool, id, "17"); err != nil {
		t.Fatal(err)
	}
	h.says("съдебно, пак")
	if err := h.conversations.Release(h.ctx, h.pool, id, "17"); err != nil {
		t.Fatal(err)
	}
	h.says("съдебно, вече на Вас")
	h.works()
	h.wants("the one before and the one after", "criminal-record", "criminal-record")
	if got := h.guides.asked; got[len(got)-1] != "съдебно, вече на Вас" {
		t.Errorf("asked %q", got)
	}
}

func TestCrashBetweenLeaseAndSaveIsPickedUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	dead, ok, err := h.lease(h.ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, _ := h.lease(h.ctx); ok {
		t.Fatal("leased twice at a time")
	}
	h.clock.pass(31 * time.Second)
	h.works()
	h.wants("after the lease ran out", "criminal-record")
	// The first one was only slow: what it brings now is thrown away.
	h.exec(`UPDATE messages SET handled_at = NULL WHERE sender = 'person'`)
	if _, err := h.answerOne(h.ctx, dead); err != nil {
		t.Fatal(err)
	}
	h.wants("the slow one comes too late", "criminal-record")
}

func TestBrokenRetrievalEndsInHelpNotSilence(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.guides.broken = true
	h.says("трябва ми съдебно")
	for range 4 {
		h.works()
		h.clock.pass(time.Minute)
	}
	h.wants("after three tries", bg("bot.failed"))
	if len(h.guides.asked) != 3 {
		t.Errorf("asked %d times", len(h.guides.asked))
	}
	h.guides.broken = false
	h.says("съдебно")
	h.works()
	h.wants("whole again", bg("bot.failed"), "criminal-record")
}

// An outage costs no try however long it lasts, for nothing can be leased meanwhile; a message that brings the database down each time has an end.
func TestAMessageThatBringsTheDatabaseDownIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.guides.broken, h.guides.fault = true, errors.Join(errBroken, io.ErrUnexpectedEOF) // the server ended in the middle of its answer
	h.says("трябва ми съдебно")
	for range breaksForgiven {
		h.works()
		h.clock.pass(time.Hour)
	}
	h.wants("broken off, and forgiven")
	h.guides.broken = false
	h.works()
	h.wants("the database is whole", "criminal-record")
	h.guides.broken = true
	h.says("съдебно")
	for range breaksForgiven + 4 {
		h.works()
		h.clock.pass(time.Hour)
	}
	h.wants("it breaks each time", "criminal-record", bg("bot.failed"))
}

func TestPanicTakesDownOneStepOnly(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.guides.during = func() { panic("a strange message") }
	h.says("трябва ми съдебно")
	l, ok, err := h.lease(h.ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := h.answerOne(h.ctx, l); err == nil {
		t.Error("nobody hears of it")
	}
	h.clock.pass(time.Minute)
	h.works()
	h.wants("on the next try", "criminal-record")
}

func TestWhoWritesWhileTheProgramStartsIsAnsweredWhenItHas(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.guides.early = true
	h.says("трябва ми съдебно")
	for range 20 {
		h.works()
		h.clock.pass(2 * time.Second)
	}
	h.wants("not yet", bg("bot.starting"))
	h.guides.early = false
	h.works()
	h.wants("started", bg("bot.starting"), "criminal-record")
	h.guides.early = true
	h.says("съдебно")
	for range 15 {
		h.works()
		h.clock.pass(time.Minute)
	}
	h.wants("it never starts", bg("bot.starting"), "criminal-record", bg("bot.failed"))
}

// A message arrives while an answer that changes what is known of the person is being saved: neither may wait for the other in a circle.
func TestArrivalAndStepDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.presses("lang:en")
	c := h.conversation()
	arrival, err := h.pool.Begin(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer arrival.Rollback(h.ctx)
	// As in keep: first the contact …
	if _, err := arrival.Exec(h.ctx, `UPDATE contacts SET blocked_at = NULL WHERE id = $1`, c.Contact); err != nil {
		t.Fatal(err)
	}
	l, ok, err := h.lease(h.ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	stepped := make(chan error, 1)
	go func() {
		_, err := h.answerOne(h.ctx, l)
		stepped <- err
	}()
	h.eventually("waits for the arrival", func() bool {
		return h.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	})
	// … then the conversation.
	if _, err := arrival.Exec(h.ctx, `UPDATE conversations SET updated_at = updated_at WHERE id = $1`, c.ID); err != nil {
		t.Errorf("the arrival: %v", err)
	}
	if err := arrival.Commit(h.ctx); err != nil {
		t.Error(err)
	}
	if err := <-stepped; err != nil {
		t.Errorf("the step: %v", err)
	}
}

func TestTicketOpensTogetherWithItsReply(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.presses("human")
	h.works()
	h.desk.broken = true
	h.presses("human:yes")
	h.works()
	h.wants("nothing is said where nothing was opened", "criminal-record", "Ще изпратя разговора ни")
	h.desk.broken = false
	h.clock.pass(time.Minute)
	h.works()
	h.wants("opened", "criminal-record", "Ще изпратя разговора ни", "Вие сте следващи")
	if w := h.desk.open[h.conversation().ID]; w.Summary != "трябва ми съдебно" || w.HelpPoint != "rb-vratsa" || w.Reason != "asked" {
		t.Errorf("the wish is %+v", w)
	}
	h.says("съдебно, докато чакам")
	h.works()
	if got := h.replies(); got[len(got)-1] != "criminal-record" {
		t.Errorf("while waiting the bot says %q", got)
	}
}

func TestRunAnswersAndDelivers(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.Engine.now, h.conversations.now = time.Now, time.Now
	stop := h.runs(h.Engine)
	r := h.says("трябва ми съдебно")
	replies, err := h.conversations.WaitReply(h.ctx, r.Conversation, r.Message)
	if err != nil || len(replies) != 1 || replies[0].Body.Guide == nil {
		t.Fatalf("replies %+v, %v", replies, err)
	}
	h.eventually("delivered", func() bool {
		h.telegram.mu.Lock()
		defer h.telegram.mu.Unlock()
		return len(h.telegram.sent) == 1
	})
	stop()
}

func TestTwoReplicasAnswerEachPersonOnceAndInOrder(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for _, e := range []*Engine{h.Engine, h.replica} {
		e.now, e.conversations.now = time.Now, time.Now
		defer h.runs(e)()
	}
	const people, each = 10, 5
	for n := range each {
		for p := range people {
			in := Incoming{Kind: Command, Command: "start", ContactKey: strconv.Itoa(p), Argument: ""}
			if n > 0 {
				in.Kind, in.Text = Text, "съдебно"
			}
			h.gets(in)
		}
	}
	answered := func(p int) (n int, last time.Time) {
		c, _, err := h.conversations.Of(h.ctx, "telegram", strconv.Itoa(p))
		if err != nil {
			t.Fatal(err)
		}
		if c.AnsweredTurn != each {
			return 0, last
		}
		replies, err := h.conversations.outgoing(h.ctx, c.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range replies {
			if i == 0 && m.Body.Guide != nil {
				t.Error("the greeting did not come first")
			}
			if m.Delivered == nil {
				return 0, last
			}
			if m.Delivered.Before(last) {
				t.Error("delivered out of order")
			}
			n, last = n+1, *m.Delivered
		}
		return n, last
	}
	said := 0
	for p := range people {
		h.eventually("all answered", func() bool { n, _ := answered(p); return n > 0 })
		n, _ := answered(p)
		if n > each {
			t.Errorf("%d replies to %d messages", n, each)
		}
		said += n
	}
	h.telegram.mu.Lock()
	defer h.telegram.mu.Unlock()
	if len(h.telegram.sent) != said {
		t.Errorf("%d messages were sent, %d were said", len(h.telegram.sent), said)
	}
}
