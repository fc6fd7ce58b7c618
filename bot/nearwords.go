package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// DistanceWords says metres as the crow flies no finer than they deserve: «на около 350 м», «на около 1,2 км», «на около 14 км».
func DistanceWords(metres int, language string) string {
	switch {
	case metres < 975:
		return i18n.T(language, "common.distance_m", max(50, (metres+25)/50*50))
	case metres < 9950:
		return i18n.T(language, "common.distance_km", decimals(strings.TrimSuffix(fmt.Sprintf("%.1f", float64(metres)/1000), ".0"), language))
	}
	return i18n.T(language, "common.distance_km", strconv.Itoa((metres+500)/1000))
}

// Walks are told up to this many metres in a straight line; further than that nobody asks for the minutes.
const longestWalk = 3000

// walkMinutes reckons a walk: streets are about 1.3 times as long as the straight line, and people walk some 75 metres a minute (4.5 km/h).
func walkMinutes(metres int) int {
	minutes := (metres*13/10 + 74) / 75
	if minutes > 10 {
		return (minutes + 2) / 5 * 5
	}
	return max(1, minutes)
}

// AwayWords says how far a help point is, and from where; "" where that would say more than is known. From where the person is it tells the walk;
// everything else is a straight line and says so: a road may be twice as long.
func AwayWords(n knowledge.Nearby, language string) string {
	about := func(metres int) string { return DistanceWords(metres, language) }
	switch {
	case n.From == knowledge.FromPosition && n.DistanceM != nil && *n.DistanceM <= longestWalk:
		return i18n.T(language, "common.away_walk", about(*n.DistanceM), walkMinutes(*n.DistanceM))
	case n.From == knowledge.FromPosition && n.DistanceM != nil:
		return i18n.T(language, "common.away_straight", about(*n.DistanceM))
	case n.From == knowledge.FromPosition && n.AwayM > longestWalk: // to the middle of its settlement
		return i18n.T(language, "common.away_place", about(n.AwayM/1000*1000), PlaceWords(n.Place, language))
	case n.From == knowledge.FromQuarter && n.DistanceM != nil:
		return i18n.T(language, "common.away_quarter", about(*n.DistanceM))
	case n.From == knowledge.FromTown && !n.Here && n.AwayM >= 1000:
		return i18n.T(language, "common.away_straight", about(n.AwayM))
	}
	return ""
}

// OpeningWords says whether a help point is open, as of now. Unknown hours are said to be unknown, with the phone where
// there is one: unknown is never open. now and the help point's times are read in the zone of now (Europe/Sofia).
func OpeningWords(n knowledge.Nearby, now time.Time, language string) string {
	switch {
	case n.OpenNow == nil && n.Phone() != "":
		return i18n.T(language, "common.hours_call", n.Phone())
	case n.OpenNow == nil:
		return i18n.T(language, "common.hours_check")
	case *n.OpenNow && n.ClosesAt.IsZero():
		return i18n.T(language, "common.open")
	case *n.OpenNow:
		return i18n.T(language, "common.open_until", ClockWords(n.ClosesAt.In(now.Location()), language))
	case n.NextOpen.IsZero():
		return i18n.T(language, "common.closed")
	}
	return momentWords("common.opens_", n.NextOpen, now, language)
}

// NoteWords says what a person should know before going today or tomorrow: a closure and its reason, an official holiday. "" where there is nothing.
func NoteWords(n knowledge.Nearby, now time.Time, language string) string {
	if e := n.Closure; e != nil {
		switch until := DateWords(e.To, language); {
		case e.Reason != "" && e.To.After(e.From):
			return i18n.T(language, "common.closure_until_reason", until, e.Reason)
		case e.Reason != "":
			return i18n.T(language, "common.closure_reason", e.Reason)
		case e.To.After(e.From):
			return i18n.T(language, "common.closure_until", until)
		}
		return ""
	}
	for days, day := range []string{"today", "tomorrow"} {
		date := now.AddDate(0, 0, days)
		if name, off := n.Hours.DayOff(date); off {
			return i18n.T(language, "common.holiday_off_"+day, holidayWords(date, name, language))
		}
		if name, holiday := knowledge.Holiday(date); holiday && n.Hours == nil {
			return i18n.T(language, "common.holiday_unknown_"+day, holidayWords(date, name, language))
		}
	}
	return ""
}

