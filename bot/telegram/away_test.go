package telegram

import (
	"context"
	"strings"
	"testing"
	"time"

	"orientir/bot/i18n"
	"orientir/bot/telegram/telegramtest"
)

// Each person who writes while nothing can be stored is told once, in their language, however often Telegram brings the update; it is stored afterwards.
func TestWhoWritesWhileNothingCanBeStoredIsTold(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	b.awayAfter = 0
	maria, john := double.Person(7, "Мария", "bg"), double.Person(8, "John", "en-GB")
	to.fail(true)
	run(t, b, to)
	maria.Say("кога")
	double.WaitSent(t, 7, 1)
	maria.Say("къде")
	john.Say("when") // behind those that can't be stored
	double.WaitSent(t, 8, 1)
	to.fail(false)
	to.wait(t, 3)
	b.settle()
	for chat, language := range map[int64]string{7: "bg", 8: "en"} {
		sent := double.Sent(chat)
		if len(sent) != 1 || sent[0].Text != i18n.T(language, "telegram.away") {
			t.Errorf("chat %d got %+v", chat, sent)
		}
	}
	if away := b.trouble.note(true); away != 0 {
		t.Error("what is stored ends no trouble")
	}
}

// A fault that is over in a moment is not told of.
func TestAMomentsTroubleIsNotTold(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	b.awayAfter = time.Hour
	to.fail(true)
	run(t, b, to)
	double.Person(7, "Мария", "bg").Say("кога")
	time.Sleep(1500 * time.Millisecond)
	to.fail(false)
	to.wait(t, 1)
	b.settle()
	if sent := double.Sent(7); len(sent) > 0 {
		t.Errorf("told %+v", sent)
	}
}

// Where the database answers no replica nobody leads the polling: who writes is told all the same, and what they wrote stays with Telegram.
func TestWhoWritesWhileNobodyPollsIsTold(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{Away: func(context.Context) bool { return true }})
	b.awayLook = 20 * time.Millisecond
	person := double.Person(7, "Мария", "bg")
	person.Say("кога")
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { defer close(watched); b.watch(ctx) }()
	double.WaitSent(t, 7, 1)
	person.Say("къде")
	for asked := double.Calls("getUpdates"); double.Calls("getUpdates") < asked+2; {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	<-watched
	if sent := double.Sent(7); len(sent) != 1 || !strings.Contains(sent[0].Text, "не работи") {
		t.Errorf("told %+v", sent)
	}
	if n := double.Pending(); n != 2 {
		t.Errorf("%d updates stay with Telegram, not 2", n)
	}
}
