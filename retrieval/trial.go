package retrieval

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"orientir/knowledge"
	"orientir/knowledge/privacy"
)

// trialsAtOnce bounds the trials that are open in a process: each keeps the guides' names and a guide's vectors in memory.
const trialsAtOnce = 4

// compareDeadline is how long a remote embedder may take for a batch of questions of a replay: nobody waits for them.
const compareDeadline = 15 * time.Second

// Trial answers as if a guide were published, under the model that serves, before it learns from the guide: as people would be
// answered seconds after publishing. It searches the same index with the same statement, leaves out the pieces that
// publishing would delete and adds those that it would insert, in memory. So it writes nothing, holds no
// transaction and no lock, and shares nothing that serving changes. It is safe for use by several goroutines.
//
// A trial stands on the knowledge as it was when it was made; see Fresh.
type Trial struct {
	answerer      *Answerer
	before, after serving
	revision      int64
}

// Trial makes a trial of a guide that may be incomplete; what its version is doesn't matter. Personal numbers in it are
// masked, as publishing would. It waits while trialsAtOnce others are open, and must be closed. It fails with ErrNotReady
// where no model serves yet.
func (a *Answerer) Trial(ctx context.Context, g knowledge.Guide) (*Trial, error) {
	select {
	case a.trials <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("try guide %q: %w", g.Slug, ctx.Err())
	}
	t, err := a.newTrial(ctx, g)
	if err != nil {
		<-a.trials
		return nil, fmt.Errorf("try guide %q: %w", g.Slug, err)
	}
	return t, nil
}

// Close ends the trial, once.
func (t *Trial) Close() error {
	<-t.answerer.trials
	return nil
}

// Answer answers a question as if the guide were published. See Answerer.Answer.
func (t *Trial) Answer(ctx context.Context, q Question) (Answer, error) {
	return t.answerer.answer(ctx, &t.after, q)
}

// Compare answers a question without and with the guide published. Both answers stand on one search, so it takes little
// longer than one of them.
func (t *Trial) Compare(ctx context.Context, q Question) (before, after Answer, err error) {
	m := newMemo()
	if before, err = t.answerer.answer(ctx, t.before.remembering(m), q); err != nil {
		return Answer{}, Answer{}, err
	}
	after, err = t.answerer.answer(ctx, t.after.remembering(m), q)
	return before, after, err
}

// Try compares the answers to a question without and with the guide published, as a replay does.
func (t *Trial) Try(ctx context.Context, q Question) (ReplayedQuestion, error) {
	before, after, err := t.Compare(ctx, q)
	if err != nil {
		return ReplayedQuestion{}, err
	}
	r := replay(nil, before, after)
	return ReplayedQuestion{
		Question: q.Text, Context: q.Context, Screen: q.Guide, Kind: r.kind, Before: r.before, After: r.after, Exceptions: r.exceptions, Links: r.links,
	}, nil
}

// compareAll compares the answers to many questions, workers at once, and tells each pair with the question's place. A remote
// embedder is asked once for all; where it fails, all go without it.
func (t *Trial) compareAll(ctx context.Context, questions []Question, workers int, tell func(i int, before, after Answer)) error {
	before, after := t.before, t.after
	vectors := map[string][]float32{}
	if before.remote != nil {
		texts := make([]string, len(questions))
		for i, q := range questions {
			texts[i], _ = privacy.Mask(q.Text)
		}
		short, cancel := context.WithTimeout(ctx, compareDeadline)
		all, err := t.answerer.options.Embedder.Embed(short, texts)
		cancel()
		if err != nil || len(all) != len(questions) {
			t.answerer.options.Log.Warn("a replay goes without the remote embedder", "error", err)
			before.remote, after.remote = nil, nil
		} else {
			for i, q := range questions {
				vectors[q.Text] = all[i]
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, workers))
	for i, q := range questions {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			m := newMemo()
			if v, ok := vectors[q.Text]; ok {
				m.vectors[q.Text] = v
			}
			was, err := t.answerer.answer(ctx, before.remembering(m), q)
			if err != nil {
				return err
			}
			will, err := t.answerer.answer(ctx, after.remembering(m), q)
			if err != nil {
				return err
			}
			tell(i, was, will)
			return nil
		})
	}
	return group.Wait()
}

// Fresh tells whether the trial still says what publishing would do now: neither the knowledge nor the model has changed.
func (t *Trial) Fresh(ctx context.Context) (bool, error) {
	revision, err := t.answerer.store.Revision(ctx)
	s := t.answerer.serving.Load()
	return revision == t.revision && s.model.ID == t.before.model.ID && (s.remote == nil) == (t.before.remote == nil), err
}

// Model is the version of the model that answers.
func (t *Trial) Model() string { return t.before.weights.version }

