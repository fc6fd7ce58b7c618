package console

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"orientir/handoff"
	"orientir/handoff/group"
)

// queuePage is who waits, with whom others talk, and one's own conversations.
type queuePage struct {
	frame
	Asked                 []*openTicket // colleagues ask the account to take them over
	Mine, Waiting, Others []*openTicket
	Serves                []string      // what the account answers for, as people read it
	Version               string        // of what is shown; a stream goes on from it
	Faulty                []group.Group // groups of own libraries in which the bot can't work
}

// ticketCard is what a card shows: nothing of it depends on who looks, but the language.
type ticketCard struct {
	frame
	Ticket handoff.Ticket
}

// Card draws a ticket by a part of the template.
func (p queuePage) Card(part string, t *openTicket) (template.HTML, error) {
	return t.card(part, p.Language, func() (string, error) {
		return p.site.fragment("queue", part, ticketCard{frame: frame{Language: p.Language, site: p.site}, Ticket: t.Ticket})
	})
}

func (s *site) queuePage(w http.ResponseWriter, r *http.Request) error {
	page, err := s.queueOf(r.Context(), s.frame(w, r, "queue_title"), time.Now())
	if err != nil {
		return err
	}
	if page.Faulty, err = s.faultyGroups(r); err != nil {
		return err
	}
	s.Desk.Here(r.Context(), page.Account)
	if page.Account.ServesPool() {
		page.Serves = []string{page.T("pool")}
	}
	names, err := s.libraryNames(r, page.Account.Libraries)
	if err != nil {
		return err
	}
	for _, id := range page.Account.Libraries {
		page.Serves = append(page.Serves, names[id])
	}
	return s.render(w, http.StatusOK, "queue", page)
}

// queueOf is the queue of the page's account as it was at some moment after another one.
func (s *site) queueOf(ctx context.Context, f frame, since time.Time) (queuePage, error) {
	page := queuePage{frame: f}
	all, err := s.open.since(ctx, s.Desk, since)
	if err != nil {
		return page, err
	}
	version := sha256.New()
	for _, t := range all {
		if !t.SeenBy(f.Account) {
			continue
		}
		version.Write(t.sum[:])
		switch {
		case t.AskedID == f.Account.ID:
			page.Asked = append(page.Asked, t)
		case t.ClaimedBy == f.Account.ID, t.SecondID == f.Account.ID:
			page.Mine = append(page.Mine, t)
		case t.State == handoff.Waiting:
			page.Waiting = append(page.Waiting, t)
		default:
			page.Others = append(page.Others, t)
		}
	}
	page.Version = base64.RawURLEncoding.EncodeToString(version.Sum(nil)[:9])
	return page, nil
}

// queueEvent is the queue as a stream tells it.
type queueEvent struct {
	HTML       string  `json:"html"`
	Waiting    []int64 `json:"waiting"`    // tickets, so that a new one is told from one that moved
	Asked      int     `json:"asked"`      // what colleagues ask one to take over
	Unanswered int     `json:"unanswered"` // what people wrote in one's own conversations and nobody answered
}

// queueStream answers with the queue each time that it changes. An event's id is the queue's version:
// a browser that comes back with the present one has missed nothing.
func (s *site) queueStream(w http.ResponseWriter, r *http.Request) error {
	version := r.Header.Get("Last-Event-ID")
	if version == "" {
		version = r.URL.Query().Get("version")
	}
	f := s.frame(w, r, "queue_title")
	out, err := openStream(w)
	if err != nil {
		return nil
	}
	return s.follow(r, out, nil, func(ctx context.Context, since time.Time, drawn func()) (bool, error) {
		// Roles and libraries may have changed since the stream was opened.
		account, ok, err := s.Staff.Account(ctx, f.Account.ID)
		if err != nil || !ok || !account.Active {
			return false, err
		}
		f.Account = account
		page, err := s.queueOf(ctx, f, since)
		if err != nil || page.Version == version {
			return true, err
		}
		version = page.Version
		event := queueEvent{Waiting: []int64{}, Asked: len(page.Asked)}
		for _, t := range page.Waiting {
			event.Waiting = append(event.Waiting, t.ID)
		}
		for _, t := range page.Mine {
			event.Unanswered += t.Unanswered
		}
		if event.HTML, err = s.fragment("queue", "tickets", page); err != nil {
			return false, err
		}
		drawn()
		return out.send("queue", version, event) == nil, nil
	}, nil)
}

// claim takes a ticket and opens its chat. Whoever comes too late reads who was quicker.
func (s *site) claim(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = s.Desk.Claim(r.Context(), id, visitOf(r).account)
	var taken *handoff.Taken
	switch {
	case errors.As(err, &taken):
		s.setFlash(w, flash{Key: "queue_taken", Args: []string{taken.Name}, Bad: true})
		return seeOther(w, r, "/console/queue")
	case errors.Is(err, handoff.ErrNotFound):
		s.setFlash(w, flash{Key: "queue_gone", Bad: true})
		return seeOther(w, r, "/console/queue")
	case err != nil:
		return err
	}
	return seeOther(w, r, "/console/chats/"+strconv.FormatInt(id, 10))
}

// Where writes the person's settlement, with its municipality where that says more.
func (f frame) Where(t handoff.Ticket) string {
	if t.PlaceName == "" {
		return f.T("place_unknown")
	}
	where := t.PlaceKind + " " + t.PlaceName
	if t.Municipality != t.PlaceName {
		where = f.T("place_in", where, t.Municipality)
	}
	return where
}

// Desk names the library of a ticket, or the national pool.
func (f frame) Desk(t handoff.Ticket) string {
	if t.HelpPoint == "" {
		return f.T("pool")
	}
	return t.HelpPointName
}

// Short is a text's first characters, whole words, for a list.
func (f frame) Short(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	cut := most
	for i := most; i > most/2; i-- {
		if runes[i] == ' ' || runes[i] == '\n' {
			cut = i
			break
		}
	}
	return string(runes[:cut]) + "…"
}
