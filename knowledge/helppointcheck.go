package knowledge

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The most that a help point may say, in letters or entries.
const (
	longestPointText = 200
	mostPhones       = 5
	mostExceptions   = 100
)

// Validate checks what a person entered. The error is Faults, each with the name of a field: name, kind, branch_of, ekatte, address, phone, email,
// site, position, hours, exceptions, offers, languages, source.
func (h HelpPoint) Validate() error {
	var faults Faults
	fault := func(field, key, value string) { faults = append(faults, &Fault{field, key, value}) }
	if strings.TrimSpace(h.Name) == "" {
		fault("name", "fault.empty", "")
	}
	for field, text := range map[string]string{"name": h.Name, "address": h.Address, "email": h.Email, "site": h.Site, "source": h.Source} {
		if utf8.RuneCountInString(text) > longestPointText {
			fault(field, "fault.long", "")
		}
	}
	if !slices.Contains(Kinds(), h.Kind) {
		fault("kind", "fault.choice", string(h.Kind))
	}
	if h.BranchOf != "" && (h.BranchOf == h.ID || !slugForm.MatchString(h.BranchOf)) {
		fault("branch_of", "fault.point", h.BranchOf)
	}
	if !ekatteForm.MatchString(h.Ekatte) {
		fault("ekatte", "fault.place", h.Ekatte)
	}
	if len(h.Phones) > mostPhones {
		fault("phone", "fault.many", "")
	}
	for _, phone := range h.Phones {
		if !validPhone(phone) {
			fault("phone", "fault.phone", phone)
		}
	}
	if a, err := mail.ParseAddress(h.Email); h.Email != "" && (err != nil || a.Address != h.Email || !strings.Contains(h.Email, ".")) {
		fault("email", "fault.email", h.Email)
	}
	if h.Site != "" && !validSite(h.Site) {
		fault("site", "fault.address", h.Site)
	}
	if p := h.Position; p != nil && !(p.Lat >= 41 && p.Lat <= 45 && p.Lon >= 22 && p.Lon <= 29) {
		fault("position", "fault.position", positionText(h))
	}
	if h.Hours != nil {
		for day, spans := range h.Hours.Week {
			if !validSpans(spans) {
				fault("hours", "fault.hours", longWeekdays[day])
			}
		}
		if len(h.Hours.Exceptions) > mostExceptions {
			fault("exceptions", "fault.many", "")
		}
		for _, e := range h.Hours.Exceptions {
			switch {
			case e.From.IsZero() || e.To.Before(e.From):
				fault("exceptions", "fault.date", FormatExceptions([]Exception{e}))
			case !validSpans(e.Spans):
				fault("exceptions", "fault.hours", FormatExceptions([]Exception{e}))
			case utf8.RuneCountInString(e.Reason) > longestPointText:
				fault("exceptions", "fault.long", "")
			}
		}
	}
	for _, offer := range h.Offers {
		if !slices.Contains(Offers(), offer) {
			fault("offers", "fault.choice", offer)
		}
	}
	for _, language := range h.Languages {
		if !slices.Contains(Languages(), language) {
			fault("languages", "fault.choice", language)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b *Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// longWeekdays name the days where a fault is told, Monday first.
var longWeekdays = [7]string{"понеделник", "вторник", "сряда", "четвъртък", "петък", "събота", "неделя"}

// validSpans says whether the hours of a day stand in order, don't overlap and end by midnight.
func validSpans(spans []Span) bool {
	end := -1
	for _, s := range spans {
		if s.From < 0 || s.From <= end || s.To <= s.From || s.To > minutesPerDay {
			return false
		}
		end = s.To
	}
	return true
}

// validPhone says whether a text is one phone that can be dialled: four to fifteen digits, and what people write between them.
func validPhone(phone string) bool {
	digits := 0
	for _, r := range phone {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" +-/().", r):
			return false
		}
	}
	return digits >= 4 && digits <= 15
}

// validSite says whether a text is the address of a site.
func validSite(site string) bool {
	u, err := url.Parse(site)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Contains(u.Hostname(), ".") && u.User == nil
}

// tidied trims what a person typed, hides personal numbers that slipped in, and puts lists in their order.
func (h HelpPoint) tidied() HelpPoint {
	for _, text := range []*string{&h.Name, &h.Address, &h.Source} {
		*text = strict(strings.Join(strings.Fields(*text), " "))
	}
	h.Email, h.Site = strings.TrimSpace(h.Email), strings.TrimSpace(h.Site)
	h.Phones = splitPhones(joinPhones(h.Phones))
	h.Offers, h.Languages = inOrder(h.Offers, Offers()), inOrder(h.Languages, Languages())
	h.Accuracy = h.accuracy()
	if h.Position == nil {
		h.Accuracy = ""
	}
	if h.Hours != nil {
		hours := *h.Hours
		hours.Exceptions = slices.Clone(hours.Exceptions)
		for i := range hours.Exceptions {
			e := &hours.Exceptions[i]
			e.Reason = tidyReason(e.Reason)
			e.From, e.To = dateOf(e.From), dateOf(e.To)
		}
		slices.SortStableFunc(hours.Exceptions, func(a, b Exception) int { return a.From.Compare(b.From) })
		h.Hours = &hours
	}
	return h
}

// tidyReason is a date's reason as it is kept: a semicolon would end the date where files are read.
func tidyReason(text string) string {
	return strict(strings.Join(strings.Fields(strings.ReplaceAll(text, ";", ",")), " "))
}

// inOrder gives a list without repetitions, in the order of the known values; unknown ones stay at the end, for Validate to name.
func inOrder(list, known []string) []string {
	out := []string{}
	for _, value := range slices.Concat(known, list) {
		if slices.Contains(list, value) && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out
}

// dateOf is a date without its time of day, as exceptions keep it.
func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
