package knowledge

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseHours reads weekly hours as people write them, «пон–пет 9:00–17:30; съб 10:00–14:00», or as OpenStreetMap does,
// «Mo-Fr 09:00-12:00,13:00-17:30; PH off». Days not named are closed. «PH 10:00-14:00» and other rules are refused, not guessed.
func ParseHours(text string) (*Hours, error) {
	h := &Hours{}
	seen := [7]bool{}
	rules := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' })
	named := false
	for _, rule := range rules {
		rule = strings.ToLower(strings.TrimSpace(rule))
		rule = strings.NewReplacer("–", "-", "—", "-", " ч.", "", "ч.", "").Replace(rule)
		rule = aroundDash.ReplaceAllString(rule, "-")
		switch rule {
		case "":
			continue
		case "ph off", "празници: затворено", "празници затворено":
			continue
		case "24/7":
			for day := range h.Week {
				h.Week[day], seen[day] = []Span{{0, minutesPerDay}}, true
			}
			h.Holidays, named = true, true
			continue
		}
		days, times, err := splitRule(rule)
		if err != nil {
			return nil, err
		}
		for _, day := range days {
			if seen[day] {
				return nil, fmt.Errorf("денят е посочен два пъти: %q", rule)
			}
			seen[day] = true
			h.Week[day] = times
		}
		named = true
	}
	if !named {
		return nil, fmt.Errorf("няма дни и часове: %q", text)
	}
	return h, nil
}

var aroundDash = regexp.MustCompile(`\s*-\s*`)

// splitRule reads one rule, «пон-пет 9:00-17:30» or «нд затворено».
func splitRule(rule string) (days []int, spans []Span, err error) {
	at := strings.IndexFunc(rule, func(r rune) bool { return r >= '0' && r <= '9' })
	closed := false
	if at < 0 {
		at = strings.LastIndexByte(rule, ' ')
		if at < 0 || !slices.Contains([]string{"off", "closed", "затворено", "почивка"}, strings.TrimSpace(rule[at:])) {
			return nil, nil, fmt.Errorf("не е ден и час: %q", rule)
		}
		closed = true
	}
	for part := range strings.SplitSeq(strings.Trim(rule[:at], " :"), ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, ok := weekday(from)
		last, ok2 := first, true
		if isRange {
			last, ok2 = weekday(to)
		}
		if !ok || !ok2 {
			return nil, nil, fmt.Errorf("непознат ден: %q", part)
		}
		for day := first; ; day = (day + 1) % 7 {
			days = append(days, day)
			if day == last {
				break
			}
		}
	}
	if closed {
		return days, nil, nil
	}
	for part := range strings.SplitSeq(rule[at:], ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		span := Span{minuteOf(from), minuteOf(to)}
		if !ok || span.From < 0 || span.To < 0 || span.From >= span.To {
			return nil, nil, fmt.Errorf("непознати часове: %q", part)
		}
		if n := len(spans); n > 0 && spans[n-1].To > span.From {
			return nil, nil, fmt.Errorf("часовете не са подред: %q", rule)
		}
		spans = append(spans, span)
	}
	return days, spans, nil
}

// minuteOf reads «9:00», «9.30», «9» or «24:00»; -1 where it is no time of day.
func minuteOf(text string) int {
	text = strings.ReplaceAll(strings.TrimSpace(text), ".", ":")
	hours, minutes, _ := strings.Cut(text, ":")
	if minutes == "" {
		minutes = "00"
	}
	h, err1 := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(minutes)
	if err1 != nil || err2 != nil || h < 0 || m < 0 || m > 59 || len(minutes) != 2 || h*60+m > minutesPerDay {
		return -1
	}
	return h*60 + m
}

// weekday reads a day's name, Monday 0.
func weekday(name string) (int, bool) {
	name = strings.Trim(name, " .")
	for day, names := range [7][]string{
		{"пн", "пон", "понеделник", "mo", "mon"}, {"вт", "вто", "вторник", "tu", "tue"}, {"ср", "сря", "сряда", "we", "wed"},
		{"чт", "чет", "четв", "четвъртък", "th", "thu"}, {"пт", "пет", "петък", "fr", "fri"}, {"сб", "съб", "събота", "sa", "sat"},
		{"нд", "нед", "неделя", "su", "sun"},
	} {
		if slices.Contains(names, name) {
			return day, true
		}
	}
	return 0, false
}

