package retrieval

import "strings"

// Term is a word of a message as analysis understood it.
type Term struct {
	Typed     string // normalised
	Word      string // as it is spelt: Cyrillic for Bulgarian in either script, Latin for English
	Stem      string
	Stop      bool     // carries no subject
	Corrected bool     // Word is a guess at what was meant by Typed
	Known     bool     // Word stands in the vocabulary
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
const lookupVisits = 30000

// Analyze understands a message against the vocabulary.
func (v *Vocabulary) Analyze(text string) Analysis {
	tokens := Tokens(Normalize(text))
	visits := lookupVisits
	a := Analysis{Terms: make([]Term, 0, len(tokens))}
	latin := make([]latinWord, len(tokens))
	for i, t := range tokens {
		if t.Script == LatinScript {
			latin[i] = v.readLatinWord(t.Text, &visits)
		}
	}
	a.Language = v.language(text, tokens, latin)
	for i, t := range tokens {
		switch t.Script {
		case Number:
			a.Terms = append(a.Terms, Term{Typed: t.Text, Word: t.Text, Stem: t.Text})
		case LatinScript:
			v.addLatin(&a, t.Text, latin[i], &visits)
		case CyrillicScript:
			v.addCyrillic(&a, t.Text, &visits)
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
	word, weight, cost, ok := v.bg.find(in, readLatin, false, limit, visits)
	if !ok {
		return latinWord{}
	}
	return latinWord{bg: word, weight: weight, cost: cost}
}

func (v *Vocabulary) addLatin(a *Analysis, typed string, w latinWord, visits *int) {
	in := []rune(strings.ReplaceAll(typed, "'", ""))
	plain := string(in)
	isEnglish := v.words[english][plain] > 0
	if a.Language == "en" || a.Language == "tr" || a.Language == "und" {
		// in an English sentence only a clearly Bulgarian word (lichna, KEP) is one
		if isEnglish || w.bg == "" || w.cost > 0.4 || len(in) < 3 {
			word, known := plain, isEnglish
			if !known && a.Language == "en" && len(in) > 4 {
				if near, _, _, ok := v.en.find(in, readExact, true, min(1, tolerance(len(in))), visits); ok {
					word, known = near, true
				}
			}
			a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: stemEnglish(word), Stop: stopWords[word], Corrected: word != plain, Known: known})
			return
		}
	} else if isEnglish && (w.bg == "" || v.logP(english, plain) > v.logP(bulgarian, w.bg)+3 && w.cost > 0.2) {
		a.Terms = append(a.Terms, Term{Typed: typed, Word: plain, Stem: stemEnglish(plain), Stop: stopWords[plain], Known: true})
		return
	}
	if w.bg != "" {
		a.Terms = append(a.Terms, Term{Typed: typed, Word: w.bg, Stem: Stem(w.bg), Stop: stopWords[w.bg], Known: true})
		return
	}
	if n := len(in); n > 1 && in[n-1] >= '0' && in[n-1] <= '9' { // obr7, d6: a code, not a letter
		letters := strings.TrimRight(plain, "0123456789")
		v.addLatin(a, letters, v.readLatinWord(letters, visits), visits)
		number := plain[len(letters):]
		a.Terms = append(a.Terms, Term{Typed: number, Word: number, Stem: number})
		return
	}
	if len(in) > 4 {
		if word, _, _, ok := v.bg.find(in, readLatin, true, min(tolerance(len(in))+0.2, 1.5), visits); ok {
			a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: Stem(word), Stop: stopWords[word], Corrected: true, Known: true})
			return
		}
	}
	word := latinDefault(in)
	if x, y, ok := v.parts(word); ok {
		for _, part := range []string{x, y} {
			a.Terms = append(a.Terms, Term{Typed: part, Word: part, Stem: Stem(part), Stop: stopWords[part], Corrected: true, Known: true})
		}
		return
	}
	a.Terms = append(a.Terms, Term{Typed: typed, Word: word, Stem: Stem(word)})
}

func (v *Vocabulary) addCyrillic(a *Analysis, typed string, visits *int) {
	word := strings.NewReplacer("'", "", "’", "", "ʼ", "").Replace(typed)
	t := Term{Typed: typed, Word: word, Stop: stopWords[word], Known: v.knows(word)}
	if in := []rune(word); !t.Known && !t.Stop && len(in) > 3 && len(in) < 30 && a.Language != "ru" && a.Language != "uk" {
		if x, y, ok := v.parts(word); ok {
			for _, part := range []string{x, y} {
				a.Terms = append(a.Terms, Term{Typed: part, Word: part, Stem: Stem(part), Stop: stopWords[part], Corrected: true, Known: true})
			}
			return
		}
		if near, _, _, ok := v.bg.find(in, readTyped, true, tolerance(len(in)), visits); ok {
			t.Word, t.Corrected, t.Known, t.Stop = near, true, true, stopWords[near]
		}
	}
	t.Stem = Stem(eastSlavic.Replace(t.Word))
	a.Terms = append(a.Terms, t)
}

// eastSlavic writes Russian and Ukrainian letters as the nearest Bulgarian ones, so that kindred words meet.
var eastSlavic = strings.NewReplacer("ы", "и", "э", "е", "ё", "е", "і", "и", "ї", "и", "є", "е", "ґ", "г")
