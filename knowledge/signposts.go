package knowledge

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Signposts gives all signposts by title.
func (s *Store) Signposts(ctx context.Context) ([]Signpost, error) {
	rows, err := s.db.Query(ctx, `SELECT title, authority, link, names FROM signposts ORDER BY title`)
	if err != nil {
		return nil, fmt.Errorf("read signposts: %w", err)
	}
	signposts, err := pgx.CollectRows(rows, pgx.RowToStructByName[Signpost])
	return signposts, wrap("read signposts", err)
}

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
