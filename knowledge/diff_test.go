package knowledge

import (
	"strings"
	"testing"
	"time"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	if changes := Diff(g, g); len(changes) != 0 {
		t.Errorf("a guide differs from itself: %+v", changes)
	}
	other := g
	text := g.Text[Bulgarian]
	text.Steps = []string{"Отворете.", "Подпишете.", "Запишете."}
	text.Fees = []Fee{{Cents: 1534, What: "карта"}}
	other.Text = map[Language]Text{Bulgarian: text, English: {Title: "Sample"}}
	other.Version, other.Why, other.PublishedAt = 7, "друго", time.Now()
	other.Local = []Local{{Municipality: "Столична", Link: "https://sofia.bg/x", Note: map[Language]string{Bulgarian: "само лично"}}}
	want := map[string]string{
		"local":         " → Столична · https://sofia.bg/x · само лично",
		"text.bg.steps": "Отворете.|Запишете. → Отворете.|Подпишете.|Запишете.",
		"text.bg.fees":  "15,34 € · карта|0,00 € · над 70 → 15,34 € · карта",
		"text.en.title": " → Sample",
	}
	for _, c := range Diff(g, other) {
		got := strings.Join(c.Before, "|") + " → " + strings.Join(c.After, "|")
		if got != want[c.Field] {
			t.Errorf("%s: %q, want %q", c.Field, got, want[c.Field])
		}
		delete(want, c.Field)
	}
	if len(want) != 0 {
		t.Errorf("not found: %v", want)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"Подава се лично.", "Подава се лично.", "Подава се лично."},
		{"Подава се лично.", "Подава се онлайн.", "Подава се [-лично][+онлайн]."},
		{"до 14 дни", "до 7 работни дни", "до [-14][+7 работни] дни"},
		{"", "ново", "[+ново]"},
		{"старо", "", "[-старо]"},
	} {
		var got strings.Builder
		before, after := "", ""
		for _, p := range Words(c.before, c.after) {
			switch {
			case p.Before && p.After:
				got.WriteString(p.Text)
			case p.Before:
				got.WriteString("[-" + p.Text + "]")
			default:
				got.WriteString("[+" + p.Text + "]")
			}
			if p.Before {
				before += p.Text
			}
			if p.After {
				after += p.Text
			}
		}
		if got.String() != c.want || before != c.before || after != c.after {
			t.Errorf("%q → %q: %q, want %q", c.before, c.after, got.String(), c.want)
		}
	}
}
