package retrieval

import "context"

// Subject is a word that a text is about, in its stem, with how rare it is in the knowledge: 0 stands in every piece.
type Subject struct {
	Word   string
	Weight float64
}

// Subjects gives what each text is about, as the model that serves reads it: words without a subject («искам», «как») are left out, and
// spelling and alphabet are what they were meant to be. It fails with ErrNotReady where no model serves yet.
func (a *Answerer) Subjects(ctx context.Context, texts []string) ([][]Subject, error) {
	all := make([][]Subject, 0, len(texts))
	err := a.read(ctx, texts, func(w *weights, x Analysis) {
		var subjects []Subject
		for _, stem := range x.subjects() {
			subjects = append(subjects, Subject{stem, w.rarity(stem)})
		}
		all = append(all, subjects)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
