package handoff

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres"
)

// When editors are told of drafts.
const (
	reviewAfter = time.Minute      // who sent a draft by mistake takes it back at once
	reviewPause = 20 * time.Minute // between two messages to one editor; what comes meanwhile goes together
	reviewFrom  = 8                // o'clock in Bulgaria
	reviewTo    = 20

	reviewKept = 90 * 24 * time.Hour // what was told of a draft that is gone
)

// RunReviews tells editors of drafts that wait for them, until ctx ends, by the ways of the other notices. One replica does it at a time.
func (n *Notices) RunReviews(ctx context.Context) error {
	if !n.o.Mail.Works() && n.o.Telegram == nil {
		return nil
	}
	return postgres.LeadEvery(ctx, n.desk.db, "reviews", 30*time.Second, n.Reviews, func(err error) { n.o.Log.Error("telling editors of drafts failed", "err", err) })
}

// Reviews finds which editors are to be told of which drafts, drops what needs no telling any more, and sends what is due: each draft that was sent, or given back,
// once, those of one editor together, by day. After a crash between sending and noting it one message may come twice.
func (n *Notices) Reviews(ctx context.Context) error {
	now := n.desk.now()
	if err := n.findReviews(ctx, now); err != nil {
		return err
	}
	if hour := now.In(sofia()).Hour(); hour < reviewFrom || hour >= reviewTo {
		return nil
	}
	rows, err := n.desk.db.Query(ctx, `
		SELECT DISTINCT r.staff FROM review_notices r
		WHERE r.ended_at IS NULL AND r.not_before <= $1 AND NOT EXISTS (
			SELECT FROM review_notices e WHERE e.staff = r.staff AND e.way IN ('telegram', 'mail') AND e.ended_at > $2)
		ORDER BY r.staff`, now, now.Add(-reviewPause))
	if err != nil {
		return fmt.Errorf("find due notices of drafts: %w", err)
	}
	editors, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find due notices of drafts: %w", err)
	}
	for _, id := range editors {
		if err := n.tellOfDrafts(ctx, id, now); err != nil {
			return fmt.Errorf("tell editor %d of drafts: %w", id, err)
		}
	}
	return nil
}

// findReviews lists who is to be told: of a draft in review every other editor, in a municipality's guide its own and those of the whole country; of one that was
// given back who wrote it. What was sent, published or dropped meanwhile is dropped.
func (n *Notices) findReviews(ctx context.Context, now time.Time) error {
	_, err := n.desk.db.Exec(ctx, `
		INSERT INTO review_notices (slug, begun_at, revision, staff, kind, created_at, not_before)
		SELECT d.slug, d.begun_at, d.revision, s.id, CASE d.stage WHEN 'review' THEN 'review' ELSE 'returned' END, $1, $2
		FROM guide_drafts d JOIN staff s ON s.active AND s.notices AND s.password_hash IS NOT NULL AND 'editor' = ANY (s.roles)
		WHERE d.stage = 'review' AND 'staff:' || s.id <> ALL (d.hands || d.sent_by) AND s.municipality IN ('', coalesce(d.guide ->> 'Municipality', ''))
		   OR d.stage = 'draft' AND d.revision = d.returned_revision AND 'staff:' || s.id = ANY (d.hands) AND 'staff:' || s.id <> d.returned_by
		ON CONFLICT DO NOTHING`, now, now.Add(reviewAfter))
	if err != nil {
		return fmt.Errorf("find whom to tell of drafts: %w", err)
	}
	_, err = n.desk.db.Exec(ctx, `
		UPDATE review_notices r SET ended_at = $1, way = 'none'
		WHERE r.ended_at IS NULL AND (r.tries >= $2
			OR NOT EXISTS (SELECT FROM guide_drafts d WHERE d.slug = r.slug AND d.begun_at = r.begun_at AND d.revision = r.revision)
			OR NOT EXISTS (SELECT FROM staff s WHERE s.id = r.staff AND s.active AND s.notices AND 'editor' = ANY (s.roles)))`, now, noticeTries)
	if err != nil {
		return fmt.Errorf("drop notices of drafts: %w", err)
	}
	if _, err := n.desk.db.Exec(ctx, `
		DELETE FROM review_notices r WHERE r.ended_at < $1 AND NOT EXISTS (SELECT FROM guide_drafts d WHERE d.slug = r.slug AND d.begun_at = r.begun_at)`, now.Add(-reviewKept)); err != nil {
		return fmt.Errorf("forget notices of drafts: %w", err)
	}
	return nil
}

