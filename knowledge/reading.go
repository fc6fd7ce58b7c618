package knowledge

import (
	"regexp"
	"strings"
	"unicode"
)

// The reading level above which a guide is no longer plain. LIX is Björnsson's läsbarhetsindex (C. H. Björnsson, Läsbarhet,
// Stockholm: Liber, 1968): words per sentence plus the percentage of words of more than six letters. It needs no syllables,
// and so no dictionary; no adaptation of Flesch's formula to Bulgarian is known to us. His scale is 30 easy, 40 medium, 50
// difficult, 60 official prose.
//
// Bulgarian words are longer, so its LIX is higher: our hundred guides had a median of 38 in Bulgarian and 29 in English, with a
// tenth above 44 and 35. Pages of egov.bg, the Ministry of Interior's portal, the administrative register and a court, and an
// article of the Administrative Procedure Code measure 52 to 92. So 45 and 40 leave room for names that cannot be changed
// («удостоверение», «свидетелство») and stay clear of office language.
const (
	plainLIX        = 45.0
	plainLIXEnglish = 40.0
)

// PlainLIX is the LIX above which a text in a language is no longer plain.
func PlainLIX(l Language) float64 {
	if l == English {
		return plainLIXEnglish
	}
	return plainLIX
}

// longSentence is the number of words above which a sentence is hard to follow; the house's voice asks for fifteen.
const longSentence = 20

// Reading is how hard a text is to read.
type Reading struct {
	Words     int
	Long      int // words of more than six letters
	Sentences int
}

// LIX is Björnsson's index, 0 for an empty text.
func (r Reading) LIX() float64 {
	if r.Words == 0 || r.Sentences == 0 {
		return 0
	}
	return float64(r.Words)/float64(r.Sentences) + 100*float64(r.Long)/float64(r.Words)
}

// ReadingOf measures texts, each of which ends a sentence: paragraphs, steps, items of lists. Numbers and addresses of sites are
// no words.
func ReadingOf(texts ...string) (r Reading) {
	for _, text := range texts {
		for _, sentence := range splitSentences(text) {
			words := wordForm.FindAllString(sentence, -1)
			if len(words) == 0 {
				continue
			}
			r.Sentences++
			r.Words += len(words)
			for _, w := range words {
				if len([]rune(w)) > 6 {
					r.Long++
				}
			}
		}
	}
	return r
}

// Reading measures all that the text says in sentences. Names of services, authorities and contacts are not among it.
func (t Text) Reading() Reading {
	t.Contact = ""
	return ReadingOf(t.prose()...)
}

var (
	wordForm = regexp.MustCompile(`\p{L}+(?:[-’']\p{L}+)*`)
	siteForm = regexp.MustCompile(`(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s)»“]*)?|[\w.+-]+@[\w.-]+`)
)

// splitSentences splits after . ! ? … and, as Björnsson does, a colon. The full stop of an abbreviation ends a sentence only where
// a capital letter or nothing follows («до 2026 г. Платете»), and never where a name or number belongs to it («чл. 50», «ул. Х»).
func splitSentences(text string) []string {
	runes := []rune(siteForm.ReplaceAllString(text, ""))
	var list []string
	start := 0
	for i, r := range runes {
		if !strings.ContainsRune(".!?…:", r) || i+1 < len(runes) && !unicode.IsSpace(runes[i+1]) && !strings.ContainsRune("“”»)\"", runes[i+1]) {
			continue
		}
		if r == '.' {
			word := i
			for word > start && unicode.IsLetter(runes[word-1]) {
				word--
			}
			next := i + 1
			for next < len(runes) && !unicode.IsLetter(runes[next]) && !unicode.IsDigit(runes[next]) {
				next++
			}
			if abbreviated[strings.ToLower(string(runes[word:i]))] || next < len(runes) && unicode.IsLower(runes[next]) {
				continue
			}
		}
		list = append(list, string(runes[start:i+1]))
		start = i + 1
	}
	return append(list, string(runes[start:]))
}

// abbreviated are the abbreviations that something always follows.
var abbreviated = map[string]bool{
	"чл": true, "ал": true, "т": true, "обр": true, "тел": true, "ул": true, "бул": true, "гр": true, "общ": true, "обл": true, "напр": true, "св": true,
	"art": true, "tel": true, "e": true, "no": true,
}
