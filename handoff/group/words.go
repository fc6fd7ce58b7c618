package group

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge/privacy"
)

// The reactions under what the staff write: it went to the person, or it stayed between colleagues.
const (
	wentOut = "👌"
	isNote  = "✍"
)

// said deals with what somebody wrote in a topic: the holder's and the second's words go to the person, a colleague's are a note.
func (d *Desk) said(ctx context.Context, u update) error {
	p, ok, err := d.placeAt(ctx, `chat = $1 AND thread = $2`, u.Chat, u.Thread)
	if err != nil || !ok {
		return err
	}
	a, linked, err := d.staff.AccountByTelegram(ctx, u.Actor)
	if err != nil {
		return err
	}
	if !linked {
		return d.tellOnce(ctx, p, u, "said_not_linked")
	}
	if !servesPeople(a) {
		return d.tellOnce(ctx, p, u, "said_not_serving")
	}
	t, ok, err := d.tickets.Ticket(ctx, everything(), p.Ticket)
	if err != nil {
		return err
	}
	switch {
	case !ok || t.State == handoff.Closed || p.State != "open":
		return d.tellOnce(ctx, p, u, "said_closed")
	case sits(t, a):
		return d.toPerson(ctx, p, u, t, a)
	case !a.Serves(t.HelpPoint) && !a.Is(staff.Supervisor):
		return d.tellOnce(ctx, p, u, "said_not_serving")
	}
	return d.toColleagues(ctx, p, u, t, a)
}

// toPerson passes words on to the person.
func (d *Desk) toPerson(ctx context.Context, p place, u update, t handoff.Ticket, a staff.Account) error {
	switch u.Kind {
	case telegram.GroupEdited:
		return d.notice(ctx, p, u.t("said_edited"))
	case telegram.GroupOther:
		return d.notice(ctx, p, u.t("said_no_words"))
	}
	d.tickets.HereInGroup(ctx, a, p.HelpPoint)
	sent, err := d.saidAlready(ctx, u, t, a)
	if err != nil {
		return err
	}
	if !sent {
		if err := d.setAuthor(ctx, u, a.ID); err != nil {
			return err
		}
		_, err = d.tickets.Reply(ctx, t.ID, a, u.Text)
		if err != nil {
			if err := d.setAuthor(ctx, u, 0); err != nil {
				return err
			}
		}
		if words, is := asFault(u, err); is {
			return d.notice(ctx, p, words)
		}
		if errors.Is(err, handoff.ErrNotYours) { // given back or closed in between
			return d.notice(ctx, p, u.t("said_not_sent"))
		}
		if err != nil {
			return err
		}
	}
	d.react(ctx, u, wentOut)
	if len(u.Hidden) > 0 {
		var kinds []privacy.Kind
		for _, k := range u.Hidden {
			kinds = append(kinds, privacy.Kind(k))
		}
		return d.notice(ctx, p, u.t("said_masked", bot.HiddenWords(kinds, languageOf(u.Language))))
	}
	return nil
}

// toColleagues keeps words as a note on the ticket.
func (d *Desk) toColleagues(ctx context.Context, p place, u update, t handoff.Ticket, a staff.Account) error {
	if u.Kind != telegram.GroupText {
		return d.tellOnce(ctx, p, u, "said_note")
	}
	d.tickets.HereInGroup(ctx, a, p.HelpPoint)
	noted, err := d.notedAlready(ctx, u, t, a)
	if err != nil {
		return err
	}
	if !noted {
		if err := d.setAuthor(ctx, u, a.ID); err != nil {
			return err
		}
		err = d.tickets.AddNote(ctx, t.ID, a, u.Text)
		if err != nil {
			if err := d.setAuthor(ctx, u, 0); err != nil {
				return err
			}
		}
		if words, is := asFault(u, err); is {
			return d.notice(ctx, p, words)
		}
		if errors.Is(err, handoff.ErrNotFound) {
			return d.tellOnce(ctx, p, u, "said_closed")
		}
		if err != nil {
			return err
		}
	}
	d.react(ctx, u, isNote)
	return d.tellOnce(ctx, p, u, "said_note")
}

// setAuthor marks whose words an update's become, so that the mirror doesn't say them a second time where they came from.
func (d *Desk) setAuthor(ctx context.Context, u update, account int64) error {
	_, err := d.db.Exec(ctx, `UPDATE group_updates SET author = NULLIF($2::bigint, 0) WHERE id = $1`, u.ID, account)
	if err != nil {
		return fmt.Errorf("mark the author of update %d: %w", u.ID, err)
	}
	return nil
}

// saidAlready says whether an earlier try at an update got its words to the person and died before it could note so.
func (d *Desk) saidAlready(ctx context.Context, u update, t handoff.Ticket, a staff.Account) (already bool, err error) {
	if !u.again() {
		return false, nil
	}
	err = d.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM messages WHERE conversation = $1 AND sender = 'librarian' AND author = $2 AND body ->> 'text' = $3 AND created_at >= $4)`,
		t.Conversation, authorOf(a.ID), u.Text, u.TriedAt).Scan(&already)
	if err != nil {
		return false, fmt.Errorf("look for the words of update %d: %w", u.ID, err)
	}
	return already, nil
}

func (d *Desk) notedAlready(ctx context.Context, u update, t handoff.Ticket, a staff.Account) (already bool, err error) {
	if !u.again() {
		return false, nil
	}
	err = d.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM ticket_notes WHERE ticket = $1 AND staff = $2 AND text = $3 AND at >= $4)`, t.ID, a.ID, u.Text, u.TriedAt).Scan(&already)
	if err != nil {
		return false, fmt.Errorf("look for the note of update %d: %w", u.ID, err)
	}
	return already, nil
}

// authorOf is how conversations know a librarian.
func authorOf(account int64) string { return "staff:" + strconv.FormatInt(account, 10) }

// react puts a small sign on a message. Where a group allows none, nothing is lost: the words went where they should.
func (d *Desk) react(ctx context.Context, u update, emoji string) {
	if err := d.telegram.React(ctx, u.Chat, u.Message, emoji); err != nil {
		d.log.Info("no reaction in the group", "group", u.Chat, "error", err)
	}
}

// tellOnce tells somebody in a topic, once there, that their words don't reach the person, and why.
func (d *Desk) tellOnce(ctx context.Context, p place, u update, key string) error {
	tag, err := d.db.Exec(ctx, `
		WITH first AS (UPDATE group_topics SET told = array_append(told, $2::bigint) WHERE id = $1 AND NOT $2 = ANY (told) RETURNING id)
		INSERT INTO group_messages (topic, text, created_at) SELECT id, $3, $4 FROM first`, p.ID, u.Actor, u.t(key), d.now())
	if err != nil {
		return fmt.Errorf("tell somebody in topic %d: %w", p.ID, err)
	}
	if tag.RowsAffected() > 0 {
		d.redis.Publish(ctx, sendTopic, "")
	}
	return nil
}

// notice says something in a topic.
func (d *Desk) notice(ctx context.Context, p place, words string) error {
	_, err := d.db.Exec(ctx, `INSERT INTO group_messages (topic, text, created_at) VALUES ($1, $2, $3)`, p.ID, words, d.now())
	if err != nil {
		return fmt.Errorf("say something in topic %d: %w", p.ID, err)
	}
	d.redis.Publish(ctx, sendTopic, "")
	return nil
}
