package retrieval

import (
	"context"
	"errors"
)

// Embed gives the vector of each text, as the model that serves sees a question that says it: of length one, so that the
// dot product of two is their cosine. Vectors of two models can't be compared; see Version. It asks no server, and takes
// one processor a fraction of a millisecond a text. It fails with ErrNotReady where no model serves yet.
func (a *Answerer) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, 0, len(texts))
	err := a.read(ctx, texts, func(w *weights, x Analysis) { vectors = append(vectors, w.vector(x)) })
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

// read shows each text, as the model that serves analyses it, in turn.
func (a *Answerer) read(ctx context.Context, texts []string, each func(*weights, Analysis)) error {
	s, err := a.served(ctx)
	if err != nil {
		return err
	}
	l, err := a.shelf(ctx, s, 0)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		each(s.weights, l.glossary.analyze(text))
	}
	return nil
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
