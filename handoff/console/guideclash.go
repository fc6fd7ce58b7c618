package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"orientir/bot"
	"orientir/knowledge"
)

// guideClash shows two editors' changes beside each other. What was typed is carried along, so that nothing of it is lost.
type guideClash struct {
	frame
	Slug   string
	Name   string
	What   string // who saved what, in words
	Theirs string // the heading over what is kept now
	Both   []clashField
	One    []clashField
	Hidden []hiddenField
	Draft  knowledge.Draft // as it is kept now
	Was    string          // marks of the fields as the form was made of them: they stay, so that a field that both changed is still one of both
	Wrong  bool            // a choice was left out
}

// clashField is a field in which what was typed and what is kept differ.
type clashField struct {
	Field, Label string
	Mine, Theirs []knowledge.Part // marked where they differ
	Take         string           // mine or theirs; "" where both changed it and nothing is chosen yet
}

// hiddenField is one of the form's values.
type hiddenField struct{ Name, Value string }

// clashChoice is a field to choose, with the words around it.
type clashChoice struct {
	clashField
	frame
	Heading string // over what is kept now
}

// clashWords is one value of a field, and what stands there where it is empty.
type clashWords struct {
	Parts   []knowledge.Part
	Nothing string
}

// Choice is a field for the template that draws it.
func (p guideClash) Choice(c clashField) clashChoice { return clashChoice{c, p.frame, p.Theirs} }

// MyWords and TheirWords are both values of the field.
func (c clashChoice) MyWords() clashWords    { return clashWords{c.Mine, c.F("clash_nothing")} }
func (c clashChoice) TheirWords() clashWords { return clashWords{c.Theirs, c.F("clash_nothing")} }

// Anchor is the field's id.
func (c clashField) Anchor() string { return "take-" + fieldID(c.Field) }

// showGuideClash tells what somebody else saved while the form was open, beside what was typed.
func (s *site) showGuideClash(w http.ResponseWriter, r *http.Request, o opened, mine knowledge.Draft) error {
	page := guideClash{frame: s.frame(w, r, "guides_title"), Slug: o.draft.Slug, Name: guideTitle(mine.Guide), Draft: o.draft, Was: r.PostForm.Get("was")}
	page.Title = page.F("clash_title") + " – " + page.Name
	page.Back = guidePath(page.Slug) + "/edit"
	by, at := o.draft.ChangedBy, o.draft.ChangedAt
	if o.draft.Revision == 0 {
		by, at = o.draft.Guide.PublishedBy, o.draft.Guide.PublishedAt
	}
	name, err := s.staffName(r, by)
	if err != nil {
		return err
	}
	page.Theirs = page.F("clash_theirs_somebody")
	switch {
	case by == actor(r):
		page.What = page.F("clash_saved_you", page.When(at))
	case name == "":
		page.What = page.F("clash_saved_somebody", page.When(at))
	default:
		page.What, page.Theirs = page.F("clash_saved", name, page.When(at)), page.F("clash_theirs", name)
	}
	switch {
	case o.draft.Revision == 0 && o.live > mine.Base:
		page.What = page.F("clash_published", o.live)
	case o.draft.Revision == 0:
		page.What, page.Theirs = page.F("clash_dropped"), page.F("clash_theirs_somebody")
	}
	if mine.Guide, err = s.ownPart(r, o.draft.Guide, mine.Guide); err != nil {
		return err
	}
	titles, err := s.clashTitles(r, o.draft.Guide, mine.Guide)
	if err != nil {
		return err
	}
	was := readMarks(r.PostForm.Get("was"))
	for _, field := range draftChanges(o.draft, mine) {
		c := page.frame.clashField(field, o.draft, mine, titles)
		c.Take = whoChanged(field, was, o.draft, mine)
		if chosen := r.PostForm.Get("take:" + field); chosen != "" {
			c.Take = chosen
		}
		if whoChanged(field, was, o.draft, mine) == "" {
			page.Both = append(page.Both, c)
		} else {
			page.One = append(page.One, c)
		}
	}
	for _, n := range sortedKeys(r.PostForm) {
		if n == "do" || n == "revision" || n == "base" || n == "was" || strings.HasPrefix(n, "take:") {
			continue
		}
		for _, v := range r.PostForm[n] {
			page.Hidden = append(page.Hidden, hiddenField{n, v})
		}
	}
	page.Wrong = strings.HasPrefix(r.PostForm.Get("do"), "merge")
	return s.render(w, http.StatusConflict, "guideclash", page)
}

