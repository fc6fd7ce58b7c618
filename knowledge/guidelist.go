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
	DraftStale  bool   // the guide was published since the draft was begun
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

// guideLines is every guide with its draft, one row each. $1 are the words that are searched for, $2 is who asks, $3 is the day.
const guideLines = `
	SELECT l.*,
		l.version > 0 AND l.status = 'active' AS in_force,
		l.version > 0 AND l.status = 'active' AND (l.review_by IS NULL OR l.review_by < $3::date) AS to_renew,
		l.version > 0 AND l.status = 'active' AND l.review_by >= $3::date AND l.review_by < $3::date + 30 AS soon,
		l.version > 0 AND l.status = 'active' AND l.checked IS NULL AS unchecked,
		l.draft_stage = 'review' AND $2 <> ALL (l.draft_writers) AS waits_for_me
	FROM (
		SELECT coalesce(g.slug, d.slug) AS slug,
			coalesce(t.title, d.guide -> 'Text' -> 'bg' ->> 'Title', '') AS title,
			coalesce(t.authority, d.guide -> 'Text' -> 'bg' ->> 'Authority', '') AS authority,
			coalesce(t.names || t.formerly, '{}') AS names,
			coalesce(v.audience, d.guide ->> 'Audience', '') AS audience,
			coalesce(g.version, 0) AS version, coalesce(v.status, 'active') AS status, coalesce(v.replaced_by, '') AS replaced_by, a.review_by,
			a.checked, v.published_at, coalesce(v.published_by, '') AS published_by,
			coalesce(d.stage, '') AS draft_stage, coalesce(d.base < g.version, false) AS draft_stale,
			coalesce(d.changed_by, '') AS draft_by, d.changed_at AS draft_at, coalesce(d.sent_by, '') AS draft_sent_by,
			coalesce(d.writers, '{}') AS draft_writers,
			coalesce(v.title_english, '') || ' ' || coalesce(e.title, '') || ' ' || array_to_string(coalesce(e.names, '{}'), ' ') ||
				' ' || coalesce(d.guide -> 'Text' -> 'bg' ->> 'Title', '') AS more
		FROM guides g
			JOIN guide_versions v USING (slug, version)
			JOIN guide_ages a USING (slug, version)
			JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
			LEFT JOIN guide_texts e ON e.slug = g.slug AND e.version = g.version AND e.language = 'en'
			FULL JOIN guide_drafts d ON d.slug = g.slug
	) l
	WHERE cardinality($1::text[]) = 0 OR NOT EXISTS (
		SELECT FROM unnest($1::text[]) w
		WHERE strpos(lower(concat_ws(' ', l.slug, l.title, array_to_string(l.names, ' '), l.more)), w) = 0)`

// viewColumns say what a row of guideLines must hold to be in a view.
var viewColumns = map[GuideView]string{
	AllGuides: "true", ForMe: "waits_for_me", ForReview: "draft_stage = 'review'", WithDraft: "draft_stage = 'draft'", ToRenew: "to_renew",
	ToRenewSoon: "soon", NeverChecked: "unchecked", InForce: "in_force", RetiredServices: "version > 0 AND status = 'closed'",
}

// guideOrders are the orders of a list.
var guideOrders = map[string]string{
	"title":   "lower(title), slug",
	"changed": "greatest(published_at, draft_at) DESC, slug",
	"review":  "review_by NULLS FIRST, lower(title), slug",
	"waiting": "draft_at, slug",
	"found":   "strpos(lower(title), $4) <> 1, strpos(lower(title), $4) = 0, lower(title), slug",
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
	list := GuideList{Counts: map[GuideView]int{}}
	var columns []string
	for _, v := range GuideViews() {
		columns = append(columns, "count(*) FILTER (WHERE "+viewColumns[v]+")")
	}
	counts := make([]int, len(columns))
	into := make([]any, len(columns))
	for i := range counts {
		into[i] = &counts[i]
	}
	today := f.Today.Format(time.DateOnly)
	err := s.db.QueryRow(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM (`+guideLines+`) AS lines`, words, f.By.ID, today).Scan(into...)
	if err != nil {
		return list, fmt.Errorf("count guides: %w", err)
	}
	for i, v := range GuideViews() {
		list.Counts[v] = counts[i]
	}
	rows, err := s.db.Query(ctx, `
		SELECT slug, title, authority, names, audience, version, status, replaced_by, review_by, checked, published_at, published_by,
			draft_stage, draft_stale, draft_by, draft_at, draft_sent_by, waits_for_me
		FROM (`+guideLines+`) AS lines
		WHERE (`+viewColumns[f.View]+`) AND $4::text IS NOT NULL
		ORDER BY `+guideOrders[f.order()]+` LIMIT $5 OFFSET $6`, words, f.By.ID, today, f.Find, f.Limit, max(0, f.Offset))
	if err != nil {
		return list, fmt.Errorf("list guides: %w", err)
	}
	list.Lines, err = pgx.CollectRows(rows, pgx.RowToStructByName[GuideLine])
	for i := range list.Lines {
		l := &list.Lines[i]
		l.life = life(l.Version, l.Status, day(l.ReviewBy), f.Today)
	}
	return list, wrap("list guides", err)
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
