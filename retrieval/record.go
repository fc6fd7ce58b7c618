package retrieval

import (
	"context"
	"encoding/json"
	"fmt"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Record keeps what was asked, what became of it and on what evidence, and gives the number that a rating refers to.
// The question must be masked already. conversation 0 is nobody's: the public API.
func (a *Answerer) Record(ctx context.Context, tx postgres.DB, q Question, answer Answer, conversation int64) (int64, error) {
	type kept struct {
		Slug    string  `json:"slug"`
		Version int     `json:"version"`
		Score   float64 `json:"score"`
	}
	guides := []kept{}
	for _, g := range answer.Guides {
		guides = append(guides, kept{g.Slug, g.Version, g.Score})
	}
	evidence := answer.Evidence
	if evidence == nil {
		evidence = []Evidence{}
	}
	g, err := json.Marshal(guides)
	if err != nil {
		return 0, fmt.Errorf("record an answer: %w", err)
	}
	e, err := json.Marshal(evidence)
	if err != nil {
		return 0, fmt.Errorf("record an answer: %w", err)
	}
	earlier := q.Context
	if earlier == nil {
		earlier = []string{}
	}
	language, detected := answer.Language, answer.Detected
	if language == "" {
		language = knowledge.Bulgarian
	}
	if detected == "" {
		detected = "und"
	}
	var signpost, place string
	if answer.Signpost != nil {
		signpost = answer.Signpost.Title
	}
	if answer.Place != nil && answer.Place.Outcome == knowledge.PlaceFound {
		place = answer.Place.Place.Ekatte
	}
	var id int64
	err = tx.QueryRow(ctx, `
		INSERT INTO answers (conversation, question, context, language, detected, audience, place, outcome, intent, topic,
			confidence, guides, evidence, signpost, model, unasked)
		VALUES (nullif($1::bigint, 0), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		RETURNING id`,
		conversation, q.Text, earlier, language, detected, q.Audience, place, answer.Outcome, answer.Intent, answer.Topic,
		answer.Confidence, g, e, signpost, answer.Model, q.Unasked).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("record an answer of conversation %d: %w", conversation, err)
	}
	return id, nil
}

// Forget empties the words of the questions that were asked in the conversations; outcome and evidence stay for the counts.
func (a *Answerer) Forget(ctx context.Context, tx postgres.DB, conversations []int64) error {
	if _, err := tx.Exec(ctx, `
		UPDATE answers SET question = '', context = '{}', place = '', conversation = NULL WHERE conversation = ANY($1)`, conversations); err != nil {
		return fmt.Errorf("forget the questions of conversations %v: %w", conversations, err)
	}
	return nil
}
