package retrieval

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"

	"orientir/deploy/postgres"
	"orientir/deploy/watch"
	"orientir/knowledge"
)

// Options of an Answerer. The zero value works: the built-in embedder, no model, no logs.
type Options struct {
	Log       *slog.Logger
	Registry  prometheus.Registerer // where metrics go; nil: nowhere
	Embedder  Embedder              // a remote one whose vectors are searched; nil searches the built-in embedder's
	Now       func() time.Time      // clock; default time.Now
	Completer Completer             // helps to understand, and puts answers in words, both checked; nil does without
	Standby   *postgres.Standby     // takes searches off the primary while it is fresh; nil: the primary searches
}

// Answerer answers questions from the guides. It is safe for use by several goroutines.
type Answerer struct {
	pool    *pgxpool.Pool
	store   *knowledge.Store
	options Options
	metrics metrics
	lexicon *Lexicon
	rules   rules

	serving     atomic.Pointer[serving]
	library     atomic.Pointer[library]
	heard       heard         // of the primary
	understands chan struct{} // questions that wait for a model
	trials      chan struct{} // trials that are open

	updating sync.Mutex // one Update at a time in this process
	reading  sync.Mutex // one refresh of the library at a time
}

// serving is the model that answers now. It is replaced whole.
type serving struct {
	model   modelRow
	weights *weights
	remote  *modelRow // of Options.Embedder, once its vectors are whole
	since   time.Time // it was whole then
	trial   *overlay  // what would change if a guide were published; nil: what is published answers
}

// library is the guides as they are laid out, at a revision of the knowledge.
type library struct {
	revision  int64
	guides    map[string]*knowledge.Guide
	signposts map[string]*knowledge.Signpost
	version   string   // of the weights that read the names
	weights   *weights // those, and what they make of guides published since they were learned
	names     names
	formerly  formerly
	hasLocal  bool // a guide of a single municipality is among them

	municipalities map[string]knowledge.Municipality // of those, by code

	glossary *glossary
}

// ErrNotReady says that no model serves yet: Update or Run must have finished once, on this or another replica.
var ErrNotReady = errors.New("the index is not ready yet")

// New gives an Answerer on a migrated database. It answers nothing until Update has run or Run has found a model.
func New(pool *pgxpool.Pool, store *knowledge.Store, o Options) *Answerer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &Answerer{pool: pool, store: store, options: o, metrics: newMetrics(o.Registry), understands: make(chan struct{}, understandAtOnce), trials: make(chan struct{}, trialsAtOnce)}
	var err error
	if a.lexicon, err = builtInLexicon(); err != nil {
		panic(err) // the lexicon is part of the program: a fault in it is found by every test
	}
	if a.rules, err = builtInRules(); err != nil {
		panic(err)
	}
	return a
}

func (a *Answerer) now() time.Time {
	if a.options.Now == nil {
		return time.Now()
	}
	return a.options.Now()
}

// Ready tells whether questions can be answered, and loads the newest model where none serves here yet.
func (a *Answerer) Ready(ctx context.Context) (bool, error) {
	if a.serving.Load() != nil {
		return true, nil
	}
	return a.swap(ctx)
}

// Answer answers a question, or says that it can't and what to do instead. It asks the database once for each
// reading of it, and once more where a place is involved.
func (a *Answerer) Answer(ctx context.Context, q Question) (Answer, error) {
	s, err := a.served(ctx)
	if err != nil {
		return Answer{}, err
	}
	ctx, span := watch.Span(ctx, "retrieval")
	began := time.Now()
	answer, err := a.answer(ctx, s, q)
	a.metrics.seconds.WithLabelValues(stageWhole).Observe(time.Since(began).Seconds())
	span.SetAttributes(attribute.String("outcome", string(answer.Outcome)), attribute.String("intent", string(answer.Intent)))
	watch.End(span, err)
	if err != nil {
		a.metrics.answers.WithLabelValues("failed").Inc()
		return Answer{}, err
	}
	a.metrics.answers.WithLabelValues(string(answer.Outcome)).Inc()
	return answer, nil
}

