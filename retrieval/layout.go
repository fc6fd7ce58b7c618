package retrieval

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A message typed with the wrong keyboard layout on («ud.r«» for «карта») is gibberish letter by letter, and plain once
// each key is read by the other layout. It is read so only where the vocabulary then knows most of its words, and knew few
// of them before.

// layout is a Bulgarian keyboard, key by key against the Latin one (US).
type layout struct {
	cyrillic map[rune]rune // what a key gives, by what it gives on the Latin keyboard
	latin    map[rune]rune // the reverse, letters alone
}

// The layouts in use, as xkeyboard-config names them: БДС 5237:2006 («bds»), the traditional phonetic one («phonetic») and
// the new phonetic one of the same standard («bas_phonetic»).
var layouts = []layout{
	newLayout(",уеишщксдзц;", "ьяаожгтнвмч„", "юйъэфхпрлб("),
	newLayout("явертъуиопшщ", "асдфгхйкл;'ю", "зьцжбнм,./ч"),
	newLayout("чшертъуиопящ", "асдфгхйкл;'ь", "зжцвбнм,./ю"),
}

func newLayout(rows ...string) layout {
	l := layout{map[rune]rune{}, map[rune]rune{}}
	for i, keys := range []string{"qwertyuiop[]", `asdfghjkl;'\`, "zxcvbnm,./`"} {
		to := []rune(rows[i])
		for k, key := range []rune(keys) {
			l.cyrillic[key] = to[k]
			if unicode.IsLetter(to[k]) {
				l.latin[to[k]] = key
			}
		}
	}
	// the same keys with Shift
	for i, r := range []rune(`{}:"|<>?~`) {
		l.cyrillic[r] = unicode.ToUpper(l.cyrillic[[]rune(`[];'\,./` + "`")[i]])
	}
	return l
}

func (l layout) inCyrillic(s string) string { return strings.Map(l.key(l.cyrillic), s) }
func (l layout) inLatin(s string) string    { return strings.Map(l.key(l.latin), s) }

func (l layout) key(table map[rune]rune) func(rune) rune {
	return func(r rune) rune {
		if to, ok := table[unicode.ToLower(r)]; ok {
			return to
		}
		if to, ok := table[r]; ok {
			return to
		}
		return r
	}
}

const (
	meantShare  = 0.75 // of the letters must stand in words that are known once a message is read by another layout
	gainedShare = 0.35 // more than were known as typed
	shortestKey = 4    // letters that a message or word has at least: fewer turn into a known word by chance
)

// retyped gives a message as it would be with the other keyboard layout on, where that is what it means. as is what is
// known of it as typed (0…1).
func (v *Vocabulary) retyped(text string, as float64) (string, bool) {
	if as > 1-gainedShare {
		return "", false
	}
	best, meant := max(meantShare, as+gainedShare), ""
	for _, l := range layouts {
		if s := l.inCyrillic(text); s != text {
			if share := v.knownShare(s, bulgarian); share > best {
				best, meant = share, s
			}
		}
		if s := l.inLatin(text); s != text {
			if share := v.knownShare(s, english); share > best {
				best, meant = share, s
			}
		}
	}
	return meant, meant != ""
}

// knownShare is the share of a text's letters that stand in words of a language.
func (v *Vocabulary) knownShare(text string, language int) float64 {
	var known, all int
	for _, t := range cut(Normalize(text), maxTokens) {
		n := utf8.RuneCountInString(t.Text)
		if t.Script == Number {
			continue
		}
		all += n
		if count := v.words[language][t.Text]; n > 2 && count > 1 || n <= 2 && stopWords[t.Text] && count > 0 {
			known += n
		}
	}
	if all < shortestKey {
		return 0
	}
	return float64(known) / float64(all)
}

// pressed gives the words that were typed by the keys of a phonetic keyboard which bear no Latin letter (li`na: лична).
// Only words that the vocabulary then knows are taken.
func (v *Vocabulary) pressed(text string) string {
	const keys = "`[]\\{}|~"
	if !strings.ContainsAny(text, keys) {
		return text
	}
	words := strings.Split(text, " ")
	for i, w := range words {
		core := strings.TrimRight(w, ".,:;!?")
		if !strings.ContainsAny(core, keys) || strings.IndexFunc(core, func(r rune) bool { return r >= 'a' && r <= 'z' }) < 0 {
			continue
		}
		for _, l := range layouts[1:] {
			s := strings.ToLower(l.inCyrillic(core))
			if utf8.RuneCountInString(s) >= shortestKey && v.words[bulgarian][s] > 0 {
				words[i] = s + w[len(core):]
				break
			}
		}
	}
	return strings.Join(words, " ")
}

// alwaysLatin are words of addresses and files that no vocabulary need know.
var alwaysLatin = set("www http https pdf doc docx xml email gmail facebook")

// latinByKey gives the Latin word that a Cyrillic one was meant for where the Cyrillic layout was on (шшш, емаил).
func (v *Vocabulary) latinByKey(word string) (string, bool) {
	if utf8.RuneCountInString(word) < 3 {
		return "", false
	}
	for _, l := range layouts {
		if s := l.inLatin(word); alwaysLatin[s] || len(s) >= shortestKey && v.words[english][s] > 2 {
			return s, true
		}
	}
	return "", false
}
