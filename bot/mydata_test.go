package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestWhoAsksWhatIsKnownOfThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Какво знаете за мен?":                      true,
		"какво знаеш за мен":                        true,
		"Моля, кажете ми какви данни пазите за мен": true,
		"kakvo znaete za men":                       true,
		"What do you know about me?":                true,
		"show me my data":                           true,
		"моите данни":                               true,
		"какво знаете за мен и за данъците ми":      false,
		"какво трябва да знам за мен важно":         false,
		"смяна на личните данни":                    false,
		"my data plan is too expensive":             false,
	} {
		if asksMyData(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestWhatIsKnownIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		person  person
		want    string
		buttons string
	}{
		"on a device of their own": {person{Language: "bg", Audience: "business"}, "Питате за фирма.", "mydata:file forget "},
		"at a terminal":            {person{Language: "en", Terminal: true}, "This screen is shared.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &dialog{person: c.person}
			if next := d.next(&tellData{since: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), kept: []Holding{{Name: HeldMessages, Count: 3}, {Name: HeldRatings}}}); next != nil {
				t.Fatal(next)
			}
			var buttons string
			for _, b := range d.say[0].Buttons {
				buttons += b.Data + " "
			}
			text := d.say[0].Text
			if !strings.Contains(text, c.want) || buttons != c.buttons || !strings.Contains(text, "3") || strings.Contains(text, "mydata.") || strings.Contains(text, ": 0") {
				t.Errorf("%q with %q", text, buttons)
			}
		})
	}
	d := &dialog{person: person{Language: "bg", Terminal: true}}
	if _, ok := d.button("mydata:file").(*tellData); !ok {
		t.Error("a terminal gives a file")
	}
}

// TestAFileThatIsCutSaysSo asks for the file of somebody who has written for years.
func TestAFileThatIsCutSaysSo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.presses("mydata:file")
	h.works()
	told := h.replies()
	if last := told[len(told)-1]; last != bg("mydata.file") {
		t.Errorf("a file that is whole: %q", last)
	}
	c := h.conversation()
	h.exec(`
		INSERT INTO messages (conversation, sender, kind, text, turn, created_at, handled_at)
		SELECT id, 'person', 'text', 'дума', turn, now(), now() FROM conversations, generate_series(1, ` + digits(mostExported) + `)`)
	h.presses("mydata:file")
	h.works()
	told = h.replies()
	if last := told[len(told)-1]; !strings.Contains(last, "последните 10\u00a0000.") {
		t.Errorf("a file that is cut: %q", last)
	}
	_, data, err := h.ExportPerson(h.ctx, c.ID)
	var f struct {
		About   string
		Kept    struct{ Messages []any }
		Counts  map[string]int
		LeftOut map[string]int `json:"left_out"`
	}
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	all := h.count(`SELECT count(*) FROM messages`)
	if err != nil || len(f.Kept.Messages) != mostExported || f.Counts["messages"] != all || f.LeftOut["messages"] != all-mostExported || strings.Contains(f.About, "Всичко") {
		t.Errorf("%d of %d messages, %v, %v, %q, %v", len(f.Kept.Messages), all, f.Counts, f.LeftOut, f.About, err)
	}
}
