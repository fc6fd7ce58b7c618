package retrieval

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Export gives the questions that were asked in a conversation and what they were answered with, each as JSON, for the person to see.
func (a *Answerer) Export(ctx context.Context, db postgres.DB, conversation int64) ([]json.RawMessage, error) {
	rows, err := db.Query(ctx, `
		SELECT to_jsonb(r) FROM (
			SELECT answered_at AS at, question, nullif(context, '{}') AS asked_before, language, nullif(audience, '') AS audience, nullif(place, '') AS place, outcome, confidence, guides
			FROM answers WHERE conversation = $1 ORDER BY id) r`, conversation)
	if err != nil {
		return nil, fmt.Errorf("export the questions of conversation %d: %w", conversation, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
	if err != nil {
		return nil, fmt.Errorf("export the questions of conversation %d: %w", conversation, err)
	}
	return list, nil
}
