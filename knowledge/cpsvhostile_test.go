package knowledge

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A public service as another country's catalogue writes it, with the terms of the published context.
func TestReadAForeignService(t *testing.T) {
	t.Parallel()
	guides, err := ReadCPSV([]byte(`{
		"@context": ["https://semiceu.github.io/uri.semic.eu-generated/CPSV-AP/releases/3.2.0/context/cpsv-ap.jsonld", {"ex": "http://services.example/"}],
		"@graph": [
			{"@id": "ex:dog", "@type": "PublicService", "PublicService.identifier": "Dog Register", "PublicService.name": [{"@value": "Register a dog", "@language": "en-GB"}, {"@value": "Регистрация на куче", "@language": "bg"}],
				"dct:description": {"@value": "Кучето се вписва.", "@language": "bg"}, "PublicService.hasCompetentAuthority": "ex:town", "cv:contactPoint": {"@id": "ex:desk"},
				"PublicService.hasCost": ["ex:cost"], "cpsv:hasInput": {"@id": "ex:passport"}, "cv:processingTime": {"@value": "P14D", "@type": "http://www.w3.org/2001/XMLSchema#duration"},
				"cv:holdsRequirement": {"@id": "ex:age"}, "PublicService.follows": {"@id": "ex:rule"}},
			{"@id": "ex:town", "@type": "PublicOrganization", "PublicOrganization.preferredLabel": [{"@value": "Община Пример", "@language": "bg"}]},
			{"@id": "ex:desk", "@type": "ContactPoint", "cv:telephone": "+359 2 123 45 67"},
			{"@id": "ex:cost", "@type": "Cost", "Cost.identifier": "c1", "Cost.hasValue": 5.5, "dct:description": {"@value": "годишно", "@language": "bg"}},
			{"@id": "ex:passport", "@type": "Evidence", "Evidence.name": [{"@value": "Паспорт на кучето", "@language": "bg"}]},
			{"@id": "ex:age", "@type": "Requirement", "dct:title": {"@value": "Пълнолетен стопанин", "@language": "bg"}},
			{"@id": "ex:rule", "@type": "Rule", "dct:description": {"@value": "Таксата се плаща до март.", "@language": "bg"}}
		]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(guides) != 1 {
		t.Fatalf("%d guides", len(guides))
	}
	g, text := guides[0], guides[0].Text[Bulgarian]
	if g.Slug != "dog-register" || g.TitleEnglish != "Register a dog" || text.Title != "Регистрация на куче" || text.Summary != "Кучето се вписва." || text.Authority != "Община Пример" ||
		text.Contact != "+359 2 123 45 67" || !slices.Equal(text.Fees, []Fee{{550, "годишно"}}) || !slices.Equal(text.Needed, []string{"Паспорт на кучето"}) || text.Time != "14 дни" ||
		text.Who != "Пълнолетен стопанин" || !slices.Equal(text.GoodToKnow, []string{"Таксата се плаща до март."}) {
		t.Errorf("it reads %+v", g)
	}
	if _, ok := g.Text[English]; ok {
		t.Error("a title alone became an English text")
	}
}

func TestHostileJSONLDIsRefused(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer elsewhere.Close()
	service := func(rest string) string {
		return `{"@context": {"cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/", "dct": "http://purl.org/dc/terms/", "orientir": "urn:orientir:"}, "@id": "urn:a", "@type": "cpsv:PublicService", "dct:identifier": "a"` + rest + `}`
	}
	for name, c := range map[string]struct{ file, key string }{
		"no JSON":                         {`{"@context": `, "fault.json"},
		"two documents":                   {`{} {}`, "fault.json"},
		"not UTF-8":                       {"{\"a\": \"\xff\"}", "fault.text"},
		"nothing":                         {``, "fault.json"},
		"no service":                      {`{"@id": "urn:a"}`, "fault.services"},
		"a number":                        {`7`, "fault.services"},
		"a context from elsewhere":        {`{"@context": "` + elsewhere.URL + `/context.jsonld", "@type": "PublicService"}`, "fault.remote"},
		"one of several from elsewhere":   {`{"@context": [{}, "` + elsewhere.URL + `"]}`, "fault.remote"},
		"a context that imports":          {`{"@context": {"@version": 1.1, "@import": "` + elsewhere.URL + `"}}`, "fault.remote"},
		"a context nearly the known one":  {`{"@context": "https://semiceu.github.io.evil.example/CPSV-AP/releases/3.2.0/context/cpsv-ap.jsonld"}`, "fault.remote"},
		"a context of this machine":       {`{"@context": "file:///etc/passwd"}`, "fault.remote"},
		"a context further in":            {service(`, "cv:hasCost": {"@context": {"x": "urn:x"}}`), "fault.context"},
		"too deep":                        {strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat(`}`, 60), "fault.deep"},
		"too deep in lists":               {strings.Repeat(`[`, 100000), "fault.deep"},
		"a context that goes in a circle": {`{"@context": {"a": "b:x", "b": "a:y"}, "a": 1}`, "fault.jsonld"},
		"a part that isn't there":         {`{"@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}, "@type": "dcat:Dataset", "dct:hasPart": {"@id": "urn:none"}}`, "fault.missing"},
		"a fee in leva":                   {service(`, "cv:hasCost": {"cv:hasValue": 5, "cv:currency": {"@id": "http://publications.europa.eu/resource/authority/currency/BGN"}}`), "fault.choice"},
		"a fee below nothing":             {service(`, "cv:hasCost": {"cv:hasValue": -5}`), "fault.number"},
		"a fee beyond all":                {service(`, "cv:hasCost": {"cv:hasValue": "1e300"}`), "fault.number"},
		"a fee that is no number":         {service(`, "cv:hasCost": {"cv:hasValue": "NaN"}`), "fault.number"},
		"a date that is none":             {service(`, "orientir:reviewBy": "2027-02-31"`), "fault.date"},
	} {
		_, err := ReadCPSV([]byte(c.file))
		var wrong *ImportError
		if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Faults, func(f ImportFault) bool { return f.Key == c.key }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked.Load() {
		t.Error("a context was fetched")
	}
}

// What takes hours to flatten is refused before: the cost is counted, not timed.
func TestWhatIsTooLongToFlattenIsRefused(t *testing.T) {
	t.Parallel()
	many := func(form string) string {
		var list []string
		for i := range 10_000 {
			list = append(list, fmt.Sprintf(form, i))
		}
		return strings.Join(list, ",")
	}
	for name, file := range map[string]string{
		"many values of a property":    `{"@id": "urn:d", "http://purl.org/dc/terms/hasPart": [` + many(`{"@id": "urn:%d"}`) + `]}`,
		"the same node over and again": `[` + many(`{"@id": "urn:d", "http://purl.org/dc/terms/title": "%d"}`) + `]`,
		"backwards":                    `[` + many(`{"@id": "urn:%d", "@reverse": {"http://purl.org/dc/terms/isPartOf": {"@id": "urn:d"}}}`) + `]`,
		"many kinds":                   `{"@id": "urn:d", "@type": [` + many(`"urn:%d"`) + `]}`,
	} {
		_, err := ReadCPSV([]byte(file))
		var wrong *ImportError
		if !errors.As(err, &wrong) || len(wrong.Faults) != 1 || wrong.Faults[0].Key != "fault.large" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := flattenPairs([]any{map[string]any{"@id": "urn:d", "urn:p": []any{map[string]any{"@id": "urn:1"}, map[string]any{"@id": "urn:2"}, map[string]any{"@value": "x"}}},
		map[string]any{"urn:p": []any{map[string]any{"@value": "x"}}}}); n != 3 {
		t.Errorf("three values are %d pairs", n)
	}
}

// A file of many nodes that point at each other in circles ends soon.
func TestCirclesEnd(t *testing.T) {
	t.Parallel()
	var graph strings.Builder
	for i := range 2000 {
		if i > 0 {
			graph.WriteByte(',')
		}
		fmt.Fprintf(&graph, `{"@id": "urn:%d", "@type": "cpsv:PublicService", "dct:identifier": "a%d", "cv:relatedService": {"@id": "urn:%d"}, "dct:isReplacedBy": {"@id": "urn:%d"}}`, i, i, (i+1)%2000, i)
	}
	done := make(chan int, 1)
	go func() {
		guides, _ := ReadCPSV([]byte(`{"@context": {"cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/", "dct": "http://purl.org/dc/terms/"}, "@graph": [` + graph.String() + `]}`))
		done <- len(guides)
	}()
	select {
	case n := <-done:
		if n != 2000 {
			t.Errorf("%d guides", n)
		}
	case <-time.After(time.Minute):
		t.Fatal("it never ends")
	}
}