// answer answers a question by a model that serves.
func (a *Answerer) answer(ctx context.Context, s *serving, q Question) (Answer, error) {
	first, err := a.consider(ctx, s, q, q.Text)
	if err != nil {
		return Answer{}, err
	}
	if follow, ok, err := a.goOn(ctx, s, q, first); err != nil {
		return Answer{}, err
	} else if ok {
		return a.lay(ctx, s, q, follow)
	}
	if len(q.Context) > 0 && first.verdict.outcome != Emergency && (first.verdict.outcome != Answered || first.analysis.short()) {
		whole, err := a.consider(ctx, s, q, joined(q))
		if err != nil {
			return Answer{}, err
		}
		if first.better(whole) {
			whole.analysis.Language, whole.aside = first.analysis.Language, first.aside
			first = whole
		}
	}
	first, q = a.understand(ctx, s, q, first)
	return a.lay(ctx, s, q, first)
}

// consideration is a text thought through.
type consideration struct {
	analysis Analysis
	verdict  verdict
	finding  finding
	library  *library
	aside    aside
	place    *knowledge.PlaceMatch // that the message is about, where it asks for one
	named    knowledge.PlaceMatch  // that the message names
	followUp bool                  // it goes on about the guide on the screen
	mentions []string              // what that guide says of what the message is about
	unsaid   bool                  // it says nothing of it
}

// short says that a message is too short to stand on its own where something was said before.
func (a Analysis) short() bool { return len(a.subjects()) <= 3 }

// better tells whether the text with its context says more than the text alone: it answers and the text doesn't, or
// both do and it does so more surely. Danger in what was said before stays danger.
func (c consideration) better(whole consideration) bool {
	if whole.verdict.outcome == Emergency {
		return true
	}
	if c.verdict.intent != WantsAnswer {
		return false
	}
	rank := func(o Outcome) int {
		switch o {
		case Answered:
			return 2
		case Clarify:
			return 1
		}
		return 0
	}
	x, y := rank(c.verdict.outcome), rank(whole.verdict.outcome)
	return y > x || y == x && whole.verdict.confidence > c.verdict.confidence
}

func joined(q Question) string {
	text := ""
	for _, c := range q.Context {
		text += c + ". "
	}
	return text + q.Text
}

// consider analyses a text, searches, and decides.
func (a *Answerer) consider(ctx context.Context, s *serving, q Question, text string) (consideration, error) {
	var c consideration
	var l look
	var words []queryWord
	var err error
	if c.library, err = a.shelf(ctx, s, 0); err != nil {
		return consideration{}, err
	}
	for range 2 {
		read := c.library
		end := a.stage(ctx, s, stageRead)
		c.analysis = s.analyze(read, text)
		l = s.look(read, text, c.analysis)
		words = s.weights.queryWords(c.analysis)
		end()
		beside := a.beside(ctx, s, q, text, c.analysis) // while the database searches
		end = a.stage(ctx, s, stageSearch)
		c.finding, err = a.find(ctx, s, s.model, text, l.vector, words)
		end()
		if err != nil {
			return consideration{}, err
		}
		if c.library, err = a.shelf(ctx, s, c.finding.revision); err != nil {
			return consideration{}, err
		}
		said := <-beside
		s.memo().keep(remarkKey{text, q.Text}, said)
		if c.aside, c.named, err = said.aside, said.named, said.err; err != nil {
			return consideration{}, err
		}
		if c.library == read {
			break // otherwise the knowledge has just changed, and perhaps the glossary with it: once more with what it says now
		}
	}
	if s.remote != nil {
		end := a.stage(ctx, s, stageVectors)
		c.finding = a.remoteSecond(ctx, s, text, words, c.finding)
		end()
	}
	here, err := a.reachOf(ctx, q, c)
	if err != nil {
		return consideration{}, err
	}
	supports := here.prefer(preferAudience(c.finding.supports, q.Audience, c.library))
	c.verdict = c.library.weights.decide(a.rules, c.analysis, l, supports, c.library.names, here.holds)
	if v := &c.verdict; c.aside.field == FieldState && v.intent == WantsAnswer && v.outcome != Emergency && v.topic == "" {
		v.intent, v.topic = WantsStatus, "file"
	}
	if c.aside.forgetPlace && c.verdict.outcome != Emergency {
		c.verdict = verdict{outcome: OutOfScope, intent: WantsHelpPoint, topic: "forget"}
	}
	return c, nil
}

// remark is what a message says beside its subject, and the place that it names.
type remark struct {
	aside aside
	named knowledge.PlaceMatch
	err   error
}

