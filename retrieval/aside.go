package retrieval

import (
	"slices"
	"strings"
	"unicode"

	"orientir/knowledge"
)

// Field is the part of a guide that a question asks for: what an answer leads with.
type Field string

// The fields; "" asks for none. FieldState is how the person's own file stands.
const (
	FieldFee            Field = "fee"
	FieldTime           Field = "time"
	FieldNeeded         Field = "needed"
	FieldIdentification Field = "identification"
	FieldDeadline       Field = "deadline"
	FieldSteps          Field = "steps"
	FieldContact        Field = "contact"
	FieldLink           Field = "link"
	FieldWhere          Field = "where"
	FieldExceptions     Field = "exceptions"
	FieldWho            Field = "who"
	FieldState          Field = "state"
)

// aside is what a message says beside its subject. rules/aside.txt recognises it.
type aside struct {
	field       Field
	audience    knowledge.Audience // for whom the person asks; "" where it isn't said
	forgetPlace bool
	goesOn      bool     // begins as what goes on does: «а», «и», «ами»
	supposes    bool     // goes on with a case: «а ако …»
	leansBack   bool     // begins with a preposition, as half a question does: «за дете?», «без подпис»
	rest        []string // stems of its subject
	measures    bool     // speaks of an amount or a period: «месечната», «отстъпка»
	caseOnly    bool     // rest is a person, an age, a measure or a condition, said as such: «за бебе», «без лихва», «месечната»
}

// aside reads a message beside its subject.
func (r rules) aside(a Analysis) aside {
	var s aside
	var fits, cases, measures []rule
	in := a.firstLetters()
	for _, one := range r.asides {
		switch {
		case one.name == "field" && s.field != "", one.name == "audience" && s.audience != "":
			continue
		case one.name == "light":
			fits = append(fits, one)
			continue
		case one.name == "case":
			cases = append(cases, one)
			continue
		case one.name == "measure":
			measures = append(measures, one)
			continue
		case one.name == "calm", one.name == "courtesy", !one.match(a, in):
			continue
		}
		if one.topic != string(FieldState) { // its words are what the file is about
			fits = append(fits, one)
		}
		switch one.name {
		case "field":
			s.field = Field(one.topic)
		case "audience":
			s.audience = knowledge.Audience(one.topic)
		case "place":
			s.forgetPlace = true
		}
	}
	if len(a.Terms) > 0 {
		s.goesOn, s.leansBack = begins(a, goingOn), begins(a, leaningBack)
		s.supposes = s.goesOn && len(a.Terms) > 1 && a.holds("ако", "if", "если", "якщо")
	}
	named, others, joined := false, false, false // a case or measure; a subject of its own; a preposition
	for _, t := range a.Terms {
		if joined = joined || joining[t.Word] || joining[t.Typed]; t.Stop || aboutAny[t.Stem] || t.among(fits) {
			continue
		}
		s.rest = append(s.rest, t.Stem)
		switch {
		case t.among(measures):
			named, s.measures = true, true
		case joined && t.among(cases):
			named = true
		case !isNumber(t.Typed):
			others = true
		}
	}
	s.caseOnly = named && !others
	return s
}

// among tells whether a term is one of the words that these rules look for.
func (t Term) among(rules []rule) bool {
	return slices.ContainsFunc(rules, func(one rule) bool { return one.has(t) })
}

func isNumber(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) })
}

// calm tells that a message speaks of an office's things.
func (r rules) calm(a Analysis) bool {
	in := a.firstLetters()
	return slices.ContainsFunc(r.asides, func(one rule) bool { return one.name == "calm" && one.match(a, in) })
}

// has tells whether a term is one of the words that the rule looks for.
func (r rule) has(t Term) bool {
	return slices.ContainsFunc(r.all, func(either []ruleWord) bool { return slices.ContainsFunc(either, t.fits) })
}

// What goes on begins with a conjunction; half a question begins with a preposition, and may be a subject of its own.
var (
	goingOn     = set("а ами ама и но или and but or або что що")
	leaningBack = set("за без с със от по при ако през на до като for without with from if as для если якщо від")
	joining     = set("за без с със при до под над на като for without with under over as для")
)

// begins tells whether the first word is one of these. An English article is not the Latin spelling of «а».
func begins(a Analysis, words map[string]bool) bool {
	first := a.Terms[0]
	if a.Language == "en" {
		if first.Typed == "what" && len(a.Terms) > 1 && (a.Terms[1].Typed == "about" || a.Terms[1].Typed == "if") {
			return words["and"]
		}
		return first.Typed != "a" && words[first.Typed]
	}
	return words[first.Word] || words[first.Typed]
}

// without drops the words of a place's name from the subject: «в Пловдив» is no subject of its own.
func (s aside) without(a Analysis, p knowledge.Place) aside {
	var names []string
	for _, name := range []string{p.Name, p.Municipality, p.District} {
		for word := range strings.FieldsSeq(strings.ToLower(name)) {
			names = append(names, Skeleton(word))
		}
	}
	named := map[string]bool{}
	for _, t := range a.Terms {
		for _, form := range []string{Skeleton(t.Typed), Skeleton(t.Word)} {
			if slices.ContainsFunc(names, func(name string) bool { return alike(form, name) }) {
				named[t.Stem] = true
			}
		}
	}
	s.rest = slices.DeleteFunc(slices.Clone(s.rest), func(stem string) bool { return named[stem] })
	return s
}

// alike tells whether a typed word may be a name: the same, or long and a letter apart.
func alike(typed, name string) bool {
	if typed == name {
		return true
	}
	x, y := []rune(typed), []rune(name)
	if len(x) < 4 || len(y) < 4 || len(x)-len(y) > 1 || len(y)-len(x) > 1 {
		return false
	}
	start := 0
	for start < min(len(x), len(y)) && x[start] == y[start] {
		start++
	}
	end := 0
	for end < min(len(x), len(y))-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	return max(len(x), len(y))-start-end <= 1 || // one letter wrong, missing or too many
		len(x) == len(y) && len(x)-start-end == 2 && x[start] == y[start+1] && x[start+1] == y[start] // two swapped
}
