package webchat

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"orientir/knowledge"
)

func TestListOfGuides(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example" })
	w := b.browser(t, false)
	w.open("/guides")
	w.shows(`<a href="/guides/criminal-record">Електронно свидетелство за съдимост</a>`, "1 услуга", `<link rel="canonical" href="https://orientir.example/guides">`)
	w.open("/guides?q=%D1%81%D1%8A%D0%B4%D0%B5%D0%B1%D0%BD%D0%BE&lang=en") // съдебно
	w.shows(`<li lang="bg">`, `href="/guides/criminal-record?lang=en"`, `<meta name="robots" content="noindex">`)
	w.open("/guides?for=business")
	w.shows("Нямаме упътване")
	w.open("/guides?q=%3Cscript%3Ealert(1)%3C/script%3E")
	w.shows("&lt;script&gt;alert(1)&lt;/script&gt;", `name="text"`)
	if response, _ := b.call(t, "GET", "/guides?page=7", ""); response.StatusCode != 404 {
		t.Errorf("a page behind the end: %d", response.StatusCode)
	}
}

func TestSitemapNamesEveryGuideOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example" })
	closed := criminalRecord()
	closed.Slug, closed.Status, closed.ReplacedBy = "old-record", knowledge.Closed, "criminal-record"
	if _, err := b.store.Publish(t.Context(), closed, "test"); err != nil {
		t.Fatal(err)
	}
	response, body := b.call(t, "GET", "/sitemap.xml", "")
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/xml") {
		t.Errorf("the type is %q", kind)
	}
	var list struct {
		URLs []struct {
			Location string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, u := range list.URLs {
		all = append(all, u.Location)
	}
	if !slices.Contains(all, "https://orientir.example/guides/criminal-record") || slices.ContainsFunc(all, func(a string) bool { return strings.Contains(a, "old-record") }) {
		t.Errorf("it names %v", all)
	}
	if sorted := slices.Sorted(slices.Values(all)); len(slices.Compact(sorted)) != len(all) {
		t.Errorf("an address stands twice: %v", all)
	}
	if _, robots := b.call(t, "GET", "/robots.txt", ""); !strings.Contains(robots, "Sitemap: https://orientir.example/sitemap.xml") {
		t.Errorf("robots.txt says %s", robots)
	}
}

// What search engines read stands in the page as data, and nothing in a guide can break out of it.
func TestGuidePageSpeaksSchemaOrg(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example" })
	g, _, err := b.store.Guide(t.Context(), "criminal-record")
	if err != nil {
		t.Fatal(err)
	}
	text := g.Text[knowledge.Bulgarian]
	text.Summary = `Документ </script><script>alert(1)</script> "с кавички".`
	text.Fees = []knowledge.Fee{{Cents: 205, What: "за хартиен"}}
	g.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	if _, err := b.store.Publish(t.Context(), g, "test"); err != nil {
		t.Fatal(err)
	}
	_, body := b.call(t, "GET", "/guides/criminal-record", "")
	_, rest, _ := strings.Cut(body, `<script type="application/ld+json">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var service struct {
		Type        string `json:"@type"`
		Name        string
		Description string
		URL         string
		Provider    struct{ Name string }
		Offers      []struct {
			Price    float64
			Currency string `json:"priceCurrency"`
		}
		Channels []struct {
			URL string `json:"serviceUrl"`
		} `json:"availableChannel"`
	}
	if err := json.Unmarshal([]byte(data), &service); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if service.Type != "GovernmentService" || service.Name != text.Title || service.Description != text.Summary || service.URL != "https://orientir.example/guides/criminal-record" ||
		service.Provider.Name != text.Authority || len(service.Offers) != 1 || service.Offers[0].Price != 2.05 || service.Offers[0].Currency != "EUR" ||
		len(service.Channels) != 1 || service.Channels[0].URL != g.Link {
		t.Errorf("it says %+v", service)
	}
}

func TestSheetLetters(t *testing.T) {
	t.Parallel()
	long := func(n int) knowledge.Text {
		text := knowledge.Text{Title: "Услуга", Summary: "Това е услуга.", Steps: []string{"Отворете сайта."}, GoodToKnow: []string{strings.Repeat("дума ", n)}}
		return text
	}
	previous := sheet{Size: 1000}
	for _, words := range []int{10, 350, 450, 600, 800} {
		s := layOut(long(words), nil, knowledge.Bulgarian, &card{})
		if s.Size >= previous.Size || s.Omit != nil {
			t.Errorf("%d words more: %+v after %+v", words, s, previous)
		}
		previous = s
	}
	if s := layOut(long(5000), nil, knowledge.Bulgarian, &card{}); !slices.Equal(s.Omit, []string{"good"}) {
		t.Errorf("what doesn't fit: %+v", s)
	}
	doors := slices.Repeat([]knowledge.Local{{Municipality: "Столична", Link: "https://www.sofia.bg/uslugi"}}, 100)
	if s := layOut(long(300), doors, knowledge.Bulgarian, &card{}); !slices.Equal(s.Omit, []string{"doors"}) || s.Size < 105 {
		t.Errorf("with a hundred doors: %+v", s)
	}
}

func TestGuideAsData(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.PublicURL = "https://orientir.example" })
	response, body := b.call(t, "GET", "/guides/criminal-record.jsonld", "")
	if kind := response.Header.Get("Content-Type"); response.StatusCode != 200 || kind != "application/ld+json" || response.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("%d %s", response.StatusCode, kind)
	}
	guides, err := knowledge.ReadCPSV([]byte(body))
	if err != nil || len(guides) != 1 {
		t.Fatalf("%d guides, %v", len(guides), err)
	}
	if changes := knowledge.Diff(b.guide, guides[0]); len(changes) > 0 {
		t.Errorf("it came back with %+v", changes)
	}
	if response, _ := b.call(t, "GET", "/guides/none.jsonld", ""); response.StatusCode != 404 {
		t.Errorf("a guide that isn't there: %d", response.StatusCode)
	}
	if _, page := b.call(t, "GET", "/guides/criminal-record", ""); !strings.Contains(page, `<link rel="alternate" type="application/ld+json" href="/guides/criminal-record.jsonld">`) {
		t.Error("the page doesn't say where its data is")
	}
}
