package knowledge

import (
	"slices"
	"strings"
)

// Local is the door of a service in one municipality: where a guide holds for the whole country, but a town has its own site for it.
type Local struct {
	Municipality string              `json:"municipality"`     // as the places name it: «Столична»; with the district where two share the name: «Бяла, Варна»
	Link         string              `json:"link"`             // official address, on an allowed host; "" where it has none
	Contact      string              `json:"contact"`          // phone or e-mail; "" where not sure
	Office       string              `json:"office,omitempty"` // where its counter is: an address, a room, its hours
	Fee          map[Language]string `json:"fee,omitempty"`    // what it costs there, in words; nothing where it is as elsewhere
	Note         map[Language]string `json:"note"`             // a sentence on what differs there; nothing where nothing does
}

// In gives the note in a language, or else in Bulgarian.
func (l Local) In(language Language) string { return in(l.Note, language) }

// FeeIn gives what it costs there in a language, or else in Bulgarian; "" where it is as elsewhere.
func (l Local) FeeIn(language Language) string { return in(l.Fee, language) }

// line is all of it on one line.
func (l Local) line() string {
	facts := slices.DeleteFunc([]string{l.Municipality, l.Link, l.Contact, l.Office}, func(s string) bool { return s == "" })
	return inBoth(inBoth(strings.Join(facts, " · "), l.Fee), l.Note)
}

// parts names each of the things that line puts together: the same words elsewhere are another door.
func (l Local) parts() []string {
	all := []string{l.Municipality}
	for _, p := range [][2]string{{"link: ", l.Link}, {"contact: ", l.Contact}, {"office: ", l.Office}} {
		if p[1] != "" {
			all = append(all, p[0]+p[1])
		}
	}
	return parts(parts(all, "fee ", l.Fee), "", l.Note)
}

// Mark is a short mark of what the door says: see MarkOf.
func (l Local) Mark() string { return MarkOf(l.parts()...) }

// same says whether two doors may be of one municipality: by a name, by the same name and district, or by a name of which one door has the
// district and the other hasn't.
func (l Local) same(other Local) bool {
	_, district, divided := strings.Cut(l.Municipality, ",")
	_, elsewhere, both := strings.Cut(other.Municipality, ",")
	return l.Name() == other.Name() && (!divided || !both || strings.TrimSpace(district) == strings.TrimSpace(elsewhere))
}

// doorName writes a door's municipality in the one way: «Бяла ,Варна» is «Бяла, Варна». See doorNameSQL.
func doorName(name string) string {
	name, district, divided := strings.Cut(name, ",")
	if !divided {
		return strings.TrimSpace(name)
	}
	return strings.TrimSpace(name) + ", " + strings.TrimSpace(district)
}

// doorNameSQL is doorName of the door l in SQL, as the view guide_links has it.
const doorNameSQL = `regexp_replace(trim(l ->> 'municipality'), '\s*,\s*', ', ')`

// Name is the municipality's name without its district.
func (l Local) Name() string {
	name, _, _ := strings.Cut(l.Municipality, ",")
	return strings.TrimSpace(name)
}

// Serves says whether a place lies in the municipality.
func (l Local) Serves(p Place) bool {
	_, district, divided := strings.Cut(l.Municipality, ",")
	return l.Name() == p.Municipality && (!divided || strings.TrimSpace(district) == p.District)
}

// LocalAt gives the guide's door in the municipality of a place, and false where it has none there.
func (g Guide) LocalAt(p Place) (Local, bool) {
	for _, l := range g.Local {
		if l.Serves(p) {
			return l, true
		}
	}
	return Local{}, false
}

// Apart tells a guide from another that people call by the same everyday name («пик», «борса»).
type Apart struct {
	Slug string              `json:"slug"` // of the other
	How  map[Language]string `json:"how"`  // one sentence that a person can decide by
}

// In gives the sentence in a language, or else in Bulgarian.
func (a Apart) In(language Language) string { return in(a.How, language) }

func in(words map[Language]string, l Language) string {
	if w := words[l]; w != "" {
		return w
	}
	return words[Bulgarian]
}

// inLanguages is nil where nothing is said, so that what is read back is the same.
func inLanguages(bg, en string) map[Language]string {
	words := map[Language]string{}
	if bg != "" {
		words[Bulgarian] = bg
	}
	if en != "" {
		words[English] = en
	}
	if len(words) == 0 {
		return nil
	}
	return words
}
