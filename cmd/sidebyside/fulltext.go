package sidebyside

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/retrieval"
)

// fullText is PostgreSQL's own search with one of its configurations, none of which is for Bulgarian: any word may match,
// and ts_rank_cd, weighed by the length of the document, orders.
type fullText struct {
	pool          *pgxpool.Pool
	table         string
	configuration string
}

// newFullText fills a table of its own; the database is a scratch one.
func newFullText(ctx context.Context, pool *pgxpool.Pool, table, configuration string, documents []document) (*fullText, error) {
	e := &fullText{pool, pgx.Identifier{table}.Sanitize(), configuration}
	if _, err := pool.Exec(ctx, `CREATE TABLE `+e.table+` (slug text NOT NULL, text text NOT NULL)`); err != nil {
		return nil, fmt.Errorf("create %s: %w", table, err)
	}
	if _, err := pool.CopyFrom(ctx, pgx.Identifier{table}, []string{"slug", "text"}, pgx.CopyFromSlice(len(documents), func(i int) ([]any, error) {
		return []any{documents[i].slug, documents[i].text}, nil
	})); err != nil {
		return nil, fmt.Errorf("fill %s: %w", table, err)
	}
	for _, sql := range []string{
		fmt.Sprintf(`ALTER TABLE %s ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('%s', text)) STORED`, e.table, configuration),
		fmt.Sprintf(`CREATE INDEX ON %s USING gin (words)`, e.table),
		`ANALYZE ` + e.table,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			return nil, fmt.Errorf("index %s: %w", table, err)
		}
	}
	return e, nil
}

func (e *fullText) answer(ctx context.Context, question string) (retrieval.Answer, error) {
	rows, err := e.pool.Query(ctx, fmt.Sprintf(`
		WITH q AS (SELECT replace(plainto_tsquery('%[2]s', $1)::text, '&', '|')::tsquery AS any)
		SELECT slug, ts_rank_cd(words, q.any, 1)::float8 AS score
		FROM %[1]s, q WHERE words @@ q.any ORDER BY score DESC, slug LIMIT %[3]d`, e.table, e.configuration, mostFound), question)
	if err != nil {
		return retrieval.Answer{}, fmt.Errorf("search %s: %w", e.table, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (found, error) {
		var f found
		err := row.Scan(&f.slug, &f.score)
		return f, err
	})
	if err != nil {
		return retrieval.Answer{}, fmt.Errorf("search %s: %w", e.table, err)
	}
	return answer(list), nil
}
