package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var passwordWords = []string{"паролата ми е", "паролата е", "парола:", "паролата:", "парола е", "парола -", "password:", "password is", "parolata mi e", "parola:"}

// longestPassword is the most letters that are taken for one.
const longestPassword = 128

// passwords finds the word after «паролата ми е», where it looks like one: with a digit in it, so «паролата ми е забравена» stays.
func passwords(t *reading) (found []span) {
	text := string(t.plain)
	for _, words := range passwordWords {
		runes := 0 // of text before at
		for at := 0; ; {
			n := strings.Index(text[at:], words)
			if n < 0 {
				break
			}
			runes += utf8.RuneCountInString(text[at : at+n+len(words)])
			at += n + len(words)
			from := runes
			for from < len(t.plain) && (t.plain[from] == ' ' || strings.ContainsRune(`:-–„“"'`, t.plain[from])) {
				from++
			}
			to := from
			for to < len(t.plain) && to-from < longestPassword && !unicode.IsSpace(t.plain[to]) {
				to++
			}
			for to > from && strings.ContainsRune(`.,;!?“”"'`, t.plain[to-1]) {
				to--
			}
			if to-from >= 4 && slices.ContainsFunc(t.plain[from:to], digit) {
				found = append(found, span{from, to, Password})
			}
		}
	}
	return found
}

// codes finds ПИК на НАП (12 digits), ПИК на НОИ (10 letters and digits) and a ПИН (4 to 8 digits right after its word).
func codes(t *reading) (found []span) {
	for _, r := range t.runs {
		digits := ""
		for j, g := range r {
			if digits += g.digits; len(digits) > 12 {
				break
			}
			if len(digits) == 12 && t.said(r[0].from, aboutCode) {
				found = append(found, span{r[0].from, r[j].to, Code})
			}
		}
		if g := r[0]; len(r) == 1 && len(g.digits) >= 4 && len(g.digits) <= 8 && t.shortCode(g) {
			found = append(found, span{g.from, g.to, Code})
		}
	}
	for from := 0; from < len(t.plain); {
		if !asciiWord(t.plain[from]) {
			from++
			continue
		}
		to := from
		letters, digits := 0, 0
		for to < len(t.plain) && asciiWord(t.plain[to]) {
			if t.plain[to] >= 'a' {
				letters++
			} else {
				digits++
			}
			to++
		}
		if to-from == 10 && letters > 0 && digits > 0 && (from == 0 || !unicode.IsLetter(t.plain[from-1])) && t.said(from, aboutCode) {
			found = append(found, span{from, to, Code})
		}
		from = to
	}
	return found
}

// codeWords are those right after which a few digits are a code.
var codeWords = []string{
	"пин код", "пин кода", "пин кодът", "пин-код", "пин-кода", "пин-кодът", "pin code", "пинът", "пина", "пин-ът", "пин-а", "пин", "pin",
	"пикът", "пика", "пик-ът", "пик-а", "пик",
}

// codePlaces may stand between the word and what is said of it, where the digits follow in the next line or after «е».
var codePlaces = []string{" на нап", " от нап", " за нап", " на нои", " от нои", " за нои", " за картата", " на картата", " ми"}

// shortCode says whether a few digits are a code: its word stands right before them. Over the end of a line, as which the end of a message counts,
// they are one too, unless they are told to be something else or the line before asks for a code: after «как да взема ПИК» a line that begins
// «2026 данъчна декларация» or «9000 Варна» tells none.
func (t *reading) shortCode(g group) bool {
	end := t.trimmed(g.from, " :=-–№\n")
	between := string(t.plain[end:g.from])
	over := strings.Contains(between, "\n")
	asked := false
	if over {
		ended := t.trimmed(end, " .,!?…:)")
		asked = slices.Contains(t.plain[ended:end], '?')
		end = ended
	}
	begin := end
	for begin > 0 && t.plain[begin-1] != '\n' {
		begin--
	}
	line := string(t.plain[begin:end])
	words := line
	for _, own := range []string{" ми е", " ми", " е"} {
		words = strings.TrimSuffix(words, own)
	}
	if over || strings.HasSuffix(line, " е") {
		for _, place := range codePlaces {
			words = strings.TrimSuffix(words, place)
		}
	}
	for _, word := range codeWords {
		rest, ok := strings.CutSuffix(words, word)
		if before, _ := utf8.DecodeLastRuneInString(rest); !ok || unicode.IsLetter(before) || unicode.IsDigit(before) {
			continue
		}
		rest = strings.TrimSpace(rest)
		says := rest == "" || strings.HasSuffix(line, " е") || strings.ContainsAny(between, ":=-–№") || t.fillsLine(g.to)
		return !over || says && !asked || t.codeOver(g, rest, asked)
	}
	return false
}

