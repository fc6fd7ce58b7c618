package knowledge

import (
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"orientir/knowledge/starter"
)

// checkedDay is the day for which the starter guides are known to be in order: a build doesn't break because time goes by.
var checkedDay = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

func TestStarterGuidesHaveNothingToMend(t *testing.T) {
	t.Parallel()
	files, err := fs.Sub(starter.Files, "guides")
	if err != nil {
		t.Fatal(err)
	}
	found, count, err := CheckGuideFiles(files, checkedDay)
	if err != nil || count < 100 {
		t.Fatal(count, err)
	}
	for _, f := range found {
		if f.Must {
			t.Errorf("%s %s: %s: %s", f.Guide, f.Language, f.Rule, f.What)
		} else if f.Rule == "english" || f.Rule == "exceptions" {
			t.Errorf("%s %s: %s: %s", f.Guide, f.Language, f.Rule, f.What) // ours are whole in both languages
		}
	}
}

func TestACheckFindsWhatMisleads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		from, to string
		want     string // rule, "" for none
		must     bool
	}{
		{"a link off the list", "link: https://egov.bg", "link: https://egov.bg.evil.top", "link", true},
		{"a source off the list", "url: https://egov.bg/x", "url: https://forum.example.com", "link", true},
		{"a link in the text", "1. Отворете", "1. Вижте https://bit.ly/x и отворете", "link", true},
		{"no exception", "- За дете кандидатства родителят му вместо него.\n- За починал човек не се издава.\n", "", "file", true},
		{"one exception", "- За починал човек не се издава.\n", "", "exceptions", false},
		{"overdue", "review_by: 2027-05-25", "review_by: 2026-05-25", "review", true},
		{"due today", "review_by: 2027-05-25", "review_by: 2026-11-25", "", false},
		{"nobody will look", "review_by: 2027-05-25\n", "", "review", true},
		{"an old reading", "seen: 2026-09-01", "seen: 2024-03-11", "source", false},
		{"a reading within the period", "seen: 2026-09-01", "seen: 2026-05-26", "", false},
		{"an old reading, checked since", "seen: 2026-09-01", "seen: 2024-03-11\n    checked: 2026-09-01", "", false},
		{"no reading", "    seen: 2026-09-01\n", "", "source", false},
		{"a reading to come", "seen: 2026-09-01", "seen: 2026-12-01", "source", true},
		{"an amount from before the euro", "seen: 2026-09-01", "seen: 2025-03-11", "fee", true},
		{"leva", "- Подпис.", "- Подпис за 10 лв.", "fee", true},
		{"leva are gone", "- Подпис.", "- Подпис. Цените в левове не важат.", "", false},
		{"office language", "Всеки може.", "Административната услуга се предоставя съгласно разпоредбите на действащото законодателство посредством електронно заявление, подадено от заинтересованите физически или юридически лица или надлежно упълномощените техни представители.", "reading", true},
		{"a long sentence", "Всеки може.", "Ако ти е на ръка и имаш час, ела при нас в града, а ако не, пиши на мен и аз ще ти го дам.", "reading", false},
		{"related to nothing", "related: []", "related: [nothing]", "slug", true},
		{"a date long past", "Всеки може.", "Всеки може до 31 декември 2024 г. да го вземе.", "date", false},
		{"history", "Всеки може.", "Всеки може от 31 декември 2024 г. да го вземе.", "", false},
		{"a deadline in the past", "## Добре", "## Срокове\n- Подайте до 30.06.2026.\n\n## Добре", "date", true},
		{"no such municipality", "review_by", "local:\n  - municipality: Атлантида\n    link: https://egov.bg\nreview_by", "local", true},
	} {
		files := fstest.MapFS{"sample.md": {Data: []byte(change(t, soundGuide, c.from, c.to))}}
		expect(t, c.name, files, c.want, c.must)
	}
	other := strings.Replace(soundGuide, "slug: sample", "slug: other", 1)
	other = strings.Replace(other, "title: Проба", "title: Друга проба", 1)
	pair := func(first string) fstest.MapFS {
		return fstest.MapFS{"sample.md": {Data: []byte(first)}, "other.md": {Data: []byte(other)}}
	}
	expect(t, "one name, two guides", pair(soundGuide), "name", true)
	expect(t, "one name, told apart", pair(change(t, soundGuide, "review_by", "apart:\n  - {slug: other, how: Другото е за фирми., how_en: The other is for firms.}\nreview_by")), "", false)
}

