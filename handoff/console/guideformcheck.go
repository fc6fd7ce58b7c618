package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// formSaid is one thing that the check says of a field.
type formSaid struct {
	Level string // empty, must or should
	Words string // what to do
	Field string // as the form names it
	Label string // the field, in words
}

// formCheck is what the check says of a guide.
type formCheck struct {
	frame
	Said    []formSaid
	Reading []formReading
}

// formReading is how hard a text is to read.
type formReading struct {
	Language  string
	Words     string
	Bad       bool
	LIX, Most float64
}

// at is what is said of one field.
func (c formCheck) at(field string) (list []formSaid) {
	for _, s := range c.Said {
		if s.Field == field {
			list = append(list, s)
		}
	}
	return list
}

// Of is what is said at one level.
func (c formCheck) Of(level string) (list []formSaid) {
	for _, s := range c.Said {
		if s.Level == level {
			list = append(list, s)
		}
	}
	return list
}

// HardToRead says whether a text is too hard to read.
func (c formCheck) HardToRead() bool {
	return slices.ContainsFunc(c.Reading, func(r formReading) bool { return r.Bad })
}

// Levels are the levels at which something is said, the worst first.
func (c formCheck) Levels() (list []string) {
	for _, level := range []string{"must", "empty", "should"} {
		if len(c.Of(level)) > 0 {
			list = append(list, level)
		}
	}
	return list
}

// Anchor is where the field stands in the form.
func (s formSaid) Anchor() string {
	switch s.Field {
	case "text.bg", "text.en":
		return "reading"
	}
	return fieldID(s.Field)
}

// checkGuide runs the check that stands before publishing, and puts what it found into words. The same is not said twice of a field.
func (s *site) checkGuide(r *http.Request, f frame, g knowledge.Guide) (formCheck, error) {
	found, err := s.Knowledge.CheckGuide(r.Context(), g, s.today())
	if err != nil {
		return formCheck{}, err
	}
	var slugs []string
	for _, one := range found {
		for _, a := range one.Args {
			if slug, ok := a.(string); ok {
				slugs = append(slugs, slug)
			}
		}
	}
	names, err := s.Knowledge.GuideNames(r.Context(), slugs...)
	if err != nil {
		return formCheck{}, err
	}
	c := formCheck{frame: f}
	order := formOrder()
	for _, one := range found {
		said := f.said(one, g, names)
		if !slices.Contains(c.Said, said) {
			c.Said = append(c.Said, said)
		}
	}
	slices.SortStableFunc(c.Said, func(a, b formSaid) int { return order[a.Field] - order[b.Field] })
	for _, l := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
		c.Reading = append(c.Reading, f.reading(g, l))
	}
	return c, nil
}

// reading measures a text.
func (f frame) reading(g knowledge.Guide, l knowledge.Language) formReading {
	name := f.F("bulgarian")
	if l == knowledge.English {
		name = f.F("english")
	}
	r := formReading{Language: string(l), LIX: g.Text[l].Reading().LIX(), Most: knowledge.PlainLIX(l)}
	switch {
	case r.LIX == 0:
		r.Words = name + ": " + f.F("reading_none")
	case r.LIX > r.Most:
		r.Bad, r.Words = true, f.F("reading_bad", name, r.LIX, r.Most)
	default:
		r.Words = f.F("reading_good", name, r.LIX, r.Most)
	}
	return r
}

// formOrder gives each field's place in the form, text.bg and text.en before all.
func formOrder() map[string]int {
	order := map[string]int{"text.bg": -2, "text.en": -1}
	n := 0
	for _, section := range formSections(frame{}, knowledge.Draft{}, nil, formCheck{}, "") {
		for _, p := range section.Parts {
			for _, field := range []string{p.Name, "text.bg." + p.Name, "text.en." + p.Name} {
				order[field] = n
				n++
			}
		}
	}
	return order
}

// said puts a finding into words that say what to do. Guides are called by their names.
func (f frame) said(one knowledge.Finding, g knowledge.Guide, names map[string]knowledge.GuideName) formSaid {
	out := formSaid{Level: "should", Field: formField(one.Field), Label: f.formLabel(one.Field)}
	if one.Must {
		out.Level = "must"
	}
	key := "say_" + one.Key
	switch {
	case one.Key == "empty" && emptyItem(one.Field, g):
		key = "say_empty_item"
	case one.Key == "empty":
		out.Level = "empty"
	case one.Key == "no_review":
		out.Level = "empty"
	case one.Key == "host" && fmt.Sprint(one.Args...) == "":
		key, out.Level = "say_host_empty", "empty"
	case one.Key == "choice" && fmt.Sprint(one.Args...) == "":
		out.Level = "empty"
	}
	_, last, _ := strings.Cut(strings.TrimPrefix(one.Field, "text."), ".")
	for _, name := range []string{last, out.Field} {
		if special := key + "_" + strings.ReplaceAll(name, ".", "_"); name != "" && i18n.Has(f.Language, "form."+special) {
			key = special
		}
	}
	args := slices.Clone(one.Args)
	for i, a := range args {
		if slug, ok := a.(string); ok && names[slug].Title != "" && (one.Rule == "slug" || one.Key == "name_taken" && i == 1 || one.Key == "apart_english") {
			args[i] = names[slug].Title
		}
	}
	if out.Words = f.F(key); strings.Contains(out.Words, "%") {
		out.Words = strings.TrimSpace(f.F(key, args...))
	}
	return out
}

// formField is the form's name of a field that the check names: «apart.how» is among «apart».
func formField(field string) string {
	if field == "text" {
		return "text.bg"
	}
	if strings.HasPrefix(field, "text.") {
		return field
	}
	list, _, _ := strings.Cut(field, ".")
	return list
}

// formLabel is what a field is called, with its language.
func (f frame) formLabel(field string) string {
	field = formField(field)
	rest, isText := strings.CutPrefix(field, "text.")
	if !isText {
		return f.F("f_" + field)
	}
	language, name, _ := strings.Cut(rest, ".")
	label := f.F("f_text")
	if name != "" {
		label = f.F("f_" + name)
	}
	if language == "en" {
		return f.F("in_english", label)
	}
	return f.F("in_bulgarian", label)
}

// emptyItem says that it is one row of a list that is empty, not the whole.
func emptyItem(field string, g knowledge.Guide) bool {
	rest, isText := strings.CutPrefix(field, "text.")
	if !isText {
		return false
	}
	language, name, _ := strings.Cut(rest, ".")
	t := g.Text[knowledge.Language(language)]
	return len(map[string][]string{"exceptions": t.Exceptions, "steps": t.Steps, "needed": t.Needed, "deadlines": t.Deadlines, "good_to_know": t.GoodToKnow}[name]) > 0
}
