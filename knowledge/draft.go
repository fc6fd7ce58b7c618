package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Stage says where a draft stands.
type Stage string

// Editor is who works on guides.
type Editor struct {
	ID           string // opaque staff id
	Municipality string // code that limits an editor to what is local there; "" is no limit
}

// The stages. What is published has no draft, until somebody begins the next one.
const (
	Drafting Stage = "draft"
	InReview Stage = "review"
)

// Draft is what editors make of a guide before it is published. A guide has at most one.
type Draft struct {
	Slug      string
	Base      int // published version that it was begun on; 0: a new guide
	Revision  int // rises with each save, and no other draft ever has it; 0: not saved yet
	Stage     Stage
	Guide     Guide  // may be incomplete: what must hold is checked when it is sent for review and when it is published
	Notes     string // for editors, masked: where it comes from; at most 20,000 characters
	BegunBy   string // opaque staff id, as the next ones
	BegunAt   time.Time
	ChangedBy string // who saved it last, if only a note
	ChangedAt time.Time
	SentBy    string   // who sent it for review; "" where nobody did
	Writers   []string // who changed the guide since the draft was begun, in the order of their first change

	ReturnedBy   string // who gave it back from review; "" where nobody did since it was last sent
	ReturnedWord string // why, masked; at most 2,000 characters
}

// mostNotes is how many characters of notes a draft may have.
const mostNotes = 20000

// mostWord is how many characters the word has with which a draft is given back.
const mostWord = 2000

// New says that the guide has never been published.
func (d Draft) New() bool { return d.Base == 0 }

// WrittenBy says whether somebody had a hand in the text. Who only notes why it changed, or sends it for review, had none.
func (d Draft) WrittenBy(id string) bool { return slices.Contains(d.Writers, id) }

// ErrStaleDraft means that somebody else saved the draft, or published or dropped it, in between: read it again.
var ErrStaleDraft = errors.New("the draft was changed meanwhile")

// ErrNeedsSecond means that the editors' rules ask for another editor than those who wrote the draft.
var ErrNeedsSecond = errors.New("another editor must publish it")

// ErrNotInReview means that a draft must be sent for review first, where the editors' rules ask for a second editor.
var ErrNotInReview = errors.New("the draft was not sent for review")

// draftRow is a row of guide_drafts.
type draftRow struct {
	Slug      string
	Base      int
	Revision  int
	Stage     Stage
	Guide     []byte
	Notes     string
	BegunBy   string
	BegunAt   time.Time
	ChangedBy string
	ChangedAt time.Time
	SentBy    string
	Writers   []string

	ReturnedBy   string
	ReturnedWord string
}

const draftColumns = `slug, base, revision, stage, guide, notes, begun_by, begun_at, changed_by, changed_at, sent_by, hands AS writers, returned_by, returned_word`

func (r draftRow) draft() (Draft, error) {
	d := Draft{
		Slug: r.Slug, Base: r.Base, Revision: r.Revision, Stage: r.Stage, Notes: r.Notes,
		BegunBy: r.BegunBy, BegunAt: r.BegunAt, ChangedBy: r.ChangedBy, ChangedAt: r.ChangedAt, SentBy: r.SentBy, Writers: r.Writers,
		ReturnedBy: r.ReturnedBy, ReturnedWord: r.ReturnedWord,
	}
	if err := json.Unmarshal(r.Guide, &d.Guide); err != nil {
		return Draft{}, fmt.Errorf("read draft of %q: %w", r.Slug, err)
	}
	d.Guide.Slug, d.Guide.Version = r.Slug, r.Base
	return d, nil
}

// Draft gives the draft of a guide, and false where nobody is at one.
func (s *Store) Draft(ctx context.Context, slug string) (Draft, bool, error) {
	return readDraft(ctx, s.db, slug, "")
}

