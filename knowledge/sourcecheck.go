package knowledge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// checks are what editors have checked since the guides were published, and how long a guide may be past its date.
type checks struct {
	rules   EditingRules
	checked map[string]map[string]time.Time // slug, address → the last day on which it was opened
	reviews map[guideVersion]time.Time      // the next review date
}

type guideVersion struct {
	slug    string
	version int
}

func (s *Store) loadChecks(ctx context.Context) (*checks, error) {
	c, err := readChecks(ctx, s.db, nil)
	if err != nil {
		return nil, err
	}
	c.rules, err = s.EditingRules(ctx)
	return c, err
}

// readChecks reads those of these guides, or of all where slugs is nil, without the rules.
func readChecks(ctx context.Context, db postgres.DB, slugs []string) (*checks, error) {
	c := &checks{checked: map[string]map[string]time.Time{}, reviews: map[guideVersion]time.Time{}}
	rows, err := db.Query(ctx, `
		SELECT slug, url, max(checked_on) FROM source_checks WHERE $1::text[] IS NULL OR slug = ANY ($1) GROUP BY slug, url`, slugs)
	if err != nil {
		return nil, fmt.Errorf("read source checks: %w", err)
	}
	var slug, url string
	var on time.Time
	if _, err := pgx.ForEachRow(rows, []any{&slug, &url, &on}, func() error {
		if c.checked[slug] == nil {
			c.checked[slug] = map[string]time.Time{}
		}
		c.checked[slug][url] = on
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read source checks: %w", err)
	}
	rows, err = db.Query(ctx, `
		SELECT DISTINCT ON (slug, version) slug, version, review_by FROM guide_reviews
		WHERE $1::text[] IS NULL OR slug = ANY ($1) ORDER BY slug, version, id DESC`, slugs)
	if err != nil {
		return nil, fmt.Errorf("read guide reviews: %w", err)
	}
	var version int
	_, err = pgx.ForEachRow(rows, []any{&slug, &version, &on}, func() error {
		c.reviews[guideVersion{slug, version}] = on
		return nil
	})
	return c, wrap("read guide reviews", err)
}

// on gives a guide as it stands after the checks.
func (c *checks) on(g Guide) Guide {
	if on, ok := c.reviews[guideVersion{g.Slug, g.Version}]; ok {
		g.ReviewBy = on
	}
	if opened := c.checked[g.Slug]; opened != nil {
		g.Sources = slices.Clone(g.Sources)
		for i, source := range g.Sources {
			if on := opened[source.URL]; on.After(source.Checked) {
				g.Sources[i].Checked = on
			}
		}
	}
	return g
}

// Shown gives a published guide as people may be shown it at a moment: with what editors have checked since, and one that has expired as a
// mere pointer to its source. Another replica's check shows a second late.
func (s *Store) Shown(ctx context.Context, g Guide, now time.Time) (Guide, Age, error) {
	c, err := s.checks.get(ctx, s)
	if err != nil {
		return Guide{}, "", err
	}
	g = c.on(g)
	age := g.Age(now.In(sofia()), c.rules.Grace)
	if age == Expired {
		g = g.Pointer()
	}
	return g, age, nil
}

// CheckSource notes that an editor has opened one of a guide's sources today (a day in Europe/Sofia). Errors: *Fault where the guide has no
// such source, or belongs to another municipality than the editor.
func (s *Store) CheckSource(ctx context.Context, tx postgres.DB, slug, url string, today time.Time, by Editor) error {
	act := fmt.Sprintf("check source of %q", slug)
	guides, err := readGuides(ctx, tx, []string{slug})
	if err != nil {
		return err
	}
	if len(guides) == 0 || !slices.ContainsFunc(guides[0].Sources, func(c Source) bool { return c.URL == url }) {
		return fmt.Errorf("%s: %w", act, &Fault{"sources.url", "fault.choice", url})
	}
	if err := ownedBy(ctx, tx, guides[0], by); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return wrap(act, noteCheck(ctx, tx, slug, []string{url}, today, by))
}

func noteCheck(ctx context.Context, tx postgres.DB, slug string, urls []string, today time.Time, by Editor) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO source_checks (slug, url, checked_on, checked_by) SELECT $1, u, $3, $4 FROM unnest($2::text[]) AS u`,
		slug, urls, today.Format(time.DateOnly), by.ID)
	return err
}

// ReviewGuide notes that an editor has read the published version against all its sources today and that it holds: its next review is a
// year later. Errors: ErrStale where another version was published meanwhile; *Fault where the guide belongs to another municipality.
func (s *Store) ReviewGuide(ctx context.Context, tx postgres.DB, slug string, version int, today time.Time, by Editor) (next time.Time, err error) {
	act := fmt.Sprintf("review guide %q", slug)
	// Who publishes meanwhile waits, or is waited for: nobody reviews what isn't there any more.
	if _, err := tx.Exec(ctx, `SELECT FROM guides WHERE slug = $1 FOR SHARE`, slug); err != nil {
		return next, fmt.Errorf("%s: %w", act, err)
	}
	guides, err := readGuides(ctx, tx, []string{slug})
	if err != nil {
		return next, err
	}
	if len(guides) == 0 || guides[0].Version != version {
		return next, fmt.Errorf("%s: %w", act, ErrStale)
	}
	if err := ownedBy(ctx, tx, guides[0], by); err != nil {
		return next, fmt.Errorf("%s: %w", act, err)
	}
	urls := map[string]bool{}
	for _, c := range guides[0].Sources {
		urls[c.URL] = true
	}
	if err := noteCheck(ctx, tx, slug, slices.Sorted(maps.Keys(urls)), today, by); err != nil {
		return next, fmt.Errorf("%s: %w", act, err)
	}
	next = time.Date(today.Year()+1, today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	_, err = tx.Exec(ctx, `INSERT INTO guide_reviews (slug, version, review_by, reviewed_by) VALUES ($1, $2, $3, $4)`,
		slug, version, next.Format(time.DateOnly), by.ID)
	return next, wrap(act, err)
}

// AsReviewed gives a draft with the review date that publishing would give it: see PublishDraft. It is for those who show what publishing would do.
func (s *Store) AsReviewed(ctx context.Context, d Draft) (Draft, error) {
	g, err := reviewed(ctx, s.db, d, d.Guide)
	d.Guide = g
	return d, err
}

// reviewed gives a guide that is to be published from a draft with the review date that an editor has given its base since the draft was
// begun, where the draft itself left the date alone.
func reviewed(ctx context.Context, tx postgres.DB, d Draft, g Guide) (Guide, error) {
	if d.New() {
		return g, nil
	}
	base, ok, err := guideAt(ctx, tx, d.Slug, d.Base)
	if err != nil || !ok || !g.ReviewBy.Equal(base.ReviewBy) {
		return g, err
	}
	c, err := readChecks(ctx, tx, []string{d.Slug})
	if err != nil {
		return g, err
	}
	g.ReviewBy = c.on(base).ReviewBy
	return g, nil
}

// ownedBy checks that a whole guide is the editor's to speak for.
func ownedBy(ctx context.Context, tx postgres.DB, g Guide, by Editor) error {
	if by.Municipality == "" {
		return nil
	}
	m, ok, err := readMunicipality(ctx, tx, by.Municipality)
	if err != nil {
		return err
	}
	if !ok || g.Municipality != m.Code {
		return &Fault{"municipality", "fault.not_yours", g.Municipality}
	}
	return nil
}
