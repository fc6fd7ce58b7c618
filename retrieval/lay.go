package retrieval

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"orientir/knowledge"
)

// Lay lays an answer out as plain text: what a terminal prints and the API's "text" holds. All of it comes from the
// guide's own fields; the answer first, then how, then what else.
func Lay(a Answer) string {
	p := phrasesOf(a.Language)
	var b page
	if a.Detected == "tr" && a.Outcome != Answered && a.Outcome != Clarify {
		if a.Outcome == Emergency {
			b.line(turkishDanger)
		}
		b.line(turkishLines)
		b.gap()
	}
	if a.Outcome == Answered && a.Guide != nil && (a.Detected == "ru" || a.Detected == "uk" || a.Detected == "tr") {
		b.line(englishLine)
		b.gap()
	}
	switch a.Outcome {
	case Emergency:
		b.line(dangerWords(a.Language, a.Topic))
	case Answered:
		if a.Guide != nil {
			b.line(Succession(a))
			b.gap()
			b.guide(p, a)
		}
	case Clarify:
		b.line(p.clarify)
		for _, how := range a.Apart {
			b.line(how)
		}
		for i, g := range a.Guides {
			b.line(fmt.Sprintf("%d. %s", i+1, g.Title))
		}
	case Abstained:
		if s := a.Signpost; s != nil {
			b.line(fmt.Sprintf(p.signpost, s.Title, s.Authority))
			if s.Link != "" {
				b.line(s.Link)
			}
			b.line(p.signpostNext)
		} else {
			b.line(p.abstained)
			b.line(p.librarian)
		}
	default:
		b.line(p.outOfScope(a))
	}
	if a.Detected == "ru" || a.Detected == "uk" {
		b.gap()
		b.line(englishWords(a))
	}
	b.helpPoints(p, a)
	return b.String()
}

// englishWords says in English what became of a question in Russian or Ukrainian, where it isn't a guide.
func englishWords(a Answer) string {
	p := &englishPhrases
	switch a.Outcome {
	case Emergency:
		return dangerWords(knowledge.English, a.Topic)
	case Answered:
		return ""
	case Clarify:
		return p.clarify
	case Abstained:
		return p.abstained + " " + p.librarian
	}
	return p.outOfScope(a)
}

func (p *phrases) outOfScope(a Answer) string {
	switch a.Intent {
	case WantsHuman:
		return p.human
	case WantsHelpPoint:
		if a.Topic == "forget" {
			return p.forgot
		}
		return p.helpPoint
	case WantsTraining:
		return p.training
	case WantsStatus:
		return p.status
	case WantsNews:
		return p.news
	case Smalltalk:
		switch a.Topic {
		case "greeting":
			return p.greeting
		case "thanks":
			return p.thanks
		case "bye":
			return p.bye
		case "robot":
			return p.robot
		case "complaint":
			return p.complaint
		}
		return p.other
	}
	switch a.Topic {
	case "advice":
		return p.advice
	case "fraud":
		return p.fraud
	}
	return p.offtopic
}

// page gathers lines, never two empty ones in a row.
type page struct {
	strings.Builder
	gapped bool
}

func (b *page) line(s string) {
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	b.WriteString(s + "\n")
	b.gapped = false
}

func (b *page) gap() {
	if b.Len() > 0 && !b.gapped {
		b.WriteString("\n")
		b.gapped = true
	}
}

// section writes a heading and its lines; nothing where there are none.
func (b *page) section(heading, mark string, lines ...string) {
	started := false
	for i, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		if !started {
			b.gap()
			b.line(heading + ":")
			started = true
		}
		switch mark {
		case "1":
			l = fmt.Sprintf("%d. %s", i+1, l)
		case "-":
			l = "– " + l
		}
		b.line(l)
	}
}

