package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piprate/json-gold/ld"
)

// What a JSON-LD file may hold at most. A file is whoever's it is: it is read within these bounds, and nothing that it names is fetched.
const (
	deepestJSON = 40         // objects and lists in one another
	mostTokens  = 4_000_000  // names, values and brackets
	mostNodes   = 20_000     // public services
	mostPairs   = 40_000_000 // comparisons of a value with those that its property has: seconds. A dataset has 8,900 parts then
)

// publishedContext finds the address of the vocabulary's own context, of any release of CPSV-AP 3. Its terms are known here.
var publishedContext = regexp.MustCompile(`^https://semiceu\.github\.io/(?:uri\.semic\.eu-generated/)?CPSV-AP/releases/3\.[0-9.]+/context/cpsv-ap\.jsonld$`)

// offline gives a processor of JSON-LD the one context that is known here, and refuses every other: nothing is fetched.
type offline struct{}

// errRemoteContext means that a file rests on a context from elsewhere.
var errRemoteContext = errors.New("the context is not in the file")

func (offline) LoadDocument(address string) (*ld.RemoteDocument, error) {
	if !publishedContext.MatchString(address) {
		return nil, errRemoteContext
	}
	return &ld.RemoteDocument{DocumentURL: address, Document: map[string]any{"@context": cpsvContext()}}, nil
}

// cpsvContext are the terms of the vocabulary's context that are read here: «Class» and «Class.property».
func cpsvContext() map[string]any {
	context := map[string]any{}
	for prefix, address := range cpsvPrefixes {
		context[prefix] = address
	}
	for class, terms := range map[string][2]string{
		"PublicService": {"cpsv:PublicService", `name dct:title; description dct:description; identifier dct:identifier; keyword dcat:keyword; status adms:status @id;
			addressee dct:audience @id; contactPoint cv:contactPoint @id; hasChannel cv:hasChannel @id; hasCompetentAuthority cv:hasCompetentAuthority @id;
			hasCost cv:hasCost @id; hasInput cpsv:hasInput @id; holdsRequirement cv:holdsRequirement @id; follows cpsv:follows @id; relatedService cv:relatedService @id;
			processingTime cv:processingTime`},
		"PublicOrganization": {"cv:PublicOrganisation", `preferredLabel skos:prefLabel; spatial dct:spatial @id`},
		"ContactPoint":       {"cv:ContactPoint", `hasEmail cv:email; hasTelephone cv:telephone; contactPage cv:contactPage @id`},
		"Channel":            {"cv:Channel", `description dct:description; identifier dct:identifier; type dct:type @id; ownedBy cv:ownedBy @id`},
		"Cost":               {"cv:Cost", `description dct:description; identifier dct:identifier; hasValue cv:hasValue; currency cv:currency @id`},
		"Evidence":           {"cv:Evidence", `name dct:title; description dct:description; identifier dct:identifier`},
		"Requirement":        {"cv:Requirement", `name dct:title; identifier dct:identifier; type dct:type @id`},
		"Rule":               {"cpsv:Rule", `name dct:title; description dct:description; identifier dct:identifier; type dct:type @id`},
		"Dataset":            {"dcat:Dataset", `title dct:title; description dct:description; identifier dct:identifier; hasPart dct:hasPart @id`},
		"Concept":            {"skos:Concept", ""}, "Code": {"skos:Concept", ""}, "Document": {"foaf:Document", ""}, "Location": {"dct:Location", ""},
	} {
		context[class] = terms[0]
		for term := range strings.SplitSeq(terms[1], ";") {
			words := strings.Fields(term)
			if len(words) < 2 {
				continue
			}
			meaning := map[string]any{"@id": words[1]}
			if len(words) == 3 {
				meaning["@type"] = words[2]
			}
			context[class+"."+words[0]] = meaning
		}
	}
	return context
}

// checkJSON refuses a file that is no JSON, is too deep or too long, or changes its context on the way.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return &Fault{"-", "fault.text", ""}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		object bool
		key    bool // the next string is a name
	}
	var levels []level
	for tokens := 0; ; tokens++ {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(levels) == 0 && tokens > 0 {
			return nil
		}
		if err != nil {
			return &Fault{"-", "fault.json", strconv.Itoa(1 + bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n")))}
		}
		if tokens > mostTokens {
			return &Fault{"-", "fault.large", ""}
		}
		name := false
		if n := len(levels) - 1; n >= 0 && levels[n].object {
			name = levels[n].key
			levels[n].key = !levels[n].key
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				if levels = append(levels, level{t == '{', t == '{'}); len(levels) > deepestJSON {
					return &Fault{"-", "fault.deep", ""}
				}
				continue
			}
			levels = levels[:len(levels)-1]
			if n := len(levels) - 1; n >= 0 && levels[n].object {
				levels[n].key = true
			}
		case string:
			if name && t == "@context" && len(levels) > 1 {
				return &Fault{"@context", "fault.context", ""}
			}
		}
	}
}

