package handoff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// The most characters of an editor's words for a problem, and of a reason.
const (
	maxProblemTitle = 200
	maxAsideReason  = 1000
	maxDraftWords   = 12000 // of librarians, in the notes of a draft
)

// ErrProblemState says that a problem can't take that step now: another editor was quicker.
var ErrProblemState = errors.New("the problem has moved on")

// act changes a problem that is in one of the states, through the door.
func (w *Worklist) act(ctx context.Context, a staff.Account, verb string, id int64, states []string, change func(tx pgx.Tx, p Problem) error) error {
	err := w.desk.staff.Door(ctx, staff.Act{By: a.ID, Verb: verb, Subject: fmt.Sprintf("problem:%d", id)}, func(tx pgx.Tx, _ *staff.Act) error {
		var p Problem
		err := tx.QueryRow(ctx, `
			UPDATE problems SET changed_at = $2, changed_by = $3, revision = nextval('problem_revisions') WHERE id = $1
			RETURNING id, guide, title, state, remedy, fix`, id, w.o.Now(), a.ID).Scan(&p.ID, &p.Guide, &p.Title, &p.State, &p.Remedy, &p.Fix)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if !slices.Contains(states, p.State) {
			return ErrProblemState
		}
		if err := ownProblem(ctx, tx, a, p, verb); err != nil {
			return err
		}
		return change(tx, p)
	})
	if err != nil {
		return fmt.Errorf("%s problem %d: %w", verb, id, err)
	}
	return nil
}

// ownProblem refuses a municipality's editor a problem of the whole country: theirs are those of their municipality's guides, and a new
// guide of their own may be begun for what nobody works on.
func ownProblem(ctx context.Context, tx pgx.Tx, a staff.Account, p Problem, verb string) error {
	if a.Municipality == "" || verb == "problem.draft" && p.Guide == "" {
		return nil
	}
	var own bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM guides g JOIN guide_versions v ON v.slug = g.slug AND v.version = g.version
			WHERE g.slug = CASE WHEN $1 <> '' THEN $1 ELSE $2 END AND v.municipality = $3)`, p.Guide, p.Fix, a.Municipality).Scan(&own)
	if err != nil {
		return fmt.Errorf("look whose guide %q is: %w", p.Guide+p.Fix, err)
	}
	if !own {
		return editorFault(knowledge.Editor{Municipality: a.Municipality})
	}
	return nil
}

// typed is a text as PostgreSQL can keep it, with the ends of lines that browsers send made one.
func typed(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// words masks what an editor typed and holds it to a length; least 1 asks for something.
func (w *Worklist) words(ctx context.Context, field, text string, least, most int) (string, error) {
	text, _, err := w.desk.conversations.Mask(ctx, typed(text))
	if err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(text); n < least || n > most {
		return "", &staff.Fault{Field: field, Key: "worklist.fault_words", Args: []any{most}}
	}
	return text, nil
}

// NameProblem gives a problem an editor's words, which outlive the questions. Empty words take them away.
func (w *Worklist) NameProblem(ctx context.Context, a staff.Account, id int64, title string) error {
	title, err := w.words(ctx, "title", strings.Join(strings.Fields(title), " "), 0, maxProblemTitle)
	if err != nil {
		return err
	}
	return w.act(ctx, a, "problem.name", id, ProblemStates(), func(tx pgx.Tx, _ Problem) error {
		_, err := tx.Exec(ctx, `UPDATE problems SET title = $2 WHERE id = $1`, id, title)
		return err
	})
}

// SetAside puts a problem away for a reason. What is like it comes to it and stays out of the list. The title outlives the questions, so
// that it still is known again later.
func (w *Worklist) SetAside(ctx context.Context, a staff.Account, id int64, title, reason string) error {
	title, err := w.words(ctx, "title", strings.Join(strings.Fields(title), " "), 0, maxProblemTitle)
	if err != nil {
		return err
	}
	if reason, err = w.words(ctx, "reason", reason, 1, maxAsideReason); err != nil {
		return err
	}
	return w.act(ctx, a, "problem.aside", id, []string{"open"}, func(tx pgx.Tx, _ Problem) error {
		if _, err := tx.Exec(ctx, `UPDATE problems SET state = 'aside', title = coalesce(nullif($2, ''), title), reason = $3 WHERE id = $1`, id, title, reason); err != nil {
			return err
		}
		return endTasks(ctx, tx, id, "dismissed", reason, w.o.Now())
	})
}

// ReopenProblem takes up again what was set aside, is being worked on, or was taken for fixed.
func (w *Worklist) ReopenProblem(ctx context.Context, a staff.Account, id int64) error {
	return w.act(ctx, a, "problem.reopen", id, []string{"aside", "fixed", "working"}, func(tx pgx.Tx, _ Problem) error {
		_, err := tx.Exec(ctx, `UPDATE problems SET state = 'open', remedy = '', reason = '', fixed_at = NULL, fix = '', counted_at = NULL WHERE id = $1`, id)
		return err
	})
}

// Merge puts all cases of a problem to another, which must be there and not merged itself.
func (w *Worklist) Merge(ctx context.Context, a staff.Account, id, into int64) error {
	if id == into {
		return &staff.Fault{Field: "into", Key: "worklist.fault_into"}
	}
	return w.act(ctx, a, "problem.merge", id, []string{"open"}, func(tx pgx.Tx, p Problem) error {
		var other Problem
		err := tx.QueryRow(ctx, `
			UPDATE problems SET revision = nextval('problem_revisions') WHERE id = $1 AND state <> 'merged' AND (guide = '') = ($2 = '')
			RETURNING guide, fix`, into, p.Guide).Scan(&other.Guide, &other.Fix)
		if errors.Is(err, pgx.ErrNoRows) {
			return &staff.Fault{Field: "into", Key: "worklist.fault_into"}
		}
		if err != nil {
			return err
		}
		if err := ownProblem(ctx, tx, a, other, "problem.merge"); err != nil {
			return err
		}
		return pour(ctx, tx, id, into)
	})
}

// Split takes cases out of a problem and begins another with them, whose id it gives.
func (w *Worklist) Split(ctx context.Context, a staff.Account, id int64, cases []int64) (next int64, err error) {
	if len(cases) == 0 {
		return 0, &staff.Fault{Field: "cases", Key: "worklist.fault_cases"}
	}
	err = w.act(ctx, a, "problem.split", id, []string{"open", "working"}, func(tx pgx.Tx, p Problem) error {
		err := tx.QueryRow(ctx, `
			INSERT INTO problems (guide, first_at, last_at, changed_at, changed_by)
			SELECT $1, min(at), max(at), $4, $5 FROM problem_items WHERE problem = $2 AND id = ANY ($3) HAVING count(*) > 0 RETURNING id`,
			p.Guide, id, cases, w.o.Now(), a.ID).Scan(&next)
		if errors.Is(err, pgx.ErrNoRows) {
			return &staff.Fault{Field: "cases", Key: "worklist.fault_cases"}
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE problem_items SET problem = $3 WHERE problem = $1 AND id = ANY ($2)`, id, cases, next); err != nil {
			return err
		}
		var left bool
		if err := tx.QueryRow(ctx, `
			UPDATE problems SET counted_at = NULL, example = NULL WHERE id = $1
			RETURNING EXISTS (SELECT FROM problem_items WHERE problem = $1)`, id).Scan(&left); err != nil {
			return err
		}
		if !left {
			return &staff.Fault{Field: "cases", Key: "worklist.fault_cases_all"}
		}
		return nil
	})
	return next, err
}