// Succession is the one sentence that leads an answer whose service was asked for by an old name, or is closed and has a
// successor; "" for others.
func Succession(a Answer) string {
	if a.Guide == nil {
		return ""
	}
	p := phrasesOf(a.Language)
	t, _ := a.Guide.In(a.Language)
	switch {
	case a.Closed != nil:
		old, _ := a.Closed.In(a.Language)
		return fmt.Sprintf(p.replaced, old.Title, t.Title)
	case a.Formerly != "" && a.Guide.Status != knowledge.Closed:
		return fmt.Sprintf(p.formerly, a.Formerly, t.Title)
	}
	return ""
}

// guide lays an answer's guide out. What was asked for comes first, with the address, and then the rest.
func (b *page) guide(p *phrases, a Answer) {
	g, l, door, asked := *a.Guide, a.Language, a.Local, a.Field
	t, _ := g.In(l)
	title := t.Title
	if bg := g.Text[knowledge.Bulgarian].Title; l == knowledge.English && !cyrillicIn(title) {
		title += " (" + bg + ")" // what the person will see on the screen
	}
	b.line(title)
	b.line(a.Only)
	b.line(Warning(g, a.Age, l))
	if g.Status == knowledge.Closed {
		b.line(p.closed)
		asked = "" // where to go now comes first
	}
	if asked == FieldSteps { // how it is done is what a guide begins with anyway, after its exceptions
		asked = ""
	}
	sections := p.sections(g, t)
	if asked != "" {
		b.lead(p, g, t, sections, asked)
		b.door(p, door, l)
		b.gap()
		b.line(p.more)
	}
	b.line(t.Summary)
	if asked == "" {
		b.door(p, door, l)
	}
	for _, s := range sections {
		if asked == "" || s.field != asked {
			b.section(s.heading, s.mark, s.lines...)
		}
	}
	if asked == "" {
		b.gap()
		b.line(p.link + ": " + g.Link)
	}
	b.line(p.sourceOf(g))
}

// part is a section of a guide: the field that it answers, its heading, how its lines are marked.
type part struct {
	field         Field
	heading, mark string
	lines         []string
}

// sections are the parts of a guide in the order in which they are read.
func (p *phrases) sections(g knowledge.Guide, t knowledge.Text) []part {
	var means, fees []string
	for _, m := range g.Identification {
		means = append(means, p.means[m])
	}
	for _, f := range t.Fees {
		fees = append(fees, strings.TrimSuffix(p.euros(f.Cents)+" – "+f.What, " – "))
	}
	return []part{
		{FieldExceptions, p.exceptions, "-", t.Exceptions},
		{FieldWho, p.who, "", []string{t.Who}},
		{FieldWhere, p.where, "", []string{t.Where}},
		{FieldSteps, p.steps, "1", t.Steps},
		{FieldIdentification, p.identify, "-", append(means, t.IdentificationNote)},
		{FieldNeeded, p.needed, "-", t.Needed},
		{FieldFee, p.fees, "-", append(fees, t.FeeNote)},
		{FieldTime, p.duration, "", []string{t.Time}},
		{FieldDeadline, p.deadlines, "-", t.Deadlines},
		{"", p.good, "-", t.GoodToKnow},
		{FieldContact, p.contact, "", []string{strings.Trim(t.Authority+", "+t.Contact, ", ")}},
	}
}

// lead says what was asked for. Where the guide doesn't say it, that is said, and where it can be found out.
func (b *page) lead(p *phrases, g knowledge.Guide, t knowledge.Text, sections []part, asked Field) {
	said := asked == FieldLink
	switch asked {
	case FieldState:
		lines := StateLines(t)
		if said = len(lines) > 0; said {
			b.section(p.state, "-", lines...)
		} else {
			b.line(fmt.Sprintf(p.stateUnknown, strings.Trim(t.Authority+", "+t.Contact, ", ")))
			said = true
		}
	default:
		for _, s := range sections {
			if s.field == asked && strings.TrimSpace(strings.Join(s.lines, "")) != "" {
				b.section(s.heading, s.mark, s.lines...)
				said = true
			}
		}
	}
	if !said {
		b.line(p.unsaid)
	}
	b.line(p.link + ": " + g.Link)
}

