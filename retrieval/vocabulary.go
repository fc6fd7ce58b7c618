package retrieval

import (
	"math"
	"sort"
	"unicode/utf8"
)

// Vocabulary is the words that the guides, their everyday names and the sample questions are written in. What people
// type is resolved against it: Latin typing, typos, missing spaces, and the language of a message.
type Vocabulary struct {
	lexicon *Lexicon
	words   [languages]map[string]int
	total   [languages]int
	bg, en  *trie
	stems   map[string]bool // of the Bulgarian and English words
}

// The languages that a vocabulary counts apart.
const (
	bulgarian = iota
	english
	russian
	ukrainian
	turkish
	languages
)

// Text is a piece of known text with its language: a code as in knowledge.Sample.
type vocabularyText struct {
	text     string
	language string
	weight   int
}

// newVocabulary counts the words of the texts. It is deterministic.
func newVocabulary(lexicon *Lexicon, texts []vocabularyText) *Vocabulary {
	v := &Vocabulary{lexicon: lexicon}
	for l := range v.words {
		v.words[l] = map[string]int{}
	}
	for _, t := range texts {
		l := bulgarian
		switch t.language {
		case "en":
			l = english
		case "ru":
			l = russian
		case "uk":
			l = ukrainian
		case "tr":
			l = turkish
		}
		for _, token := range allTokens(Normalize(t.text)) {
			if token.Script == Number || token.Script == OtherScript {
				continue
			}
			if l == bulgarian && token.Script == LatinScript || l == english && token.Script == CyrillicScript {
				continue // a Latin abbreviation says nothing about Bulgarian words
			}
			v.words[l][token.Text] += t.weight
			v.total[l] += t.weight
		}
	}
	v.finish()
	return v
}

// finish builds what is derived from the counts.
func (v *Vocabulary) finish() {
	v.bg, v.en = newTrie(v.words[bulgarian], sorted(v.words[bulgarian])), newTrie(v.words[english], sorted(v.words[english]))
	v.stems = make(map[string]bool, len(v.words[bulgarian]))
	for word := range v.words[bulgarian] {
		if utf8.RuneCountInString(word) > 3 {
			v.stems[Stem(word)] = true
		}
	}
	for word := range v.words[english] {
		if len(word) > 3 {
			v.stems[stemEnglish(word)] = true
		}
	}
}

func sorted(words map[string]int) []string {
	order := make([]string, 0, len(words))
	for w := range words {
		order = append(order, w)
	}
	sort.Strings(order)
	return order
}

// unseen is the log-probability of a word that a language was never seen with, the same for all: a language of which
// little is known must not win because of it.
const unseen = -13

// logP is the log-probability of a word in a language.
func (v *Vocabulary) logP(l int, word string) float64 {
	if n := v.words[l][word]; n > 0 {
		return math.Log(float64(n)) - math.Log(float64(v.total[l])+20000)
	}
	return unseen
}

// knows tells whether a Cyrillic word is written so in any of its languages.
func (v *Vocabulary) knows(word string) bool {
	return v.words[bulgarian][word] > 0 || v.words[russian][word] > 0 || v.words[ukrainian][word] > 0
}
