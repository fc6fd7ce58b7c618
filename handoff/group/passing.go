package group

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"orientir/bot/telegram"
	"orientir/handoff"
	"orientir/handoff/staff"
)

const (
	mostColleagues = 8  // that a menu lists; the staff site has them all
	mostLabel      = 40 // characters of a name on a button
)

// buttons lays out the menu of a topic.
func (d *Desk) buttons(ctx context.Context, p shownTopic) ([][]telegram.GroupButton, error) {
	if p.Menu != menuPass {
		return buttons(p.Menu, nil), nil
	}
	t, ok, err := d.tickets.Ticket(ctx, everything(), p.Ticket)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("ticket %d of a topic is gone", p.Ticket)
	}
	there, err := d.colleagues(ctx, t)
	return buttons(p.Menu, there), err
}

// colleagues are those of a ticket's library who are there for it now, but for its holder, by name.
func (d *Desk) colleagues(ctx context.Context, t handoff.Ticket) ([]staff.Account, error) {
	there, err := d.staff.Serving(ctx, d.db)
	if err != nil {
		return nil, err
	}
	there = slices.DeleteFunc(there, func(a staff.Account) bool {
		return a.ID == t.ClaimedBy || !a.Serves(t.HelpPoint) || !d.tickets.PresentAt(a.ID, t.HelpPoint)
	})
	slices.SortFunc(there, func(a, b staff.Account) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return there[:min(len(there), mostColleagues)], nil
}

// ask asks a colleague to take the holder's ticket over.
func (d *Desk) ask(ctx context.Context, u update, t handoff.Ticket, a staff.Account, whom string) (words string, alert bool, err error) {
	to, err := strconv.ParseInt(whom, 10, 64)
	if err != nil || to <= 0 {
		return u.t("gone"), true, nil
	}
	if t.AskedID == to { // an earlier try at the update, or a second tap
		return u.t("pass_asked", t.AskedName), false, nil
	}
	err = d.tickets.Transfer(ctx, t.ID, a, handoff.Target{Account: to}, "")
	if fault, is := asFault(u, err); is {
		return fault, true, nil
	}
	asked, ok, readErr := d.tickets.Ticket(ctx, everything(), t.ID)
	switch {
	case errors.Is(err, handoff.ErrNotYours), errors.Is(err, handoff.ErrNotFound):
		return u.t("only_holder"), true, nil
	case errors.Is(err, handoff.ErrAsked) && readErr == nil && ok:
		return u.t("asked_already", asked.AskedName), true, nil
	case err != nil:
		return "", false, err
	case readErr != nil:
		return "", false, readErr
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return u.t("pass_asked", asked.AskedName), false, nil
}

// decide deals with «accept» and «decline»: of whom a transfer is asked, and nobody else, decides.
func (d *Desk) decide(ctx context.Context, u update, t handoff.Ticket, a staff.Account) (words string, alert bool, err error) {
	switch {
	case u.Data == dataAccept && u.again() && t.ClaimedBy == a.ID: // an earlier try got to its end
		return u.t("taken_yours"), false, nil
	case t.AskedID == 0:
		return u.t("asked_over"), true, nil
	case t.AskedID != a.ID:
		return u.t("only_asked", t.AskedName), true, nil
	case u.Data == dataAccept:
		err, words = d.tickets.Accept(ctx, t.ID, a), u.t("taken_yours")
	default:
		err, words = d.tickets.Decline(ctx, t.ID, a, ""), u.t("declined")
	}
	return d.settled(ctx, u, words, err)
}

// settledAlready gives the words of a request that an earlier try at the update declined or took back, and died before it could say so;
// "" where none did. What has become of the ticket since, and whether another request is open, is no matter of the button.
func (d *Desk) settledAlready(ctx context.Context, u update, ticket int64, a staff.Account) (words string, err error) {
	switch {
	case !u.again():
		return "", nil
	case u.Data == dataDecline:
		words = u.t("declined")
	case u.Data == dataTakeBack:
		words = u.t("pass_taken_back")
	default:
		return "", nil
	}
	var already bool
	err = d.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM ticket_events WHERE ticket = $1 AND kind = 'declined' AND staff = $2 AND at >= $3)`, ticket, a.ID, u.TriedAt).Scan(&already)
	if err != nil {
		return "", fmt.Errorf("look for the answer of update %d: %w", u.ID, err)
	}
	if !already {
		return "", nil
	}
	return words, nil
}

// takeBack takes the holder's request back.
func (d *Desk) takeBack(ctx context.Context, u update, t handoff.Ticket, a staff.Account) (words string, alert bool, err error) {
	if t.AskedID == 0 {
		return u.t("asked_over"), true, nil
	}
	return d.settled(ctx, u, u.t("pass_taken_back"), d.tickets.Decline(ctx, t.ID, a, ""))
}

// settled says what became of a request that somebody answered or took back; another may have been quicker.
func (d *Desk) settled(ctx context.Context, u update, words string, err error) (string, bool, error) {
	if errors.Is(err, handoff.ErrNotAsked) {
		return u.t("asked_over"), true, nil
	}
	if err != nil {
		return "", false, err
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return words, false, nil
}
