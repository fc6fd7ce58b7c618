package knowledge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
)

const sampleGuide = `---
slug: sample
audience: citizen
status: active
title: Проба
title_en: Sample
authority: МВР
link: https://e-uslugi.mvr.bg/x
identification: [kep, in-person]
fees:
  - {eur: 15.34, what: карта}
  - {eur: 0, what: над 70}
names: [проба, карта МВР]
related: [other]
review_by: 2027-05-25
sources:
  - url: https://www.mvr.bg
    title: МВР
    seen: 2024-03-11
---
## Накратко
Едно. Две
на нов ред.

## Кой може
Всеки.

## Изключения
- Дете
  под 14 години.

## Къде
На сайта.

## Стъпки
1. Отворете.
2. Запишете.

## Какво Ви трябва
- Подпис.
`

func TestParseGuide(t *testing.T) {
	t.Parallel()
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	text := g.Text[Bulgarian]
	if text.Summary != "Едно. Две на нов ред." || text.Exceptions[0] != "Дете под 14 години." || len(text.Steps) != 2 || text.Fees[0].Cents != 1534 ||
		g.Sources[0].Seen.Format(time.DateOnly) != "2024-03-11" || g.TitleEnglish != "Sample" || text.Deadlines != nil {
		t.Errorf("%+v", g)
	}
	if err := g.Validate([]string{"mvr.bg"}); err != nil {
		t.Error(err)
	}
}

func TestParseGuideNamesTheLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"audience:", "audiense:", "sample.md:3: "},
		{"eur: 15.34", "eur: 15,34", "sample.md:11: "},
		{"eur: 15.34", "eur: -1", "sample.md:11: "},
		{"review_by: 2027-05-25", "review_by: май", "sample.md:15: "},
		{"## Къде", "## Накъде", "sample.md:32: непознато заглавие"},
		{"## Къде", "## Кой може", "sample.md:32: заглавието"},
		{"2. Запишете.", "3. Запишете.", "sample.md:37: стъпка 3, а е ред на 2"},
		{"- Подпис.", "Подпис.", "sample.md:40: не е точка"},
		{"- Дете\n  под 14 години.\n", "", "няма нищо под „Изключения“"},
		{"---\nslug", "slug", "sample.md:1: няма заглавна част"},
	} {
		broken := strings.Replace(sampleGuide, c.from, c.to, 1)
		_, err := ParseGuide(File{Name: "sample.md", Data: []byte(broken)}, File{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q:\n got %v\nwant %s", c.to, c.from, err, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Guide, *Text)
		field  string
	}{
		{"slug", func(g *Guide, _ *Text) { g.Slug = "Проба" }, "slug"},
		{"foreign host", func(g *Guide, _ *Text) { g.Link = "https://mvr.bg.evil.top" }, "link"},
		{"closed set", func(g *Guide, _ *Text) { g.Identification = []Means{"magic"} }, "identification"},
		{"no exception", func(_ *Guide, t *Text) { t.Exceptions = nil }, "text.bg.exceptions"},
		{"no step", func(_ *Guide, t *Text) { t.Steps = nil }, "text.bg.steps"},
		{"no source", func(g *Guide, _ *Text) { g.Sources = nil }, "sources"},
		{"source elsewhere", func(g *Guide, _ *Text) { g.Sources[0].URL = "https://forum.example.com" }, "sources.url"},
		{"link in the text", func(_ *Guide, t *Text) { t.GoodToKnow = []string{"Вижте https://bit.ly/x."} }, "text.bg.good_to_know"},
		{"negative fee", func(_ *Guide, t *Text) { t.Fees = []Fee{{-1, "такса"}} }, "text.bg.fees"},
		{"capital name", func(_ *Guide, t *Text) { t.Names = []string{"Лична карта"} }, "text.bg.names"},
	} {
		g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
		if err != nil {
			t.Fatal(err)
		}
		text := g.Text[Bulgarian]
		c.change(&g, &text)
		g.Text[Bulgarian] = text
		var fault *Fault
		if err := g.Validate([]string{"mvr.bg"}); !errors.As(err, &fault) || fault.Field != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestLinkAllowed(t *testing.T) {
	t.Parallel()
	hosts := []string{"mvr.bg", "his.bg", "government.bg"}
	for address, want := range map[string]bool{
		"https://mvr.bg":                       true,
		"https://e-uslugi.mvr.bg/services?x=1": true,
		"http://my.his.bg":                     true,
		"https://www.az.government.bg/":        true,
		"https://MVR.bg":                       true,
		"https://e-uslugi.mvr.bg.evil.top":     false,
		"https://evilmvr.bg":                   false,
		"https://mvr.bg@evil.top":              false,
		"https://mvr.bg:8443":                  false,
		"https://xn--mr-fka.bg":                false,
		"https://е-uslugi.mvr.bg":              false, // a Cyrillic letter
		"https://mvr.bg.":                      false,
		"javascript:alert(1)":                  false,
		"//mvr.bg":                             false,
		"https://192.0.2.1":                    false,
		"https://bg":                           false,
		"":                                     false,
	} {
		if LinkAllowed(address, hosts) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}

func TestHostsAreChangedByAdministrators(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := NewStore(postgrestest.New(t))
	for _, wrong := range []string{"bg", "co.uk", "мвр.бг", "xn--b1aew.bg", "127.0.0.1", "", "a b.bg"} {
		var fault *Fault
		if err := s.AllowHost(ctx, wrong, "1"); !errors.As(err, &fault) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if err := s.AllowHost(ctx, " Plovdiv.BG ", "1"); err != nil {
		t.Fatal(err)
	}
	if hosts, err := s.AllowedHosts(ctx); err != nil || len(hosts) != 1 || hosts[0] != "plovdiv.bg" {
		t.Errorf("%v %v", hosts, err)
	}
	if ok, err := s.DisallowHost(ctx, "plovdiv.bg", "2"); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
	if ok, err := s.DisallowHost(ctx, "plovdiv.bg", "2"); err != nil || ok {
		t.Errorf("%v %v", ok, err)
	}
	if err := s.AllowHost(ctx, "plovdiv.bg", "1"); err != nil {
		t.Fatal(err)
	}
	if hosts, err := s.AllowedHosts(ctx); err != nil || len(hosts) != 1 {
		t.Errorf("%v %v", hosts, err)
	}
}

func TestVersionsAreNeverChanged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := postgrestest.New(t)
	s := NewStore(pool)
	if err := s.AllowHost(ctx, "mvr.bg", "1"); err != nil {
		t.Fatal(err)
	}
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Revision(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Publish(ctx, g, "7"); err != nil || v != 1 {
		t.Fatal(v, err)
	}
	if after, err := s.Revision(ctx); err != nil || after <= before {
		t.Errorf("revision %d, was %d: %v", after, before, err)
	}
	if _, err := s.Publish(ctx, g, "8"); !errors.Is(err, ErrStale) {
		t.Errorf("another new guide of this slug: %v", err)
	}
	for _, sql := range []string{`UPDATE guide_versions SET why = ''`, `DELETE FROM guide_texts`, `UPDATE guide_sources SET url = 'https://x.bg'`} {
		if _, err := pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	// What the program checks the database checks too.
	for _, sql := range []string{
		`INSERT INTO guide_versions SELECT slug, 2, audience, status, title_english, link, '{magic}', related, review_by, origin, published_by, now(), why FROM guide_versions`,
		`INSERT INTO guide_texts SELECT slug, version, 'en', title, authority, contact, summary, who, '{}', place, steps, identification_note, needed, fees, fee_note, duration, deadlines, good_to_know, names FROM guide_texts`,
		`INSERT INTO places VALUES ('12345', 'гр.', 'София', '', 'Столична', 'София (столица)', 42, 23, NULL, 'import')`,
	} {
		if _, err := pool.Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), "check constraint") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	got, ok, err := s.Guide(ctx, "sample")
	if err != nil || !ok || !sameGuide(got, g) || got.PublishedBy != "7" {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	if _, ok, err := s.Guide(ctx, "nothing"); ok || err != nil {
		t.Error(ok, err)
	}
}
