package retrieval

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// modelRow is a model in the database, without its weights.
type modelRow struct {
	ID      int
	Name    string
	Dims    int
	Learned int64
	Cursor  int64
}

// largestVector is the most dimensions that an index on vector takes; beyond, halfvec is indexed.
const largestVector = 2000

// newestModel gives the newest whole model of a kind whose name begins so.
func newestModel(ctx context.Context, db postgres.DB, kind, name string) (modelRow, bool, error) {
	rows, err := db.Query(ctx, `
		SELECT id, name, dims, learned, cursor FROM models
		WHERE whole AND kind = $1 AND starts_with(name, $2)
		ORDER BY id DESC LIMIT 1`, kind, name)
	if err != nil {
		return modelRow{}, false, fmt.Errorf("read the newest %s model: %w", kind, err)
	}
	m, err := pgx.CollectOneRow(rows, pgx.RowToStructByName[modelRow])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return modelRow{}, false, nil
	case err != nil:
		return modelRow{}, false, fmt.Errorf("read the newest %s model: %w", kind, err)
	}
	return m, true, nil
}

func modelWeights(ctx context.Context, db postgres.DB, id int) ([]byte, error) {
	var data []byte
	if err := db.QueryRow(ctx, `SELECT weights FROM models WHERE id = $1`, id).Scan(&data); err != nil {
		return nil, fmt.Errorf("read weights of model %d: %w", id, err)
	}
	return data, nil
}

// addModel registers a model that is not whole yet. An unfinished one of the same name, left by a process that died, is replaced.
func addModel(ctx context.Context, db postgres.DB, kind, name string, dims int, weights []byte, learned int64) (int, error) {
	if _, err := db.Exec(ctx, `DELETE FROM models WHERE name = $1 AND NOT whole`, name); err != nil {
		return 0, fmt.Errorf("add model %s: %w", name, err)
	}
	var id int
	err := db.QueryRow(ctx, `
		INSERT INTO models (kind, name, dims, weights, learned) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		kind, name, dims, weights, learned).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add model %s: %w", name, err)
	}
	return id, nil
}

// vectorOf is the indexed expression of a model's vectors, and its operator class.
func vectorOf(dims int) (cast, class string) {
	if dims > largestVector {
		return fmt.Sprintf("halfvec(%d)", dims), "halfvec_cosine_ops"
	}
	return fmt.Sprintf("vector(%d)", dims), "vector_cosine_ops"
}

// indexMemory is how many megabytes of memory an index of so many vectors is built in. HNSW's graph must fit, or building
// goes on on disk, many times slower; a chunk takes its vector and some 500 bytes for its neighbours. Between what a small
// server can spare and what a large one should be asked for.
func indexMemory(chunks, dims int) int {
	return min(max(chunks*(4*dims+500)>>20, 128), 2048)
}

// finishModel indexes a filled model's vectors and lets it serve.
func finishModel(ctx context.Context, db postgres.DB, id, dims int) error {
	cast, class := vectorOf(dims)
	// Words are read from their index alone only where the table behind it is known to be settled.
	if _, err := db.Exec(ctx, `VACUUM (ANALYZE) chunk_stems`); err != nil {
		return fmt.Errorf("settle the words of model %d: %w", id, err)
	}
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var chunks int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM chunks WHERE model = $1`, id).Scan(&chunks); err != nil {
			return fmt.Errorf("index model %d: %w", id, err)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL maintenance_work_mem = '%dMB'`, indexMemory(chunks, dims))); err != nil {
			return fmt.Errorf("index model %d: %w", id, err)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(
			`CREATE INDEX IF NOT EXISTS chunks_embedding_%d ON chunks USING hnsw ((embedding::%s) %s) WHERE model = %d`, id, cast, class, id)); err != nil {
			return fmt.Errorf("index model %d: %w", id, err)
		}
		// Before anybody searches: without statistics the first minute's searches take ten times as long.
		if _, err := tx.Exec(ctx, `ANALYZE chunks`); err != nil {
			return fmt.Errorf("gather statistics of model %d: %w", id, err)
		}
		tag, err := tx.Exec(ctx, `UPDATE models SET whole = true WHERE id = $1 AND NOT whole`, id)
		if err != nil {
			return fmt.Errorf("finish model %d: %w", id, err)
		}
		if tag.RowsAffected() != 1 {
			return fmt.Errorf("finish model %d: it is whole already or gone", id)
		}
		return nil
	})
}

// dropOldModels deletes what no replica can be serving any more: all whose names begin so but the newest two whole ones,
// and others of the kind after a day. The last but one stays, because a replica may not have swapped yet; others, because
// a replica of an older or newer program may serve them while the two run side by side.
func dropOldModels(ctx context.Context, db postgres.DB, kind, name string) error {
	rows, err := db.Query(ctx, `
		(SELECT id FROM models WHERE whole AND kind = $1 AND starts_with(name, $2) ORDER BY id DESC OFFSET 2)
		UNION ALL
		SELECT id FROM models WHERE whole AND kind = $1 AND NOT starts_with(name, $2) AND created_at < now() - interval '1 day'`, kind, name)
	if err != nil {
		return fmt.Errorf("list old models: %w", err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return fmt.Errorf("list old models: %w", err)
	}
	for _, id := range old {
		if _, err := db.Exec(ctx, fmt.Sprintf(`DROP INDEX IF EXISTS chunks_embedding_%d`, id)); err != nil {
			return fmt.Errorf("drop the index of model %d: %w", id, err)
		}
		if _, err := db.Exec(ctx, `DELETE FROM models WHERE id = $1`, id); err != nil {
			return fmt.Errorf("drop model %d: %w", id, err)
		}
	}
	return nil
}
