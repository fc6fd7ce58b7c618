package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"orientir/bot"
	"orientir/knowledge"
)

// aboutForm is the form of what a library offers and how it is reached.
type aboutForm struct {
	libraryFrame
	Mark                         string
	Offers, Languages            []tick
	Phones, Email, Site, Address string
}

// tick is something to tick.
type tick struct {
	ID, Label string
	On        bool
}

// aboutFields are what the form changes.
var aboutFields = []string{"address", "phone", "email", "site", "offers", "languages"}

func (s *site) libraryAboutPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	page := aboutForm{libraryFrame: s.libraryFrame(w, r, "about_title", h), Mark: seal(h, aboutFields)}
	page.fill(h)
	return s.render(w, http.StatusOK, "libraryabout", page)
}

func (p *aboutForm) fill(h knowledge.HelpPoint) {
	p.Phones, p.Email, p.Site, p.Address = strings.Join(h.Phones, "\n"), h.Email, h.Site, h.Address
	for _, o := range knowledge.Offers() {
		p.Offers = append(p.Offers, tick{o, bot.OfferName(o, p.Language), slices.Contains(h.Offers, o)})
	}
	for _, l := range knowledge.Languages() {
		p.Languages = append(p.Languages, tick{l, bot.LanguageName(l, p.Language), slices.Contains(h.Languages, l)})
	}
}

func (s *site) saveLibraryAbout(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	f := r.PostForm
	page := aboutForm{libraryFrame: s.libraryFrame(w, r, "about_title", h), Mark: f.Get("mark")}
	put := func(h *knowledge.HelpPoint) error {
		h.Phones = nil
		for line := range strings.Lines(f.Get("phones")) {
			if line = strings.TrimSpace(line); line != "" {
				h.Phones = append(h.Phones, line)
			}
		}
		h.Email, h.Site, h.Address = strings.TrimSpace(f.Get("email")), strings.TrimSpace(f.Get("site")), strings.TrimSpace(f.Get("address"))
		if h.Site != "" && !strings.Contains(h.Site, "://") {
			h.Site = "https://" + h.Site // as people say it
		}
		h.Offers, h.Languages = slices.Clone(f["offer"]), slices.Clone(f["language"])
		return nil
	}
	now, changed, err := s.saveLibrary(r, h.ID, page.Mark, aboutFields, put)
	typed := h
	_ = put(&typed) // it gives no error
	page.fill(typed)
	var wrong knowledge.Faults
	switch {
	case errors.As(err, &wrong):
		page.Faults = page.faultsOf(wrong, map[string]string{"phone": "phones"})
		return s.render(w, page.status(), "libraryabout", page)
	case errors.Is(err, errConflict):
		if page.Conflict, err = s.conflict(r, page.frame, now, typed, aboutFields); err != nil {
			return err
		}
		page.Mark = seal(now, aboutFields)
		if len(page.Changes) > 0 {
			return s.render(w, page.status(), "libraryabout", page)
		}
	case err != nil:
		return err
	}
	return s.saved(w, r, now, changed)
}
