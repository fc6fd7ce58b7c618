package retrieval

import (
	"os"
	"testing"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
)

// testdata/heldout.tsv is a tenth of the sample questions, chosen by a hash of their text (and none of them nearly the
// same as one that stayed): the starter knowledge does not hold them, so nothing here was learned from. Their writers
// were asked to avoid the official words, and some could as well have been given to a neighbouring guide: they are
// harder than what people mostly type. The floors lie a little under what was measured when they were set.
func TestQualityOnHeldOutQuestions(t *testing.T) {
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
	f, err := os.Open("testdata/heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := readQuestions(f)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, r := range rows {
		held[r.question] = true
	}
	for _, s := range samples {
		if held[s.Text] {
			t.Errorf("a held-out question is in the starter knowledge: %q", s.Text)
		}
	}
	a := New(pool, store, Options{})
	if err := a.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(t.Context(), a, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Print(t.Output(), false); err != nil {
		t.Fatal(err)
	}
	floor := func(name string, got, least float64) {
		if got < least {
			t.Errorf("%s is %.3f, at least %.3f was measured before", name, got, least)
		}
	}
	ceiling := func(name string, got, most float64) {
		if got > most {
			t.Errorf("%s is %.3f, at most %.3f was measured before", name, got, most)
		}
	}
	floor("hit@1", r.Overall.Hit1, 0.725)
	floor("hit@3", r.Overall.Hit3, 0.88)
	floor("not answered", r.Overall.NotAnswered, 0.80)
	floor("hit@1 of Latin typing", r.Kinds["latin"].Hit1, 0.82)
	floor("hit@1 of typing errors", r.Kinds["typo"].Hit1, 0.84)
	ceiling("refused", r.Overall.Refused, 0.06)
	ceiling("confidently wrong", r.Overall.ConfidentlyWrong, 0.115)
	ceiling("calibration error", r.CalibrationError, 0.07)
}
