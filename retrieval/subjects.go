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
	s, err := a.served(ctx)
	if err != nil {
		return nil, err
	}
	l, err := a.shelf(ctx, s, 0)
	if err != nil {
		return nil, err
	}
	all := make([][]Subject, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, stem := range l.glossary.analyze(text).subjects() {
			all[i] = append(all[i], Subject{stem, s.weights.rarity(stem)})
		}
	}
	return all, nil
}
