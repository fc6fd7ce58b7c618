package knowledge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// throughMarkdown writes a guide and reads it back.
func throughMarkdown(t *testing.T, g Guide) Guide {
	t.Helper()
	bg, err := g.Markdown(Bulgarian)
	if err != nil {
		t.Fatal(err)
	}
	en, err := g.Markdown(English)
	if err != nil {
		t.Fatal(err)
	}
	back, err := readMarkdowns("", slices.Concat(bg, en))
	if err != nil || len(back) != 1 {
		t.Fatalf("%d guides, %v, of\n%s", len(back), err, bg)
	}
	return back[0].Guide
}

func TestGuidesGoOutAndComeBackAsMarkdown(t *testing.T) {
	t.Parallel()
	for _, g := range starterGuides(t) {
		for _, c := range Diff(g, throughMarkdown(t, g)) {
			t.Errorf("%s: %s was %q, is %q", g.Slug, c.Field, c.Before, c.After)
		}
	}
}

// Whatever stands in a field comes back as it was: line ends, and lines that look like Markdown.
func TestMarkdownKeepsWhatLooksLikeMarkdown(t *testing.T) {
	t.Parallel()
	texts := []string{
		"дума", "ред\nпод ред", "абзац\n\nабзац", "## Стъпки", "край\n## Стъпки\nпак", "---\nslug: other", `\`, `\\`, `край\`, "край\\\nреда", `\## Стъпки`, `\\---`, "- точка", "1. стъпка",
		"2. стъпка\n3. стъпка", "три\n\n\nреда", "<b>не</b> & \"да\"", "- [ ] списък\n- втори", "`код` *звезди*", "## In short", "null", "2026-01-01", ": # & * ! | > ' % @",
	}
	random := rand.New(rand.NewPCG(1, 2))
	signs := []rune("а\\-#1. \n:")
	for range 500 {
		text := make([]rune, 1+random.IntN(12))
		for i := range text {
			text[i] = signs[random.IntN(len(signs))]
		}
		lines := strings.Split(string(text), "\n") // spaces around a line are nothing
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i])
		}
		if clean := strings.Trim(strings.Join(lines, "\n"), "\n"); clean != "" {
			texts = append(texts, clean)
		}
	}
	for _, text := range texts {
		g := importable("odd")
		words := Text{
			Title: "Име", Authority: "МП", Contact: strings.ReplaceAll(text, "\n", " "), Summary: text, Who: text, Exceptions: []string{text, "и " + text, text}, Where: text,
			Steps: []string{text, text}, Needed: []string{text}, Deadlines: []string{text}, GoodToKnow: []string{text},
		}
		g.Text = map[Language]Text{Bulgarian: words, English: words}
		back := throughMarkdown(t, g)
		if got, want := fmt.Sprintf("%+v", back.Text), fmt.Sprintf("%+v", g.Text); got != want {
			t.Fatalf("%q became\n%q, not\n%q", text, got, want)
		}
	}
}
