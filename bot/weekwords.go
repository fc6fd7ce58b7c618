package bot

import (
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// WeekLine is one or several days of the week with their hours in words: «понеделник – петък», «9:00–17:30 ч.».
type WeekLine struct{ Day, Hours string }

// WeekWords writes the hours of a week, neighbouring days of the same hours on one line; nothing where they are unknown.
func WeekWords(h *knowledge.Hours, language string) (list []WeekLine) {
	if h == nil {
		return nil
	}
	names := strings.Split(i18n.T(language, "library.weekdays"), "|")
	for day := 0; day < 7; {
		last, words := day, SpanWords(h.Week[day], language)
		for last < 6 && SpanWords(h.Week[last+1], language) == words {
			last++
		}
		name := names[day]
		if last > day {
			name = i18n.T(language, "library.day_to_day", names[day], names[last])
		}
		list = append(list, WeekLine{name, words})
		day = last + 1
	}
	return list
}

// SpanWords writes the hours of one day, «9:00–12:00, 13:00–17:30 ч.»; «затворено» where there are none.
func SpanWords(spans []knowledge.Span, language string) string {
	if len(spans) == 0 {
		return i18n.T(language, "library.closed")
	}
	return i18n.T(language, "library.hours", knowledge.FormatSpans(spans))
}

// ExceptionWords writes on which days an exception holds, «24 декември 2026 г. – 2 януари 2027 г.».
func ExceptionWords(e knowledge.Exception, language string) string {
	if e.From.Equal(e.To) {
		return DateWords(e.From, language)
	}
	return i18n.T(language, "library.date_to_date", DateWords(e.From, language), DateWords(e.To, language))
}

// ExceptionsToCome are those that have not passed by the day that now shows.
func ExceptionsToCome(h *knowledge.Hours, now time.Time) (out []knowledge.Exception) {
	if h == nil {
		return nil
	}
	today := now.Format(time.DateOnly)
	for _, e := range h.Exceptions {
		if e.To.Format(time.DateOnly) >= today {
			out = append(out, e)
		}
	}
	return out
}
