package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// GuideView is a part of the list of guides.
type GuideView string

// The views, in the order in which pages show them.
const (
	AllGuides       GuideView = "all"
	ForMe           GuideView = "mine"      // in review, and not written by who asks
	ForReview       GuideView = "review"    // in review
	WithDraft       GuideView = "draft"     // somebody is at a draft that was not sent yet
	ToRenew         GuideView = "renew"     // past the review date, or without one
	ToRenewSoon     GuideView = "soon"      // past it within RenewSoon
	NeverChecked    GuideView = "unchecked" // nobody has opened a source of what is published
	InForce         GuideView = "published" // published, whatever the date
	RetiredServices GuideView = "retired"
)

// GuideViews lists the views.
func GuideViews() []GuideView {
	return []GuideView{AllGuides, ForMe, ForReview, WithDraft, ToRenew, ToRenewSoon, NeverChecked, InForce, RetiredServices}
}

// GuideFilter says which guides to list. The zero value lists the first of all of them, by title.
type GuideFilter struct {
	Find   string    // words, each of which stands in the slug, a title, an everyday name or an old one; "" is no limit
	View   GuideView // default: all
	By     Editor    // who asks
	Today  time.Time // a day
	Order  string    // title | changed (the newest first) | review (the earliest first); "" is what suits the view
	Offset int
	Limit  int // default 50
}

// GuideLine is a guide in a list, published or not yet.
type GuideLine struct {
	Slug        string
	Title       string // Bulgarian; that of the draft where nothing is published; "" where it has none yet
	Authority   string
	Names       []string
	Audience    Audience
	Version     int // 0: never published
	Status      Status
	ReplacedBy  string
	ReviewBy    *time.Time
	Checked     *time.Time // when a source was last opened; nil: never
	PublishedAt *time.Time
	PublishedBy string // opaque staff id
	DraftStage  Stage  // "" where there is no draft
	DraftBy     string // opaque staff id of who changed it last
	DraftAt     *time.Time
	DraftSentBy string
	WaitsForMe  bool // in review, and not written by who asks
	life        Life
}

// Life says where the guide stands on the day of the filter.
func (l GuideLine) Life() Life { return l.life }

// GuideList is a page of the list of guides, and how many there are in each view of what was searched for.
type GuideList struct {
	Lines  []GuideLine
	Counts map[GuideView]int
}

// guideLines is what lists of guides are ordered and counted by, one narrow row for each guide or draft. $1 is who asks, $2 is the day.
const guideLines = `
	SELECT l.*,
		l.version > 0 AND l.status = 'active' AS in_force,
		l.version > 0 AND l.status = 'active' AND (l.review_by IS NULL OR l.review_by < $2::date) AS to_renew,
		l.version > 0 AND l.status = 'active' AND l.review_by >= $2::date AND l.review_by < $2::date + 30 AS soon,
		l.version > 0 AND l.status = 'active' AND l.checked IS NULL AS unchecked
	FROM (
		SELECT coalesce(g.slug, d.slug) AS slug, lower(coalesce(t.title, d.guide -> 'Text' -> 'bg' ->> 'Title', '')) AS ordered,
			coalesce(g.version, 0) AS version, coalesce(g.status, 'active') AS status, g.review_by, g.checked,
			greatest(g.published_at, d.changed_at) AS changed, coalesce(d.stage, '') AS draft_stage, d.changed_at AS draft_at,
			coalesce(d.stage = 'review' AND $1 <> ALL (d.hands), false) AS waits_for_me
		FROM guide_ages g
			JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
			FULL JOIN guide_drafts d ON d.slug = g.slug`

// guidesFound ends guideLines with those that have all words of $3.
const guidesFound = `
			LEFT JOIN guide_versions v ON v.slug = g.slug AND v.version = g.version
			LEFT JOIN guide_texts e ON e.slug = g.slug AND e.version = g.version AND e.language = 'en'
		WHERE NOT EXISTS (
			SELECT FROM unnest($3::text[]) w
			WHERE strpos(lower(concat_ws(' ', g.slug, d.slug, t.title, array_to_string(t.names || t.formerly, ' '), v.title_english, e.title,
				array_to_string(e.names, ' '), d.guide -> 'Text' -> 'bg' ->> 'Title')), w) = 0)`

// viewColumns say what a row of guideLines must hold to be in a view.
var viewColumns = map[GuideView]string{
	AllGuides: "true", ForMe: "waits_for_me", ForReview: "draft_stage = 'review'", WithDraft: "draft_stage = 'draft'", ToRenew: "to_renew",
	ToRenewSoon: "soon", NeverChecked: "unchecked", InForce: "in_force", RetiredServices: "version > 0 AND status = 'closed'",
}

// guideOrders are the orders of a list.
var guideOrders = map[string]string{
	"title":   "l.ordered, l.slug",
	"changed": "l.changed DESC, l.slug",
	"review":  "l.review_by NULLS FIRST, l.ordered, l.slug",
	"waiting": "l.draft_at, l.slug",
	"found":   "strpos(l.ordered, $4) <> 1, strpos(l.ordered, $4) = 0, l.ordered, l.slug",
}

