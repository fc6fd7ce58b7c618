package knowledge

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
)

// shape is what CPSV-AP 3.2 asks of a property of a class: how often it may stand there, and of what class or datatype its values are. These
// are the kinds of constraints that its published shapes have, all of them.
type shape struct {
	class, property string
	min, max        int // 0: no limit
	of, datatype    string
}

// cpsvShapes are the rules for the classes that guides use, as the release says them.
func cpsvShapes() (list []shape) {
	const text = "langString"
	for class, rules := range map[string]string{
		"cpsv:PublicService": `dct:identifier 1 1; dct:title 1 0 langString; dct:description 1 0 langString; cv:hasCompetentAuthority 1 0 cv:PublicOrganisation; dcat:keyword 0 0 langString;
			adms:status 0 1 skos:Concept; dct:audience 0 0 skos:Concept; cv:contactPoint 0 0 cv:ContactPoint; cv:hasChannel 0 0 cv:Channel; cv:hasCost 0 0 cv:Cost; cpsv:hasInput 0 0 cv:Evidence;
			cv:holdsRequirement 0 0 cv:Requirement; cpsv:follows 0 0 cpsv:Rule; cv:relatedService 0 0 cpsv:PublicService; dct:language 0 0 dct:LinguisticSystem; dct:spatial 0 0 dct:Location;
			cv:processingTime 0 1 xsd:duration; dct:isPartOf 0 0 dcat:Dataset; dct:type 0 0 skos:Concept; dct:requires 0 0 cpsv:PublicService`,
		"cv:PublicOrganisation": `skos:prefLabel 1 0 langString; dct:spatial 1 0 dct:Location`,
		"cv:Channel":            `dct:identifier 1 1; dct:type 0 1 skos:Concept; dct:description 0 0 langString; cv:ownedBy 0 0 org:Organization; cv:processingTime 0 1 xsd:duration; cpsv:hasInput 0 0 cv:Evidence`,
		"cv:ContactPoint":       `cv:contactPage 0 0 foaf:Document`,
		"cv:Cost":               `dct:identifier 1 1; cv:hasValue 0 1 xsd:double; cv:currency 0 1 skos:Concept; dct:description 0 0 langString; cv:isDefinedBy 0 0 org:Organization`,
		"cv:Evidence":           `dct:identifier 1 1; dct:title 1 0 langString; dct:description 0 0 langString; dct:type 0 1 skos:Concept`,
		"cv:Requirement":        `dct:identifier 1 1; dct:title 1 0 langString; dct:type 0 0 skos:Concept; cv:hasSupportingEvidence 0 0 cv:Evidence`,
		"cpsv:Rule":             `dct:identifier 1 1; dct:title 1 0 langString; dct:description 1 0 langString; dct:type 0 1 skos:Concept; dct:language 0 0 dct:LinguisticSystem`,
		"dcat:Dataset":          `dct:title 1 0 langString; dct:description 1 0 langString; dct:publisher 1 1 foaf:Agent; dct:hasPart 0 0 cpsv:PublicService; dcat:landingPage 0 0 foaf:Document`,
		"foaf:Agent":            `dct:identifier 1 1; dct:title 1 0 langString`,
	} {
		for rule := range strings.SplitSeq(rules, ";") {
			words := strings.Fields(rule)
			s := shape{class: iri(class), property: iri(words[0])}
			s.min, _ = strconv.Atoi(words[1])
			s.max, _ = strconv.Atoi(words[2])
			switch {
			case len(words) == 3:
			case words[3] == text:
				s.datatype = ld.RDFLangString
			case strings.HasPrefix(words[3], "xsd:"):
				s.datatype = iri(words[3])
			default:
				s.of = iri(words[3])
			}
			list = append(list, s)
		}
	}
	return list
}

