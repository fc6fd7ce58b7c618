package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"orientir/knowledge/starter"
)

// Finding is something that a check found in a guide.
type Finding struct {
	Guide    string   `json:"guide"`              // slug
	Language Language `json:"language,omitempty"` // "" where it concerns the whole guide
	Must     bool     `json:"must"`               // must be mended; false: an editor should look
	Rule     string   `json:"rule"`               // see the rules beside CheckGuides
	Field    string   `json:"field,omitempty"`    // as in Fault: «link», «text.bg.steps»; «text.bg» is all of a text, "" all of the guide
	Key      string   `json:"-"`                  // says what it is within its rule, «lix», or the end of a Fault's key, «empty»: a form has a phrase for each
	Args     []any    `json:"-"`                  // of that phrase
	What     string   `json:"what"`               // in Bulgarian
}

// CheckOptions are what guides are checked against.
type CheckOptions struct {
	Today          time.Time // a day; its hours don't count
	Hosts          []string  // that links may stand on
	Municipalities []Place   // any places of the municipalities that there are; nil leaves them unchecked
}

// reviewPeriod is how often an editor reads a guide's sources again: review_by is the end of one period.
const reviewPeriod = 365 * 24 * time.Hour

// euro is when fees changed to euro. An amount read before it is converted by somebody, or wrong.
var euro = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// CheckGuides looks for what people would be misled by. It is pure. The rules, by name; «must» has to be mended before the
// guide is shown, the others call an editor:
//
//	file        must    the Markdown can't be read (only where files are checked)
//	link        must    an address in front matter, sources, local doors or text is off the allow-list
//	field       must    another field breaks the format (see Guide.Validate)
//	exceptions  must    no exception; should: only one, or only short ones
//	review      must    review_by is missing or past
//	source      should  no source has a day on which it was read, or its last reading (the later of seen and checked) lies before
//	                    the guide's review period, which is the year up to review_by
//	            must    such a day lies in the future
//	fee         must    an amount in leva; an amount in euro that no reading since 1 January 2026 vouches for, without fee_note
//	reading     must    LIX above 45 in Bulgarian, 40 in English (see ReadingOf); should: a sentence of more than 20 words
//	name        must    two guides claim an everyday name, or an old one, and neither says how to tell them apart
//	slug        must    related, apart or replaced_by names no guide; replaced_by names a closed one
//	english     must    the English text lacks a field or section that the Bulgarian has; should: there is none, or a list has
//	                    fewer items; apart or local has no English
//	date        must    a deadline lies in the past; should: another date is over a year old and nothing says that it is history
//	local       must    a door names a municipality that doesn't exist
func CheckGuides(guides []Guide, o CheckOptions) []Finding {
	o.Today = o.Today.UTC().Truncate(24 * time.Hour) // what is due today is not past
	c := &check{CheckOptions: o, guides: map[string]*Guide{}}
	for i := range guides {
		c.guides[guides[i].Slug] = &guides[i]
	}
	for _, g := range guides {
		c.guide(g)
	}
	c.names(guides)
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Guide, b.Guide), strings.Compare(string(a.Language), string(b.Language)))
	})
	return c.found
}

// CheckGuides checks the published guides.
func (s *Store) CheckGuides(ctx context.Context, today time.Time) (found []Finding, count int, err error) {
	guides, err := s.Guides(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("check guides: %w", err)
	}
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("check guides: %w", err)
	}
	g, err := s.places.get(ctx, s)
	if err != nil {
		return nil, 0, fmt.Errorf("check guides: %w", err)
	}
	return CheckGuides(guides, CheckOptions{Today: today, Hosts: hosts, Municipalities: g.places}), len(guides), nil
}

