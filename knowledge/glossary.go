package knowledge

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Term is an everyday word or an abbreviation, small letters, and what it means in the words that guides use.
type Term struct {
	Term    string // «данъчните», «касата»
	Meaning string // «НАП», «НЗОК»
}

// Glossary gives all terms by name.
func (s *Store) Glossary(ctx context.Context) ([]Term, error) {
	rows, err := s.db.Query(ctx, `SELECT term, meaning FROM glossary ORDER BY term`)
	if err != nil {
		return nil, fmt.Errorf("read glossary: %w", err)
	}
	terms, err := pgx.CollectRows(rows, pgx.RowToStructByName[Term])
	return terms, wrap("read glossary", err)
}

// PutTerm adds a term, or changes what it means. Faults are told by an error that wraps one *Fault for each. by is an opaque staff id.
func (s *Store) PutTerm(ctx context.Context, t Term, by string) error {
	t = Term{strings.TrimSpace(t.Term), strings.TrimSpace(t.Meaning)}.masked()
	if err := t.validate(); err != nil {
		return fmt.Errorf("put term %q: %w", t.Term, err)
	}
	return putTerm(ctx, s.db, t, by)
}

func putTerm(ctx context.Context, db postgres.DB, t Term, by string) error {
	_, err := db.Exec(ctx, `
		INSERT INTO glossary (term, meaning, origin, changed_by, changed_at) VALUES ($1, $2, 'editor', $3, now())
		ON CONFLICT (term) DO UPDATE SET meaning = $2, origin = 'editor', changed_by = $3, changed_at = now()`, t.Term, t.Meaning, by)
	return wrap(fmt.Sprintf("put term %q", t.Term), err)
}

// RemoveTerm removes a term; false where there is none. A restart doesn't bring one of the starter's back.
func (s *Store) RemoveTerm(ctx context.Context, term string) (bool, error) {
	tag, err := s.db.Exec(ctx, `DELETE FROM glossary WHERE term = $1`, term)
	if err != nil {
		return false, fmt.Errorf("remove term %q: %w", term, err)
	}
	return tag.RowsAffected() == 1, nil
}

// masked is the term without personal numbers.
func (t Term) masked() Term { return Term{strict(t.Term), strict(t.Meaning)} }

// The longest term and meaning, in letters: a term is what a person says in a breath, its meaning a few words beside it.
const (
	mostTerm    = 60
	mostMeaning = 200
)

func (t Term) validate() error {
	var faults Faults
	switch {
	case t.Term == "" || len([]rune(t.Term)) > mostTerm:
		faults = append(faults, &Fault{Field: "term", Key: "fault.empty"})
	case t.Term != strings.ToLower(t.Term):
		faults = append(faults, &Fault{"term", "fault.lower", t.Term})
	}
	if t.Meaning == "" || len([]rune(t.Meaning)) > mostMeaning {
		faults = append(faults, &Fault{Field: "meaning", Key: "fault.empty"})
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

var glossaryColumns = []string{"term", "meaning"}

// importGlossary adds and changes terms. A row without a meaning removes its term; terms that the file doesn't name stay.
func importGlossary(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	t, err := readTable(data, nil, glossaryColumns...)
	if err == nil {
		err = t.need(glossaryColumns...)
	}
	if err != nil {
		return Report{}, err
	}
	store := NewStore(tx)
	present, err := store.Glossary(ctx)
	if err != nil {
		return Report{}, err
	}
	return entries[Term]{
		column:   "term",
		name:     func(t Term) string { return t.Term },
		read:     func(t *table, r tableRow) Term { return Term{t.cell(r, "term"), t.cell(r, "meaning")}.masked() },
		bare:     func(t Term) bool { return t.Meaning == "" },
		validate: Term.validate,
		same:     func(a, b Term) bool { return a == b },
		put:      func(t Term) error { return putTerm(ctx, tx, t, "import") },
		remove:   func(term string) (bool, error) { return store.RemoveTerm(ctx, term) },
	}.take(t, present)
}

func exportGlossary(ctx context.Context, s *Store) ([][]string, error) {
	terms, err := s.Glossary(ctx)
	if err != nil {
		return nil, err
	}
	rows := [][]string{glossaryColumns}
	for _, t := range terms {
		rows = append(rows, []string{t.Term, t.Meaning})
	}
	return rows, nil
}
