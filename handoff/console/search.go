package console

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"orientir/handoff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// search helps a librarian to find the answer.
type search struct {
	Words   string // "" where nothing was looked for
	Outcome string
	Found   []foundGuide
	Failed  bool // the search itself doesn't work now; the chat goes on
}

// foundGuide is a guide that can be put into the reply.
type foundGuide struct {
	Slug, Title string
	Score       float64
	Words       string // to insert
}

// unlikely is the score below which a guide that is not the first only takes up room.
const unlikely = 0.01

// searchFor looks in the guides for the words in the address, as the bot would for this person.
func (s *site) searchFor(r *http.Request, t handoff.Ticket) (search, error) {
	words, _, err := s.Knowledge.Mask(r.Context(), strings.TrimSpace(r.URL.Query().Get("find")))
	if err != nil {
		return search{}, err
	}
	out := search{Words: words}
	if out.Words == "" {
		return out, nil
	}
	if err := s.Desk.Busy(r.Context(), t.ID, visitOf(r).account); err != nil {
		return out, err
	}
	language := knowledge.Bulgarian
	if t.Language == "en" {
		language = knowledge.English
	}
	answer, err := s.Answerer.Answer(r.Context(), retrieval.Question{Text: out.Words, Language: language})
	if err != nil {
		s.Log.Error("search beside a chat failed", "ticket", t.ID, "error", err)
		out.Failed = true
		return out, nil
	}
	out.Outcome = string(answer.Outcome)
	for i, g := range answer.Guides {
		if i > 0 && g.Score < unlikely {
			break
		}
		words, err := s.guideWords(r.Context(), g.Slug, t.Language)
		if err != nil {
			return out, err
		}
		if words != "" {
			out.Found = append(out.Found, foundGuide{g.Slug, g.Title, g.Score, words})
		}
	}
	return out, nil
}

// guideWords is what a reply says of a guide: its title, what it is, and the official address.
func (s *site) guideWords(ctx context.Context, slug, language string) (string, error) {
	g, ok, err := s.Knowledge.Guide(ctx, slug)
	if err != nil || !ok {
		return "", err
	}
	g, age, err := s.Knowledge.Shown(ctx, g, s.today())
	if err != nil {
		return "", err
	}
	text, _ := g.In(knowledge.Language(language))
	parts := []string{text.Title, retrieval.Warning(g, age, knowledge.Language(language)), text.Summary, g.Link}
	if s.PublicURL != "" {
		parts = append(parts, s.PublicURL+"/guides/"+slug)
	}
	var words []string
	for _, p := range parts {
		if p != "" {
			words = append(words, p)
		}
	}
	return strings.Join(words, "\n"), nil
}

// guideTitles names guides; one that is gone by its slug.
func (s *site) guideTitles(ctx context.Context, slugs []string, language string) (map[string]string, error) {
	known, err := s.Knowledge.Titles(ctx, slugs)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, slug := range slugs {
		in := known[slug]
		titles[slug] = cmp.Or(in[knowledge.Language(language)], in[knowledge.Bulgarian], slug)
	}
	return titles, nil
}
