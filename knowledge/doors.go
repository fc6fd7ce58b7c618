package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// DoorLine is a guide of the whole country as a municipality's editor sees it: with the municipality's door, where it has one.
type DoorLine struct {
	Slug      string
	Title     string // Bulgarian
	Authority string
	Door      *Local // nil: the municipality says nothing of its own
	Others    int    // how many other municipalities have a door: the service is done there
	Stage     Stage  // of the draft of its next version; "" where nobody is at one
}

// DoorIn gives the municipality's own door of a guide, and false where it has none.
func (m Municipality) DoorIn(g Guide) (Local, bool) {
	if i := slices.IndexFunc(g.Local, m.Owns); i >= 0 {
		return g.Local[i], true
	}
	return Local{Municipality: m.Local()}, false
}

// WithDoor gives the guide with this door in the place of the municipality's; one that says nothing takes it away.
func (m Municipality) WithDoor(g Guide, door Local) Guide {
	door.Municipality = m.Local()
	at := slices.IndexFunc(g.Local, m.Owns)
	g.Local = slices.DeleteFunc(slices.Clone(g.Local), m.Owns)
	if door.silent() {
		return g
	}
	if at < 0 {
		at = len(g.Local)
	}
	g.Local = slices.Insert(g.Local, min(at, len(g.Local)), door)
	return g
}

// silent says whether a door tells nothing.
func (l Local) silent() bool {
	return l.Link == "" && l.Contact == "" && l.Office == "" && l.FeeIn(Bulgarian) == "" && l.FeeIn(English) == "" && l.In(Bulgarian) == "" && l.In(English) == ""
}

// Alone says whether nothing but the municipality's own differs between two versions of a guide of the whole country.
func (m Municipality) Alone(before, after Guide) bool { return m.fence(after, before) == nil }

// doorNames are the names by which doors call the municipality.
func (m Municipality) doorNames() []string {
	names := []string{m.Name + ", " + m.District}
	if !m.Shared {
		names = append(names, m.Name)
	}
	return names
}

// DoorLines lists the guides of the whole country that are in force, for a municipality, and says how many there are. Those in which it has
// a door come first, then those in which others have. find are words that stand in the title or in an everyday name; "" is no limit.
func (s *Store) DoorLines(ctx context.Context, m Municipality, find string, limit, offset int) (lines []DoorLine, total int, err error) {
	rows, err := s.db.Query(ctx, `
		SELECT count(*) OVER () AS total, v.slug, t.title, t.authority,
			(SELECT l FROM jsonb_array_elements(v.local) l WHERE `+doorNameSQL+` = ANY ($1) LIMIT 1) AS door,
			(SELECT count(*) FROM jsonb_array_elements(v.local) l WHERE `+doorNameSQL+` <> ALL ($1)) AS others,
			coalesce((SELECT d.stage FROM guide_drafts d WHERE d.slug = v.slug), '') AS stage
		FROM guides g JOIN guide_versions v USING (slug, version)
			JOIN guide_texts t ON t.slug = v.slug AND t.version = v.version AND t.language = 'bg'
		WHERE v.status = 'active' AND v.municipality = ''
		  AND NOT EXISTS (SELECT FROM unnest($2::text[]) w WHERE strpos(lower(t.title || ' ' || array_to_string(t.names, ' ')), w) = 0)
		ORDER BY EXISTS (SELECT FROM jsonb_array_elements(v.local) l WHERE `+doorNameSQL+` = ANY ($1)) DESC, v.local <> '[]' DESC, lower(t.title), v.slug
		LIMIT $3 OFFSET $4`, m.doorNames(), strings.Fields(strings.ToLower(find)), limit, max(0, offset))
	if err != nil {
		return nil, 0, fmt.Errorf("list guides for municipality %q: %w", m.Code, err)
	}
	var l DoorLine
	var door []byte
	_, err = pgx.ForEachRow(rows, []any{&total, &l.Slug, &l.Title, &l.Authority, &door, &l.Others, &l.Stage}, func() error {
		l.Door = nil
		if door != nil {
			l.Door = &Local{}
			if err := json.Unmarshal(door, l.Door); err != nil {
				return err
			}
		}
		lines = append(lines, l)
		return nil
	})
	return lines, total, wrap(fmt.Sprintf("list guides for municipality %q", m.Code), err)
}

// OwnLine is a guide that a municipality owns, published or not yet.
type OwnLine struct {
	Slug     string
	Title    string // Bulgarian, that of the draft where nothing is published
	Version  int    // 0: never published
	Status   Status
	ReviewBy *time.Time
	Stage    Stage // of its draft; "" where there is none
}

// Life says where the guide stands on a day.
func (l OwnLine) Life(today time.Time) Life { return life(l.Version, l.Status, day(l.ReviewBy), today) }

// OwnGuides lists the guides of a municipality and the drafts of new ones, by title; at most 500.
func (s *Store) OwnGuides(ctx context.Context, m Municipality) ([]OwnLine, error) {
	rows, err := s.db.Query(ctx, `
		SELECT o.slug, coalesce(nullif(o.title, ''), o.slug) AS title, o.version, o.status, o.review_by, o.stage FROM (
			SELECT v.slug, t.title, v.version, v.status, g.review_by, coalesce(d.stage, '') AS stage
			FROM guide_ages g JOIN guide_versions v USING (slug, version) JOIN guide_texts t ON t.slug = v.slug AND t.version = v.version AND t.language = 'bg'
				LEFT JOIN guide_drafts d ON d.slug = v.slug
			WHERE v.municipality = $1
			UNION ALL
			SELECT d.slug, coalesce(d.guide -> 'Text' -> 'bg' ->> 'Title', ''), 0, 'active', NULL, d.stage FROM guide_drafts d
			WHERE d.base = 0 AND d.guide ->> 'Municipality' = $1
		) o ORDER BY lower(o.title), o.slug LIMIT 500`, m.Code)
	if err != nil {
		return nil, fmt.Errorf("list guides of municipality %q: %w", m.Code, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[OwnLine])
	return all, wrap(fmt.Sprintf("list guides of municipality %q", m.Code), err)
}
