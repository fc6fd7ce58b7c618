package retrieval

import (
	"regexp"
	"strings"
	"unicode"
)

// facts are the things said in a text that could mislead if they were made up, each in one spelling: amounts and times with their
// units, telephone numbers, institutions, ways to sign in, papers, names and abbreviations.
type facts map[string]bool

var (
	groupedNumber = regexp.MustCompile(`(\p{Nd})[ \x{00a0}\x{202f}](\p{Nd}{3})\b`)
	phonePattern  = regexp.MustCompile(`[+0][\p{Nd} \x{00a0}/-]{5,}\p{Nd}`)
	piecePattern  = regexp.MustCompile(`\p{Nd}+(?:[.,:]\p{Nd}+)*|[\p{L}\p{M}]+|[€$£%№]|[–—-]`)
	listNumber    = regexp.MustCompile(`(?m)^\s*\d{1,2}[.)]\s`)
)

// numberWords are numbers as they are said; един and one are articles too, and count only before a unit.
var numberWords = map[string]string{
	"един": "1", "една": "1", "едно": "1", "one": "1", "два": "2", "две": "2", "двама": "2", "two": "2", "три": "3", "трима": "3", "three": "3",
	"четири": "4", "four": "4", "пет": "5", "five": "5", "шест": "6", "six": "6", "седем": "7", "seven": "7", "осем": "8", "eight": "8",
	"девет": "9", "nine": "9", "десет": "10", "ten": "10", "единайсет": "11", "единадесет": "11", "eleven": "11", "дванайсет": "12", "дванадесет": "12", "twelve": "12",
	"тринайсет": "13", "тринадесет": "13", "четиринайсет": "14", "четиринадесет": "14", "fourteen": "14", "петнайсет": "15", "петнадесет": "15", "fifteen": "15",
	"шестнайсет": "16", "шестнадесет": "16", "sixteen": "16", "осемнайсет": "18", "осемнадесет": "18", "eighteen": "18", "двайсет": "20", "двадесет": "20", "twenty": "20",
	"трийсет": "30", "тридесет": "30", "thirty": "30", "четиридесет": "40", "четирийсет": "40", "forty": "40", "петдесет": "50", "fifty": "50",
	"шейсет": "60", "шестдесет": "60", "sixty": "60", "седемдесет": "70", "осемдесет": "80", "деветдесет": "90", "ninety": "90",
	"сто": "100", "hundred": "100", "двеста": "200", "триста": "300", "петстотин": "500", "хиляда": "1000", "thousand": "1000", "хиляди": "1000",
	"половин": "0.5", "половина": "0.5", "half": "0.5",
}

// units by the beginnings of their words, longer ones first.
var units = []struct{ begins, unit string }{
	{"евроцент", "цент"}, {"евро", "€"}, {"euro", "€"}, {"eur", "€"}, {"лева", "лв"}, {"лев", "лв"}, {"лв", "лв"}, {"levs", "лв"}, {"leva", "лв"}, {"bgn", "лв"},
	{"долар", "$"}, {"dollar", "$"}, {"стотинк", "цент"}, {"цент", "цент"}, {"cent", "цент"}, {"процент", "%"}, {"percent", "%"},
	{"ден", "ден"}, {"дни", "ден"}, {"дена", "ден"}, {"day", "ден"}, {"седмиц", "седмица"}, {"week", "седмица"}, {"месец", "месец"}, {"month", "месец"},
	{"годин", "година"}, {"годиш", "година"}, {"year", "година"}, {"тримесеч", "тримесечие"}, {"quarter", "тримесечие"}, {"минут", "минута"}, {"minute", "минута"}, {"час", "час"}, {"hour", "час"},
	{"януари", "01"}, {"january", "01"}, {"февруари", "02"}, {"february", "02"}, {"март", "03"}, {"march", "03"}, {"април", "04"}, {"april", "04"},
	{"май", "05"}, {"may", "05"}, {"юни", "06"}, {"june", "06"}, {"юли", "07"}, {"july", "07"}, {"август", "08"}, {"august", "08"},
	{"септември", "09"}, {"september", "09"}, {"октомври", "10"}, {"october", "10"}, {"ноември", "11"}, {"november", "11"}, {"декември", "12"}, {"december", "12"},
}

