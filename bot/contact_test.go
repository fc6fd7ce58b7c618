package bot

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
)

// callbacks keeps contacts in memory, for conversations that have a ticket at the desk.
type callbacks struct {
	desk *desk
	left map[int64]CallMe
}

func (c *callbacks) KeepContact(_ context.Context, _ postgres.DB, conversation int64, contact CallMe) (bool, error) {
	if _, ok := c.desk.open[conversation]; !ok {
		return false, nil
	}
	c.left[conversation] = contact
	return true, nil
}

func (c *callbacks) DropContact(_ context.Context, _ postgres.DB, conversation int64) (bool, error) {
	_, ok := c.left[conversation]
	delete(c.left, conversation)
	return ok, nil
}

func setupCallbacks(t *testing.T) (*house, *callbacks) {
	t.Helper()
	t.Parallel()
	c := &callbacks{left: map[int64]CallMe{}}
	h := setup(t, func(o *EngineOptions) { o.Callbacks = c })
	c.desk = h.desk
	return h, c
}

// last gives the newest words to the person and their buttons.
func (h *house) last() (text, buttons string) {
	h.t.Helper()
	messages, err := h.conversations.outgoing(h.ctx, h.conversation().ID, 0)
	if err != nil || len(messages) == 0 {
		h.t.Fatal(len(messages), err)
	}
	b := messages[len(messages)-1].Body
	for _, a := range b.Buttons {
		buttons += a.Data + " "
	}
	return b.Text, buttons
}

func (h *house) lastIs(what, phrase string) {
	h.t.Helper()
	if text, _ := h.last(); !strings.HasSuffix(text, bg(phrase)) {
		h.t.Errorf("%s: said %q, want %s", what, text, phrase)
	}
}

