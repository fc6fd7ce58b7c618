package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// ErrChanged means that somebody else changed it after it was read: read it again, and let the person look.
var ErrChanged = errors.New("changed by somebody else meanwhile")

// ErrNoHelpPoint means that there is no help point of this id.
var ErrNoHelpPoint = errors.New("no such help point")

// SaveHelpPoint keeps what people at the desk changed in a help point, and says in which fields; none where nothing was changed.
// h.Version is the one that they saw. These fields are theirs from then on: no import and no new release overwrites them.
// by is an opaque staff id. The errors are Faults, ErrChanged and ErrNoHelpPoint. Who may change which library, and the audit row,
// are the caller's: call it on the transaction of the staff's door, NewStore(tx), and Refresh the server's own Store after that.
func (s *Store) SaveHelpPoint(ctx context.Context, by string, h HelpPoint) (changed []string, err error) {
	h = h.tidied()
	old, err := s.lockHelpPoint(ctx, h.ID, h.Version)
	if err != nil {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, err)
	}
	changed = changedFields(old, h)
	if err := h.faultsSince(old, changed); err != nil {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, err)
	}
	if len(changed) == 0 {
		return nil, nil
	}
	if err := s.checkPoint(ctx, h); err != nil {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, err)
	}
	data, err := json.Marshal(pointJSON(h))
	if err != nil {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, err)
	}
	tag, err := s.db.Exec(ctx, `
		UPDATE help_points h SET kind = i.kind, name = i.name, name_key = i.name_key, branch_of = i.branch_of, ekatte = i.ekatte, address = i.address, phone = i.phone,
			email = i.email, site = i.site, lat = i.lat, lon = i.lon, accuracy = i.accuracy, hours = i.hours, offers = i.offers, languages = i.languages, source = i.source,
			own_fields = $2, origin = 'editor', changed_by = $3, changed_at = now()
		FROM jsonb_to_record($1) AS i(id text, kind text, name text, name_key text, branch_of text, ekatte text, address text, phone text, email text, site text,
			lat float8, lon float8, accuracy text, hours jsonb, offers text[], languages text[], source text)
		WHERE h.id = i.id AND h.version = $4`, data, united(old.Own, changed), by, h.Version)
	if err != nil {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return nil, fmt.Errorf("save help point %q: %w", h.ID, ErrChanged)
	}
	return changed, nil
}

// faultsSince are the faults that a change made. What an import brought into other fields hinders nobody who sets the hours.
func (h HelpPoint) faultsSince(old HelpPoint, changed []string) error {
	var now, before Faults
	if !errors.As(h.Validate(), &now) {
		return nil
	}
	errors.As(old.Validate(), &before)
	now = slices.DeleteFunc(now, func(f *Fault) bool {
		return !slices.Contains(changed, f.Field) && slices.ContainsFunc(before, func(b *Fault) bool { return *b == *f })
	})
	if len(now) == 0 {
		return nil
	}
	return now
}

// ConfirmHelpPoint notes that somebody at the desk says that all of a help point is right, as of now. Who confirms something else
// than what they saw gets ErrChanged. What is known is theirs from then on, as with SaveHelpPoint; the rest may still be filled in by imports.
func (s *Store) ConfirmHelpPoint(ctx context.Context, by, id string, version int) error {
	old, err := s.lockHelpPoint(ctx, id, version)
	if err != nil {
		return fmt.Errorf("confirm help point %q: %w", id, err)
	}
	tag, err := s.db.Exec(ctx, `
		UPDATE help_points SET confirmed_at = now(), confirmed_by = $3, own_fields = $4, origin = 'editor' WHERE id = $1 AND version = $2`,
		id, version, by, united(old.Own, statedFields(old)))
	if err != nil {
		return fmt.Errorf("confirm help point %q: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("confirm help point %q: %w", id, ErrChanged)
	}
	return nil
}

// Refresh has the next reader see what was changed through another Store, such as one on a transaction that was just committed.
// Without it a change shows within a second.
func (s *Store) Refresh() { s.forget() }

// ReadHelpPoint gives a help point as the database has it now, and false where there is none: for forms, which must not start from what
// is a second old.
func (s *Store) ReadHelpPoint(ctx context.Context, id string) (HelpPoint, bool, error) {
	h, err := s.readPoint(ctx, id, "")
	if errors.Is(err, ErrNoHelpPoint) {
		return HelpPoint{}, false, nil
	}
	return h, err == nil, wrap(fmt.Sprintf("read help point %q", id), err)
}

// lockHelpPoint reads a help point and keeps others from changing it until the transaction ends.
func (s *Store) lockHelpPoint(ctx context.Context, id string, version int) (HelpPoint, error) {
	h, err := s.readPoint(ctx, id, "FOR UPDATE OF h")
	if err == nil && h.Version != version {
		err = ErrChanged
	}
	return h, err
}

func (s *Store) readPoint(ctx context.Context, id, lock string) (HelpPoint, error) {
	rows, err := s.db.Query(ctx, `SELECT `+pointColumnsSQL+` FROM help_points h JOIN places p USING (ekatte) WHERE h.id = $1 `+lock, id)
	if err != nil {
		return HelpPoint{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[pointRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return HelpPoint{}, ErrNoHelpPoint
	}
	if err != nil {
		return HelpPoint{}, err
	}
	return r.point()
}

// checkPoint finds the faults that only the database can tell.
func (s *Store) checkPoint(ctx context.Context, h HelpPoint) error {
	var place, main, free bool
	err := s.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM places WHERE ekatte = $1),
		       $2 = '' OR EXISTS (SELECT FROM help_points WHERE id = $2 AND branch_of IS NULL),
		       NOT EXISTS (SELECT FROM help_points WHERE ekatte = $1 AND name_key = $3 AND id <> $4)`,
		h.Ekatte, h.BranchOf, pointKey(h.Name), h.ID).Scan(&place, &main, &free)
	if err != nil {
		return err
	}
	var faults Faults
	if !place {
		faults = append(faults, &Fault{"ekatte", "fault.place", h.Ekatte})
	}
	if !main {
		faults = append(faults, &Fault{"branch_of", "fault.point", h.BranchOf})
	}
	if !free {
		faults = append(faults, &Fault{"name", "fault.twice", h.Name})
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}