// HolidayWords names an official holiday by its own name, «Ден на Независимостта», as package knowledge names it in Bulgarian.
func HolidayWords(name, language string) string {
	if key := "common.holiday_" + holidayKey(name); language != "bg" && i18n.Has(language, key) {
		return i18n.T(language, key)
	}
	return name
}

// holidayWords names a holiday as people do: «3 март»; the days around Easter and Christmas by their names, and a working day that is free
// for a holiday on a weekend by that holiday.
func holidayWords(date time.Time, name, language string) string {
	key := "common.holiday_" + holidayKey(name)
	words := i18n.T(language, key)
	day, dated := holidayDates[name]
	if inBulgarian := language == "bg" || !i18n.Has(language, key); inBulgarian && dated && day != int(date.Month())*100+date.Day() {
		return i18n.T(language, "common.holiday_instead", words) // the day after: «почивен ден за 6 септември»
	}
	return words
}

// holidayDates are the holidays that Bulgarians call by their date, as month*100 + day.
var holidayDates = map[string]int{
	"Нова година": 101, "Ден на Освобождението": 303, "Ден на труда": 501, "Гергьовден": 506, "Ден на светите братя Кирил и Методий": 524,
	"Ден на Съединението": 906, "Ден на Независимостта": 922,
}

// holidayKey is the end of the phrase key of a holiday.
func holidayKey(name string) string {
	keys := map[string]string{
		"Нова година": "new_year", "Ден на Освобождението": "liberation", "Ден на труда": "labour", "Гергьовден": "george",
		"Ден на светите братя Кирил и Методий": "cyril", "Ден на Съединението": "unification", "Ден на Независимостта": "independence",
		"Бъдни вечер": "christmas_eve", "Рождество Христово": "christmas", "Разпети петък": "good_friday", "Велика събота": "holy_saturday", "Великден": "easter",
	}
	return keys[name]
}

// mostOffers is how many of what a help point offers stand on its card; help with e-services comes first.
const mostOffers = 6

// OfferWords says what a help point offers and which languages are spoken there; "" where nothing is known.
func OfferWords(h knowledge.HelpPoint, language string) string {
	var words []string
	for _, offer := range []string{"kep-help", "pik-help", "eavt-help", "computers", "wifi", "printing", "scanning", "training", "digital-club", "accessible-entrance", "accessible-toilet", "large-print"} {
		for _, has := range h.Offers {
			if has == offer && len(words) < mostOffers {
				words = append(words, offerWord(offer, language))
			}
		}
	}
	if len(h.Languages) > 0 {
		var spoken []string
		for _, l := range h.Languages {
			spoken = append(spoken, LanguageName(l, language))
		}
		words = append(words, i18n.T(language, "common.speaks", strings.Join(spoken, ", ")))
	}
	return strings.Join(words, ", ")
}

// offerWord names one thing of knowledge.Offers(), as it stands in a sentence.
func offerWord(offer, language string) string {
	return i18n.T(language, "common.offer_"+strings.ReplaceAll(offer, "-", "_"))
}

// OfferName is the same by itself, in a list or beside a tick: «Помощ с ПИК».
func OfferName(offer, language string) string {
	words := offerWord(offer, language)
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:]
}

// LanguageName names one of knowledge.Languages().
func LanguageName(spoken, language string) string { return i18n.T(language, "common.speaks_"+spoken) }

// DialWords writes a phone so that Telegram makes it one to tap: «+359 92624121». Numbers that only Bulgaria's networks know, such as 0700, stay as they are.
func DialWords(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	national := strings.HasPrefix(digits, "0700") || strings.HasPrefix(digits, "0800") || strings.HasPrefix(digits, "0900")
	if strings.HasPrefix(strings.TrimSpace(phone), "+") || !strings.HasPrefix(digits, "0") || strings.HasPrefix(digits, "00") || national || len(digits) < 8 || len(digits) > 10 {
		return phone
	}
	return "+359 " + digits[1:]
}
