package webchat

import (
	"net/http"
	"slices"

	"orientir/knowledge"
)

// guidePage is the public page of a guide.
type guidePage struct {
	layout
	Card    *card
	Related []relatedGuide
	EventID string
}

type relatedGuide struct {
	Title, Href string
	Lang        string // of the title where it is not the page's
}

// guide answers GET /guides/{slug}: the whole card, to read, to print and to send to somebody.
func (s *site) guide(w http.ResponseWriter, r *http.Request) error {
	g, ok, err := s.store.Guide(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	l := s.layout(r, "/guides/"+g.Slug, "")
	card := l.wholeCard(g)
	l.Title, l.Description = card.Text.Title, card.Text.Summary
	l.Styles = []string{"card.css", "guide.css"}
	l.public(r)
	data := guidePage{layout: l, Card: card, EventID: newEventID()}
	related, err := s.store.GuidesBySlug(r.Context(), g.Related) // those that are published
	if err != nil {
		return err
	}
	for _, slug := range g.Related {
		i := slices.IndexFunc(related, func(other knowledge.Guide) bool { return other.Slug == slug })
		if i < 0 {
			continue
		}
		text, language := related[i].In(knowledge.Language(l.Lang()))
		link := relatedGuide{Title: text.Title, Href: l.Href("/guides/" + slug)}
		if string(language) != l.Lang() {
			link.Lang = string(language)
		}
		data.Related = append(data.Related, link)
	}
	return s.show(w, http.StatusOK, "guide", data)
}