// beside reads what an analysis says beside its subject, and the place that the question itself names, on another processor; the
// channel holds them once.
func (a *Answerer) beside(ctx context.Context, s *serving, q Question, text string, analysis Analysis) <-chan remark {
	read := make(chan remark, 1)
	if m := s.memo(); m != nil {
		if r, ok := m.remarks[remarkKey{text, q.Text}]; ok {
			read <- r
			return read
		}
	}
	go func() {
		defer a.stage(ctx, s, stageBeside)()
		r := remark{aside: a.rules.aside(analysis)}
		r.named, r.err = a.store.FindPlace(ctx, q.Text)
		read <- r
	}()
	return read
}

// municipalities gives all of them by code.
func (a *Answerer) municipalities(ctx context.Context) (map[string]knowledge.Municipality, error) {
	all, err := a.store.Municipalities(ctx)
	byCode := make(map[string]knowledge.Municipality, len(all))
	for _, m := range all {
		byCode[m.Code] = m
	}
	return byCode, err
}

// shelf gives the guides as they were at the revision that a search saw, or newer. Where the search found nothing at
// all it brings no revision, and what is there will do.
func (a *Answerer) shelf(ctx context.Context, s *serving, revision int64) (*library, error) {
	if s.trial != nil {
		return s.trial.library, nil
	}
	if l := a.library.Load(); l != nil && l.revision >= revision && l.version == s.weights.version {
		return l, nil
	}
	a.reading.Lock()
	defer a.reading.Unlock()
	if l := a.library.Load(); l != nil && l.revision >= revision && l.version == s.weights.version {
		return l, nil
	}
	l := &library{guides: map[string]*knowledge.Guide{}, signposts: map[string]*knowledge.Signpost{}, version: s.weights.version}
	var err error
	if l.revision, err = a.store.Revision(ctx); err != nil {
		return nil, err
	}
	guides, err := a.store.Guides(ctx)
	if err != nil {
		return nil, err
	}
	for i := range guides {
		l.guides[guides[i].Slug] = &guides[i]
		l.hasLocal = l.hasLocal || guides[i].Municipality != ""
	}
	if l.hasLocal {
		if l.municipalities, err = a.municipalities(ctx); err != nil {
			return nil, err
		}
	}
	l.names, l.formerly = s.weights.vocabulary.names(guides), s.weights.vocabulary.formerly(guides)
	terms, err := a.store.Glossary(ctx)
	if err != nil {
		return nil, err
	}
	l.glossary = s.weights.vocabulary.glossary(terms)
	signposts, err := a.store.Signposts(ctx)
	if err != nil {
		return nil, err
	}
	for i := range signposts {
		l.signposts[signposts[i].Title] = &signposts[i]
	}
	l.weights = s.weights
	if slices.ContainsFunc(guides, func(g knowledge.Guide) bool { _, known := s.weights.index[g.Slug]; return !known }) {
		samples, err := a.store.Samples(ctx)
		if err != nil {
			return nil, err
		}
		l.weights = s.weights.with(guides, samples, l.glossary.analyze)
	}
	a.library.Store(l)
	return l, nil
}

// swap loads the newest whole model, and the remote embedder's where its vectors are whole. It tells whether one serves.
func (a *Answerer) swap(ctx context.Context) (bool, error) {
	row, ok, err := a.newestOwn(ctx)
	if err != nil || !ok {
		return false, err
	}
	var remote *modelRow
	if a.options.Embedder != nil {
		if r, ok, err := newestModel(ctx, a.pool, "remote", remoteName(a.options.Embedder)); err != nil {
			return false, err
		} else if ok {
			remote = &r
		}
	}
	now := a.serving.Load()
	if now != nil && now.model.ID == row.ID && (now.remote == nil) == (remote == nil) {
		return true, nil
	}
	next := &serving{model: row, remote: remote, since: time.Now()}
	if now != nil && now.model.ID == row.ID {
		next.weights = now.weights
	} else {
		data, err := modelWeights(ctx, a.pool, row.ID)
		if err != nil {
			return false, err
		}
		if next.weights, err = decodeWeights(data, row.Name, a.lexicon); err != nil {
			return false, fmt.Errorf("load model %d: %w", row.ID, err)
		}
	}
	if !a.serving.CompareAndSwap(now, next) { // somebody else has just done the same
		return true, nil
	}
	a.options.Log.Info("a model serves", "model", row.Name, "learned", row.Learned, "remote", remote != nil)
	return true, nil
}
