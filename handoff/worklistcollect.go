package handoff

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How much a round takes at once, and how far it looks back for what was stored out of its order.
const (
	answersAtOnce = 500
	answersBack   = 200
	lateRatings   = 5 * time.Minute
)

// asked is a question that was asked, with what became of it.
type asked struct {
	ID      int64
	At      time.Time
	Words   string // what was said before it, and it
	Outcome string
	Slug    string // of the first guide; "" where there is none
	Contact *int64
}

// questionWords are an answer's question with what it leans on, as the guides were asked.
const questionWords = `array_to_string(a.context || a.question, '. ')`

// takeAnswers takes in the next answers: those without a guide, and those that a fix gave. more says that there are others, and that err is
// only of single ones: those are tried again while they are among the last answers.
func (w *Worklist) takeAnswers(ctx context.Context, known *meanings) (more bool, err error) {
	var cursor, last int64
	err = w.desk.db.QueryRow(ctx, `
		SELECT answer, coalesce((SELECT max(id) FROM answers), 0) FROM problem_cursor`).Scan(&cursor, &last)
	if err != nil {
		return false, err
	}
	since := w.o.Now().Add(-keepWords)
	if cursor == 0 {
		err := w.desk.db.QueryRow(ctx, `SELECT coalesce(min(id) - 1, 0) FROM answers WHERE answered_at > $1`, since).Scan(&cursor)
		if err != nil {
			return false, err
		}
	}
	rows, err := w.desk.db.Query(ctx, `
		SELECT a.id, a.answered_at AS at, `+questionWords+` AS words, a.outcome, coalesce(a.guides -> 0 ->> 'slug', '') AS slug, c.contact
		FROM answers a LEFT JOIN conversations c ON c.id = a.conversation
		WHERE a.id > $1 AND a.id <= $2 AND a.question <> '' AND NOT a.unasked AND a.answered_at > $3
		  AND (a.outcome = 'abstained' AND a.intent IN ('question', 'status') OR a.outcome = 'answered' AND a.guides -> 0 ->> 'slug' = ANY ($4))
		  AND NOT EXISTS (SELECT FROM problem_items i WHERE i.answer = a.id AND i.source IN ('unanswered', 'again', 'told'))
		ORDER BY a.id LIMIT $5`, cursor-answersBack, last, since, known.fixes(), answersAtOnce)
	if err != nil {
		return false, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[asked])
	if err != nil {
		return false, err
	}
	more = len(list) == answersAtOnce
	if more {
		last = list[len(list)-1].ID
	}
	list = slices.DeleteFunc(list, func(a asked) bool { return known.looked[a.ID] })
	if last <= cursor && len(list) == 0 {
		return false, nil
	}
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.Words
	}
	all, err := w.understand(ctx, known, texts)
	if err != nil {
		return false, err
	}
	bad, err := w.store(ctx, known, len(list), func(tx pgx.Tx, i int) error {
		a := list[i]
		if a.Outcome != "answered" {
			return w.settle(ctx, tx, known, all[i], item{Source: "unanswered", Answer: &a.ID, Contact: a.Contact, At: a.At})
		}
		if id := known.fixedBy(a.Slug, a.At, all[i]); id != 0 {
			return addItem(ctx, tx, item{Problem: id, Source: "again", Answer: &a.ID, Contact: a.Contact, At: a.At})
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	tag, err := w.desk.db.Exec(ctx, `UPDATE problem_cursor SET answer = GREATEST(answer, $1)`, last)
	if err != nil || tag.RowsAffected() != 1 {
		return false, fmt.Errorf("move on: %w", err)
	}
	if known.looked == nil {
		known.looked = map[int64]bool{}
	}
	var faults []error
	for i, a := range list {
		if bad[i] == nil {
			known.looked[a.ID] = true
		} else {
			faults = append(faults, fmt.Errorf("answer %d: %w", a.ID, bad[i]))
		}
	}
	maps.DeleteFunc(known.looked, func(id int64, _ bool) bool { return id <= last-answersBack })
	return more, errors.Join(faults...)
}

var errOtherModel = errors.New("another model serves now")

// store stores n rows in one transaction. Where one of them can't be stored they are stored one by one, so that it keeps none of the others
// out: bad has the fault of each that can't be. err is a fault of another kind, after which the rows are to be tried again.
func (w *Worklist) store(ctx context.Context, known *meanings, n int, row func(tx pgx.Tx, i int) error) (bad map[int]error, err error) {
	lost, version := len(known.lost), known.version
	err = w.change(ctx, known, func(tx pgx.Tx) error {
		for i := range n {
			if err := row(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	if !ofItsData(err) {
		return nil, err
	}
	bad = map[int]error{}
	for i := range n {
		if len(known.lost) > lost { // what the fault took from memory
			if err := w.load(ctx, known); err != nil {
				return bad, err
			}
			if known.version != version {
				return bad, errOtherModel
			}
			lost = 0
		}
		err := w.change(ctx, known, func(tx pgx.Tx) error { return row(tx, i) })
		if ofItsData(err) {
			bad[i] = err
		} else if err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// ofItsData says that the database refuses what is to be stored, and will again: data exceptions and integrity constraint violations
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func ofItsData(err error) bool {
	var fault *pgconn.PgError
	return errors.As(err, &fault) && (strings.HasPrefix(fault.Code, "22") || strings.HasPrefix(fault.Code, "23"))
}

// change runs a transaction that goes with changes of what is known; where it fails, the problems that it changed are read anew.
func (w *Worklist) change(ctx context.Context, known *meanings, f func(tx pgx.Tx) error) error {
	known.touched = nil
	err := pgx.BeginFunc(ctx, w.desk.db, f)
	if err != nil {
		for _, id := range known.touched {
			known.drop(id)
		}
		known.lost = append(known.lost, known.touched...)
	}
	return err
}

// item is one case of a problem.
type item struct {
	Problem int64
	Source  string
	Answer  *int64
	Task    *int64
	Report  *int64
	Contact *int64
	At      time.Time
}

// addItem adds a case. One that is there already stays where it is: what is grouped once moves only by an editor's hand. Where an editor
// merged the problem in the meantime, the case goes where the others went; the lock makes a merge that comes now wait and take it along.
func addItem(ctx context.Context, tx pgx.Tx, i item) error {
	for range 10 { // merged into what was merged
		var into int64
		err := tx.QueryRow(ctx, `SELECT coalesce(merged_into, 0) FROM problems WHERE id = $1 FOR NO KEY UPDATE`, i.Problem).Scan(&into)
		if err != nil {
			return fmt.Errorf("look where problem %d is: %w", i.Problem, err)
		}
		if into == 0 {
			break
		}
		i.Problem = into
	}
	_, err := tx.Exec(ctx, `
		WITH added AS (
			INSERT INTO problem_items (problem, source, answer, task, report, contact, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING RETURNING problem, at
		)
		UPDATE problems p SET last_at = GREATEST(p.last_at, a.at), first_at = LEAST(p.first_at, a.at), counted_at = NULL
		FROM added a WHERE p.id = a.problem`, i.Problem, i.Source, i.Answer, i.Task, i.Report, i.Contact, i.At)
	if err != nil {
		return fmt.Errorf("add a %s item to problem %d: %w", i.Source, i.Problem, err)
	}
	return nil
}

// settle puts a question that has no answer with its like, or begins a problem with it.
func (w *Worklist) settle(ctx context.Context, tx pgx.Tx, known *meanings, m meaning, i item) error {
	home := known.home(m)
	if home == nil {
		id, err := w.begin(ctx, tx, "", i.At)
		if err != nil {
			return err
		}
		i.Problem = id
	} else {
		i.Problem = home.id
	}
	var answer int64
	if i.Answer != nil {
		answer = *i.Answer
	}
	c := known.put(i.Problem, m, answer)
	known.touched = append(known.touched, c.id)
	c.open, c.own = c.open || home == nil, c.own || home == nil
	return addItem(ctx, tx, i)
}

// begin begins a problem; guide is the slug of one that is wrong, "" where none answers.
func (w *Worklist) begin(ctx context.Context, tx pgx.Tx, guide string, at time.Time) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO problems (guide, first_at, last_at, revision) VALUES ($1, $2, $2, 0) RETURNING id`, guide, at).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("begin a problem: %w", err)
	}
	return id, nil
}

// atGuide puts what is said against a guide with what else is said against it, where editors have not dealt with that yet.
func (w *Worklist) atGuide(ctx context.Context, tx pgx.Tx, guide string, i item) error {
	var id int64
	err := tx.QueryRow(ctx, `
		SELECT coalesce(min(id), 0) FROM problems WHERE guide = $1 AND state IN ('open', 'working')`, guide).Scan(&id)
	if err != nil {
		return fmt.Errorf("look for the problem of guide %q: %w", guide, err)
	}
	if id == 0 {
		if id, err = w.begin(ctx, tx, guide, i.At); err != nil {
			return err
		}
	}
	i.Problem = id
	return addItem(ctx, tx, i)
}

// understand gives the meaning of texts.
func (w *Worklist) understand(ctx context.Context, known *meanings, texts []string) ([]meaning, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	vectors, err := w.reader.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	words, err := w.reader.Subjects(ctx, texts)
	if err != nil {
		return nil, err
	}
	all := make([]meaning, len(texts))
	for i := range texts {
		all[i] = known.likeness.meaning(vectors[i], words[i])
	}
	return all, nil
}

// complaint is what was said against an answer, a guide, or what a closing found.
type complaint struct {
	Answer  *int64
	Task    *int64
	Report  *int64
	Contact *int64
	Slug    string
	Guided  bool   // it is about the guide; otherwise about what was asked
	Words   string // what was asked
	At      time.Time
}

func (c complaint) atGuide() bool { return c.Guided && c.Slug != "" }

// row names where it comes from, for the log.
func (c complaint) row() string {
	switch {
	case c.Task != nil:
		return fmt.Sprintf("guide task %d", *c.Task)
	case c.Report != nil:
		return fmt.Sprintf("report %d", *c.Report)
	}
	return fmt.Sprintf("rating of answer %d", *c.Answer)
}

// takeRatings takes in bad ratings. One of a guide is about the guide under which it was given; where its button did not say, about the one
// that was found, or that the person chose from several. One without a guide, or that another service was meant, is about the question. A
// rating that was taken back goes.
func (w *Worklist) takeRatings(ctx context.Context, known *meanings) error {
	now := w.o.Now()
	settled := now.Add(-max(0, w.o.Settle))
	since := now.Add(-keepWords)
	if known.rated.After(since) {
		since = known.rated
	}
	if _, err := w.desk.db.Exec(ctx, `
		WITH gone AS (
			DELETE FROM problem_items i USING feedback f
			WHERE f.rating = 'good' AND f.updated_at > $1 AND i.source = 'rating' AND f.answer = i.answer AND f.contact = i.contact RETURNING i.problem
		)
		UPDATE problems SET counted_at = NULL WHERE id IN (SELECT problem FROM gone)`, since); err != nil {
		return err
	}
	err := w.takeComplaints(ctx, known, "rating", `
		SELECT a.id AS answer, NULL::bigint AS task, NULL::bigint AS report, f.contact, coalesce(f.guide, CASE WHEN a.outcome <> 'answered' THEN shown.guide END, a.guides -> 0 ->> 'slug', '') AS slug,
			(a.outcome = 'answered' OR f.guide IS NOT NULL OR shown.guide IS NOT NULL) AND coalesce(f.reason, '') <> 'wrong-service' AS guided,
			`+questionWords+` AS words, f.updated_at AS at
		FROM feedback f JOIN answers a ON a.id = f.answer
		LEFT JOIN LATERAL (
			SELECT m.body -> 'guide' ->> 'slug' AS guide FROM messages m
			WHERE m.conversation = a.conversation AND m.sender = 'bot' AND (m.body ->> 'answer_id')::bigint = a.id AND m.body ? 'guide' AND m.created_at <= f.updated_at
			ORDER BY m.id DESC LIMIT 1
		) shown ON true
		WHERE f.rating = 'bad' AND f.updated_at > $1 AND f.updated_at <= $2 AND a.question <> '' AND a.outcome IN ('answered', 'clarify', 'abstained')
		  AND NOT EXISTS (SELECT FROM problem_items i WHERE i.source = 'rating' AND i.answer = f.answer AND i.contact = f.contact)
		ORDER BY f.updated_at LIMIT $3`, since, settled, answersAtOnce)
	if err == nil {
		known.rated = settled.Add(-lateRatings)
	}
	return err
}

// takeClosings takes in what librarians found wrong or missing when they closed a ticket.
func (w *Worklist) takeClosings(ctx context.Context, known *meanings) error {
	return w.takeComplaints(ctx, known, "closing", `
		SELECT NULL::bigint AS answer, g.id AS task, NULL::bigint AS report, c.contact, g.slug, g.kind = 'wrong' AS guided,
			CASE WHEN g.question <> '' THEN g.question ELSE g.words END AS words, g.at
		FROM guide_tasks g JOIN tickets t ON t.id = g.ticket LEFT JOIN conversations c ON c.id = t.conversation
		WHERE g.state = 'open' AND NOT EXISTS (SELECT FROM problem_items i WHERE i.task = g.id)
		ORDER BY g.id LIMIT $1`, answersAtOnce)
}

// takeReports takes in what people reported.
func (w *Worklist) takeReports(ctx context.Context, known *meanings) error {
	return w.takeComplaints(ctx, known, "report", `
		SELECT r.answer, NULL::bigint AS task, r.id AS report, r.contact, r.guide AS slug, true AS guided, '' AS words, r.at
		FROM problem_reports r
		WHERE r.at > $1 AND NOT EXISTS (SELECT FROM problem_items i WHERE i.report = r.id)
		ORDER BY r.id LIMIT $2`, w.o.Now().Add(-keepWords), answersAtOnce)
}

func (w *Worklist) takeComplaints(ctx context.Context, known *meanings, source, sql string, args ...any) error {
	for {
		rows, err := w.desk.db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[complaint])
		if err != nil {
			return err
		}
		var texts []string // of what is about a question
		place := make([]int, len(list))
		for i, c := range list {
			if !c.atGuide() {
				place[i] = len(texts)
				texts = append(texts, c.Words)
			}
		}
		all, err := w.understand(ctx, known, texts)
		if err != nil {
			return err
		}
		bad, err := w.store(ctx, known, len(list), func(tx pgx.Tx, i int) error {
			c := list[i]
			one := item{Source: source, Answer: c.Answer, Task: c.Task, Report: c.Report, Contact: c.Contact, At: c.At}
			if c.atGuide() {
				return w.atGuide(ctx, tx, c.Slug, one)
			}
			return w.settle(ctx, tx, known, all[place[i]], one)
		})
		for i, fault := range bad {
			err = errors.Join(err, fmt.Errorf("%s: %w", list[i].row(), fault))
		}
		if err != nil || len(list) < answersAtOnce {
			return err
		}
	}
}
