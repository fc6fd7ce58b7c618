package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// sourceList is what editors look after: addresses that broke, guides past their date, sources that nobody has opened.
type sourceList struct {
	frame
	View      knowledge.SourceView
	Tabs      []sourceTab
	Broken    []knowledge.BrokenLink
	Opened    knowledge.LinkProgress
	Past      []knowledge.PastLine
	Unchecked []knowledge.SourceLine
	Page      int // from 1
	Pages     int
	by        knowledge.Editor
	rules     knowledge.EditingRules
}

type sourceTab struct {
	View  knowledge.SourceView
	Count int
	Here  bool
}

const sourcePageSize = 50

func (s *site) sourcesPage(w http.ResponseWriter, r *http.Request) error {
	page := sourceList{frame: s.frame(w, r, "sources_title"), View: knowledge.SourceView(r.URL.Query().Get("view")), Page: 1, by: s.editor(visitOf(r))}
	counts, err := s.Knowledge.CountSources(r.Context(), s.today(), page.by)
	if err != nil {
		return err
	}
	if _, ok := counts[page.View]; !ok {
		page.View = knowledge.BrokenLinks
	}
	for _, v := range knowledge.SourceViews() {
		page.Tabs = append(page.Tabs, sourceTab{v, counts[v], v == page.View})
	}
	page.Pages = max(1, (counts[page.View]+sourcePageSize-1)/sourcePageSize)
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 {
		page.Page = min(n, page.Pages) // the last line of a page may just have been done
	}
	offset := (page.Page - 1) * sourcePageSize
	switch page.View {
	case knowledge.BrokenLinks:
		if page.Opened, err = s.Knowledge.LinkProgress(r.Context(), page.by); err == nil {
			page.Broken, err = s.Knowledge.BrokenLinks(r.Context(), page.by, sourcePageSize, offset)
		}
	case knowledge.PastDate:
		if page.rules, err = s.Knowledge.EditingRules(r.Context()); err == nil {
			page.Past, err = s.Knowledge.PastGuides(r.Context(), s.today(), page.by, sourcePageSize, offset)
		}
	default:
		page.Unchecked, err = s.Knowledge.UncheckedSources(r.Context(), page.by, sourcePageSize, offset)
	}
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "sources", page)
}

// checkSource notes that the editor has opened a source today.
func (s *site) checkSource(w http.ResponseWriter, r *http.Request) error {
	slug, address := r.PostFormValue("slug"), r.PostFormValue("url")
	return s.sourceStep(w, r, staff.Act{Verb: "guide.check", Subject: "guide:" + slug, Detail: map[string]any{"url": address}}, "sources.did_check",
		func(tx pgx.Tx, store *knowledge.Store, by knowledge.Editor) error {
			return store.CheckSource(r.Context(), tx, slug, address, s.today(), by)
		})
}

// reviewGuide notes that the editor has read the published guide against its sources and that it holds.
func (s *site) reviewGuide(w http.ResponseWriter, r *http.Request) error {
	slug := r.PostFormValue("slug")
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		version = 0
	}
	return s.sourceStep(w, r, staff.Act{Verb: "guide.review", Subject: "guide:" + slug}, "sources.did_review",
		func(tx pgx.Tx, store *knowledge.Store, by knowledge.Editor) error {
			_, err := store.ReviewGuide(r.Context(), tx, slug, version, s.today(), by)
			return err
		})
}

// acceptLink takes an address as right as it was found.
func (s *site) acceptLink(w http.ResponseWriter, r *http.Request) error {
	address := r.PostFormValue("url")
	return s.sourceStep(w, r, staff.Act{Verb: "link.accept", Subject: "link:" + address}, "sources.did_accept",
		func(tx pgx.Tx, store *knowledge.Store, by knowledge.Editor) error {
			return store.AcceptLink(r.Context(), tx, address, by)
		})
}

// askAgain has an address asked for at the next look.
func (s *site) askAgain(w http.ResponseWriter, r *http.Request) error {
	address := r.PostFormValue("url")
	return s.sourceStep(w, r, staff.Act{Verb: "link.again", Subject: "link:" + address}, "sources.did_ask",
		func(tx pgx.Tx, store *knowledge.Store, by knowledge.Editor) error {
			return store.AskAgain(r.Context(), tx, address, by)
		})
}

