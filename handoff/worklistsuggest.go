package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// MayDraft says whether an account may begin a draft from a ticket: the librarian who closed it, while the conversation is there.
func MayDraft(t Ticket, account int64) bool {
	return t.State == Closed && t.ClaimedBy == account && t.Conversation != 0
}

// Suggested says whether a draft was begun for what a ticket was about, and whether one may be begun from it no more: the editors have it as
// a fault of a guide, or have dealt with it.
func (w *Worklist) Suggested(ctx context.Context, ticket int64) (begun, taken bool, err error) {
	err = w.desk.db.QueryRow(ctx, `
		SELECT coalesce(bool_or(p.remedy = 'draft' AND p.fix <> ''), false), coalesce(bool_or(g.kind = 'wrong' OR p.state <> 'open' OR p.guide <> ''), false)
		FROM guide_tasks g LEFT JOIN problem_items i ON i.task = g.id LEFT JOIN problems p ON p.id = i.problem
		WHERE g.ticket = $1`, ticket).Scan(&begun, &taken)
	if err != nil {
		return false, false, fmt.Errorf("look for a draft from ticket %d: %w", ticket, err)
	}
	return begun, taken, nil
}

// SuggestGuide begins the draft of a new guide from a conversation that a librarian has closed. Its notes are the librarian's words
// to the editors, with personal numbers masked; those to the person stand beside it while the conversation is kept. It stands in the work list as one more problem
// that is being worked on, or as that which the closing is a case of. An editor writes it and publishes it, or throws it away.
// Errors: ErrNotFound, ErrNotYours, ErrProblemState where the editors have it already, as Suggested says; *staff.Fault.
func (w *Worklist) SuggestGuide(ctx context.Context, a staff.Account, by knowledge.Editor, ticket int64, slug, title, words string) error {
	title, err := w.words(ctx, "guide-title", strings.Join(strings.Fields(title), " "), 3, maxProblemTitle)
	if err != nil {
		return err
	}
	if words, err = w.words(ctx, "words", words, 1, maxTaskWords); err != nil {
		return err
	}
	err = w.desk.staff.Door(ctx, staff.Act{By: a.ID, Verb: "ticket.draft", Subject: fmt.Sprintf("ticket:%d", ticket)}, func(tx pgx.Tx, _ *staff.Act) error {
		var t Ticket
		var contact *int64
		err := tx.QueryRow(ctx, `
			SELECT t.state, coalesce(t.claimed_by, 0), coalesce(t.conversation, 0), c.contact
			FROM tickets t LEFT JOIN conversations c ON c.id = t.conversation WHERE t.id = $1 FOR UPDATE OF t`, ticket).Scan(&t.State, &t.ClaimedBy, &t.Conversation, &contact)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if !MayDraft(t, a.ID) {
			return ErrNotYours
		}
		now := w.o.Now()
		var task int64
		var kind Verdict
		err = tx.QueryRow(ctx, `
			INSERT INTO guide_tasks (ticket, kind, words, at) VALUES ($1, 'missing', $2, $3)
			ON CONFLICT (ticket) DO UPDATE SET words = left(concat_ws(E'\n', nullif(guide_tasks.words, ''), $2::text), $4)
			RETURNING id, kind`, ticket, words, now, maxTaskWords).Scan(&task, &kind)
		if err != nil {
			return err
		}
		if kind == Wrong {
			return ErrProblemState // also before it stands in the list as a problem of the guide
		}
		var p Problem
		err = tx.QueryRow(ctx, `
			SELECT p.id, p.state, p.guide FROM problem_items i JOIN problems p ON p.id = i.problem WHERE i.task = $1 FOR UPDATE OF p`, task).Scan(&p.ID, &p.State, &p.Guide)
		if errors.Is(err, pgx.ErrNoRows) {
			if p.ID, err = w.begin(ctx, tx, "", now); err != nil {
				return err
			}
			p.State = "open"
			err = addItem(ctx, tx, item{Problem: p.ID, Source: "closing", Task: &task, Contact: contact, At: now})
		}
		if err != nil {
			return err
		}
		if p.State != "open" || p.Guide != "" {
			return ErrProblemState
		}
		if _, err := tx.Exec(ctx, `
			UPDATE problems SET changed_at = $2, changed_by = $3, revision = nextval('problem_revisions') WHERE id = $1`, p.ID, now, a.ID); err != nil {
			return err
		}
		if slug, err = freeSlug(ctx, tx, slug); err != nil {
			return err
		}
		return w.draftGuide(ctx, tx, by, p, slug, title)
	})
	if err != nil {
		return fmt.Errorf("begin a draft from ticket %d: %w", ticket, err)
	}
	return nil
}

// freeSlug is a slug, or the first of those with a number behind it, that no guide and no draft has. A librarian chooses a title alone.
func freeSlug(ctx context.Context, tx pgx.Tx, slug string) (string, error) {
	list := []string{slug}
	for n := 2; n < 20; n++ {
		list = append(list, fmt.Sprintf("%s-%d", strings.TrimRight(slug[:min(len(slug), 57)], "-"), n))
	}
	err := tx.QueryRow(ctx, `
		SELECT x.slug FROM unnest($1::text[]) WITH ORDINALITY AS x (slug, place)
		WHERE NOT EXISTS (SELECT FROM guides g WHERE g.slug = x.slug) AND NOT EXISTS (SELECT FROM guide_drafts d WHERE d.slug = x.slug)
		ORDER BY x.place LIMIT 1`, list).Scan(&slug)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", &staff.Fault{Field: "guide-title", Key: "worklist.fault_slug_taken"}
	}
	return slug, err
}

// draftGuide begins the draft of a new guide for a problem that is open.
func (w *Worklist) draftGuide(ctx context.Context, tx pgx.Tx, by knowledge.Editor, p Problem, slug, title string) error {
	notes, err := w.notes(ctx, tx, p)
	if err != nil {
		return err
	}
	g := knowledge.Guide{Slug: slug, Audience: knowledge.Citizen, Status: knowledge.Active, Municipality: by.Municipality,
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {Title: title}}}
	if _, err := w.desk.knowledge.SaveDraft(ctx, tx, knowledge.Draft{Slug: slug, Guide: g, Notes: notes}, by); err != nil {
		return draftFault(err)
	}
	return w.remedy(ctx, tx, p.ID, "draft", slug, title)
}
