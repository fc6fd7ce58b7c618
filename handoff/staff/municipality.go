package staff

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// knownMunicipality is a municipality as it may be typed, and as accounts keep it.
type knownMunicipality struct{ Code, Name, District string }

// municipality gives the code of the municipality that somebody typed: by its code, or by its name where only one has it, «Враца»,
// «Бяла, Варна». "" stays "". An account of a municipality that there isn't could change nothing, so it is refused.
// Errors: *Fault that names those which are meant most likely.
func municipality(ctx context.Context, tx pgx.Tx, typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	name, district, _ := strings.Cut(typed, ",")
	rows, err := tx.Query(ctx, `
		SELECT code, name, district FROM municipalities
		WHERE code = upper($1) OR lower(name) = lower($2) AND ($3 = '' OR lower(district) = lower($3))
		ORDER BY code <> upper($1), code`, typed, strings.TrimSpace(name), strings.TrimSpace(district))
	if err != nil {
		return "", fmt.Errorf("find municipality %q: %w", typed, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownMunicipality])
	if err != nil {
		return "", fmt.Errorf("find municipality %q: %w", typed, err)
	}
	if len(found) > 0 && (len(found) == 1 || found[0].Code == strings.ToUpper(typed)) {
		return found[0].Code, nil
	}
	if len(found) == 0 {
		if found, err = likely(ctx, tx, typed); err != nil {
			return "", err
		}
	}
	if len(found) == 0 {
		return "", &Fault{Field: "municipality", Key: "console.fault_municipality_unknown", Args: []any{typed}}
	}
	words := make([]string, len(found))
	for i, m := range found {
		words[i] = m.Code + " – " + m.Name
		if m.Name != m.District {
			words[i] += " (" + m.District + ")"
		}
	}
	return "", &Fault{Field: "municipality", Key: "console.fault_municipality_which", Args: []any{typed, strings.Join(words, "; ")}}
}

// likely are municipalities that begin like what was typed, in their code or their name; at most eight.
func likely(ctx context.Context, tx pgx.Tx, typed string) ([]knownMunicipality, error) {
	rows, err := tx.Query(ctx, `
		SELECT code, name, district FROM municipalities
		WHERE starts_with(code, left(upper($1), 3)) OR starts_with(lower(name), left(lower($1), 4))
		ORDER BY NOT starts_with(lower(name), left(lower($1), 4)), name, district LIMIT 8`, typed)
	if err != nil {
		return nil, fmt.Errorf("find municipalities like %q: %w", typed, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownMunicipality])
	if err != nil {
		return nil, fmt.Errorf("find municipalities like %q: %w", typed, err)
	}
	return found, nil
}