func (a *Answerer) newTrial(ctx context.Context, g knowledge.Guide) (*Trial, error) {
	s, err := a.served(ctx)
	if err != nil {
		return nil, err
	}
	revision, err := a.store.Revision(ctx)
	if err != nil {
		return nil, err
	}
	base, err := a.shelf(ctx, s, revision)
	if err != nil {
		return nil, err
	}
	g = g.AsPublished()
	g.Version, g.PublishedAt = 1, time.Now()
	if now := base.guides[g.Slug]; now != nil {
		g.Version = now.Version + 1
	}
	var samples []knowledge.Sample // of a guide that is published already nothing changes in the samples
	_, known := s.weights.index[g.Slug]
	if !known || base.guides[g.Slug] == nil {
		if samples, err = a.store.Samples(ctx); err != nil {
			return nil, err
		}
	}
	after := base.with(g, s.weights)
	if after.hasLocal && !base.hasLocal { // it would be the first guide of a municipality
		if after.municipalities, err = a.municipalities(ctx); err != nil {
			return nil, err
		}
	}
	if !known {
		after.weights = s.weights.with(after.sorted(), samples, base.glossary.analyze)
	}
	was, will := &overlay{library: base, changes: map[int]change{}}, &overlay{library: after, changes: map[int]change{}}
	pieces := piecesOf(g, base.guides, samples)
	change, err := a.changeOf(ctx, s.model, g.Slug, pieces, s.weights.chunksBy(base.glossary))
	if err != nil {
		return nil, err
	}
	will.changes[s.model.ID] = change
	if s.remote != nil {
		change, err := a.changeOf(ctx, *s.remote, g.Slug, pieces, remoteChunks(a.options.Embedder, s.weights))
		if err != nil {
			// as after publishing, where the remote vectors stay what they were until the server makes new ones
			a.options.Log.Warn("a trial goes without the remote embedder's vectors of its guide", "error", err)
		} else {
			will.changes[s.remote.ID] = change
		}
	}
	for _, c := range will.changes { // so that both ask the database for the same
		was.more, will.more = max(was.more, rounded(len(c.gone))), max(will.more, rounded(len(c.gone)))
	}
	t := &Trial{answerer: a, before: *s, after: *s, revision: revision}
	t.before.trial, t.after.trial = was, will
	return t, nil
}

// with is the library once a guide is published. The library itself is left alone.
func (l *library) with(g knowledge.Guide, w *weights) *library {
	wider := *l
	wider.guides, wider.names, wider.formerly = maps.Clone(l.guides), maps.Clone(l.names), maps.Clone(l.formerly)
	delete(wider.names, g.Slug)
	delete(wider.formerly, g.Slug)
	wider.guides[g.Slug] = &g
	wider.hasLocal = l.hasLocal || g.Municipality != ""
	one := []knowledge.Guide{g}
	maps.Copy(wider.names, w.vocabulary.names(one))
	maps.Copy(wider.formerly, w.vocabulary.formerly(one))
	return &wider
}

// sorted are the guides by slug.
func (l *library) sorted() []knowledge.Guide {
	list := make([]knowledge.Guide, 0, len(l.guides))
	for _, slug := range slices.Sorted(maps.Keys(l.guides)) {
		list = append(list, *l.guides[slug])
	}
	return list
}

// piecesOf are the pieces that a guide has a part in once it is published: its own, and those of the sample questions that expect it.
func piecesOf(g knowledge.Guide, published map[string]*knowledge.Guide, samples []knowledge.Sample) []piece {
	c := Corpus{Guides: []knowledge.Guide{g}}
	for slug := range published {
		if slug != g.Slug {
			c.Guides = append(c.Guides, knowledge.Guide{Slug: slug}) // only that it is there
		}
	}
	for _, s := range samples {
		if slices.Contains(s.Expected, g.Slug) {
			c.Samples = append(c.Samples, s)
		}
	}
	return c.pieces()
}

// changeOf is what publishing would do to the chunks of a model; see syncChunks.
func (a *Answerer) changeOf(ctx context.Context, m modelRow, slug string, pieces []piece, embed func(context.Context, []piece) ([]chunk, error)) (change, error) {
	var samples []string
	for _, p := range pieces {
		if p.source != FromGuide {
			samples = append(samples, p.key)
		}
	}
	rows, err := a.pool.Query(ctx, `
		SELECT id, source, key, part, digest FROM chunks
		WHERE model = $1 AND (source = 'guide' AND key = $2 OR source IN ('sample', 'negative') AND key = ANY($3))`, m.ID, slug, samples)
	if err != nil {
		return change{}, fmt.Errorf("read the chunks of model %d: %w", m.ID, err)
	}
	known, err := collectDigests(rows, m.ID)
	if err != nil {
		return change{}, err
	}
	c := change{gone: map[string]bool{}}
	var fresh []piece
	for _, p := range pieces {
		id := p.id()
		if d, ok := known[id]; ok && slices.Equal(d.digest, digestOf(p)) {
			delete(known, id)
			continue
		}
		fresh = append(fresh, p)
	}
	for id := range known {
		c.gone[id] = true
	}
	c.fresh, err = embed(ctx, fresh)
	return c, err
}

// rounded is how many more chunks a search must take so that enough are left where so many are gone: in steps, because
// each number is a statement that connections prepare.
func rounded(gone int) int {
	n := 0
	for n < gone {
		n = max(16, 2*n)
	}
	return n
}

// remembering is the same model, which remembers what it found out about a question.
func (s serving) remembering(m *memo) *serving {
	o := *s.trial
	o.memo, s.trial = m, &o
	return &s
}

// hitOf makes a hit of a piece that isn't in the database.
func hitOf(c chunk) hit {
	h := hit{Source: c.source, Key: c.key, Part: c.part}
	for _, class := range c.classes {
		if answerableClass(class) {
			h.Classes = append(h.Classes, class)
		}
	}
	h.Classes = classesOf(h)
	return h
}

// keyOf names a hit's chunk as piece.id does.
func keyOf(h hit) string {
	return strings.Join([]string{string(h.Source), h.Key, h.Part}, "\x00")
}
