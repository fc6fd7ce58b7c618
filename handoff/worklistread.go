package handoff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ProblemStates lists the states that the work list shows, in the order of its tabs.
func ProblemStates() []string { return []string{"open", "working", "fixed", "aside"} }

// ProblemFilter narrows the work list.
type ProblemFilter struct {
	State string // of ProblemStates
	Kind  string // «missing»: no guide answers; «wrong»: a guide is wrong; "" both
	Page  int    // from 1
}

// problemColumns reads a problem p as the list shows it.
const problemColumns = `
	p.id, p.guide, coalesce(gt.title, '') AS guide_title, p.title,
	CASE WHEN a.answered_at > $1 THEN coalesce(a.question, '') ELSE '' END AS example,
	p.state, p.remedy, p.fix, p.reason, coalesce(p.merged_into, 0) AS merged_into, p.people, p.items, p.recent, p.earlier,
	p.first_at, p.last_at, p.changed_at, coalesce(s.name, '') AS by_name, p.fixed_at, NULL::jsonb AS sources`

const problemJoins = `
	LEFT JOIN answers a ON a.id = p.example
	LEFT JOIN staff s ON s.id = p.changed_by
	LEFT JOIN LATERAL (
		SELECT x.title FROM guides u JOIN guide_texts x ON x.slug = u.slug AND x.version = u.version AND x.language = 'bg'
		WHERE u.slug = CASE WHEN p.guide <> '' THEN p.guide ELSE p.fix END
	) gt ON true`

// Problems lists a page of problems: what most people meet first; what is dealt with by when that was. more says that there is another page.
func (w *Worklist) Problems(ctx context.Context, f ProblemFilter, size int) (list []Problem, more bool, err error) {
	order := "p.people DESC, p.items DESC, p.id DESC"
	if f.State == "fixed" || f.State == "aside" {
		order = "p.changed_at DESC, p.id DESC"
	}
	rows, err := w.desk.db.Query(ctx, `
		SELECT `+problemColumns+` FROM (
			SELECT * FROM problems p
			WHERE p.state = $2 AND ($3 = '' OR (p.guide = '') = ($3 = 'missing'))
			ORDER BY `+order+` OFFSET $4 LIMIT $5
		) p `+problemJoins+` ORDER BY `+order,
		w.o.Now().Add(-keepWords), f.State, f.Kind, max(0, f.Page-1)*size, size+1)
	if err == nil {
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Problem])
	}
	if err != nil {
		return nil, false, fmt.Errorf("list problems: %w", err)
	}
	if more = len(list) > size; more {
		list = list[:size]
	}
	return list, more, w.addSources(ctx, list)
}

// addSources counts where the cases of the last thirty days come from.
func (w *Worklist) addSources(ctx context.Context, list []Problem) error {
	at := map[int64]int{}
	var ids []int64
	for i, p := range list {
		at[p.ID], ids = i, append(ids, p.ID)
		list[i].Sources = map[string]int{}
	}
	rows, err := w.desk.db.Query(ctx, `
		SELECT problem, source, count(*) FROM problem_items WHERE problem = ANY ($1) AND at > $2 AND source NOT IN ('again', 'told') GROUP BY 1, 2`, ids, w.o.Now().Add(-keepWords))
	if err != nil {
		return fmt.Errorf("count what problems hold: %w", err)
	}
	var id int64
	var source string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &source, &n}, func() error {
		list[at[id]].Sources[source] = n
		return nil
	})
	if err != nil {
		return fmt.Errorf("count what problems hold: %w", err)
	}
	return nil
}

