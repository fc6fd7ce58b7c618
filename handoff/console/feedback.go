package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
)

// feedbackList is the answers that people called bad and the questions without an answer, newest first.
type feedbackList struct {
	frame
	Items    []judged
	Filter   feedbackFilter
	Shows    []string
	Reasons  []string
	Days     []int
	Older    string // address of the next page; "" at the end
	BadCount int    // in the chosen time
	Missing  int
}

// feedbackFilter narrows the list.
type feedbackFilter struct {
	Show   string // bad | unanswered | "" for both
	Reason string // of a bad rating; "" is any
	Days   int    // how far back
	Before int64  // only answers older than this id; 0 starts with the newest
}

// judged is an answer with its evidence and what the person thought of it.
type judged struct {
	ID         int64
	At         time.Time
	Question   string
	Detected   string
	Outcome    string
	Confidence float64
	Guides     []judgedGuide
	Evidence   []judgedEvidence
	Signpost   string
	Model      string
	Rating     string // "" where nobody judged
	Reason     string
	Comment    string
}

type judgedGuide struct {
	Slug    string
	Title   string
	Version int
	Score   float64
}

type judgedEvidence struct {
	Source, Key, Part   string
	Similarity, Lexical float64
}

// Part names the part of a guide that was like the question; "–" where a piece has no parts to tell apart.
func (l feedbackList) Part(e judgedEvidence) string {
	if key := partKey(e.Part); i18n.Has(l.Language, key) {
		return l.P(key)
	}
	return "–"
}

const feedbackPageSize = 30

func (s *site) feedbackPage(w http.ResponseWriter, r *http.Request) error {
	page := feedbackList{
		frame:   s.frame(w, r, "feedback_title"),
		Shows:   []string{"", "bad", "unanswered"},
		Reasons: []string{"wrong-service", "unclear", "outdated", "missing-case", "broken-link"},
		Days:    []int{7, 30, 90, 365},
	}
	q := r.URL.Query()
	page.Filter = feedbackFilter{Show: q.Get("show"), Reason: q.Get("reason"), Days: 30}
	if !slices.Contains(page.Shows, page.Filter.Show) {
		page.Filter.Show = ""
	}
	if page.Filter.Show == "unanswered" || !slices.Contains(page.Reasons, page.Filter.Reason) {
		page.Filter.Reason = ""
	}
	if days, err := strconv.Atoi(q.Get("days")); err == nil && slices.Contains(page.Days, days) {
		page.Filter.Days = days
	}
	page.Filter.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	var err error
	if page.Items, err = s.judged(r.Context(), page.Filter); err != nil {
		return err
	}
	if len(page.Items) > feedbackPageSize {
		page.Items = page.Items[:feedbackPageSize]
		q.Set("before", strconv.FormatInt(page.Items[feedbackPageSize-1].ID, 10))
		page.Older = "/console/feedback?" + url.Values(q).Encode()
	}
	var slugs []string
	for _, item := range page.Items {
		for _, g := range item.Guides {
			slugs = append(slugs, g.Slug)
		}
	}
	titles, err := s.guideTitles(r.Context(), slugs, page.Language)
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		for k, g := range item.Guides {
			item.Guides[k].Title = titles[g.Slug]
		}
	}
	err = s.DB.QueryRow(r.Context(), `
		SELECT (SELECT count(*) FROM feedback WHERE rating = 'bad' AND updated_at > now() - make_interval(days => $1)),
		       (SELECT count(*) FROM answers WHERE outcome = 'abstained' AND answered_at > now() - make_interval(days => $1))`,
		page.Filter.Days).Scan(&page.BadCount, &page.Missing)
	if err != nil {
		return fmt.Errorf("count feedback: %w", err)
	}
	return s.render(w, http.StatusOK, "feedback", page)
}

func (s *site) judged(ctx context.Context, f feedbackFilter) ([]judged, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT a.id, a.answered_at AS at, a.question, a.detected, a.outcome, a.confidence, a.guides, a.evidence, a.signpost, a.model,
			coalesce(f.rating, '') AS rating, coalesce(f.reason, '') AS reason, coalesce(f.comment, '') AS comment
		FROM answers a LEFT JOIN feedback f ON f.answer = a.id
		WHERE a.question <> ''
		  AND a.answered_at > now() - make_interval(days => $1)
		  AND ($2 <> 'unanswered' AND f.rating = 'bad' OR $2 <> 'bad' AND a.outcome = 'abstained')
		  AND ($3 = '' OR f.reason = $3)
		  AND ($4::bigint = 0 OR a.id < $4)
		ORDER BY a.id DESC
		LIMIT $5`, f.Days, f.Show, f.Reason, f.Before, feedbackPageSize+1)
	if err != nil {
		return nil, fmt.Errorf("read feedback: %w", err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByName[judged])
	if err != nil {
		return nil, fmt.Errorf("read feedback: %w", err)
	}
	return items, nil
}
