package console

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff"
	"orientir/knowledge/privacy"
)

// line is a message as the staff read it.
type line struct {
	ID       int64
	From     bot.Sender
	Who      string
	Text     string
	Card     *bot.Card // the guide that the bot showed
	Note     *answerNote
	At       time.Time
	Delivery string // "" where it doesn't matter, else sent | pending | failed
	Masked   bool   // personal numbers of a librarian's were hidden in it
	Written  bool   // the person wrote it, and did not press or share something
}

// fromNote is what librarians write to each other, among what is said to the person.
const fromNote bot.Sender = "note"

// Anchor is the line's id on the page.
func (l line) Anchor() string {
	if l.From == fromNote {
		return "n-" + strconv.FormatInt(l.ID, 10)
	}
	return "m-" + strconv.FormatInt(l.ID, 10)
}

// noteLine is a note as a line.
func noteLine(f frame, n handoff.Note) line {
	return line{ID: n.ID, From: fromNote, Who: f.D("note_"+n.Kind, n.ByName), Text: n.Text, At: n.At}
}

// withNotes puts notes among the lines, by time.
func withNotes(f frame, lines []line, notes []handoff.Note) []line {
	for _, n := range notes {
		lines = append(lines, noteLine(f, n))
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.At.Compare(b.At) })
	return lines
}

// answerNote is what the bot was asked and made of it, how sure it was, and what the person thought of that.
type answerNote struct {
	ID         int64
	Question   string // masked, its beginning
	Outcome    string
	Confidence float64
	Guides     json.RawMessage
	First      string // slug of the first guide; "" where there was none
	Title      string
	Signpost   string // the topic that is known but has no guide; "" for others
	Authority  string // who is competent for it; "" where the signpost is gone
	Rating     string // good | bad | ""
	Reason     string // of a bad rating; "" where none was given
}

// lines puts messages into the staff's words.
func (s *site) lines(ctx context.Context, f frame, person string, messages []bot.Message) ([]line, error) {
	notes, err := s.answerNotes(ctx, f, messages)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	var all []line
	for _, m := range messages {
		l := line{ID: m.ID, From: m.From, Text: m.Text, At: m.At}
		switch m.From {
		case bot.Person:
			l.Who = person
			if words := f.pressed(m); words != "" {
				l.Text = words
			} else {
				l.Written = true
			}
		case bot.Robot:
			l.Who = f.T("who_bot")
		case bot.Librarian:
			if l.Who, err = s.authorName(ctx, f, m.Author, names); err != nil {
				return nil, err
			}
			l.Masked = privacy.Marked(m.Text)
		default:
			l.Who = f.T("who_system")
		}
		if m.Body != nil {
			l.Card = m.Body.Guide
			l.Note = notes[m.Body.AnswerID]
			if l.Card != nil {
				l.Text = m.Body.Text
			}
		}
		if m.From != bot.Person {
			switch {
			case m.Failed != nil:
				l.Delivery = "failed"
			case m.Delivered == nil && m.From == bot.Librarian:
				l.Delivery = "pending"
			case m.From == bot.Librarian:
				l.Delivery = "sent"
			}
		}
		if strings.TrimSpace(l.Text) == "" && l.Card == nil {
			continue
		}
		all = append(all, l)
	}
	return all, nil
}

// authorName says which librarian wrote; names holds those looked up before.
func (s *site) authorName(ctx context.Context, f frame, author string, names map[string]string) (string, error) {
	if name, ok := names[author]; ok {
		return name, nil
	}
	id, _ := strconv.ParseInt(strings.TrimPrefix(author, "staff:"), 10, 64)
	a, ok, err := s.Staff.Account(ctx, id)
	if err != nil {
		return "", err
	}
	names[author] = f.T("who_librarian")
	if ok {
		names[author] = a.Name + ", " + f.T("role_librarian")
	}
	return names[author], nil
}

// pressed says in words what the person did without words; "" for a text.
func (f frame) pressed(m bot.Message) string {
	switch m.Kind {
	case "text", "edited":
		return ""
	case "location":
		if m.Text != "" {
			return f.T("did_location") + " " + m.Text
		}
		return f.T("did_location")
	case "contact":
		if m.Data == "phone" || m.Data == "email" {
			return f.T("did_contact")
		}
		return m.Text
	case "unsupported":
		return f.T("did_unsupported")
	case "too-long":
		return f.T("did_too_long")
	case "command":
		return "/" + m.Data
	}
	action, rest, _ := strings.Cut(m.Data, ":")
	switch action {
	case "rate":
		if strings.HasPrefix(rest, "good") {
			return f.T("did_rate_good")
		}
		return f.T("did_rate_bad")
	case "desk":
		if strings.HasPrefix(rest, "good") {
			return f.T("did_desk_good")
		}
		return f.T("did_desk_bad")
	case "again":
		return f.T("did_again")
	case "why":
		reason, _, _ := strings.Cut(rest, ":")
		return f.T("did_why", f.T("reason_"+reason))
	case "guide", "more":
		return f.T("did_choose", rest)
	case "none":
		return f.T("did_none")
	case "near":
		return f.T("did_near")
	case "human":
		return f.T("did_human")
	case "cancel":
		return f.T("did_cancel")
	case "lang":
		return f.T("did_language", rest)
	}
	return m.Text
}

// answerNotes reads what retrieval recorded of the answers in messages.
func (s *site) answerNotes(ctx context.Context, f frame, messages []bot.Message) (map[int64]*answerNote, error) {
	var ids []int64
	for _, m := range messages {
		if m.Body != nil && m.Body.AnswerID != 0 {
			ids = append(ids, m.Body.AnswerID)
		}
	}
	notes := map[int64]*answerNote{}
	if len(ids) == 0 {
		return notes, nil
	}
	rows, err := s.DB.Query(ctx, `
		SELECT a.id, left(a.question, 200) AS question, a.outcome, a.confidence, a.guides, coalesce(a.guides->0->>'slug', '') AS first, '' AS title,
			a.signpost, coalesce(s.authority, '') AS authority, coalesce(f.rating, '') AS rating, coalesce(f.reason, '') AS reason
		FROM answers a
		LEFT JOIN signposts s ON s.title = a.signpost
		LEFT JOIN conversations c ON c.id = a.conversation
		LEFT JOIN feedback f ON f.answer = a.id AND f.contact = c.contact
		WHERE a.id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[answerNote])
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	var slugs []string
	for _, n := range found {
		if n.First != "" {
			slugs = append(slugs, n.First)
		}
	}
	titles, err := s.guideTitles(ctx, slugs, f.Language)
	if err != nil {
		return nil, err
	}
	for _, n := range found {
		n.Title = titles[n.First]
		notes[n.ID] = n
	}
	return notes, nil
}

// Percent writes a probability as people read it.
func (f frame) Percent(p float64) string { return fmt.Sprintf("%.0f %%", p*100) }
