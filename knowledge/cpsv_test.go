package knowledge

import (
	"reflect"
	"testing"
	"time"

	"orientir/knowledge/starter"
)

// starterGuides are the guides that come with the program.
func starterGuides(t *testing.T) (guides []Guide) {
	t.Helper()
	items, err := readGuideFiles(starter.Files, "guides")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		guides = append(guides, item.data.(Guide))
	}
	return guides
}

// same compares guides as they are written out: an empty list and none are the same.
func sameWords(t *testing.T, what string, before, after Guide) {
	t.Helper()
	for _, c := range Diff(before, after) {
		t.Errorf("%s of %s: %s was %q, is %q", what, before.Slug, c.Field, c.Before, c.After)
	}
	if !sameGuide(before, after) {
		t.Errorf("%s of %s: its Markdown is another", what, before.Slug)
	}
}

func TestGuidesGoOutAndComeBackAsCPSV(t *testing.T) {
	t.Parallel()
	guides := starterGuides(t)
	data, err := CPSV(guides, CPSVOptions{Base: "https://orientir.example/"})
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadCPSV(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != len(guides) || len(guides) < 90 {
		t.Fatalf("%d guides went out, %d came back", len(guides), len(back))
	}
	for i, g := range guides {
		sameWords(t, "the way out and in", g, back[i])
	}
	again, err := CPSV(back, CPSVOptions{Base: "https://orientir.example"})
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(data) {
		t.Error("written again, the file is another")
	}
}

// A guide alone, with those that it refers to beside it, comes back alone.
func TestOneGuideComesBackAlone(t *testing.T) {
	t.Parallel()
	g := fullGuide()
	beside := fullGuide()
	beside.Slug, beside.Related, beside.Apart, beside.ReplacedBy = "other-service", nil, nil, ""
	data, err := CPSV([]Guide{g}, CPSVOptions{Beside: []Guide{beside}})
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadCPSV(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != 1 {
		t.Fatalf("%d guides came back", len(back))
	}
	sameWords(t, "one guide", g, back[0])
	if want := g.Text; !reflect.DeepEqual(back[0].Text, want) {
		t.Errorf("texts are\n%+v, want\n%+v", back[0].Text, want)
	}
}

// fullGuide fills every field, some of them oddly.
func fullGuide() Guide {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return Guide{
		Slug: "full-guide", Audience: Both, Status: Closed, TitleEnglish: "Short name", Link: "https://cs.mjs.bg/a?b=1&c=%20d",
		Identification: []Means{SSEV, KEP, Code}, Related: []string{"other-service", "not-there"}, ReplacedBy: "other-service", Municipality: "VRC10",
		Apart: []Apart{{"other-service", map[Language]string{"bg": "Тук е за хора.", "en": "Here for people."}}, {"not-there", map[Language]string{"bg": "Другото."}}},
		Local: []Local{
			{Municipality: "Бяла, Варна", Link: "https://cs.mjs.bg/byala", Contact: "тел. 05143 2222, kmet@byala.example", Office: "стая 5", Fee: map[Language]string{"bg": "2 евро"}, Note: map[Language]string{"bg": "Само на място.", "en": "In person."}},
			{Municipality: "Столична"},
		},
		Sources: []Source{
			{URL: "https://cs.mjs.bg/1", Title: "Портал: „едно“", Seen: day, Checked: day.AddDate(0, 1, 0)}, {URL: "https://cs.mjs.bg/1", Title: "Пак той"},
		},
		ReviewBy: day.AddDate(1, 0, 0),
		Text: map[Language]Text{
			Bulgarian: {
				Title: "Заглавие с <b>знаци</b> & \"кавички\"", Authority: "МП / МВнР", Contact: "тел. 02 123 45 67 и a@mjs.bg", Summary: "Първо.\n\nВторо.", Who: "Всеки.\n\nИ още някой.",
				Exceptions: []string{"Първо изключение.", "Второ.", "Второ."}, Where: "На портала.", Steps: []string{"Едно.", "Две.", "Три.", "Четири.", "Пет.", "Шест.", "Седем.", "Осем.", "Девет.", "Десет.", "Единайсет."},
				IdentificationNote: "Бележка.", Needed: []string{"Лична карта."}, Fees: []Fee{{0, "онлайн"}, {1534, "на място"}, {5, "копие"}}, FeeNote: "Проверете.", Time: "до 7 дни",
				Deadlines: []string{"До края на юни."}, GoodToKnow: []string{"Нещо."}, Names: []string{"съдебно", "борса", "КЕП"}, Formerly: []string{"старо име"},
			},
			English: {
				Title: "Long English title", Authority: "MoJ", Summary: "First.", Who: "Anyone.", Exceptions: []string{"First exception."}, Where: "On the portal.",
				Steps: []string{"One.", "Two."}, Needed: []string{"ID card."}, Fees: []Fee{{1534, "at the counter"}}, Names: []string{"court paper"},
			},
		},
	}
}
