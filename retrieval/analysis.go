package retrieval

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Term is a word of a message as analysis understood it.
type Term struct {
	Typed     string // normalised
	Word      string // as it is spelt: Cyrillic for Bulgarian in either script, Latin for English
	Stem      string
	Stop      bool     // carries no subject
	Corrected bool     // Word is a guess at what was meant by Typed
	Known     bool     // Word, or another form of it, stands in the vocabulary
	Concepts  []string // what it may mean, by the lexicon
	Explained bool     // the glossary says what it means
}

// Analysis is a message understood: its language and its terms in order.
type Analysis struct {
	Language string // bg, bg-latn, en, ru, uk, tr, und
	Terms    []Term
	Meant    []meaning // by the glossary: what the everyday words among them mean
}

// lookupVisits bounds the trie nodes that one message may visit: a few milliseconds at the very most.
const lookupVisits = 20000

// Analyze understands a message against the vocabulary.
func (v *Vocabulary) Analyze(text string) Analysis {
	m := v.read(v.pressed(text))
	if meant, ok := v.retyped(text, m.known()); ok {
		m = v.read(meant)
	}
	a := Analysis{Language: v.language(m), Terms: make([]Term, 0, len(m.tokens)+4)}
	for i, t := range m.tokens {
		switch t.Script {
		case LatinScript:
			v.addLatin(&a, t.Text, m.latin[i], &m.visits)
		case CyrillicScript:
			v.addCyrillic(&a, t.Text, &m.visits)
		default:
			a.Terms = append(a.Terms, Term{Typed: t.Text, Word: t.Text, Stem: t.Text})
		}
	}
	for i := range a.Terms {
		if t := &a.Terms[i]; !t.Stop {
			t.Concepts = v.lexicon.concepts(a.Language, t.Word, nil)
		}
	}
	return a
}

// message is a text read: its words, and what those in Latin letters would be in Bulgarian.
type message struct {
	text       string
	tokens     []Token
	latin      []latinWord
	vocabulary *Vocabulary
	visits     int // what is left of lookupVisits
}

func (v *Vocabulary) read(text string) *message {
	s := Normalize(text)
	m := &message{text: text, tokens: v.rejoined(s, Tokens(s)), vocabulary: v, visits: lookupVisits}
	m.latin = make([]latinWord, len(m.tokens))
	for i, t := range m.tokens {
		if t.Script == LatinScript {
			m.latin[i] = v.readLatinWord(t.Text, &m.visits)
		}
	}
	return m
}

// known is the share of the letters that stand in words which the vocabulary knows, in whatever language.
func (m *message) known() float64 {
	var known, all int
	for i, t := range m.tokens {
		n := utf8.RuneCountInString(t.Text)
		switch t.Script {
		case LatinScript:
			if m.latin[i].bg != "" && (n > 2 || m.latin[i].cost < 0.2) && m.latin[i].cost < 0.8 || m.vocabulary.words[english][t.Text] > 0 || m.vocabulary.words[turkish][t.Text] > 0 {
				known += n
			}
		case CyrillicScript:
			if m.vocabulary.knows(t.Text) || m.vocabulary.stems[Stem(t.Text)] {
				known += n
			}
		default:
			continue
		}
		all += n
	}
	if all < shortestKey {
		return 1
	}
	return float64(known) / float64(all)
}

// latinWord is what a Latin token would be in Bulgarian.
type latinWord struct {
	bg     string  // "" where no known word can be read from it
	weight float32 // log frequency of bg
	cost   float32
}

func (v *Vocabulary) readLatinWord(typed string, visits *int) latinWord {
	in := []rune(strings.ReplaceAll(typed, "'", ""))
	if len(in) > 30 {
		return latinWord{}
	}
	limit := float32(0.5)
	if len(in) > 3 {
		limit = 1.2
	}
	if word, weight, cost, ok := v.bg.find(in, readLatin, false, limit, unbounded, visits); ok {
		return latinWord{bg: word, weight: weight, cost: cost}
	}
	if isCode(typed) { // d6, up2
		letters := strings.TrimRight(typed, "0123456789")
		if word := latinDefault([]rune(strings.ReplaceAll(letters, "'", ""))) + typed[len(letters):]; v.words[bulgarian][word] > 0 {
			return latinWord{bg: word}
		}
	}
	if word, ok := drawnAlike(in); ok && v.words[bulgarian][word] > 1 {
		return latinWord{bg: word}
	}
	return latinWord{}
}

// drawnAlike reads a word of capitals that both scripts draw the same (MBP: МВР).
func drawnAlike(in []rune) (string, bool) {
	if len(in) < 3 {
		return "", false
	}
	var b strings.Builder
	for _, r := range in {
		c, ok := latinToCyrillic[unicode.ToUpper(r)]
		if !ok {
			return "", false
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String(), true
}

func (a *Analysis) add(typed, word string, known bool) {
	a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: Stem(word), Stop: stopWords[word], Corrected: word != typed && known, Known: known})
}