// ProblemCounts gives how many problems there are in each state.
func (w *Worklist) ProblemCounts(ctx context.Context) (map[string]int, error) {
	rows, err := w.desk.db.Query(ctx, `SELECT state, count(*) FROM problems GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("count problems: %w", err)
	}
	counts := map[string]int{}
	var state string
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count problems: %w", err)
	}
	return counts, nil
}

// Problem gives one problem. Of one that was merged it gives the other. Errors: ErrNotFound.
func (w *Worklist) Problem(ctx context.Context, id int64) (Problem, error) {
	for range 10 { // merged into what was merged
		rows, err := w.desk.db.Query(ctx, `SELECT `+problemColumns+` FROM problems p `+problemJoins+` WHERE p.id = $2`, w.o.Now().Add(-keepWords), id)
		if err != nil {
			return Problem{}, fmt.Errorf("read problem %d: %w", id, err)
		}
		p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Problem])
		if errors.Is(err, pgx.ErrNoRows) {
			err = ErrNotFound
		}
		if err != nil {
			return Problem{}, fmt.Errorf("read problem %d: %w", id, err)
		}
		if p.MergedInto == 0 {
			one := []Problem{p}
			return one[0], w.addSources(ctx, one)
		}
		id = p.MergedInto
	}
	return Problem{}, fmt.Errorf("read problem %d: %w", id, ErrNotFound)
}

// Case is one case of a problem, as far as its words may still be read.
type Case struct {
	ID       int64
	Source   string
	At       time.Time
	Question string // masked; "" where it is too old, was erased, or nothing was asked
	Outcome  string // of the answer
	Reason   string // of a bad rating
	Comment  string // of the person, masked
	Words    string // of the librarian or of who reports, masked
	FromName string // the librarian
	Ticket   int64  // 0: none
	Part     string // of the guide, as a report names it
	Official bool
	Guides   []string // slugs that the answer offered, or was near to
}

// Cases lists a problem's cases of the last thirty days, the newest first, but for those that the fix has answered. more says that there are others.
func (w *Worklist) Cases(ctx context.Context, problem int64, offset, limit int) (list []Case, more bool, err error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT i.id, i.source, i.at, coalesce(nullif(a.question, ''), g.question, '') AS question, coalesce(a.outcome, '') AS outcome,
			coalesce(f.reason, '') AS reason, coalesce(f.comment, '') AS comment, coalesce(nullif(g.words, ''), r.text, '') AS words,
			coalesce(l.name, '') AS from_name, coalesce(g.ticket, 0) AS ticket, coalesce(r.part, '') AS part, coalesce(r.official, false) AS official,
			coalesce(ARRAY(SELECT x ->> 'slug' FROM jsonb_array_elements(a.guides) AS x), '{}') AS guides
		FROM problem_items i
		LEFT JOIN answers a ON a.id = i.answer
		LEFT JOIN feedback f ON i.source = 'rating' AND f.answer = i.answer AND f.contact = i.contact
		LEFT JOIN guide_tasks g ON g.id = i.task
		LEFT JOIN tickets t ON t.id = g.ticket
		LEFT JOIN staff l ON l.id = t.claimed_by
		LEFT JOIN problem_reports r ON r.id = i.report
		WHERE i.problem = $1 AND i.source NOT IN ('again', 'told') AND i.at > $2
		ORDER BY i.at DESC, i.id DESC OFFSET $3 LIMIT $4`, problem, w.o.Now().Add(-keepWords), offset, limit+1)
	if err == nil {
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Case])
	}
	if err != nil {
		return nil, false, fmt.Errorf("list the cases of problem %d: %w", problem, err)
	}
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, nil
}

// Week is how many people met a problem in one week.
type Week struct {
	Begins time.Time
	People int
}