// CheckGuideFiles checks the guides of a folder against the hosts and places of the starter knowledge. A file that can't be read is a finding.
func CheckGuideFiles(files fs.FS, today time.Time) (found []Finding, count int, err error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, 0, fmt.Errorf("check guides: %w", err)
	}
	var guides []Guide
	for _, name := range names {
		slug := strings.TrimSuffix(path.Base(name), ".md")
		if bulgarian, ok := strings.CutSuffix(slug, ".en"); ok {
			if !slices.Contains(names, bulgarian+".md") {
				found = append(found, Finding{Guide: bulgarian, Language: English, Must: true, Rule: "file", What: "няма български файл до " + name})
			}
			continue
		}
		count++
		g, _, err := readGuideFile(files, name, names)
		if err != nil {
			for _, fault := range parseErrors(err) {
				found = append(found, Finding{Guide: slug, Must: true, Rule: "file", What: fault.Error()})
			}
			continue
		}
		guides = append(guides, g)
	}
	o, err := starterOptions(today)
	if err != nil {
		return nil, 0, fmt.Errorf("check guides: %w", err)
	}
	return append(found, CheckGuides(guides, o)...), count, nil
}

func starterOptions(today time.Time) (CheckOptions, error) {
	o := CheckOptions{Today: today}
	err := readStarterTable(starter.Files, "hosts.tsv", []string{"host", "whose"}, func(row []string) error {
		o.Hosts = append(o.Hosts, row[0])
		return nil
	})
	if err != nil {
		return o, err
	}
	data, err := fs.ReadFile(starter.Files, "places.csv")
	if err != nil {
		return o, err
	}
	o.Municipalities, err = readPlaces(data)
	return o, err
}

// check gathers findings.
type check struct {
	CheckOptions
	guides map[string]*Guide
	found  []Finding
}

// at is where a finding belongs: the guide, the language and the field.
type at struct {
	slug     string
	language Language
	field    string // behind «text.bg.» where it is a text's
}

func (a at) name() string {
	if a.language == "" || a.field == "apart" || a.field == "local" { // which have both languages in them
		return a.field
	}
	return strings.TrimSuffix("text."+string(a.language)+"."+a.field, ".")
}

func (c *check) must(a at, rule, key, what string, args ...any) {
	c.found = append(c.found, Finding{a.slug, a.language, true, rule, a.name(), key, args, fmt.Sprintf(what, args...)})
}

func (c *check) should(a at, rule, key, what string, args ...any) {
	c.found = append(c.found, Finding{a.slug, a.language, false, rule, a.name(), key, args, fmt.Sprintf(what, args...)})
}

func (c *check) guide(g Guide) {
	var faults Faults
	if errors.As(g.Validate(c.Hosts), &faults) {
		for _, f := range faults {
			rule := "field"
			switch {
			case f.Key == "fault.host":
				rule = "link"
			case strings.HasSuffix(f.Field, ".exceptions"):
				rule = "exceptions"
			}
			c.found = append(c.found, Finding{
				Guide: g.Slug, Must: true, Rule: rule, Field: f.Field, Key: strings.TrimPrefix(f.Key, "fault."), Args: []any{f.Value},
				What: fmt.Sprintf("%s %s: %s", f.Field, faultWords(f.Key), f.Value),
			})
		}
	}
	c.sources(g)
	c.slugs(g)
	for _, l := range []Language{Bulgarian, English} {
		if t, ok := g.Text[l]; ok {
			c.text(g, l, t)
		}
	}
	c.english(g)
	for _, door := range g.Local {
		if c.Municipalities != nil && !slices.ContainsFunc(c.Municipalities, door.Serves) {
			c.must(at{g.Slug, "", "local"}, "local", "no_municipality", "няма община „%s“", door.Municipality)
		}
	}
}