func TestACheckComparesTheEnglishText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, to, want string
		must                 bool
	}{
		{"whole", "", "", "", false},
		{"a section lacks", "\n## Good to know\n- Nothing.\n", "", "english", true},
		{"the fee note lacks", "time: at once\n", "", "english", true},
		{"an item lacks", "- Nobody can ask for it after a death.\n", "", "english", false},
	} {
		bg := change(t, soundGuide, "review_by", "time: веднага\nreview_by")
		en := soundEnglish
		if c.from != "" {
			en = change(t, en, c.from, c.to)
		}
		files := fstest.MapFS{"sample.md": {Data: []byte(bg)}, "sample.en.md": {Data: []byte(en)}}
		expect(t, c.name, files, c.want, c.must)
	}
}

// expect checks files and wants one finding of a rule, besides that there is no English text; or none.
func expect(t *testing.T, name string, files fstest.MapFS, rule string, must bool) {
	t.Helper()
	found, _, err := CheckGuideFiles(files, checkedDay.Add(15*time.Hour)) // in the afternoon
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	var rest []string
	for _, f := range found {
		switch {
		case f.Rule == "english" && f.What == "няма английски текст":
		case f.Rule == rule && f.Must == must:
			seen = true
		case f.Rule == rule || rule == "fee" && f.Rule == "source" || rule == "source" && f.Rule == "fee" || rule == "english" && f.Rule == "exceptions": // one fault, seen by two rules
		default:
			rest = append(rest, fmt.Sprintf("%+v", f))
		}
	}
	if seen != (rule != "") || len(rest) > 0 {
		t.Errorf("%s: want %q, found it: %v, and also %v", name, rule, seen, rest)
	}
}

func change(t *testing.T, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("nothing to change: %q", from)
	}
	return strings.Replace(text, from, to, 1)
}

const soundGuide = `---
slug: sample
audience: citizen
status: active
title: Проба
title_en: Sample
authority: МВР
link: https://egov.bg
identification: [kep]
fees:
  - {eur: 15.34, what: карта}
names: [проба за всички]
related: []
review_by: 2027-05-25
sources:
  - url: https://egov.bg/x
    title: Портал
    seen: 2026-09-01
---
## Накратко
Това е проба. С нея е по-лесно.

## Кой може
Всеки може.

## Изключения
- За дете кандидатства родителят му вместо него.
- За починал човек не се издава.

## Къде
На сайта.

## Стъпки
1. Отворете сайта.

## Какво Ви трябва
- Подпис.

## Добре е да знаете
- Нищо.
`

const soundEnglish = `---
slug: sample
title: Sample
authority: Ministry
fees:
  - {eur: 15.34, what: card}
time: at once
---
## In short
A sample.

## Who can use it
All can.

## Exceptions
- A parent asks for it instead of a child.
- Nobody can ask for it after a death.

## Where
On the site.

## Steps
1. Open it.

## What you need
- A card.

## Good to know
- Nothing.
`

func TestReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Reading
	}{
		{"", Reading{}},
		{"Отворете сайта. Влезте с КЕП!", Reading{5, 1, 2}},
		{"До 30 юни 2026 г. Платете по чл. 50 на nra.bg.", Reading{7, 1, 2}},
		{"Има до 2026 г. и след това.", Reading{6, 0, 1}},
		{"Вземете: лична карта; снимка", Reading{4, 1, 2}},
		{"Пишете на ул. Шипка, тел. 02 123.", Reading{5, 0, 1}},
	} {
		if got := ReadingOf(c.text); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.text, got, c.want)
		}
	}
	if got := (Reading{Words: 100, Long: 30, Sentences: 10}).LIX(); math.Abs(got-40) > 1e-9 {
		t.Errorf("LIX %v", got)
	}
	// An official text is far above the line.
	law := "Този кодекс урежда: издаването, оспорването и изпълнението на административните актове, както и оспорването по съдебен ред на подзаконови нормативни актове; разглеждането и решаването на сигналите и предложенията на гражданите и организациите."
	if lix := ReadingOf(law).LIX(); lix < plainLIX+5 {
		t.Errorf("a law has LIX %.1f", lix)
	}
}

func TestDatesInText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"до 31 май 2026 г.":     "2026-05-31 true",
		"от 1 юни 2025 г.":      "2025-06-01 false",
		"by 30 June 2027":       "2027-06-30 true",
		"15.12.2026":            "2026-12-15 true",
		"12 книги 2025":         "",
		"since 1 December 2025": "2025-12-01 false",
	} {
		got := ""
		for _, d := range datesIn(text) {
			got = fmt.Sprint(d.day.Format(time.DateOnly), " ", d.open)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
