package retrieval

import (
	"fmt"
	"slices"
	"strings"

	"orientir/knowledge"
)

// Corpus is what people wrote, as learning and the index need it.
type Corpus struct {
	Revision  int64
	Guides    []knowledge.Guide
	Samples   []knowledge.Sample
	Signposts []knowledge.Signpost
	Glossary  []knowledge.Term
}

// Source says what a piece of text is taken from.
type Source string

// The sources. A negative is a sample question that no guide answers.
const (
	FromGuide    Source = "guide"
	FromSample   Source = "sample"
	FromNegative Source = "negative"
	FromSignpost Source = "signpost"
)

// piece is a text to learn from and to search: a part of a guide, a sample question, a signpost's name.
type piece struct {
	source   Source
	key      string   // slug, sample's id or signpost's title
	part     string   // of a guide: title, step 2…; of a negative: its kind; of a signpost's sample question: its id
	asked    bool     // somebody asked it: not a text that an editor wrote
	classes  []string // slugs; "-kind" or "=signpost" for what no guide answers
	text     string
	language string
	kind     string // of a sample
	weight   float32
}

// unwritten is the kind of sample questions whose guides are not written yet: known, but nothing to answer with.
const unwritten = "unwritten"

// Worth of a piece for learning: people's questions and everyday names count whole, a guide's prose half.
const (
	proseWeight = 0.5
	nameWeight  = 1
)

// pieces cuts the corpus up, in a stable order.
func (c Corpus) pieces() []piece {
	var list []piece
	published := map[string]bool{}
	for _, g := range c.Guides {
		published[g.Slug] = true
		for _, l := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
			if t, ok := g.Text[l]; ok {
				list = append(list, guidePieces(g.Slug, l, t)...)
			}
		}
	}
	pointed := map[string]bool{}
	for _, s := range c.Signposts {
		pointed[s.Title] = true
	}
	for _, s := range c.Samples {
		p := piece{source: FromSample, key: fmt.Sprint(s.ID), text: s.Text, language: s.Language, kind: s.Kind, asked: true, weight: 1}
		for _, slug := range s.Expected {
			if published[slug] {
				p.classes = append(p.classes, slug)
			}
		}
		switch {
		case s.Signpost != "":
			if !pointed[s.Signpost] {
				continue // an editor has removed it
			}
			p.source, p.key, p.part, p.classes = FromSignpost, s.Signpost, "question "+p.key, []string{"=" + s.Signpost}
		case len(s.Expected) == 0:
			p.source, p.part, p.classes = FromNegative, s.Kind, []string{"-" + s.Kind}
		case len(p.classes) == 0:
			p.source, p.part, p.classes = FromNegative, unwritten, []string{"-" + unwritten}
		}
		list = append(list, p)
	}
	for _, s := range c.Signposts {
		for i, name := range slices.Concat([]string{s.Title}, s.Names) {
			list = append(list, piece{source: FromSignpost, key: s.Title, part: fmt.Sprint(i), classes: []string{"=" + s.Title}, text: name, language: "bg", weight: nameWeight})
		}
	}
	return list
}

func guidePieces(slug string, l knowledge.Language, t knowledge.Text) []piece {
	var list []piece
	add := func(weight float32, part string, texts ...string) {
		for i, text := range texts {
			if strings.TrimSpace(text) == "" {
				continue
			}
			name := part
			if l != knowledge.Bulgarian {
				name = string(l) + " " + part
			}
			if len(texts) > 1 {
				name = fmt.Sprintf("%s %d", name, i+1)
			}
			list = append(list, piece{source: FromGuide, key: slug, part: name, classes: []string{slug}, text: text, language: string(l), weight: weight})
		}
	}
	add(nameWeight, "title", t.Title)
	add(nameWeight, "name", slices.Concat(t.Names, []string{""})...)
	add(nameWeight, "old name", slices.Concat(t.Formerly, []string{""})...)
	add(proseWeight, "authority", t.Title+". "+t.Authority)
	add(proseWeight, "summary", t.Summary)
	add(proseWeight, "who", t.Who)
	add(proseWeight, "exception", slices.Concat(t.Exceptions, []string{""})...)
	add(proseWeight, "where", t.Where)
	add(proseWeight, "step", slices.Concat(t.Steps, []string{""})...)
	add(proseWeight, "needed", slices.Concat(t.Needed, []string{""})...)
	add(proseWeight, "deadline", slices.Concat(t.Deadlines, []string{""})...)
	add(proseWeight, "good to know", slices.Concat(t.GoodToKnow, []string{""})...)
	return list
}
