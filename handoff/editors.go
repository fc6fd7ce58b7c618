package handoff

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// When editors are reminded of what they look after.
const (
	remindEvery   = time.Hour // between two looks: dates are of days
	remindBefore  = 30        // days before a guide's review date
	remindAgain   = 30        // days between two reminders after it
	remindWeekly  = 7*24*time.Hour - 2*time.Hour
	remindNothing = 22 * time.Hour // until somebody without broken addresses is looked at again: the next working day
	remindRows    = 10             // guides or addresses that one message lists
	remindLetters = 200            // of an address in it
)

// RunEditors reminds editors of guides whose review date comes or is past, and once a week of addresses that don't lead where they should,
// until ctx ends, by the ways of the other notices; the desk's page of sources shows the same. One replica does it at a time.
func (n *Notices) RunEditors(ctx context.Context) error {
	if !n.o.Mail.Works() && n.o.Telegram == nil {
		return nil
	}
	return postgres.LeadEvery(ctx, n.desk.db, "editors", remindEvery, n.Editors, func(err error) { n.o.Log.Error("reminding editors failed", "err", err) })
}

// Editors reminds whoever is to be reminded now, on working days by day. A guide of a municipality is its editors' to look after, and where it
// has none, everybody's. What was not sent is tried again a day later; a crash between sending and noting may repeat one message.
func (n *Notices) Editors(ctx context.Context) error {
	now := n.desk.now().In(sofia())
	if !atWork(now) {
		return nil
	}
	rows, err := n.desk.db.Query(ctx, `
		SELECT s.id FROM staff s WHERE s.active AND s.notices AND s.password_hash IS NOT NULL AND 'editor' = ANY (s.roles) ORDER BY s.id`)
	if err != nil {
		return fmt.Errorf("find editors to remind: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find editors to remind: %w", err)
	}
	var faults []error // what fails for one is no reason to leave the others out
	for _, id := range accounts {
		to, ok, err := n.desk.staff.Account(ctx, id)
		if err == nil && ok {
			err = errors.Join(n.remindGuides(ctx, to, now), n.remindLinks(ctx, to, now))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("remind account %d: %w", id, err))
		}
	}
	return errors.Join(faults...)
}

// atWork says whether people are at work in Bulgaria: a working day, by day.
func atWork(now time.Time) bool {
	_, holiday := knowledge.Holiday(now)
	return !holiday && now.Weekday() != time.Saturday && now.Weekday() != time.Sunday && now.Hour() >= askFrom && now.Hour() < askTo
}

// remindedGuide is a guide that somebody is reminded of.
type remindedGuide struct {
	Slug, Title string
	ReviewBy    time.Time
}

// remindGuides takes the guides that an account is to be told of, sends them as one message and notes it.
func (n *Notices) remindGuides(ctx context.Context, to staff.Account, now time.Time) error {
	rows, err := n.desk.db.Query(ctx, `
		WITH due AS (
			SELECT v.slug, v.version, a.review_by, CASE WHEN a.review_by > $2::date THEN 1 ELSE 2 + ($2::date - a.review_by) / $6 END AS step
			FROM guide_ages a JOIN guide_versions v USING (slug, version)
			WHERE v.status = 'active' AND a.review_by <= $2::date + $5::integer
			  AND CASE WHEN $3 <> '' THEN v.municipality = upper($3)
			      ELSE v.municipality = '' OR NOT EXISTS (SELECT FROM staff o WHERE upper(o.municipality) = v.municipality AND o.active AND 'editor' = ANY (o.roles)) END
		), mine AS (
			INSERT INTO guide_reminders AS r (staff, slug, review_by, step, next_at)
			SELECT $1, slug, review_by, step, $7::timestamptz FROM due
			WHERE NOT EXISTS ( -- a conflict locks also what is left as it is
				SELECT FROM guide_reminders t WHERE t.staff = $1 AND t.slug = due.slug
				AND CASE WHEN t.told_at IS NULL THEN t.next_at > $4 ELSE t.review_by = due.review_by AND t.step >= due.step END)
			ON CONFLICT (staff, slug) DO UPDATE SET review_by = excluded.review_by, step = excluded.step, told_at = NULL, next_at = excluded.next_at
			WHERE CASE WHEN r.told_at IS NULL THEN r.next_at <= $4 ELSE r.review_by <> excluded.review_by OR r.step < excluded.step END
			RETURNING slug)
		SELECT d.slug, t.title, d.review_by FROM mine JOIN due d USING (slug)
			JOIN guide_texts t ON t.slug = d.slug AND t.version = d.version AND t.language = 'bg'
		ORDER BY d.review_by, t.title, d.slug`,
		to.ID, now.Format(time.DateOnly), to.Municipality, now, remindBefore, remindAgain, now.Add(askLease))
	if err != nil {
		return fmt.Errorf("take guides to be read again: %w", err)
	}
	guides, err := pgx.CollectRows(rows, pgx.RowToStructByName[remindedGuide])
	if err != nil {
		return fmt.Errorf("take guides to be read again: %w", err)
	}
	if len(guides) == 0 {
		return nil
	}
	way, again := n.remind(ctx, to, i18n.N(staffLanguage, "sources.remind_guides", len(guides)), n.guidesText(to.Name, guides, now))
	slugs := make([]string, len(guides))
	for i, g := range guides {
		slugs[i] = g.Slug
	}
	_, err = n.desk.db.Exec(ctx, `
		UPDATE guide_reminders SET way = $3, told_at = CASE WHEN $4 = interval '0' THEN $5::timestamptz END, next_at = $5::timestamptz + $4
		WHERE staff = $1 AND slug = ANY ($2)`, to.ID, slugs, way, again, now)
	if err != nil {
		return fmt.Errorf("note what was told of guides: %w", err)
	}
	return nil
}

