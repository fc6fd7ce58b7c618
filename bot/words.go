package bot

import (
	"fmt"
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// DateWords says a date as people write it, «22 ноември 2026 г.». The date is taken as t shows it, without a change of zone.
func DateWords(t time.Time, language string) string {
	months := strings.Fields(i18n.T(language, "common.months"))
	return i18n.T(language, "common.date", t.Day(), months[t.Month()-1], t.Year())
}

// ClockWords says the time of day that t shows, «9:00 ч.».
func ClockWords(t time.Time, language string) string {
	return i18n.T(language, "common.clock", t.Hour(), t.Minute())
}

// FeeWords says an amount in euro cents, «15,34 €»; zero is «безплатно».
func FeeWords(cents int64, language string) string {
	if cents == 0 {
		return i18n.T(language, "common.free")
	}
	return i18n.T(language, "common.euro", decimals(fmt.Sprintf("%d.%02d", cents/100, cents%100), language))
}

func decimals(s, language string) string {
	if language == "en" {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}

// MeansWords says a means of identification, «КЕП (електронен подпис)».
func MeansWords(m knowledge.Means, language string) string {
	return i18n.T(language, "common.means_"+string(m))
}

// MomentWords says when something happens, seen from now: «утре в 9:00 ч.», «в понеделник в 9:00 ч.»,
// «на 22 ноември 2026 г. в 9:00 ч.».
func MomentWords(at, now time.Time, language string) string {
	return momentWords("common.at_", at, now, language)
}

func momentWords(prefix string, at, now time.Time, language string) string {
	at = at.In(now.Location())
	clock := ClockWords(at, language)
	switch days := daysBetween(now, at); {
	case days == 0:
		return i18n.T(language, prefix+"today", clock)
	case days == 1:
		return i18n.T(language, prefix+"tomorrow", clock)
	case days > 1 && days < 7:
		weekdays := strings.Split(i18n.T(language, "common.weekdays"), "|")
		return i18n.T(language, prefix+"weekday", weekdays[(int(at.Weekday())+6)%7], clock)
	}
	return i18n.T(language, prefix+"date", DateWords(at, language), clock)
}

// daysBetween counts calendar days, whatever the clock says: a day with a time change is a day.
func daysBetween(from, to time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))
}

// PlaceWords names a settlement, «гр. Враца»; where its name alone may mislead also the municipality, «с. Баня, общ. Карлово».
func PlaceWords(p knowledge.Place, language string) string {
	name, municipality := p.Kind+" "+p.Name, p.Municipality
	if language != "bg" {
		name, municipality = p.NameLatin, Latin(p.Municipality)
	}
	switch {
	case p.Quarter.ID != "":
		return quarterWords(p, language)
	case p.Municipality == "" || p.Municipality == p.Name || p.Name == "София":
		return name
	}
	return i18n.T(language, "common.municipality", name, municipality)
}

// quarterWords names a quarter with its town, «София, Младост 1».
func quarterWords(p knowledge.Place, language string) string {
	if language != "bg" {
		return p.NameLatin + ", " + Latin(p.Quarter.Name)
	}
	return p.Name + ", " + p.Quarter.Name
}

// FullPlaceWords names a settlement with municipality and district, for a choice between namesakes.
func FullPlaceWords(p knowledge.Place, language string) string {
	if p.Quarter.ID != "" {
		return quarterWords(p, language)
	}
	name, municipality, district := p.Kind+" "+p.Name, p.Municipality, p.District
	if language != "bg" {
		name, municipality, district = p.NameLatin, Latin(p.Municipality), Latin(p.District)
	}
	words := i18n.T(language, "common.municipality", name, municipality)
	switch {
	case p.District == "" || p.District == p.Municipality:
		return words
	case strings.HasSuffix(p.District, "област"): // «Софийска област» says it already
		return words + ", " + district
	}
	return words + ", " + i18n.T(language, "common.district", district)
}

// Latin writes Bulgarian names in Latin letters, by the Transliteration Act of 2009: «-ия» at a word's end is «-ia».
func Latin(s string) string {
	letters := strings.NewReplacer(
		"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "з", "z", "и", "i", "й", "y", "к", "k", "л", "l",
		"м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "h", "ц", "ts", "ч", "ch",
		"ш", "sh", "щ", "sht", "ъ", "a", "ь", "y", "ю", "yu", "я", "ya", "ѝ", "i",
		"А", "A", "Б", "B", "В", "V", "Г", "G", "Д", "D", "Е", "E", "Ж", "Zh", "З", "Z", "И", "I", "Й", "Y", "К", "K", "Л", "L",
		"М", "M", "Н", "N", "О", "O", "П", "P", "Р", "R", "С", "S", "Т", "T", "У", "U", "Ф", "F", "Х", "H", "Ц", "Ts", "Ч", "Ch",
		"Ш", "Sh", "Щ", "Sht", "Ъ", "A", "Ю", "Yu", "Я", "Ya")
	words := strings.Split(s, " ")
	for i, w := range words {
		if stem, ok := strings.CutSuffix(w, "ия"); ok {
			words[i] = letters.Replace(stem) + "ia"
			continue
		}
		words[i] = letters.Replace(w)
	}
	return strings.Join(words, " ")
}
