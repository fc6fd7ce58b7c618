package knowledge

import (
	"slices"
	"strings"
)

// pointField is one part of a help point that people and files state. text is how it is compared and reported, "" where unknown.
type pointField struct {
	name string
	text func(h HelpPoint) string
	copy func(to *HelpPoint, from HelpPoint)
}

// pointFields are all of them, in the order of a form. A field's name is the column of files and what Own holds.
var pointFields = []pointField{
	{"name", func(h HelpPoint) string { return h.Name }, func(to *HelpPoint, from HelpPoint) { to.Name = from.Name }},
	{"kind", func(h HelpPoint) string { return string(h.Kind) }, func(to *HelpPoint, from HelpPoint) { to.Kind = from.Kind }},
	{"branch_of", func(h HelpPoint) string { return h.BranchOf }, func(to *HelpPoint, from HelpPoint) { to.BranchOf = from.BranchOf }},
	{"ekatte", func(h HelpPoint) string { return h.Ekatte }, func(to *HelpPoint, from HelpPoint) { to.Ekatte, to.Place = from.Ekatte, from.Place }},
	{"address", func(h HelpPoint) string { return h.Address }, func(to *HelpPoint, from HelpPoint) { to.Address = from.Address }},
	{"phone", func(h HelpPoint) string { return joinPhones(h.Phones) }, func(to *HelpPoint, from HelpPoint) { to.Phones = from.Phones }},
	{"email", func(h HelpPoint) string { return h.Email }, func(to *HelpPoint, from HelpPoint) { to.Email = from.Email }},
	{"site", func(h HelpPoint) string { return h.Site }, func(to *HelpPoint, from HelpPoint) { to.Site = from.Site }},
	{"position", positionText, func(to *HelpPoint, from HelpPoint) { to.Position, to.Accuracy = from.Position, from.Accuracy }},
	{"hours", weekText, func(to *HelpPoint, from HelpPoint) { to.Hours = mixedHours(from.Hours, to.Hours) }},
	{"exceptions", exceptionsText, func(to *HelpPoint, from HelpPoint) { to.Hours = mixedHours(to.Hours, from.Hours) }},
	{"offers", func(h HelpPoint) string { return setText(h.Offers) }, func(to *HelpPoint, from HelpPoint) { to.Offers = from.Offers }},
	{"languages", func(h HelpPoint) string { return setText(h.Languages) }, func(to *HelpPoint, from HelpPoint) { to.Languages = from.Languages }},
	{"source", func(h HelpPoint) string { return h.Source }, func(to *HelpPoint, from HelpPoint) { to.Source = from.Source }},
}

func positionText(h HelpPoint) string {
	if h.Position == nil {
		return ""
	}
	return degrees(h.Position.Lat) + ", " + degrees(h.Position.Lon) + " (" + string(h.accuracy()) + ")"
}

func weekText(h HelpPoint) string {
	text := h.Hours.String()
	if text != "" && h.Hours.Holidays {
		text += "; работи на празници"
	}
	return text
}

func exceptionsText(h HelpPoint) string {
	if h.Hours == nil {
		return ""
	}
	return FormatExceptions(h.Hours.Exceptions)
}

// mixedHours gives the week of one and the exceptions of the other; unknown without a week.
func mixedHours(week, exceptions *Hours) *Hours {
	if week == nil {
		return nil
	}
	mixed := *week
	mixed.Exceptions = nil
	if exceptions != nil {
		mixed.Exceptions = exceptions.Exceptions
	}
	return &mixed
}

// setText writes a list whose order says nothing.
func setText(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(list, "; ")
}

// changedFields are the names of the fields in which two help points differ.
func changedFields(a, b HelpPoint) (names []string) {
	for _, f := range pointFields {
		if f.text(a) != f.text(b) {
			names = append(names, f.name)
		}
	}
	return names
}

// statedFields are the names of the fields that are known.
func statedFields(h HelpPoint) (names []string) {
	for _, f := range pointFields {
		if f.text(h) != "" {
			names = append(names, f.name)
		}
	}
	return names
}

// united is the union of two lists of names, sorted.
func united(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return filled(slices.Compact(all))
}