// Weeks gives the last twelve weeks of problems, each oldest first.
func (w *Worklist) Weeks(ctx context.Context, problems []int64) (map[int64][]Week, error) {
	const weeks = 12
	now := w.o.Now()
	rows, err := w.desk.db.Query(ctx, `
		SELECT problem, floor(extract(epoch FROM $2::timestamptz - at) / 604800)::integer AS ago, count(DISTINCT CASE WHEN source = 'report' THEN coalesce(contact, -id) ELSE contact END)
		FROM problem_items WHERE problem = ANY ($1) AND at > $2::timestamptz - make_interval(weeks => $3) AND at <= $2 AND source NOT IN ('again', 'told')
		GROUP BY 1, 2`, problems, now, weeks)
	if err != nil {
		return nil, fmt.Errorf("count the weeks of problems: %w", err)
	}
	all := map[int64][]Week{}
	for _, id := range problems {
		list := make([]Week, weeks)
		for i := range list {
			list[i].Begins = now.Add(-time.Duration(weeks-i) * 7 * 24 * time.Hour)
		}
		all[id] = list
	}
	var id int64
	var ago, n int
	_, err = pgx.ForEachRow(rows, []any{&id, &ago, &n}, func() error {
		if at := weeks - 1 - ago; at >= 0 && at < weeks {
			all[id][at].People = n
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the weeks of problems: %w", err)
	}
	return all, nil
}

// After is what has happened since a problem was fixed, as it was counted last.
type After struct {
	Asked    int // again
	Answered int // of them, by the fix
	Good     int // ratings of those answers
	Bad      int
	Told     int // people who wanted to hear, and were told
	Waiting  int // who want to hear and have not been told
}

// After says what has happened since problems were fixed.
func (w *Worklist) After(ctx context.Context, problems []int64) (map[int64]After, error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT p.id, p.asked, p.answered, p.good, p.bad, p.told, coalesce(h.n, 0)
		FROM problems p LEFT JOIN (
			SELECT i.problem, count(*) AS n FROM problem_hearers h JOIN problem_items i ON i.answer = h.answer AND i.source = 'unanswered' GROUP BY 1
		) h ON h.problem = p.id
		WHERE p.id = ANY ($1)`, problems)
	if err != nil {
		return nil, fmt.Errorf("count what happened after a fix: %w", err)
	}
	all := map[int64]After{}
	var id int64
	var a After
	_, err = pgx.ForEachRow(rows, []any{&id, &a.Asked, &a.Answered, &a.Good, &a.Bad, &a.Told, &a.Waiting}, func() error {
		all[id] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count what happened after a fix: %w", err)
	}
	return all, nil
}

// Neighbours gives the problems that are most like one and still open, the nearest first.
func (w *Worklist) Neighbours(ctx context.Context, problem int64) ([]Problem, error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT `+problemColumns+`
		FROM problems q, unnest(q.near) WITH ORDINALITY AS n (id, place) JOIN problems p ON p.id = n.id `+problemJoins+`
		WHERE q.id = $2 AND p.state IN ('open', 'working') AND p.id <> q.id ORDER BY n.place`, w.o.Now().Add(-keepWords), problem)
	if err != nil {
		return nil, fmt.Errorf("read what is like problem %d: %w", problem, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Problem])
	if err != nil {
		return nil, fmt.Errorf("read what is like problem %d: %w", problem, err)
	}
	return list, nil
}

// GuidesNear gives the guides that the cases of a problem came near to, the most frequent first, by slug with their title.
func (w *Worklist) GuidesNear(ctx context.Context, problem int64) ([][2]string, error) {
	rows, err := w.desk.db.Query(ctx, `
		SELECT g.slug, t.title FROM (
			SELECT x ->> 'slug' AS slug, count(*) AS n
			FROM (SELECT answer FROM problem_items WHERE problem = $1 AND answer IS NOT NULL ORDER BY at DESC LIMIT 200) i
			JOIN answers a ON a.id = i.answer, jsonb_array_elements(a.guides) AS x GROUP BY 1
		) n JOIN guides g ON g.slug = n.slug JOIN guide_texts t ON t.slug = g.slug AND t.version = g.version AND t.language = 'bg'
		ORDER BY n.n DESC, g.slug LIMIT 5`, problem)
	if err != nil {
		return nil, fmt.Errorf("read the guides near problem %d: %w", problem, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pair [2]string, err error) {
		return pair, row.Scan(&pair[0], &pair[1])
	})
	if err != nil {
		return nil, fmt.Errorf("read the guides near problem %d: %w", problem, err)
	}
	return list, nil
}

// Name is what a problem is called: an editor's words, else a question that speaks for it, else the guide's title; "" where nothing is left.
func (p Problem) Name() string {
	for _, words := range []string{p.Title, strings.Join(strings.Fields(p.Example), " "), p.GuideTitle, p.Guide} {
		if words != "" {
			return words
		}
	}
	return ""
}

// Back says that it was fixed once, and people found no answer again.
func (p Problem) Back() bool { return p.State == "open" && p.Fix != "" }
