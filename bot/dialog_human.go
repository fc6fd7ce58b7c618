package bot

import "strings"

// human begins a hand-over. The person first sees who would read what. reason "" takes what the last answers suggest.
func (d *dialog) human(reason string) act {
	if reason == "" {
		switch {
		case d.state.Bad >= 2:
			reason = "bad-ratings"
		case d.state.Abstain:
			reason = "abstained"
		default:
			reason = "asked"
		}
	}
	return &ticketStatus{Else: &offerDesk{Wish: wish{Reason: reason}}} // who waits already is told where they stand
}

// choose changes who would read it.
func (d *dialog) choose(to wish) act {
	to.Reason = "asked"
	if d.state.Wish != nil {
		to.Reason = d.state.Wish.Reason
	}
	return &ticketStatus{Else: &offerDesk{Wish: to, Changed: true}}
}

// confirm opens the ticket that was shown; call asks for a contact then.
func (d *dialog) confirm(call bool) act {
	if d.state.Wish == nil { // an old button: show it again
		return d.human("")
	}
	w := *d.state.Wish
	d.state.Wish = nil
	w.Call = call
	return &openTicket{Wish: w}
}

func (d *dialog) offered(in *offerDesk) act {
	o := in.offer
	if !o.BlockedUntil.IsZero() {
		d.deskBlocked(o.BlockedUntil)
		return nil
	}
	if !o.Staffed {
		return d.unstaffed()
	}
	w := in.Wish
	w.Shown = !in.Changed || w.HelpPoint != o.HelpPoint || w.Pool != (o.HelpPoint == "")
	w.HelpPoint, w.Pool = o.HelpPoint, o.HelpPoint == ""
	d.state.Wish, d.state.Await = &w, ""
	var lines []string
	if o.HelpPoint == "" {
		lines = append(lines, d.t("bot.offer_pool"))
	} else {
		lines = append(lines, d.t("bot.offer_library", o.Name))
	}
	switch {
	case in.Changed:
	case o.HelpPoint == "" && d.person.Place == "":
		lines[0] += " " + d.t("bot.offer_say_place")
	case o.Why.Key != "":
		lines[0] += " " + WhyWords(o.Why, "waiting", d.now, d.person.Language)
	}
	if d.callbacks && !o.Present {
		lines = append(lines, d.t("bot.offer_privacy_contact"))
	} else {
		lines = append(lines, d.t("bot.offer_privacy"))
	}
	if d.state.Question != "" {
		lines = append(lines, d.t("bot.offer_question", cut(d.state.Question, 200)))
	}
	there := o.thereNow(d.now, d.person.Language)
	if !o.Present {
		there += " " + d.t("bot.offer_leave")
	}
	lines = append(lines, there)
	lines = append(lines, d.t("bot.offer_confirm"))
	b := Body{Text: strings.Join(lines, "\n"), Buttons: []Action{{Label: d.t("bot.button_yes"), Data: "human:yes"}}}
	if d.callbacks && !o.Present {
		b.Buttons = append(b.Buttons, Action{Label: d.t("bot.button_yes_call"), Data: "human:call"})
	}
	b.Buttons = append(b.Buttons, d.again()...)
	for _, other := range o.Others[:min(3, len(o.Others))] {
		b.Buttons = append(b.Buttons, Action{Label: d.t("bot.button_choose", other.Name), Data: "human:" + other.ID})
	}
	if o.Pool && o.HelpPoint != "" {
		b.Buttons = append(b.Buttons, Action{Label: d.t("bot.button_pool"), Data: "human:pool"})
	}
	b.Buttons = append(b.Buttons, Action{Label: d.t("bot.button_cancel"), Data: "cancel"})
	d.add(b)
	return nil
}

// unstaffed says that nobody reads here, and shows whom to call instead. It opens nothing.
func (d *dialog) unstaffed() act {
	d.state.Wish = nil
	d.add(Body{Text: d.t("bot.unstaffed")})
	if d.person.Place != "" {
		return &lookNear{Ekatte: d.person.Place, CallOnly: true}
	}
	return d.askPlace("bot.ask_place_phone", "phone-place")
}

func (d *dialog) opened(in *openTicket) act {
	if !in.opened {
		d.add(Body{Text: d.t("bot.unstaffed_now"), Buttons: d.ways()[1:]})
		return nil
	}
	lines := []string{d.queueWords("bot.opened_", in.ticket)}
	if usual := UsualWords(in.ticket.Usual, d.person.Language); usual != "" {
		lines[0] += " " + usual
	}
	if d.state.Question == "" {
		lines = append(lines, d.t("bot.opened_ask"))
	} else if !in.ticket.Claimed {
		lines = append(lines, d.t("bot.opened_meanwhile"))
	}
	d.state.Bad, d.state.Abstain = 0, false
	d.add(Body{Text: strings.Join(lines, "\n"), Buttons: d.waits(in.ticket)})
	if in.Wish.Call && d.callbacks {
		d.askContact()
	}
	return nil
}

func (d *dialog) statusSeen(in *ticketStatus) act {
	if !in.found {
		if in.Else != nil {
			return in.Else
		}
		d.add(Body{Text: d.t("bot.status_none"), Buttons: d.ways()[:1]})
		return nil
	}
	if in.Contact {
		d.askContact()
		return nil
	}
	text := d.queueWords("bot.status_", in.ticket)
	switch usual := UsualWords(in.ticket.Usual, d.person.Language); {
	case in.ticket.Claimed:
	case in.ticket.Left && !in.Stay:
		text = d.t("waiting.left_already")
	case in.Stay:
		text = d.t("waiting.stay") + " " + text
	case usual != "":
		text += " " + usual
	}
	d.add(Body{Text: text, Buttons: d.waits(in.ticket)})
	return nil
}

func (d *dialog) cancelled(in *cancelTicket) act {
	switch {
	case in.cancelled:
		d.add(Body{Text: d.t("bot.cancelled")})
	case in.Shown:
		d.add(Body{Text: d.t("bot.not_sent")})
	default:
		d.add(Body{Text: d.t("bot.status_none")})
	}
	return nil
}

func (d *dialog) withdraw() []Action {
	return []Action{{Label: d.t("bot.button_cancel"), Data: "cancel"}}
}

// queueWords says where a ticket stands.
func (d *dialog) queueWords(prefix string, t Ticket) string {
	switch {
	case t.Claimed:
		return d.t(prefix + "claimed")
	case t.Position <= 1:
		return d.t(prefix + "next")
	}
	return d.t(prefix+"many", t.Position)
}
