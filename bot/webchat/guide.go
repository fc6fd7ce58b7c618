package webchat

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"orientir/knowledge"
	"orientir/retrieval"
)

// guidePage is the public page of a guide.
type guidePage struct {
	layout
	Card     *card
	Moved    string   // one sentence where the guide that was asked for is closed and this one does its work
	Formerly []string // old names
	Doors    []knowledge.Local
	Related  []relatedGuide
	Report   string // address at which to say what is wrong; "" where nobody would hear
	EventID  string
	Ask      string // the button that shows this guide in the chat; "" where its name is too long for one
	Sheet    sheet
	QR       template.HTML // leads a phone to this page
	Address  string        // of this page, and Home of the site, as people read it on paper
	Home     string
	Service  map[string]any // schema.org
}

// longestData is how many bytes a button's data may have, on every channel.
const longestData = 64

type relatedGuide struct {
	Title, Href string
	Lang        string // of the title where it is not the page's
}

// guide answers GET /guides/{slug}: the whole card, to read, to print and to send to somebody. The address of a closed guide
// shows the one that does its work now.
func (s *site) guide(w http.ResponseWriter, r *http.Request) error {
	if slug, ok := strings.CutSuffix(r.PathValue("slug"), ".jsonld"); ok {
		return s.guideData(w, r, slug)
	}
	g, ok, err := s.store.Guide(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	var closed *knowledge.Guide
	if g.ReplacedBy != "" {
		next, ok, err := knowledge.Successor(g, func(slug string) (knowledge.Guide, bool, error) { return s.store.Guide(r.Context(), slug) })
		if err != nil {
			return err
		}
		if ok {
			old := g
			closed, g = &old, next
		}
	}
	l := s.layout(r, "/guides/"+g.Slug, "")
	g, age, err := s.store.Shown(r.Context(), g, s.Now())
	if err != nil {
		return err
	}
	card := l.wholeCard(g, age)
	if g.Municipality != "" {
		m, _, err := s.store.Municipality(r.Context(), g.Municipality)
		if err != nil {
			return err
		}
		card.Only = retrieval.OnlyIn(m, knowledge.Language(l.Lang()))
	}
	l.Title, l.Description = card.Text.Title, cmp.Or(card.Text.Summary, card.Warning)
	l.Styles, l.Scripts = []string{"card.css", "guide.css"}, []string{"guide.js"}
	l.public(r)
	l.Data = "/guides/" + g.Slug + ".jsonld"
	square, err := qrSVG(l.Canonical)
	if err != nil {
		return err
	}
	text, language := g.In(knowledge.Language(l.Lang()))
	printed := text
	printed.Summary += card.Warning + card.Only // what stands on the sheet beside
	data := guidePage{
		layout: l, Card: card, Formerly: card.Text.Formerly, Doors: g.Local, EventID: newEventID(), Sheet: layOut(printed, g.Local, language, card),
		QR: template.HTML(square), Address: short(l.Canonical), Home: short(s.absolute(r, "")), Service: governmentService(g, text, language, l.Canonical),
	}
	if ask := "guide:" + g.Slug; len(ask) <= longestData {
		data.Ask = ask
	}
	if s.Report != nil {
		data.Report = l.Href("/guides/" + g.Slug + "/report")
	}
	if closed != nil {
		data.Moved = retrieval.Succession(retrieval.Answer{Language: knowledge.Language(l.Lang()), Guide: &g, Closed: closed})
	}
	others, err := s.store.GuidesBySlug(r.Context(), g.Related) // those that are published
	if err != nil {
		return err
	}
	for _, slug := range g.Related {
		if link := l.guideLink(others, slug); link != nil {
			data.Related = append(data.Related, *link)
		}
	}
	return s.show(w, http.StatusOK, "guide", data)
}

// guideData answers GET /guides/{slug}.jsonld: the guide in CPSV-AP 3, the EU's vocabulary for public services, for anybody's program.
func (s *site) guideData(w http.ResponseWriter, r *http.Request, slug string) error {
	g, ok, err := s.store.Guide(r.Context(), slug)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	beside, err := s.store.GuidesBySlug(r.Context(), append([]string{g.ReplacedBy}, g.Related...))
	if err != nil {
		return err
	}
	data, err := knowledge.CPSV([]knowledge.Guide{g}, knowledge.CPSVOptions{Base: s.absolute(r, ""), Publisher: s.Operator, Beside: beside})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/ld+json")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=300")
	_, err = w.Write(data)
	return err
}

// guideLink is the way to the page of one of these guides, nil where it isn't among them.
func (l layout) guideLink(guides []knowledge.Guide, slug string) *relatedGuide {
	i := slices.IndexFunc(guides, func(g knowledge.Guide) bool { return g.Slug == slug })
	if i < 0 {
		return nil
	}
	text, language := guides[i].In(knowledge.Language(l.Lang()))
	link := &relatedGuide{Title: text.Title, Href: l.Href("/guides/" + slug)}
	if string(language) != l.Lang() {
		link.Lang = string(language)
	}
	return link
}

// DoorFee is what it costs in a municipality, in the reader's language.
func (l layout) DoorFee(d knowledge.Local) string { return d.FeeIn(knowledge.Language(l.Lang())) }

// DoorNote is what else differs there.
func (l layout) DoorNote(d knowledge.Local) string { return d.In(knowledge.Language(l.Lang())) }
