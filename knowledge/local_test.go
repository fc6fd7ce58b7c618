package knowledge

import (
	"context"
	"errors"
	"strings"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

const variedGuide = `---
slug: sample
audience: citizen
status: closed
title: Проба
authority: Община
link: https://e-uslugi.mvr.bg/x
identification: [in-person]
names: [проба]
formerly: [стара проба]
related: [other]
apart:
  - slug: other
    how: Ако е за дете, изберете другото.
    how_en: For a child, take the other one.
replaced_by: other
local:
  - municipality: Столична
    link: https://kg.sofia.bg
    contact: тел. 02 1
    note: Кандидатства се тук.
    note_en: Apply here.
  - municipality: Бяла, Варна
    link: https://byala.mvr.bg
review_by: 2027-05-25
sources:
  - url: https://www.mvr.bg
    title: МВР
---
## Накратко
Едно. Две.

## Кой може
Всеки.

## Изключения
- Дете.

## Къде
На сайта.

## Стъпки
1. Отворете.

## Какво Ви трябва
- Подпис.
`

func TestVariantsOfAGuideAreKeptWithItsVersion(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := NewStore(postgrestest.New(t))
	for _, host := range []string{"mvr.bg", "sofia.bg"} {
		if err := s.AllowHost(ctx, host, "1"); err != nil {
			t.Fatal(err)
		}
	}
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(variedGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	written, err := g.Markdown(Bulgarian)
	if err != nil || string(written) != variedGuide {
		t.Errorf("%v\n%s", err, written)
	}
	if _, err := s.Publish(ctx, g, "7"); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.Guide(ctx, "sample")
	if err != nil || !ok || !sameGuide(g, got) || got.Local[0].In(English) != "Apply here." || got.Apart[0].In("tr") != "Ако е за дете, изберете другото." {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	for _, c := range []struct {
		place Place
		link  string
	}{
		{Place{Municipality: "Столична", District: "София-град"}, "https://kg.sofia.bg"},
		{Place{Municipality: "Бяла", District: "Варна"}, "https://byala.mvr.bg"},
		{Place{Municipality: "Бяла", District: "Русе"}, ""},
		{Place{Municipality: "Враца", District: "Враца"}, ""},
	} {
		if door, ok := got.LocalAt(c.place); ok != (c.link != "") || door.Link != c.link {
			t.Errorf("%+v: %+v", c.place, door)
		}
	}
}

func TestVariantsOfAGuideAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, field string }{
		{"https://kg.sofia.bg", "https://kg.example.com", "local.link"},
		{"municipality: Бяла, Варна", "municipality: Столична", "local.municipality"},
		{"replaced_by: other", "replaced_by: sample", "replaced_by"},
		{"status: closed", "status: active", "replaced_by"},
		{"slug: other\n", "slug: sample\n", "apart.slug"},
		{"formerly: [стара проба]", "formerly: [Стара проба]", "text.bg.formerly"},
	} {
		g, err := ParseGuide(File{Name: "sample.md", Data: []byte(strings.Replace(variedGuide, c.from, c.to, 1))}, File{})
		if err != nil {
			t.Fatal(err)
		}
		var fault *Fault
		if err := g.Validate([]string{"mvr.bg", "sofia.bg"}); !errors.As(err, &fault) || fault.Field != c.field {
			t.Errorf("%q: %v", c.to, err)
		}
	}
}
