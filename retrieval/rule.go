package retrieval

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed rules/*.txt
var ruleFiles embed.FS

// rule recognises a message by its words. It is data: rules/*.txt say how it is written.
type rule struct {
	name, topic string
	all         [][]ruleWord // each needs one of its words
	none        []ruleWord
	most        int // words in the message; 0 is any number
}

// ruleWord is a word that a rule looks for, or with a star in the file the beginning of one.
type ruleWord struct {
	text  string
	open  bool
	first firstLetters
}

func newRuleWord(text string) ruleWord {
	text, open := strings.CutSuffix(text, "*")
	return ruleWord{text, open, firstLetter(text)}
}

// rules are the built-in ones: danger to life, what needs no guide, and what is said beside the subject.
type rules struct{ emergencies, intents, asides []rule }

var builtInRules = sync.OnceValues(func() (rules, error) {
	var r rules
	for name, into := range map[string]*[]rule{"emergency": &r.emergencies, "intent": &r.intents, "aside": &r.asides} {
		data, err := ruleFiles.ReadFile("rules/" + name + ".txt")
		if err != nil {
			return rules{}, fmt.Errorf("read the rules: %w", err)
		}
		if *into, err = parseRules(string(data)); err != nil {
			return rules{}, fmt.Errorf("rules %s: %w", name, err)
		}
	}
	return r, nil
})

func parseRules(text string) ([]rule, error) {
	var list []rule
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		head, words, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("line %q has no «: »", line)
		}
		var r rule
		r.name, r.topic, _ = strings.Cut(head, " ")
		for _, w := range strings.Fields(words) {
			switch {
			case w[0] == '!':
				r.none = append(r.none, newRuleWord(w[1:]))
			case w[0] == '<':
				n, err := strconv.Atoi(w[1:])
				if err != nil {
					return nil, fmt.Errorf("line %q: %w", line, err)
				}
				r.most = n
			default:
				var either []ruleWord
				for one := range strings.SplitSeq(w, "/") {
					either = append(either, newRuleWord(one))
				}
				r.all = append(r.all, either)
			}
		}
		list = append(list, r)
	}
	return list, nil
}

// firstLetters are those of a message's words, as a set that may hold a few more: most words of most rules begin
// with a letter that no word of the message begins with, and needn't be compared with any.
type firstLetters uint64

func (a Analysis) firstLetters() firstLetters {
	var in firstLetters
	for _, t := range a.Terms {
		in |= firstLetter(t.Word) | firstLetter(t.Typed)
	}
	return in
}

func firstLetter(word string) firstLetters {
	first, _ := utf8.DecodeRuneInString(word)
	return 1 << (first % 64)
}

// match tells whether the rule fits a message.
func (r rule) match(a Analysis, in firstLetters) bool {
	if r.most > 0 && len(a.Terms) > r.most {
		return false
	}
	for _, either := range r.all {
		if !a.begun(in, either) {
			return false
		}
	}
	return !a.begun(in, r.none)
}

// begun tells whether one of the words stands in the message.
func (a Analysis) begun(in firstLetters, words []ruleWord) bool {
	for _, w := range words {
		if in&w.first != 0 && slices.ContainsFunc(a.Terms, func(t Term) bool { return t.fits(w) }) {
			return true
		}
	}
	return false
}

// yields tells rules that a guide which surely answers overrules.
func (r rule) yields() bool {
	return r.name == string(Smalltalk) || r.topic == "advice" || r.topic == "politics"
}

// polite tells rules for thanks, a greeting or a farewell.
func (r rule) polite() bool {
	return r.name == string(Smalltalk) && (r.topic == "thanks" || r.topic == "greeting" || r.topic == "bye")
}

// intent gives the first intent rule that fits. Thanks, a greeting or a farewell is one only where nothing else is said:
// «благодаря, а за лекарствата къде да питам» asks, and then asks is true.
func (r rules) intent(a Analysis) (found rule, ok, asks bool) {
	in := a.firstLetters()
	for _, one := range r.intents {
		switch {
		case !one.match(a, in):
		case one.polite() && !r.onlyPolite(a):
			asks = true
		default:
			return one, true, asks
		}
	}
	return rule{}, false, asks
}

// onlyPolite tells that nothing but courtesies, forms of address and words without a subject are said.
func (r rules) onlyPolite(a Analysis) bool {
	said := func(t Term) bool {
		return slices.ContainsFunc(r.intents, func(one rule) bool { return one.polite() && one.has(t) }) ||
			slices.ContainsFunc(r.asides, func(one rule) bool { return one.name == "courtesy" && one.has(t) })
	}
	return !slices.ContainsFunc(a.Terms, func(t Term) bool { return !t.Stop && !said(t) })
}

// holds tells whether one of the words stands in the message, as typed or as understood.
func (a Analysis) holds(words ...string) bool {
	return slices.ContainsFunc(a.Terms, func(t Term) bool { return slices.Contains(words, t.Word) || slices.Contains(words, t.Typed) })
}

// fits tells whether a term is a word of a rule, as typed or as understood.
func (t Term) fits(w ruleWord) bool {
	if w.open {
		return strings.HasPrefix(t.Word, w.text) || strings.HasPrefix(t.Typed, w.text)
	}
	return t.Word == w.text || t.Typed == w.text
}

// first gives the first rule that fits.
func first(list []rule, a Analysis) (rule, bool) {
	in := a.firstLetters()
	for _, r := range list {
		if r.match(a, in) {
			return r, true
		}
	}
	return rule{}, false
}

// words lists the whole Bulgarian words of the rules, so that Latin typing can be resolved to them.
func (r rules) words() string {
	var b strings.Builder
	for _, list := range [][]rule{r.emergencies, r.intents, r.asides} {
		for _, one := range list {
			for _, either := range one.all {
				for _, w := range either {
					if !w.open {
						b.WriteString(w.text + " ")
					}
				}
			}
		}
	}
	return b.String()
}
