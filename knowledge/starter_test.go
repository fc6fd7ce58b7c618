package knowledge

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge/starter"
)

// starterHosts reads the hosts that the starter allows.
func starterHosts(t *testing.T) (hosts []string) {
	t.Helper()
	err := readStarterTable(starter.Files, "hosts.tsv", []string{"host", "whose"}, func(row []string) error {
		hosts = append(hosts, row[0])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}

func TestEveryStarterGuideIsSound(t *testing.T) {
	t.Parallel()
	hosts := starterHosts(t)
	items, err := readStarter(starter.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(items["guide"]) < 45 {
		t.Errorf("%d guides, want at least 45", len(items["guide"]))
	}
	slugs := map[string]bool{}
	for _, item := range items["guide"] {
		slugs[item.key] = true
	}
	for _, item := range items["guide"] {
		g := item.data.(Guide)
		if err := g.Validate(hosts); err != nil {
			t.Errorf("%s: %v", g.Slug, err)
		}
		if !g.ReviewBy.After(g.PublishedAt) {
			t.Errorf("%s: no review_by", g.Slug)
		}
		for _, s := range g.Sources {
			if !s.Checked.IsZero() {
				t.Errorf("%s: a starter source says checked, and nobody has", g.Slug)
			}
		}
		for _, slug := range g.Related {
			if !slugs[slug] {
				t.Errorf("%s: related %q is no guide", g.Slug, slug)
			}
		}
		// What is written is read back the same.
		bg, err := g.Markdown(Bulgarian)
		if err != nil {
			t.Fatal(err)
		}
		en, err := g.Markdown(English)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseGuide(File{Name: g.Slug, Data: bg}, File{Name: g.Slug, Data: en})
		if err != nil || !sameGuide(g, again) {
			t.Errorf("%s: not the same after writing and reading: %v", g.Slug, err)
		}
	}
	for _, item := range items["signpost"] {
		if link := item.data.(map[string]any)["link"].(string); !LinkAllowed(link, hosts) {
			t.Errorf("signpost %s: %s", item.key, link)
		}
	}
	for _, item := range items["help-point"] {
		if site := item.data.(map[string]any)["site"].(string); site != "" && !LinkAllowed(site, hosts) {
			t.Errorf("help point %s: %s", item.key, site)
		}
	}
	pointed := map[string]bool{}
	for _, item := range items["signpost"] {
		pointed[item.key] = true
	}
	samples, voices := map[string]int{}, map[string]map[string]bool{}
	for _, item := range items["sample"] {
		if title := item.data.(map[string]any)["signpost"].(string); title != "" && !pointed[title] {
			t.Errorf("%q is about a signpost that is not there: %s", item.key, title)
		}
		for _, slug := range item.data.(map[string]any)["expected"].([]string) {
			samples[slug]++
			if voices[slug] == nil {
				voices[slug] = map[string]bool{}
			}
			voices[slug][item.data.(map[string]any)["kind"].(string)] = true
		}
	}
	for slug := range slugs {
		if samples[slug] < 120 || len(voices[slug]) < 8 {
			t.Errorf("%s: %d sample questions in %d voices", slug, samples[slug], len(voices[slug]))
		}
	}
}

func TestStarterIsLoadedOnceAndEditorsWin(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := NewStore(postgrestest.New(t))
	first, err := s.LoadStarter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if first.Added < 10_000 || first.Changed+first.Removed+first.Kept > 0 {
		t.Errorf("first load: %+v", first)
	}
	revision, err := s.Revision(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.LoadStarter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if second.Unchanged != first.Added || second.Added+second.Changed+second.Removed+second.Kept > 0 {
		t.Errorf("second load: %+v", second)
	}
	if again, _ := s.Revision(ctx); again != revision {
		t.Errorf("a load without news raised the revision from %d to %d", revision, again)
	}

	g, ok, err := s.Guide(ctx, "criminal-record")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	g.Why = "по-ясно"
	text := g.Text[Bulgarian]
	text.Summary = "Казва дали сте осъждани."
	g.Text[Bulgarian] = text
	if _, err := s.Publish(ctx, g, "7"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(ctx, g, "8"); !errors.Is(err, ErrStale) {
		t.Errorf("a second change of the same version: %v, want ErrStale", err)
	}
	if ok, err := s.DisallowHost(ctx, "guaranteefund.org", "7"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	samples, err := s.Samples(ctx)
	if err != nil {
		t.Fatal(err)
	}
	negatives, err := fs.ReadFile(starter.Files, "questions/negatives.tsv")
	if err != nil {
		t.Fatal(err)
	}
	question, _, _ := strings.Cut(strings.Split(string(negatives), "\n")[1], "\t")
	before := slices.IndexFunc(samples, func(q Sample) bool { return q.Text == question }) // samples of the files that stand before it
	samples = samples[before:]
	if ok, err := s.RemoveSample(ctx, samples[0].ID); err != nil || !ok {
		t.Fatal(ok, err)
	}
	samples[1].Expected, samples[1].Kind = []string{"telk"}, "editor"
	if err := s.AddSample(ctx, samples[1], "7"); err != nil {
		t.Fatal(err)
	}

	// The next release has new texts for what editors changed, and for one that they didn't.
	release := newRelease(t, map[string]func(string) string{
		"guides/criminal-record.md": func(old string) string {
			return strings.Replace(old, "## Кой може\n", "## Кой може\nНовост. ", 1)
		},
		"guides/telk.md": func(old string) string {
			return strings.Replace(old, "## Кой може\n", "## Кой може\nНовост. ", 1)
		},
		"hosts.tsv": func(old string) string { return old + "example.bg\tпример\n" },
		"questions/negatives.tsv": func(old string) string {
			lines := strings.Split(old, "\n")
			lines[1] = strings.Replace(lines[1], "\tnear-miss\t", "\tofftopic\t", 1)
			lines[2] = strings.Replace(lines[2], "\tnear-miss\t", "\tofftopic\t", 1)
			return strings.Join(append(lines[:3], lines[4:]...), "\n")
		},
	})
	third, err := s.loadStarter(ctx, release)
	if err != nil {
		t.Fatal(err)
	}
	if third.Added != 1 || third.Changed != 1 || third.Removed != 1 || third.Kept != 3 {
		t.Errorf("third load: %+v", third)
	}
	if g, _, _ := s.Guide(ctx, "criminal-record"); g.Version != 2 || g.Text[Bulgarian].Summary != "Казва дали сте осъждани." || g.PublishedBy != "7" {
		t.Errorf("an editor's guide was overwritten: version %d by %s", g.Version, g.PublishedBy)
	}
	if g, _, _ := s.Guide(ctx, "telk"); g.Version != 2 || !strings.HasPrefix(g.Text[Bulgarian].Who, "Новост.") {
		t.Errorf("the starter's guide did not follow: version %d", g.Version)
	}
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(hosts, " "); strings.Contains(all, "guaranteefund.org") || !strings.Contains(all, "example.bg") {
		t.Errorf("hosts after a restart: %s", all)
	}
	after, err := s.Samples(ctx)
	if err != nil {
		t.Fatal(err)
	}
	after = after[before:]
	if len(after) != len(samples)-2 || after[0].Text != samples[1].Text || after[0].Expected[0] != "telk" {
		t.Errorf("samples after a restart: %d of %d, first %+v", len(after), len(samples), after[0])
	}
}

// newRelease copies the starter's files with some changed.
func newRelease(t testing.TB, change map[string]func(string) string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(starter.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(starter.Files, name)
		if f, ok := change[name]; ok {
			before := string(data)
			data = []byte(f(before))
			if string(data) == before {
				t.Errorf("%s is not changed", name)
			}
		}
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestStarterPlacesAgreeWithTheNationalList(t *testing.T) {
	t.Parallel()
	file := os.Getenv("ORIENTIR_TEST_SETTLEMENTS")
	if file == "" {
		t.Skip("ORIENTIR_TEST_SETTLEMENTS is not set")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	national, err := readPlaces(data)
	if err != nil {
		t.Fatal(err)
	}
	items, err := readStarter(starter.Files)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]Place{}
	seats := map[string]bool{} // of municipalities, by name and district
	for _, item := range items["place"] {
		p := item.data.(Place)
		ours[p.Ekatte] = p
		seats[p.Name+" "+p.District] = true
	}
	elsewhere := map[string]string{"Столична": "София", "Добричка": "Добрич", "Тунджа": "Ямбол", "Родопи": "Пловдив", "Марица": "Пловдив"}
	for _, p := range national {
		mine, ok := ours[p.Ekatte]
		if !ok {
			seat := p.Municipality
			if other, ok := elsewhere[seat]; ok {
				seat = other
			}
			if p.Kind == "гр." || !seats[seat+" "+p.District] {
				t.Errorf("missing: %+v", p)
			}
			continue
		}
		if away := metres(mine.at(), p.at()); away > 3000 {
			t.Errorf("%s %s is %.0f m off", p.Ekatte, p.Name, away)
		}
		mine.Lat, mine.Lon, mine.Population = p.Lat, p.Lon, p.Population
		if mine != p {
			t.Errorf("have %+v, the list says %+v", mine, p)
		}
		delete(ours, p.Ekatte)
	}
	for _, p := range ours {
		t.Errorf("not in the list: %+v", p)
	}
}
