package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// chat is one conversation at the desk.
type chat struct {
	frame
	Ticket   handoff.Ticket
	Lines    []line
	Tried    []*answerNote // what the bot answered, the newest last
	Events   []handoff.Event
	Mine     bool
	Draft    string
	MayCall  bool   // the account may see the contact that the person left
	Contact  string // that contact, where it was asked for
	Canned   []handoff.Canned
	Outcomes []handoff.Outcome
	Verdicts []handoff.Verdict
	Efforts  []int
	Search   search
	Last     int64 // the newest message shown; a stream goes on from it
	Most     int   // characters of a reply
}

func (s *site) chatPage(w http.ResponseWriter, r *http.Request) error {
	return s.showChat(w, r, "", nil)
}

func (s *site) showChat(w http.ResponseWriter, r *http.Request, draft string, fault *staff.Fault) error {
	return s.drawChat(w, r, chat{Draft: draft}, fault)
}

// contact shows what the person left to be called back. It is on this one page alone, and the look is in the audit log.
func (s *site) contact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	value, err := s.Desk.Contact(r.Context(), id, visitOf(r).account)
	if errors.Is(err, handoff.ErrNoContact) {
		return s.showChat(w, r, "", &staff.Fault{Field: "contact", Key: "console.fault_contact"})
	}
	if err != nil {
		return err
	}
	return s.drawChat(w, r, chat{Contact: value}, nil)
}

// drawChat draws a chat with a draft and a contact, where it is given any.
func (s *site) drawChat(w http.ResponseWriter, r *http.Request, given chat, fault *staff.Fault) error {
	draft := given.Draft
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	ctx, v := r.Context(), visitOf(r)
	page := chat{frame: s.frame(w, r, "chat_title"), Ticket: t, Draft: draft, Contact: given.Contact, Outcomes: handoff.Outcomes(), Verdicts: handoff.Verdicts(), Efforts: []int{1, 2, 3, 4, 5, 6}, Most: handoff.MaxReply}
	page.Title = t.Pseudonym()
	page.Back = "/console/chats/" + strconv.FormatInt(t.ID, 10)
	page.Fault = fault
	page.MayCall = t.Contact != "" && t.ClaimedBy == v.account.ID
	page.Mine = t.State == handoff.Claimed && t.ClaimedBy == v.account.ID
	s.Desk.Here(ctx, v.account)
	messages, err := s.Desk.Transcript(ctx, t.ID, 0)
	if err != nil {
		return err
	}
	if len(messages) > 0 {
		page.Last = messages[len(messages)-1].ID
	}
	if page.Lines, err = s.lines(ctx, page.frame, t.Pseudonym(), messages); err != nil {
		return err
	}
	for _, l := range page.Lines {
		if l.Note != nil && !slices.Contains(page.Tried, l.Note) { // a guide that is opened again belongs to the same answer
			page.Tried = append(page.Tried, l.Note)
		}
	}
	if page.Events, err = s.Desk.Events(ctx, t.ID); err != nil {
		return err
	}
	if page.Mine {
		if page.Canned, err = s.cannedFor(ctx, v.account, t.Language); err != nil {
			return err
		}
		if page.Search, err = s.searchFor(r, t); err != nil {
			return err
		}
		if slug := r.URL.Query().Get("insert"); slug != "" && draft == "" {
			if page.Draft, err = s.guideWords(ctx, slug, t.Language); err != nil {
				return err
			}
		}
		if id := r.URL.Query().Get("canned"); id != "" && draft == "" {
			for _, c := range page.Canned {
				if strconv.FormatInt(c.ID, 10) == id {
					page.Draft = c.Text
				}
			}
		}
	}
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "chat", page)
}

// ticketOf gives the ticket of a path, where the account may see it.
func (s *site) ticketOf(r *http.Request) (handoff.Ticket, error) {
	id, err := pathID(r)
	if err != nil {
		return handoff.Ticket{}, err
	}
	t, ok, err := s.Desk.Ticket(r.Context(), visitOf(r).account, id)
	if err != nil {
		return handoff.Ticket{}, err
	}
	if !ok {
		return handoff.Ticket{}, errNotFound
	}
	return t, nil
}

// cannedFor gives the ready answers in the person's language; a Turkish speaker's librarian writes Bulgarian.
func (s *site) cannedFor(ctx context.Context, a staff.Account, language string) ([]handoff.Canned, error) {
	all, err := s.Desk.CannedAnswers(ctx, a)
	if err != nil {
		return nil, err
	}
	if language != "en" {
		language = "bg"
	}
	var fit []handoff.Canned
	for _, c := range all {
		if c.Language == language {
			fit = append(fit, c)
		}
	}
	return fit, nil
}

