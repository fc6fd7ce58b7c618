package bot

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"orientir/deploy/postgres"
)

func TestOrderHoldsThroughRetryAfter(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	c := h.conversation()
	for _, line := range []string{"bot.starting", "bot.notice_danger"} {
		if _, err := h.conversations.Notice(h.ctx, h.pool, c.ID, line); err != nil {
			t.Fatal(err)
		}
	}
	h.telegram.answers = []error{nil, &RetryAfter{D: 3 * time.Second}}
	for h.sends() {
	}
	if got := len(h.telegram.sent); got != 1 {
		t.Fatalf("sent %d messages", got)
	}
	h.clock.pass(2 * time.Second)
	if h.sends() {
		t.Fatal("sent before the channel allowed it, or out of order")
	}
	h.clock.pass(2 * time.Second)
	for h.sends() {
	}
	want := []string{"7: " + bg("bot.starting"), "7: " + bg("bot.notice_danger")}
	if got := h.telegram.sent[1:]; !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
}

func TestChannelThatMustWaitHoldsEverybody(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: "8"})
	h.works()
	h.telegram.answers = []error{&RetryAfter{D: 5 * time.Second, All: true}, &RetryAfter{D: 5 * time.Second, All: true}}
	h.sends()
	h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: "9"})
	h.works()
	if h.sends() {
		t.Error("a third person was written to")
	}
	h.clock.pass(6 * time.Second)
	for h.sends() {
	}
	if len(h.telegram.sent) != 3 {
		t.Errorf("sent %q", h.telegram.sent)
	}
}

func TestTwoSendersDoNotSendTwice(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	first, err := h.takePending(h.ctx, 10)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	if second, err := h.takePending(h.ctx, 10); err != nil || len(second) != 0 {
		t.Fatal(second, err)
	}
	// The first sender died between sending and noting so: the message may come twice, but it comes.
	h.clock.pass(31 * time.Second)
	if !h.sends() || len(h.telegram.sent) != 1 {
		t.Error("the message was lost")
	}
}

func TestRefusedMessageFreesTheNext(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	if _, err := h.conversations.Notice(h.ctx, h.pool, h.conversation().ID, "bot.notice_danger"); err != nil {
		t.Fatal(err)
	}
	h.telegram.answers = []error{&Refused{Reason: "400: bad entities"}}
	for h.sends() {
	}
	if got := h.telegram.sent; len(got) != 1 || got[0] != "7: "+bg("bot.notice_danger") {
		t.Errorf("sent %q", got)
	}
}

func TestWhoBlocksUsIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	if _, err := h.conversations.Notice(h.ctx, h.pool, h.conversation().ID, "bot.notice_danger"); err != nil {
		t.Fatal(err)
	}
	h.telegram.answers = []error{&Refused{Blocked: true, Reason: "403: bot was blocked by the user"}}
	for h.sends() {
	}
	if len(h.telegram.sent) != 0 || h.conversation().BlockedAt == nil {
		t.Errorf("sent %q, blocked %v", h.telegram.sent, h.conversation().BlockedAt)
	}
}

func TestBrokenChannelIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	h.telegram.answers = []error{errors.New("connection reset"), errors.New("connection reset")}
	for range 3 {
		h.sends()
		h.clock.pass(10 * time.Second)
	}
	if len(h.telegram.sent) != 1 {
		t.Errorf("sent %q", h.telegram.sent)
	}
}

// Who waited for a channel's silence to be given up has waited: the next try follows at once.
func TestSilenceCountsAsThePauseBeforeTheNextTry(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	h.telegram.during = func(context.Context) error {
		h.clock.pass(8 * time.Second)
		h.telegram.during = nil
		return errors.New("no answer")
	}
	h.sends()
	if !h.sends() || len(h.telegram.sent) != 1 {
		t.Errorf("sent %q", h.telegram.sent)
	}
}

func TestPulledChannelIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	r := h.gets(Incoming{Kind: Text, Text: "съдебно", Channel: "web", ContactKey: "hash"})
	h.works()
	if h.sends() {
		t.Fatal("the web was pushed to")
	}
	replies, err := h.conversations.outgoing(h.ctx, r.Conversation, 0)
	if err != nil || len(replies) != 1 || replies[0].Delivered != nil {
		t.Fatal(replies, err)
	}
	if err := h.conversations.Delivered(h.ctx, []int64{replies[0].ID}); err != nil {
		t.Fatal(err)
	}
	if replies, _ = h.conversations.outgoing(h.ctx, r.Conversation, 0); replies[0].Delivered == nil {
		t.Error("not noted as delivered")
	}
}

