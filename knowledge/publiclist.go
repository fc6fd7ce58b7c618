package knowledge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// PublicFilter says which published guides the public list shows. The zero value: the first of all, by their Bulgarian titles.
type PublicFilter struct {
	Find     string   // words, each of which stands in a title, an everyday name, an old one or the authority; at most 200 characters count
	Language Language // of the titles, where there is a text in it; default Bulgarian
	Audience Audience // citizen or business: those that are for both too; "" is all
	Offset   int
	Limit    int // default 50
}

// PublicGuide is a guide as the public list shows it.
type PublicGuide struct {
	Slug      string
	Title     string
	Language  Language // of the title
	Authority string
	Summary   string
	Audience  Audience
	Closed    bool
}

// mostFind is how many characters of a search count.
const mostFind = 200

// PublicGuides lists published guides by title, those whose title has the words first, and says how many there are. A closed service that another guide
// took over is not among them: its address leads there.
func (s *Store) PublicGuides(ctx context.Context, f PublicFilter) (list []PublicGuide, total int, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	if f.Language == "" {
		f.Language = Bulgarian
	}
	find := []rune(strings.ToLower(strings.TrimSpace(f.Find)))
	words := filled(strings.Fields(string(find[:min(len(find), mostFind)])))
	rows, err := s.db.Query(ctx, `
		SELECT slug, title, language, authority, summary, audience, closed, count(*) OVER () AS total FROM (
			SELECT g.slug, coalesce(e.title, b.title) AS title, coalesce(e.language, b.language) AS language, coalesce(e.authority, b.authority) AS authority,
				coalesce(e.summary, b.summary) AS summary, v.audience, v.status = 'closed' AS closed,
				lower(concat_ws(' ', b.title, e.title, v.title_english)) AS titles,
				lower(concat_ws(' ', g.slug, b.title, e.title, v.title_english, b.authority, e.authority, array_to_string(b.names || b.formerly, ' '),
					array_to_string(e.names || e.formerly, ' '))) AS words
			FROM guides g
				JOIN guide_versions v USING (slug, version)
				JOIN guide_texts b ON b.slug = g.slug AND b.version = g.version AND b.language = 'bg'
				LEFT JOIN guide_texts e ON e.slug = g.slug AND e.version = g.version AND e.language = $2 AND $2 <> 'bg'
			WHERE v.replaced_by = '' AND ($3 = '' OR v.audience IN ($3, 'both'))
		) l
		WHERE NOT EXISTS (SELECT FROM unnest($1::text[]) w WHERE strpos(l.words, w) = 0)
		ORDER BY (SELECT count(*) FROM unnest($1::text[]) w WHERE strpos(l.titles, w) > 0) DESC, closed, lower(title), slug
		LIMIT $4 OFFSET $5`, words, string(f.Language), string(f.Audience), f.Limit, max(0, f.Offset))
	if err != nil {
		return nil, 0, fmt.Errorf("list public guides: %w", err)
	}
	type line struct {
		PublicGuide
		Total int
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[line])
	if err != nil {
		return nil, 0, fmt.Errorf("list public guides: %w", err)
	}
	for _, l := range lines {
		list, total = append(list, l.PublicGuide), l.Total
	}
	return list, total, nil
}

// PublishedGuide is an address to keep in a search engine.
type PublishedGuide struct {
	Slug    string
	Changed time.Time
	English bool // there is an English text
}

// PublishedGuides lists the guides that have a page of their own, by slug, at most limit of them.
func (s *Store) PublishedGuides(ctx context.Context, limit int) ([]PublishedGuide, error) {
	rows, err := s.db.Query(ctx, `
		SELECT g.slug, v.published_at AS changed,
			EXISTS (SELECT FROM guide_texts t WHERE t.slug = g.slug AND t.version = g.version AND t.language = 'en') AS english
		FROM guides g JOIN guide_versions v USING (slug, version) WHERE v.replaced_by = '' ORDER BY g.slug LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list published guides: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[PublishedGuide])
	return list, wrap("list published guides", err)
}
