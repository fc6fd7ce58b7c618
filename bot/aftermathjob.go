package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

const (
	aftermathEvery = time.Minute // how often the job looks for whom to ask
	aftermathQuiet = time.Hour   // for how long nothing may have been said
)

// RunAftermaths asks those who agreed to it what became of it, until ctx ends. One replica does it at a time; each message is written in the
// transaction that notes it, so two would write it once as well.
func (e *Engine) RunAftermaths(ctx context.Context) error {
	return postgres.LeadEvery(ctx, e.conversations.pool, "aftermaths", aftermathEvery, e.AskAftermaths, func(err error) { e.log.Error("ask what became of it", "error", err) })
}

// AskAftermaths does once what RunAftermaths does: by day, as reminders go, and where the conversation is quiet, nobody else talks to the
// person and no question of theirs waits.
func (e *Engine) AskAftermaths(ctx context.Context) error {
	now := e.now()
	if hour := now.In(e.sofia).Hour(); hour < remindFrom || hour >= remindTo {
		return nil
	}
	rows, err := e.conversations.pool.Query(ctx, `
		SELECT a.contact, c.id AS conversation, a.service
		FROM aftermaths a JOIN contacts k ON k.id = a.contact JOIN conversations c ON c.contact = k.id
		WHERE a.asked_at IS NULL AND a.ask_after <= $1 AND a.ask_after > $2
		  AND k.forgotten_at IS NULL AND k.blocked_at IS NULL AND k.terminal_at IS NULL AND k.left_at IS NULL
		  AND c.holder IS NULL AND c.due_at IS NULL AND c.updated_at < $3
		ORDER BY a.ask_after LIMIT 500`, now, now.Add(-aftermathLate), now.Add(-aftermathQuiet))
	if err != nil {
		return fmt.Errorf("look whom to ask what became of it: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[asking])
	if err != nil {
		return fmt.Errorf("look whom to ask what became of it: %w", err)
	}
	var faults []error // one person who can't be asked keeps nobody else from it
	for _, a := range list {
		faults = append(faults, e.askOne(ctx, a))
	}
	return errors.Join(faults...)
}

// asking is somebody to be asked what became of it.
type asking struct {
	Contact, Conversation int64
	Service               string
}

func (e *Engine) askOne(ctx context.Context, a asking) error {
	if e.desk != nil {
		if _, open, err := e.desk.Status(ctx, e.conversations.pool, a.Conversation); err != nil || open {
			return err
		}
	}
	guide, known, err := e.store.Guide(ctx, a.Service)
	if err != nil {
		return err
	}
	said := false
	err = pgx.BeginFunc(ctx, e.conversations.pool, func(tx pgx.Tx) error {
		var language string
		// The contact first, as Receive does; and once more that nobody took the conversation or wrote meanwhile.
		err := tx.QueryRow(ctx, `
			SELECT k.language FROM contacts k JOIN conversations c ON c.contact = k.id
			WHERE k.id = $1 AND k.forgotten_at IS NULL AND c.holder IS NULL AND c.due_at IS NULL
			FOR NO KEY UPDATE`, a.Contact).Scan(&language)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE aftermaths SET asked_at = $2 WHERE contact = $1 AND asked_at IS NULL AND ask_after <= $2`, a.Contact, e.now())
		if err != nil || tag.RowsAffected() == 0 || !known { // of what has no guide any more nobody is asked
			return err
		}
		said = true
		_, err = e.conversations.write(ctx, tx, a.Conversation, Robot, "", aftermathBody(guide, language))
		return err
	})
	if err != nil {
		return fmt.Errorf("ask contact %d what became of it: %w", a.Contact, err)
	}
	if said {
		e.conversations.Wake(ctx, a.Conversation)
	}
	return nil
}

// aftermathBody is the message.
func aftermathBody(g knowledge.Guide, language string) Body {
	text, _ := g.In(knowledge.Language(language))
	return Body{Language: language, Text: i18n.T(language, "aftermath.ask_used", text.Title), Buttons: []Action{
		{Label: i18n.T(language, "aftermath.used_yes"), Data: "after:used:yes"},
		{Label: i18n.T(language, "aftermath.used_soon"), Data: "after:used:soon"},
		{Label: i18n.T(language, "aftermath.used_no"), Data: "after:used:no"},
	}}
}
