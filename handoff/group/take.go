package group

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/bot/telegram"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// place is a topic in which somebody did something.
type place struct {
	ID        int64
	Ticket    int64
	State     string
	Menu      string
	HelpPoint string // of the group, "" the national pool; the ticket may have gone elsewhere
}

func (d *Desk) placeAt(ctx context.Context, where string, args ...any) (place, bool, error) {
	rows, err := d.db.Query(ctx, `
		SELECT p.id, p.ticket, p.state, p.menu, coalesce(g.help_point, '') AS help_point
		FROM group_topics p JOIN telegram_groups g USING (chat) WHERE `+where, args...)
	if err != nil {
		return place{}, false, fmt.Errorf("find a topic: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[place])
	if errors.Is(err, pgx.ErrNoRows) {
		return place{}, false, nil
	}
	if err != nil {
		return place{}, false, fmt.Errorf("find a topic: %w", err)
	}
	return p, true, nil
}

// pressedIn finds the topic of a button by its chat, its message and its thread, the arguments with these numbers. The message alone is
// not enough: a quick hand presses before the sender has noted which message it was. Telegram leaves the thread out of old messages.
func pressedIn(chat, message, thread int) string {
	return fmt.Sprintf("chat = $%d AND (head = $%d OR thread = nullif($%d::bigint, 0))", chat, message, thread)
}

// pressed deals with a button under a topic's first message. Who pressed it always hears what became of it.
func (d *Desk) pressed(ctx context.Context, u update) error {
	words, alert, err := d.press(ctx, u)
	if err != nil {
		return err
	}
	err = d.telegram.AnswerButton(ctx, u.Callback, cut(words, 200), alert)
	if refusalIsNoFault(err) != nil { // the window for it is short, and what was asked for is done
		d.log.Info("button not answered", "update", u.ID, "error", err)
	}
	return nil
}

func (d *Desk) press(ctx context.Context, u update) (words string, alert bool, err error) {
	p, ok, err := d.placeAt(ctx, pressedIn(1, 2, 3), u.Chat, u.Message, u.Thread)
	if err != nil || !ok {
		return u.t("gone"), true, err
	}
	a, linked, err := d.staff.AccountByTelegram(ctx, u.Actor)
	if err != nil {
		return "", false, err
	}
	if !linked {
		return u.t("not_linked"), true, nil
	}
	if !servesPeople(a) {
		return u.t("not_serving"), true, nil
	}
	if words, err := d.settledAlready(ctx, u, p.Ticket, a); err != nil || words != "" {
		return words, false, err
	}
	t, ok, err := d.tickets.Ticket(ctx, everything(), p.Ticket)
	if err != nil {
		return "", false, err
	}
	if !ok || t.State == handoff.Closed {
		return u.t("gone"), true, nil
	}
	if !t.SeenBy(a) {
		return u.t("not_serving"), true, nil
	}
	d.tickets.HereInGroup(ctx, a, p.HelpPoint)
	switch u.Data {
	case menuTake:
		return d.take(ctx, u, t, a)
	case dataAccept, dataDecline:
		return d.decide(ctx, u, t, a)
	}
	if t.ClaimedBy != a.ID {
		return u.t("only_holder"), true, nil
	}
	return d.chosen(ctx, u, p, t, a)
}

// take claims a ticket. One wins; the others hear who.
func (d *Desk) take(ctx context.Context, u update, t handoff.Ticket, a staff.Account) (words string, alert bool, err error) {
	err = d.tickets.Claim(ctx, t.ID, a)
	var taken *handoff.Taken
	switch {
	case errors.As(err, &taken):
		if t, ok, err := d.tickets.Ticket(ctx, everything(), t.ID); err == nil && ok && t.ClaimedBy == a.ID {
			return u.t("taken_yours"), false, nil
		}
		return u.t("taken_by", taken.Name), true, nil
	case errors.Is(err, handoff.ErrNotFound):
		return u.t("gone"), true, nil
	case err != nil:
		return "", false, err
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return u.t("taken_yours"), false, nil
}

// servesPeople says whether an account has a role that talks to people: who has lost it holds their tickets until these are given back.
func servesPeople(a staff.Account) bool { return a.Is(staff.Librarian, staff.Supervisor) }

// sits says whether an account may write to the person.
func sits(t handoff.Ticket, a staff.Account) bool {
	return t.State == handoff.Claimed && (t.ClaimedBy == a.ID || t.SecondID == a.ID)
}

// asFault gives what was wrong in somebody's input, in words.
func asFault(u update, err error) (string, bool) {
	var f *staff.Fault
	if !errors.As(err, &f) {
		return "", false
	}
	return i18n.T(languageOf(u.Language), f.Key, f.Args...), true
}

// refusalIsNoFault passes on what may be tried again: Telegram's refusal for good is not.
func refusalIsNoFault(err error) error {
	var refused *telegram.GroupError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// cut shortens a text to a number of characters, whole words where it can.
func cut(text string, most int) string {
	runes := []rune(strings.TrimSpace(text))
	if len(runes) <= most {
		return string(runes)
	}
	at := most - 1
	for i := at; i > most/2; i-- {
		if runes[i] == ' ' || runes[i] == '\n' {
			at = i
			break
		}
	}
	return strings.TrimSpace(string(runes[:at])) + "…"
}
