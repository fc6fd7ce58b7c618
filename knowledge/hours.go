package knowledge

import (
	"sync"
	"time"
	_ "time/tzdata" // a server without zone files would reckon in the wrong zone
)

// sofia gives the zone that all opening hours are in, read once: a search asks for it thousands of times.
var sofia = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		panic(err) // the zone data is compiled in
	}
	return zone
})

// searchDays is how far NextOpen looks ahead. A place closed for longer gives no time: people should call.
const searchDays = 60

// OpenAt says whether it is open at t. A span ends before its last minute: until 17:00 means closed at 17:00.
func (h *Hours) OpenAt(t time.Time) bool {
	_, ok := h.ClosesAt(t)
	return ok
}

// ClosesAt tells when the span that t falls into ends, and false where it is closed at t.
// A span up to midnight runs on into a span from midnight the next day.
func (h *Hours) ClosesAt(t time.Time) (time.Time, bool) {
	if h == nil {
		return time.Time{}, false
	}
	t = t.In(sofia())
	day := midnight(t)
	for _, s := range h.on(day) {
		from, to := clock(day, s.From), clock(day, s.To)
		if t.Before(from) || !t.Before(to) {
			continue
		}
		for i := 0; s.To == minutesPerDay && i < searchDays; i++ { // open past midnight
			day = day.AddDate(0, 0, 1)
			next := h.on(day)
			if len(next) == 0 || next[0].From != 0 {
				break
			}
			s = next[0]
			to = clock(day, s.To)
		}
		return to, true
	}
	return time.Time{}, false
}

// NextOpen tells when it opens next after t, where it is closed at t. It is false where it is open at t or
// doesn't open within 60 days.
func (h *Hours) NextOpen(t time.Time) (time.Time, bool) {
	if h == nil || h.OpenAt(t) {
		return time.Time{}, false
	}
	day := midnight(t.In(sofia()))
	for range searchDays {
		for _, s := range h.on(day) {
			if from := clock(day, s.From); from.After(t) {
				return from, true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// On gives the hours of one day: those of the last exception that covers it, else none on an official holiday
// (unless holidays are working days here), else those of the weekday.
func (h *Hours) On(t time.Time) []Span {
	if h == nil {
		return nil
	}
	return h.on(midnight(t.In(sofia())))
}

func (h *Hours) on(day time.Time) []Span {
	if e := h.exception(day); e != nil {
		return e.Spans
	}
	if _, holiday := Holiday(day); holiday && !h.Holidays {
		return nil
	}
	return h.Week[(int(day.Weekday())+6)%7]
}

// exception gives the last exception that covers a day; nil where none does.
func (h *Hours) exception(day time.Time) *Exception {
	if len(h.Exceptions) == 0 {
		return nil
	}
	date := dateNumber(day)
	for i := len(h.Exceptions) - 1; i >= 0; i-- {
		if e := &h.Exceptions[i]; dateNumber(e.From) <= date && date <= dateNumber(e.To) {
			return e
		}
	}
	return nil
}

// dateNumber orders dates, whatever their zones and times of day.
func dateNumber(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// closure gives the exception that keeps a whole day closed; nil where none does.
func (h *Hours) closure(t time.Time) *Exception {
	if e := h.exception(t.In(sofia())); e != nil && len(e.Spans) == 0 {
		return e
	}
	return nil
}

// DayOff says whether an official holiday closes a day that the week has hours for, and which holiday it is. Unknown hours say nothing.
func (h *Hours) DayOff(t time.Time) (holiday string, off bool) {
	if h == nil || h.Holidays {
		return "", false
	}
	day := midnight(t.In(sofia()))
	name, ok := Holiday(day)
	if !ok || h.exception(day) != nil || len(h.Week[(int(day.Weekday())+6)%7]) == 0 {
		return "", false
	}
	return name, true
}

const minutesPerDay = 24 * 60

// midnight gives the start of t's day; the time of day that a clock shows is reckoned from the date, so days of 23 and 25 hours are right.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func clock(day time.Time, minute int) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, day.Location())
	if minute < minutesPerDay && t.Hour()*60+t.Minute() != minute { // in the hour that is left out in March: from when the clock shows it
		t, _ = t.ZoneBounds()
	}
	return t
}
