package retrieval

import (
	"context"
	"fmt"
	"time"

	"orientir/knowledge/privacy"
)

// Embedder turns texts into vectors on a server. Package openai has one for any OpenAI-compatible server.
type Embedder interface {
	// Name is the model's name: vectors of different names are never compared.
	Name() string
	// Embed gives one vector for each text, in their order, all of one length.
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// A remote server may not hold up an answer, and is asked for so many texts at once when the index is filled.
const (
	embedDeadline = 1500 * time.Millisecond
	embedBatch    = 64
)

func remoteName(e Embedder) string { return "remote-" + e.Name() }

// fillRemote brings the remote embedder's vectors up to the corpus, beside those that serve. They serve once they are whole.
func (a *Answerer) fillRemote(ctx context.Context, c Corpus) error {
	e := a.options.Embedder
	s := a.serving.Load()
	if s == nil {
		if _, err := a.swap(ctx); err != nil {
			return err
		}
		if s = a.serving.Load(); s == nil {
			return ErrNotReady
		}
	}
	embed := remoteChunks(e, s.weights)
	row, ok, err := newestModel(ctx, a.pool, "remote", remoteName(e))
	if err != nil {
		return err
	}
	if ok {
		if row.Cursor < c.Revision {
			_, err = syncChunks(ctx, a.pool, row.ID, c, embed)
		}
		return err
	}
	probe, err := e.Embed(ctx, []string{"Ориентир"})
	if err != nil || len(probe) != 1 || len(probe[0]) == 0 {
		return fmt.Errorf("try the embedder %s: %d vectors, %w", e.Name(), len(probe), err)
	}
	id, err := addModel(ctx, a.pool, "remote", remoteName(e), len(probe[0]), nil, c.Revision)
	if err != nil {
		return err
	}
	if _, err := syncChunks(ctx, a.pool, id, c, embed); err != nil {
		return err
	}
	if err := finishModel(ctx, a.pool, id, len(probe[0])); err != nil {
		return err
	}
	a.options.Log.Info("the remote embedder's vectors are whole", "model", e.Name(), "dims", len(probe[0]))
	return dropOldModels(ctx, a.pool, "remote", remoteName(e))
}

// remoteChunks gives what embeds pieces on a server, with the stems of these weights.
func remoteChunks(e Embedder, w *weights) func(context.Context, []piece) ([]chunk, error) {
	return func(ctx context.Context, pieces []piece) ([]chunk, error) {
		chunks := make([]chunk, 0, len(pieces))
		for len(pieces) > 0 {
			n := min(embedBatch, len(pieces))
			texts := make([]string, n)
			for i, p := range pieces[:n] {
				texts[i] = p.text
			}
			vectors, err := e.Embed(ctx, texts)
			if err != nil {
				return nil, fmt.Errorf("embed %d texts with %s: %w", n, e.Name(), err)
			}
			if len(vectors) != n {
				return nil, fmt.Errorf("embed %d texts with %s: %d vectors came", n, e.Name(), len(vectors))
			}
			for i, p := range pieces[:n] {
				chunks = append(chunks, chunk{piece: p, digest: digestOf(p), stems: w.vocabulary.Analyze(p.text).subjects(), vector: vectors[i]})
			}
			pieces = pieces[n:]
		}
		return chunks, nil
	}
}

// remoteSecond searches the remote embedder's vectors too, where they are whole, and lets them speak for guides that
// the built-in search did not find: what the ranking learned was learned on the built-in vectors, so those keep their votes.
// A server that fails or is late changes nothing.
func (a *Answerer) remoteSecond(ctx context.Context, s *serving, text string, words []queryWord, f finding) finding {
	short, cancel := context.WithTimeout(ctx, embedDeadline)
	defer cancel()
	vector, err := a.remoteVector(short, s, text)
	if err != nil || len(vector) != s.remote.Dims {
		a.options.Log.Warn("the remote embedder gave no vector", "error", err)
		return f
	}
	r, err := a.find(short, s, *s.remote, text, vector, words)
	if err != nil {
		a.options.Log.Warn("can't search the remote embedder's vectors", "error", err)
		return f
	}
	at := map[string]int{}
	for i, found := range f.supports {
		at[found.class] = i
	}
	for _, found := range r.supports {
		if i, ok := at[found.class]; ok {
			f.supports[i].votes = (f.supports[i].votes + found.votes) / 2
			continue
		}
		found.votes /= 2
		f.supports = append(f.supports, found)
	}
	return f
}

// remoteVector asks the server for the vector of a question's text, but for one that a trial has asked for already.
func (a *Answerer) remoteVector(ctx context.Context, s *serving, text string) ([]float32, error) {
	if vector, ok := s.trial.remembered(text); ok {
		return vector, nil
	}
	masked, _ := privacy.Mask(text)
	vectors, err := a.options.Embedder.Embed(ctx, []string{masked})
	if err != nil || len(vectors) != 1 {
		return nil, err
	}
	s.trial.remember(text, vectors[0])
	return vectors[0], nil
}
