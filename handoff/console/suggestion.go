package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// suggestion is what the program would answer to the person's last words, with what it rests on. The librarian sends it, changes it or
// drops it; nothing goes out by itself.
type suggestion struct {
	Message    int64  // the person's last message, which it answers
	Question   string // those words
	Outcome    string
	Confidence float64
	Guide      *attached // whose card would be sent; nil where no single guide answers
	Lead       string    // the part that was asked for, in words; "" where none was
	Lines      []string  // what the answer says
	Words      string    // the same, to be changed
	Version    int
	Published  time.Time
	Source     string // title of the official page
	SourceURL  string
	Seen       string // when that page was read, in words; "" unknown
	Checked    string // when an editor last opened it, in words; "" not yet
	Fields     []string
	Others     []foundGuide // where the program would ask which of these
	Signpost   *knowledge.Signpost
}

// suggestionFor answers the person's last words, where nobody has. It is nil where there is nothing to suggest, or it was dropped.
func (s *site) suggestionFor(r *http.Request, t handoff.Ticket, lines []line) (*suggestion, error) {
	message, words := lastWords(lines, t)
	if message == 0 || r.URL.Query().Get("drop") == strconv.FormatInt(message, 10) {
		return nil, nil
	}
	return s.suggest(r.Context(), t, message, words)
}

// lastWords are what the person wrote since a librarian last did, the newest last; 0 where a librarian had the last word. Of what came before
// the ticket it is the question that the ticket was opened with: the last words then were «искам човек», a place or «да».
func lastWords(lines []line, t handoff.Ticket) (message int64, words []string) {
	for _, l := range slices.Backward(lines) {
		if l.From == bot.Librarian {
			break
		}
		if l.From == bot.Person && l.Written && strings.TrimSpace(l.Text) != "" {
			message = max(message, l.ID)
			if t.Summary != "" && l.At.Before(t.OpenedAt) {
				return message, append([]string{t.Summary}, words...)
			}
			if words = append([]string{l.Text}, words...); len(words) == 3 {
				break
			}
		}
	}
	return message, words
}

func (s *site) suggest(ctx context.Context, t handoff.Ticket, message int64, words []string) (*suggestion, error) {
	language := knowledge.Bulgarian
	if t.Language == "en" {
		language = knowledge.English
	}
	person, _, err := s.Conversations.Conversation(ctx, t.Conversation)
	if err != nil {
		return nil, err
	}
	q := retrieval.Question{Text: words[len(words)-1], Context: words[:len(words)-1], Language: language,
		Place: person.Place, Audience: knowledge.Audience(person.Audience), Alone: true}
	answer, err := s.Answerer.Answer(ctx, q)
	if err != nil { // the chat goes on without
		s.Log.Error("suggestion beside a chat failed", "ticket", t.ID, "error", err)
		return nil, nil
	}
	out := &suggestion{Message: message, Question: q.Text, Outcome: string(answer.Outcome), Confidence: answer.Confidence, Signpost: answer.Signpost}
	switch {
	case answer.Outcome == retrieval.Answered && len(answer.Guides) > 0:
		return out, s.suggestGuide(ctx, out, answer, string(language))
	case answer.Outcome == retrieval.Clarify:
		for _, g := range answer.Guides {
			out.Others = append(out.Others, foundGuide{Slug: g.Slug, Title: g.Title, Score: g.Score})
		}
		return out, nil
	case answer.Signpost != nil:
		p := answer.Signpost
		out.Lines = []string{i18n.T(string(language), "console.tried_authority", p.Authority)}
		if p.Link != "" {
			out.Lines = append(out.Lines, p.Link)
		}
		out.Words = strings.Join(out.Lines, "\n")
		return out, nil
	}
	return nil, nil
}

// suggestGuide fills in what the first guide says, and what that rests on.
func (s *site) suggestGuide(ctx context.Context, out *suggestion, answer retrieval.Answer, language string) error {
	slug := answer.Guides[0].Slug
	if answer.Guide != nil {
		slug = answer.Guide.Slug // the successor, where the guide that was found is closed
	}
	g, ok, err := s.Knowledge.Guide(ctx, slug)
	if err != nil || !ok {
		return err
	}
	if out.Guide, err = s.attachedGuide(ctx, slug, string(answer.Field), language); err != nil || out.Guide == nil {
		return err
	}
	card := out.Guide.Card
	out.Version, out.Published = g.Version, g.PublishedAt
	out.Lines = []string{card.Text.Summary}
	if card.Lead != nil {
		out.Lead, out.Lines = card.Lead.Title, card.Lead.Lines
	}
	if card.Warning != "" { // past its review date
		out.Lines = append([]string{card.Warning}, out.Lines...)
		if card.Expired {
			out.Lines = []string{card.Warning, card.Link}
		}
	}
	out.Words = strings.Join(out.Lines, "\n")
	if out.Lead != "" {
		out.Words = card.Text.Title + ". " + out.Lead + ":\n" + out.Words
	}
	out.Source, out.SourceURL = card.SourceTitle, card.Source
	if out.Source == "" {
		out.Source = card.Source
	}
	out.Seen, out.Checked = dayWords(card.Seen, language), dayWords(card.Checked, language)
	out.Fields = evidenceFields(answer.Evidence, slug, language)
	return nil
}

// evidenceFields names the parts of a guide that spoke for it, each once, the strongest first.
func evidenceFields(evidence []retrieval.Evidence, slug, language string) []string {
	var fields []string
	for _, e := range evidence {
		key := "desk.part_sample"
		switch {
		case e.Source == retrieval.FromGuide && e.Key == slug:
			key = partKey(e.Part)
		case e.Source != retrieval.FromSample:
			continue
		}
		if words := i18n.T(language, key); !slices.Contains(fields, words) {
			fields = append(fields, words)
		}
	}
	return fields
}

// partKey is the phrase that names a part of a guide, as the search numbers it: «en step 2».
func partKey(part string) string {
	part = strings.TrimRight(strings.TrimPrefix(part, "en "), " 0123456789")
	return "desk.part_" + strings.ReplaceAll(part, " ", "-")
}

func dayWords(date, language string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return bot.DateWords(t, language)
}

// suggestionPart answers GET /console/chats/{id}/suggestion with the part of the page alone, when the person has written more.
func (s *site) suggestionPart(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	a := visitOf(r).account
	if t.State != handoff.Claimed || t.ClaimedBy != a.ID && t.SecondID != a.ID {
		return handoff.ErrNotYours
	}
	f := s.frame(w, r, "chat_title")
	messages, err := s.Desk.Transcript(r.Context(), t.ID, 0)
	if err != nil {
		return err
	}
	lines, err := s.lines(r.Context(), f, t.Pseudonym(), messages)
	if err != nil {
		return err
	}
	found, err := s.suggestionFor(r, t, lines)
	if err != nil {
		return err
	}
	part, err := s.fragment("chat", "suggestion", suggestionOf{f, t, found})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(part)) // a browser that is gone asks again
	return nil
}
