package retrieval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orientir/deploy/postgres"
)

// How the index follows the knowledge.
const (
	lookEvery   = time.Second      // for a change of the knowledge, or a newer model
	retrainRest = 20 * time.Second // without a change before learning anew, so that an editor at work starts it once
	retrainMost = 5 * time.Minute  // after the first change at the latest
	remoteRest  = 10 * time.Second // between looks at a remote embedder's vectors, which its server may refuse to make
)

// Update brings index and weights up to date once, whatever it takes: chunks follow the knowledge, and where no model of
// this program's format was learned from it, one is learned. Of several processes at once one learns, and the others wait for it.
func (a *Answerer) Update(ctx context.Context) error {
	a.updating.Lock()
	defer a.updating.Unlock()
	return a.update(ctx)
}

func (a *Answerer) update(ctx context.Context) error {
	if err := a.follow(ctx); err != nil {
		return err
	}
	c, err := a.corpus(ctx)
	if err != nil {
		return err
	}
	due := func(ctx context.Context) (bool, error) {
		row, ok, err := a.newestOwn(ctx)
		return !ok || row.Learned < c.Revision, err
	}
	if learn, err := due(ctx); err != nil {
		return err
	} else if learn {
		err := postgres.Lead(ctx, a.pool, "retrieval learning", func(ctx context.Context) error {
			if learn, err := due(ctx); err != nil || !learn { // another process may have done it meanwhile
				return err
			}
			return postgres.Round(ctx, "retrieval learning", func(ctx context.Context) error { return a.learn(ctx, c) })
		})
		if err != nil {
			return err
		}
	}
	_, err = a.swap(ctx)
	return err
}

// followRemote brings a remote embedder's vectors up to a revision; it costs one query where they are.
func (a *Answerer) followRemote(ctx context.Context, revision int64) error {
	row, ok, err := newestModel(ctx, a.pool, "remote", remoteName(a.options.Embedder))
	if err != nil || ok && row.Cursor >= revision {
		return err
	}
	a.updating.Lock()
	defer a.updating.Unlock()
	c, err := a.corpus(ctx)
	if err != nil {
		return err
	}
	return a.fillRemote(ctx, c)
}

// Run keeps index and weights up to date until ctx ends: every replica swaps to the newest model within a second, one
// leader embeds what was published at once and learns anew when the knowledge has come to rest.
func (a *Answerer) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- postgres.Lead(ctx, a.pool, "retrieval", a.lead) }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return <-done
		case err := <-done:
			return err
		case <-tick.C:
			if _, err := a.swap(ctx); err != nil && ctx.Err() == nil {
				a.options.Log.Warn("can't load the newest model", "error", err)
			}
		}
	}
}

// lead is the leader's work.
func (a *Answerer) lead(ctx context.Context) error {
	var first, last time.Time // of the changes since the weights were learned
	var seen int64
	var remoteAt time.Time // when the remote vectors may be seen to again
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		look := func(ctx context.Context) error {
			revision, err := a.store.Revision(ctx)
			if err != nil {
				return err
			}
			row, ok, err := a.newestOwn(ctx)
			if err != nil {
				return err
			}
			switch {
			case !ok:
				return a.Update(ctx)
			case row.Cursor < revision:
				if err := a.followAlone(ctx); err != nil {
					return err
				}
			}
			if a.options.Embedder != nil && !now.Before(remoteAt) {
				remoteAt = now.Add(remoteRest)
				if err := a.followRemote(ctx, revision); err != nil {
					// the built-in vectors serve on
					a.options.Log.Warn("the remote embedder's vectors are not up to date", "error", err)
				}
			}
			if row.Learned < revision {
				if revision != seen {
					last = now
					if first.IsZero() {
						first = now
					}
				}
				seen = revision
				if now.Sub(last) >= retrainRest || now.Sub(first) >= retrainMost {
					first = time.Time{}
					return a.Update(ctx)
				}
			}
			return nil
		}
		err := postgres.Round(ctx, "retrieval", func(ctx context.Context) error {
			if err := look(ctx); !errors.Is(err, ErrNothingToLearn) {
				return err
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			a.options.Log.Error("can't bring the index up to date", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// corpus reads the knowledge. The revision is read first: what changes meanwhile is read again next time.
func (a *Answerer) corpus(ctx context.Context) (c Corpus, err error) {
	if c.Revision, err = a.store.Revision(ctx); err != nil {
		return c, err
	}
	if c.Guides, err = a.store.Guides(ctx); err != nil {
		return c, err
	}
	if c.Samples, err = a.store.Samples(ctx); err != nil {
		return c, err
	}
	if c.Signposts, err = a.store.Signposts(ctx); err != nil {
		return c, err
	}
	c.Glossary, err = a.store.Glossary(ctx)
	return c, err
}

// ownModels begin the names of the built-in models that this program can read.
var ownModels = fmt.Sprintf("built-in-%d-", format)

// newestOwn is the newest whole built-in model that this program can read.
func (a *Answerer) newestOwn(ctx context.Context) (modelRow, bool, error) {
	return newestModel(ctx, a.pool, "built-in", ownModels)
}

func (a *Answerer) followAlone(ctx context.Context) error {
	a.updating.Lock()
	defer a.updating.Unlock()
	return a.follow(ctx)
}

// follow brings the chunks of the models that serve up to the knowledge, without learning.
func (a *Answerer) follow(ctx context.Context) error {
	row, ok, err := a.newestOwn(ctx)
	if err != nil || !ok {
		return err
	}
	revision, err := a.store.Revision(ctx)
	if err != nil || row.Cursor >= revision {
		return err
	}
	if _, err := a.swap(ctx); err != nil {
		return err
	}
	s := a.serving.Load()
	c, err := a.corpus(ctx)
	if err != nil {
		return err
	}
	n, err := syncChunks(ctx, a.pool, s.model.ID, c, s.weights.chunksOf(c))
	if err != nil {
		return err
	}
	a.options.Log.Info("index follows the knowledge", "model", s.model.Name, "revision", c.Revision, "chunks", n)
	return nil
}

// learn learns a new model, fills its chunks beside those that serve, and lets it serve.
func (a *Answerer) learn(ctx context.Context, c Corpus) error {
	start := time.Now()
	w, err := learn(ctx, c, a.lexicon, a.rules.words()+a.lexicon.words())
	if err != nil {
		return err
	}
	data, name, err := w.encode()
	if err != nil {
		return err
	}
	learned := time.Since(start)
	if row, ok, err := newestModel(ctx, a.pool, "built-in", name); err != nil {
		return err
	} else if ok { // the change did not touch what is learned from
		if _, err := a.pool.Exec(ctx, `UPDATE models SET learned = $2 WHERE id = $1 AND learned < $2`, row.ID, c.Revision); err != nil {
			return fmt.Errorf("mark model %d as learned: %w", row.ID, err)
		}
		return nil
	}
	// what serves are the weights as they were rounded
	if w, err = decodeWeights(data, name, a.lexicon); err != nil {
		return err
	}
	id, err := addModel(ctx, a.pool, "built-in", name, w.dims(), data, c.Revision)
	if err != nil {
		return err
	}
	n, err := syncChunks(ctx, a.pool, id, c, w.chunksOf(c))
	if err != nil {
		return err
	}
	if err := finishModel(ctx, a.pool, id, w.dims()); err != nil {
		return err
	}
	a.options.Log.Info("learned a model", "model", name, "chunks", n, "bytes", len(data), "learning", learned.Round(time.Millisecond), "in_all", time.Since(start).Round(time.Millisecond))
	return dropOldModels(ctx, a.pool, "built-in", ownModels)
}