// String writes the weekly hours as Bulgarians do: «пон–пет 9:00–12:00, 13:00–17:30; съб 10:00–14:00». ParseHours reads it back.
// Exceptions are not told. Nil gives "".
func (h *Hours) String() string {
	if h == nil {
		return ""
	}
	rules := h.weekRules([7]string{"пон", "вт", "ср", "чет", "пет", "съб", "нед"}, "–", formatSpans)
	if len(rules) == 0 {
		return "пон–нед затворено"
	}
	return strings.Join(rules, "; ")
}

// weekRules writes a rule for each run of days that have the same hours, «пон–пет 9:00–17:00»; closed days have none.
func (h *Hours) weekRules(names [7]string, dash string, times func([]Span) string) (rules []string) {
	for day := 0; day < 7; {
		last := day
		for last < 6 && slices.Equal(h.Week[last+1], h.Week[day]) {
			last++
		}
		if spans := h.Week[day]; len(spans) > 0 {
			rule := names[day]
			if last > day {
				rule += dash + names[last]
			}
			rules = append(rules, rule+" "+times(spans))
		}
		day = last + 1
	}
	return rules
}

// ParseExceptions reads dated exceptions, «2026-12-24–2026-12-31: затворено: ремонт; 2026-12-23: 9:00–12:00». "" is none.
func ParseExceptions(text string) ([]Exception, error) {
	var list []Exception
	for rule := range strings.SplitSeq(text, ";") {
		rule = strings.TrimSpace(rule)
		if rule == "" {
			continue
		}
		m := exceptionForm.FindStringSubmatch(rule)
		if m == nil {
			return nil, fmt.Errorf("непознато изключение: %q", rule)
		}
		from, err1 := time.Parse(time.DateOnly, m[1])
		to, err2 := from, error(nil)
		if m[2] != "" {
			to, err2 = time.Parse(time.DateOnly, m[2])
		}
		if err1 != nil || err2 != nil || to.Before(from) {
			return nil, fmt.Errorf("непозната дата: %q", rule)
		}
		e := Exception{From: from, To: to, Reason: strings.TrimSpace(m[4])}
		if hours := strings.TrimSpace(m[3]); hours != "затворено" && hours != "off" && hours != "closed" {
			_, spans, err := splitRule("пн " + aroundDash.ReplaceAllString(strings.ReplaceAll(hours, "–", "-"), "-"))
			if err != nil {
				return nil, err
			}
			e.Spans = spans
		}
		list = append(list, e)
	}
	return list, nil
}

var exceptionForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:\s*[–—]\s*(\d{4}-\d{2}-\d{2}))?: *(затворено|off|closed|(?:\d{1,2}[:.]\d{2} *[–—-] *\d{1,2}[:.]\d{2}(?:, *)?)+)(?:: *(.*))?$`)

// FormatExceptions writes what ParseExceptions reads.
func FormatExceptions(list []Exception) string {
	rules := make([]string, len(list))
	for i, e := range list {
		rule := e.From.Format(time.DateOnly)
		if !e.To.Equal(e.From) {
			rule += "–" + e.To.Format(time.DateOnly)
		}
		rule += ": затворено"
		if len(e.Spans) > 0 {
			rule = strings.TrimSuffix(rule, "затворено") + formatSpans(e.Spans)
		}
		if e.Reason != "" {
			rule += ": " + strings.ReplaceAll(e.Reason, ";", ",")
		}
		rules[i] = rule
	}
	return strings.Join(rules, "; ")
}

func formatSpans(spans []Span) string {
	times := make([]string, len(spans))
	for i, s := range spans {
		times[i] = fmt.Sprintf("%d:%02d–%d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
	}
	return strings.Join(times, ", ")
}
