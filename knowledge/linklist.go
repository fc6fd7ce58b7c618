package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// SourceView is a part of what editors look after in the sources.
type SourceView string

// The views, in the order in which pages show them.
const (
	BrokenLinks    SourceView = "broken"    // addresses that don't lead where they should
	PastDate       SourceView = "past"      // guides past their review date, or within RenewSoon of it, or without one
	UncheckedPages SourceView = "unchecked" // sources that nobody has opened live
)

// SourceViews lists the views.
func SourceViews() []SourceView { return []SourceView{BrokenLinks, PastDate, UncheckedPages} }

// BrokenLink is an address that doesn't lead where it should, and where it stands.
type BrokenLink struct {
	URL         string
	Fault       LinkFault
	Status      int // of the last answer; 0: there was none
	FinalURL    string
	Title       string
	KnownTitle  string
	BrokenSince time.Time
	CheckedAt   time.Time
	Places      []LinkPlace `db:"-"` // where it stands, by guide; at most ten
	Guides      int         `db:"-"` // how many there are
	Yours       bool        `db:"-"` // it stands only in what the editor looks after, so that the editor may say that it is right
}

// LinkPlace is where an address stands.
type LinkPlace struct {
	Slug  string   // "" of a signpost, for a service without a guide
	Title string   // Bulgarian
	Parts []string // link, source, local, the field of a text («text.bg.steps»), signpost
}

// linkPlaces are how many guides are told of an address, beside the signpost.
const linkPlaces = 10

// SourceLine is a source that nobody has opened, with its guide.
type SourceLine struct {
	Slug         string
	GuideTitle   string
	Municipality string // code, of a municipality's guide
	URL          string
	Title        string
	Seen         *time.Time
}

// PastLine is a guide that is to be read again.
type PastLine struct {
	Slug         string
	Title        string
	Version      int
	Municipality string
	ReviewBy     *time.Time
	Checked      *time.Time
	Sources      []string // addresses
	SourceTitles []string
}

// owned limits a list to what an editor looks after; $1 is the editor's municipality.
const owned = `($1 = '' OR v.municipality = upper($1))`

// CountSources says how many there are in each view, for an editor.
func (s *Store) CountSources(ctx context.Context, today time.Time, by Editor) (map[SourceView]int, error) {
	counts := map[SourceView]int{}
	var broken, past, unchecked int
	own, err := s.ownLinks(ctx, by)
	if err != nil {
		return nil, err
	}
	err = s.db.QueryRow(ctx, `
		SELECT
			(SELECT count(*) FROM link_checks c WHERE c.broken_since IS NOT NULL AND ($3::text[] IS NULL OR c.url = ANY ($3))),
			(SELECT count(*) FROM guide_ages v WHERE `+pastDate+`),
			(SELECT count(*) FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_sources s USING (slug, version) WHERE `+unopened+`)`,
		by.Municipality, today.Format(time.DateOnly), own).Scan(&broken, &past, &unchecked)
	counts[BrokenLinks], counts[PastDate], counts[UncheckedPages] = broken, past, unchecked
	return counts, wrap("count sources", err)
}

// LinkProgress is how far the program has come with opening the addresses.
type LinkProgress struct {
	Addresses int
	Opened    int // asked at least once
	Trying    int // that failed the last time, but not often enough to be called broken
}

// LinkProgress counts the addresses that an editor looks after.
func (s *Store) LinkProgress(ctx context.Context, by Editor) (p LinkProgress, err error) {
	own, err := s.ownLinks(ctx, by)
	if err != nil {
		return p, err
	}
	err = s.db.QueryRow(ctx, `
		SELECT count(*), count(c.checked_at), count(*) FILTER (WHERE c.fault <> '' AND c.broken_since IS NULL)
		FROM link_checks c WHERE $1::text[] IS NULL OR c.url = ANY ($1)`, own).Scan(&p.Addresses, &p.Opened, &p.Trying)
	return p, wrap("count the addresses that were opened", err)
}

