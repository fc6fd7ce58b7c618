package bot

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orientir/knowledge"
)

// leans says that words make no question of their own but lean on the last one: «а колко струва», «къде», «а за дете?».
// The rule: at most six words that begin as a continuation does.
func leans(text string) bool {
	words := strings.Fields(plainWords(text))
	if len(words) == 0 || len(words) > 6 {
		return false
	}
	switch words[0] {
	case "а", "ами", "и", "a", "ami", "and", "what", "but":
		return len(words) > 1
	}
	return len(words) <= 3 && facetOf(text) != ""
}

// facetOf is the part of a guide that words ask for: fee, time, needed, identification, exceptions, where; "" where none.
// «Колко време» is looked for before «колко струва», because a price is asked with fewer words.
func facetOf(text string) string {
	words := " " + plainWords(text) + " "
	for _, f := range []struct{ facet, words string }{
		{"time", "колко време|за колко дни|кога става|кога е готово|кога излиза|срок|срокът|срока|kolko vreme|how long"},
		{"fee", "колко струва|колко пари|колко се плаща|колко е таксата|каква е таксата|такса|таксата|цена|цената|плаща ли се|безплатно ли е|kolko struva|kolko pari|how much|fee|cost"},
		{"needed", "какво трябва|какво ми трябва|какви документи|документи|what do i need|documents"},
		{"identification", "с какво се влиза|с какво влизам|с кеп|с пик|трябва ли кеп|трябва ли пик|без кеп|без пик|с електронен подпис|трябва ли подпис|без подпис"},
		{"exceptions", "а за|а ако|ами за|ами ако|и за|a za|a ako|what about|what if"},
		{"where", "къде|на кой сайт|адрес|адресът|адреса|kyde|kade|where"},
	} {
		for _, phrase := range strings.Split(f.words, "|") {
			if strings.Contains(words, " "+phrase+" ") {
				return f.facet
			}
		}
	}
	return ""
}

// facet answers a short follow-up with the part of the guide that it asks for; false where it asks for no part.
// What the guide doesn't say is said to be unknown.
func (d *dialog) facet(g knowledge.Guide, question string) (string, bool) {
	if !leans(question) {
		return "", false
	}
	t, _ := g.In(knowledge.Language(d.person.Language))
	unknown := d.t("bot.followup_unknown", t.Title, g.Link)
	switch facetOf(question) {
	case "fee":
		var fees []string
		for _, f := range t.Fees {
			fees = append(fees, strings.TrimSpace(FeeWords(f.Cents, d.person.Language)+" – "+f.What))
		}
		if t.FeeNote != "" {
			fees = append(fees, t.FeeNote)
		}
		if len(fees) == 0 {
			return unknown, true
		}
		return d.t("bot.followup_fee", t.Title, strings.Join(fees, "\n")), true
	case "time":
		if t.Time == "" {
			return unknown, true
		}
		return d.t("bot.followup_time", t.Title, t.Time), true
	case "needed":
		return d.t("bot.followup_needed", t.Title) + "\n– " + strings.Join(t.Needed, "\n– "), true
	case "identification":
		var means []string
		for _, m := range g.Identification {
			means = append(means, MeansWords(m, d.person.Language))
		}
		words := d.t("bot.followup_identification", t.Title, strings.Join(means, ", "))
		return strings.TrimSpace(words + "\n" + t.IdentificationNote), true
	case "exceptions":
		return d.t("bot.followup_exceptions", t.Title) + "\n– " + strings.Join(t.Exceptions, "\n– "), true
	case "where":
		return d.t("bot.followup_where", t.Title, t.Where) + "\n" + g.Link, true
	}
	return "", false
}

// yesOrNo hears a typed answer to «Да го изпратя ли?».
func yesOrNo(text string) string {
	switch plainWords(text) {
	case "да", "да изпрати", "изпрати", "добре", "ок", "да моля", "da", "ok", "yes", "yes please", "evet", "tamam":
		return "yes"
	case "не", "недей", "отказ", "откажи", "не искам", "ne", "no", "cancel", "hayır", "hayir":
		return "no"
	}
	return ""
}

// plainWords is text in lower case with letters and digits alone, one space between words.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

// hasWords says that there is something to read: a letter or a digit.
func hasWords(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// cut shortens text to at most n letters, at a word's end where there is one, with an ellipsis.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	short := string([]rune(text)[:n-1])
	if i := strings.LastIndexByte(short, ' '); i > len(short)/2 {
		short = short[:i]
	}
	return short + "…"
}

func digits(id int64) string { return strconv.FormatInt(id, 10) }

func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

func position(lat, lon float64) *knowledge.Position { return &knowledge.Position{Lat: lat, Lon: lon} }