// remind sends a message. again is how long to wait where it was not sent, 0 where it was, or where there is no way to: the desk shows it.
func (n *Notices) remind(ctx context.Context, to staff.Account, subject, text string) (way string, again time.Duration) {
	way, err := n.reach(ctx, to, subject, text)
	var later *bot.RetryAfter
	switch {
	case errors.As(err, &later):
		return "none", later.D
	case err != nil:
		n.o.Log.Warn("an editor was not reminded", "account", to.ID, "err", err)
		return "none", askFailed
	}
	return way, 0
}

// guidesText is plain text with a link to each guide.
func (n *Notices) guidesText(name string, guides []remindedGuide, now time.Time) string {
	say := func(key string, args ...any) string { return i18n.T(staffLanguage, "sources."+key, args...) }
	lines := []string{i18n.T(staffLanguage, "notice.greeting", name), "", say("remind_guides_what"), ""}
	for _, g := range guides[:min(len(guides), remindRows)] {
		key := "remind_past"
		if g.ReviewBy.Format(time.DateOnly) >= now.Format(time.DateOnly) {
			key = "remind_soon"
		}
		lines = append(lines, say(key, g.Title, bot.DateWords(g.ReviewBy, staffLanguage)), n.o.PublicURL+"/console/guides/"+g.Slug)
	}
	if more := len(guides) - remindRows; more > 0 {
		lines = append(lines, say("remind_more", more))
	}
	return n.ended(append(lines, "", say("remind_all", n.o.PublicURL+"/console/sources?view=past")))
}

// ended ends a message with how to have no more of them.
func (n *Notices) ended(lines []string) string {
	return strings.Join(append(lines, "", i18n.T(staffLanguage, "notice.off", n.o.PublicURL+"/console/account")), "\n") + "\n"
}

// remindLinks tells an account once a week which addresses are broken, where any is. Whether there are any is counted for an account only
// when its time has come: it reads all guides.
func (n *Notices) remindLinks(ctx context.Context, to staff.Account, now time.Time) error {
	tag, err := n.desk.db.Exec(ctx, `
		INSERT INTO link_reminders AS r (staff, next_at) VALUES ($1, $3)
		ON CONFLICT (staff) DO UPDATE SET next_at = excluded.next_at WHERE r.next_at <= $2`, to.ID, now, now.Add(askLease))
	if err != nil {
		return fmt.Errorf("take the reminder of links: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	by := knowledge.Editor{ID: "staff:" + strconv.FormatInt(to.ID, 10), Municipality: to.Municipality}
	counts, err := n.desk.knowledge.CountSources(ctx, now, by)
	if err != nil {
		return err
	}
	if counts[knowledge.BrokenLinks] == 0 {
		return n.linksTold(ctx, to.ID, now.Add(remindNothing), "none")
	}
	links, err := n.desk.knowledge.BrokenLinks(ctx, by, remindRows, 0)
	if err != nil {
		return err
	}
	way, again := n.remind(ctx, to, i18n.N(staffLanguage, "sources.remind_links", counts[knowledge.BrokenLinks]), n.linksText(to.Name, links, counts[knowledge.BrokenLinks]))
	if again == 0 {
		again = remindWeekly
	}
	return n.linksTold(ctx, to.ID, now.Add(again), way)
}

// linksTold notes when an account is looked at again for broken addresses.
func (n *Notices) linksTold(ctx context.Context, account int64, next time.Time, way string) error {
	if _, err := n.desk.db.Exec(ctx, `UPDATE link_reminders SET next_at = $2, way = $3 WHERE staff = $1`, account, next, way); err != nil {
		return fmt.Errorf("note the reminder of links: %w", err)
	}
	return nil
}

// shortAddress is an address as a message has room for it; the desk's page has it whole.
func shortAddress(address string) string {
	if letters := []rune(address); len(letters) > remindLetters {
		return string(letters[:remindLetters-1]) + "…"
	}
	return address
}

// linksText is plain text with each address and the guides that it stands in.
func (n *Notices) linksText(name string, links []knowledge.BrokenLink, all int) string {
	say := func(key string, args ...any) string { return i18n.T(staffLanguage, "sources."+key, args...) }
	lines := []string{i18n.T(staffLanguage, "notice.greeting", name), "", say("remind_links_what"), ""}
	for _, l := range links {
		var where []string
		for _, p := range l.Places[:min(len(l.Places), 3)] {
			if p.Slug == "" {
				p.Title = say("remind_signpost")
			}
			where = append(where, p.Title)
		}
		lines = append(lines, "– "+shortAddress(l.URL), "  "+strings.Join(where, "; "))
	}
	if more := all - len(links); more > 0 {
		lines = append(lines, say("remind_more", more))
	}
	return n.ended(append(lines, "", say("remind_all", n.o.PublicURL+"/console/sources")))
}