// linkMine says whether a place l of an address is what an editor looks after: a guide of the municipality, or its door in another; see
// Municipality.Owns. $1 is the editor's municipality.
const linkMine = `($1 = '' OR l.municipality = upper($1) OR l.door IN (
	SELECT m.name || ', ' || m.district FROM municipalities m WHERE m.code = upper($1)
	UNION ALL
	SELECT m.name FROM municipalities m WHERE m.code = upper($1) AND NOT EXISTS (SELECT FROM municipalities o WHERE o.name = m.name AND o.code <> m.code)))`

// ownLinks are the addresses that an editor looks after; nil where that is all of them.
func (s *Store) ownLinks(ctx context.Context, by Editor) ([]string, error) {
	if by.Municipality == "" {
		return nil, nil
	}
	rows, err := s.db.Query(ctx, `SELECT DISTINCT l.url FROM guide_links l WHERE `+linkMine, by.Municipality)
	if err != nil {
		return nil, fmt.Errorf("find links of %q: %w", by.Municipality, err)
	}
	own, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return filled(own), wrap(fmt.Sprintf("find links of %q", by.Municipality), err)
}

// pastDate and unopened are the conditions of the views. $2 is the day.
const (
	pastDate = `v.status = 'active' AND (v.review_by IS NULL OR v.review_by < $2::date + 30) AND ` + owned
	unopened = `$2::text IS NOT NULL AND v.status = 'active' AND s.checked IS NULL AND NOT EXISTS (SELECT FROM source_checks k WHERE k.slug = s.slug AND k.url = s.url) AND ` + owned
)

