package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"orientir/bot"
	"orientir/handoff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// attached is a guide whose card goes with a reply.
type attached struct {
	Slug, Asked string // Asked is the part that the card begins with; "" begins with the summary
	Title       string
	Card        bot.Card
}

// attachedGuide gives the card of a guide as the bot would show it to this person; nil where there is no such guide.
func (s *site) attachedGuide(ctx context.Context, slug, asked, language string) (*attached, error) {
	g, ok, err := s.Knowledge.Guide(ctx, slug)
	if err != nil || !ok {
		return nil, err
	}
	if language != "en" {
		language = string(knowledge.Bulgarian)
	}
	g, age, err := s.Knowledge.Shown(ctx, g, s.today())
	if err != nil {
		return nil, err
	}
	card := bot.NewShownCard(g, age, language, retrieval.Field(asked))
	return &attached{Slug: slug, Asked: asked, Title: card.Text.Title, Card: card}, nil
}

// reply says something to the person, with the card of a guide where one is attached.
func (s *site) reply(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	a, text := visitOf(r).account, r.PostFormValue("text")
	var card *attached
	if slug := r.PostFormValue("attach"); slug != "" {
		t, err := s.ticketOf(r)
		if err != nil {
			return err
		}
		if card, err = s.attachedGuide(r.Context(), slug, r.PostFormValue("asked"), t.Language); err != nil {
			return err
		}
	}
	if card == nil {
		_, err = s.Desk.Reply(r.Context(), id, a, text)
	} else {
		_, err = s.Desk.ReplyBody(r.Context(), id, a, bot.Body{Text: text, Guide: &card.Card})
	}
	if fault := asFault(err); fault != nil {
		return s.drawChat(w, r, chat{Draft: strings.TrimSpace(text), Attached: card}, fault)
	}
	if err != nil {
		return err
	}
	if t, ok, err := s.Desk.Ticket(r.Context(), a, id); err == nil && ok && t.Conversation != 0 {
		s.Conversations.Rests(r.Context(), t.Conversation, bot.Librarian)
	}
	return seeOther(w, r, chatPath(id)+"#reply")
}

// busy notes that a librarian is typing; a script says so now and then, and the person sees it.
func (s *site) busy(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	a := visitOf(r).account
	if err := s.Desk.Busy(r.Context(), id, a); err != nil {
		return err
	}
	t, ok, err := s.Desk.Ticket(r.Context(), a, id)
	if err != nil {
		return err
	}
	if ok && t.Conversation != 0 {
		if err := s.showTyping(r.Context(), t); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *site) showTyping(ctx context.Context, t handoff.Ticket) error {
	if s.Typing != nil {
		return s.Typing.ShowTyping(ctx, t.Conversation)
	}
	s.Conversations.Types(ctx, t.Conversation, bot.Librarian)
	return nil
}

// seen notes that a librarian who may answer has the person's words on the screen.
func (s *site) seen(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	message, err := strconv.ParseInt(r.PostFormValue("message"), 10, 64)
	if err != nil {
		return errNotFound
	}
	a := visitOf(r).account
	if t.Conversation != 0 && t.State == handoff.Claimed && (t.ClaimedBy == a.ID || t.SecondID == a.ID) {
		s.Conversations.Read(r.Context(), t.Conversation, bot.Librarian, message)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// note writes a note to the colleagues.
func (s *site) note(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = s.Desk.AddNote(r.Context(), id, visitOf(r).account, r.PostFormValue("note"))
	return s.afterStep(w, r, err, "", chatPath(id)+"#lines")
}

// afterStep answers a form of a chat: with the fault in the form, or with a page that says what was done.
func (s *site) afterStep(w http.ResponseWriter, r *http.Request, err error, said, to string) error {
	if fault := asFault(err); fault != nil {
		return s.showChat(w, r, "", fault)
	}
	if late := tooLate(err); late != "" {
		s.setFlash(w, flash{Key: late, Bad: true})
		return seeOther(w, r, chatPath(mustID(r)))
	}
	if err != nil {
		return err
	}
	if said != "" {
		s.setFlash(w, flash{Key: said})
	}
	return seeOther(w, r, to)
}

// mustID is a path's id that was read before.
func mustID(r *http.Request) int64 {
	id, _ := pathID(r)
	return id
}
