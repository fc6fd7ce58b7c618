package console

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/knowledge"
)

// telegramPreview is a guide as a chat of Telegram shows it.
type telegramPreview struct {
	frame
	Bubbles []previewBubble
}

type previewBubble struct {
	HTML    template.HTML
	Buttons [][]telegram.Button
}

// guidePreview answers GET with the draft as it is kept, and POST with what is typed, laid out by the channel itself.
func (s *site) guidePreview(w http.ResponseWriter, r *http.Request) error {
	o, err := s.openGuide(r)
	if err != nil {
		return err
	}
	d := o.draft
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return err
		}
		if d, err = s.typedGuide(r, r.PostForm, d); err != nil {
			return err
		}
	}
	page, err := s.drawPreview(r, d, r.URL.Query().Get("on"), r.URL.Query().Get("language"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err = page.WriteTo(w)
	return err
}

// drawPreview draws a draft as a channel would show it: on is «web» or «telegram».
func (s *site) drawPreview(r *http.Request, d knowledge.Draft, on, language string) (*bytes.Buffer, error) {
	if language != "en" {
		language = "bg"
	}
	rules, err := s.Knowledge.EditingRules(r.Context())
	if err != nil {
		return nil, err
	}
	if d, err = s.Knowledge.AsReviewed(r.Context(), d); err != nil {
		return nil, err
	}
	g := d.Guide
	m := bot.Preview(shown(g), g.Age(s.today(), rules.Grace), language, s.today())
	f := frame{Language: language, site: s}
	f.Title = f.F("preview_title")
	var page bytes.Buffer
	if on != "telegram" {
		return &page, s.preview.Page(&page, f.Title, m)
	}
	view := telegramPreview{frame: f}
	for _, b := range telegram.Preview(m) {
		view.Bubbles = append(view.Bubbles, previewBubble{outside(b.HTML), b.Buttons})
	}
	if err := s.templates["guidepreview"].ExecuteTemplate(&page, "preview", view); err != nil {
		return nil, fmt.Errorf("draw the preview of %q: %w", g.Slug, err)
	}
	return &page, nil
}

// outside has links of a message lead away from the form. Its text is escaped by who laid it out.
func outside(html string) template.HTML {
	return template.HTML(strings.ReplaceAll(html, `<a href="`, `<a target="_blank" rel="noopener noreferrer" href="`))
}

// shown is a draft as far as it can be shown: without rows that are still empty, amounts that aren't known and addresses that are none.
func shown(g knowledge.Guide) knowledge.Guide {
	texts := map[knowledge.Language]knowledge.Text{}
	for language, t := range g.Text {
		for _, list := range []*[]string{&t.Exceptions, &t.Steps, &t.Needed, &t.Deadlines, &t.GoodToKnow} {
			*list = slices.DeleteFunc(slices.Clone(*list), func(item string) bool { return strings.TrimSpace(item) == "" })
		}
		t.Fees = slices.DeleteFunc(slices.Clone(t.Fees), func(f knowledge.Fee) bool { return f.Cents < 0 })
		texts[language] = t
	}
	g.Text, g.Link = texts, webAddress(g.Link)
	g.Sources = slices.Clone(g.Sources)
	for i := range g.Sources {
		g.Sources[i].URL = webAddress(g.Sources[i].URL)
	}
	return g
}

// webAddress is an address that a page may link to; "" for another.
func webAddress(address string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return address
}

// guideChecked is what the form's script is told of what is typed.
type guideChecked struct {
	Said    map[string]string `json:"said"`    // what stands at each field, by its id
	Invalid []string          `json:"invalid"` // ids of fields in which something must be mended
	Summary string            `json:"summary"`
	Preview string            `json:"preview"`
}

// guideCheck answers the form's script while somebody types: what the check says, and how it would look. Nothing is kept.
func (s *site) guideCheck(w http.ResponseWriter, r *http.Request) error {
	o, err := s.openGuide(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	d, err := s.typedGuide(r, r.PostForm, o.draft)
	if err != nil {
		return err
	}
	f := frame{Language: visitOf(r).language, site: s}
	check, err := s.checkGuide(r, f, d.Guide)
	if err != nil {
		return err
	}
	out := guideChecked{Said: map[string]string{}}
	for _, field := range slices.Compact(fieldsOf(check)) {
		id := fieldID(field)
		if out.Said[id], err = s.fragment("guideform", "said", check.at(field)); err != nil {
			return err
		}
		if slices.ContainsFunc(check.at(field), func(said formSaid) bool { return said.Level == "must" }) {
			out.Invalid = append(out.Invalid, id)
		}
	}
	if out.Summary, err = s.fragment("guideform", "check", check); err != nil {
		return err
	}
	page, err := s.drawPreview(r, d, r.URL.Query().Get("on"), r.URL.Query().Get("language"))
	if err != nil {
		return err
	}
	out.Preview = page.String()
	return sendJSON(w, http.StatusOK, out)
}

// fieldsOf are the fields of which something is said.
func fieldsOf(c formCheck) (fields []string) {
	for _, said := range c.Said {
		fields = append(fields, said.Field)
	}
	slices.Sort(fields)
	return fields
}

// guideNames answers the form's script with guides whose names have the words in them.
func (s *site) guideNames(w http.ResponseWriter, r *http.Request) error {
	found, err := s.Knowledge.FindGuides(r.Context(), r.URL.Query().Get("find"), 10)
	if err != nil {
		return err
	}
	titles := []string{}
	for _, g := range found {
		if g.Slug != r.PathValue("slug") {
			titles = append(titles, g.Title)
		}
	}
	return sendJSON(w, http.StatusOK, titles)
}
