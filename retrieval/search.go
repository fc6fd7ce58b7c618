package retrieval

import (
	"context"
	"fmt"
	"strings"

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

// searchSQL is the one statement that fuses both ways: the nearest vectors and the best matching words of a model,
// each hitsEachWay at most, joined by reciprocal ranks and folded per guide (or kind of negative, or signpost).
// The model and its dimensions are written out, because a partial index is only used for a constant.
func searchSQL(model, dims, words int) string {
	cast, _ := vectorOf(dims)
	score, any := "0::float8", "NULL::tsquery"
	if words > 0 {
		var terms, queries []string
		for i := range words {
			queries = append(queries, fmt.Sprintf("$%d::tsquery", 2+2*i))
			terms = append(terms, fmt.Sprintf("CASE WHEN lexemes @@ $%d::tsquery THEN $%d::float8 ELSE 0 END", 2+2*i, 3+2*i))
		}
		score = "(" + strings.Join(terms, " + ") + ")"
		any = strings.Join(queries, " || ")
	}
	return fmt.Sprintf(`
		WITH near AS MATERIALIZED (
			SELECT id, sim, row_number() OVER (ORDER BY sim DESC, id) AS rank, max(sim) OVER () AS top FROM (
				SELECT id, 1 - (embedding::%[2]s <=> $1::%[2]s) AS sim
				FROM chunks WHERE model = %[1]d ORDER BY embedding::%[2]s <=> $1::%[2]s LIMIT %[5]d
			) AS n
		), words AS MATERIALIZED (
			SELECT id, score, row_number() OVER (ORDER BY score DESC, id) AS rank, max(score) OVER () AS top FROM (
				SELECT id, %[3]s / sqrt(length(lexemes) + %[6]d) AS score
				FROM chunks WHERE model = %[1]d AND lexemes @@ (%[4]s) ORDER BY score DESC, id LIMIT %[5]d
			) AS w
		), hits AS (
			SELECT c.source, c.key, c.part, n.sim, n.rank AS near_rank, exp(%[7]d * (n.sim - n.top)) AS vote, w.score, w.top AS best, w.rank AS word_rank,
				CASE c.source WHEN 'negative' THEN ARRAY['-' || c.part] WHEN 'signpost' THEN ARRAY['=' || c.key] ELSE c.slugs END AS classes
			FROM near AS n FULL JOIN words AS w USING (id) JOIN chunks AS c USING (id)
		)
		SELECT class,
			sum(coalesce(1.0 / (60 + near_rank), 0) + coalesce(1.0 / (60 + word_rank), 0))::float8 AS fused,
			coalesce(max(sim), 0)::float8 AS nearest,
			coalesce(sum(vote) / nullif(sum(sum(vote)) OVER (), 0), 0)::float8 AS votes,
			coalesce(max(score), 0)::float8 AS raw,
			coalesce(sum(score) / nullif(max(best), 0), 0)::float8 AS word_sum,
			coalesce(max(best), 0)::float8 AS best,
			(array_agg(source || chr(31) || key || chr(31) || part || chr(31) || coalesce(sim, 0) || chr(31) || coalesce(score, 0)
				ORDER BY coalesce(sim, 0) DESC, coalesce(score, 0) DESC, key, part))[1:2] AS evidence,
			(SELECT value FROM knowledge_revision WHERE topic = 'content') AS revision
		FROM hits CROSS JOIN LATERAL unnest(classes) AS class
		GROUP BY class ORDER BY fused DESC, class`,
		model, cast, score, any, hitsEachWay, lengthOffset, voteSharpness)
}

// find searches the chunks of a model for a vector and words.
func find(ctx context.Context, db postgres.DB, model, dims int, vector []float32, words []queryWord) (finding, error) {
	args := make([]any, 0, 1+2*len(words))
	args = append(args, pgvector.NewVector(vector))
	for _, w := range words {
		args = append(args, tsquery(w.stem), w.weight)
	}
	rows, err := db.Query(ctx, searchSQL(model, dims, len(words)), args...)
	if err != nil {
		return finding{}, fmt.Errorf("search model %d: %w", model, err)
	}
	var f finding
	var s support
	var best float64
	var evidence []string
	_, err = pgx.ForEachRow(rows, []any{&s.class, &s.fused, &s.nearest, &s.votes, &s.raw, &s.wordSum, &best, &evidence, &f.revision}, func() error {
		s.words = 0
		if best > 0 {
			s.words = s.raw / best
		}
		f.supports = append(f.supports, s)
		for _, e := range evidence {
			f.evidence = append(f.evidence, evidenceOf(e))
		}
		return nil
	})
	if err != nil {
		return finding{}, fmt.Errorf("search model %d: %w", model, err)
	}
	// max(best) of a class that no word found is 0; the share of the best needs the best of all, which is the same for all.
	return f, nil
}

func evidenceOf(s string) Evidence {
	f := strings.Split(s, "\x1f")
	if len(f) != 5 {
		return Evidence{}
	}
	e := Evidence{Source: Source(f[0]), Key: f[1], Part: f[2]}
	fmt.Sscan(f[3], &e.Similarity)
	fmt.Sscan(f[4], &e.Lexical)
	return e
}

// tsquery quotes a stem, so that nothing in it is an operator.
func tsquery(stem string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(stem) + "'"
}
