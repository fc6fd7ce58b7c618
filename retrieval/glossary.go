package retrieval

import (
	"slices"
	"strings"
	"unicode/utf8"

	"orientir/knowledge"
)

// glossary is the editors' everyday words and what they mean in the words of the guides («борсата»: бюро по труда).
// A word of it that is said in a message brings its meaning along, in learning as in answering.
type glossary struct {
	vocabulary *Vocabulary
	entries    map[string][]glossaryEntry // by the stem of the term's first word, the longest term first
}

type glossaryEntry struct {
	words   []string
	meaning meaning
}

// meaning is what a term stands for.
type meaning struct {
	terms []Term
	rare  bool // the knowledge base says a word of the term less often than commonWord
}

// commonWord is how many times a word must be said in the knowledge base for learning to know best what it means.
const commonWord = 10

func (a Analysis) meantTerms() []Term {
	var list []Term
	for _, m := range a.Meant {
		list = append(list, m.terms...)
	}
	return list
}

// glossary reads the terms with this vocabulary. Terms of nothing but stop words («го») are left out: they are said in
// every other message and mean nothing there.
func (v *Vocabulary) glossary(terms []knowledge.Term) *glossary {
	g := &glossary{vocabulary: v, entries: map[string][]glossaryEntry{}}
	for _, t := range terms {
		var e glossaryEntry
		subject := false
		for _, token := range Tokens(Normalize(t.Term)) {
			e.words = append(e.words, token.Text)
			subject = subject || !stopWords[token.Text]
			e.meaning.rare = e.meaning.rare || v.words[bulgarian][token.Text] < commonWord
		}
		e.meaning.terms = v.Analyze(t.Meaning).Terms
		if subject && len(e.meaning.terms) > 0 {
			stem := Stem(e.words[0])
			g.entries[stem] = append(g.entries[stem], e)
		}
	}
	for _, list := range g.entries {
		slices.SortStableFunc(list, func(a, b glossaryEntry) int { return len(b.words) - len(a.words) })
	}
	return g
}

// analyze understands a message, with what its everyday words mean.
func (g *glossary) analyze(text string) Analysis {
	a := g.vocabulary.Analyze(text)
	for i := 0; i < len(a.Terms); {
		e, ok := g.at(a.Terms[i:])
		if !ok {
			i++
			continue
		}
		a.Meant = append(a.Meant, e.meaning)
		for j, word := range e.words {
			t := &a.Terms[i+j]
			if t.Typed == word && t.Word != word { // an editor's word that learning has not met is no slip of the keyboard
				t.Word, t.Stem, t.Corrected, t.Stop = word, Stem(word), false, stopWords[word]
				t.Concepts = g.vocabulary.lexicon.concepts(a.Language, word, nil)
			}
			t.Known, t.Explained = true, true
		}
		i += len(e.words)
	}
	return a
}

// asMeant are the subjects with the meaning of the explained words in their place.
func (a Analysis) asMeant() []string {
	terms := slices.DeleteFunc(slices.Clone(a.Terms), func(t Term) bool { return t.Explained })
	return Analysis{Terms: slices.Concat(terms, a.meantTerms())}.subjects()
}

// at gives the longest term that the words begin with.
func (g *glossary) at(terms []Term) (glossaryEntry, bool) {
	for _, stem := range []string{terms[0].Stem, Stem(terms[0].Typed)} {
		for _, e := range g.entries[stem] {
			if e.begins(terms) {
				return e, true
			}
		}
	}
	return glossaryEntry{}, false
}

func (e glossaryEntry) begins(terms []Term) bool {
	if len(e.words) > len(terms) {
		return false
	}
	for i, word := range e.words {
		if !terms[i].is(word) {
			return false
		}
	}
	return true
}

// is tells whether a term is a word of the glossary, with or without its article (борса, борсата). A stem alone would say
// too much: «личния» is the doctor and «личната» the card.
func (t Term) is(word string) bool {
	if t.Word == word || t.Typed == word {
		return true
	}
	return utf8.RuneCountInString(word) > 3 && utf8.RuneCountInString(t.Word) > 3 && t.Stem == Stem(word) && (strings.HasPrefix(t.Word, word) || strings.HasPrefix(word, t.Word))
}

// glossaryTexts are the terms and meanings as known words, so that Latin typing and slips resolve to them.
func glossaryTexts(terms []knowledge.Term) []vocabularyText {
	var list []vocabularyText
	for _, t := range terms {
		list = append(list, vocabularyText{t.Term, "bg", 1}, vocabularyText{t.Meaning, "bg", 1})
	}
	return list
}
