package knowledge

import (
	"fmt"
	"regexp"
	"strings"
)

// Kinds of requirements, rules and channels of ours, as concepts.
const (
	requirementWho       = "urn:orientir:requirement:who"
	requirementException = "urn:orientir:requirement:exception"
	requirementSignIn    = "urn:orientir:requirement:sign-in"
	ruleStep             = "urn:orientir:rule:step"
	ruleDeadline         = "urn:orientir:rule:deadline"
	ruleNote             = "urn:orientir:rule:good-to-know"
	channelOnline        = "urn:orientir:channel:online"
	channelLocal         = "urn:orientir:channel:municipality"
	meansPrefix          = "urn:orientir:means:"
	audiencePrefix       = "urn:orientir:audience:"
)

// requirements are who can use a service, the exceptions and the means to sign in.
func (w *cpsvWriter) requirements(node jsonNode, g Guide) {
	who := w.part(g, "who", 0, "cv:Requirement")
	who["dct:type"] = w.concept(requirementWho)
	say(who, "dct:title", each(g, func(t Text) string { return t.Who }))
	list := []any{who}
	for i, words := range sideBySide(g, func(t Text) []string { return t.Exceptions }) {
		exception := w.part(g, "exception", i+1, "cv:Requirement")
		exception["dct:type"] = w.concept(requirementException)
		say(exception, "dct:title", words)
		list = append(list, exception)
	}
	means := []any{w.concept(requirementSignIn)}
	for _, m := range g.Identification {
		means = append(means, w.concept(meansPrefix+string(m)))
	}
	signIn := w.part(g, "sign-in", 0, "cv:Requirement")
	signIn["dct:type"] = means
	say(signIn, "dct:title", map[Language]string{Bulgarian: "С какво се влиза", English: "How you sign in"})
	say(signIn, "dct:description", each(g, func(t Text) string { return t.IdentificationNote }))
	// The means stand in their order too, which types don't have.
	signIn["orientir:means"] = jsonNode{"@list": means[1:]}
	putList(node, "cv:holdsRequirement", append(list, signIn))
}

// rules are the steps, the deadlines and what is good to know: what a person who uses the service follows.
func (w *cpsvWriter) rules(node jsonNode, g Guide) {
	var list []any
	for _, kind := range []struct {
		name, concept, bg, en string
		field                 func(Text) []string
	}{
		{"step", ruleStep, "Стъпка %d", "Step %d", func(t Text) []string { return t.Steps }},
		{"deadline", ruleDeadline, "Срок %d", "Deadline %d", func(t Text) []string { return t.Deadlines }},
		{"good-to-know", ruleNote, "Добре е да знаете %d", "Good to know %d", func(t Text) []string { return t.GoodToKnow }},
	} {
		for i, words := range sideBySide(g, kind.field) {
			rule := w.part(g, kind.name, i+1, "cpsv:Rule")
			rule["dct:type"] = w.concept(kind.concept)
			say(rule, "dct:title", map[Language]string{Bulgarian: fmt.Sprintf(kind.bg, i+1), English: fmt.Sprintf(kind.en, i+1)})
			say(rule, "dct:description", words)
			list = append(list, rule)
		}
	}
	putList(node, "cpsv:follows", list)
}

