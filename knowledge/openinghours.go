package knowledge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ParseOpeningHours reads OpenStreetMap's opening_hours (wiki.openstreetmap.org/wiki/Key:opening_hours/specification), the part of it in which libraries
// write: days and times, «off», «PH», «24/7»; a later rule replaces an earlier one for its days, one after a comma adds to it. Whatever else stands there
// (months, weeks, dates, school holidays, sunrise, comments, «||», open ends, times past midnight) is an error, never a guess: the hours stay unknown.
// Where PH is not named, official holidays are taken for closed days, as Bulgarian libraries keep them.
func ParseOpeningHours(text string) (*Hours, error) {
	text = strings.TrimSpace(text)
	if text == "24/7" {
		return ParseHours(text)
	}
	if odd := oddHours.FindString(text); odd != "" {
		return nil, fmt.Errorf("не разбирам %q", strings.TrimSpace(odd))
	}
	h := &Hours{}
	named := false
	for rule := range strings.SplitSeq(text, ";") {
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
	oddHours  = regexp.MustCompile(`"|\|\||\+|\[|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|SH|week|easter|sunrise|sunset|dawn|dusk|unknown|20[0-9]{2})\b`)
	hoursRule = regexp.MustCompile(`^\s*((?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:\s*-\s*(?:Mo|Tu|We|Th|Fr|Sa|Su))?\s*,?\s*)*):?\s*((?:[0-9]{1,2}[:.][0-9]{2}\s*-\s*[0-9]{1,2}[:.][0-9]{2}\s*,?\s*)+|off|closed)?\s*$`)
	nextDay   = regexp.MustCompile(`([0-9]{1,2}[:.][0-9]{2}|off|closed)\s*,\s*((?:Mo|Tu|We|Th|Fr|Sa|Su|PH)\b)`)
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
