package knowledge

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Version is one line of a guide's history.
type Version struct {
	Version   int
	Origin    string // starter | editor | import
	Title     string // Bulgarian
	Status    Status
	Published time.Time
	By        string   // opaque staff id, or «starter», «import»
	Writers   []string // opaque staff ids; none where unknown
	Why       string
}

// Versions lists a guide's history, the newest first. It is empty where there is no such guide.
func (s *Store) Versions(ctx context.Context, slug string) ([]Version, error) {
	rows, err := s.db.Query(ctx, `
		SELECT v.version, v.origin, t.title, v.status, v.published_at AS published, v.published_by AS by, v.why,
			CASE WHEN v.writers = '{}' AND v.written_by <> '' THEN ARRAY[v.written_by] ELSE v.writers END AS writers
		FROM guide_versions v JOIN guide_texts t ON t.slug = v.slug AND t.version = v.version AND t.language = 'bg'
		WHERE v.slug = $1 ORDER BY v.version DESC`, slug)
	if err != nil {
		return nil, fmt.Errorf("list versions of %q: %w", slug, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Version])
	return all, wrap(fmt.Sprintf("list versions of %q", slug), err)
}

// GuideAt gives a version of a guide as it was published, and false where there is none.
func (s *Store) GuideAt(ctx context.Context, slug string, version int) (Guide, bool, error) {
	return guideAt(ctx, s.db, slug, version)
}

func guideAt(ctx context.Context, db postgres.DB, slug string, version int) (Guide, bool, error) {
	rows, err := db.Query(ctx, `SELECT `+versionColumns+` FROM guide_versions v WHERE v.slug = $1 AND v.version = $2`, slug, version)
	if err != nil {
		return Guide{}, false, fmt.Errorf("read version %d of %q: %w", version, slug, err)
	}
	guides, err := collectGuides(ctx, db, rows)
	if err != nil || len(guides) == 0 {
		return Guide{}, false, wrap(fmt.Sprintf("read version %d of %q", version, slug), err)
	}
	return guides[0], true, nil
}
