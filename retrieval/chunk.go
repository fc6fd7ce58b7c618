package retrieval

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// chunk is a piece as the index keeps it.
type chunk struct {
	piece
	digest []byte
	stems  []string
	vector []float32
}

// digestOf changes whenever anything changes that the index keeps of a piece.
func digestOf(p piece) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(p.source), p.key, p.part, strings.Join(p.classes, "|"), p.text, p.language}, "\x00")))
	return sum[:12]
}

func (p piece) id() string { return string(p.source) + "\x00" + p.key + "\x00" + p.part }

// sync brings the chunks of a model up to the corpus in one transaction: new and changed pieces are embedded, gone ones
// deleted, the rest left alone. It tells how many changed.
func syncChunks(ctx context.Context, db postgres.DB, model int, c Corpus, embed func(context.Context, []piece) ([]chunk, error)) (changed int, err error) {
	known, err := chunkDigests(ctx, db, model)
	if err != nil {
		return 0, err
	}
	var fresh []piece
	for _, p := range c.pieces() {
		id := p.id()
		if d, ok := known[id]; ok && slices.Equal(d.digest, digestOf(p)) {
			delete(known, id)
			continue
		}
		fresh = append(fresh, p)
	}
	var gone []int64
	for _, d := range known {
		gone = append(gone, d.id)
	}
	chunks, err := embed(ctx, fresh) // may call a remote server, so before the transaction
	if err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('chunks ' || $1::int, 0))`, model); err != nil {
			return fmt.Errorf("lock the chunks of model %d: %w", model, err)
		}
		if len(gone) > 0 {
			if _, err := tx.Exec(ctx, `DELETE FROM chunks WHERE id = ANY($1)`, gone); err != nil {
				return fmt.Errorf("delete chunks of model %d: %w", model, err)
			}
		}
		if err := insertChunks(ctx, tx, model, chunks); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE models SET cursor = $2 WHERE id = $1 AND cursor <= $2`, model, c.Revision); err != nil {
			return fmt.Errorf("move the cursor of model %d: %w", model, err)
		}
		return nil
	})
	return len(gone) + len(chunks), err
}

type chunkDigest struct {
	id     int64
	digest []byte
}

func chunkDigests(ctx context.Context, db postgres.DB, model int) (map[string]chunkDigest, error) {
	rows, err := db.Query(ctx, `SELECT id, source, key, part, digest FROM chunks WHERE model = $1`, model)
	if err != nil {
		return nil, fmt.Errorf("read the chunks of model %d: %w", model, err)
	}
	return collectDigests(rows, model)
}

// collectDigests reads id, source, key, part and digest of a model's chunks, by piece.id.
func collectDigests(rows pgx.Rows, model int) (map[string]chunkDigest, error) {
	known := map[string]chunkDigest{}
	var d chunkDigest
	var p piece
	_, err := pgx.ForEachRow(rows, []any{&d.id, &p.source, &p.key, &p.part, &d.digest}, func() error {
		known[p.id()] = chunkDigest{d.id, slices.Clone(d.digest)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the chunks of model %d: %w", model, err)
	}
	return known, nil
}

// insertChunks copies the chunks into a staging table, because vector has no binary form that pgx writes,
// and turns them into rows there. A chunk that another replica has just inserted is replaced.
func insertChunks(ctx context.Context, tx pgx.Tx, model int, chunks []chunk) error {
	if len(chunks) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE IF NOT EXISTS staged_chunks (
			source text, key text, part text, slugs text[], text text, digest bytea, stems text[], embedding real[]
		) ON COMMIT DROP`); err != nil {
		return fmt.Errorf("stage chunks: %w", err)
	}
	columns := []string{"source", "key", "part", "slugs", "text", "digest", "stems", "embedding"}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staged_chunks"}, columns, pgx.CopyFromSlice(len(chunks), func(i int) ([]any, error) {
		c := chunks[i]
		slugs := []string{}
		for _, class := range c.classes {
			if answerableClass(class) {
				slugs = append(slugs, class)
			}
		}
		return []any{string(c.source), c.key, c.part, slugs, c.text, c.digest, c.stems, c.vector}, nil
	})); err != nil {
		return fmt.Errorf("stage chunks: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM chunks AS c USING staged_chunks AS s WHERE c.model = $1 AND (c.source, c.key, c.part) = (s.source, s.key, s.part)`, model); err != nil {
		return fmt.Errorf("replace chunks of model %d: %w", model, err)
	}
	if _, err := tx.Exec(ctx, `
		WITH saved AS (
			INSERT INTO chunks (model, source, key, part, slugs, text, digest, embedding)
			SELECT $1, source, key, part, slugs, text, digest, embedding::vector FROM staged_chunks
			RETURNING id, source, key, part
		)
		INSERT INTO chunk_stems (model, stem, chunk, length)
		SELECT $1, stem, saved.id, cardinality(stems) FROM saved JOIN staged_chunks USING (source, key, part), unnest(stems) AS stem
		WHERE stem <> '' AND octet_length(stem) < $2`, model, longestStem); err != nil {
		return fmt.Errorf("insert chunks of model %d: %w", model, err)
	}
	return nil
}

// longestStem is how many bytes a stem of the index has at most, less one: an index takes rows of 2.7 KB.
const longestStem = 1000

// chunksOf gives what embeds pieces of a corpus with these weights.
func (w *weights) chunksOf(c Corpus) func(context.Context, []piece) ([]chunk, error) {
	return w.chunksBy(w.vocabulary.glossary(c.Glossary))
}

// chunksBy gives what embeds pieces with these weights, read with a glossary.
func (w *weights) chunksBy(g *glossary) func(context.Context, []piece) ([]chunk, error) {
	return func(ctx context.Context, pieces []piece) ([]chunk, error) {
		list := make([]chunk, len(pieces))
		err := eachOf(ctx, len(pieces), func(i int) {
			a := g.analyze(pieces[i].text)
			list[i] = chunk{piece: pieces[i], digest: digestOf(pieces[i]), stems: a.subjects(), vector: w.vector(a)}
		})
		return list, err
	}
}