func sortedKeys(values url.Values) []string {
	var names []string
	for n := range values {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func readMarks(text string) map[string]string {
	marks := map[string]string{}
	if json.Unmarshal([]byte(text), &marks) != nil {
		return nil
	}
	return marks
}

// whoChanged says whose change of a field stands alone: mine or theirs; "" where both changed it, or nobody can tell.
func whoChanged(field string, was map[string]string, theirs, mine knowledge.Draft) string {
	mark := func(d knowledge.Draft) string { return readMarks(marksOf(d))[field] }
	before, known := was[field]
	switch {
	case !known:
		return ""
	case before == mark(theirs):
		return "mine"
	case before == mark(mine):
		return "theirs"
	}
	return ""
}

// clashTitles names the guides that either points at.
func (s *site) clashTitles(r *http.Request, a, b knowledge.Guide) (map[string]string, error) {
	titles, err := s.titlesIn(r, a)
	if err != nil {
		return nil, err
	}
	more, err := s.titlesIn(r, b)
	for slug, title := range more {
		titles[slug] = title
	}
	return titles, err
}

// clashField lays both values of a field beside each other, each on lines of its own where it is a list.
func (f frame) clashField(field string, theirs, mine knowledge.Draft, titles map[string]string) clashField {
	a, b := f.fieldLines(field, theirs, mine, titles)
	c := clashField{Field: field, Label: f.formLabel(field)}
	for _, p := range knowledge.Words(strings.Join(a, "\n"), strings.Join(b, "\n")) {
		if p.Before {
			c.Theirs = append(c.Theirs, p)
		}
		if p.After {
			c.Mine = append(c.Mine, p)
		}
	}
	return c
}

// fieldLines are both values of a field as people read them.
func (f frame) fieldLines(field string, theirs, mine knowledge.Draft, titles map[string]string) (a, b []string) {
	switch field {
	case "why":
		return []string{theirs.Guide.Why}, []string{mine.Guide.Why}
	case "notes":
		return []string{theirs.Notes}, []string{mine.Notes}
	}
	for _, c := range knowledge.Diff(theirs.Guide, mine.Guide) {
		if c.Field == field {
			a, b = c.Before, c.After
		}
	}
	words := func(list []string) []string {
		out := slices.Clone(list)
		for i, v := range out {
			switch field {
			case "audience", "status":
				out[i] = f.F(field + "_" + v)
			case "identification":
				out[i] = bot.MeansWords(knowledge.Means(v), f.Language)
			case "related", "replaced_by":
				if titles[v] != "" {
					out[i] = titles[v]
				}
			case "apart":
				slug, rest, _ := strings.Cut(v, " · ")
				if titles[slug] != "" {
					out[i] = titles[slug] + " · " + rest
				}
			}
		}
		return out
	}
	return words(a), words(b)
}

// mergeGuide puts the chosen fields of both editors together. do is «merge» where each was chosen, «mine» or «theirs» for all.
func (s *site) mergeGuide(w http.ResponseWriter, r *http.Request, do string) error {
	o, err := s.openGuide(r)
	if err != nil {
		return err
	}
	mine, err := s.typedGuide(r, r.PostForm, o.draft)
	if err != nil {
		return err
	}
	if mine.Revision != o.draft.Revision || mine.Base != o.draft.Base { // a third change
		return s.showGuideClash(w, r, o, mine)
	}
	if mine.Guide, err = s.ownPart(r, o.draft.Guide, mine.Guide); err != nil {
		return err
	}
	merged := o.draft
	for _, field := range draftChanges(o.draft, mine) {
		take := do
		if do == "merge" {
			take = r.PostForm.Get("take:" + field)
		}
		switch take {
		case "mine":
			merged = takeField(merged, mine, field)
		case "theirs":
		default: // nothing was chosen: nobody chooses for them
			return s.showGuideClash(w, r, o, mine)
		}
	}
	if len(draftChanges(o.draft, merged)) > 0 {
		_, err = s.keepGuide(r, o.draft, merged)
		var fault *knowledge.Fault
		switch {
		case errors.Is(err, knowledge.ErrStaleDraft):
			if o, err = s.openGuide(r); err != nil {
				return err
			}
			return s.showGuideClash(w, r, o, mine)
		case errors.As(err, &fault):
			return s.refuseGuide(w, r, merged, o.live, fault)
		case err != nil:
			return err
		}
	}
	s.setFlash(w, flash{Key: "form.clash_done"})
	return seeOther(w, r, guidePath(o.draft.Slug)+"/edit")
}

// ownPart leaves of what was typed only what is the visitor's to change: a municipality's editor who opened the form before a colleague
// saved has the old words in all the other fields.
func (s *site) ownPart(r *http.Request, kept, typed knowledge.Guide) (knowledge.Guide, error) {
	code := visitOf(r).account.Municipality
	if code == "" {
		return typed, nil
	}
	m, ok, err := s.Knowledge.Municipality(r.Context(), code)
	if err != nil || !ok { // of no municipality: nothing is theirs, as saving says
		return typed, err
	}
	return m.Take(kept, typed), nil
}

// takeField puts one field of another draft into a draft.
func takeField(d, from knowledge.Draft, field string) knowledge.Draft {
	switch field {
	case "why":
		d.Guide.Why = from.Guide.Why
	case "notes":
		d.Notes = from.Notes
	default:
		d.Guide = d.Guide.Take(from.Guide, field)
	}
	return d
}
