package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orientir/knowledge"
)

// field is a piece of a guide that a model may cite by its token.
type field struct {
	Token string `json:"token"`
	Text  string `json:"text"`           // addresses in it are tokens too
	Must  bool   `json:"must,omitempty"` // an exception that an answer may not leave out
	stems map[string]bool
	facts facts
}

// cited is a guide taken apart for a model: what it may say, and what stands for the addresses.
type cited struct {
	language knowledge.Language
	fields   []field
	links    []string // [[link:1]] is the first
	stems    map[string]bool
	facts    facts
}

var (
	addressPattern = regexp.MustCompile(`(?i)(?:https?://)?[\p{L}\p{N}._%+-]*@?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:/[^\s)»"”]*)?`)
	linkToken      = regexp.MustCompile(`\[\[link:(\d{1,3})\]\]`)
)

// cite takes a guide apart. about are the subjects of the question, as stems: an exception that shares one with it must be told,
// and so must the first, which the card leads with. door is the guide's own in the person's municipality, nil where it has none.
// What gives orders is left out.
func cite(g knowledge.Guide, l knowledge.Language, door *knowledge.Local, about []string) cited {
	t, in := g.In(l)
	p := phrasesOf(in)
	c := cited{language: in, stems: map[string]bool{}, facts: facts{}}
	c.link(g.Link)
	c.add("title", t.Title, false)
	if g.Status == knowledge.Closed {
		c.add("closed", p.closed, true)
	}
	c.add("summary", t.Summary, false)
	c.add("who", t.Who, false)
	general := stemsOf(t.Title + " " + t.Summary + " " + strings.Join(t.Names, " "))
	for i, e := range t.Exceptions {
		concerns := slices.ContainsFunc(about, func(stem string) bool { return !general[stem] && stemsOf(e)[stem] })
		c.add(fmt.Sprintf("exception.%d", i+1), e, i < leadingExceptions || concerns)
	}
	if door != nil {
		name := fmt.Sprintf(p.local, door.Name()) + ": "
		for _, fact := range []struct{ token, text string }{
			{"local.link", door.Link}, {"local.contact", door.Contact}, {"local.office", door.Office}, {"local.fee", door.FeeIn(in)},
		} {
			if fact.text != "" {
				c.add(fact.token, name+fact.text, false)
			}
		}
		c.add("local.note", door.In(in), false)
	}
	c.add("where", t.Where, false)
	c.list("step", t.Steps)
	var means []string
	for _, m := range g.Identification {
		means = append(means, p.means[m])
	}
	c.list("identification", means)
	c.add("identification.note", t.IdentificationNote, false)
	c.list("needed", t.Needed)
	for i, f := range t.Fees {
		c.add(fmt.Sprintf("fee.%d", i+1), strings.TrimSuffix(p.euros(f.Cents)+" – "+f.What, " – "), false)
	}
	c.add("fee.note", t.FeeNote, false)
	c.add("time", t.Time, false)
	c.list("deadline", t.Deadlines)
	c.list("good", t.GoodToKnow)
	c.add("authority", t.Authority, false)
	c.add("contact", t.Contact, false)
	c.add("link", p.link+": "+g.Link, false)
	return c
}

// leadingExceptions are those that stand before anything else in a laid-out answer and may not be left out of any.
const leadingExceptions = 1

func (c *cited) list(name string, texts []string) {
	for i, t := range texts {
		c.add(fmt.Sprintf("%s.%d", name, i+1), t, false)
	}
}

func (c *cited) add(token, text string, must bool) {
	text = strings.TrimSpace(text)
	if text == "" || orders(text) {
		return
	}
	f := field{Token: token, Must: must, Text: addressPattern.ReplaceAllStringFunc(text, c.link)}
	bare := linkToken.ReplaceAllString(f.Text, " ")
	f.stems, f.facts = stemsOf(bare), factsOf(bare)
	for s := range f.stems {
		c.stems[s] = true
	}
	for s := range f.facts {
		c.facts[s] = true
	}
	c.fields = append(c.fields, f)
}

// link gives the token of an address, a new one where it has none yet. A full stop at its end is the sentence's.
func (c *cited) link(address string) string {
	plain := strings.TrimRight(address, ".,;:!?")
	at := slices.Index(c.links, plain)
	if at < 0 {
		c.links = append(c.links, plain)
		at = len(c.links) - 1
	}
	return fmt.Sprintf("[[link:%d]]", at+1) + address[len(plain):]
}

// written turns the tokens of a text back into addresses; false where one stands for none.
func (c *cited) written(text string) (string, bool) {
	known := true
	text = linkToken.ReplaceAllStringFunc(text, func(token string) string {
		var n int
		if _, err := fmt.Sscanf(token, "[[link:%d]]", &n); err != nil || n < 1 || n > len(c.links) {
			known = false
			return ""
		}
		return c.links[n-1]
	})
	return text, known
}

func (c *cited) field(token string) (field, bool) {
	for _, f := range c.fields {
		if f.Token == token {
			return f, true
		}
	}
	return field{}, false
}

// stemsOf are the stems of a text's subject words.
func stemsOf(text string) map[string]bool {
	stems := map[string]bool{}
	for _, t := range cut(Normalize(text), maxGuideTokens) {
		if !stopWords[t.Text] {
			stems[stemOf(t)] = true
		}
	}
	return stems
}

// maxGuideTokens bounds the work on one field of a guide.
const maxGuideTokens = 600

func stemOf(t Token) string {
	if t.Script == LatinScript {
		return stemEnglish(t.Text)
	}
	return Stem(t.Text)
}
