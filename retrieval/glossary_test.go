package retrieval

import (
	"testing"

	"orientir/knowledge"
)

func TestGlossaryExplainsWords(t *testing.T) {
	t.Parallel()
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	terms := []knowledge.Term{
		{Term: "борса", Meaning: "бюро по труда"},
		{Term: "го", Meaning: "застраховка гражданска отговорност"},
		{Term: "личния", Meaning: "личен лекар"},
		{Term: "здравно", Meaning: "болница"},
		{Term: "здравно досие", Meaning: "електронно здравно досие"},
	}
	v := newVocabulary(lexicon, append(glossaryTexts(terms), vocabularyText{"трябва ми борсов посредник за личната карта вчера го видях", "bg", 20}))
	g := v.glossary(terms)
	for _, test := range []struct {
		name, text string
		meant      string // its last word
	}{
		{"as written", "къде е борса", "труда"},
		{"with its article", "борсата в плевен", "труда"},
		{"in Latin letters", "kyde e borsata", "труда"},
		{"with a slip", "къде е борсса", "труда"},
		{"the longest term", "моето здравно досие", "досие"},
		{"of words with one stem only the one that was meant", "личната карта", ""},
		{"pronouns mean nothing", "вчера го видях", ""},
	} {
		a := g.analyze(test.text)
		last := ""
		if terms := a.meantTerms(); len(terms) > 0 {
			last = terms[len(terms)-1].Word
		}
		if last != test.meant || len(a.Meant) > 1 {
			t.Errorf("%s: %q means %v", test.name, test.text, a.Meant)
		}
	}
}

func TestWordThatLearningHasNotMetIsNoSlip(t *testing.T) {
	t.Parallel()
	lexicon, err := builtInLexicon()
	if err != nil {
		t.Fatal(err)
	}
	v := newVocabulary(lexicon, []vocabularyText{{"винетка за магистралата", "bg", 20}})
	if a := v.Analyze("венетка"); a.Terms[0].Word != "винетка" {
		t.Fatalf("a slip is read as %+v", a.Terms[0])
	}
	a := v.glossary([]knowledge.Term{{Term: "венетка", Meaning: "шофьор"}}).analyze("венетка")
	if term := a.Terms[0]; term.Word != "венетка" || term.Corrected || !term.Known {
		t.Errorf("an editor's word is read as %+v", term)
	}
}

// An editor's entry works at once, without learning anew; learning adds that Latin typing and slips find it.
func TestNewGlossaryEntryChangesWhatIsFound(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	ask := func(text string) Answer {
		t.Helper()
		answer, err := a.Answer(t.Context(), Question{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if before := ask("лустрация"); before.Outcome == Answered {
		t.Fatalf("the word was known before: %+v", before.Guides)
	}
	if _, err := a.pool.Exec(t.Context(), `INSERT INTO glossary (term, meaning, origin) VALUES ('лустрация', 'свидетелство за съдимост', 'editor')`); err != nil {
		t.Fatal(err)
	}
	if now := ask("лустрация"); now.Outcome != Answered || now.Guides[0].Slug != "criminal-record" {
		t.Fatalf("after the entry: %s %v %.2f", now.Outcome, now.Guides, now.Confidence)
	}
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"лустрация", "lustraciq", "лустрацяи"} {
		if later := ask(text); later.Outcome != Answered || later.Guides[0].Slug != "criminal-record" {
			t.Errorf("after learning %q: %s %v %.2f", text, later.Outcome, later.Guides, later.Confidence)
		}
	}
}