// sources checks that somebody has read what the guide rests on, and will again.
func (c *check) sources(g Guide) {
	switch {
	case g.ReviewBy.IsZero():
		c.must(at{g.Slug, "", "review_by"}, "review", "no_review", "няма review_by: никой няма да го прегледа")
	case g.ReviewBy.Before(c.Today):
		c.must(at{g.Slug, "", "review_by"}, "review", "review_past", "за преглед е от %s", g.ReviewBy.Format(time.DateOnly))
	}
	var last time.Time
	for _, s := range g.Sources {
		read := s.Seen
		if s.Checked.After(read) {
			read = s.Checked
		}
		if read.After(c.Today) {
			c.must(at{g.Slug, "", "sources"}, "source", "read_later", "%s е прочетен в бъдещето, на %s", s.URL, read.Format(time.DateOnly))
		}
		if read.After(last) {
			last = read
		}
	}
	switch begin := g.ReviewBy.Add(-reviewPeriod); {
	case len(g.Sources) == 0: // told by Validate
	case last.IsZero():
		c.should(at{g.Slug, "", "sources"}, "source", "unread", "не е известно кога е четен някой от източниците")
	case !g.ReviewBy.IsZero() && last.Before(begin):
		c.should(at{g.Slug, "", "sources"}, "source", "read_long_ago", "източниците са четени последно на %s, преди последния период за преглед (от %s)", last.Format(time.DateOnly), begin.Format(time.DateOnly))
	}
	for _, l := range []Language{Bulgarian, English} {
		t := g.Text[l]
		if t.FeeNote == "" && last.Before(euro) && slices.ContainsFunc(t.Fees, func(f Fee) bool { return f.Cents > 0 }) {
			c.must(at{g.Slug, l, "fees"}, "fee", "fee_unsure", "сума в евро, която никой източник от 2026 г. не потвърждава, а няма fee_note къде да се провери")
		}
	}
}

// slugs checks that what the guide points at is there and still works.
func (c *check) slugs(g Guide) {
	points := func(field, slug string) (Guide, bool) {
		other, ok := c.guides[slug]
		if !ok {
			c.must(at{g.Slug, "", field}, "slug", "no_guide", "%[2]s: няма упътване %[1]s", slug, field)
			return Guide{}, false
		}
		return *other, true
	}
	for _, slug := range g.Related {
		points("related", slug)
	}
	for _, a := range g.Apart {
		points("apart", a.Slug)
	}
	if g.ReplacedBy != "" {
		if next, ok := points("replaced_by", g.ReplacedBy); ok && next.Status == Closed {
			c.must(at{g.Slug, "", "replaced_by"}, "slug", "closed_too", "replaced_by: %s също е закрита", g.ReplacedBy)
		}
	}
}

// call is what a guide goes by, and the field that it stands in.
type call struct{ field, words string }

// calls are all that a text goes by.
func (t Text) calls() []call {
	list := []call{{"title", t.Title}}
	for _, n := range t.Names {
		list = append(list, call{"names", n})
	}
	for _, n := range t.Formerly {
		list = append(list, call{"formerly", n})
	}
	return list
}

// callKey is the same for names that people don't tell apart.
func callKey(name string) string { return strings.ToLower(strings.Join(splitWords(name), " ")) }

// names finds everyday names, old ones among them, that two guides go by without a word on how to tell them apart.
func (c *check) names(guides []Guide) {
	claims := map[string][]at{}
	for _, g := range guides {
		for _, l := range []Language{Bulgarian, English} {
			for _, n := range g.Text[l].calls() {
				key := callKey(n.words)
				if key != "" && !slices.ContainsFunc(claims[key], func(other at) bool { return other.slug == g.Slug }) {
					claims[key] = append(claims[key], at{g.Slug, l, n.field})
				}
			}
		}
	}
	told := func(a, b string) bool {
		return slices.ContainsFunc(c.guides[a].Apart, func(rule Apart) bool { return rule.Slug == b })
	}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		who := claims[name]
		for i, a := range who {
			for _, b := range who[i+1:] {
				if !told(a.slug, b.slug) && !told(b.slug, a.slug) {
					c.must(a, "name", "name_taken", "„%s“ е име и на %s, а никое не казва в apart как се различават", name, b.slug)
				}
			}
		}
	}
}
