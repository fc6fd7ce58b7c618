package telegram

import (
	"context"
	"errors"
	"testing"
	"time"

	"orientir/bot/telegram/telegramtest"
)

func TestLinkCodeIsNoConversation(t *testing.T) {
	t.Parallel()
	got := make(chan Link, 10)
	failing := true
	b, double, to := setup(t, telegramtest.Options{}, Options{Link: func(_ context.Context, l Link) (Linked, error) {
		if failing {
			failing = false
			return Linked{}, errors.New("the database is away")
		}
		got <- l
		if l.Code == "k7xm-2pqr" {
			return Linked{Words: "готово <3", Lost: 71, LostWords: "вече не"}, nil
		}
		return Linked{Words: "готово <3"}, nil
	}})
	maria := double.Person(70, "Мария", "bg")
	maria.Say("/link k7xm-2pqr")
	maria.Say("/start link-K7XM2PQR")
	maria.Say("/start")
	defer run(t, b, to)()
	for _, want := range []Link{{70, "bg", "k7xm-2pqr"}, {70, "bg", "K7XM2PQR"}} {
		select {
		case l := <-got:
			if l != want {
				t.Errorf("got %+v, want %+v", l, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no code came")
		}
	}
	to.wait(t, 1)
	if len(to.events) != 1 || to.events[0].Command != "start" || to.events[0].Argument != "" {
		t.Errorf("the conversation got %+v", to.events)
	}
	double.WaitSent(t, 70, 2)
	if sent := double.Sent(70); sent[0].Text != "готово <3" {
		t.Errorf("said %q", sent[0].Text)
	}
	double.WaitSent(t, 71, 1)
	if sent := double.Sent(71); len(sent) != 1 || sent[0].Text != "вече не" {
		t.Errorf("who was linked before is told %+v", sent)
	}
}