// sourceStep runs one change through the door and goes back to the list.
func (s *site) sourceStep(w http.ResponseWriter, r *http.Request, act staff.Act, done string, change func(pgx.Tx, *knowledge.Store, knowledge.Editor) error) error {
	v := visitOf(r)
	act.By = v.account.ID
	err := s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) error {
		return change(tx, knowledge.NewStore(tx), s.editor(v))
	})
	var fault *knowledge.Fault
	switch {
	case errors.As(err, &fault) && fault.Key == "fault.not_yours":
		return errForbidden
	case errors.As(err, &fault), errors.Is(err, knowledge.ErrStale):
		s.setFlash(w, flash{Key: "sources.changed", Bad: true})
	case err != nil:
		return err
	default:
		s.setFlash(w, flash{Key: done})
	}
	return seeOther(w, r, sourcesPath(knowledge.SourceView(r.PostFormValue("view")), r.PostFormValue("page")))
}

func sourcesPath(view knowledge.SourceView, page string) string {
	q := url.Values{}
	if view != "" && view != knowledge.BrokenLinks {
		q.Set("view", string(view))
	}
	if n, err := strconv.Atoi(page); err == nil && n > 1 {
		q.Set("page", page)
	}
	if len(q) == 0 {
		return "/console/sources"
	}
	return "/console/sources?" + q.Encode()
}

// OpenedWords says how many addresses the program has opened, and how many it will try again.
func (p sourceList) OpenedWords() string {
	words := p.S("opened", p.Number(p.Opened.Opened), p.Number(p.Opened.Addresses))
	if p.Opened.Trying > 0 {
		words += " " + p.S("trying", p.Number(p.Opened.Trying))
	}
	return words
}

// AllWork says that each address was opened and leads where it should.
func (p sourceList) AllWork() bool {
	return len(p.Broken) == 0 && p.Opened.Opened == p.Opened.Addresses && p.Opened.Trying == 0
}

// S says a phrase about sources.
func (f frame) S(key string, args ...any) string { return i18n.T(f.Language, "sources."+key, args...) }

// To is the address of a view.
func (l sourceList) To(v knowledge.SourceView) string { return sourcesPath(v, "") }

// Turn is the address of another page, by how many pages away it is.
func (l sourceList) Turn(by int) string { return sourcesPath(l.View, strconv.Itoa(l.Page+by)) }

// Fault says in words what is wrong with an address.
func (l sourceList) Fault(b knowledge.BrokenLink) string {
	switch b.Fault {
	case knowledge.LinkStatus:
		switch b.Status {
		case http.StatusNotFound, http.StatusGone:
			return l.S("fault_gone", b.Status)
		case http.StatusUnauthorized, http.StatusForbidden:
			return l.S("fault_shut", b.Status)
		}
		return l.S("fault_status", b.Status)
	}
	return l.S("fault_" + string(b.Fault))
}

// Acceptable says whether an address can be right as it was found.
func (l sourceList) Acceptable(b knowledge.BrokenLink) bool {
	return b.Yours && (b.Fault == knowledge.LinkMoved || b.Fault == knowledge.LinkRetitled ||
		b.Fault == knowledge.LinkStatus && (b.Status == http.StatusUnauthorized || b.Status == http.StatusForbidden))
}

// Parts says in which parts of a guide an address stands.
func (l sourceList) Parts(p knowledge.LinkPlace) string {
	names := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		if part == "source" {
			part = "sources.url"
		}
		names[i] = l.fieldName(part)
	}
	return strings.Join(names, ", ")
}

// Age says where a guide past its date stands: «expired», «due», «soon» or «none».
func (l sourceList) Age(p knowledge.PastLine) string {
	if p.ReviewBy == nil {
		return "none"
	}
	g := knowledge.Guide{Status: knowledge.Active, ReviewBy: p.ReviewBy.UTC()}
	if age := g.Age(l.site.today(), l.rules.Grace); age != knowledge.Fresh {
		return string(age)
	}
	return "soon"
}

// SourceTitle is what a source of a guide is called.
func (l sourceList) SourceTitle(p knowledge.PastLine, i int) string {
	if i < len(p.SourceTitles) && p.SourceTitles[i] != "" {
		return p.SourceTitles[i]
	}
	return p.Sources[i]
}
