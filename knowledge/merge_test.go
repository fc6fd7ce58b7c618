package knowledge

import (
	"testing"
	"time"
)

// whole is a guide with something in every field.
func whole(word string) Guide {
	in := map[Language]string{Bulgarian: word, English: word}
	day := time.Date(2026, 1, len(word), 0, 0, 0, 0, time.UTC)
	text := Text{
		Title: word, Authority: word, Contact: word, Summary: word, Who: word, Exceptions: []string{word}, Where: word, Steps: []string{word}, IdentificationNote: word,
		Needed: []string{word}, Fees: []Fee{{int64(len(word)), word}}, FeeNote: word, Time: word, Deadlines: []string{word}, GoodToKnow: []string{word}, Names: []string{word}, Formerly: []string{word},
	}
	return Guide{
		Slug: "whole", Audience: Audience(word), Status: Status(word), TitleEnglish: word, Link: word, Identification: []Means{Means(word)}, Related: []string{word},
		Apart: []Apart{{word, in}}, ReplacedBy: word, Local: []Local{{Municipality: word, Link: word, Contact: word, Office: word, Fee: in, Note: in}}, Municipality: word, Sources: []Source{{word, word, day, day}}, ReviewBy: day,
		Text: map[Language]Text{Bulgarian: text, English: text},
	}
}

// TestEveryFieldCanBeTaken holds Take to the fields that Diff knows: a field that is new in one is missed in the other.
func TestEveryFieldCanBeTaken(t *testing.T) {
	t.Parallel()
	a, b := whole("a"), whole("bb")
	changes := Diff(a, b)
	if len(changes) != len(a.fields()) {
		t.Fatalf("%d of %d fields differ: fill in whole", len(changes), len(a.fields()))
	}
	merged := a
	for i, c := range changes {
		if a.Marks()[c.Field] == b.Marks()[c.Field] {
			t.Errorf("%s has the same mark in both", c.Field)
		}
		merged = merged.Take(b, c.Field)
		if left := Diff(merged, b); len(left) != len(changes)-i-1 {
			t.Errorf("%s was not taken: %v differ", c.Field, left)
		}
	}
	if len(Diff(a, whole("a"))) != 0 {
		t.Error("taking changed the guide that it began from")
	}
}

func TestATextWithoutWordsIsNone(t *testing.T) {
	t.Parallel()
	bg := map[Language]Text{Bulgarian: {Title: "Проба"}}
	g := Guide{Text: bg}.Take(Guide{Text: map[Language]Text{English: {Title: "Trial"}}}, "text.en.title")
	if g.Text[English].Title != "Trial" || len(bg) != 1 {
		t.Fatal(g.Text, bg)
	}
	if g = g.Take(Guide{Text: bg}, "text.en.title"); len(g.Text) != 1 {
		t.Error("an English text of nothing stays:", g.Text)
	}
}
