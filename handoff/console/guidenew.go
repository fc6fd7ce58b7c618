package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/knowledge/privacy"
)

// guideNew is where a guide begins: its name and its address.
type guideNew struct {
	frame
	TitleBG, TitleEN, Slug string
	Municipality           string                   // code of the one that the guide is of; "" is the whole country
	Municipalities         []knowledge.Municipality // to choose from; none where the visitor writes for one alone
	Similar                []knowledge.GuideName
	Wrong                  string // field
	Words                  string // what is wrong with it
	Taken                  string // slug of what stands there already
}

func (s *site) newGuidePage(w http.ResponseWriter, r *http.Request) error {
	page := guideNew{frame: s.frame(w, r, "guides_title")}
	page.Title = page.F("new_title")
	if err := s.whoseGuide(r, &page, ""); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guidenew", page)
}

// newGuide begins a draft. Guides of a similar name are shown first: what is there already isn't written twice.
func (s *site) newGuide(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	t := typed{r.PostForm}
	page := guideNew{frame: s.frame(w, r, "guides_title"), TitleBG: t.line("title_bg"), TitleEN: t.line("title_en"), Slug: t.line("slug")}
	page.Title, page.Back = page.F("new_title"), "/console/guides/new"
	if err := s.whoseGuide(r, &page, t.line("municipality")); err != nil {
		return err
	}
	wrong := func(field, words string) error {
		page.Wrong, page.Words = field, words
		return s.render(w, http.StatusUnprocessableEntity, "guidenew", page)
	}
	if page.TitleBG == "" {
		return wrong("title_bg", page.F("new_no_title"))
	}
	slug := page.Slug
	if slug == "" {
		if slug = slugOf(page.TitleEN); slug == "" {
			slug = slugOf(page.TitleBG)
		}
	}
	if slug == "new" { // this page's own address
		slug = ""
	}
	var err error
	if page.Similar, err = s.similarGuides(r, page.TitleBG, page.TitleEN); err != nil {
		return err
	}
	if len(page.Similar) > 0 && t.Get("do") != "anyway" {
		return s.render(w, http.StatusConflict, "guidenew", page)
	}
	page.Similar = nil
	g := knowledge.Guide{Slug: slug, Municipality: page.Municipality, Status: knowledge.Active, TitleEnglish: page.TitleEN, Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {Title: page.TitleBG}}}
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "guide.begin", Subject: "guide:" + slug}, func(tx pgx.Tx, _ *staff.Act) error {
		_, err := knowledge.NewStore(tx).SaveDraft(r.Context(), tx, knowledge.Draft{Slug: slug, Guide: g}, s.editor(visitOf(r)))
		return err
	})
	var fault *knowledge.Fault
	switch {
	case errors.Is(err, knowledge.ErrStaleDraft), errors.As(err, &fault) && fault.Key == "fault.twice":
		page.Taken = slug
		return wrong("slug", page.F("new_taken", slug))
	case errors.As(err, &fault) && fault.Field == "slug":
		return wrong("slug", page.F("new_bad_slug"))
	case errors.As(err, &fault):
		return errForbidden
	case err != nil:
		return err
	}
	s.setFlash(w, flash{Key: "form.begun"})
	return seeOther(w, r, guidePath(slug)+"/edit")
}

// whoseGuide says what the guide will hold for: a municipality's editor begins guides of that municipality alone, the others choose.
// A code that there isn't is the whole country, as the page shows.
func (s *site) whoseGuide(r *http.Request, page *guideNew, chosen string) (err error) {
	if own := visitOf(r).account.Municipality; own != "" {
		page.Municipality = strings.ToUpper(strings.TrimSpace(own))
		return nil
	}
	page.Municipalities, err = s.Knowledge.Municipalities(r.Context())
	if slices.ContainsFunc(page.Municipalities, func(m knowledge.Municipality) bool { return m.Code == chosen }) {
		page.Municipality = chosen
	}
	return err
}

// similarGuides are published guides whose names have all the longer words of a title in them.
func (s *site) similarGuides(r *http.Request, titles ...string) (list []knowledge.GuideName, err error) {
	for _, title := range titles {
		words := slices.DeleteFunc(strings.Fields(title), func(w string) bool { return len([]rune(w)) < 4 })
		if len(words) == 0 {
			continue
		}
		found, err := s.Knowledge.FindGuides(r.Context(), strings.Join(words, " "), 5)
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			if !slices.Contains(list, g) {
				list = append(list, g)
			}
		}
	}
	return list, nil
}

// slugOf makes an address of a title; "" where nothing is left of it. What is hidden in a title is not in its address either.
func slugOf(title string) string {
	title, _ = privacy.Mask(title)
	words := strings.FieldsFunc(strings.ToLower(bot.Latin(title)), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	for len(slug) > 60 {
		cut := strings.LastIndexByte(slug, '-')
		if cut < 0 {
			return slug[:60]
		}
		slug = slug[:cut]
	}
	return slug
}