// door is the guide's own site in the municipality of the place.
func (b *page) door(p *phrases, door *knowledge.Local, l knowledge.Language) {
	if door != nil {
		b.section(fmt.Sprintf(p.local, door.Name()), "", door.Link, door.Contact, labelled(p.office, door.Office), labelled(p.localFee, door.FeeIn(l)), door.In(l))
	}
}

// labelled puts words in a phrase; "" stays so.
func labelled(phrase, words string) string {
	if words == "" {
		return ""
	}
	return fmt.Sprintf(phrase, words)
}

// cyrillicIn tells whether an English title names the service in Bulgarian already.
func cyrillicIn(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// sourceOf is the page that the guide rests on and how fresh it is.
func (p *phrases) sourceOf(g knowledge.Guide) string {
	if len(g.Sources) == 0 {
		return ""
	}
	s := g.Sources[0]
	words := []string{p.source + ": " + strings.TrimPrefix(s.Title+", "+s.URL, ", ")}
	if !s.Seen.IsZero() {
		words = append(words, fmt.Sprintf(p.seen, p.date(s.Seen)))
	}
	if day, ok := g.Checked(); ok {
		words = append(words, fmt.Sprintf(p.checked, p.date(day)))
	} else {
		words = append(words, p.unchecked)
	}
	return strings.Join(words, "; ")
}

func (b *page) helpPoints(p *phrases, a Answer) {
	wanted := a.Intent == WantsHelpPoint && a.Topic != "forget" || a.Intent == WantsTraining || a.Intent == WantsHuman || a.Outcome == Abstained
	if len(a.HelpPoints) == 0 {
		if wanted {
			b.gap()
			if a.Place != nil && a.Place.Outcome == knowledge.PlaceAmbiguous {
				b.line(p.where2)
				for _, place := range a.Place.Places {
					b.line(fmt.Sprintf("– %s %s, община %s", place.Kind, place.Name, place.Municipality))
				}
			} else {
				b.line(p.nearUnknown)
			}
		}
		return
	}
	b.gap()
	b.line(p.near)
	for _, h := range a.HelpPoints[:min(len(a.HelpPoints), 3)] {
		b.line("– " + h.Name + ", " + strings.TrimSuffix(h.Place.Kind+" "+h.Place.Name+", "+h.Address, ", ") + distance(h, a.Language))
		b.line("  " + p.opening(h))
	}
}

// distance says how far it is from another settlement; within one nobody said where they are.
func distance(h knowledge.Nearby, l knowledge.Language) string {
	switch {
	case h.Here || h.AwayM < 1000:
		return ""
	case l == knowledge.English:
		return fmt.Sprintf(" (about %d km in a straight line)", (h.AwayM+500)/1000)
	}
	return fmt.Sprintf(" (около %d км по права линия)", (h.AwayM+500)/1000)
}

// opening says whether a library is open, or that nobody told us.
func (p *phrases) opening(h knowledge.Nearby) string {
	var words []string
	switch {
	case h.OpenNow == nil && h.Phone() != "":
		return fmt.Sprintf(p.callOn, h.Phone())
	case h.OpenNow == nil:
		return p.hoursUnknown
	case *h.OpenNow && !h.ClosesAt.IsZero():
		words = append(words, fmt.Sprintf(p.openUntil, clock(h.ClosesAt)))
	case h.NextOpen.IsZero():
		words = append(words, p.shut)
	default:
		words = append(words, fmt.Sprintf(p.opens, p.date(h.NextOpen)+", "+clock(h.NextOpen)))
	}
	if h.Phone() != "" {
		words = append(words, fmt.Sprintf(p.phone, h.Phone()))
	}
	return strings.Join(words, ", ")
}

// clock writes a time of day as people do: 9:00, 17:30.
func clock(t time.Time) string { return strings.TrimPrefix(t.Format("15:04"), "0") }
