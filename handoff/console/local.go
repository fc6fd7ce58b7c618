package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orientir/knowledge"
)

// localPage is a municipality's page: its guides, and its door in each guide of the whole country.
type localPage struct {
	frame
	Municipality knowledge.Municipality // Code "": it is to be chosen
	All          []knowledge.Municipality
	Free         bool // the visitor may look after any
	Find         string
	Own          []knowledge.OwnLine
	Lines        []knowledge.DoorLine
	Count        int
	Page         int // from 1
	Pages        int
}

const localPageSize = 50

// municipalityOf is the municipality that a visitor looks after: their own, or the one that an editor of the whole country has chosen.
// Code is "" where none is chosen yet. Errors: errForbidden, errNotFound.
func (s *site) municipalityOf(r *http.Request) (m knowledge.Municipality, free bool, err error) {
	code := visitOf(r).account.Municipality
	free = code == ""
	if free {
		if code = r.FormValue("of"); code == "" {
			return m, true, nil
		}
	}
	m, ok, err := s.Knowledge.Municipality(r.Context(), code)
	if err == nil && !ok {
		if err = errForbidden; free {
			err = errNotFound
		}
	}
	return m, free, err
}

func (s *site) localPage(w http.ResponseWriter, r *http.Request) error {
	page := localPage{frame: s.frame(w, r, "local_title"), Find: strings.TrimSpace(r.URL.Query().Get("find")), Page: 1}
	var err error
	if page.Municipality, page.Free, err = s.municipalityOf(r); err != nil {
		return err
	}
	if page.Free {
		if page.All, err = s.Knowledge.Municipalities(r.Context()); err != nil {
			return err
		}
	}
	if page.Municipality.Code == "" {
		return s.render(w, http.StatusOK, "local", page)
	}
	page.Title = page.S("local_of", page.Municipality.Local())
	if len([]rune(page.Find)) > 200 {
		page.Find = string([]rune(page.Find)[:200])
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 && n < 10000 {
		page.Page = n
	}
	if page.Own, err = s.Knowledge.OwnGuides(r.Context(), page.Municipality); err != nil {
		return err
	}
	if page.Lines, page.Count, err = s.Knowledge.DoorLines(r.Context(), page.Municipality, page.Find, localPageSize, (page.Page-1)*localPageSize); err != nil {
		return err
	}
	page.Pages = max(1, (page.Count+localPageSize-1)/localPageSize)
	return s.render(w, http.StatusOK, "local", page)
}

// Turn is the address of another page, by how many pages away it is.
func (p localPage) Turn(by int) string {
	q := url.Values{}
	if p.Find != "" {
		q.Set("find", p.Find)
	}
	if n := p.Page + by; n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	return localPath("", p.Municipality, p.Free, q)
}

// Life says where a guide of the municipality stands today.
func (p localPage) Life(l knowledge.OwnLine) string { return string(l.Life(p.site.today())) }

// To is the address of the form for a guide.
func (p localPage) To(slug string) string { return localPath(slug, p.Municipality, p.Free, nil) }

// localPath is the address of a municipality's page, or of its form for a guide; free carries the choice on.
func localPath(slug string, m knowledge.Municipality, free bool, q url.Values) string {
	path := "/console/local"
	if slug != "" {
		path += "/" + url.PathEscape(slug)
	}
	if free && m.Code != "" {
		if q == nil {
			q = url.Values{}
		}
		q.Set("of", m.Code)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}
