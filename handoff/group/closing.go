package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orientir/bot/i18n"
	"orientir/bot/telegram"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// A menu is the buttons under a topic's first message. Its name says which; the same words are the buttons' data:
//
//	take                              a waiting ticket: claim it
//	held                              a claimed one: close it, pass it on, give it back
//	asked                             a claimed one that somebody is asked to take over: accept, decline, take the request back
//	asked-away                        the same, of somebody whose Telegram isn't linked: take the request back
//	pass                              which of those present is to be asked
//	outcome                           how it ended
//	effort:<outcome>:<verdict>        how much work it was; what the guides are worth can still be changed
//	close:<outcome>:<verdict>:<1…6>   (data only) end it
//	return                            (data only) give it back
//	ask:<account>                     (data only) ask somebody to take it over
//	accept, decline, take-back        (data only) what becomes of that
const (
	menuNone      = ""
	menuTake      = "take"
	menuHeld      = "held"
	menuAsked     = "asked"
	menuAskedAway = "asked-away"
	menuPass      = "pass"
	menuOutcome   = "outcome"
	menuEffort    = "effort"
	dataClose     = "close"
	dataReturn    = "return"
	dataAsk       = "ask"
	dataAccept    = "accept"
	dataDecline   = "decline"
	dataTakeBack  = "take-back"
)

// askedMenu is an SQL expression: the menu of a ticket t that somebody is asked to take over; "" where nobody is.
const askedMenu = `CASE WHEN t.asked_of IS NULL THEN ''
	WHEN EXISTS (SELECT FROM staff_telegram l WHERE l.staff = t.asked_of) THEN '` + menuAsked + `' ELSE '` + menuAskedAway + `' END`

// menuOf is the menu that a ticket's state begins with; asked is as askedMenu has it.
func menuOf(s handoff.State, asked string) string {
	switch {
	case s == handoff.Waiting:
		return menuTake
	case s == handoff.Claimed && asked != "":
		return asked
	case s == handoff.Claimed:
		return menuHeld
	}
	return menuNone
}

// buttons lays a menu out; colleagues are who can be asked, of the menu for that. Everybody in the group reads it, so it is Bulgarian.
func buttons(menu string, colleagues []staff.Account) [][]telegram.GroupButton {
	t := func(key string) string { return i18n.T("bg", key) }
	row := func(label, data string) []telegram.GroupButton {
		return []telegram.GroupButton{{Label: label, Data: data}}
	}
	kind, rest, _ := strings.Cut(menu, ":")
	switch kind {
	case menuTake:
		return [][]telegram.GroupButton{row(t("group.button_take"), menuTake)}
	case menuHeld:
		return [][]telegram.GroupButton{row(t("group.button_close"), menuOutcome), row(t("group.button_pass"), menuPass), row(t("group.button_return"), dataReturn)}
	case menuAsked:
		return [][]telegram.GroupButton{
			{{Label: t("group.button_accept"), Data: dataAccept}, {Label: t("group.button_decline"), Data: dataDecline}},
			row(t("group.button_take_back"), dataTakeBack),
		}
	case menuAskedAway:
		return [][]telegram.GroupButton{row(t("group.button_take_back"), dataTakeBack)}
	case menuPass:
		var rows [][]telegram.GroupButton
		for _, c := range colleagues {
			rows = append(rows, row(cut(c.Name, mostLabel), fmt.Sprintf("%s:%d", dataAsk, c.ID)))
		}
		return append(rows, row(t("group.button_back"), menuHeld))
	case menuOutcome:
		var rows [][]telegram.GroupButton
		for _, o := range handoff.Outcomes() {
			rows = append(rows, row(t("console.ended_"+string(o)), menuEffort+":"+string(o)+":"+string(handoff.Fine)))
		}
		return append(rows, row(t("group.button_back"), menuHeld))
	case menuEffort:
		outcome, verdict, _ := strings.Cut(rest, ":")
		var efforts []telegram.GroupButton
		for n := 1; n <= handoff.MostEffort; n++ {
			efforts = append(efforts, telegram.GroupButton{Label: strconv.Itoa(n), Data: fmt.Sprintf("%s:%s:%s:%d", dataClose, outcome, verdict, n)})
		}
		rows := [][]telegram.GroupButton{efforts}
		for _, v := range handoff.Verdicts() {
			label := t("group.button_guide_" + string(v))
			if string(v) == verdict {
				label = "✓ " + label
			}
			rows = append(rows, row(label, menuEffort+":"+outcome+":"+string(v)))
		}
		return append(rows, row(t("group.button_back"), menuOutcome))
	}
	return nil
}

// known says whether a menu is one that buttons of the holder's lead to.
func known(menu string) bool {
	kind, rest, _ := strings.Cut(menu, ":")
	switch kind {
	case menuHeld, menuPass, menuOutcome:
		return rest == ""
	case menuEffort:
		outcome, verdict, _ := strings.Cut(rest, ":")
		return slices.Contains(handoff.Outcomes(), handoff.Outcome(outcome)) && slices.Contains(handoff.Verdicts(), handoff.Verdict(verdict))
	}
	return false
}

// chosen deals with a button of the holder's.
func (d *Desk) chosen(ctx context.Context, u update, p place, t handoff.Ticket, a staff.Account) (words string, alert bool, err error) {
	kind, rest, _ := strings.Cut(u.Data, ":")
	switch {
	case known(u.Data) && t.AskedID != 0: // an old button: the menu is that of who is asked
		return u.t("asked_already", t.AskedName), true, nil
	case known(u.Data):
		return d.open(ctx, u, p, t)
	case kind == dataAsk:
		return d.ask(ctx, u, t, a, rest)
	case u.Data == dataTakeBack:
		return d.takeBack(ctx, u, t, a)
	case u.Data == dataReturn:
		err = d.tickets.Return(ctx, t.ID, a)
		words = u.t("returned")
	case kind == dataClose:
		parts := strings.Split(rest, ":")
		if len(parts) != 3 {
			return u.t("gone"), true, nil
		}
		effort, _ := strconv.Atoi(parts[2])
		err = d.tickets.Close(ctx, t.ID, a, handoff.Closing{Outcome: handoff.Outcome(parts[0]), Guide: handoff.Verdict(parts[1]), Effort: effort})
		words = u.t("closed")
	default:
		return u.t("gone"), true, nil
	}
	if fault, is := asFault(u, err); is {
		return fault, true, nil
	}
	if errors.Is(err, handoff.ErrNotYours) || errors.Is(err, handoff.ErrNotFound) {
		return u.t("only_holder"), true, nil
	}
	if err != nil {
		return "", false, err
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return words, false, nil
}

// open shows the holder another menu.
func (d *Desk) open(ctx context.Context, u update, p place, t handoff.Ticket) (words string, alert bool, err error) {
	kind, _, _ := strings.Cut(u.Data, ":")
	if kind == menuPass {
		there, err := d.colleagues(ctx, t)
		if err != nil {
			return "", false, err
		}
		if len(there) == 0 {
			return u.t("pass_nobody"), true, nil
		}
	}
	// A menu that has followed the ticket since is newer than the button.
	tag, err := d.db.Exec(ctx, `UPDATE group_topics SET menu = $2 WHERE id = $1 AND state = 'open' AND menu = $3`, p.ID, u.Data, p.Menu)
	if err != nil {
		return "", false, fmt.Errorf("choose a menu of topic %d: %w", p.ID, err)
	}
	d.redis.Publish(ctx, sendTopic, "")
	if kind == menuEffort && tag.RowsAffected() > 0 {
		return u.t("effort_hint"), false, nil
	}
	return "", false, nil
}
