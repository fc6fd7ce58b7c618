package knowledge

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ReadCPSV reads guides from CPSV-AP 3 in JSON-LD: a file of ours comes back as it went out, and of anybody else's each public service gives what
// the vocabulary says of it. Where the file names a dataset with parts, only those are taken; other services in it are only referred to.
// What a guide says is checked by Validate. The error is *ImportError: the row is the number of the service, from 1, 0 for the whole file.
func ReadCPSV(data []byte) ([]Guide, error) {
	faults := &faultList{}
	nodes, err := flatten(data)
	if err != nil {
		var f *Fault
		if errors.As(err, &f) {
			faults.add(0, f.Field, f.Key, f.Value)
			return nil, faults.result()
		}
		return nil, err
	}
	var parts []string
	for _, id := range sortedKeys(nodes) {
		if n := nodes[id]; n.is("dcat:Dataset") {
			parts = append(parts, n.ids("dct:hasPart")...)
		}
	}
	if parts == nil {
		for _, id := range sortedKeys(nodes) {
			if nodes[id].is("cpsv:PublicService") {
				parts = append(parts, id)
			}
		}
	}
	r := &cpsvReader{nodes: nodes}
	var guides []Guide
	for i, id := range parts {
		if i == mostNodes {
			faults.add(0, "-", "fault.large", "")
			break
		}
		service, ok := nodes[id]
		if !ok || !service.is("cpsv:PublicService") {
			faults.add(i+1, "dct:hasPart", "fault.missing", id)
			continue
		}
		r.fault = func(column, key, value string) { faults.add(i+1, column, key, value) }
		guides = append(guides, r.guide(service))
	}
	if len(parts) == 0 {
		faults.add(0, "-", "fault.services", "")
	}
	return guides, faults.result()
}

// cpsvReader makes guides of nodes.
type cpsvReader struct {
	nodes map[string]ldNode
	fault func(column, key, value string)
}

// all are the nodes that a property points at, in the order that their identifiers give.
func (r *cpsvReader) all(n ldNode, property string) []ldNode {
	var list []ldNode
	for _, id := range n.ids(property) {
		if node, ok := r.nodes[id]; ok {
			list = append(list, node)
		}
	}
	slices.SortStableFunc(list, func(a, b ldNode) int { return cmp.Compare(a.order(), b.order()) })
	return list
}

// notSlug turns what others put between words into what stands there in slugs.
var notSlug = strings.NewReplacer(" ", "-", "_", "-")

// slugOf is what a service is called here: its identifier.
func (r *cpsvReader) slugOf(id string) string {
	if n, ok := r.nodes[id]; ok {
		if identifier := n.first("dct:identifier"); identifier != "" {
			if slugForm.MatchString(identifier) {
				return identifier
			}
			return strings.Trim(notSlug.Replace(strings.ToLower(identifier)), "-")
		}
	}
	return path.Base(id)
}

func (r *cpsvReader) guide(n ldNode) Guide {
	g := Guide{
		Slug: r.slugOf(n.String()), Status: Active, Text: map[Language]Text{}, Municipality: n.first("orientir:municipality"),
	}
	switch {
	case slices.Contains(n.ids("adms:status"), statusClosed):
		g.Status = Closed
	case len(n.ids("adms:status")) > 0 && !slices.Contains(n.ids("adms:status"), statusActive):
		r.fault("adms:status", "fault.choice", n.ids("adms:status")[0])
	}
	audiences := n.ids("dct:audience")
	citizen, business := slices.Contains(audiences, audiencePrefix+string(Citizen)), slices.Contains(audiences, audiencePrefix+string(Business))
	switch {
	case citizen && !business:
		g.Audience = Citizen
	case business && !citizen:
		g.Audience = Business
	default:
		g.Audience = Both
	}
	var err error
	if g.ReviewBy, err = n.day("orientir:reviewBy"); err != nil {
		r.fault("orientir:reviewBy", "fault.date", n.first("orientir:reviewBy"))
	}
	for _, id := range slices.Concat(n.ids("cv:relatedService"), n.ids("orientir:related")) {
		g.Related = append(g.Related, r.slugOf(id))
	}
	for _, id := range n.ids("dct:isReplacedBy") {
		g.ReplacedBy = r.slugOf(id)
	}
	for _, a := range r.all(n, "orientir:apart") {
		apart := Apart{How: a.words("dct:description")}
		for _, id := range a.ids("orientir:from") {
			apart.Slug = r.slugOf(id)
		}
		g.Apart = append(g.Apart, apart)
	}
	for _, s := range r.all(n, "dct:source") {
		source := Source{Title: s.first("dct:title")}
		for _, address := range s.ids("foaf:page") {
			source.URL = address
		}
		if source.Seen, err = s.day("orientir:seen"); err != nil {
			r.fault("orientir:seen", "fault.date", s.first("orientir:seen"))
		}
		if source.Checked, err = s.day("orientir:checked"); err != nil {
			r.fault("orientir:checked", "fault.date", s.first("orientir:checked"))
		}
		g.Sources = append(g.Sources, source)
	}
	texts := map[Language]*Text{Bulgarian: {}, English: {}}
	for l, t := range texts {
		t.Title, t.Summary = n.text("dct:title", l), n.text("dct:description", l)
		t.Names, t.Formerly = n.texts("dcat:keyword", l), n.texts("dct:alternative", l)
		t.Time = n.text("orientir:processingTimeInWords", l)
		for _, authority := range r.all(n, "cv:hasCompetentAuthority") {
			t.Authority = authority.text("skos:prefLabel", l)
		}
		for _, point := range r.all(n, "cv:contactPoint") {
			t.Contact = contactWords(point, l)
		}
		for _, needed := range r.all(n, "cpsv:hasInput") {
			if words := needed.text("dct:title", l); words != "" {
				t.Needed = append(t.Needed, words)
			}
		}
	}
	if texts[Bulgarian].Time == "" {
		texts[Bulgarian].Time = durationWords(n.first("cv:processingTime"))
	}
	r.requirements(n, &g, texts)
	r.rules(n, texts)
	r.channels(n, &g, texts)
	r.costs(n, texts)
	g.Text[Bulgarian] = *texts[Bulgarian]
	if en := texts[English]; en.Summary != "" || len(en.Steps) > 0 {
		g.Text[English] = *en
	}
	g.TitleEnglish = cmp.Or(n.text("orientir:titleInLists", English), texts[English].Title)
	return g
}

