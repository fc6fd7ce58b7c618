package retrieval

import (
	"context"
	"slices"
)

// Subject is a word that a text is about, with how rare it is in the knowledge: 0 stands in every piece.
type Subject struct {
	Word   string // its stem; or "≈" and what the word may mean, the same for машина, car and автомобил
	Weight float64
}

// Subjects gives what each text is about, as the model that serves reads it: words without a subject («искам», «как») are left out, and
// spelling and alphabet are what they were meant to be; what a word may mean stands beside it. It fails with ErrNotReady where no model serves yet.
func (a *Answerer) Subjects(ctx context.Context, texts []string) ([][]Subject, error) {
	all := make([][]Subject, 0, len(texts))
	err := a.read(ctx, texts, func(w *weights, x Analysis) {
		var subjects []Subject
		for _, stem := range x.subjects() {
			subjects = append(subjects, Subject{stem, w.rarity(stem)})
		}
		subjects = append(subjects, meantBy(w, x)...)
		all = append(all, subjects)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// meantBy gives what the words of a text may mean, each meaning once and as rare as the most common word that has it.
func meantBy(w *weights, x Analysis) []Subject {
	var list []Subject
	for _, t := range x.Terms {
		if t.Stop {
			continue
		}
		for _, concept := range t.Concepts {
			rare := w.rarity(t.Stem)
			i := slices.IndexFunc(list, func(s Subject) bool { return s.Word == "≈"+concept })
			if i < 0 {
				list = append(list, Subject{"≈" + concept, rare})
			} else {
				list[i].Weight = min(list[i].Weight, rare)
			}
		}
	}
	return list
}
