package webchat

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"sync"
	"time"

	"orientir/bot/i18n"
)

//go:embed templates
var templateFiles embed.FS

// pages are the parsed templates by name: a page's own file together with the frame and the parts.
type pages map[string]*template.Template

// loadPages reads them once: they are part of the program.
var loadPages = sync.OnceValues(func() (pages, error) {
	parts, err := template.ParseFS(templateFiles, "templates/frame.html", "templates/message.html", "templates/card.html")
	if err != nil {
		return nil, err
	}
	all := pages{"message": parts}
	for name, files := range map[string][]string{
		"chat":             {"chat.html"},
		"guide":            {"guide.html"},
		"guides":           {"guides.html"},
		"library":          {"library.html"},
		"report":           {"report.html"},
		"news":             {"news.html", "newsline.html"},
		"newsitem":         {"newsitem.html", "newsline.html"},
		"stats":            {"stats.html"},
		"preview":          {"preview.html"},
		"fault":            {"fault.html"},
		"kiosk":            {"kiosk.html"},
		"kiosk.unknown":    {"kiosk_unknown.html"},
		"continue":         {"continue.html"},
		"privacy.bg":       {"prose.html", "privacy.bg.html"},
		"privacy.en":       {"prose.html", "privacy.en.html"},
		"accessibility.bg": {"prose.html", "accessibility.bg.html"},
		"accessibility.en": {"prose.html", "accessibility.en.html"},
	} {
		t, err := parts.Clone()
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if t, err = t.ParseFS(templateFiles, "templates/"+file); err != nil {
				return nil, err
			}
		}
		all[name] = t
	}
	return all, nil
})

// layout is what the frame of every page needs.
type layout struct {
	voice
	Title       string
	Description string
	Path        string // of the page, without the language
	Canonical   string // "" where the page has none
	Data        string // address of what the page says as JSON-LD; "" where there is none
	Hidden      bool   // from search engines
	Feed        string // address of an Atom feed of the page; "" where there is none
	Styles      []string
	Scripts     []string
	SkipTo      string // id of what the skip link leads to
	Switch      []languageLink
}

// languageLink is one entry of the language switch.
type languageLink struct {
	Lang, Name, Short, Href string
	Current                 bool
}

// layout makes a page's frame.
func (s *site) layout(r *http.Request, path, title string) layout {
	v := voice{site: s, chosen: chosenLanguage(r)}
	l := layout{voice: v, Title: title, Path: path, SkipTo: "content"}
	for _, language := range languages {
		l.Switch = append(l.Switch, languageLink{
			Lang: language.code, Name: language.name, Short: language.short,
			Href:    voice{chosen: language.code}.Href(path),
			Current: language.code == v.chosen,
		})
	}
	return l
}

// public makes the page one that search engines may keep, at one address per language.
func (l *layout) public(r *http.Request) {
	l.Canonical = l.site.absolute(r, l.Href(l.Path))
}

// Alternates are the other languages' addresses of a page that has a canonical one.
func (l layout) Alternates() []languageLink {
	if l.Canonical == "" {
		return nil
	}
	var out []languageLink
	for _, language := range l.Switch {
		if language.Lang != "tr" {
			language.Href = l.site.origin(l.Canonical) + language.Href
			out = append(out, language)
		}
	}
	return out
}

// absolute is a path's whole address, at the public address where one is set.
func (s *site) absolute(r *http.Request, path string) string {
	if s.PublicURL != "" {
		return s.PublicURL + path
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}

func (s *site) origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// show writes a page. It is rendered whole first, so a fault in a template is a 500 and not half a page.
func (s *site) show(w http.ResponseWriter, status int, name string, data any) error {
	var page bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&page, "page", data); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
	return nil
}

// prosePage is a page to read.
type prosePage struct {
	layout
	Operator, OperatorContact string
	RetentionDays             int
	OutsideModel              bool
	Kept                      []keptRow
}

// Kept says how long one kind of data is kept.
type Kept struct {
	Kind   string // has a phrase mydata.kept_<kind>
	Period time.Duration
}

// keptRow is the same in words.
type keptRow struct{ What, For string }

// keptFor puts a period into words: «24 часа», «90 дни», «3 години».
func (v voice) keptFor(d time.Duration) string {
	const day = 24 * time.Hour
	days := int(d / day)
	switch {
	case days < 2:
		return i18n.N(v.Lang(), "mydata.hours", int(d/time.Hour))
	case days >= 365 && days%365 == 0:
		return i18n.N(v.Lang(), "mydata.years", days/365)
	}
	return i18n.N(v.Lang(), "mydata.days", days)
}

func (s *site) prose(w http.ResponseWriter, r *http.Request, name string) error {
	l := s.layout(r, "/"+name, "")
	l.Title = l.T("web." + name)
	l.Styles = []string{"prose.css"}
	l.public(r)
	var kept []keptRow
	for _, k := range s.Kept {
		kept = append(kept, keptRow{l.T("mydata.kept_" + k.Kind), l.keptFor(k.Period)})
	}
	return s.show(w, http.StatusOK, name+"."+l.Lang(),
		prosePage{l, s.Operator, s.OperatorContact, s.RetentionDays, s.OutsideModel, kept})
}

// privacy answers GET /privacy.
func (s *site) privacy(w http.ResponseWriter, r *http.Request) error {
	return s.prose(w, r, "privacy")
}

// accessibility answers GET /accessibility.
func (s *site) accessibility(w http.ResponseWriter, r *http.Request) error {
	return s.prose(w, r, "accessibility")
}

// faultPage tells a person what went wrong and where to go from here.
func (s *site) faultPage(w http.ResponseWriter, r *http.Request, f *fault) {
	l := s.layout(r, "/", "")
	l.Title, l.Hidden = f.title(l.Lang()), true
	l.Styles = []string{"prose.css"}
	data := struct {
		layout
		Detail string
	}{l, f.detail(l.Lang())}
	if err := s.show(w, f.Status, "fault", data); err != nil {
		s.log.Error("the page of a fault failed", "status", f.Status, "error", err)
		http.Error(w, l.Title, f.Status)
	}
}
