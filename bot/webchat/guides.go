package webchat

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"orientir/knowledge"
)

// guidesShown is how many guides one page of the list shows.
const guidesShown = 50

// guidesPage is the public list of the guides.
type guidesPage struct {
	layout
	Find    string
	For     knowledge.Audience
	Tabs    []tabLink
	Guides  []knowledge.PublicGuide
	Count   string
	Before  string // addresses of the pages beside it; "" where there is none
	After   string
	EventID string
}

// tabLink leads to a part of the list.
type tabLink struct {
	Name, Href string
	Here       bool
}

// guides answers GET /guides: what there is, to look through and to search. The question in a person's own words is for the chat.
func (s *site) guides(w http.ResponseWriter, r *http.Request) error {
	l := s.layout(r, "/guides", "")
	l.Title, l.Description = l.T("guidepage.all"), l.T("guidepage.all_what")
	l.Styles = []string{"guides.css"}
	p := guidesPage{layout: l, Find: r.FormValue("q"), EventID: newEventID()}
	if a := knowledge.Audience(r.FormValue("for")); a == knowledge.Citizen || a == knowledge.Business {
		p.For = a
	}
	number, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || number < 1 || number > 1_000_000 {
		number = 1
	}
	list, total, err := s.store.PublicGuides(r.Context(), knowledge.PublicFilter{
		Find: p.Find, Language: knowledge.Language(l.Lang()), Audience: p.For, Offset: (number - 1) * guidesShown, Limit: guidesShown,
	})
	if err != nil {
		return err
	}
	if p.Guides = list; len(list) == 0 && number > 1 {
		return errNotFound
	}
	p.Count = l.N("guidepage.count", total)
	for _, tab := range []struct {
		audience knowledge.Audience
		key      string
	}{{"", "guidepage.for_all"}, {knowledge.Citizen, "guidepage.for_citizens"}, {knowledge.Business, "guidepage.for_businesses"}} {
		p.Tabs = append(p.Tabs, tabLink{l.T(tab.key), p.at(tab.audience, 1), p.For == tab.audience})
	}
	if number > 1 {
		p.Before = p.at(p.For, number-1)
	}
	if number*guidesShown < total {
		p.After = p.at(p.For, number+1)
	}
	if p.Find == "" && p.For == "" && number == 1 {
		p.public(r)
	} else {
		p.Hidden = true // one address of the list is enough for search engines
	}
	return s.show(w, http.StatusOK, "guides", p)
}

// at is the address of a page of the list.
func (p guidesPage) at(audience knowledge.Audience, page int) string {
	query := url.Values{}
	if p.chosen != "bg" {
		query.Set("lang", p.chosen)
	}
	if p.Find != "" {
		query.Set("q", p.Find)
	}
	if audience != "" {
		query.Set("for", string(audience))
	}
	if page > 1 {
		query.Set("page", strconv.Itoa(page))
	}
	if len(query) == 0 {
		return "/guides"
	}
	return "/guides?" + query.Encode()
}

// Guide is the address of a guide's page.
func (p guidesPage) Guide(g knowledge.PublicGuide) string { return p.Href("/guides/" + g.Slug) }

// sitemapLimit is how many addresses a sitemap may hold (sitemaps.org); each guide takes up to two.
const sitemapLimit = 50_000

// sitemap answers GET /sitemap.xml: the public pages, each in its languages, as sitemaps.org and Google's notes on language versions say.
func (s *site) sitemap(w http.ResponseWriter, r *http.Request) error {
	guides, err := s.store.PublishedGuides(r.Context(), (sitemapLimit-10)/2)
	if err != nil {
		return err
	}
	type alternate struct {
		Rel  string `xml:"rel,attr"`
		Lang string `xml:"hreflang,attr"`
		Href string `xml:"href,attr"`
	}
	type address struct {
		Location string      `xml:"loc"`
		Changed  string      `xml:"lastmod,omitempty"`
		Others   []alternate `xml:"xhtml:link"`
	}
	list := struct {
		XMLName xml.Name  `xml:"urlset"`
		Space   string    `xml:"xmlns,attr"`
		XHTML   string    `xml:"xmlns:xhtml,attr"`
		URLs    []address `xml:"url"`
	}{Space: "http://www.sitemaps.org/schemas/sitemap/0.9", XHTML: "http://www.w3.org/1999/xhtml"}
	add := func(path string, changed time.Time, english bool) {
		bg := s.absolute(r, path)
		var others []alternate
		when := ""
		if !changed.IsZero() {
			when = changed.UTC().Format(time.RFC3339)
		}
		if english {
			others = []alternate{{"alternate", "bg", bg}, {"alternate", "en", bg + "?lang=en"}}
			list.URLs = append(list.URLs, address{bg, when, others}, address{bg + "?lang=en", when, others})
			return
		}
		list.URLs = append(list.URLs, address{bg, when, nil})
	}
	for _, path := range []string{"/", "/guides", "/news", "/stats", "/privacy", "/accessibility"} {
		add(path, time.Time{}, true)
	}
	for _, g := range guides {
		add("/guides/"+g.Slug, g.Changed, g.English)
	}
	data, err := xml.Marshal(list)
	if err != nil {
		return fmt.Errorf("write the sitemap: %w", err)
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = w.Write(append([]byte(xml.Header), data...))
	return err
}

// robots answers GET /robots.txt: everything that is public may be read; the staff's site and terminals are nobody's.
func (s *site) robots(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprintf(w, "User-agent: *\nDisallow: /console/\nDisallow: /kiosk/\nDisallow: /api/\nDisallow: /continue\n\nSitemap: %s\n", s.absolute(r, "/sitemap.xml"))
	return err
}
