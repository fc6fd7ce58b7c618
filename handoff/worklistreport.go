package handoff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/knowledge"
	"orientir/retrieval"
)

// reportsADay is how many reports one person may write in a day. On a guide's page the address is what is limited, by the web site.
const reportsADay = 5

// maxReport is the most characters of a report.
const maxReport = 2000

// ReportParts lists what a report may name as wrong.
func ReportParts() []string {
	return []string{"fee", "time", "link", "contact", "steps", "who", "gone", "other"}
}

var _ bot.Editors = (*Worklist)(nil)

// Report keeps that something in a guide is wrong, masked. Where somebody says on a guide's page that its contact is wrong, a fixed line in their
// words is kept: it is likely the right one, nobody is tied to it, and the words are gone thirty days later.
func (w *Worklist) Report(ctx context.Context, tx postgres.DB, r bot.Report) (bot.Reported, error) {
	text, _, err := w.desk.conversations.Mask(ctx, typed(r.Text))
	if r.Part == "contact" && r.Contact == 0 && err == nil {
		text, err = w.desk.knowledge.MaskButLines(ctx, typed(r.Text))
	}
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	if utf8.RuneCountInString(text) > maxReport {
		text = string([]rune(text)[:maxReport])
	}
	if !slices.Contains(ReportParts(), r.Part) {
		r.Part = ""
	}
	now := w.o.Now()
	var today int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM problem_reports WHERE contact = $1 AND at > $2`, r.Contact, now.Add(-24*time.Hour)).Scan(&today); err != nil {
		return "", fmt.Errorf("count the reports of contact %d: %w", r.Contact, err)
	}
	if r.Contact != 0 && today >= reportsADay {
		return bot.ReportLimited, nil
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO problem_reports (guide, version, answer, contact, part, official, text, at)
		SELECT g.slug, coalesce(nullif($2, 0), g.version), nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8
		FROM guides g
		WHERE g.slug = coalesce(nullif($1, ''), (SELECT guides -> 0 ->> 'slug' FROM answers WHERE id = $3 AND outcome = 'answered'))`,
		r.Guide, r.Version, r.Answer, r.Contact, r.Part, r.Official, text, now)
	if err != nil {
		return "", fmt.Errorf("report guide %q: %w", r.Guide, err)
	}
	if tag.RowsAffected() == 0 {
		return bot.ReportAbsent, nil
	}
	return bot.ReportKept, nil
}

// ReportPage is Report from a guide's own page.
func (w *Worklist) ReportPage(ctx context.Context, r bot.Report) (bot.Reported, error) {
	return w.Report(ctx, w.desk.db, r)
}

