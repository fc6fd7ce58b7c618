package retrieval

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// Lexicon groups the everyday words of four languages into concepts, so that what was learned from one wording
// (машина, car, автомобил) holds for the others. It is data: lexicon/*.txt, one concept a line.
type Lexicon struct {
	columns [4]wordList // Bulgarian, English, Russian, Ukrainian
}

type wordList struct {
	exact, prefix map[string][]string // to concepts
	longest       int                 // of the prefixes, in bytes
}

// builtInLexicon is the one that ships with the program.
var builtInLexicon = sync.OnceValues(func() (*Lexicon, error) {
	names, err := fs.Glob(lexiconFiles, "lexicon/*.txt")
	if err != nil {
		return nil, fmt.Errorf("list the lexicon: %w", err)
	}
	l := &Lexicon{}
	for _, name := range names {
		data, err := lexiconFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read lexicon %s: %w", name, err)
		}
		if err := l.add(string(data)); err != nil {
			return nil, fmt.Errorf("lexicon %s: %w", name, err)
		}
	}
	return l, nil
})

// add reads lines «concept: Bulgarian words | English | Russian | Ukrainian»; a star at a word's end stands for any ending.
func (l *Lexicon) add(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		concept, words, ok := strings.Cut(line, ":")
		columns := strings.Split(words, "|")
		if !ok || len(columns) > len(l.columns) {
			return fmt.Errorf("line %q is not «concept: words | words | words | words»", line)
		}
		for i, column := range columns {
			for _, w := range strings.Fields(column) {
				l.columns[i].add(strings.ReplaceAll(strings.ReplaceAll(w, "'", ""), "-", ""), concept)
			}
		}
	}
	return nil
}

func (l *wordList) add(word, concept string) {
	if l.exact == nil {
		l.exact, l.prefix = map[string][]string{}, map[string][]string{}
	}
	stem, open := strings.CutSuffix(word, "*")
	to := l.exact
	if open {
		to = l.prefix
		l.longest = max(l.longest, len(stem))
	}
	if !slices.Contains(to[stem], concept) {
		to[stem] = append(to[stem], concept)
	}
}

// concepts lists what a word may mean in the message's language.
func (l *Lexicon) concepts(language, word string, into []string) []string {
	switch language {
	case "en":
		return l.columns[1].find(word, into)
	case "ru":
		if found := l.columns[2].find(word, into); len(found) > len(into) {
			return found
		}
	case "uk":
		if found := l.columns[3].find(word, into); len(found) > len(into) {
			return found
		}
	}
	if r, _ := utf8.DecodeRuneInString(word); r < utf8.RuneSelf {
		return l.columns[1].find(word, into)
	}
	return l.columns[0].find(word, into)
}

func (l *wordList) find(word string, into []string) []string {
	into = append(into, l.exact[word]...)
	for n := min(len(word), l.longest); n > 1; n-- {
		if found := l.prefix[word[:n]]; len(found) > 0 {
			return append(into, found...) // the longest prefix alone
		}
	}
	return into
}

// words lists the whole Bulgarian words, in a stable order.
func (l *Lexicon) words() string {
	return strings.Join(slices.Sorted(maps.Keys(l.columns[0].exact)), " ")
}