// trimmed is where the text before a place ends without what of cut stands last.
func (t *reading) trimmed(end int, cut string) int {
	for end > 0 && strings.ContainsRune(cut, t.plain[end-1]) {
		end--
	}
	return end
}

var (
	// ownCode are words right before a code's that say whose or which it is: what follows is that one.
	ownCode = []string{"моят", "моя", "моето", "мойта", "мой", "новият", "новия", "старият", "стария", "същият", "същия", "този", "my"}
	// usedCode begin the words of those who have a code and use it.
	usedCode = []string{"въвед", "въвеж", "вкарв", "вкарах", "пиша", "пишем", "напис", "слага", "сложи", "набир", "набра", "ползва", "използва", "дадо", "даден", "получих", "имам", "ето", "изпрат", "прати"}
	// askedCode are words of those who ask about codes in general.
	askedCode = []string{"как", "къде", "колко", "кога", "какво", "какъв", "каква", "кой", "откъде", "kak", "kade", "kyde", "kolko", "kakvo", "how", "where", "what", "when"}
	// wantedCode are words right before a code's, or one word earlier, of those who have none.
	wantedCode = []string{"нямам", "няма", "нямаме", "без", "за", "искам", "трябва", "нужен", "забравих", "забравил", "забравила", "изгубих", "загубих", "взема", "вземам", "взимам", "вземане", "извадя", "вадене", "изваждане", "издаване", "получа", "получаване", "поискам", "заявя", "need", "want"}
	// counted are words right after a number that is none of a code.
	counted = []string{"лева", "лв", "евро", "eur", "euro", "г", "год", "година", "години", "гр", "град", "село", "дни", "дена", "часа", "души", "човека", "хил", "хиляди"}
)

// codeOver says whether digits that begin a line are a code, of which the line before ends by saying; rest is what stands before the code's word.
func (t *reading) codeOver(g group, rest string, asked bool) bool {
	if i := strings.LastIndexAny(rest, ".,;!?:"); i >= 0 {
		rest = rest[i+1:]
	}
	before, after := strings.Fields(rest), t.wordAfter(g.to)
	year := len(g.digits) == 4 && (g.digits[:2] == "19" || g.digits[:2] == "20")
	own := len(before) > 0 && slices.Contains(ownCode, before[len(before)-1])
	switch {
	case slices.Contains(counted, strings.ToLower(after)):
		return false
	case asked:
		return own && !year
	case own:
		return true
	case year:
		return false
	case slices.ContainsFunc(before, func(w string) bool {
		return slices.ContainsFunc(usedCode, func(begin string) bool { return strings.HasPrefix(w, begin) })
	}):
		return true
	case len(g.digits) == 4 && named(after): // a postcode
		return false
	case slices.ContainsFunc(before, func(w string) bool { return slices.Contains(askedCode, w) }):
		return false
	}
	return !slices.ContainsFunc(before[max(0, len(before)-2):], func(w string) bool { return slices.Contains(wantedCode, w) })
}

// wordAfter is the word that follows in the line, as it was written.
func (t *reading) wordAfter(from int) string {
	for from < len(t.plain) && t.plain[from] == ' ' {
		from++
	}
	to := from
	for to < len(t.plain) && unicode.IsLetter(t.plain[to]) {
		to++
	}
	return string(t.written[t.at[from]:t.at[to]])
}

// named says whether a word is written as a place's name is: «Варна», and not «ВАРНА», which whoever shouts writes of anything.
func named(word string) bool {
	first, n := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(first) && len(word) > n && word[n:] == strings.ToLower(word[n:])
}

// fillsLine says whether nothing follows in the line.
func (t *reading) fillsLine(from int) bool {
	for _, r := range t.plain[from:] {
		if r == '\n' {
			return true
		}
		if !unicode.IsSpace(r) && !unicode.IsPunct(r) {
			return false
		}
	}
	return true
}

func asciiWord(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
