package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// municipalityForm is a municipality's code in НСИ's register.
var municipalityForm = regexp.MustCompile(`^[A-Z]{3}[0-9]{2}$`)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// isSlug says whether something may be known by it, in addresses and files: so many bytes at most, and no personal number, which would stay there
// for good.
func isSlug(s string, most int) bool {
	return slugForm.MatchString(s) && len(s) <= most && strict(s) == s
}

// AllMeans lists the means of identification in the order in which they are shown.
func AllMeans() []Means {
	return []Means{None, KEP, KEPCompany, PIKNAP, PIKNOI, UKD, PINMunicipality, EAuth, SSEV, Profile, Code, InPerson}
}

// Validate checks everything that must hold before a guide is published, against the hosts that links may stand on.
// The error is Faults.
func (g Guide) Validate(hosts []string) error {
	var faults Faults
	fault := func(field, key, value string) { faults = append(faults, &Fault{field, key, value}) }
	if !isSlug(g.Slug, 60) {
		fault("slug", "fault.slug", g.Slug)
	}
	if !slices.Contains([]Audience{Citizen, Business, Both}, g.Audience) {
		fault("audience", "fault.choice", string(g.Audience))
	}
	if g.Status != Active && g.Status != Closed {
		fault("status", "fault.choice", string(g.Status))
	}
	address := func(field, address string) {
		if key := addressFault(address, hosts); key != "" {
			fault(field, key, cut(address, shownAddress))
		}
	}
	address("link", g.Link)
	if len(g.Identification) == 0 {
		fault("identification", "fault.empty", "")
	}
	for i, m := range g.Identification {
		if !slices.Contains(AllMeans(), m) || slices.Contains(g.Identification[:i], m) {
			fault("identification", "fault.choice", string(m))
		}
	}
	for _, slug := range g.Related {
		if !slugForm.MatchString(slug) || slug == g.Slug {
			fault("related", "fault.slug", slug)
		}
	}
	for _, a := range g.Apart {
		if !slugForm.MatchString(a.Slug) || a.Slug == g.Slug {
			fault("apart.slug", "fault.slug", a.Slug)
		}
		if strings.TrimSpace(a.How[Bulgarian]) == "" {
			fault("apart.how", "fault.empty", a.Slug)
		}
	}
	switch {
	case g.ReplacedBy == "":
	case !slugForm.MatchString(g.ReplacedBy) || g.ReplacedBy == g.Slug:
		fault("replaced_by", "fault.slug", g.ReplacedBy)
	case g.Status != Closed: // a service that still exists answers for itself
		fault("replaced_by", "fault.choice", g.ReplacedBy)
	}
	for i, l := range g.Local {
		if strings.TrimSpace(l.Municipality) == "" {
			fault("local.municipality", "fault.empty", "")
		} else if slices.ContainsFunc(g.Local[:i], l.same) {
			fault("local.municipality", "fault.twice", l.Municipality)
		}
		switch {
		case l.Link == "" && l.Contact == "" && l.Office == "" && l.FeeIn(Bulgarian) == "" && l.In(Bulgarian) == "": // nothing is said
			fault("local.link", "fault.empty", l.Municipality)
		case l.Link != "":
			address("local.link", l.Link)
		}
	}
	if g.Municipality != "" && !municipalityForm.MatchString(g.Municipality) {
		fault("municipality", "fault.choice", g.Municipality)
	}
	if len(g.Sources) == 0 {
		fault("sources", "fault.empty", "")
	}
	for _, s := range g.Sources {
		address("sources.url", s.URL)
		if !s.Seen.IsZero() && !s.Checked.IsZero() && s.Checked.Before(s.Seen) {
			fault("sources.checked", "fault.date", s.URL)
		}
	}
	if _, ok := g.Text[Bulgarian]; !ok {
		fault("text.bg", "fault.empty", "")
	}
	for _, language := range []Language{Bulgarian, English} {
		if t, ok := g.Text[language]; ok {
			faults = append(faults, t.faults("text."+string(language)+".", hosts)...)
		}
	}
	for language := range g.Text {
		if language != Bulgarian && language != English {
			fault("text", "fault.choice", string(language))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// faults checks a text; field is put before each field's name.
func (t Text) faults(field string, hosts []string) (faults Faults) {
	fault := func(name, key, value string) { faults = append(faults, &Fault{field + name, key, value}) }
	for _, must := range []struct{ name, value string }{
		{"title", t.Title}, {"authority", t.Authority}, {"summary", t.Summary}, {"who", t.Who}, {"where", t.Where},
	} {
		if strings.TrimSpace(must.value) == "" {
			fault(must.name, "fault.empty", "")
		}
	}
	for _, must := range []struct {
		name   string
		values []string
	}{{"exceptions", t.Exceptions}, {"steps", t.Steps}, {"needed", t.Needed}} {
		if len(must.values) == 0 {
			fault(must.name, "fault.empty", "")
		}
	}
	for name, values := range map[string][]string{
		"exceptions": t.Exceptions, "steps": t.Steps, "needed": t.Needed, "deadlines": t.Deadlines, "good_to_know": t.GoodToKnow, "names": t.Names, "formerly": t.Formerly,
	} {
		for _, v := range values {
			if strings.TrimSpace(v) == "" {
				fault(name, "fault.empty", "")
			}
		}
	}
	for name, values := range map[string][]string{"names": t.Names, "formerly": t.Formerly} {
		for _, v := range values {
			if v != lower(v) {
				fault(name, "fault.lower", v)
			}
		}
	}
	for _, fee := range t.Fees {
		if fee.Cents < 0 || fee.What == "" {
			fault("fees", "fault.fee", fee.What)
		}
	}
	for _, l := range t.proseLinks() {
		if key := addressFault(l.words, hosts); key != "" {
			fault(l.field, key, cut(l.words, shownAddress))
		}
	}
	return faults
}

const (
	mostAddress  = 2000 // bytes of an address: browsers and servers take no more for sure
	shownAddress = 200  // letters of one that is told in a fault
)

// addressFault is what is wrong with an address that people are sent to; "" where nothing is.
func addressFault(address string, hosts []string) string {
	switch {
	case len(address) > mostAddress:
		return "fault.long"
	case !LinkAllowed(address, hosts):
		return "fault.host"
	}
	return ""
}

// prosePart is something that a text says in sentences, and the field that it stands in.
type prosePart struct{ field, words string }

// proseParts are all that the text says in sentences.
func (t Text) proseParts() []prosePart {
	parts := []prosePart{
		{"summary", t.Summary}, {"who", t.Who}, {"where", t.Where}, {"identification_note", t.IdentificationNote}, {"fee_note", t.FeeNote}, {"contact", t.Contact},
	}
	for _, list := range []struct {
		field string
		items []string
	}{{"exceptions", t.Exceptions}, {"steps", t.Steps}, {"needed", t.Needed}, {"deadlines", t.Deadlines}, {"good_to_know", t.GoodToKnow}} {
		for _, item := range list.items {
			parts = append(parts, prosePart{list.field, item})
		}
	}
	return parts
}

// proseLinks are the addresses in what the text says in sentences, each once for the field that it stands in.
func (t Text) proseLinks() (links []prosePart) {
	for _, part := range t.proseParts() {
		for _, address := range addressForm.FindAllString(part.words, -1) {
			l := prosePart{part.field, strings.TrimRight(address, ".,;:!?)»“")}
			if !slices.Contains(links, l) {
				links = append(links, l)
			}
		}
	}
	return links
}

// prose is what the parts say.
func (t Text) prose() (words []string) {
	for _, p := range t.proseParts() {
		words = append(words, p.words)
	}
	return words
}

// EverydayName is a name as it is kept: small letters but for abbreviations, one space between words.
func EverydayName(name string) string { return lower(name) }

// addressForm finds addresses in running text.
var addressForm = regexp.MustCompile(`https?://[^\s<>"»“]+`)

// lower lowers letters, but leaves abbreviations (КЕП, МПС) as people write them.
func lower(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		if !abbreviation(w) {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

// abbreviation says whether a word has at least two letters, none of them small.
func abbreviation(word string) bool {
	letters := 0
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters >= 2
}
