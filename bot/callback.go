package bot

import (
	"context"
	"strings"
	"unicode"

	"orientir/deploy/postgres"
	"orientir/knowledge/privacy"
)

// CallMe is a phone number or an e-mail address that a person leaves to be called back. It is in no message and in no log: it goes
// from the channel to the ticket, which keeps it encrypted.
type CallMe struct {
	Kind  string // phone | email
	Value string // as the person wrote it
}

// Callbacks keeps what people leave to be called back on their open ticket. handoff implements it; both calls are in the caller's transaction.
type Callbacks interface {
	// KeepContact keeps it; false where the conversation has no open ticket.
	KeepContact(ctx context.Context, tx postgres.DB, conversation int64, c CallMe) (bool, error)
	// DropContact erases it at once; false where there is none.
	DropContact(ctx context.Context, tx postgres.DB, conversation int64) (bool, error)
}

// What became of a contact, as the message's data says it. The other outcomes are its kinds.
const (
	contactUnknown = "unknown" // it is no phone and no address
	contactNowhere = "nowhere" // there is no ticket for it, or nobody asked
)

// awaitContact is the dialog's state in which the next text is likely to be a contact.
const awaitContact = "contact"

// takeContact takes a contact that the person was asked for, or shared with their channel's own button, out of what arrived: it goes to
// the ticket, and only what became of it is left. A text that is none stays a text.
func (e *Engine) takeContact(ctx context.Context, tx postgres.DB, a arrival, await string, conversation int64) (arrival, error) {
	shared := a.Kind == Contact
	if !shared && (a.Kind != Text || await != awaitContact) {
		return a, nil
	}
	value, kind, ok := privacy.Contact(clean(a.Text))
	if !shared && !ok && !likeContact(a.Text) {
		return a, nil
	}
	a.kind, a.hidden, a.Data = string(Contact), nil, contactUnknown
	a.text = wordsAround(clean(a.Text), "", privacy.Phone)
	if ok {
		a.text, a.Data = wordsAround(clean(a.Text), value, kind), contactNowhere
	}
	if !ok || e.o.Callbacks == nil || await != awaitContact {
		return a, nil
	}
	kept, err := e.o.Callbacks.KeepContact(ctx, tx, conversation, CallMe{Kind: string(kind), Value: value})
	if kept {
		a.Data = string(kind)
	}
	return a, err
}

// wordsAround is what was written around a contact, without any digits: there may be a cry for help in it.
func wordsAround(text, value string, kind privacy.Kind) string {
	text, _ = privacy.Mask(strings.Replace(text, value, "", 1))
	text = strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || r == '@' {
			return -1
		}
		return r
	}, text)
	if !hasWords(text) {
		return kind.Token()
	}
	return kind.Token() + " " + strings.TrimSpace(text)
}

// likeContact says whether a text is a phone or an address with a slip in it, and no question: few letters and some digits, or an @.
func likeContact(text string) bool {
	letters, digits := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits >= 5 && letters <= 12 || strings.Contains(text, "@") && len(strings.Fields(text)) <= 3
}
