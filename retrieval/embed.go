package retrieval

import (
	"context"
	"errors"
)

// Embed gives the vector of each text, as the model that serves sees a question that says it: of length one, so that the
// dot product of two is their cosine. Vectors of two models can't be compared; see Version. It asks no server, and takes
// one processor a fraction of a millisecond a text. It fails with ErrNotReady where no model serves yet.
func (a *Answerer) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	s, err := a.served(ctx)
	if err != nil {
		return nil, err
	}
	l, err := a.shelf(ctx, s, 0)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = s.weights.vector(l.glossary.analyze(text))
	}
	return vectors, nil
}

// Version names the model that serves: vectors that Embed gave under another name are to be made anew.
func (a *Answerer) Version(ctx context.Context) (string, error) {
	s, err := a.served(ctx)
	if err != nil {
		return "", err
	}
	return s.weights.version, nil
}

// served is the model that answers now, loaded where none was yet.
func (a *Answerer) served(ctx context.Context) (*serving, error) {
	if s := a.serving.Load(); s != nil {
		return s, nil
	}
	if ok, err := a.swap(ctx); err != nil || !ok {
		return nil, errors.Join(ErrNotReady, err)
	}
	return a.serving.Load(), nil
}
