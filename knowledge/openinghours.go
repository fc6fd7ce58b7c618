package knowledge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ParseOpeningHours reads OpenStreetMap's opening_hours (wiki.openstreetmap.org/wiki/Key:opening_hours/specification), the part of it in which libraries
// write: days and times, «off», «PH», «24/7», whole dates with a comment; a later rule replaces an earlier one for its days, one after a comma adds to it.
// Whatever else stands there (months, weeks, dates of every year, school holidays, sunrise, other comments, «||», open ends, times past midnight, a rule
// that may take back a date before it) is an error, never a guess: the hours stay unknown. Where PH is not named, official holidays are taken for closed
// days, as Bulgarian libraries keep them.
func ParseOpeningHours(text string) (*Hours, error) {
	text = strings.TrimSpace(text)
	if text == "24/7" {
		return ParseHours(text)
	}
	h := &Hours{}
	named := false
	for rule := range strings.SplitSeq(text, ";") {
		if m := datedRule.FindStringSubmatch(rule); m != nil {
			e, err := exceptionOf(m)
			if err != nil {
				return nil, err
			}
			if h.Exceptions = append(h.Exceptions, e); len(h.Exceptions) > mostExceptions {
				return nil, fmt.Errorf("повече от %d дати", mostExceptions)
			}
			continue
		}
		if odd := oddHours.FindString(rule); odd != "" {
			return nil, fmt.Errorf("не разбирам %q", strings.TrimSpace(odd))
		}
		for i, part := range splitRules(rule) {
			m := hoursRule.FindStringSubmatch(part)
			if m == nil {
				return nil, fmt.Errorf("не разбирам %q", strings.TrimSpace(part))
			}
			days, holidays, err := daysOf(m[1])
			if err != nil {
				return nil, err
			}
			times, err := timesOf(m[2])
			if err != nil {
				return nil, err
			}
			if len(h.Exceptions) > 0 && !(holidays && len(days)+len(times) == 0 && !slices.ContainsFunc(h.Exceptions, opens)) {
				// It may replace a date before it, where our dates always come first. Only «PH off» after closures changes nothing of them.
				return nil, fmt.Errorf("не разбирам правило след дата: %q", strings.TrimSpace(part))
			}
			if holidays && holidayDays.MatchString(part) { // «PH Mo-Fr 09:00-17:00»: only the holidays among these days
				if len(times) == 0 || slices.ContainsFunc(days, func(day int) bool { return !slices.Equal(h.Week[day], times) }) {
					return nil, fmt.Errorf("не разбирам часове само за празници: %q", strings.TrimSpace(part))
				}
				h.Holidays = true
				continue
			}
			for _, day := range days {
				if i > 0 { // after a comma
					times := append(slices.Clone(h.Week[day]), times...)
					slices.SortFunc(times, func(a, b Span) int { return a.From - b.From })
					h.Week[day] = times
				} else {
					h.Week[day] = times
				}
				if !validSpans(h.Week[day]) {
					return nil, fmt.Errorf("часовете се застъпват: %q", strings.TrimSpace(part))
				}
			}
			if holidays && len(times) > 0 {
				if len(days) == 0 { // «PH 10:00-14:00»: other hours on holidays, which we don't keep
					return nil, fmt.Errorf("не разбирам часове само за празници: %q", strings.TrimSpace(part))
				}
				h.Holidays = true
			}
			if holidays && len(times) == 0 {
				h.Holidays = false
			}
			named = named || len(days) > 0
		}
	}
	if !named {
		return nil, fmt.Errorf("няма дни и часове: %q", text)
	}
	return h, nil
}

var (
	oddHours    = regexp.MustCompile(`"|\|\||\+|\[|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|SH|week|easter|sunrise|sunset|dawn|dusk|unknown|20[0-9]{2})\b`)
	hoursRule   = regexp.MustCompile(`^\s*((?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:\s*-\s*(?:Mo|Tu|We|Th|Fr|Sa|Su))?\s*,?\s*)*):?\s*((?:[0-9]{1,2}[:.][0-9]{2}\s*-\s*[0-9]{1,2}[:.][0-9]{2}\s*,?\s*)+|off|closed)?\s*$`)
	holidayDays = regexp.MustCompile(`^\s*PH\s+(?:Mo|Tu|We|Th|Fr|Sa|Su)`)
	datedRule   = regexp.MustCompile(`^\s*(20[0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{1,2})(?:\s*-\s*(?:(?:(20[0-9]{2}) )?([A-Z][a-z]{2}) )?([0-9]{1,2}))?:?\s+` +
		`((?:[0-9]{1,2}[:.][0-9]{2}\s*-\s*[0-9]{1,2}[:.][0-9]{2}\s*,?\s*)+|off|closed)\s*(open)?\s*("[^"]*")?\s*$`)
	nextDay = regexp.MustCompile(`([0-9]{1,2}[:.][0-9]{2}|off|closed)\s*,\s*((?:Mo|Tu|We|Th|Fr|Sa|Su|PH)\b)`)
)