// channels are the official address, and the doors in municipalities.
func (w *cpsvWriter) channels(node jsonNode, g Guide) {
	online := w.part(g, "channel", 0, "cv:Channel")
	online["dct:type"] = w.concept(channelOnline)
	if g.Link != "" {
		online["foaf:page"] = jsonNode{"@id": g.Link}
	}
	say(online, "dct:description", each(g, func(t Text) string { return t.Where }))
	list := []any{online}
	for i, d := range g.Local {
		door := w.part(g, "door", i+1, "cv:Channel")
		door["dct:type"] = w.concept(channelLocal)
		owner := jsonNode{"@id": door["@id"].(string) + "-owner", "@type": "org:Organization", "skos:prefLabel": []any{in2("Община "+d.Name(), "bg")}}
		door["cv:ownedBy"], door["orientir:municipalityName"] = owner, d.Municipality
		if d.Link != "" {
			door["foaf:page"] = jsonNode{"@id": d.Link}
		}
		if d.Contact != "" {
			door["cv:contactPoint"] = w.contact(map[Language]string{Bulgarian: d.Contact})
		}
		if d.Office != "" {
			door["orientir:office"] = d.Office
		}
		say(door, "dct:description", d.Note)
		say(door, "orientir:localFee", d.Fee)
		list = append(list, door)
	}
	putList(node, "cv:hasChannel", list)
}

// costs are the fees. Where both languages name the same amounts in the same order, each is told once.
func (w *cpsvWriter) costs(node jsonNode, g Guide) {
	var list []any
	bg, en := g.Text[Bulgarian].Fees, g.Text[English].Fees
	same := len(bg) == len(en)
	for i := 0; same && i < len(bg); i++ {
		same = bg[i].Cents == en[i].Cents
	}
	cost := func(kind string, n int, cents int64, what map[Language]string) {
		c := w.part(g, kind, n, "cv:Cost")
		c["cv:hasValue"] = jsonNode{"@type": "xsd:double", "@value": fmt.Sprintf("%d.%02d", cents/100, cents%100)}
		c["cv:currency"] = w.concept(currencyEuro)
		say(c, "dct:description", what)
		list = append(list, c)
	}
	for i, f := range bg {
		what := map[Language]string{Bulgarian: f.What}
		if same {
			what[English] = en[i].What
		}
		cost("fee", i+1, f.Cents, what)
	}
	for i := 0; !same && i < len(en); i++ {
		cost("fee-in-english", i+1, en[i].Cents, map[Language]string{English: en[i].What})
	}
	if note := each(g, func(t Text) string { return t.FeeNote }); note[Bulgarian]+note[English] != "" {
		c := w.part(g, "fee-note", 0, "cv:Cost")
		say(c, "dct:description", note)
		list = append(list, c)
	}
	putList(node, "cv:hasCost", list)
}

// durationForm finds a time that is sure in words: «до 7 дни», «30 дни», «2 месеца».
var durationForm = regexp.MustCompile(`^(?:до )?([0-9]{1,3}) (ден|дни|месец|месеца|час|часа|минути)$`)

// time is how long the service takes: as a duration where the words are one, and in words.
func (w *cpsvWriter) time(node jsonNode, g Guide) {
	words := each(g, func(t Text) string { return t.Time })
	say(node, "orientir:processingTimeInWords", words)
	if m := durationForm.FindStringSubmatch(words[Bulgarian]); m != nil {
		unit := map[string]string{"ден": "P%sD", "дни": "P%sD", "месец": "P%sM", "месеца": "P%sM", "час": "PT%sH", "часа": "PT%sH", "минути": "PT%sM"}[m[2]]
		node["cv:processingTime"] = jsonNode{"@type": "xsd:duration", "@value": fmt.Sprintf(unit, m[1])}
	}
}

var (
	phoneForm = regexp.MustCompile(`\+?[0-9][0-9 /-]{5,18}[0-9]`)
	emailForm = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
)

// contact says how to reach somebody: in words, and the phones and addresses in them for programs.
func (w *cpsvWriter) contact(words map[Language]string) jsonNode {
	point := jsonNode{"@type": "cv:ContactPoint"}
	say(point, "dct:description", words)
	var phones, emails []any
	for _, p := range phoneForm.FindAllString(words[Bulgarian], -1) {
		phones = append(phones, strings.TrimSpace(p))
	}
	for _, e := range emailForm.FindAllString(words[Bulgarian], -1) {
		emails = append(emails, e)
	}
	putList(point, "cv:telephone", phones)
	putList(point, "cv:email", emails)
	return point
}
