package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Editors hear what people say of the guides, and who wants to hear back. handoff implements it; both calls are in the caller's transaction.
type Editors interface {
	// Report keeps that something in a guide is wrong; false where the contact has said enough for today. The words come masked.
	Report(ctx context.Context, tx postgres.DB, r Report) (bool, error)
	// HearBack keeps that the person wants to hear when the question of an answer that had no guide has one; false where there is no such answer
	// in the conversation.
	HearBack(ctx context.Context, tx postgres.DB, conversation, answer int64) (bool, error)
}

// Report says that something in a guide is wrong.
type Report struct {
	Guide    string // slug; "" takes the answer's guide
	Version  int    // that was shown; 0 the published one
	Answer   int64  // under which it was said; 0: on the guide's page
	Contact  int64  // 0: on the guide's page
	Part     string // fee | time | link | contact | steps | who | gone | other; "" where not said
	Official bool   // says to write for an administration
	Text     string // at most 2,000 characters
}

// awaitWrong is the dialog's state in which the next text says what is wrong with the guide.
const awaitWrong = "wrong"

// wrongButton asks what is wrong; false for data that is none.
func (d *dialog) wrongButton(rest string) (act, bool) {
	if rest == "cancel" {
		d.add(Body{Text: d.t("worklist.wrong_cancelled")})
		return nil, true
	}
	answer, ok := number(rest)
	if !ok || !d.editors {
		return nil, false
	}
	d.state.Await, d.state.Rated = awaitWrong, answer
	d.add(Body{Text: d.t("worklist.ask_wrong"), Buttons: []Action{{Label: d.t("bot.button_cancel"), Data: "wrong:cancel"}}})
	return nil, true
}

// reported thanks, or says that it is enough for today.
func (d *dialog) reported(in *report) {
	switch {
	case !in.known:
		d.add(Body{Text: d.t("bot.guide_gone"), Buttons: d.ways()})
	case !in.kept:
		d.add(Body{Text: d.t("worklist.wrong_enough"), Buttons: d.ways()[:1]})
	default:
		d.add(Body{Text: d.t("worklist.wrong_kept")})
	}
}

// hears is the button to hear when a question has an answer. Who sits at a library's terminal is gone by then.
func (d *dialog) hears(answer int64) []Action {
	if !d.editors || d.person.Terminal {
		return nil
	}
	return []Action{{Label: d.t("worklist.button_hear"), Data: "hear:" + digits(answer)}}
}

// willHear says that the person will hear.
func (d *dialog) willHear(in *hearBack) {
	switch {
	case !in.kept:
		d.add(Body{Text: d.t("worklist.hear_gone"), Buttons: d.ways()})
	case d.returns:
		d.add(Body{Text: d.t("worklist.hear_kept_here")})
	default:
		d.add(Body{Text: d.t("worklist.hear_kept")})
	}
}

// report hands what is wrong to the editors, where the answer is one of the conversation's.
func (c *Conversations) report(ctx context.Context, tx pgx.Tx, editors Editors, conversation Conversation, answer int64, text string) (known, kept bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM messages WHERE conversation = $1 AND sender = 'bot' AND (body ->> 'answer_id')::bigint = $2)`,
		conversation.ID, answer).Scan(&known)
	if err != nil || !known {
		return false, false, err
	}
	kept, err = editors.Report(ctx, tx, Report{Answer: answer, Contact: conversation.Contact, Text: cut(text, longest)})
	return true, kept, err
}

// TellFound tells a person who wanted to hear back that a question of theirs has an answer now, with the guide and the buttons to judge it.
// answer is its number. False: it is not the time, because a librarian holds the conversation, or there is nobody to tell any more.
func (c *Conversations) TellFound(ctx context.Context, tx pgx.Tx, conversation int64, question string, answer int64, g knowledge.Guide) (bool, error) {
	var language string
	err := tx.QueryRow(ctx, `
		SELECT k.language FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1 AND c.holder IS NULL AND k.blocked_at IS NULL AND k.forgotten_at IS NULL
		FOR NO KEY UPDATE OF c`, conversation).Scan(&language)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tell conversation %d of an answer: %w", conversation, err)
	}
	d := &dialog{person: person{Language: language}, editors: true}
	card := NewCard(g, language, "")
	body := Body{Text: i18n.T(language, "worklist.found", cut(question, 160)), Guide: &card, AnswerID: answer, Language: language}
	body.Buttons = append(d.judge(answer), d.ways()...)
	_, err = c.write(ctx, tx, conversation, Robot, "", body)
	return err == nil, err
}
