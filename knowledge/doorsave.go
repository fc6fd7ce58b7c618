package knowledge

import (
	"context"
	"encoding/json"
	"fmt"

	"orientir/deploy/postgres"
)

// OtherDoors says whether nothing but doors differs between two versions of a guide of the whole country, those of other municipalities among
// them: no municipality has to wait for another.
func (m Municipality) OtherDoors(before, after Guide) bool {
	if m.Alone(before, after) {
		return false
	}
	before.Local, after.Local = nil, nil
	return m.Alone(before, after)
}

// PublishDoor puts a municipality's door into the published version g of a guide of the whole country, as a version of its own, and into the
// draft d of the guide, which holds others' work and goes on as it stands. Where d was begun on g, it is on the new version then.
// Errors: as of PublishDraft.
func (s *Store) PublishDoor(ctx context.Context, tx postgres.DB, g Guide, d Draft, m Municipality, door Local, why string, by Editor) (int, error) {
	act := fmt.Sprintf("publish door of %q in %q", m.Code, g.Slug)
	// The draft is locked before the guide, as PublishDraft does.
	there, ok, err := readDraft(ctx, tx, g.Slug, "FOR UPDATE")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	if !ok || there.Revision != d.Revision {
		return 0, fmt.Errorf("%s: %w", act, ErrStaleDraft)
	}
	rules, err := editingRules(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	if rules.SecondEditor {
		return 0, fmt.Errorf("%s: %w", act, ErrNotInReview)
	}
	after := m.WithDoor(g, door)
	after.Why = why
	after = after.masked()
	if field := unreadable(Draft{Slug: g.Slug, Guide: after}); field != "" {
		return 0, fmt.Errorf("%s: %w", act, &Fault{Field: field, Key: "fault.text"})
	}
	if err := fence(ctx, tx, by, after, g); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	if err := s.fit(ctx, after); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	if after, err = reviewed(ctx, tx, Draft{Slug: g.Slug, Base: g.Version}, after); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	version, err := publish(ctx, tx, after, byline{"editor", by.ID, []string{by.ID}})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	guide, err := json.Marshal(m.WithDoor(there.Guide, door).masked())
	if err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	return version, changeDraft(ctx, tx, "put a door into the", g.Slug, `
		UPDATE guide_drafts SET guide = $3, base = CASE WHEN base = $4 THEN $5 ELSE base END, revision = revision + 1
		WHERE slug = $1 AND revision = $2`, d.Revision, guide, g.Version, version)
}

// ReviewDoor puts a municipality's door into a draft that holds others' work, and has the draft in review then: it stays there, or is sent,
// and whoever reads it reads the door too. Errors: ErrStaleDraft; Faults where the guide would not be fit to be published.
func (s *Store) ReviewDoor(ctx context.Context, tx postgres.DB, d Draft, m Municipality, door Local, by Editor) error {
	act := fmt.Sprintf("review door of %q in %q", m.Code, d.Slug)
	before := d.Guide
	d.Guide = m.WithDoor(d.Guide, door).masked()
	if field := unreadable(d); field != "" {
		return fmt.Errorf("%s: %w", act, &Fault{Field: field, Key: "fault.text"})
	}
	if err := fence(ctx, tx, by, d.Guide, before); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	if err := s.fit(ctx, d.Guide); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	guide, err := json.Marshal(d.Guide)
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return changeDraft(ctx, tx, "put a door into the", d.Slug, `
		UPDATE guide_drafts SET guide = $3, revision = revision + 1, changed_by = $4, changed_at = now(),
			writers = CASE WHEN $4 <> ALL (hands) THEN hands || $4 ELSE hands END, writers_at = now(),
			sent_by = CASE stage WHEN 'review' THEN sent_by ELSE $4 END, stage = 'review', returned_by = '', returned_word = ''
		WHERE slug = $1 AND revision = $2`, d.Revision, guide, by.ID)
}
