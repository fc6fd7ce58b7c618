package knowledge

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"orientir/knowledge/privacy"
	"orientir/knowledge/starter"
)

// TestWhatShipsIsNotMasked: none of the questions, guides and help points that ship with the program looks like a personal number,
// but for the offices' own phones and addresses.
func TestWhatShipsIsNotMasked(t *testing.T) {
	t.Parallel()
	public, err := StarterContacts()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	err = fs.WalkDir(starter.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Base(name) == "places.csv" {
			return err
		}
		data, err := fs.ReadFile(starter.Files, name)
		for line := range strings.Lines(string(data)) {
			lines++
			if masked, kinds := privacy.Mask(line, public); kinds != nil {
				t.Errorf("%s: %v in %q", name, kinds, masked)
			}
		}
		return err
	})
	if err != nil || lines < 10000 {
		t.Fatal(lines, err)
	}
}

func TestPublicPhonesStay(t *testing.T) {
	t.Parallel()
	s := loaded(t)
	points := "id\tname\tekatte\taddress\tphone\temail\n" +
		"vratsa-test\tБиблиотека\t12259\tул. Първа 1, ЕГН 6101057509\t092 62 41 21; 092/624122\tbiblioteka@example.bg\n"
	if _, err := s.Import(t.Context(), "help-points", strings.NewReader(points)); err != nil {
		t.Fatal(err)
	}
	text := "тел. 092/624121 или 092 62 41 22, biblioteka@example.bg, 0700 18 700"
	if masked, kinds, err := s.Mask(t.Context(), text); err != nil || masked != text || kinds != nil {
		t.Error(masked, kinds, err)
	}
	masked, kinds, err := s.Mask(t.Context(), "моят е 0888 123 456, а техният 092/624121; ivan@example.bg")
	if err != nil || masked != "моят е [телефон скрит], а техният 092/624121; [имейл скрит]" || !slices.Equal(kinds, []privacy.Kind{privacy.Phone, privacy.Email}) {
		t.Error(masked, kinds, err)
	}
	h, _, err := s.HelpPoint(t.Context(), "vratsa-test")
	if err != nil || h.Address != "ул. Първа 1, ЕГН [ЕГН скрито]" || joinPhones(h.Phones) != "092 62 41 21; 092/624122" || h.Email != "biblioteka@example.bg" {
		t.Errorf("%+v %v", h, err)
	}

	g, ok, err := s.Guide(t.Context(), "criminal-record")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	bg := g.Text[Bulgarian]
	bg.Fees = append(bg.Fees, Fee{100, "за ЕГН 6101057509"})
	g.Apart = append(g.Apart, Apart{"court-case-access", map[Language]string{Bulgarian: "За ЕГН 6101057509 е другото."}})
	g.Local = append(g.Local, Local{
		Municipality: "Враца", Link: "https://cs.mjs.bg", Contact: "02 777 88 99", Office: "ЕГН 6101057509",
		Fee: map[Language]string{Bulgarian: "ЕГН 6101057509"}, Note: map[Language]string{Bulgarian: "ЕГН 6101057509"},
	})
	bg.Contact, bg.GoodToKnow = "02 777 88 99, priemna@example.bg", append(bg.GoodToKnow, "Пример: ЕГН 6101057509.")
	g.Text[Bulgarian] = bg
	before := "питах на 02 777 88 99"
	if masked, _, _ := s.Mask(t.Context(), before); masked != "питах на [телефон скрит]" {
		t.Error("before it stands in a guide:", masked)
	}
	if _, err := s.Publish(t.Context(), g, "7"); err != nil {
		t.Fatal(err)
	}
	s.forget() // a replica's snapshot is a second old at most
	if masked, _, err := s.Mask(t.Context(), before+", priemna@example.bg"); masked != before+", priemna@example.bg" {
		t.Error("after it stands in a guide:", masked, err)
	}
	g, _, err = s.Guide(t.Context(), "criminal-record")
	if data, _ := json.Marshal(g); err != nil || strings.Contains(string(data), "6101057509") || !strings.Contains(string(data), "02 777 88 99") {
		t.Error("published with a personal number, or without the office's phone", err)
	}

	sample := Sample{Text: "ЕГН 6101057509 къде се вади съдебно, тел. 0888123456", Expected: []string{"criminal-record"}, Kind: "plain", Language: "bg"}
	if err := s.AddSample(t.Context(), sample, "7"); err != nil {
		t.Fatal(err)
	}
	samples, err := s.Samples(t.Context())
	if err != nil || samples[len(samples)-1].Text != "ЕГН [ЕГН скрито] къде се вади съдебно, тел. [телефон скрит]" {
		t.Error(samples[len(samples)-1], err)
	}
}
