package webchat

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"orientir/bot"
	"orientir/knowledge"
	"orientir/retrieval"
)

// card is a guide as a page shows it, in a message or whole.
type card struct {
	voice
	Text         knowledge.Text
	Link         string
	Host         string
	Closed       bool
	Means        []knowledge.Means
	Sources      []source
	Foreign      string // language of Text where it is not the page's
	Untranslated string // says so, on the page of a guide
	Anchor       string // id of the title
	Page         string // address of the guide's own page, in the reader's language; "" on it
	Version      string
	Open         bool // steps are unfolded
	Whole        bool // everything is unfolded

	Lead     *bot.Lead // what was asked for: the card begins with it and folds the rest
	LeadLine string    // of Lead, where it is a single line
	Warning  string    // what a person must know of the guide's age
	Expired  bool      // nothing of it is shown but where its source is
	Only     string    // says where it holds, where not in the whole country
	Local    *bot.Door // the service's own site where the person is
}

// source is an official page with what we know of its age.
type source struct{ URL, Title, Dates string }

// messageCard lays out the guide that a message carries.
func (v voice) messageCard(c *bot.Card, message int64) *card {
	out := v.card(c.Text, c.Language, c.Link, c.Identification, c.Closed)
	v = out.voice // what is said of the source too
	out.Anchor = "guide-" + strconv.FormatInt(message, 10)
	out.Page = v.Href("/guides/" + c.Slug)
	out.Open = c.Asked == "" || c.Asked == retrieval.FieldSteps
	out.Local, out.Warning, out.Expired, out.Only = c.Local, c.Warning, c.Expired, c.Only
	out.begin(c)
	seen, _ := time.Parse(time.DateOnly, c.Seen)
	checked, _ := time.Parse(time.DateOnly, c.Checked)
	if c.Source != "" {
		out.Sources = []source{v.source(knowledge.Source{URL: c.Source, Title: c.SourceTitle, Seen: seen, Checked: checked})}
	}
	return out
}

// begin takes what was asked for. The address has a button of its own.
func (c *card) begin(from *bot.Card) {
	if from.Lead == nil {
		return
	}
	lead := bot.Lead{Title: from.Lead.Title}
	for _, l := range from.Lead.Lines {
		if l != from.Link || len(from.Lead.Lines) == 1 {
			lead.Lines = append(lead.Lines, l)
		}
	}
	c.Lead = &lead
	if len(lead.Lines) == 1 {
		c.LeadLine = lead.Lines[0]
	}
}

// wholeCard lays out a guide for its own page.
func (v voice) wholeCard(g knowledge.Guide, age knowledge.Age) *card {
	text, language := g.In(knowledge.Language(v.Lang()))
	out := v.card(text, string(language), g.Link, g.Identification, g.Status == knowledge.Closed)
	out.Anchor, out.Open, out.Whole = "guide", true, true
	out.Warning, out.Expired = retrieval.Warning(g, age, knowledge.Language(v.Lang())), age == knowledge.Expired
	for _, s := range g.Sources {
		out.Sources = append(out.Sources, v.source(s))
	}
	out.Version = v.T("web.version", g.Version, bot.DateWords(g.PublishedAt.In(v.site.zone), v.Lang()))
	if out.Foreign != "" {
		out.Untranslated = v.T("web.guide_in_bulgarian")
	}
	return out
}

// phoneScreen is about how many letters a phone of 360 by 740 points shows at once, with room for the button to the official site.
const phoneScreen = 380

// seenExceptions is how many of the exceptions fit on a phone's first screen with what stands above them; one at least.
func seenExceptions(t knowledge.Text) int {
	left := phoneScreen - utf8.RuneCountInString(t.Title) - utf8.RuneCountInString(t.Authority) - utf8.RuneCountInString(t.Summary)
	for i, e := range t.Exceptions {
		if left -= utf8.RuneCountInString(e); left < 0 && i > 0 {
			return i
		}
	}
	return len(t.Exceptions)
}

// Exceptions are those in sight, and MoreExceptions those folded.
func (c card) Exceptions() []string     { return c.Text.Exceptions[:c.seen()] }
func (c card) MoreExceptions() []string { return c.Text.Exceptions[c.seen():] }

func (c card) seen() int {
	if c.Whole || c.Lead != nil {
		return len(c.Text.Exceptions)
	}
	return seenExceptions(c.Text)
}

func (v voice) card(t knowledge.Text, language, link string, means []knowledge.Means, closed bool) *card {
	c := &card{voice: v, Text: t, Link: link, Host: host(link), Closed: closed, Means: means}
	if language != "" && language != v.Lang() {
		c.Foreign = language
		c.voice.chosen = knownLanguage(language) // the card's own words are in the language of its text
	}
	return c
}

// Identification is the ways to sign in, in words.
func (c card) Identification() []string {
	out := make([]string, len(c.Means))
	for i, m := range c.Means {
		out[i] = bot.MeansWords(m, c.Lang())
	}
	return out
}

// Fees is what the service costs, or where to check.
func (c card) Fees() []string {
	var out []string
	for _, f := range c.Text.Fees {
		line := bot.FeeWords(f.Cents, c.Lang())
		if f.What != "" {
			line += " – " + f.What
		}
		out = append(out, line)
	}
	if c.Text.FeeNote != "" {
		out = append(out, c.Text.FeeNote)
	}
	if len(out) == 0 && !c.Closed && !c.Expired && c.Host != "" {
		out = []string{c.T("web.fee_unknown", c.Host)}
	}
	return out
}

// source says when a page was read and when an editor last opened it.
func (v voice) source(s knowledge.Source) source {
	var dates []string
	if !s.Seen.IsZero() {
		dates = append(dates, v.T("web.seen", bot.DateWords(s.Seen, v.Lang())))
	}
	if s.Checked.IsZero() {
		dates = append(dates, v.T("web.unchecked"))
	} else {
		dates = append(dates, v.T("web.checked", bot.DateWords(s.Checked.In(v.site.zone), v.Lang())))
	}
	title := s.Title
	if title == "" {
		title = host(s.URL)
	}
	return source{URL: s.URL, Title: title, Dates: strings.Join(dates, ", ")}
}
