package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// GuideName is a published guide as it is chosen from a list.
type GuideName struct {
	Slug         string
	Title        string // Bulgarian
	TitleEnglish string // "" where unknown
}

// guideCalls are what the published guides go by, in memory: a form asks for them at each key.
type guideCalls struct {
	names   []guideCall // by title
	bySlug  map[string]int
	claims  map[string][]string // callKey of a title or a name → slugs
	byTitle map[string][]string // callKey of a title → slugs
}

// guideCall is one guide with all that may be typed to find it, in small letters.
type guideCall struct {
	GuideName
	words string
}

func (s *Store) loadCalls(ctx context.Context) (*guideCalls, error) {
	rows, err := s.db.Query(ctx, `
		SELECT g.slug, t.language, t.title, v.title_english, t.names, t.formerly
		FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_texts t USING (slug, version)
		ORDER BY g.slug, t.language`)
	if err != nil {
		return nil, fmt.Errorf("read the names of guides: %w", err)
	}
	type row struct {
		Slug         string
		Language     Language
		Title        string
		TitleEnglish string
		Names        []string
		Formerly     []string
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return nil, fmt.Errorf("read the names of guides: %w", err)
	}
	c := &guideCalls{bySlug: map[string]int{}, claims: map[string][]string{}, byTitle: map[string][]string{}}
	add := func(to map[string][]string, name, slug string) {
		if key := callKey(name); key != "" && !slices.Contains(to[key], slug) {
			to[key] = append(to[key], slug)
		}
	}
	for _, r := range all {
		if n := len(c.names); n == 0 || c.names[n-1].Slug != r.Slug {
			c.names = append(c.names, guideCall{GuideName: GuideName{Slug: r.Slug, TitleEnglish: r.TitleEnglish}, words: r.Slug + "\n" + strings.ToLower(r.TitleEnglish)})
		}
		g := &c.names[len(c.names)-1]
		if r.Language == Bulgarian {
			g.Title = r.Title
		}
		add(c.byTitle, r.Title, r.Slug)
		for _, n := range (Text{Title: r.Title, Names: r.Names, Formerly: r.Formerly}).calls() {
			add(c.claims, n.words, r.Slug)
			g.words += "\n" + strings.ToLower(n.words)
		}
	}
	slices.SortStableFunc(c.names, func(a, b guideCall) int { return strings.Compare(a.Title, b.Title) })
	for i, g := range c.names {
		c.bySlug[g.Slug] = i
	}
	return c, nil
}

// FindGuides gives published guides in whose names, titles or slug all of the words stand, by title, limit at most. A guide of that very slug or title is first.
func (s *Store) FindGuides(ctx context.Context, words string, limit int) ([]GuideName, error) {
	c, err := s.calls.get(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("find guides: %w", err)
	}
	parts := strings.Fields(strings.ToLower(words))
	if len(parts) == 0 || limit <= 0 {
		return nil, nil
	}
	var found []GuideName
	for _, slug := range c.named(words) {
		found = append(found, c.names[c.bySlug[slug]].GuideName)
	}
	for _, g := range c.names {
		if len(found) >= limit {
			break
		}
		all := !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(g.words, p) })
		if all && !slices.Contains(found, g.GuideName) {
			found = append(found, g.GuideName)
		}
	}
	return found[:min(len(found), limit)], nil
}

// named gives the slugs of guides of that very slug or title.
func (c *guideCalls) named(words string) []string {
	words = strings.TrimSpace(words)
	if _, ok := c.bySlug[words]; ok {
		return []string{words}
	}
	return c.byTitle[callKey(words)]
}

// GuideNames gives those of the published guides of these slugs, by slug.
func (s *Store) GuideNames(ctx context.Context, slugs ...string) (map[string]GuideName, error) {
	c, err := s.calls.get(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("name guides: %w", err)
	}
	out := map[string]GuideName{}
	for _, slug := range slugs {
		if i, ok := c.bySlug[slug]; ok {
			out[slug] = c.names[i].GuideName
		}
	}
	return out, nil
}

// GuideOf gives the slug of the guide that somebody means by its slug or its title; the words themselves where there is none, or more than one.
func (s *Store) GuideOf(ctx context.Context, words string) (string, error) {
	c, err := s.calls.get(ctx, s)
	if err != nil {
		return "", fmt.Errorf("find the guide %q: %w", words, err)
	}
	if slugs := c.named(words); len(slugs) == 1 {
		return slugs[0], nil
	}
	return strings.TrimSpace(words), nil
}

// CheckGuide checks one guide that need not be published, as CheckGuides does, beside the published ones that it points at or shares a name with.
func (s *Store) CheckGuide(ctx context.Context, g Guide, today time.Time) ([]Finding, error) {
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		return nil, fmt.Errorf("check guide %q: %w", g.Slug, err)
	}
	places, err := s.places.get(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("check guide %q: %w", g.Slug, err)
	}
	calls, err := s.calls.get(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("check guide %q: %w", g.Slug, err)
	}
	beside := append([]string{g.ReplacedBy}, g.Related...)
	for _, a := range g.Apart {
		beside = append(beside, a.Slug)
	}
	for _, t := range g.Text {
		for _, n := range t.calls() {
			beside = append(beside, calls.claims[callKey(n.words)]...)
		}
	}
	beside = slices.DeleteFunc(beside, func(slug string) bool { return slug == "" || slug == g.Slug })
	others, err := s.GuidesBySlug(ctx, beside)
	if err != nil {
		return nil, fmt.Errorf("check guide %q: %w", g.Slug, err)
	}
	// The guide stands first: a name that two share is told of it, not of the other.
	found := CheckGuides(append([]Guide{g}, others...), CheckOptions{Today: today, Hosts: hosts, Municipalities: places.places})
	return slices.DeleteFunc(found, func(f Finding) bool { return f.Guide != g.Slug }), nil
}

// MunicipalityNames are the names by which guides call municipalities, «Столична», «Бяла, Варна», sorted.
func (s *Store) MunicipalityNames(ctx context.Context) ([]string, error) {
	g, err := s.places.get(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("name the municipalities: %w", err)
	}
	districts := map[string][]string{}
	for _, p := range g.places {
		if p.Municipality != "" && !slices.Contains(districts[p.Municipality], p.District) {
			districts[p.Municipality] = append(districts[p.Municipality], p.District)
		}
	}
	var names []string
	for name, in := range districts {
		for _, district := range in {
			if len(in) > 1 {
				names = append(names, name+", "+district)
				continue
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
