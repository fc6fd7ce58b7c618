package knowledge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names in CPSV-AP 3, the EU's application profile of the Core Public Service Vocabulary (https://semiceu.github.io/CPSV-AP/), by prefix. What the
// vocabulary has no word for stands under orientir:, so that a guide that went out and came back in is the same.
var cpsvPrefixes = map[string]string{
	"cpsv":     "http://purl.org/vocab/cpsv#",
	"cv":       "http://data.europa.eu/m8g/",
	"dct":      "http://purl.org/dc/terms/",
	"dcat":     "http://www.w3.org/ns/dcat#",
	"foaf":     "http://xmlns.com/foaf/0.1/",
	"skos":     "http://www.w3.org/2004/02/skos/core#",
	"adms":     "http://www.w3.org/ns/adms#",
	"org":      "http://www.w3.org/ns/org#",
	"xsd":      "http://www.w3.org/2001/XMLSchema#",
	"orientir": "urn:orientir:",
}

// Concepts of the EU's published lists that guides use.
const (
	statusActive = "http://purl.org/adms/status/Completed"
	statusClosed = "http://purl.org/adms/status/Withdrawn"
	currencyEuro = "http://publications.europa.eu/resource/authority/currency/EUR"
	languageBG   = "http://publications.europa.eu/resource/authority/language/BUL"
	countryBG    = "http://publications.europa.eu/resource/authority/country/BGR"
)

// CPSVOptions say where guides come from.
type CPSVOptions struct {
	Base      string  // address of the site, «https://orientir.example»; default urn:orientir:house
	Publisher string  // who publishes the guides; default «Ориентир»
	Beside    []Guide // guides that those written refer to: they stand in the file by name, authority and summary
}

// jsonNode is a node of JSON-LD.
type jsonNode map[string]any

// cpsvWriter collects the nodes that several services share.
type cpsvWriter struct {
	base   string
	shared map[string]jsonNode
}

