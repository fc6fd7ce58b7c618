package bot

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

// TrainingTime says when a training is, «в четвъртък, 3 декември 2026 г., 10:00–11:30 ч.». Times are read in zone.
func TrainingTime(t knowledge.Training, zone *time.Location, language string) string {
	starts := t.StartsAt.In(zone)
	day := i18n.T(language, "library.day", Weekday(starts, language), DateWords(starts, language))
	if t.Minutes == nil {
		return day + ", " + ClockWords(starts, language)
	}
	ends := t.EndsAt().In(zone)
	return day + ", " + i18n.T(language, "library.from_to", starts.Hour(), starts.Minute(), ends.Hour(), ends.Minute())
}

// Weekday says on which day of the week, «в четвъртък».
func Weekday(t time.Time, language string) string {
	return strings.Split(i18n.T(language, "common.weekdays"), "|")[(int(t.Weekday())+6)%7]
}

// TrainingPlace says where a training is, «Регионална библиотека, гр. Враца, бул. „Христо Ботев“ 2, зала 2».
func TrainingPlace(t knowledge.Training, at knowledge.HelpPoint, language string) string {
	words := []string{at.Name, PlaceWords(at.Place, language)}
	for _, w := range []string{at.Address, t.Room} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// LeftWords says how many places are free; "" where they are without a limit.
func LeftWords(t knowledge.Training, signedUp int, language string) string {
	left, limited := t.Left(signedUp)
	switch {
	case !limited:
		return ""
	case left == 0:
		return i18n.T(language, "library.places_none")
	}
	return i18n.N(language, "library.places_left", left)
}

// longestName is the most letters of a name at a training, as the database checks it.
const longestName = 30

// addressed are words that stand before a first name and are no name by themselves.
var addressed = map[string]bool{"баба": true, "дядо": true, "леля": true, "чичо": true, "вуйчо": true, "стрина": true, "кака": true, "бай": true, "г-жа": true, "г-н": true}

// firstName takes a first name or a nickname out of what somebody wrote, «Казвам се Мария Иванова» is «Мария»: a family name is not kept.
// It is false where the words are no name.
func firstName(text string) (string, bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.!;:()„“\"»«", r) })
	for len(words) > 0 && besideName[strings.ToLower(words[0])] {
		words = words[1:]
	}
	if len(words) == 0 || len(words) > 4 {
		return "", false
	}
	name := words[0]
	if addressed[strings.ToLower(name)] && len(words) > 1 {
		name += " " + words[1]
	}
	if utf8.RuneCountInString(name) > longestName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != ' ' }) {
		return "", false
	}
	return strings.ToUpper(string([]rune(name)[:1])) + string([]rune(name)[1:]), true
}

// besideName are words that say nothing beside a name.
var besideName = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`казвам се аз съм името ми е викат ме наричайте ме пишете ме my name is i am i'm call me it's`) {
		words[w] = true
	}
	return words
}()