// stored gives every text and state that is kept of the conversation.
func (h *house) stored() string {
	h.t.Helper()
	var all string
	err := h.pool.QueryRow(h.ctx, `
		SELECT coalesce(string_agg(m::text, E'\n'), '') || (SELECT string_agg(c::text, E'\n') FROM conversations c) || (SELECT coalesce(string_agg(a::text, E'\n'), '') FROM answers a)
		FROM messages m`).Scan(&all)
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func TestContactGoesToTheTicketAndNowhereElse(t *testing.T) {
	h, c := setupCallbacks(t)
	h.says("искам човек")
	h.works()
	if _, buttons := h.last(); !strings.Contains(buttons, "human:call") {
		t.Error("nobody is there, and a phone can't be left:", buttons)
	}
	h.presses("human:call")
	h.works()
	h.lastIs("asked", "bot.contact_ask")
	h.says("0888 123")
	h.works()
	h.lastIs("a slip", "bot.contact_unknown")
	h.says("088 812 34 56")
	h.works()
	h.lastIs("kept", "bot.contact_kept_phone")
	conversation := h.conversation().ID
	if got := c.left[conversation]; got != (CallMe{Kind: "phone", Value: "088 812 34 56"}) {
		t.Errorf("the ticket has %+v", got)
	}
	for _, digits := range []string{"812", "34 56", "0888 123"} {
		if strings.Contains(h.stored(), digits) {
			t.Errorf("%q is stored", digits)
		}
	}
	for _, reply := range h.replies() {
		if strings.Contains(reply, "сигурност скрих") {
			t.Error("they were scolded for a phone that they were asked for")
		}
	}
	h.presses("contact")
	h.works()
	h.says("пожар, елате! 088 812 34 56")
	h.works()
	if text, _ := h.last(); !strings.Contains(text, "112") || len(c.left) != 1 {
		t.Errorf("in danger they heard %q", text)
	}
	h.presses("contact:drop")
	h.works()
	h.lastIs("dropped", "bot.contact_dropped")
	if len(c.left) > 0 {
		t.Error("it is still there")
	}
	h.presses("contact:drop")
	h.works()
	h.lastIs("dropped twice", "bot.contact_none")
}

func TestContactMayBeAnAddressOrSharedOrLeftOut(t *testing.T) {
	h, c := setupCallbacks(t)
	h.says("искам човек")
	h.works()
	h.presses("human:yes")
	h.works()
	conversation := h.conversation().ID
	if _, buttons := h.last(); !strings.Contains(buttons, "contact ") {
		t.Error("who waits can't leave a phone:", buttons)
	}

	h.presses("contact")
	h.works()
	h.lastIs("asked", "bot.contact_ask")
	h.says("Откажи")
	h.works()
	h.lastIs("left out", "bot.contact_cancelled")

	h.says("обадете ми се, моля")
	h.works()
	h.lastIs("asked to be called", "bot.contact_ask")
	h.says("може на ivan.petrov@example.bg")
	h.works()
	h.lastIs("kept", "bot.contact_kept_email")
	if got := c.left[conversation]; got != (CallMe{Kind: "email", Value: "ivan.petrov@example.bg"}) {
		t.Errorf("the ticket has %+v", got)
	}

	h.presses("contact")
	h.works()
	h.gets(Incoming{Kind: Contact, Text: "+359888123456"})
	h.works()
	if got := c.left[conversation]; got.Value != "+359888123456" {
		t.Errorf("shared with the button: %+v", got)
	}

	h.presses("contact")
	h.works()
	h.says("трябва ми съдебно") // a question after all
	h.works()
	if replies := h.replies(); replies[len(replies)-1] != "criminal-record" {
		t.Error("the question is not answered:", replies[len(replies)-1])
	}
	h.says("0888 123 456")
	h.works()
	if got := c.left[conversation]; got.Value != "+359888123456" {
		t.Errorf("a phone that nobody asked for was kept: %+v", got)
	}
	if strings.Contains(h.stored(), "123") && strings.Contains(h.stored(), "888123456") {
		t.Error("it is stored")
	}

	delete(h.desk.open, conversation)
	h.presses("contact:cancel")
	h.works()
	h.gets(Incoming{Kind: Contact, Text: "+359888123456"})
	h.works()
	h.lastIs("without a ticket", "bot.contact_nowhere")
}

func TestContactIsLeftWhileALibrarianHolds(t *testing.T) {
	h, c := setupCallbacks(t)
	h.says("искам човек")
	h.works()
	h.presses("human:yes")
	h.works()
	conversation := h.conversation().ID
	if err := h.conversations.Claim(h.ctx, h.pool, conversation, "17"); err != nil {
		t.Fatal(err)
	}
	h.says("обадете ми се на 0888 123 456")
	h.works()
	text, buttons := h.last()
	if !strings.Contains(text, "телефон") || !strings.Contains(buttons, "contact ") {
		t.Errorf("the notice %q offers %q", text, buttons)
	}
	h.presses("contact")
	h.works()
	h.lastIs("asked", "bot.contact_ask")
	h.says("0888 123 456")
	h.works()
	h.lastIs("kept", "bot.contact_kept_phone")
	h.presses("contact")
	h.works()
	h.says("0888 123 456 пожар")
	h.works()
	h.lastIs("danger", "bot.notice_danger")
	if !h.guides.last.Alone {
		t.Error("danger waits for a model")
	}
	h.presses("contact")
	h.works()
	h.guides.broken = true
	h.says("0888 123 456 пожар")
	h.works()
	h.lastIs("not found out yet", "bot.contact_ask")
	h.guides.broken = false
	h.clock.pass(time.Minute)
	h.works()
	h.lastIs("danger, heard late", "bot.notice_danger")
	if c.left[conversation].Value != "0888 123 456" || strings.Contains(h.stored(), "0888") {
		t.Errorf("%+v", c.left)
	}
}

func TestWithoutAKeyNobodyIsAskedForAPhone(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("искам човек")
	h.works()
	if _, buttons := h.last(); strings.Contains(buttons, "call") {
		t.Error(buttons)
	}
	h.presses("human:call")
	h.works()
	if state, err := json.Marshal(h.conversation()); err != nil || strings.Contains(string(state), awaitContact+`"`) {
		t.Error(string(state), err)
	}
	for _, reply := range h.replies() {
		if reply == bg("bot.contact_ask") {
			t.Error("asked for what can't be kept")
		}
	}
}

func TestPhoneThatNobodyAskedForLeadsToTheDesk(t *testing.T) {
	h, _ := setupCallbacks(t)
	h.says("0888 123 456")
	h.works()
	if text, buttons := h.last(); !strings.Contains(text, bg("bot.offer_confirm")) || !strings.Contains(buttons, "human:call") {
		t.Errorf("a phone alone: %q, %s", text, buttons)
	}
	h.says("трябва ми съдебно, моля да ми се обадите на 0888 123 456")
	h.works()
	if text, buttons := h.last(); text != bg("bot.call_wanted") || buttons != "contact " {
		t.Errorf("a question with a phone: %q, %s", text, buttons)
	}
}

func TestFewWordsAskToBeCalled(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"обадете ми се": true, "обадете ми се на [телефон скрит] моля че не мога да пиша": true, "може ли да ми се обадите": true,
		"на кого да се обадя": false,
	} {
		if got := fewAskCall(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestNumbersInButtonsAndCommandsAreNotKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Command, Command: "6101057509"})
	h.presses("human:6101057509")
	h.gets(Incoming{Kind: Edited, Text: "ЕГН 6101057509", Replaces: "none"})
	h.works()
	if strings.Contains(h.stored(), "6101057509") {
		t.Error("a personal number is stored:\n", h.stored())
	}
}

// Who speaks Turkish leaves a phone more often than others: nothing on the way to it may turn to Bulgarian.
func TestContactIsSpokenOfInTurkish(t *testing.T) {
	t.Parallel()
	for _, key := range i18n.Keys("bg") {
		if strings.HasPrefix(key, "bot.contact_") || strings.HasSuffix(key, "_contact") && strings.HasPrefix(key, "bot.button_") || key == "bot.button_yes_call" || key == "bot.call_wanted" || key == "bot.offer_privacy_contact" || key == "telegram.share_contact" {
			if !i18n.Has("tr", key) {
				t.Errorf("%s has no Turkish", key)
			}
		}
	}
}

// What the offer promises must hold when a contact is left: that goes to the librarian too.
func TestOfferDoesNotPromiseThatNoPhoneIsSent(t *testing.T) {
	h, _ := setupCallbacks(t)
	h.says("искам човек")
	h.works()
	text, _ := h.last()
	if !strings.Contains(text, "само ако Вие го оставите") || strings.Contains(text, "телефона Ви не изпращам") {
		t.Errorf("the offer says %q", text)
	}
}
