package console

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"orientir/bot/i18n"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

//go:embed *.html
var templateFiles embed.FS

// parseTemplates reads each page's template together with the layout, keyed by base name, and once: they are part of the program.
var parseTemplates = sync.OnceValues(func() (map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "*.html")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, name := range names {
		if name == "layout.html" {
			continue
		}
		t, err := template.ParseFS(templateFiles, "layout.html", name)
		if err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(name, path.Ext(name))] = t
	}
	return all, nil
})

// frame is what every page has around its own content.
type frame struct {
	Language string
	Title    string
	Account  staff.Account // the zero value: nobody has signed in
	Nav      []navItem
	Flash    flash
	Back     string // where choosing a language returns to; "": none is chosen here, or what the page holds would be lost
	Fault    *staff.Fault
	Stale    []knowledge.HelpPoint // own libraries that nobody has confirmed for a year
	site     *site
}

// navItem is a link to a part of the site that the account may use.
type navItem struct {
	Path, Key string
	Here      bool
}

// flash is something said once, after a change: a phrase, and for a one-time link or code its words.
type flash struct {
	Key  string   `json:"k,omitempty"`
	Args []string `json:"a,omitempty"`
	Link string   `json:"l,omitempty"`
	Code string   `json:"c,omitempty"` // a one-time code, which its own page shows
	Bad  bool     `json:"b,omitempty"`
}

const flashName = "orientir_staff_once"

// frame starts a page. A page that redraws a form shows no flash.
func (s *site) frame(w http.ResponseWriter, r *http.Request, titleKey string) frame {
	v := visitOf(r)
	f := frame{Language: v.language, Account: v.account, Back: "/console/", site: s}
	if f.Language == "" {
		f.Language = "bg"
	}
	f.Title = f.T(titleKey)
	if r.Method == http.MethodGet {
		f.Back = r.URL.RequestURI()
		if !isPart(r.URL.Path) { // what is said once is for a page: a one-time link stands nowhere else
			f.Flash = s.takeFlash(w, r)
		}
	}
	f.Stale = s.stale(r)
	for _, item := range s.nav(v) {
		item.Here = strings.HasPrefix(r.URL.Path, item.Path)
		f.Nav = append(f.Nav, item)
	}
	return f
}

// isPart says whether a path is of a part of a page, which its script asks for.
func isPart(path string) bool {
	return strings.HasSuffix(path, "/stream") || strings.HasSuffix(path, "/suggestion") || strings.HasSuffix(path, "/progress")
}

// nav lists the parts of the site that somebody may use.
func (s *site) nav(v visit) []navItem {
	var items []navItem
	for _, item := range []struct {
		path, key string
		who       permission
	}{
		{"/console/queue", "queue_title", only(staff.Librarian, staff.Supervisor)},
		{"/console/canned", "canned_title", only(staff.Librarian, staff.Supervisor)},
		{"/console/supervisor", "supervisor_title", only(staff.Supervisor)},
		{"/console/transcripts", "transcripts_title", only(staff.Supervisor)},
		{"/console/local", "local_title", only(staff.Editor)},
		{"/console/guides", "guides_title", only(staff.Editor)},
		{"/console/worklist", "tasks_title", only(staff.Editor)},
		{"/console/sources", "sources_title", only(staff.Editor)},
		{"/console/feedback", "feedback_title", only(staff.Supervisor, staff.Editor)},
		{"/console/figures", "figures_title", only(staff.Supervisor, staff.Editor, staff.Admin)},
		{"/console/news", "news_title", only(staff.Editor)},
		{"/console/people", "people_title", only(staff.Admin)},
		{"/console/libraries", "libraries_title", only(staff.Librarian, staff.Supervisor, staff.Admin)},
		{"/console/hosts", "hosts_title", only(staff.Admin)},
		{"/console/rules", "rules_title", only(staff.Admin)},
		{"/console/groups", "groups_title", only(staff.Admin, staff.Supervisor)},
		{"/console/audit", "audit_title", only(staff.Admin, staff.Supervisor)},
	} {
		if item.path == "/console/groups" && s.Groups == nil {
			continue // the bot is not on Telegram
		}
		if item.path == "/console/local" && v.account.Municipality == "" {
			continue // an editor of the whole country goes there from the sources
		}
		if item.who.allows(v.account.Roles...) {
			items = append(items, navItem{Path: item.path, Key: item.key})
		}
	}
	return items
}