// moments are words that state a time, a price or a share without a number, by their beginnings.
var moments = []struct{ begins, fact string }{
	{"безплат", "безплатно"}, {"безвъзмезд", "безплатно"}, {"gratis", "безплатно"}, {"днес", "днес"}, {"today", "днес"}, {"утре", "утре"}, {"tomorrow", "утре"},
	{"веднага", "веднага"}, {"незабавн", "веднага"}, {"immediate", "веднага"}, {"instant", "веднага"}, {"денонощ", "денонощно"},
	{"понеделник", "пон"}, {"monday", "пон"}, {"вторник", "вто"}, {"tuesday", "вто"}, {"сряда", "сря"}, {"wednesday", "сря"}, {"четвъртък", "чет"}, {"thursday", "чет"},
	{"петък", "пет"}, {"friday", "пет"}, {"събота", "съб"}, {"saturday", "съб"}, {"неделя", "нед"}, {"sunday", "нед"},
	{"двойн", "двойно"}, {"double", "двойно"}, {"отстъпк", "отстъпка"}, {"discount", "отстъпка"}, {"глоб", "глоба"}, {"fine", "глоба"}, {"penalt", "глоба"},
}

// priceless are ways to say that nothing is paid. «Не плащайте на частни сайтове» is none: it warns.
var priceless = regexp.MustCompile(`(?i)не се (?:за)?плаща|не (?:за)?плащат?е?(?:\P{L}|$)|не плащайте (?:нищо|такс)|не дължит?е?|без (?:никаква )?такса|не се дължи|нищо не стру|няма такса|не струва|` +
	`free of charge|for free|is free|\bno (?:fee|charge)|without (?:a )?(?:fee|charge)|costs? (?:you )?nothing|pay nothing|(?:don['’]?t|not|needn['’]?t) (?:have to )?pay\b`)

// institutions by the beginnings of the noun that says what they are.
var institutionPattern = regexp.MustCompile(`^(?:министерств|агенци|комиси|институт|дирекци|инспекци|фонд|каса|общин|кметств|район|съд|прокуратур|полици|банк|нотариус|посолств|консулств|библиотек|регистр|служб|гише|камар|лаборатори|болниц|поликлиник|пощ|застраховател|министър|кмет|ministr|agenc|commission|institut|directorate|inspectorat|fund|municipalit|court|prosecut|police|bank|notar|embass|consulat|librar|registr|office|chamber|hospital|clinic|post|mayor)`)

// papers are ways to sign in and things to bring, by how they are named.
var papers = []struct {
	said *regexp.Regexp
	fact string
}{
	{regexp.MustCompile(`(?i)(?:^|\P{L})е-?подпис|електрон\p{L}+ подпис|electronic signature|digital signature|(?:^|\P{L})кеп(?:\P{L}|$)`), "кеп"},
	{regexp.MustCompile(`(?i)пик (?:на|от) нап`), "пик нап"},
	{regexp.MustCompile(`(?i)пик (?:на|от) нои`), "пик нои"},
	{regexp.MustCompile(`(?i)лич\p{L}+ карт|карт\p{L}+ за самоличност|\bid card|identity card`), "лична карта"},
	{regexp.MustCompile(`(?i)паспорт|passport`), "паспорт"},
	{regexp.MustCompile(`(?i)потребителск\p{L}+ им|username|user name`), "потребител"},
	{regexp.MustCompile(`(?i)парол|password|passcode`), "парола"},
	{regexp.MustCompile(`(?i)банков\p{L}+ карт|дебитн\p{L}+ карт|кредитн\p{L}+ карт|bank card|debit card|credit card`), "банкова карта"},
	{regexp.MustCompile(`(?i)(?:^|\P{L})в брой(?:\P{L}|$)|\bcash\b`), "в брой"},
	{regexp.MustCompile(`(?i)\bsms\b|(?:^|\P{L})смс`), "sms"},
	{regexp.MustCompile(`(?i)пълномощ|power of attorney`), "пълномощно"},
	{regexp.MustCompile(`(?i)шофьорск|свидетелство за управление|driving licen|driver.s licen`), "книжка"},
	{regexp.MustCompile(`(?i)акт\p{L}* за раждан|birth certificate`), "акт за раждане"},
	{regexp.MustCompile(`(?i)снимк|photo`), "снимка"},
	{regexp.MustCompile(`(?i)отпечат|fingerprint|biometric|биометр`), "отпечатък"},
	{regexp.MustCompile(`(?i)нотариал|notari[sz]ed`), "нотариално"},
	{regexp.MustCompile(`(?i)(?:^|\P{L})егн(?:\P{L}|$)|personal number|personal identification number`), "егн"},
	{regexp.MustCompile(`(?i)\biban\b|банков\p{L}+ сметк|bank account`), "сметка"},
}