// flatten gives the nodes of a JSON-LD file by id, each property under its whole name, and the ids in the order of the file's names.
func flatten(data []byte) (nodes map[string]ldNode, err error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, &Fault{"-", "fault.json", ""}
	}
	defer func() { // the library is not ours, and neither is the file
		if p := recover(); p != nil {
			nodes, err = nil, &Fault{"-", "fault.jsonld", ""}
		}
	}()
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = offline{}
	var flat any
	processor := ld.NewJsonLdProcessor()
	expanded, err := processor.Expand(document, options)
	if err == nil {
		if flattenPairs(expanded) > mostPairs {
			return nil, &Fault{"-", "fault.large", ""}
		}
		flat, err = processor.Flatten(expanded, nil, options)
	}
	if err != nil {
		var known *ld.JsonLdError
		if errors.As(err, &known) && known.Code == ld.LoadingRemoteContextFailed || errors.Is(err, errRemoteContext) {
			return nil, &Fault{"@context", "fault.remote", ""}
		}
		return nil, &Fault{"-", "fault.jsonld", ""}
	}
	list, _ := flat.([]any)
	nodes = map[string]ldNode{}
	for _, one := range list {
		if node, ok := one.(map[string]any); ok {
			if id, ok := node["@id"].(string); ok {
				nodes[id] = node
			}
		}
	}
	return nodes, nil
}

// flattenPairs is how many comparisons it takes at most to flatten an expanded document: each value of a property is compared with
// all that the same property of the same node has already, wherever in the document they stand.
func flattenPairs(expanded any) int {
	c := pairCounter{values: map[[2]string]int{}}
	c.node(expanded)
	return c.pairs
}

type pairCounter struct {
	values  map[[2]string]int // by node and property
	unnamed int
	pairs   int
}

func (c *pairCounter) add(id, property string) {
	c.pairs += c.values[[2]string{id, property}]
	c.values[[2]string{id, property}]++
}

// node counts a node, or each of a list, and gives its name.
func (c *pairCounter) node(element any) (id string) {
	switch e := element.(type) {
	case []any:
		for _, one := range e {
			c.node(one)
		}
	case map[string]any:
		if id, _ = e["@id"].(string); id == "" {
			c.unnamed++
			id = strconv.Itoa(c.unnamed) // no name of a node: those have a colon
		}
		for property, values := range e {
			if back, ok := values.(map[string]any); ok && property == "@reverse" {
				for property, values := range back {
					for _, v := range listOf(values) {
						c.add(c.node(v), property)
					}
				}
				continue
			}
			for _, v := range listOf(values) {
				c.add(id, property)
				c.node(v)
			}
		}
	}
	return id
}

func listOf(values any) []any {
	list, _ := values.([]any)
	return list
}

// ldNode is a node of a flattened file: each property a list of values.
type ldNode map[string]any

// iri gives a name with its prefix written out.
func iri(name string) string {
	prefix, rest, _ := strings.Cut(name, ":")
	return cpsvPrefixes[prefix] + rest
}

func (n ldNode) values(name string) []map[string]any {
	list, _ := n[iri(name)].([]any)
	var out []map[string]any
	for _, one := range list {
		if value, ok := one.(map[string]any); ok {
			out = append(out, value)
		}
	}
	return out
}

func (n ldNode) is(class string) bool {
	types, _ := n["@type"].([]any)
	return slices.Contains(types, any(iri(class)))
}

// ids are the nodes that a property points at.
func (n ldNode) ids(name string) (ids []string) {
	for _, v := range n.values(name) {
		if list, ok := v["@list"].([]any); ok {
			for _, one := range list {
				if m, ok := one.(map[string]any); ok {
					if id, ok := m["@id"].(string); ok {
						ids = append(ids, id)
					}
				}
			}
		} else if id, ok := v["@id"].(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// texts are the texts of a property in a language. What names no language is Bulgarian.
func (n ldNode) texts(name string, l Language) (texts []string) {
	for _, v := range n.values(name) {
		language, _ := v["@language"].(string)
		language, _, _ = strings.Cut(strings.ToLower(language), "-")
		if text, ok := v["@value"].(string); ok && (language == string(l) || language == "" && l == Bulgarian) {
			texts = append(texts, strings.TrimSpace(text))
		}
	}
	return texts
}

// text is the first of them.
func (n ldNode) text(name string, l Language) string {
	for _, t := range n.texts(name, l) {
		return t
	}
	return ""
}

// words are the first texts in both languages; nil where there are none.
func (n ldNode) words(name string) map[Language]string {
	return inLanguages(n.text(name, Bulgarian), n.text(name, English))
}

// first is a value as it stands in the file.
func (n ldNode) first(name string) string {
	for _, v := range n.values(name) {
		switch value := v["@value"].(type) {
		case string:
			return strings.TrimSpace(value)
		case float64:
			return strconv.FormatFloat(value, 'f', -1, 64)
		}
	}
	return ""
}

// day reads a date, the zero time where there is none.
func (n ldNode) day(name string) (time.Time, error) {
	value := n.first(name)
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return t, &Fault{name, "fault.date", value}
	}
	return t, nil
}

// order is the number at the end of an identifier of ours.
func (n ldNode) order() int {
	identifier := n.first("dct:identifier")
	number, err := strconv.Atoi(identifier[strings.LastIndexByte(identifier, '/')+1:])
	if err != nil {
		return 0
	}
	return number
}

func (n ldNode) String() string { return fmt.Sprint(n["@id"]) }