func (v *Vocabulary) addLatin(a *Analysis, typed string, w latinWord, visits *int) {
	in := []rune(strings.ReplaceAll(typed, "'", ""))
	plain := string(in)
	isEnglish := v.words[english][plain] > 0 || tellTale[plain] == "en"
	if a.Language == "en" || a.Language == "tr" || a.Language == "und" {
		// in an English sentence only a clearly Bulgarian word (lichna, KEP) is one
		if isEnglish || w.bg == "" || w.cost > 0.4 || len(in) < 3 {
			word, known := plain, isEnglish
			if !known && a.Language == "en" && len(in) > 4 && !v.stems[stemEnglish(word)] {
				limit := float32(1)
				if len(in) < 6 {
					limit = 0.8 // swapped letters alone: a letter more makes another word too often (widow, window)
				}
				if near, _, _, ok := v.en.find(in, readExact, true, limit, unbounded, visits); ok {
					word, known = near, true
				}
			}
			a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: stemEnglish(word), Stop: stopWords[word], Corrected: word != plain, Known: known})
			return
		}
	} else if alwaysLatin[plain] || isEnglish && (w.bg == "" || v.logP(english, plain) > v.logP(bulgarian, w.bg)+3 && w.cost > 0.2) {
		a.Terms = append(a.Terms, Term{Typed: typed, Word: plain, Stem: stemEnglish(plain), Stop: stopWords[plain], Known: isEnglish})
		return
	}
	if w.bg != "" {
		a.Terms = append(a.Terms, Term{Typed: typed, Word: w.bg, Stem: Stem(w.bg), Stop: stopWords[w.bg], Known: true})
		return
	}
	if n := len(in); n > 1 && in[n-1] >= '0' && in[n-1] <= '9' { // a code, not letters
		letters := strings.TrimRight(plain, "0123456789")
		number := plain[len(letters):]
		if isCode(plain) {
			a.add(typed, latinDefault([]rune(letters))+number, false)
			return
		}
		v.addLatin(a, letters, v.readLatinWord(letters, visits), visits)
		a.Terms = append(a.Terms, Term{Typed: number, Word: number, Stem: number})
		return
	}
	word := latinDefault(in)
	if len(in) > 4 && v.stems[Stem(word)] {
		a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: Stem(word), Known: true})
		return
	}
	parts, likely := v.parts(word, visits)
	likely = max(likely, leftLikely(len(in)))
	if len(in) > 4 {
		limit := float32(1)
		if len(in) > 5 {
			limit = 1.5
		}
		if near, weight, cost, ok := v.bg.find(in, readLatin, true, limit, unbounded, visits); ok && v.slipLikely(cost, weight) > likely {
			a.Terms = append(a.Terms, Term{Typed: typed, Word: near, Stem: Stem(near), Stop: stopWords[near], Corrected: true, Known: true})
			return
		}
	}
	if parts != nil && likely > leftLikely(len(in)) {
		a.addParts(parts)
		return
	}
	a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: Stem(word)})
}

func (a *Analysis) addParts(parts []string) {
	for _, part := range parts {
		a.Terms = append(a.Terms, Term{Typed: part, Word: part, Stem: Stem(part), Stop: stopWords[part], Corrected: true, Known: true})
	}
}

func (v *Vocabulary) addCyrillic(a *Analysis, typed string, visits *int) {
	word := withoutApostrophes.Replace(typed)
	t := Term{Typed: typed, Word: word, Stop: stopWords[word], Known: v.knows(word)}
	if !t.Known && !t.Stop && a.Language != "ru" && a.Language != "uk" && !isCode(word) {
		meant, parts := v.meantBy(word, visits)
		switch {
		case parts != nil:
			a.addParts(parts)
			return
		case meant != word:
			t.Word, t.Corrected, t.Known, t.Stop = meant, true, true, stopWords[meant]
		case v.stems[Stem(word)]:
			t.Known = true
		default:
			if s, ok := v.latinByKey(word); ok {
				a.Terms = append(a.Terms, Term{Typed: typed, Word: s, Stem: stemEnglish(s), Stop: stopWords[s], Corrected: true, Known: true})
				return
			}
		}
	}
	t.Stem = Stem(eastSlavic.Replace(t.Word))
	a.Terms = append(a.Terms, t)
}

var withoutApostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "")

// eastSlavic writes Russian and Ukrainian letters as the nearest Bulgarian ones, so that kindred words meet.
var eastSlavic = strings.NewReplacer("ы", "и", "э", "е", "ё", "е", "і", "и", "ї", "и", "є", "е", "ґ", "г")
