package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/retrieval"
)

// Editors hear what people say of the guides, and who wants to hear back. handoff implements it; both calls are in the caller's transaction.
type Editors interface {
	// Report keeps that something in a guide is wrong. The words come masked.
	Report(ctx context.Context, tx postgres.DB, r Report) (Reported, error)
	// HearBack keeps that the person wants to hear when the question of an answer that had no guide has one; false where there is no such answer
	// in the conversation.
	HearBack(ctx context.Context, tx postgres.DB, conversation, answer int64) (bool, error)
}

// Report says that something in a guide is wrong.
type Report struct {
	Guide    string // slug; "" takes the guide that the answer found
	Version  int    // that was shown; 0 the published one
	Answer   int64  // under which it was said; 0: on the guide's page
	Contact  int64  // 0: on the guide's page
	Part     string // fee | time | link | contact | steps | who | gone | other; "" where not said
	Official bool   // says to write for an administration
	Text     string // at most 2,000 characters
}

// Reported is what became of a report.
type Reported string

const (
	ReportKept    Reported = "kept"
	ReportLimited Reported = "limited" // the contact has said enough for today
	ReportAbsent  Reported = "absent"  // there is no such guide, or not in this conversation
)

// report hands what is wrong to the editors, with the guide in the version that the person saw, where the conversation has shown both the
// guide and the answer. The guide may have been shown under an earlier answer, where this one only goes on about it.
func (c *Conversations) report(ctx context.Context, tx pgx.Tx, editors Editors, conversation Conversation, a *report) (Reported, error) {
	r := Report{Answer: a.Answer, Contact: conversation.Contact, Text: cut(a.Text, longest)}
	err := tx.QueryRow(ctx, `
		WITH shown AS (
			SELECT id, (body ->> 'answer_id')::bigint AS answer, body -> 'guide' ->> 'slug' AS guide, (body -> 'guide' ->> 'version')::int AS version
			FROM messages WHERE conversation = $1 AND sender = 'bot' AND (body ? 'answer_id' OR body ? 'guide')
		)
		SELECT coalesce(guide, ''), coalesce(version, 0) FROM shown
		WHERE CASE WHEN $3 = '' THEN answer = $2 ELSE guide = $3 AND EXISTS (SELECT FROM shown WHERE answer = $2) END
		ORDER BY answer = $2 DESC NULLS LAST, guide IS NULL, id DESC LIMIT 1`, conversation.ID, a.Answer, a.Guide).Scan(&r.Guide, &r.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return ReportAbsent, nil
	}
	if err != nil {
		return "", fmt.Errorf("look which guide answer %d showed: %w", a.Answer, err)
	}
	return editors.Report(ctx, tx, r)
}

// TellFound tells a person who wanted to hear back that a question of theirs has an answer now: the guide as an answer shows it, with its
// warnings and the buttons to judge it. What they write next may go on about it. id is the answer's number. False: it is not the time, because
// a librarian holds the conversation, or there is nobody to tell any more.
func (c *Conversations) TellFound(ctx context.Context, tx pgx.Tx, conversation int64, question string, id int64, a retrieval.Answer) (bool, error) {
	var language string
	var kept []byte
	err := tx.QueryRow(ctx, `
		SELECT k.language, c.state FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1 AND c.holder IS NULL AND k.blocked_at IS NULL AND k.forgotten_at IS NULL
		FOR NO KEY UPDATE OF c`, conversation).Scan(&language, &kept)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tell conversation %d of an answer: %w", conversation, err)
	}
	var stands state
	if json.Unmarshal(kept, &stands) != nil { // of another version of the program, as where it is loaded
		stands = state{}
	}
	stands.Greeted, stands.Await = true, "" // nothing that was asked before is the last thing said
	a.HelpPoints, a.FollowUp = nil, false   // whether a library is open now says nothing when the message is read
	d := &dialog{person: person{Language: language}, state: stands, editors: true}
	d.recorded(&record{Question: retrieval.Question{Text: question}, Answer: a, id: id})
	body := d.say[0]
	body.Text = strings.TrimSpace(i18n.T(language, "worklist.found", cut(question, 160)) + "\n" + body.Text)
	if _, err = c.write(ctx, tx, conversation, Robot, "", body); err != nil {
		return false, err
	}
	if _, err = tx.Exec(ctx, `UPDATE conversations SET state = $2 WHERE id = $1`, conversation, d.state); err != nil {
		return false, fmt.Errorf("keep that conversation %d was told of an answer: %w", conversation, err)
	}
	return true, nil
}
