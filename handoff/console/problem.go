package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// problemPage is one problem with its cases and what can be done about it.
type problemPage struct {
	frame
	Problem handoff.Problem
	Cases   []handoff.Case
	More    bool // there are older cases
	From    int  // how many newer cases were left out
	Near    []handoff.Problem
	Guides  [][2]string // slug and title of the guides that the cases came near to
	After   handoff.After
	Chart   weekChart
	Typed   url.Values // a form that was not taken
}

const casesPageSize = 50

func problemPath(id int64) string { return "/console/worklist/" + strconv.FormatInt(id, 10) }

func (s *site) problemPage(w http.ResponseWriter, r *http.Request) error {
	return s.showProblem(w, r, nil)
}

func (s *site) showProblem(w http.ResponseWriter, r *http.Request, fault *staff.Fault) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p, err := s.Worklist.Problem(ctx, id)
	if err != nil {
		return err
	}
	if p.ID != id {
		return seeOther(w, r, problemPath(p.ID)) // it was merged
	}
	page := problemPage{frame: s.frame(w, r, "tasks_title"), Problem: p}
	page.Title = page.ProblemName(p)
	status := http.StatusOK
	if fault != nil {
		page.Fault, page.Typed, page.Back, status = fault, r.PostForm, problemPath(id), http.StatusUnprocessableEntity
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("from")); err == nil && n > 0 && n < 100000 {
		page.From = n
	}
	if page.Cases, page.More, err = s.Worklist.Cases(ctx, id, page.From, casesPageSize); err != nil {
		return err
	}
	if page.Near, err = s.Worklist.Neighbours(ctx, id); err != nil {
		return err
	}
	if page.Guides, err = s.Worklist.GuidesNear(ctx, id); err != nil {
		return err
	}
	after, err := s.Worklist.After(ctx, []int64{id})
	if err != nil {
		return err
	}
	page.After = after[id]
	weeks, err := s.Worklist.Weeks(ctx, []int64{id})
	if err != nil {
		return err
	}
	page.Chart = newWeekChart(page.frame, weeks[id])
	return s.render(w, status, "problem", page)
}

// Was gives what was typed into a field, or else a value.
func (p problemPage) Was(field, otherwise string) string {
	if p.Typed.Has(field) {
		return p.Typed.Get(field)
	}
	return otherwise
}

// Chosen says whether a guide is the chosen one of a form.
func (p problemPage) Chosen(field, slug string) bool { return p.Typed.Get(field) == slug }

// Open says whether a form is unfolded: what was typed into it was not taken.
func (p problemPage) Open(fields ...string) bool {
	return p.Fault != nil && slices.Contains(fields, p.Fault.Field)
}

// FixPath is where the guide of the remedy is worked on.
func (p problemPage) FixPath() string { return guidePath(p.Problem.Fix) }

// Older is the address of older cases.
func (p problemPage) Older() string {
	return fmt.Sprintf("%s?from=%d", problemPath(p.Problem.ID), p.From+len(p.Cases))
}

// problemStep runs a step and says so; done is the phrase and where to go on, "" the problem itself.
func (s *site) problemStep(step func(r *http.Request, a staff.Account, by knowledge.Editor, id int64) (said, to string, err error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		if err := r.ParseForm(); err != nil {
			return err
		}
		v := visitOf(r)
		said, to, err := step(r, v.account, s.editor(v), id)
		if to == "" {
			to = problemPath(id)
		}
		if errors.Is(err, handoff.ErrProblemState) {
			s.setFlash(w, flash{Key: "worklist.moved_on", Bad: true})
			return seeOther(w, r, problemPath(id))
		}
		if fault := asFault(err); fault != nil {
			return s.showProblem(w, r, fault)
		}
		if err != nil {
			return err
		}
		s.setFlash(w, flash{Key: "worklist." + said})
		return seeOther(w, r, to)
	}
}

func (s *site) nameProblem(r *http.Request, a staff.Account, _ knowledge.Editor, id int64) (string, string, error) {
	return "did_name", "", s.Worklist.NameProblem(r.Context(), a, id, r.PostFormValue("title"))
}

func (s *site) setAside(r *http.Request, a staff.Account, _ knowledge.Editor, id int64) (string, string, error) {
	return "did_aside", "/console/worklist", s.Worklist.SetAside(r.Context(), a, id, r.PostFormValue("aside-title"), r.PostFormValue("reason"))
}

func (s *site) reopenProblem(r *http.Request, a staff.Account, _ knowledge.Editor, id int64) (string, string, error) {
	return "did_reopen", "", s.Worklist.ReopenProblem(r.Context(), a, id)
}

func (s *site) mergeProblem(r *http.Request, a staff.Account, _ knowledge.Editor, id int64) (string, string, error) {
	into, err := strconv.ParseInt(strings.TrimLeft(strings.TrimSpace(r.PostFormValue("into")), "№ "), 10, 64)
	if err != nil {
		return "", "", &staff.Fault{Field: "into", Key: "worklist.fault_into"}
	}
	return "did_merge", problemPath(into), s.Worklist.Merge(r.Context(), a, id, into)
}

func (s *site) splitProblem(r *http.Request, a staff.Account, _ knowledge.Editor, id int64) (string, string, error) {
	var cases []int64
	for _, c := range r.PostForm["case"] {
		if n, err := strconv.ParseInt(c, 10, 64); err == nil {
			cases = append(cases, n)
		}
	}
	next, err := s.Worklist.Split(r.Context(), a, id, cases)
	return "did_split", problemPath(next), err
}

// draftGuide begins a new guide's draft and leads to its form.
func (s *site) draftGuide(r *http.Request, a staff.Account, by knowledge.Editor, id int64) (string, string, error) {
	slug := strings.TrimSpace(r.PostFormValue("slug"))
	if slug == "" {
		slug = slugOf(r.PostFormValue("guide-title"))
	}
	err := s.Worklist.BeginGuide(r.Context(), a, by, id, slug, r.PostFormValue("guide-title"))
	return "did_draft", guidePath(slug) + "/edit", err
}

func (s *site) mendGuide(r *http.Request, a staff.Account, by knowledge.Editor, id int64) (string, string, error) {
	slug, err := s.Worklist.MendGuide(r.Context(), a, by, id)
	return "did_mend", guidePath(slug) + "/edit", err
}

func (s *site) addSample(r *http.Request, a staff.Account, by knowledge.Editor, id int64) (string, string, error) {
	return "did_sample", "", s.Worklist.AddSample(r.Context(), a, by, id, chosenGuide(r, "sample-guide"), r.PostFormValue("question"))
}

func (s *site) addEverydayName(r *http.Request, a staff.Account, by knowledge.Editor, id int64) (string, string, error) {
	slug := chosenGuide(r, "name-guide")
	return "did_everyday", guidePath(slug), s.Worklist.AddEverydayName(r.Context(), a, by, id, slug, r.PostFormValue("name"))
}

// chosenGuide is the guide of a form: one from the list, or another by its slug.
func chosenGuide(r *http.Request, field string) string {
	if other := strings.TrimSpace(r.PostFormValue(field + "-other")); other != "" {
		return strings.Trim(strings.TrimPrefix(other, "/guides/"), "/")
	}
	return r.PostFormValue(field)
}

// guidePick is the part of a form that names a guide.
type guidePick struct {
	Page  problemPage
	Field string
}

// Which is the part of a form that names a guide.
func (p problemPage) Which(field string) guidePick { return guidePick{p, field} }
