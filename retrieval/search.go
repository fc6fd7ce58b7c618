package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"orientir/deploy/postgres"
)

// Evidence is a chunk that speaks for a result.
type Evidence struct {
	Source     Source  `json:"source"`
	Key        string  `json:"key"`
	Part       string  `json:"part,omitempty"`
	Similarity float64 `json:"similarity,omitempty"` // cosine; 0 where only words found it
	Lexical    float64 `json:"lexical,omitempty"`    // 0 where only its vector found it
}

// finding is what one search brings: support for classes, strongest first, and how far the knowledge had come at that moment.
type finding struct {
	supports []support
	evidence []Evidence
	state
}

// standbyTime is how long a standby may take to search before the primary is asked.
const standbyTime = time.Second

// searchSQL is the one statement that searches both ways: the nearest vectors and the best matching words of a model,
// most at most of each. The model, its dimensions and most are written out, because a partial index is only used for a
// constant. A piece's words score what of the question they share, softened by its length (see memory.words).
func searchSQL(model, dims, most int) string {
	cast, _ := vectorOf(dims)
	return fmt.Sprintf(`
		WITH near AS MATERIALIZED (
			SELECT id, 1 - (embedding::%[2]s <=> $1::%[2]s) AS similarity
			FROM chunks WHERE model = %[1]d ORDER BY embedding::%[2]s <=> $1::%[2]s LIMIT %[3]d
		), words AS MATERIALIZED (
			SELECT s.chunk AS id, sum(q.weight) / sqrt(min(s.length) + %[4]d) AS lexical
			FROM unnest($2::text[], $3::float8[]) AS q (stem, weight) JOIN chunk_stems AS s ON s.model = %[1]d AND s.stem = q.stem
			GROUP BY s.chunk ORDER BY lexical DESC, s.chunk LIMIT %[3]d
		)
		SELECT source, key, part, slugs, similarity, lexical,
			(SELECT value FROM knowledge_revision WHERE topic = 'content'), (SELECT cursor FROM models WHERE id = %[1]d)
		FROM near FULL JOIN words USING (id) JOIN chunks USING (id)
		ORDER BY id`,
		model, cast, most, lengthOffset)
}

// chunkHit is a chunk that a search came upon, with which of its ways did.
type chunkHit struct {
	hit
	near, said bool
}

// find searches the chunks of a model for a vector and words.
func find(ctx context.Context, db postgres.DB, model, dims int, vector []float32, words []queryWord) (finding, error) {
	list, at, err := searchChunks(ctx, db, model, dims, hitsEachWay, vector, words)
	if err != nil {
		return finding{}, err
	}
	return fold(list, at), nil
}

// state is how far the knowledge and a model's chunks of it had come at a moment.
type state struct {
	revision int64 // of the knowledge
	cursor   int64 // the revision that the chunks were brought up to
}

// stateOf asks for the state of a model.
func stateOf(ctx context.Context, db postgres.DB, model int) (at state, err error) {
	err = db.QueryRow(ctx, `
		SELECT (SELECT value FROM knowledge_revision WHERE topic = 'content'), (SELECT cursor FROM models WHERE id = $1)`, model).Scan(&at.revision, &at.cursor)
	if err != nil {
		return at, fmt.Errorf("ask how far model %d has come: %w", model, err)
	}
	return at, nil
}

// findAside searches on the standby, where there is one that has the whole model. What it finds counts where the standby has all that the
// primary has at that moment of the knowledge and of its index: what was published is found, and what was withdrawn is not, as on the primary. That
// is asked of the primary meanwhile, by its keys alone; one that is slow is waited for, and so is a connection of a pool in full use: a search of the
// primary would wait as well. Where the standby fails or lags, the primary is there. Where the primary is away, what this process last heard of it is
// the measure.
func (a *Answerer) findAside(ctx context.Context, s *serving, m modelRow, vector []float32, words []queryWord) (finding, bool) {
	if a.options.Standby == nil {
		return finding{}, false
	}
	pool, ok := a.options.Standby.Pool(s.since)
	if !ok {
		return finding{}, false
	}
	f, ok, err := a.findOn(ctx, pool, m, vector, words)
	if err != nil && ctx.Err() == nil { // somebody who leaves says nothing of the standby
		a.options.Standby.Failed()
	}
	return f, ok
}

