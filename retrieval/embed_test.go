package retrieval

import (
	"errors"
	"math"
	"testing"
)

func TestEmbedPutsTheSameProblemTogether(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	vectors, err := a.Embed(t.Context(), []string{"изгубих си личната карта", "как да извадя нова лична карта", "къде се купува винетка", ""})
	if err != nil || len(vectors) != 4 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for i, v := range vectors {
		if length := math.Sqrt(float64(dot(v, v))); math.Abs(length-1) > 1e-4 {
			t.Errorf("vector %d is %.4f long", i, length)
		}
	}
	if same, other := dot(vectors[0], vectors[1]), dot(vectors[0], vectors[2]); same < other+0.2 {
		t.Errorf("cosine of two about the card %.2f, of card and vignette %.2f", same, other)
	}
	if version, err := a.Version(t.Context()); err != nil || version != a.serving.Load().weights.version {
		t.Errorf("version %q, %v", version, err)
	}
}

func TestEmbedNeedsAModel(t *testing.T) {
	t.Parallel()
	pool, store := smallBase(t)
	if _, err := New(pool, store, Options{}).Embed(t.Context(), []string{"винетка"}); !errors.Is(err, ErrNotReady) {
		t.Errorf("%v", err)
	}
}

func TestSubjectsAreWhatATextIsAbout(t *testing.T) {
	t.Parallel()
	a, _ := smallAnswerer(t, Options{})
	all, err := a.Subjects(t.Context(), []string{"как да си извадя винетка", "vinetka", "", "a vignette for the motorway"})
	if err != nil || len(all) != 4 || len(all[2]) != 0 {
		t.Fatal(all, err)
	}
	find := func(in []Subject, stem string) (Subject, bool) {
		for _, s := range in {
			if s.Word == stem {
				return s, true
			}
		}
		return Subject{}, false
	}
	if len(all[1]) != 2 {
		t.Fatalf("of one word, and what it may mean: %v", all[1])
	}
	said, ok := find(all[0], all[1][0].Word)
	if !ok || said.Weight <= 0 {
		t.Errorf("Latin letters say another word: %v, %v", all[0], all[1])
	}
	if _, ok := find(all[0], "как"); ok {
		t.Errorf("«как» is no subject: %v", all[0])
	}
	for i := range all {
		if _, ok := find(all[i], "≈vignette"); ok != (i != 2) {
			t.Errorf("what is meant is the same in both languages: %v", all[i])
		}
	}
}