// HearBack keeps that the person of a conversation wants to hear when the question of an answer has one.
func (w *Worklist) HearBack(ctx context.Context, tx postgres.DB, conversation, answer int64) (bool, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO problem_hearers (answer, contact, at)
		SELECT a.id, c.contact, $3 FROM answers a JOIN conversations c ON c.id = a.conversation
		WHERE a.id = $2 AND a.conversation = $1 AND a.outcome = 'abstained' AND a.question <> ''
		ON CONFLICT (answer) DO UPDATE SET contact = EXCLUDED.contact`, conversation, answer, w.o.Now())
	if err != nil {
		return false, fmt.Errorf("keep who wants to hear of answer %d: %w", answer, err)
	}
	return tag.RowsAffected() == 1, nil
}

// AwaitsAnswer says until when the person of a conversation waits to hear that a question of theirs has an answer, zero where they don't: so
// long their device on the web remembers the conversation.
func (w *Worklist) AwaitsAnswer(ctx context.Context, conversation int64) (time.Time, error) {
	var at *time.Time
	err := w.desk.db.QueryRow(ctx, `
		SELECT max(h.at) FROM conversations c JOIN problem_hearers h ON h.contact = c.contact WHERE c.id = $1`, conversation).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("look until when conversation %d wants to hear: %w", conversation, err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return at.Add(watchFor), nil
}

// Forget erases what a contact wrote to the editors, and takes their questions out of the problems. What librarians said of a problem stays.
func (w *Worklist) Forget(ctx context.Context, tx postgres.DB, contact int64) error {
	for _, sql := range []string{
		`UPDATE problems SET counted_at = NULL, revision = nextval('problem_revisions') WHERE id IN (SELECT problem FROM problem_items WHERE contact = $1)`,
		`DELETE FROM problem_items WHERE contact = $1 AND source <> 'closing'`,
		`UPDATE problem_items SET contact = NULL WHERE contact = $1`,
		`DELETE FROM problem_reports WHERE contact = $1`,
		`DELETE FROM problem_hearers WHERE contact = $1`,
	} {
		if _, err := tx.Exec(ctx, sql, contact); err != nil {
			return fmt.Errorf("forget what contact %d told the editors: %w", contact, err)
		}
	}
	return nil
}

// When people are told that there is an answer now, by the clock in Bulgaria; and how many in a round.
const (
	tellFrom, tellTo = 9, 20
	tellAtOnce       = 100
	tryAgain         = 24 * time.Hour
	tryFixAgain      = 10 * time.Minute // after a fix that did not answer yet, and after a fault
	tryFixFor        = 2 * time.Hour    // after a fix: what is learned of it comes later
	tellQuiet        = time.Hour        // for how long nothing may have been said
)

// mayTell holds where a contact k can be told something in its conversation c, which nobody works on and nothing was said in since $1.
const mayTell = `k.blocked_at IS NULL AND k.forgotten_at IS NULL AND k.terminal_at IS NULL AND k.left_at IS NULL
	AND c.holder IS NULL AND c.due_at IS NULL AND c.updated_at < $1 AND NOT EXISTS (SELECT FROM tickets t WHERE t.conversation = c.id AND t.state <> 'closed')`

// hearer is somebody to be told, where the guides answer their question now.
type hearer struct {
	Answer       int64
	Contact      int64
	Conversation int64
	Question     string
	Context      []string
	Language     string
	Audience     string
	Place        string
	Problem      int64 // 0: not taken in yet
}

// tellHearers asks the guides once more what people asked who wanted to hear back: at once and for two hours where an editor fixed the
// problem, soon after a fault, else once a day; who was tried longest ago first. Who has an answer now is told when their conversation is quiet, in the
// transaction that notes it, so nobody is told twice.
func (w *Worklist) tellHearers(ctx context.Context) error {
	now := w.o.Now()
	if hour := now.In(w.sofia).Hour(); hour < tellFrom || hour >= tellTo {
		return nil
	}
	rows, err := w.desk.db.Query(ctx, `
		SELECT h.answer, h.contact, c.id AS conversation, a.question, a.context, k.language, k.audience, coalesce(k.place, '') AS place, coalesce(p.id, 0) AS problem
		FROM problem_hearers h JOIN answers a ON a.id = h.answer JOIN contacts k ON k.id = h.contact JOIN conversations c ON c.contact = k.id
		LEFT JOIN problem_items i ON i.answer = h.answer AND i.source = 'unanswered' LEFT JOIN problems p ON p.id = i.problem
		WHERE a.question <> '' AND `+mayTell+`
		  AND (coalesce(h.tried, h.at) < $2 OR p.state = 'fixed' AND (h.tried IS NULL OR h.tried < p.fixed_at OR h.tried < LEAST(p.fixed_at + $4, $3))
		    OR h.failed AND h.tried < $3)
		ORDER BY coalesce(h.tried, h.at) LIMIT $5`, now.Add(-tellQuiet), now.Add(-tryAgain), now.Add(-tryFixAgain), tryFixFor, tellAtOnce)
	if err != nil {
		return fmt.Errorf("look for who wants to hear back: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[hearer])
	if err != nil {
		return fmt.Errorf("look for who wants to hear back: %w", err)
	}
	var faults []error // one person who can't be told keeps nobody else from hearing
	for _, h := range list {
		err := w.tell(ctx, h)
		if errors.Is(err, retrieval.ErrNotReady) {
			break // nobody was tried
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("tell of answer %d: %w", h.Answer, err), w.tried(ctx, w.desk.db, h.Answer, true))
		}
	}
	return errors.Join(faults...)
}

func (w *Worklist) tell(ctx context.Context, h hearer) error {
	q := h.asked()
	answer, err := w.reader.Answer(ctx, q)
	if err != nil {
		return err
	}
	told := false
	err = pgx.BeginFunc(ctx, w.desk.db, func(tx pgx.Tx) error {
		if answer.Outcome != retrieval.Answered || answer.Guide == nil || answer.Age == knowledge.Expired { // an expired guide only points elsewhere
			return w.tried(ctx, tx, h.Answer, false)
		}
		tag, err := tx.Exec(ctx, `
			DELETE FROM problem_hearers h USING contacts k, conversations c
			WHERE h.answer = $2 AND k.id = h.contact AND c.id = $3 AND `+mayTell, w.o.Now().Add(-tellQuiet), h.Answer, h.Conversation)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		id, err := w.reader.Record(ctx, tx, q, answer, h.Conversation)
		if err != nil {
			return err
		}
		if told, err = w.desk.conversations.TellFound(ctx, tx, h.Conversation, h.Question, id, answer); err != nil {
			return err
		}
		if !told {
			return errNotNow
		}
		if h.Problem == 0 {
			return nil
		}
		return addItem(ctx, tx, item{Problem: h.Problem, Source: "told", Answer: &id, Contact: &h.Contact, At: w.o.Now()})
	})
	if errors.Is(err, errNotNow) { // the next round tries again
		return nil
	}
	if told && err == nil {
		w.desk.conversations.Wake(ctx, h.Conversation)
	}
	return err
}

// tried notes that somebody's question was asked once more, or could not be. It is not their turn again before the others'.
func (w *Worklist) tried(ctx context.Context, db postgres.DB, answer int64, failed bool) error {
	_, err := db.Exec(ctx, `UPDATE problem_hearers SET tried = $2, failed = $3 WHERE answer = $1`, answer, w.o.Now(), failed)
	return err
}

var errNotNow = errors.New("it is not the time to tell")

// asked is what the guides are asked on somebody's behalf.
func (h hearer) asked() retrieval.Question {
	q := retrieval.Question{Text: h.Question, Context: h.Context, Audience: knowledge.Audience(h.Audience), Place: h.Place, Alone: true, Unasked: true}
	if h.Language == "en" {
		q.Language = knowledge.English
	}
	return q
}