// CPSV writes guides as CPSV-AP 3 in JSON-LD, which ReadCPSV reads back. The file needs no context from elsewhere.
func CPSV(guides []Guide, o CPSVOptions) ([]byte, error) {
	w := &cpsvWriter{base: strings.TrimSuffix(o.Base, "/"), shared: map[string]jsonNode{}}
	if w.base == "" {
		w.base = "urn:orientir:house"
	}
	if o.Publisher == "" {
		o.Publisher = "Ориентир"
	}
	written := map[string]bool{}
	var services, parts []any
	for _, g := range guides {
		written[g.Slug] = true
		services = append(services, w.service(g))
		parts = append(parts, w.ref(g.Slug))
	}
	for _, g := range o.Beside {
		if !written[g.Slug] {
			written[g.Slug] = true
			services = append(services, w.stub(g))
		}
	}
	// A relation to a guide that isn't in the file would break the shapes, which want to see that it is a service: it is told in our own word.
	for _, node := range services {
		node := node.(jsonNode)
		related, _ := node["cv:relatedService"].([]any)
		known, unknown := []any{}, []any{}
		for _, r := range related {
			if written[w.slug(r.(jsonNode)["@id"].(string))] {
				known = append(known, r)
			} else {
				unknown = append(unknown, r)
			}
		}
		putList(node, "cv:relatedService", known)
		putList(node, "orientir:related", unknown)
	}
	publisher := w.base + "/#publisher"
	dataset := jsonNode{
		"@id": w.base + "/guides", "@type": "dcat:Dataset", "dct:identifier": w.base + "/guides",
		"dct:title":        []any{in2("Упътвания за електронни услуги", "bg"), in2("Guides to electronic services", "en")},
		"dct:description":  []any{in2("Електронни услуги в България, обяснени на прост език.", "bg"), in2("Electronic services in Bulgaria, explained in plain words.", "en")},
		"dct:publisher":    jsonNode{"@id": publisher, "@type": "foaf:Agent", "dct:identifier": publisher, "dct:title": []any{in2(o.Publisher, "bg")}},
		"dcat:landingPage": jsonNode{"@id": w.base + "/", "@type": "foaf:Document"},
	}
	putList(dataset, "dct:hasPart", parts)
	graph := append([]any{dataset}, services...)
	for _, id := range sortedKeys(w.shared) {
		graph = append(graph, w.shared[id])
	}
	data, err := json.MarshalIndent(jsonNode{"@context": cpsvPrefixes, "@graph": graph}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write guides as JSON-LD: %w", err)
	}
	return append(data, '\n'), nil
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (w *cpsvWriter) id(slug string) string    { return w.base + "/guides/" + slug }
func (w *cpsvWriter) slug(id string) string    { return strings.TrimPrefix(id, w.base+"/guides/") }
func (w *cpsvWriter) ref(slug string) jsonNode { return jsonNode{"@id": w.id(slug)} }

// part begins a node that belongs to a guide. Its identifier carries the order, which sets in RDF don't.
func (w *cpsvWriter) part(g Guide, kind string, n int, types ...any) jsonNode {
	name := kind
	if n > 0 {
		name += "-" + strconv.Itoa(n)
	}
	return jsonNode{"@id": w.id(g.Slug) + "#" + name, "@type": types, "dct:identifier": g.Slug + "/" + kind + "/" + strconv.Itoa(n)}
}

// concept refers to a concept, which the file declares once.
func (w *cpsvWriter) concept(id string) jsonNode { return w.share(id, "skos:Concept") }

func (w *cpsvWriter) share(id, kind string) jsonNode {
	w.shared[id] = jsonNode{"@id": id, "@type": kind}
	return jsonNode{"@id": id}
}

// in2 is a text in a language.
func in2(text, language string) jsonNode { return jsonNode{"@value": text, "@language": language} }

// putList puts a list in, but no empty one.
func putList(node jsonNode, name string, list []any) {
	delete(node, name)
	if len(list) > 0 {
		node[name] = list
	}
}

// say puts a text in each language in that a guide has.
func say(node jsonNode, name string, texts map[Language]string) {
	var list []any
	for _, l := range []Language{Bulgarian, English} {
		if texts[l] != "" {
			list = append(list, in2(texts[l], string(l)))
		}
	}
	putList(node, name, list)
}

// each gives one of a text's fields, by language.
func each(g Guide, field func(Text) string) map[Language]string {
	texts := map[Language]string{}
	for l, t := range g.Text {
		texts[l] = field(t)
	}
	return texts
}

// sideBySide puts the lists of both languages side by side: what stands at the same place belongs together.
func sideBySide(g Guide, field func(Text) []string) (list []map[Language]string) {
	for _, l := range []Language{Bulgarian, English} {
		for i, item := range field(g.Text[l]) {
			if i == len(list) {
				list = append(list, map[Language]string{})
			}
			list[i][l] = item
		}
	}
	return list
}

// stub is a service by what the shapes ask of it.
func (w *cpsvWriter) stub(g Guide) jsonNode {
	authority := jsonNode{"@id": w.id(g.Slug) + "#authority", "@type": []any{"cv:PublicOrganisation", "org:Organization"}, "dct:spatial": w.share(countryBG, "dct:Location")}
	say(authority, "skos:prefLabel", each(g, func(t Text) string { return t.Authority }))
	node := jsonNode{"@id": w.id(g.Slug), "@type": "cpsv:PublicService", "dct:identifier": g.Slug, "cv:hasCompetentAuthority": authority}
	titles := each(g, func(t Text) string { return t.Title })
	if _, ok := g.Text[English]; !ok {
		titles[English] = g.TitleEnglish
	} else if g.TitleEnglish != titles[English] {
		say(node, "orientir:titleInLists", map[Language]string{English: g.TitleEnglish})
	}
	say(node, "dct:title", titles)
	say(node, "dct:description", each(g, func(t Text) string { return t.Summary }))
	return node
}

// service is a guide, whole.
func (w *cpsvWriter) service(g Guide) jsonNode {
	node := w.stub(g)
	node["dct:spatial"], node["dct:language"] = w.share(countryBG, "dct:Location"), w.share(languageBG, "dct:LinguisticSystem")
	node["adms:status"] = w.concept(map[Status]string{Active: statusActive, Closed: statusClosed}[g.Status])
	var audience []any
	for _, a := range []Audience{Citizen, Business} {
		if g.Audience == a || g.Audience == Both {
			audience = append(audience, w.concept(audiencePrefix+string(a)))
		}
	}
	putList(node, "dct:audience", audience)
	node["foaf:page"] = jsonNode{"@id": w.id(g.Slug)}
	if !g.ReviewBy.IsZero() {
		node["orientir:reviewBy"] = dayNode(g.ReviewBy)
	}
	if !g.PublishedAt.IsZero() {
		node["dct:modified"] = jsonNode{"@type": "xsd:dateTime", "@value": g.PublishedAt.UTC().Format(time.RFC3339)}
	}
	if g.Municipality != "" {
		node["orientir:municipality"] = g.Municipality
	}
	var keywords, formerly []any
	for _, l := range []Language{Bulgarian, English} {
		for _, name := range g.Text[l].Names {
			keywords = append(keywords, in2(name, string(l)))
		}
		for _, name := range g.Text[l].Formerly {
			formerly = append(formerly, in2(name, string(l)))
		}
	}
	putList(node, "dcat:keyword", keywords)
	putList(node, "dct:alternative", formerly)
	if contact := each(g, func(t Text) string { return t.Contact }); contact[Bulgarian]+contact[English] != "" {
		point := w.contact(contact)
		point["@id"] = w.id(g.Slug) + "#contact"
		node["cv:contactPoint"] = point
	}
	var related []any
	for _, slug := range g.Related {
		related = append(related, w.ref(slug))
	}
	putList(node, "cv:relatedService", related)
	if g.ReplacedBy != "" {
		node["dct:isReplacedBy"] = w.ref(g.ReplacedBy)
	}
	w.requirements(node, g)
	w.rules(node, g)
	w.channels(node, g)
	w.costs(node, g)
	w.time(node, g)
	var needed, apart, sources []any
	for i, words := range sideBySide(g, func(t Text) []string { return t.Needed }) {
		input := w.part(g, "needed", i+1, "cv:Evidence")
		say(input, "dct:title", words)
		needed = append(needed, input)
	}
	putList(node, "cpsv:hasInput", needed)
	for i, a := range g.Apart {
		rule := w.part(g, "apart", i+1)
		delete(rule, "@type")
		rule["orientir:from"] = w.ref(a.Slug)
		say(rule, "dct:description", a.How)
		apart = append(apart, rule)
	}
	putList(node, "orientir:apart", apart)
	for i, s := range g.Sources {
		source := w.part(g, "source", i+1, "foaf:Document")
		source["foaf:page"] = jsonNode{"@id": s.URL}
		if s.Title != "" {
			source["dct:title"] = s.Title
		}
		if !s.Seen.IsZero() {
			source["orientir:seen"] = dayNode(s.Seen)
		}
		if !s.Checked.IsZero() {
			source["orientir:checked"] = dayNode(s.Checked)
		}
		sources = append(sources, source)
	}
	putList(node, "dct:source", sources)
	return node
}

func dayNode(t time.Time) jsonNode {
	return jsonNode{"@type": "xsd:date", "@value": t.Format(time.DateOnly)}
}
