package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// ErrStale means that somebody else published a version in between: read the guide again, then publish.
var ErrStale = errors.New("a newer version was published meanwhile")

// Guide gives the published version of a guide, and false where no such guide exists.
func (s *Store) Guide(ctx context.Context, slug string) (Guide, bool, error) {
	guides, err := readGuides(ctx, s.db, []string{slug})
	if err != nil || len(guides) == 0 {
		return Guide{}, false, err
	}
	return guides[0], true, nil
}

// GuidesBySlug gives the published versions of those of these guides that exist, by slug.
func (s *Store) GuidesBySlug(ctx context.Context, slugs []string) ([]Guide, error) {
	return readGuides(ctx, s.db, filled(slugs))
}

// Titles gives the titles of those of these guides that are published, by slug and language. Lists of thousands need no more of them.
func (s *Store) Titles(ctx context.Context, slugs []string) (map[string]map[Language]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT g.slug, t.language, t.title FROM guides g JOIN guide_texts t USING (slug, version) WHERE g.slug = ANY ($1)`, filled(slugs))
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	titles := map[string]map[Language]string{}
	var slug, title string
	var language Language
	_, err = pgx.ForEachRow(rows, []any{&slug, &language, &title}, func() error {
		if titles[slug] == nil {
			titles[slug] = map[Language]string{}
		}
		titles[slug][language] = title
		return nil
	})
	return titles, wrap("read titles", err)
}

// Guides gives the published version of every guide, by slug.
func (s *Store) Guides(ctx context.Context) ([]Guide, error) {
	return readGuides(ctx, s.db, nil)
}

// Publish makes g the published version, and says its number. g.Version must be the one that the change was made on,
// 0 for a new guide; otherwise ErrStale. Faults in g are told by an error that wraps one *Fault for each.
// by is an opaque staff id.
// Personal numbers in its texts are masked.
func (s *Store) Publish(ctx context.Context, g Guide, by string) (int, error) {
	g = g.masked()
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		return 0, err
	}
	if err := g.Validate(hosts); err != nil {
		return 0, fmt.Errorf("publish guide %q: %w", g.Slug, err)
	}
	version := 0
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		version, err = publish(ctx, tx, g, byline{"editor", by, []string{by}})
		return err
	})
	return version, err
}

// AsPublished is g as Publish would store it: without personal numbers.
func (g Guide) AsPublished() Guide { return g.masked() }

// byline says where a version comes from: starter, editor or import, and opaque staff ids of who published it and of those who wrote it.
type byline struct {
	origin, published string
	written           []string
}

// lastWriter is the one writer whom programs know that know of no others; "" where there is none.
func (b byline) lastWriter() string {
	if len(b.written) == 0 {
		return ""
	}
	return b.written[len(b.written)-1]
}

// publish stores g as the version after g.Version.
func publish(ctx context.Context, tx postgres.DB, g Guide, by byline) (int, error) {
	version := g.Version + 1
	var sql string
	if g.Version == 0 {
		sql = `INSERT INTO guides (slug, version) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	} else {
		sql = `UPDATE guides SET version = $2 WHERE slug = $1 AND version = $2 - 1`
	}
	tag, err := tx.Exec(ctx, sql, g.Slug, version)
	if err != nil {
		return 0, fmt.Errorf("publish guide %q: %w", g.Slug, err)
	}
	if tag.RowsAffected() != 1 {
		return 0, fmt.Errorf("publish guide %q: %w", g.Slug, ErrStale)
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, apart, replaced_by, local,
		                            municipality, review_by, origin, published_by, written_by, writers, why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		g.Slug, version, g.Audience, g.Status, g.TitleEnglish, g.Link, means(g.Identification), filled(g.Related), filled(g.Apart), g.ReplacedBy, filled(g.Local),
		g.Municipality, date(g.ReviewBy), by.origin, by.published, by.lastWriter(), filled(by.written), g.Why)
	for language, t := range g.Text {
		batch.Queue(`
			INSERT INTO guide_texts (slug, version, language, title, authority, contact, summary, who, exceptions, place, steps,
			                         identification_note, needed, fees, fee_note, duration, deadlines, good_to_know, names, formerly)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
			g.Slug, version, string(language), t.Title, t.Authority, t.Contact, t.Summary, t.Who, filled(t.Exceptions), t.Where, filled(t.Steps),
			t.IdentificationNote, filled(t.Needed), filled(t.Fees), t.FeeNote, t.Time, filled(t.Deadlines), filled(t.GoodToKnow), filled(t.Names), filled(t.Formerly))
	}
	for language, t := range g.Text {
		for _, l := range t.proseLinks() {
			batch.Queue(`INSERT INTO guide_prose_links (slug, version, part, url) VALUES ($1, $2, $3, $4)`, g.Slug, version, "text."+string(language)+"."+l.field, l.words)
		}
	}
	for i, source := range g.Sources {
		batch.Queue(`INSERT INTO guide_sources (slug, version, n, url, title, seen, checked) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			g.Slug, version, i+1, source.URL, source.Title, date(source.Seen), date(source.Checked))
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("publish guide %q: %w", g.Slug, err)
	}
	return version, nil
}

// guideRow, textRow and sourceRow are the rows of one version.
type guideRow struct {
	Slug           string
	Version        int
	Audience       Audience
	Status         Status
	TitleEnglish   string
	Link           string
	Identification []string
	Related        []string
	Apart          []Apart
	ReplacedBy     string
	Local          []Local
	Municipality   string
	ReviewBy       *time.Time
	PublishedBy    string
	PublishedAt    time.Time
	Why            string
}