func (s *site) reply(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	text := r.PostFormValue("text")
	_, err = s.Desk.Reply(r.Context(), id, visitOf(r).account, text)
	if fault := asFault(err); fault != nil {
		return s.showChat(w, r, strings.TrimSpace(text), fault)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/console/chats/"+r.PathValue("id")+"#reply")
}

// busy notes that the holder is typing; a script says so now and then.
func (s *site) busy(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.Desk.Busy(r.Context(), id, visitOf(r).account); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *site) giveBack(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.Desk.Return(r.Context(), id, visitOf(r).account); err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "chat_returned"})
	return seeOther(w, r, "/console/queue")
}

func (s *site) close(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	effort, _ := strconv.Atoi(r.PostFormValue("effort"))
	err = s.Desk.Close(r.Context(), id, visitOf(r).account, handoff.Closing{
		Outcome: handoff.Outcome(r.PostFormValue("outcome")), Effort: effort, Guide: handoff.Verdict(r.PostFormValue("guide")),
		Slug: r.PostFormValue("slug"), Comment: r.PostFormValue("comment"),
	})
	if fault := asFault(err); fault != nil {
		return s.showChat(w, r, "", fault)
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "chat_closed"})
	return seeOther(w, r, "/console/queue")
}

// lineEvent is a message on a stream, new or changed.
type lineEvent struct {
	ID   int64  `json:"id"`
	From string `json:"from"`
	HTML string `json:"html"`
	Text string `json:"text"` // for a notification
}

// chatStream answers with the messages after Last-Event-ID, those of the past and those to come, with changes of their
// delivery, and with «state» when somebody else holds the ticket now or it is closed.
func (s *site) chatStream(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	after, _ := strconv.ParseInt(last, 10, 64)
	f := s.frame(w, r, "chat_title")
	out, err := openStream(w)
	if err != nil {
		return nil
	}
	state := ticketState(t)
	if was := r.URL.Query().Get("state"); was != "" {
		state = was
	}
	pending := map[int64]string{} // delivery of what is not there yet, as last told
	if err := s.rememberPending(r.Context(), t, after, pending); err != nil {
		return s.ended(r.Context(), r, err)
	}
	return s.follow(r, out, []string{bot.Topic(t.Conversation), "queue"}, func(ctx context.Context) (bool, error) {
		now, ok, err := s.Desk.Ticket(ctx, f.Account, t.ID)
		if err != nil || !ok {
			return false, err
		}
		from := after
		for id := range pending {
			from = min(from, id-1)
		}
		messages, err := s.Desk.Transcript(ctx, t.ID, from)
		if err != nil {
			return false, err
		}
		lines, err := s.lines(ctx, f, t.Pseudonym(), messages)
		if err != nil {
			return false, err
		}
		for _, l := range lines {
			was, waits := pending[l.ID]
			if l.ID <= after && (!waits || was == l.Delivery) {
				continue
			}
			html, err := s.fragment("chat", "line", lineOf{f, l})
			if err != nil {
				return false, err
			}
			after = max(after, l.ID)
			if l.Delivery == "pending" {
				pending[l.ID] = l.Delivery
			} else {
				delete(pending, l.ID)
			}
			if out.send("line", strconv.FormatInt(after, 10), lineEvent{l.ID, string(l.From), html, f.Short(l.Text, 120)}) != nil {
				return false, nil
			}
		}
		if n := len(messages); n > 0 {
			after = max(after, messages[n-1].ID)
		}
		if is := ticketState(now); is != state {
			state = is
			return out.send("state", "", state) == nil, nil
		}
		return true, nil
	})
}

// rememberPending notes which of the messages already shown have not reached the person.
func (s *site) rememberPending(ctx context.Context, t handoff.Ticket, shown int64, pending map[int64]string) error {
	messages, err := s.Desk.Transcript(ctx, t.ID, 0)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.ID <= shown && m.From == bot.Librarian && m.Delivered == nil && m.Failed == nil {
			pending[m.ID] = "pending"
		}
	}
	return nil
}

// ticketState is what makes a chat page another page: who holds it, and whether it is open.
func ticketState(t handoff.Ticket) string {
	return string(t.State) + ":" + strconv.FormatInt(t.ClaimedBy, 10)
}

// State is the page's ticketState.
func (c chat) State() string { return ticketState(c.Ticket) }

// lineOf is what the template of one line needs.
type lineOf struct {
	frame
	Line line
}

// Of wraps a line for its template.
func (c chat) Of(l line) lineOf { return lineOf{c.frame, l} }