// BeginGuide begins the draft of a new guide for a problem. The draft's notes say where it comes from, with what the librarians who closed a
// ticket over it wrote to the editors. An editor writes and publishes it; then the problem is fixed.
func (w *Worklist) BeginGuide(ctx context.Context, a staff.Account, by knowledge.Editor, id int64, slug, title string) error {
	slug = strings.TrimSpace(slug)
	title, err := w.words(ctx, "title", strings.Join(strings.Fields(title), " "), 3, maxProblemTitle)
	if err != nil {
		return err
	}
	return w.act(ctx, a, "problem.draft", id, []string{"open"}, func(tx pgx.Tx, p Problem) error {
		return w.draftGuide(ctx, tx, by, p, slug, title)
	})
}

// MendGuide begins a draft of the guide that a problem says is wrong, or goes on with the one that is there.
func (w *Worklist) MendGuide(ctx context.Context, a staff.Account, by knowledge.Editor, id int64) (slug string, err error) {
	err = w.act(ctx, a, "problem.draft", id, []string{"open"}, func(tx pgx.Tx, p Problem) error {
		if slug = p.Guide; slug == "" {
			return ErrProblemState
		}
		d, err := draftOf(ctx, tx, slug)
		if err != nil {
			return err
		}
		notes, err := w.notes(ctx, tx, p)
		if err != nil {
			return err
		}
		d.Notes = strings.TrimSpace(d.Notes + "\n\n" + notes)
		if _, err := w.desk.knowledge.SaveDraft(ctx, tx, d, by); err != nil {
			return draftFault(err)
		}
		return w.remedy(ctx, tx, id, "draft", slug, "")
	})
	return slug, err
}

// AddEverydayName adds an everyday name to a guide, as a change of its draft; published, it fixes the problem.
func (w *Worklist) AddEverydayName(ctx context.Context, a staff.Account, by knowledge.Editor, id int64, slug, name string) error {
	name, err := w.words(ctx, "name", strings.ToLower(strings.Join(strings.Fields(name), " ")), 2, 80)
	if err != nil {
		return err
	}
	return w.act(ctx, a, "problem.everyday-name", id, []string{"open"}, func(tx pgx.Tx, p Problem) error {
		d, err := draftOf(ctx, tx, strings.TrimSpace(slug))
		if err != nil {
			return err
		}
		texts := map[knowledge.Language]knowledge.Text{}
		for l, t := range d.Guide.Text {
			texts[l] = t
		}
		t := texts[knowledge.Bulgarian]
		if slices.Contains(t.Names, name) {
			return &staff.Fault{Field: "name", Key: "worklist.fault_name_there"}
		}
		t.Names = append(slices.Clone(t.Names), name)
		texts[knowledge.Bulgarian] = t
		d.Guide.Text = texts
		if _, err := w.desk.knowledge.SaveDraft(ctx, tx, d, by); err != nil {
			return draftFault(err)
		}
		return w.remedy(ctx, tx, id, "name", d.Slug, name)
	})
}