func TestStopLetsACallUnderWayEnd(t *testing.T) {
	t.Parallel()
	h := setup(t)
	sending, stopped := make(chan struct{}), make(chan struct{})
	h.telegram.during = func(context.Context) error {
		close(sending)
		<-stopped
		return nil
	}
	h.gets(Incoming{Kind: Command, Command: "help"})
	h.works()
	ctx, stop := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	<-sending
	stop()
	close(stopped)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT count(*) FROM messages WHERE sender = 'bot' AND delivered_at IS NOT NULL`); n != 1 || len(h.telegram.sent) != 1 {
		t.Errorf("%d noted, %d sent", n, len(h.telegram.sent))
	}
}

// What was sent of a message in several parts is known to whoever goes on with it.
func TestAnotherReplicaGoesOnWhereAMessageWasLeft(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	h.telegram.answers = []error{&Half{Mark: "1:x", Err: &RetryAfter{D: time.Second}}, &Half{Mark: "2:x", Err: errors.New("no answer")}, errors.New("no answer")}
	for range 4 {
		h.sends()
		h.Engine, h.replica = h.replica, h.Engine
		h.clock.pass(time.Minute)
	}
	if want := []string{"", "1:x", "2:x", "2:x"}; !slices.Equal(h.telegram.marks, want) {
		t.Errorf("known before each try: %q", h.telegram.marks)
	}
	if n := h.count(`SELECT count(*) FROM messages WHERE external_id = 'x1' OR external_id = 'x2'`); n != 1 {
		t.Error("the id of what was sent isn't kept")
	}
}

// After a stop no message is begun, and another may do so at once.
func TestAStopBeginsNoMessage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	taken, err := h.takePending(h.ctx, 10)
	if err != nil || len(taken) != 1 {
		t.Fatal(taken, err)
	}
	ctx, stop := context.WithCancel(h.ctx)
	stop()
	if sent, err := h.deliver(ctx, taken[0]); sent || err != nil || len(h.telegram.sent) > 0 {
		t.Errorf("sent %v, %q: %v", sent, h.telegram.sent, err)
	}
	if again, err := h.replica.takePending(h.ctx, 10); err != nil || len(again) != 1 || again[0].Tries != 1 {
		t.Errorf("free for another: %+v, %v", again, err)
	}
}

// A message that makes the channel panic costs tries, and in the end is given up: it takes no process down, and the next one is free.
func TestAMessageThatPanicsIsGivenUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("здравейте")
	h.works()
	h.telegram.during = func(context.Context) error { panic("a strange message") }
	for range maxTries {
		if !h.sends() {
			t.Fatal("it isn't tried again")
		}
		h.clock.pass(10 * time.Minute)
	}
	h.telegram.during = nil
	h.gets(Incoming{Kind: Command, Command: "help"})
	h.works()
	h.sends()
	if n := h.count(`SELECT count(*) FROM messages WHERE failed_at IS NOT NULL`); n != 1 || len(h.telegram.sent) != 1 {
		t.Errorf("%d given up, sent %q", n, h.telegram.sent)
	}
}

// Somebody who is gone has the row of a person who is to be deleted: what others are to be told goes out.
func TestALockedContactHoldsUpNoDelivery(t *testing.T) {
	t.Parallel()
	h := setup(t)
	forgotten := h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: "8"})
	h.exec(`UPDATE contacts SET forgotten_at = $2 WHERE id = $1`, forgotten.Contact, h.clock.now().Add(-2*time.Hour))
	tx, err := h.pool.Begin(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(h.ctx))
	if _, err := tx.Exec(h.ctx, `SELECT FROM contacts WHERE id = $1 FOR UPDATE`, forgotten.Contact); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	h.telegram.during = func(context.Context) error {
		close(sent)
		return nil
	}
	h.says("здравейте")
	h.works()
	ctx, stop := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.deliverAll(ctx) }()
	select {
	case <-sent:
	case <-time.After(2 * lookPatience):
		t.Error("nobody hears anything")
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What a message takes has more time than one call, and never more than the row is this process's.
func TestAllCallsOfAMessageEndBeforeTheRowIsFree(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var left []time.Duration
	h.telegram.during = func(ctx context.Context) error {
		end, _ := ctx.Deadline()
		left = append(left, time.Until(end))
		return nil
	}
	h.says("здравейте")
	h.works()
	h.sends() // unseen
	present(t, h.Engine)
	h.gets(Incoming{Kind: Command, Command: "help"})
	h.works()
	h.sends()
	if len(left) != 2 || left[0] > sending-2*noteTry || left[1] > patience || left[1] <= sending {
		t.Errorf("left for a message that nobody sees sent, and for one that others do: %v", left)
	}
}

// A process that the database hasn't answered for long, and that others may have missed, begins nothing more. Once it is seen again it goes on.
func TestWhoMayBeMissedBeginsNoMessage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	present(t, h.Engine)
	h.says("здравейте")
	h.works()
	taken, err := h.takePending(h.ctx, 10)
	if err != nil || len(taken) != 1 {
		t.Fatal(taken, err)
	}
	seen := h.o.Presence
	h.o.Presence = postgres.NewPresence(h.pool, nil) // that never had an answer
	if sent, err := h.deliver(h.ctx, taken[0]); sent || !errors.Is(err, errUnseen) || len(h.telegram.sent) > 0 {
		t.Fatalf("sent %q: %v, %v", h.telegram.sent, sent, err)
	}
	h.o.Presence = seen
	h.Engine.sends.lost() // as the loop says it
	h.findSends(h.ctx)
	if !h.sends() || len(h.telegram.sent) != 1 {
		t.Errorf("then sent %q", h.telegram.sent)
	}
}