// toldDraft is a draft that an editor is told of.
type toldDraft struct {
	Slug  string
	Kind  string // review | returned
	Title string
	By    string // who sent it or gave it back
	Tries int
}

// tellOfDrafts sends an editor's due notices as one message and notes it.
func (n *Notices) tellOfDrafts(ctx context.Context, id int64, now time.Time) error {
	to, ok, err := n.desk.staff.Account(ctx, id)
	if err != nil || !ok {
		return err
	}
	rows, err := n.desk.db.Query(ctx, `
		WITH mine AS (
			UPDATE review_notices SET tries = tries + 1, not_before = $3 WHERE staff = $1 AND ended_at IS NULL AND not_before <= $2
			RETURNING slug, begun_at, revision, kind, tries)
		SELECT m.slug, m.kind, m.tries, coalesce(nullif(d.guide -> 'Text' -> 'bg' ->> 'Title', ''), m.slug) AS title, coalesce(s.name, '') AS by
		FROM mine m JOIN guide_drafts d ON d.slug = m.slug AND d.begun_at = m.begun_at AND d.revision = m.revision
			LEFT JOIN staff s ON 'staff:' || s.id = CASE m.kind WHEN 'review' THEN d.sent_by ELSE d.returned_by END
		ORDER BY m.kind DESC, title, m.slug`, id, now, now.Add(noticeLease))
	if err != nil {
		return err
	}
	drafts, err := pgx.CollectRows(rows, pgx.RowToStructByName[toldDraft])
	if err != nil || len(drafts) == 0 {
		return err
	}
	way, err := n.tell(ctx, to, reviewSubject(drafts), n.reviewText(to.Name, drafts))
	var later *bot.RetryAfter
	if errors.As(err, &later) || err != nil {
		wait := time.Minute << min(drafts[0].Tries, 5)
		if later != nil {
			wait = later.D
		}
		n.o.Log.Warn("an editor was not told of drafts", "account", id, "drafts", len(drafts), "err", err)
		_, err = n.desk.db.Exec(ctx, `UPDATE review_notices SET not_before = $2 WHERE staff = $1 AND ended_at IS NULL AND tries > 0`, id, now.Add(wait))
		return err
	}
	_, err = n.desk.db.Exec(ctx, `
		UPDATE review_notices SET ended_at = $2, way = $3 WHERE staff = $1 AND ended_at IS NULL AND tries > 0 AND not_before = $4`, id, now, way, now.Add(noticeLease))
	return err
}

func reviewSubject(drafts []toldDraft) string {
	returned := 0
	for _, d := range drafts {
		if d.Kind == "returned" {
			returned++
		}
	}
	if returned == len(drafts) {
		return i18n.N(staffLanguage, "editor.notice_returned_subject", returned)
	}
	return i18n.N(staffLanguage, "editor.notice_subject", len(drafts)-returned)
}

// reviewText is plain text with a link to each guide.
func (n *Notices) reviewText(name string, drafts []toldDraft) string {
	lines := []string{i18n.T(staffLanguage, "notice.greeting", name), ""}
	for i, d := range drafts {
		if i == shownRows {
			lines = append(lines, "– …", n.o.PublicURL+"/console/guides?view=mine")
			break
		}
		lines = append(lines, i18n.T(staffLanguage, "editor.notice_"+d.Kind, d.Title, d.By), n.o.PublicURL+"/console/guides/"+url.PathEscape(d.Slug), "")
	}
	return strings.Join(append(lines, i18n.T(staffLanguage, "notice.off", n.o.PublicURL+"/console/account")), "\n") + "\n"
}