const versionColumns = `v.slug, v.version, v.audience, v.status, v.title_english, v.link, v.identification, v.related, v.apart, v.replaced_by, v.local,
		       v.municipality, v.review_by, v.published_by, v.published_at, v.why`

type textRow struct {
	Slug               string
	Language           Language
	Title              string
	Authority          string
	Contact            string
	Summary            string
	Who                string
	Exceptions         []string
	Place              string
	Steps              []string
	IdentificationNote string
	Needed             []string
	Fees               []Fee
	FeeNote            string
	Duration           string
	Deadlines          []string
	GoodToKnow         []string
	Names              []string
	Formerly           []string
}

type sourceRow struct {
	Slug    string
	URL     string
	Title   string
	Seen    *time.Time
	Checked *time.Time
}

// readGuides reads the published versions of these slugs, or of all where slugs is nil, by slug, with what editors have checked since.
func readGuides(ctx context.Context, db postgres.DB, slugs []string) ([]Guide, error) {
	rows, err := db.Query(ctx, `
		SELECT `+versionColumns+`
		FROM guides g JOIN guide_versions v USING (slug, version)
		WHERE $1::text[] IS NULL OR g.slug = ANY($1) ORDER BY v.slug`, slugs)
	if err != nil {
		return nil, fmt.Errorf("read guides: %w", err)
	}
	guides, err := collectGuides(ctx, db, rows)
	if err != nil || len(guides) == 0 {
		return nil, err
	}
	c, err := readChecks(ctx, db, slugs)
	if err != nil {
		return nil, err
	}
	for i := range guides {
		guides[i] = c.on(guides[i])
	}
	return guides, nil
}

// collectGuides reads the versions that rows hold, at most one of each guide, with their texts and sources.
func collectGuides(ctx context.Context, db postgres.DB, rows pgx.Rows) ([]Guide, error) {
	versions, err := pgx.CollectRows(rows, pgx.RowToStructByName[guideRow])
	if err != nil || len(versions) == 0 {
		return nil, wrap("read guides", err)
	}
	// Versions never change, so the texts and sources that belong to what was read above are sure to be there.
	keys, numbers := make([]string, len(versions)), make([]int, len(versions))
	guides := make([]Guide, len(versions))
	bySlug := make(map[string]*Guide, len(versions))
	for i, v := range versions {
		keys[i], numbers[i] = v.Slug, v.Version
		guides[i] = Guide{
			Slug: v.Slug, Version: v.Version, Audience: v.Audience, Status: v.Status, TitleEnglish: v.TitleEnglish, Link: v.Link, Related: v.Related,
			Apart: v.Apart, ReplacedBy: v.ReplacedBy, Local: v.Local, Municipality: v.Municipality, ReviewBy: day(v.ReviewBy), PublishedBy: v.PublishedBy, PublishedAt: v.PublishedAt, Why: v.Why, Text: map[Language]Text{},
		}
		for _, m := range v.Identification {
			guides[i].Identification = append(guides[i].Identification, Means(m))
		}
		bySlug[v.Slug] = &guides[i]
	}
	rows, err = db.Query(ctx, `
		SELECT t.slug, t.language, t.title, t.authority, t.contact, t.summary, t.who, t.exceptions, t.place, t.steps, t.identification_note,
		       t.needed, t.fees, t.fee_note, t.duration, t.deadlines, t.good_to_know, t.names, t.formerly
		FROM unnest($1::text[], $2::int[]) AS k(slug, version) JOIN guide_texts t USING (slug, version)`, keys, numbers)
	if err != nil {
		return nil, fmt.Errorf("read guide texts: %w", err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowToStructByName[textRow])
	if err != nil {
		return nil, fmt.Errorf("read guide texts: %w", err)
	}
	for _, t := range texts {
		bySlug[t.Slug].Text[t.Language] = Text{
			Title: t.Title, Authority: t.Authority, Contact: t.Contact, Summary: t.Summary, Who: t.Who, Exceptions: t.Exceptions, Where: t.Place,
			Steps: t.Steps, IdentificationNote: t.IdentificationNote, Needed: t.Needed, Fees: t.Fees, FeeNote: t.FeeNote, Time: t.Duration,
			Deadlines: t.Deadlines, GoodToKnow: t.GoodToKnow, Names: t.Names, Formerly: t.Formerly,
		}
	}
	rows, err = db.Query(ctx, `
		SELECT c.slug, c.url, c.title, c.seen, c.checked
		FROM unnest($1::text[], $2::int[]) AS k(slug, version) JOIN guide_sources c USING (slug, version) ORDER BY c.slug, c.n`, keys, numbers)
	if err != nil {
		return nil, fmt.Errorf("read guide sources: %w", err)
	}
	sources, err := pgx.CollectRows(rows, pgx.RowToStructByName[sourceRow])
	if err != nil {
		return nil, fmt.Errorf("read guide sources: %w", err)
	}
	for _, c := range sources {
		g := bySlug[c.Slug]
		g.Sources = append(g.Sources, Source{URL: c.URL, Title: c.Title, Seen: day(c.Seen), Checked: day(c.Checked)})
	}
	return guides, nil
}

func means(list []Means) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = string(m)
	}
	return out
}

// filled gives an empty list for nil: the database knows no NULL lists.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return slices.Clone(list)
}

// date and day turn a date into a column and back; the zero time is NULL.
func date(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func day(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func wrap(act string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", act, err)
}