// render writes a page. The whole of it is made before the first byte goes out, so that a fault in it is still an error page.
func (s *site) render(w http.ResponseWriter, status int, name string, page any) error {
	t, ok := s.templates[name]
	if !ok {
		return fmt.Errorf("render %s: no such template", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", struct {
		Page   any
		Style  string
		Script string
	}{page, s.assets.Address(name + ".css"), s.assets.Address(name + ".js")}); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// fragment renders one named part of a page, for its live updates.
func (s *site) fragment(name, part string, data any) (string, error) {
	var b strings.Builder
	if err := s.templates[name].ExecuteTemplate(&b, part, data); err != nil {
		return "", fmt.Errorf("render %s of %s: %w", part, name, err)
	}
	return b.String(), nil
}

// asFault gives the fault of an input, for a form that is shown again; nil for any other error.
func asFault(err error) *staff.Fault {
	var f *staff.Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

func (s *site) setFlash(w http.ResponseWriter, f flash) {
	data, err := json.Marshal(f)
	if err != nil {
		return // strings always marshal
	}
	s.setCookie(w, flashName, base64.RawURLEncoding.EncodeToString(data), 120)
}

func (s *site) takeFlash(w http.ResponseWriter, r *http.Request) flash {
	var f flash
	c, err := s.cookie(r, flashName)
	if err != nil {
		return f
	}
	s.setCookie(w, flashName, "", -1)
	data, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(data, &f) != nil {
		return flash{}
	}
	return f
}

// T says a phrase of the console in the language of the page.
func (f frame) T(key string, args ...any) string { return i18n.T(f.Language, "console."+key, args...) }

// N says a phrase by number.
func (f frame) N(key string, n int) string { return i18n.N(f.Language, "console."+key, n) }

// D says a phrase of the librarians' desk in the language of the page.
func (f frame) D(key string, args ...any) string { return i18n.T(f.Language, "desk."+key, args...) }

// DN says a phrase of the desk by number.
func (f frame) DN(key string, n int, args ...any) string {
	return i18n.N(f.Language, "desk."+key, n, args...)
}

// P says a phrase of any area, by its whole key.
func (f frame) P(key string) string { return i18n.T(f.Language, key) }

// Why says why a ticket is with those who see it.
func (f frame) Why(t handoff.Ticket) string { return t.WhyWords(time.Now(), f.Language) }

// FlashText puts the flash into words.
func (f frame) FlashText() string {
	args := make([]any, len(f.Flash.Args))
	for i, a := range f.Flash.Args {
		args[i] = a
	}
	if strings.Contains(f.Flash.Key, ".") { // of another area
		return i18n.T(f.Language, f.Flash.Key, args...)
	}
	return f.T(f.Flash.Key, args...)
}

// FaultText puts the page's fault into words.
func (f frame) FaultText() string { return i18n.T(f.Language, f.Fault.Key, f.Fault.Args...) }

// FaultAt says whether the page's fault is of a field.
func (f frame) FaultAt(field string) bool { return f.Fault != nil && f.Fault.Field == field }

// Asset is the address of a static file, with its hash.
func (f frame) Asset(name string) string { return f.site.assets.Address(name) }

// Day writes a date as people do: «днес», «вчера», «22 ноември 2026 г.».
func (f frame) Day(t time.Time) string {
	t = t.In(f.site.zone)
	now := time.Now().In(f.site.zone)
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return f.T("today")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return f.T("yesterday")
	}
	months := strings.Split(f.T("months"), " ")
	return f.T("date", t.Day(), months[t.Month()-1], t.Year())
}

// Clock writes a time of day: «9:05 ч.».
func (f frame) Clock(t time.Time) string {
	return f.T("clock", strings.TrimPrefix(t.In(f.site.zone).Format("15:04"), "0"))
}

// When writes a moment.
func (f frame) When(t time.Time) string { return f.Day(t) + ", " + f.Clock(t) }

// ISO writes a moment for programs.
func (f frame) ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Waited writes how long somebody waits, in its largest unit; a script counts on from there.
func (f frame) Waited(since time.Time) string {
	switch d := time.Since(since); {
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return f.D("waited_hours", int(d.Hours()), int(d.Minutes())%60)
	default:
		return f.DN("waited_days", int(d.Hours()/24))
	}
}

// Ago writes how long ago a moment was, in its largest unit.
func (f frame) Ago(t time.Time) string {
	switch d := time.Since(t); {
	case d < time.Minute:
		return f.T("ago_now")
	case d < time.Hour:
		return f.N("ago_minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return f.N("ago_hours", int(d.Hours()))
	default:
		return f.N("ago_days", int(d.Hours()/24))
	}
}