// BrokenLinks lists the addresses that don't lead where they should, the latest first.
func (s *Store) BrokenLinks(ctx context.Context, by Editor, limit, offset int) ([]BrokenLink, error) {
	own, err := s.ownLinks(ctx, by)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, `
		SELECT c.url, c.fault, coalesce(c.status, 0) AS status, c.final_url, c.title, c.known_title, c.broken_since, c.checked_at
		FROM link_checks c WHERE c.broken_since IS NOT NULL AND ($1::text[] IS NULL OR c.url = ANY ($1))
		ORDER BY c.broken_since DESC, c.url LIMIT $2 OFFSET $3`, own, limit, max(0, offset))
	if err != nil {
		return nil, fmt.Errorf("list broken links: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[BrokenLink])
	if err != nil {
		return nil, fmt.Errorf("list broken links: %w", err)
	}
	return all, s.placeLinks(ctx, all, by)
}

// placeLinks finds where addresses stand, and whether nowhere but in what an editor looks after.
func (s *Store) placeLinks(ctx context.Context, links []BrokenLink, by Editor) error {
	at, addresses := map[string]*BrokenLink{}, make([]string, len(links))
	for i := range links {
		addresses[i] = links[i].URL
		links[i].Yours = by.Municipality == ""
		at[links[i].URL] = &links[i]
	}
	rows, err := s.db.Query(ctx, `
		SELECT p.url, p.guides, p.yours, p.slug, coalesce(t.title, p.slug), p.parts
		FROM (
			SELECT l.url, l.slug, bool_and(bool_and(`+linkMine+`)) OVER (PARTITION BY l.url) AS yours, array_agg(DISTINCT l.part ORDER BY l.part) AS parts,
				count(*) FILTER (WHERE l.slug <> '') OVER (PARTITION BY l.url) AS guides, row_number() OVER (PARTITION BY l.url, l.slug = '' ORDER BY l.slug) AS n
			FROM guide_links l WHERE l.url = ANY ($2) GROUP BY l.url, l.slug
		) p LEFT JOIN guides g ON g.slug = p.slug LEFT JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
		WHERE p.n <= $3 ORDER BY p.url, p.slug`, by.Municipality, addresses, linkPlaces)
	if err != nil {
		return fmt.Errorf("find where links stand: %w", err)
	}
	var address string
	var guides int
	var yours bool
	var p LinkPlace
	_, err = pgx.ForEachRow(rows, []any{&address, &guides, &yours, &p.Slug, &p.Title, &p.Parts}, func() error {
		l := at[address]
		l.Guides, l.Yours, l.Places = guides, yours, append(l.Places, p)
		p.Parts = nil
		return nil
	})
	return wrap("find where links stand", err)
}

// UncheckedSources lists the sources that nobody has opened, by guide.
func (s *Store) UncheckedSources(ctx context.Context, by Editor, limit, offset int) ([]SourceLine, error) {
	rows, err := s.db.Query(ctx, `
		SELECT s.slug, t.title AS guide_title, v.municipality, s.url, s.title, s.seen
		FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_sources s USING (slug, version)
			JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
		WHERE `+unopened+`
		ORDER BY s.slug, s.n LIMIT $3 OFFSET $4`, by.Municipality, "", limit, max(0, offset))
	if err != nil {
		return nil, fmt.Errorf("list unchecked sources: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[SourceLine])
	return all, wrap("list unchecked sources", err)
}

// PastGuides lists the guides that are past their review date or soon will be, the oldest first.
func (s *Store) PastGuides(ctx context.Context, today time.Time, by Editor, limit, offset int) ([]PastLine, error) {
	rows, err := s.db.Query(ctx, `
		SELECT p.*, t.title,
			ARRAY(SELECT s.url FROM guide_sources s WHERE s.slug = p.slug AND s.version = p.version ORDER BY s.n) AS sources,
			ARRAY(SELECT s.title FROM guide_sources s WHERE s.slug = p.slug AND s.version = p.version ORDER BY s.n) AS source_titles
		FROM (
			SELECT v.slug, v.version, v.municipality, v.review_by, v.checked FROM guide_ages v
			WHERE `+pastDate+`
			ORDER BY v.review_by NULLS FIRST, v.slug LIMIT $3 OFFSET $4
		) p JOIN guide_texts t ON t.slug = p.slug AND t.version = p.version AND t.language = 'bg'
		ORDER BY p.review_by NULLS FIRST, p.slug`, by.Municipality, today.Format(time.DateOnly), limit, max(0, offset))
	if err != nil {
		return nil, fmt.Errorf("list guides past their date: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[PastLine])
	return all, wrap("list guides past their date", err)
}

// AcceptLink notes that an editor finds an address right as it is: its new title, where it leads, what its server says to programs.
// It is asked for again soon, so that a check that was under way doesn't undo it, and is told again when that changes. Errors: *Fault where there is no such address, where it can't be right, as a page that isn't there, or
// where it stands in what another than the editor's municipality looks after.
func (s *Store) AcceptLink(ctx context.Context, tx postgres.DB, address string, by Editor) error {
	tag, err := tx.Exec(ctx, `
		UPDATE link_checks c SET fault = '', broken_since = NULL, tries = 0, known_title = title, accepted_by = $3, due_at = least(due_at, now()),
			accepted_url = CASE WHEN fault = 'host' THEN final_url ELSE accepted_url END,
			accepted_status = CASE WHEN fault = 'status' THEN status ELSE accepted_status END
		WHERE c.url = $2 AND (fault IN ('host', 'title') OR fault = 'status' AND status IN (401, 403))
			AND ($1 = '' OR (SELECT bool_and(`+linkMine+`) FROM guide_links l WHERE l.url = $2))`, by.Municipality, address, by.ID)
	if err == nil && tag.RowsAffected() == 0 {
		err = &Fault{"url", "fault.choice", address}
	}
	return wrap("accept link", err)
}

// AskAgain has an address asked for soon, after it was mended. Errors: *Fault where there is no such address, or the
// editor's municipality has it nowhere.
func (s *Store) AskAgain(ctx context.Context, tx postgres.DB, address string, by Editor) error {
	tag, err := tx.Exec(ctx, `UPDATE link_checks c SET due_at = least(due_at, now()) WHERE c.url = $2
		AND ($1 = '' OR (SELECT bool_or(`+linkMine+`) FROM guide_links l WHERE l.url = $2))`, by.Municipality, address)
	if err == nil && tag.RowsAffected() == 0 {
		err = &Fault{"url", "fault.choice", address}
	}
	return wrap("ask for a link again", err)
}
