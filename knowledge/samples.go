package knowledge

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Samples gives all sample questions in the order in which they were added.
func (s *Store) Samples(ctx context.Context) ([]Sample, error) {
	rows, err := s.db.Query(ctx, `SELECT id, question AS text, expected, kind, language, signpost FROM sample_questions ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read sample questions: %w", err)
	}
	samples, err := pgx.CollectRows(rows, pgx.RowToStructByName[Sample])
	return samples, wrap("read sample questions", err)
}

// AddSample adds a question that an editor has judged, or changes the answer of the same question. Personal numbers in it are masked.
// by is an opaque staff id.
func (s *Store) AddSample(ctx context.Context, sample Sample, by string) error {
	return s.PutSample(ctx, s.db, sample, by)
}

// PutSample is AddSample in the caller's transaction.
func (s *Store) PutSample(ctx context.Context, tx postgres.DB, sample Sample, by string) (err error) {
	if sample.Text, _, err = s.Mask(ctx, sample.Text); err != nil {
		return fmt.Errorf("add sample question: %w", err)
	}
	if err := sample.validate(); err != nil {
		return fmt.Errorf("add sample question: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sample_questions (question, expected, kind, language, signpost, origin, added_by) VALUES ($1, $2, $3, $4, $5, 'editor', $6)
		ON CONFLICT (question) DO UPDATE SET expected = $2, kind = $3, language = $4, signpost = $5, origin = 'editor', added_by = $6, added_at = now()`,
		strings.TrimSpace(sample.Text), filled(sample.Expected), sample.Kind, sample.Language, sample.Signpost, by)
	return wrap("add sample question", err)
}

// RemoveSample removes a sample question; false where there is none. A restart doesn't bring one of the starter's back.
func (s *Store) RemoveSample(ctx context.Context, id int64) (bool, error) {
	tag, err := s.db.Exec(ctx, `DELETE FROM sample_questions WHERE id = $1`, id)
	if err != nil {
		return false, fmt.Errorf("remove sample question %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

func (s Sample) validate() error {
	var faults Faults
	if text := strings.TrimSpace(s.Text); text == "" || len([]rune(text)) > 2000 {
		faults = append(faults, &Fault{Field: "question", Key: "fault.empty"})
	}
	for _, slug := range s.Expected {
		if !slugForm.MatchString(slug) {
			faults = append(faults, &Fault{"expected", "fault.slug", slug})
		}
	}
	if s.Signpost != "" && len(s.Expected) > 0 {
		faults = append(faults, &Fault{"signpost", "fault.choice", s.Signpost})
	}
	if s.Kind == "" {
		faults = append(faults, &Fault{Field: "kind", Key: "fault.empty"})
	}
	if !languageForm.MatchString(s.Language) {
		faults = append(faults, &Fault{"language", "fault.choice", s.Language})
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// languageForm is that of the column language: bg, bg-latn (Bulgarian in Latin letters), en, und (unknown).
var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z]{4})?$`)

// sampleFromRow reads the columns of a question file; see README of the starter knowledge for the format.
func sampleFromRow(row []string) Sample {
	sample := Sample{Text: row[0], Kind: row[2], Language: row[3]}
	if row[1] != "-" {
		sample.Expected = strings.Split(row[1], "|")
	}
	return sample
}