// contactWords is how to reach somebody, in words; of others' files the phones and addresses.
func contactWords(point ldNode, l Language) string {
	words := point.words("dct:description")
	if words != nil || l != Bulgarian {
		return words[l]
	}
	return strings.Join(slices.Concat(point.texts("cv:telephone", Bulgarian), point.texts("cv:email", Bulgarian)), ", ")
}

func (r *cpsvReader) requirements(n ldNode, g *Guide, texts map[Language]*Text) {
	for _, one := range r.all(n, "cv:holdsRequirement") {
		types := one.ids("dct:type")
		if slices.Contains(types, requirementSignIn) {
			means := one.ids("orientir:means")
			if means == nil {
				means = types
			}
			for _, id := range means {
				if name, ok := strings.CutPrefix(id, meansPrefix); ok {
					g.Identification = append(g.Identification, Means(name))
				}
			}
		}
		for l, t := range texts {
			title := one.text("dct:title", l)
			switch {
			case slices.Contains(types, requirementSignIn):
				t.IdentificationNote = one.text("dct:description", l)
			case title == "":
			case slices.Contains(types, requirementException):
				t.Exceptions = append(t.Exceptions, title)
			case t.Who == "":
				t.Who = title
			default:
				t.Who += "\n\n" + title
			}
		}
	}
}

func (r *cpsvReader) rules(n ldNode, texts map[Language]*Text) {
	for _, rule := range r.all(n, "cpsv:follows") {
		types := rule.ids("dct:type")
		for l, t := range texts {
			words := rule.text("dct:description", l)
			switch {
			case words == "":
			case slices.Contains(types, ruleStep):
				t.Steps = append(t.Steps, words)
			case slices.Contains(types, ruleDeadline):
				t.Deadlines = append(t.Deadlines, words)
			default:
				t.GoodToKnow = append(t.GoodToKnow, words)
			}
		}
	}
}

func (r *cpsvReader) channels(n ldNode, g *Guide, texts map[Language]*Text) {
	for _, channel := range r.all(n, "cv:hasChannel") {
		link := ""
		for _, address := range channel.ids("foaf:page") {
			link = address
		}
		if !slices.Contains(channel.ids("dct:type"), channelLocal) {
			if g.Link == "" {
				g.Link = link
			}
			for l, t := range texts {
				if words := channel.text("dct:description", l); words != "" && t.Where == "" {
					t.Where = words
				}
			}
			continue
		}
		door := Local{
			Municipality: channel.first("orientir:municipalityName"), Link: link, Office: channel.first("orientir:office"),
			Note: channel.words("dct:description"), Fee: channel.words("orientir:localFee"),
		}
		for _, point := range r.all(channel, "cv:contactPoint") {
			door.Contact = contactWords(point, Bulgarian)
		}
		g.Local = append(g.Local, door)
	}
}

func (r *cpsvReader) costs(n ldNode, texts map[Language]*Text) {
	for _, cost := range r.all(n, "cv:hasCost") {
		value := cost.first("cv:hasValue")
		if value == "" {
			for l, t := range texts {
				t.FeeNote = cmp.Or(t.FeeNote, cost.text("dct:description", l))
			}
			continue
		}
		if currency := cost.ids("cv:currency"); len(currency) > 0 && !slices.Contains(currency, currencyEuro) {
			r.fault("cv:currency", "fault.choice", currency[0])
			continue
		}
		amount, err := strconv.ParseFloat(value, 64)
		if err != nil || !(amount >= 0 && amount < 10_000_000) {
			r.fault("cv:hasValue", "fault.number", value)
			continue
		}
		cents, told := int64(math.Round(amount*100)), false
		for l, t := range texts {
			if what := cost.text("dct:description", l); what != "" {
				t.Fees, told = append(t.Fees, Fee{cents, what}), true
			}
		}
		if !told {
			texts[Bulgarian].Fees = append(texts[Bulgarian].Fees, Fee{cents, "такса"})
		}
	}
}

// durationWords puts an xsd:duration of one unit into words; "" where it has none or several.
func durationWords(value string) string {
	if len(value) < 3 || value[0] != 'P' {
		return ""
	}
	unit := map[byte][2]string{'D': {"ден", "дни"}, 'M': {"месец", "месеца"}, 'Y': {"година", "години"}}
	number := value[1:]
	if number[0] == 'T' {
		unit, number = map[byte][2]string{'H': {"час", "часа"}, 'M': {"минута", "минути"}}, number[1:]
	}
	if number == "" {
		return ""
	}
	words, ok := unit[number[len(number)-1]]
	count, err := strconv.Atoi(number[:len(number)-1])
	if !ok || err != nil || count < 0 {
		return ""
	}
	if count == 1 {
		return "1 " + words[0]
	}
	return fmt.Sprintf("%d %s", count, words[1])
}
