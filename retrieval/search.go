package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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

// finding is what one search brings: support for classes, strongest first, and the revision of the knowledge at that moment.
type finding struct {
	supports []support
	evidence []Evidence
	revision int64
}

// searchSQL is the one statement that searches both ways: the nearest vectors and the best matching words of a model,
// hitsEachWay at most of each. The model and its dimensions are written out, because a partial index is only used for a
// constant. A piece's words score what of the question they share, softened by its length (see memory.words).
func searchSQL(model, dims int) string {
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
			(SELECT value FROM knowledge_revision WHERE topic = 'content')
		FROM near FULL JOIN words USING (id) JOIN chunks USING (id)
		ORDER BY id`,
		model, cast, hitsEachWay, lengthOffset)
}

// find searches the chunks of a model for a vector and words.
func find(ctx context.Context, db postgres.DB, model, dims int, vector []float32, words []queryWord) (finding, error) {
	stems, worths := make([]string, len(words)), make([]float64, len(words))
	for i, w := range words {
		stems[i], worths[i] = w.stem, w.weight
	}
	rows, err := db.Query(ctx, searchSQL(model, dims), pgvector.NewVector(vector), stems, worths)
	if err != nil {
		return finding{}, fmt.Errorf("search model %d: %w", model, err)
	}
	var f finding
	var near, said []hit
	var row hit
	var similarity, lexical *float64
	_, err = pgx.ForEachRow(rows, []any{&row.Source, &row.Key, &row.Part, &row.Classes, &similarity, &lexical, &f.revision}, func() error {
		h := hit{Source: row.Source, Key: row.Key, Part: row.Part, Classes: classesOf(row)}
		if lexical != nil {
			h.Lexical = *lexical
		}
		if similarity != nil {
			h.Similarity = *similarity
			near = append(near, h)
		}
		if lexical != nil {
			said = append(said, h)
		}
		return nil
	})
	if err != nil {
		return finding{}, fmt.Errorf("search model %d: %w", model, err)
	}
	slices.SortStableFunc(near, func(a, b hit) int { return cmp.Compare(b.Similarity, a.Similarity) })
	slices.SortStableFunc(said, func(a, b hit) int { return cmp.Compare(b.Lexical, a.Lexical) })
	f.supports = supports(near, said)
	f.evidence = evidenceFor(f.supports, append(near, said...))
	return f, nil
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