// factsOf reads the facts of a text.
func factsOf(text string) facts {
	f := facts{}
	for _, p := range papers {
		if p.said.MatchString(text) {
			f["с "+p.fact] = true
		}
	}
	if priceless.MatchString(text) {
		f["безплатно"] = true
	}
	text = phonePattern.ReplaceAllStringFunc(text, func(s string) string {
		if n := digitsOf(s); len(n) >= 7 && len(n) <= 15 {
			f["тел "+n] = true
			return " "
		}
		return s
	})
	for groupedNumber.MatchString(text) {
		text = groupedNumber.ReplaceAllString(text, "$1$2")
	}
	f.numbers(piecePattern.FindAllString(strings.ToLower(text), -1))
	f.institutions(text)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if abbreviation(word) {
			f["съкращение "+word] = true
		}
	}
	return f
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// numbers reads amounts with their units from lower-case pieces of a text. A number that stands in a guide with a unit is known
// without it too.
func (f facts) numbers(pieces []string) {
	for i, p := range pieces {
		n, worded := numberOf(p)
		if n == "" {
			for _, m := range moments {
				if strings.HasPrefix(p, m.begins) {
					f[m.fact] = true
				}
			}
			continue
		}
		unit := unitAfter(pieces[i+1:])
		if unit == "" && i > 0 && (pieces[i-1] == "€" || pieces[i-1] == "$" || pieces[i-1] == "eur") {
			unit = unitOf(pieces[i-1])
		}
		if unit == "" && worded && n == "1" {
			continue
		}
		f["число "+n] = true
		if unit != "" {
			f["число "+n+" "+unit] = true
		}
	}
}

// numberOf is a number in one spelling; "" where the piece is none.
func numberOf(p string) (n string, worded bool) {
	if n, ok := numberWords[p]; ok {
		return n, true
	}
	if p[0] < '0' || p[0] > '9' {
		return "", false
	}
	p = strings.ReplaceAll(p, ",", ".")
	if strings.Count(p, ".") == 1 {
		p = strings.TrimSuffix(strings.TrimRight(p, "0"), ".")
	}
	return p, false
}

// unitAfter is the unit of a number by what follows it: 15,34 €, 5 – 7 работни дни.
func unitAfter(pieces []string) string {
	kind := ""
	for i, p := range pieces[:min(len(pieces), 6)] {
		if u := unitOf(p); u != "" {
			if u == "ден" {
				u = kind + u
			}
			return u
		}
		switch {
		case strings.HasPrefix(p, "работ") || p == "working" || p == "business":
			kind = "работен "
		case strings.HasPrefix(p, "календар") || p == "calendar":
			kind = "календарен "
		case p == "до" || p == "или" || p == "и" || p == "to" || p == "or" || p == "and" || p == "–" || p == "—" || p == "-":
			if i+1 >= len(pieces) {
				return ""
			}
			if n, _ := numberOf(pieces[i+1]); n == "" {
				return ""
			}
		default:
			if n, _ := numberOf(p); n == "" || i == 0 {
				return ""
			}
		}
	}
	return ""
}

func unitOf(p string) string {
	switch p {
	case "€", "$", "%":
		return p
	case "г", "год":
		return "година"
	case "ч":
		return "час"
	case "мин":
		return "минута"
	}
	for _, u := range units {
		if strings.HasPrefix(p, u.begins) && len([]rune(p)) <= len([]rune(u.begins))+4 {
			return u.unit
		}
	}
	return ""
}

// institutions reads what an institution is, and how it is told from others of its kind: by the word before it and by what
// follows на, по, за or of.
func (f facts) institutions(text string) {
	for _, clause := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".,;:!?()\n„“\"«»", r) }) {
		words := strings.FieldsFunc(strings.ToLower(clause), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
		for i, w := range words {
			if !institutionPattern.MatchString(w) || len([]rune(w)) > 18 {
				continue
			}
			head := beginning(w)
			f["институция "+head] = true
			if i > 0 && describes(words[i-1]) {
				f["институция "+beginning(words[i-1])+" "+head] = true
			}
			if i+2 < len(words) {
				switch words[i+1] {
				case "на", "по", "за", "of", "for":
					if next := words[i+2]; !institutionGlue[next] {
						f["институция "+head+" … "+beginning(next)] = true
					}
				}
			}
		}
	}
}

// institutionGlue are words after a preposition that name no other institution.
var institutionGlue = set("място адреса адрес вашия вашата своя постоянния постоянен настоящия гише the your a an any каса себе вас това")

// describes tells Bulgarian adjectives by their endings; an English one is not told from other words and counts as none.
func describes(word string) bool {
	for _, ending := range []string{"ен", "на", "ната", "ния", "ният", "но", "ното", "ни", "ните", "ска", "ската", "ски", "ския", "ският", "ско", "ското", "ските", "ова", "овата"} {
		if strings.HasSuffix(word, ending) && len([]rune(word)) > 4 {
			return true
		}
	}
	return false
}

// beginning is what the forms of a word share: its stem, and of a long one only the start.
func beginning(word string) string {
	r := []rune(Stem(word))
	if len(r) > 6 {
		r = r[:6]
	}
	return string(r)
}

// abbreviation tells words of two or more capital letters: НАП, КЕП, EORI, еАвт.
func abbreviation(word string) bool {
	capitals := 0
	for _, r := range word {
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	return capitals >= 2
}