// splitRules parts rules that a comma joins, «Mo-Fr 09:00-17:00, Sa 10:00-14:00»: a day after a time begins another.
func splitRules(rule string) []string {
	parts := strings.Split(nextDay.ReplaceAllString(rule, "$1\x00$2"), "\x00")
	return slices.DeleteFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" })
}

// daysOf reads «Mo-Fr,Su» or «Mo,PH»; no days are all of them.
func daysOf(text string) (days []int, holidays bool, err error) {
	text = strings.TrimRight(strings.TrimSpace(text), ", :")
	if text == "" {
		return []int{0, 1, 2, 3, 4, 5, 6}, false, nil
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if part == "PH" {
			holidays = true
			continue
		}
		from, to, isRange := strings.Cut(part, "-")
		first, ok := weekday(strings.ToLower(from))
		last, ok2 := first, true
		if isRange {
			last, ok2 = weekday(strings.ToLower(to))
		}
		if !ok || !ok2 {
			return nil, false, fmt.Errorf("непознат ден: %q", part)
		}
		for day := first; ; day = (day + 1) % 7 {
			days = append(days, day)
			if day == last {
				break
			}
		}
	}
	return days, holidays, nil
}

// timesOf reads «09:00-12:00,13:00-17:00»; none for «off».
func timesOf(text string) (spans []Span, err error) {
	text = strings.TrimSpace(text)
	switch text {
	case "off", "closed":
		return nil, nil
	case "":
		return nil, fmt.Errorf("дни без часове")
	}
	for part := range strings.SplitSeq(strings.TrimRight(text, ", "), ",") {
		from, to, _ := strings.Cut(part, "-")
		span := Span{minuteOf(from), minuteOf(to)}
		if span.From < 0 || span.To < 0 || span.From >= span.To {
			return nil, fmt.Errorf("непознати часове: %q", strings.TrimSpace(part))
		}
		spans = append(spans, span)
	}
	if !validSpans(spans) {
		return nil, fmt.Errorf("часовете не са подред: %q", text)
	}
	return spans, nil
}

// exceptionOf reads a dated rule, «2026 Dec 24-2027 Jan 02 off "ремонт"», from what datedRule found in it.
func exceptionOf(m []string) (e Exception, err error) {
	year, month := m[1], m[2]
	if e.From, err = time.Parse("2006 Jan 2", year+" "+month+" "+m[3]); err != nil {
		return e, fmt.Errorf("непозната дата: %q", strings.TrimSpace(m[0]))
	}
	if e.To, e.Reason = e.From, tidyReason(strings.Trim(m[9], `"`)); utf8.RuneCountInString(e.Reason) > longestPointText {
		return e, fmt.Errorf("причината е по-дълга от %d знака", longestPointText)
	}
	if m[6] != "" {
		if e.To, err = time.Parse("2006 Jan 2", cmp.Or(m[4], year)+" "+cmp.Or(m[5], month)+" "+m[6]); err != nil || e.To.Before(e.From) {
			return e, fmt.Errorf("непозната дата: %q", strings.TrimSpace(m[0]))
		}
	}
	e.Spans, err = timesOf(m[7])
	if opens(e) && m[8] == "" && m[9] != "" { // a comment alone makes «unknown» of it
		return e, fmt.Errorf("не разбирам часове с бележка: %q", strings.TrimSpace(m[0]))
	}
	return e, err
}

func opens(e Exception) bool { return len(e.Spans) > 0 }

// FormatOpeningHours writes hours as OpenStreetMap's opening_hours, for ParseOpeningHours and other readers: «Mo-Fr 08:30-12:00,13:00-17:30; PH off;
// 2026 Dec 24-2026 Dec 31 off "ремонт"». Holidays that are working days are «PH Mo-Fr …», those that fall on these days. Nil gives "".
// A comment has no sign for a quote: there it is an apostrophe, and a date with one doesn't come back as it was.
func FormatOpeningHours(h *Hours) string {
	if h == nil {
		return ""
	}
	rules := h.weekRules([7]string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}, "-", openingTimes)
	if len(rules) == 0 {
		rules = []string{"Mo-Su off"}
	} else if h.Holidays {
		for _, rule := range slices.Clone(rules) {
			rules = append(rules, "PH "+rule)
		}
	}
	if !h.Holidays {
		rules = append(rules, "PH off")
	}
	const date = "2006 Jan 02"
	for _, e := range h.Exceptions {
		rule := e.From.Format(date)
		if !e.To.Equal(e.From) {
			rule += "-" + e.To.Format(date)
		}
		if len(e.Spans) == 0 {
			rule += " off"
		} else {
			rule += " " + openingTimes(e.Spans)
		}
		if e.Reason != "" {
			if len(e.Spans) > 0 {
				rule += " open" // a comment alone makes «unknown» of it
			}
			rule += ` "` + strings.NewReplacer(`"`, "'", ";", ",").Replace(e.Reason) + `"`
		}
		rules = append(rules, rule)
	}
	return strings.Join(rules, "; ")
}

func openingTimes(spans []Span) string {
	times := make([]string, len(spans))
	for i, s := range spans {
		times[i] = fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
	}
	return strings.Join(times, ",")
}