// AddSample adds a question, which an editor has read and may have changed, to what is learned from: a guide answers it. The problem is fixed then.
func (w *Worklist) AddSample(ctx context.Context, a staff.Account, by knowledge.Editor, id int64, slug, question string) error {
	if err := editorFault(by); err != nil {
		return err
	}
	question, err := w.words(ctx, "question", strings.Join(strings.Fields(question), " "), 5, 500)
	if err != nil {
		return err
	}
	slug = strings.TrimSpace(slug)
	if _, ok, err := w.desk.knowledge.Guide(ctx, slug); err != nil {
		return err
	} else if !ok {
		return &staff.Fault{Field: "sample-guide", Key: "worklist.fault_guide"}
	}
	return w.act(ctx, a, "problem.sample", id, []string{"open"}, func(tx pgx.Tx, p Problem) error {
		sample := knowledge.Sample{Text: question, Expected: []string{slug}, Kind: "plain", Language: languageOf(question)}
		if err := w.desk.knowledge.PutSample(ctx, tx, sample, by.ID); err != nil {
			return err
		}
		if err := w.remedy(ctx, tx, id, "sample", slug, question); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE problems SET state = 'fixed', fixed_at = $2, counted_at = NULL WHERE id = $1`, id, w.o.Now()); err != nil {
			return err
		}
		return endTasks(ctx, tx, id, "done", "", w.o.Now())
	})
}

// languageOf guesses the language of an editor's question by its letters.
func languageOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r >= 'а' && r <= 'я' || r >= 'А' && r <= 'Я' }) {
		return "bg"
	}
	return "en"
}

// remedy notes what is being done about a problem; its words become the problem's where it has none.
func (w *Worklist) remedy(ctx context.Context, tx pgx.Tx, id int64, remedy, slug, title string) error {
	if runes := []rune(title); len(runes) > maxProblemTitle {
		title = string(runes[:maxProblemTitle])
	}
	_, err := tx.Exec(ctx, `
		UPDATE problems SET state = 'working', remedy = $2, fix = $3, title = CASE WHEN title = '' THEN $4 ELSE title END,
			fix_version = coalesce((SELECT version FROM guides WHERE slug = $3), 0)
		WHERE id = $1`, id, remedy, slug, title)
	return err
}

// draftOf is the draft of a guide, or one that would begin on what is published.
func draftOf(ctx context.Context, tx pgx.Tx, slug string) (knowledge.Draft, error) {
	store := knowledge.NewStore(tx)
	d, ok, err := store.Draft(ctx, slug)
	if err != nil || ok {
		return d, err
	}
	g, ok, err := store.Guide(ctx, slug)
	if err != nil {
		return d, err
	}
	if !ok {
		return d, &staff.Fault{Field: "name-guide", Key: "worklist.fault_guide"}
	}
	return knowledge.Draft{Slug: slug, Base: g.Version, Guide: g}, nil
}

// draftFault puts what keeps a draft from being saved as the fault of a field.
func draftFault(err error) error {
	var f *knowledge.Fault
	switch {
	case errors.Is(err, knowledge.ErrStaleDraft):
		return &staff.Fault{Field: "slug", Key: "worklist.fault_slug_taken"}
	case errors.As(err, &f) && f.Field == "slug":
		return &staff.Fault{Field: "slug", Key: "worklist.fault_slug"}
	case errors.As(err, &f) && f.Field == "notes":
		return &staff.Fault{Field: "slug", Key: "worklist.fault_notes"}
	case errors.As(err, &f):
		return &staff.Fault{Field: "slug", Key: "worklist.fault_municipality"}
	}
	return err
}

// notes are what a draft is begun with: where it comes from, and what librarians wrote to the editors. What they wrote to the person is
// not copied (see Replies): it goes with the conversation.
func (w *Worklist) notes(ctx context.Context, tx pgx.Tx, p Problem) (string, error) {
	rows, err := tx.Query(ctx, `
		SELECT g.ticket, g.words FROM problem_items i JOIN guide_tasks g ON g.id = i.task WHERE i.problem = $1 AND g.words <> '' ORDER BY g.ticket`, p.ID)
	if err != nil {
		return "", fmt.Errorf("read the librarians' words: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "№ %d от списъка за работа: /console/worklist/%d", p.ID, p.ID)
	var ticket int64
	var words string
	_, err = pgx.ForEachRow(rows, []any{&ticket, &words}, func() error {
		if b.Len()+len(words) <= maxDraftWords {
			fmt.Fprintf(&b, "\n\nОт библиотекар, разговор № %d:\n– %s", ticket, strings.TrimSpace(words))
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read the librarians' words: %w", err)
	}
	return b.String(), nil
}
