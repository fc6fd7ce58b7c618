package staff

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge/privacy"
)

// Act is what the audit log says of a change.
type Act struct {
	By      int64          // account; 0 is the terminal, the program itself, or nobody signed in
	Verb    string         // «ticket.claim», «account.add»: what was changed, a dot, how
	Subject string         // «ticket:12», «host:nap.bg»
	Detail  map[string]any // never a message's text, a password or a token
}

// Door is the one way to a change that staff make: it opens the transaction, runs the change and writes the audit row,
// so that there is neither a change without a record nor a record without a change.
// The change may fill in the act's subject and detail. No network call belongs inside it.
func (s *Store) Door(ctx context.Context, act Act, change func(tx pgx.Tx, act *Act) error) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := change(tx, &act); err != nil {
			return err
		}
		detail := []byte("{}")
		if len(act.Detail) > 0 {
			var err error
			if detail, err = json.Marshal(withoutNumbers(act.Detail)); err != nil {
				return fmt.Errorf("write audit row %s: %w", act.Verb, err)
			}
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO audit_log (staff, verb, subject, detail) VALUES (NULLIF($1::bigint, 0), $2, $3, $4)`,
			act.By, act.Verb, act.Subject, detail)
		if err != nil {
			return fmt.Errorf("write audit row %s: %w", act.Verb, err)
		}
		return nil
	})
}

// withoutNumbers is what the audit log keeps of a detail. A title or a short word may stand in it as somebody typed it, before it was stored
// masked; a colleague's e-mail address stays.
func withoutNumbers(v any) any {
	switch v := v.(type) {
	case string:
		masked, _ := privacy.MaskOnly(v, privacy.EGN, privacy.LNCH, privacy.Card, privacy.Document, privacy.Code, privacy.Password)
		return masked
	case []string:
		clean := make([]any, len(v))
		for i := range v {
			clean[i] = withoutNumbers(v[i])
		}
		return clean
	case []any:
		clean := make([]any, len(v))
		for i := range v {
			clean[i] = withoutNumbers(v[i])
		}
		return clean
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, inner := range v {
			clean[key] = withoutNumbers(inner)
		}
		return clean
	}
	return v
}