// readDraft reads a draft; lock is «FOR UPDATE» or nothing.
func readDraft(ctx context.Context, db postgres.DB, slug, lock string) (Draft, bool, error) {
	rows, err := db.Query(ctx, `SELECT `+draftColumns+` FROM guide_drafts WHERE slug = $1 `+lock, slug)
	if err != nil {
		return Draft{}, false, fmt.Errorf("read draft of %q: %w", slug, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[draftRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Draft{}, false, nil
	}
	if err != nil {
		return Draft{}, false, fmt.Errorf("read draft of %q: %w", slug, err)
	}
	d, err := row.draft()
	return d, err == nil, err
}

// SaveDraft saves d over the revision that it was made on, 0 to begin it, and gives it as it is now. Personal numbers in it are masked.
// A draft in review goes back to drafting: what was sent is no longer what would be published. Base stays as it was begun.
// Errors: ErrStaleDraft; *Fault where the slug is none, is taken by a guide that a new one doesn't know of, or
// the notes are too long, or where a municipality's editor changes what is not the municipality's.
func (s *Store) SaveDraft(ctx context.Context, tx postgres.DB, d Draft, by Editor) (Draft, error) {
	return s.saveDraft(ctx, tx, d, by, nil)
}

// saveDraft is SaveDraft. Who saves becomes a writer where the text is another than given, nil: than it was.
func (s *Store) saveDraft(ctx context.Context, tx postgres.DB, d Draft, by Editor, given *Guide) (Draft, error) {
	if field := unreadable(d); field != "" {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, &Fault{Field: field, Key: "fault.text"})
	}
	d.Notes = inside(strings.TrimSpace(d.Notes))
	switch {
	case !isSlug(d.Slug, 60):
		return Draft{}, fmt.Errorf("save draft: %w", &Fault{"slug", "fault.slug", d.Slug})
	case utf8.RuneCountInString(d.Notes) > mostNotes:
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, &Fault{Field: "notes", Key: "fault.long"})
	}
	masked := d.Guide.masked()
	if err := s.mayChange(ctx, tx, d.Slug, masked, by); err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	masked, err := s.keepDates(ctx, tx, d.Slug, masked, by)
	if err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	guide, err := json.Marshal(masked)
	if err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	writes, err := s.changesText(ctx, tx, d, masked, by, given)
	if err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	var rows pgx.Rows
	if d.Revision == 0 {
		// It begins on what is published now, or is of a guide that isn't there. The revision asked for is taken from a sequence, here and below.
		rows, err = tx.Query(ctx, `
			INSERT INTO guide_drafts (slug, base, revision, stage, guide, notes, begun_by, changed_by, writers, writers_at)
			SELECT $1, $2, 1, 'draft', $3, $4, $5, $5, CASE WHEN $6 THEN ARRAY[$5] ELSE '{}' END, now()
			WHERE $2 = coalesce((SELECT version FROM guides WHERE slug = $1), 0)
			ON CONFLICT (slug) DO NOTHING
			RETURNING `+draftColumns, d.Slug, d.Base, guide, d.Notes, by.ID, writes)
	} else {
		rows, err = tx.Query(ctx, `
			UPDATE guide_drafts SET revision = revision + 1, stage = 'draft', sent_by = '', guide = $3, notes = $4, changed_by = $5, changed_at = now(),
				writers = CASE WHEN $6 AND $5 <> ALL (hands) THEN hands || $5 ELSE hands END, writers_at = now()
			WHERE slug = $1 AND revision = $2
			RETURNING `+draftColumns, d.Slug, d.Revision, guide, d.Notes, by.ID, writes)
	}
	if err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[draftRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, ErrStaleDraft)
	}
	if err != nil {
		return Draft{}, fmt.Errorf("save draft of %q: %w", d.Slug, err)
	}
	return row.draft()
}

// unreadable names the field of a draft that holds what is no text, which the database refuses; "" where there is none.
func unreadable(d Draft) string {
	switch {
	case !isText(d.Slug):
		return "slug"
	case !isText(d.Notes):
		return "notes"
	case !isText(d.Guide.Why):
		return "why"
	}
	for _, f := range d.Guide.fields() {
		for _, v := range f.values {
			if !isText(v) {
				return f.name
			}
		}
	}
	return ""
}

// isText says whether a text is UTF-8 without NUL.
func isText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// changesText says whether g is another text than was given; nil: than the draft that d was made from, or than the published guide that it begins on.
func (s *Store) changesText(ctx context.Context, tx postgres.DB, d Draft, g Guide, by Editor, given *Guide) (bool, error) {
	if given != nil {
		same, err := s.keepDates(ctx, tx, d.Slug, given.masked(), by)
		return len(Diff(same, g)) > 0, err
	}
	if d.Revision > 0 {
		there, _, err := readDraft(ctx, tx, d.Slug, "FOR UPDATE")
		return len(Diff(there.Guide, g)) > 0, err
	}
	published, err := readGuides(ctx, tx, []string{d.Slug})
	if err != nil || len(published) == 0 {
		return len(Diff(Guide{}, g)) > 0, err
	}
	return len(Diff(published[0], g)) > 0, nil
}

// Rebase puts a draft whose guide was published meanwhile on the version that is published now. The caller has shown the editor what differs.
// A municipality's editor keeps the municipality's own of the draft, and takes the rest as it is published.
// Errors: ErrStaleDraft; *Fault where the draft holds somebody else's changes.
func (s *Store) Rebase(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) error {
	if by.Municipality != "" {
		if err := s.rebaseLocal(ctx, tx, slug, revision, by); err != nil {
			return fmt.Errorf("rebase draft of %q: %w", slug, err)
		}
	}
	return changeDraft(ctx, tx, "rebase", slug, `
		UPDATE guide_drafts d SET base = g.version, revision = d.revision + 1, stage = 'draft', sent_by = '', changed_by = $3, changed_at = now(),
			writers = d.hands, writers_at = now()
		FROM guides g WHERE g.slug = d.slug AND d.slug = $1 AND d.revision = $2`, revision, by.ID)
}