// violations says what in a file breaks shapes.
func violations(t *testing.T, data []byte, shapes []shape) (found []string) {
	t.Helper()
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = offline{}
	graph, err := ld.NewJsonLdProcessor().ToRDF(document, options)
	if err != nil {
		t.Fatal(err)
	}
	types, triples := map[string][]string{}, map[string]map[string][]ld.Node{}
	for _, q := range graph.(*ld.RDFDataset).Graphs["@default"] {
		s, p := q.Subject.GetValue(), q.Predicate.GetValue()
		if p == ld.RDFType {
			types[s] = append(types[s], q.Object.GetValue())
		}
		if triples[s] == nil {
			triples[s] = map[string][]ld.Node{}
		}
		triples[s][p] = append(triples[s][p], q.Object)
	}
	for subject, classes := range types {
		for _, s := range shapes {
			if !slices.Contains(classes, s.class) {
				continue
			}
			values := triples[subject][s.property]
			say := func(what string, args ...any) {
				found = append(found, fmt.Sprintf("%s %s: ", subject, s.property)+fmt.Sprintf(what, args...))
			}
			if len(values) < s.min || s.max > 0 && len(values) > s.max {
				say("%d values", len(values))
			}
			for _, v := range values {
				literal, isLiteral := v.(ld.Literal)
				if s.datatype != "" && (!isLiteral || literal.Datatype != s.datatype) {
					say("%q is no %s", v.GetValue(), s.datatype)
				}
				if s.of != "" && (isLiteral || !slices.Contains(types[v.GetValue()], s.of)) {
					say("%q is no %s", v.GetValue(), s.of)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestExportHoldsToTheShapesOfCPSV(t *testing.T) {
	t.Parallel()
	guides := starterGuides(t)
	shapes := cpsvShapes()
	if file := os.Getenv("ORIENTIR_TEST_CPSV_SHAPES"); file != "" {
		published, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shapes = append(shapes, publishedShapes(t, string(published))...)
	}
	full := fullGuide()
	for name, list := range map[string][]Guide{"all": append(guides, full), "one alone": {full}, "the first": guides[:1]} {
		data, err := CPSV(list, CPSVOptions{Base: "https://orientir.example", Beside: guides[3:9]})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range violations(t, data, shapes) {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// The check itself must be able to fail.
func TestShapesFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	data, err := CPSV([]Guide{fullGuide()}, CPSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, fresh, want string }{
		"no title":                    {`"dct:title": [`, `"dct:other": [`, "dc/terms/title: 0 values"},
		"a text without its language": {`"@language": "bg",`, `"@direction": "ltr",`, "is no http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"},
		"an amount as a word":         {`"@type": "xsd:double"`, `"@type": "xsd:string"`, "is no http://www.w3.org/2001/XMLSchema#double"},
		"a concept of no class":       {`"@type": "skos:Concept"`, `"@type": "skos:Thing"`, "is no http://www.w3.org/2004/02/skos/core#Concept"},
	} {
		broken := strings.ReplaceAll(string(data), c.old, c.fresh)
		if broken == string(data) {
			t.Fatalf("%s: %s is nowhere", name, c.old)
		}
		if found := violations(t, []byte(broken), cpsvShapes()); !slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, c.want) }) {
			t.Errorf("%s is not found; only %q", name, found)
		}
	}
}

// publishedShapes reads the shapes as they are published, in Turtle, where the test is told where they lie. It reads as much of Turtle as stands there:
// statements that end with « .», property shapes one after the other.
func publishedShapes(t *testing.T, turtle string) (list []shape) {
	t.Helper()
	prefixes := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^@prefix (\w+): <([^>]+)> \.`).FindAllStringSubmatch(turtle, -1) {
		prefixes[m[1]] = m[2]
	}
	resolve := func(name string) string {
		if address, ok := strings.CutPrefix(name, "<"); ok {
			return strings.TrimSuffix(address, ">")
		}
		prefix, rest, _ := strings.Cut(name, ":")
		return prefixes[prefix] + rest
	}
	classes := map[string]string{} // shape → class
	name := regexp.MustCompile(`^<[^>]*#(\w+)(/\w+)?>`)
	fact := regexp.MustCompile(`(?m)shacl:(targetClass|path|minCount|maxCount|class|datatype) (\S+?)(?:;| \.)?$`)
	blocks := strings.Split(turtle, "\n\n")
	for _, target := range []bool{true, false} {
		for _, block := range blocks {
			m := name.FindStringSubmatch(strings.TrimSpace(block))
			if m == nil || target != (m[2] == "") {
				continue
			}
			s := shape{class: classes[m[1]]}
			for _, f := range fact.FindAllStringSubmatch(block, -1) {
				switch f[1] {
				case "targetClass":
					classes[m[1]] = resolve(f[2])
				case "path":
					s.property = resolve(f[2])
				case "minCount":
					s.min, _ = strconv.Atoi(f[2])
				case "maxCount":
					s.max, _ = strconv.Atoi(f[2])
				case "class":
					s.of = resolve(f[2])
				case "datatype":
					s.datatype = resolve(f[2])
				}
			}
			if !target {
				list = append(list, s)
			}
		}
	}
	if len(list) < 150 || slices.ContainsFunc(list, func(s shape) bool { return s.class == "" || s.property == "" }) {
		t.Fatalf("only %d shapes were understood", len(list))
	}
	return list
}