// findOn searches on a standby, and says whether that counts.
func (a *Answerer) findOn(ctx context.Context, standby postgres.DB, m modelRow, vector []float32, words []queryWord) (f finding, counts bool, err error) {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	type told struct {
		state
		err error
	}
	asked := make(chan told, 1)
	go func() {
		at, err := stateOf(asking, a.pool, m.ID)
		asked <- told{at, err}
	}()
	limited, done := context.WithTimeout(ctx, standbyTime)
	defer done()
	if f, err = find(limited, standby, m.ID, m.Dims, vector, words); err != nil {
		return finding{}, false, err
	}
	there := <-asked
	switch {
	case there.err == nil:
		a.heard.note(m.ID, there.state)
	case ctx.Err() != nil || !postgres.Away(there.err): // where only the time for the answer is over, nothing is known of the primary
		return finding{}, false, nil
	default:
		there.state = a.heard.of(m.ID)
		if l := a.library.Load(); l != nil {
			there.revision = max(there.revision, l.revision)
		}
	}
	return f, f.revision >= there.revision && f.cursor >= there.cursor, nil
}

// heard is how far the primary was when it last said so, by model.
type heard struct {
	mu sync.Mutex
	at map[int]state
}

func (h *heard) note(model int, at state) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.at == nil {
		h.at = map[int]state{}
	}
	h.at[model] = state{max(h.at[model].revision, at.revision), max(h.at[model].cursor, at.cursor)}
}

func (h *heard) of(model int) state {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at[model]
}

// searchChunks gives what either way finds, most of each at most, the oldest chunk first, and the state at that moment.
func searchChunks(ctx context.Context, db postgres.DB, model, dims, most int, vector []float32, words []queryWord) (list []chunkHit, at state, err error) {
	stems, worths := make([]string, len(words)), make([]float64, len(words))
	for i, w := range words {
		stems[i], worths[i] = w.stem, w.weight
	}
	rows, err := db.Query(ctx, searchSQL(model, dims, most), pgvector.NewVector(vector), stems, worths)
	if err != nil {
		return nil, state{}, fmt.Errorf("search model %d: %w", model, err)
	}
	var row hit
	var similarity, lexical *float64
	_, err = pgx.ForEachRow(rows, []any{&row.Source, &row.Key, &row.Part, &row.Classes, &similarity, &lexical, &at.revision, &at.cursor}, func() error {
		f := chunkHit{hit: hit{Source: row.Source, Key: row.Key, Part: row.Part, Classes: classesOf(row)}}
		if lexical != nil {
			f.said, f.Lexical = true, *lexical
		}
		if similarity != nil {
			f.near, f.Similarity = true, *similarity
		}
		list = append(list, f)
		return nil
	})
	if err != nil {
		return nil, state{}, fmt.Errorf("search model %d: %w", model, err)
	}
	return list, at, nil
}

// fold makes a finding of what a search came upon, the oldest chunk first: the best hitsEachWay of each way count.
func fold(list []chunkHit, at state) finding {
	near := bestOf(list, func(f chunkHit) (float64, bool) { return f.Similarity, f.near })
	said := bestOf(list, func(f chunkHit) (float64, bool) { return f.Lexical, f.said })
	hits := func(order []int, near, said map[int]bool) []hit {
		out := make([]hit, len(order))
		for k, i := range order {
			out[k] = list[i].hit
			if !near[i] {
				out[k].Similarity = 0
			}
			if !said[i] {
				out[k].Lexical = 0
			}
		}
		return out
	}
	isNear, isSaid := among(near), among(said)
	nearest, wordy := hits(near, isNear, isSaid), hits(said, isNear, isSaid)
	f := finding{supports: supports(nearest, wordy), state: at}
	f.evidence = evidenceFor(f.supports, append(nearest, wordy...))
	return f
}

// bestOf gives the places in the list of the hitsEachWay that score best, of equal ones the earlier.
func bestOf(list []chunkHit, score func(chunkHit) (float64, bool)) []int {
	var order []int
	for i, f := range list {
		if _, ok := score(f); ok {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, _ := score(list[a])
		y, _ := score(list[b])
		return cmp.Compare(y, x)
	})
	return order[:min(len(order), hitsEachWay)]
}

func among(list []int) map[int]bool {
	m := make(map[int]bool, len(list))
	for _, i := range list {
		m[i] = true
	}
	return m
}

// classesOf names what a piece of the index speaks for.
func classesOf(h hit) []string {
	switch h.Source {
	case FromNegative:
		return []string{"-" + h.Part}
	case FromSignpost:
		return []string{"=" + h.Key}
	}
	return slices.Clone(h.Classes)
}

// evidenceEach is how many pieces are named for each class.
const evidenceEach = 2

// evidenceFor names the strongest pieces of each class, the strongest class first.
func evidenceFor(classes []support, hits []hit) []Evidence {
	var list []Evidence
	for _, s := range classes {
		var of []Evidence
		for _, h := range hits {
			if e := (Evidence{h.Source, h.Key, h.Part, h.Similarity, h.Lexical}); slices.Contains(h.Classes, s.class) && !slices.Contains(of, e) {
				of = append(of, e)
			}
		}
		slices.SortStableFunc(of, func(a, b Evidence) int {
			return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(b.Lexical, a.Lexical))
		})
		list = append(list, of[:min(len(of), evidenceEach)]...)
	}
	return list
}