// SendDraft sends a draft for review. Errors: Faults where it is not fit to be published, *Fault where a municipality's editor sends what
// is not the municipality's, ErrStaleDraft.
func (s *Store) SendDraft(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) error {
	d, ok, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil {
		return err
	}
	if !ok || d.Revision != revision {
		return fmt.Errorf("send draft of %q: %w", slug, ErrStaleDraft)
	}
	if err := s.fit(ctx, d.Guide); err != nil {
		return fmt.Errorf("send draft of %q: %w", slug, err)
	}
	if err := s.mayPublish(ctx, tx, d, by); err != nil {
		return fmt.Errorf("send draft of %q: %w", slug, err)
	}
	return changeDraft(ctx, tx, "send", slug, `
		UPDATE guide_drafts SET revision = revision + 1, stage = 'review', sent_by = $3, returned_by = '', returned_word = '' WHERE slug = $1 AND revision = $2`, revision, by.ID)
}

// RecallDraft takes a draft back from review. Errors: ErrStaleDraft; *Fault where a municipality's
// editor does so with somebody else's changes.
func (s *Store) RecallDraft(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) error {
	if err := s.mayUndo(ctx, tx, slug, by); err != nil {
		return fmt.Errorf("recall draft of %q: %w", slug, err)
	}
	return changeDraft(ctx, tx, "recall", slug, `
		UPDATE guide_drafts SET revision = revision + 1, stage = 'draft', sent_by = '' WHERE slug = $1 AND revision = $2 AND stage = 'review'`, revision)
}

// ReturnDraft gives a draft back from review to who wrote it, with a word on what is to be mended. Personal numbers in it are masked.
// Errors: as of RecallDraft; *Fault where the word is missing or longer than 2,000 characters.
func (s *Store) ReturnDraft(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor, word string) error {
	word = inside(strings.TrimSpace(strings.ReplaceAll(word, "\r\n", "\n")))
	switch {
	case !isText(word):
		return fmt.Errorf("return draft of %q: %w", slug, &Fault{Field: "word", Key: "fault.text"})
	case word == "":
		return fmt.Errorf("return draft of %q: %w", slug, &Fault{Field: "word", Key: "fault.empty"})
	case utf8.RuneCountInString(word) > mostWord:
		return fmt.Errorf("return draft of %q: %w", slug, &Fault{Field: "word", Key: "fault.long"})
	}
	if err := s.mayUndo(ctx, tx, slug, by); err != nil {
		return fmt.Errorf("return draft of %q: %w", slug, err)
	}
	return changeDraft(ctx, tx, "return", slug, `
		UPDATE guide_drafts SET revision = revision + 1, stage = 'draft', sent_by = '', returned_by = $3, returned_word = $4, returned_revision = revision + 1
		WHERE slug = $1 AND revision = $2 AND stage = 'review'`, revision, by.ID, word)
}

// DropDraft throws a draft away. Errors: as of RecallDraft.
func (s *Store) DropDraft(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) error {
	if err := s.mayUndo(ctx, tx, slug, by); err != nil {
		return fmt.Errorf("drop draft of %q: %w", slug, err)
	}
	return dropDraft(ctx, tx, slug, revision)
}

func dropDraft(ctx context.Context, tx postgres.DB, slug string, revision int) error {
	return changeDraft(ctx, tx, "drop", slug, `DELETE FROM guide_drafts WHERE slug = $1 AND revision = $2`, revision)
}

func changeDraft(ctx context.Context, tx postgres.DB, act, slug, sql string, args ...any) error {
	tag, err := tx.Exec(ctx, sql, append([]any{slug}, args...)...)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrStaleDraft
	}
	return wrap(fmt.Sprintf("%s draft of %q", act, slug), err)
}

// fit checks that a guide is fit to be published. Errors: Faults.
func (s *Store) fit(ctx context.Context, g Guide) error {
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		return err
	}
	return g.Validate(hosts)
}

// PublishDraft makes a draft the published version and says its number; the draft is gone then.
// Errors: ErrStaleDraft; ErrStale where the guide was published since the draft was begun (see Rebase); ErrNotInReview and ErrNeedsSecond where the
// editors' rules ask for a second editor; Faults.
func (s *Store) PublishDraft(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) (int, error) {
	d, ok, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil {
		return 0, err
	}
	if !ok || d.Revision != revision {
		return 0, fmt.Errorf("publish draft of %q: %w", slug, ErrStaleDraft)
	}
	rules, err := editingRules(ctx, tx)
	if err != nil {
		return 0, err
	}
	if rules.SecondEditor {
		switch {
		case d.Stage != InReview:
			return 0, fmt.Errorf("publish draft of %q: %w", slug, ErrNotInReview)
		case d.WrittenBy(by.ID):
			return 0, fmt.Errorf("publish draft of %q: %w", slug, ErrNeedsSecond)
		}
	}
	if err := s.mayPublish(ctx, tx, d, by); err != nil {
		return 0, fmt.Errorf("publish draft of %q: %w", slug, err)
	}
	g := d.Guide.masked()
	if err := s.fit(ctx, g); err != nil {
		return 0, fmt.Errorf("publish draft of %q: %w", slug, err)
	}
	if g, err = reviewed(ctx, tx, d, g); err != nil {
		return 0, err
	}
	version, err := publish(ctx, tx, g, byline{"editor", by.ID, d.Writers})
	if err != nil {
		return 0, err
	}
	return version, dropDraft(ctx, tx, slug, revision)
}
