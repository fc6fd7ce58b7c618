package bot

import (
	"errors"
	"strings"
	"testing"
)

func TestOneClaimWinsAndOnlyTheHolderSpeaks(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	c := h.conversation()
	if err := h.conversations.Claim(h.ctx, h.pool, c.ID, "7"); err != nil {
		t.Fatal(err)
	}
	if err := h.conversations.Claim(h.ctx, h.pool, c.ID, "8"); !errors.Is(err, ErrHeld) {
		t.Errorf("the second claim gives %v", err)
	}
	if _, err := h.conversations.Say(h.ctx, h.pool, c.ID, "8", Body{Text: "не аз"}); !errors.Is(err, ErrNotHolder) {
		t.Errorf("another librarian speaks: %v", err)
	}
	if _, err := h.conversations.Say(h.ctx, h.pool, c.ID, "7", Body{Text: "Вашето ЕГН 6101057509 ли е?"}); err != nil {
		t.Fatal(err)
	}
	if err := h.conversations.Release(h.ctx, h.pool, c.ID, "8"); !errors.Is(err, ErrNotHolder) {
		t.Errorf("another librarian gives it back: %v", err)
	}
	if err := h.conversations.Release(h.ctx, h.pool, c.ID, "7"); err != nil {
		t.Fatal(err)
	}
	messages, err := h.conversations.Messages(h.ctx, c.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	last := messages[len(messages)-1]
	if last.From != Librarian || last.Author != "7" || strings.Contains(last.Body.Text, "6101057509") || strings.Contains(last.Text, "6101057509") {
		t.Errorf("the transcript ends in %+v", last)
	}
}

func TestPseudonym(t *testing.T) {
	t.Parallel()
	if got := (Conversation{Number: 4821}).Pseudonym(); got != "Посетител 4821" {
		t.Errorf("got %q", got)
	}
}
