package retrieval

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// questionFiles are the project's own questions that the starter knowledge does not hold. heldout.tsv is a tenth of the
// sample questions, chosen by a hash of their text, and none of them nearly the same as one that stayed. blind.tsv was
// written by people who saw neither the guides nor anybody else's questions. The writers of both were asked to avoid the
// official words: they are harder than what people mostly type.
func questionFiles(t testing.TB) []string {
	var list []string
	for _, name := range []string{"heldout.tsv", "blind.tsv"} {
		if _, err := os.Stat("testdata/" + name); err == nil {
			list = append(list, name)
		} else if name == "heldout.tsv" {
			t.Fatal(err)
		}
	}
	return list
}

// TestQualityOnQuestionsNotLearnedFrom holds the measures to the committed record.
func TestQualityOnQuestionsNotLearnedFrom(t *testing.T) {
	if testing.Short() {
		t.Skip("learns from the whole starter knowledge: half a minute of two processors")
	}
	t.Parallel()
	pool := postgrestest.New(t)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	samples, err := store.Samples(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	learned := map[string]bool{}
	for _, s := range samples {
		learned[s.Text] = true
	}
	a := New(pool, store, Options{})
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	var lines []recordLine
	for _, name := range questionFiles(t) {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readQuestions(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range rows {
			if learned[r.question] {
				t.Errorf("%s: a question to measure with is in the starter knowledge: %q", name, r.question)
			}
		}
		r, err := Evaluate(t.Context(), a, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if r.NotCovered > 0 {
			t.Errorf("%s: %d questions are for guides that do not exist", name, r.NotCovered)
		}
		fmt.Fprintf(t.Output(), "%s\n", name)
		if err := r.Print(t.Output(), false); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, recordLines(name, r)...)
	}
	holdToRecord(t, lines)
	guides, err := store.Guides(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sharedNamesAskBack(t, a, guides)
	terseRequestsAreOffered(t, a)
	followUpsKeepTheSubject(t, a)
}

// sharedNamesAskBack asks each name that several guides go by, bare: only the person knows which of them is meant.
func sharedNamesAskBack(t *testing.T, a *Answerer, guides []knowledge.Guide) {
	slugs := map[string][]string{} // by name
	for _, g := range guides {
		for _, text := range g.Text {
			for _, name := range text.Names {
				if name = Normalize(name); !slices.Contains(slugs[name], g.Slug) {
					slugs[name] = append(slugs[name], g.Slug)
				}
			}
		}
	}
	asked := 0
	for name, shared := range slugs {
		if len(shared) < 2 {
			continue
		}
		asked++
		answer, err := a.Answer(t.Context(), Question{Text: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, slug := range shared {
			if answer.Outcome != Clarify || !slices.ContainsFunc(answer.Guides, func(r Ranked) bool { return r.Slug == slug }) {
				t.Errorf("%q is a name of %v: %s %v", name, shared, answer.Outcome, answer.Guides)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d names are shared by two guides: this test can't fail any more", asked)
	}
}

// terseRequestsAreOffered asks in two or three words, as people type into a search box.
func terseRequestsAreOffered(t *testing.T, a *Answerer) {
	for text, slug := range map[string]string{
		"смяна на лична":       "id-card-passport",
		"изгубена лична":       "id-card-passport",
		"изгубен паспорт":      "id-card-passport",
		"изтекла книжка":       "driving-licence",
		"жалба работодател":    "labour-complaint",
		"оплакване от магазин": "consumer-complaint",
		"умря ми мъжът":        "death-certificate",
		"почина баща ми":       "death-certificate",
		"роди ми се дете":      "birth-certificate",
		"продадох колата":      "vehicle-registration",
		"lepenka":              "vignette",
		"прописка":             "address-change",
	} {
		answer, err := a.Answer(t.Context(), Question{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		offered := answer.Outcome == Answered || answer.Outcome == Clarify
		if !offered || !slices.ContainsFunc(answer.Guides, func(r Ranked) bool { return r.Slug == slug }) {
			t.Errorf("%q: %s %v, want %s", text, answer.Outcome, answer.Guides, slug)
		}
	}
}
