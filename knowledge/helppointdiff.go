package knowledge

import "time"

// Difference is a field in which two records of a help point differ, as files write it: «пон–пет 9:00–17:30».
type Difference struct {
	Field  string `json:"field"` // name, address, phone, email, site, position, hours, exceptions, offers, languages…
	Before string `json:"before"`
	After  string `json:"after"`
}

// Differences tells in which fields two records differ, in the order of a form. Only these fields are compared; none named compares all.
func Differences(before, after HelpPoint, fields ...string) []Difference {
	var list []Difference
	for _, f := range pointFields {
		named := len(fields) == 0
		for _, name := range fields {
			named = named || name == f.name
		}
		if a, b := f.text(before), f.text(after); named && a != b {
			list = append(list, Difference{f.name, a, b})
		}
	}
	return list
}

// Seen is a help point as it stands at a time: open or not, until when. It says nothing of a distance.
func (h HelpPoint) Seen(at time.Time) Nearby {
	n := h.seen(h.Place.at(), at)
	n.DistanceM = nil
	return n
}

// ParseClock reads a time of day as people type it, «9», «9:30», «09.30» or «24:00», in minutes since midnight; false where it is none.
func ParseClock(text string) (minute int, ok bool) {
	minute = minuteOf(text)
	return minute, minute >= 0
}

// FormatSpans writes the hours of one day, «9:00–12:00, 13:00–17:30».
func FormatSpans(spans []Span) string { return formatSpans(spans) }

// ParseSpans reads what FormatSpans writes.
func ParseSpans(text string) ([]Span, error) {
	h, err := ParseHours("пн " + text)
	if err != nil {
		return nil, err
	}
	return h.Week[0], nil
}
