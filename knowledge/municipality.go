package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Municipality is one of the country's.
type Municipality struct {
	Code     string // in НСИ's register, «VRC10»: what a staff account and a local guide name
	Name     string // as the places name it
	District string
	Shared   bool // another municipality has the same name
}

// Local is what a guide's door there names it by: with the district where two share the name.
func (m Municipality) Local() string {
	if m.Shared {
		return m.Name + ", " + m.District
	}
	return m.Name
}

// Owns says whether a door is this municipality's and nobody else's.
func (m Municipality) Owns(l Local) bool {
	_, district, divided := strings.Cut(l.Municipality, ",")
	if !divided {
		return !m.Shared && l.Name() == m.Name
	}
	return l.Name() == m.Name && strings.TrimSpace(district) == m.District
}

// Holds says whether a place lies in the municipality.
func (m Municipality) Holds(p Place) bool {
	return m.Name == p.Municipality && m.District == p.District
}

const municipalityColumns = `m.code, m.name, m.district, EXISTS (SELECT FROM municipalities o WHERE o.name = m.name AND o.code <> m.code) AS shared`

// Municipality finds a municipality by its code, and gives false where there is none.
func (s *Store) Municipality(ctx context.Context, code string) (Municipality, bool, error) {
	return readMunicipality(ctx, s.db, code)
}

func readMunicipality(ctx context.Context, db postgres.DB, code string) (Municipality, bool, error) {
	rows, err := db.Query(ctx, `SELECT `+municipalityColumns+` FROM municipalities m WHERE m.code = upper($1)`, strings.TrimSpace(code))
	if err != nil {
		return Municipality{}, false, fmt.Errorf("read municipality %q: %w", code, err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Municipality])
	if errors.Is(err, pgx.ErrNoRows) {
		return Municipality{}, false, nil
	}
	return m, err == nil, wrap(fmt.Sprintf("read municipality %q", code), err)
}

// Municipalities lists all municipalities, by name and district.
func (s *Store) Municipalities(ctx context.Context) ([]Municipality, error) {
	rows, err := s.db.Query(ctx, `SELECT `+municipalityColumns+` FROM municipalities m ORDER BY m.name, m.district`)
	if err != nil {
		return nil, fmt.Errorf("list municipalities: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Municipality])
	return all, wrap("list municipalities", err)
}
