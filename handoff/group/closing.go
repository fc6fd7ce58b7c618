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
//	held                              a claimed one: close it, give it back
//	outcome                           how it ended
//	effort:<outcome>:<verdict>        how much work it was; what the guides are worth can still be changed
//	close:<outcome>:<verdict>:<1…6>   (data only) end it
//	return                            (data only) give it back
const (
	menuNone    = ""
	menuTake    = "take"
	menuHeld    = "held"
	menuOutcome = "outcome"
	menuEffort  = "effort"
	dataClose   = "close"
	dataReturn  = "return"
)

// menuOf is the menu that a ticket's state begins with.
func menuOf(s handoff.State) string {
	switch s {
	case handoff.Waiting:
		return menuTake
	case handoff.Claimed:
		return menuHeld
	}
	return menuNone
}

// buttons lays a menu out. Everybody in the group reads it, so it is Bulgarian.
func buttons(menu string) [][]telegram.GroupButton {
	t := func(key string) string { return i18n.T("bg", key) }
	row := func(label, data string) []telegram.GroupButton {
		return []telegram.GroupButton{{Label: label, Data: data}}
	}
	kind, rest, _ := strings.Cut(menu, ":")
	switch kind {
	case menuTake:
		return [][]telegram.GroupButton{row(t("group.button_take"), menuTake)}
	case menuHeld:
		return [][]telegram.GroupButton{row(t("group.button_close"), menuOutcome), row(t("group.button_return"), dataReturn)}
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

// known says whether a menu is one that buttons lead to.
func known(menu string) bool {
	kind, rest, _ := strings.Cut(menu, ":")
	switch kind {
	case menuHeld, menuOutcome:
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
	case known(u.Data):
		if _, err := d.db.Exec(ctx, `UPDATE group_topics SET menu = $2 WHERE id = $1 AND state = 'open'`, p.ID, u.Data); err != nil {
			return "", false, fmt.Errorf("choose a menu of topic %d: %w", p.ID, err)
		}
		d.redis.Publish(ctx, sendTopic, "")
		if kind == menuEffort {
			return u.t("effort_hint"), false, nil
		}
		return "", false, nil
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