// order gives the order that a filter asks for, or what suits it.
func (f GuideFilter) order() string {
	switch {
	case f.Order != "waiting" && f.Order != "found" && guideOrders[f.Order] != "":
		return f.Order
	case f.View == ForMe || f.View == ForReview:
		return "waiting"
	case f.View == ToRenew || f.View == ToRenewSoon:
		return "review"
	case f.View == WithDraft:
		return "changed"
	case f.Find != "":
		return "found"
	}
	return "title"
}

// ListGuides lists guides and the drafts of those that are not published yet.
func (s *Store) ListGuides(ctx context.Context, f GuideFilter) (GuideList, error) {
	if viewColumns[f.View] == "" {
		f.View = AllGuides
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Find = strings.ToLower(strings.TrimSpace(f.Find))
	words := filled(strings.Fields(f.Find))
	lines := guideLines
	if len(words) > 0 {
		lines += guidesFound
	}
	var counts []string
	for _, v := range GuideViews() {
		counts = append(counts, "count(*) FILTER (WHERE "+viewColumns[v]+")")
	}
	// The lines are made once: counted, put in order, and only those of the page read whole. Where the page is empty, one row has the counts alone.
	order := guideOrders[f.order()]
	rows, err := s.db.Query(ctx, `
		WITH lines AS MATERIALIZED (`+lines+`
			) l
		), counted AS (
			SELECT ARRAY[`+strings.Join(counts, ", ")+`]::int[] AS counts FROM lines
		), page AS (
			SELECT * FROM lines l WHERE (`+viewColumns[f.View]+`) AND $3::text[] IS NOT NULL AND $4::text IS NOT NULL
			ORDER BY `+order+` LIMIT $5 OFFSET $6
		)
		SELECT c.counts, coalesce(l.slug, '') AS slug,
			coalesce(t.title, d.guide -> 'Text' -> 'bg' ->> 'Title', '') AS title,
			coalesce(t.authority, d.guide -> 'Text' -> 'bg' ->> 'Authority', '') AS authority,
			coalesce(t.names || t.formerly, '{}') AS names,
			coalesce(v.audience, d.guide ->> 'Audience', '') AS audience,
			coalesce(l.version, 0) AS version, coalesce(l.status, '') AS status, coalesce(v.replaced_by, '') AS replaced_by, l.review_by,
			l.checked, v.published_at, coalesce(v.published_by, '') AS published_by,
			coalesce(l.draft_stage, '') AS draft_stage,
			coalesce(d.changed_by, '') AS draft_by, l.draft_at, coalesce(d.sent_by, '') AS draft_sent_by, coalesce(l.waits_for_me, false) AS waits_for_me
		FROM counted c LEFT JOIN page l ON true
			LEFT JOIN guide_versions v ON v.slug = l.slug AND v.version = l.version
			LEFT JOIN guide_texts t ON t.slug = l.slug AND t.version = l.version AND t.language = 'bg'
			LEFT JOIN guide_drafts d ON d.slug = l.slug
		ORDER BY `+order, f.By.ID, f.Today.Format(time.DateOnly), words, f.Find, f.Limit, max(0, f.Offset))
	if err != nil {
		return GuideList{}, fmt.Errorf("list guides: %w", err)
	}
	type counted struct {
		GuideLine
		Counts []int
	}
	read, err := pgx.CollectRows(rows, pgx.RowToStructByName[counted])
	if err != nil {
		return GuideList{}, fmt.Errorf("list guides: %w", err)
	}
	list := GuideList{Counts: map[GuideView]int{}}
	for _, l := range read {
		for i, v := range GuideViews() {
			list.Counts[v] = l.Counts[i]
		}
		if l.Slug == "" {
			continue
		}
		l.life = life(l.Version, l.Status, day(l.ReviewBy), f.Today)
		list.Lines = append(list.Lines, l.GuideLine)
	}
	return list, nil
}

// PointingAt lists the guides of closed services that name this one as what does their work now.
func (s *Store) PointingAt(ctx context.Context, slug string) ([]GuideLine, error) {
	rows, err := s.db.Query(ctx, `
		SELECT g.slug, t.title
		FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
		WHERE v.replaced_by = $1 ORDER BY lower(t.title), g.slug`, slug)
	if err != nil {
		return nil, fmt.Errorf("list what points at %q: %w", slug, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[GuideLine])
	return lines, wrap(fmt.Sprintf("list what points at %q", slug), err)
}

// SameNames gives those of a guide's names that hold one of the words that were searched for, so that a list can say why it found the guide.
func (l GuideLine) SameNames(find string) (names []string) {
	words := strings.Fields(strings.ToLower(find))
	for _, name := range l.Names {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(name), w) }) {
			names = append(names, name)
		}
	}
	return names
}
