package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"time"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// chat is one conversation at the desk.
type chat struct {
	frame
	Ticket     handoff.Ticket
	Audience   string // citizen | business | "" where unknown
	Lines      []line
	Tried      []*answerNote // what the bot answered, the newest last
	Events     []handoff.Event
	Mine       bool // the account holds it
	Second     bool // the account is the second librarian
	AskedMe    bool // the account is asked to take it over
	HolderAway bool // the holder has left the desk
	MayCall    bool // the account may see the contact that the person left
	MayBlock   bool
	MayDraft   bool   // a draft of a guide may be begun from it
	Drafted    bool   // one was
	DraftTitle string // typed for it, and not taken
	DraftWords string
	Contact    string // that contact, where it was asked for
	Rail       rail
	Draft      string
	Attached   *attached // a guide whose card goes with the reply
	Suggestion *suggestion
	Canned     []handoff.Canned
	Targets    targets
	Closing    closingForm
	Search     search
	Last       int64      // the newest message shown; a stream goes on from it
	LastPerson int64      // the newest of the person's, which the librarian reads by opening the page
	Most       int        // characters of a reply
	MostNote   int        // characters of a note
	refused    string     // which of the page's forms was not taken, by the end of its path; "": none
	typed      url.Values // into that form
}

// Typed is what was typed into a field of a form that was not taken.
func (c chat) Typed(form, field string) string {
	if form != c.refused {
		return ""
	}
	return c.typed.Get(field)
}

// Writes says whether the account may write to the person.
func (c chat) Writes() bool { return c.Mine || c.Second }

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
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	ctx, v := r.Context(), visitOf(r)
	page := chat{frame: s.frame(w, r, "chat_title"), Ticket: t, Draft: given.Draft, Contact: given.Contact, DraftTitle: given.DraftTitle, DraftWords: given.DraftWords, Attached: given.Attached,
		Most: handoff.MaxReply, MostNote: handoff.MaxNote}
	page.Title = t.Pseudonym()
	page.Back = chatPath(t.ID)
	page.Fault = fault
	if fault != nil {
		page.refused, page.typed = path.Base(r.URL.Path), r.PostForm
	}
	page.MayCall = t.Contact != "" && t.ClaimedBy == v.account.ID
	page.Mine = t.State == handoff.Claimed && t.ClaimedBy == v.account.ID
	page.Second = t.State == handoff.Claimed && t.SecondID == v.account.ID
	page.AskedMe = t.AskedID == v.account.ID
	page.HolderAway = t.State == handoff.Claimed && !s.Desk.Present(t.ClaimedBy)
	page.MayDraft = handoff.MayDraft(t, v.account.ID)
	page.MayBlock = page.Mine || t.State == handoff.Claimed && v.account.Is(staff.Supervisor)
	s.Desk.Here(ctx, v.account)
	if err := s.recordLook(r, t); err != nil {
		return err
	}
	if err := s.fillTalk(ctx, &page); err != nil {
		return err
	}
	if page.MayDraft {
		begun, taken, err := s.Worklist.Suggested(ctx, t.ID)
		if err != nil {
			return err
		}
		typed := page.DraftTitle != "" || page.DraftWords != "" // stays before their eyes, also where it isn't taken
		page.Drafted, page.MayDraft = begun && !typed, !taken || typed
	}
	if page.Rail, err = s.railOf(ctx, page.frame, t.ID, time.Now()); err != nil {
		return err
	}
	if page.Writes() {
		if err := s.fillHelp(r, &page); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "chat", page)
}

// fillTalk puts in what was said, and notes that a librarian who may answer has read it.
func (s *site) fillTalk(ctx context.Context, page *chat) error {
	t := page.Ticket
	messages, err := s.Desk.Transcript(ctx, t.ID, 0)
	if err != nil {
		return err
	}
	for _, m := range messages {
		page.Last = m.ID
		if m.From == bot.Person {
			page.LastPerson = m.ID
		}
	}
	if page.Lines, err = s.lines(ctx, page.frame, t.Pseudonym(), messages); err != nil {
		return err
	}
	for _, l := range page.Lines {
		if l.Note != nil && !slices.Contains(page.Tried, l.Note) { // a guide that is opened again belongs to the same answer
			page.Tried = append(page.Tried, l.Note)
		}
	}
	if t.Conversation != 0 {
		if err := s.fillPerson(ctx, page); err != nil {
			return err
		}
	}
	notes, err := s.Desk.Notes(ctx, t.ID)
	if err != nil {
		return err
	}
	page.Lines = withNotes(page.frame, page.Lines, notes)
	page.Events, err = s.Desk.Events(ctx, t.ID)
	return err
}

// fillPerson puts in what is known of the person now: for whom they ask, and what they have read.
func (s *site) fillPerson(ctx context.Context, page *chat) error {
	c, ok, err := s.Conversations.Conversation(ctx, page.Ticket.Conversation)
	if err != nil || !ok {
		return err
	}
	page.Audience = c.Audience
	read, err := s.Conversations.ReadUpTo(ctx, c.ID, bot.Person)
	if err != nil {
		return err
	}
	for i, l := range page.Lines {
		if l.Delivery == "sent" && l.ID <= read {
			page.Lines[i].Delivery = "read"
		}
	}
	if page.Writes() && page.LastPerson != 0 {
		s.Conversations.Read(ctx, c.ID, bot.Librarian, page.LastPerson)
	}
	return nil
}

// fillHelp puts in what helps to answer.
func (s *site) fillHelp(r *http.Request, page *chat) (err error) {
	ctx, a, t, q := r.Context(), page.Account, page.Ticket, r.URL.Query()
	if page.Canned, err = s.cannedFor(ctx, a, t.Language); err != nil {
		return err
	}
	if page.Search, err = s.searchFor(r, t); err != nil {
		return err
	}
	if page.Suggestion, err = s.suggestionFor(r, t, page.Lines); err != nil {
		return err
	}
	if page.Targets, err = s.targetsFor(r, t); err != nil {
		return err
	}
	if page.Closing, err = s.closingFor(ctx, page); err != nil {
		return err
	}
	if slug := q.Get("attach"); slug != "" && page.Attached == nil {
		if page.Attached, err = s.attachedGuide(ctx, slug, q.Get("asked"), t.Language); err != nil {
			return err
		}
	}
	if page.Draft != "" {
		return nil
	}
	if slug := q.Get("insert"); slug != "" {
		page.Draft, err = s.guideWords(ctx, slug, t.Language)
	}
	if q.Get("edit") != "" && page.Suggestion != nil {
		page.Draft = page.Suggestion.Words
	}
	for _, c := range page.Canned {
		if strconv.FormatInt(c.ID, 10) == q.Get("canned") {
			page.Draft = c.Text
		}
	}
	return err
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

func chatPath(ticket int64) string { return "/console/chats/" + strconv.FormatInt(ticket, 10) }

// lineOf is what the template of one line needs.
type lineOf struct {
	frame
	Line    line
	Channel string // of the person: what «delivered» can mean
}

// Of wraps a line for its template.
func (c chat) Of(l line) lineOf { return lineOf{c.frame, l, c.Ticket.Channel} }

// suggestionOf is what the template of a suggestion needs.
type suggestionOf struct {
	frame
	Ticket     handoff.Ticket
	Suggestion *suggestion
}

// Suggested wraps the suggestion for its template.
func (c chat) Suggested() suggestionOf { return suggestionOf{c.frame, c.Ticket, c.Suggestion} }
