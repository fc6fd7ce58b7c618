package bot

import (
	"strings"
	"time"
)

// awaitDeskComment is the dialog's state in which the next text may be what the person thought of a hand-over.
const awaitDeskComment = "desk-comment"

// deskButton takes the judgement of a hand-over; false for data that is none.
func (d *dialog) deskButton(rest string) (act, bool) {
	quality, id, _ := strings.Cut(rest, ":")
	ticket, ok := number(id)
	if !ok || quality != "good" && quality != "bad" {
		return nil, false
	}
	return &rateDesk{Ticket: ticket, Helped: quality == "good"}, true
}

// deskRated thanks, or asks what was missing. A second judgement needs no word: the first counts.
func (d *dialog) deskRated(in *rateDesk) {
	switch {
	case !in.fresh:
	case in.Helped:
		d.add(Body{Text: d.t("bot.desk_thanks")})
	default:
		d.state.Await, d.state.Rated = awaitDeskComment, in.Ticket
		d.add(Body{Text: d.t("bot.desk_ask")})
	}
}

// reopened says where the person stands. Where the librarian took it up at once, the desk has said so already.
func (d *dialog) reopened(in *reopen) {
	switch {
	case !in.blocked.IsZero():
		d.deskBlocked(in.blocked)
	case in.nobody:
		d.add(Body{Text: d.t("bot.unstaffed_now"), Buttons: d.ways()[1:]})
	case in.past.Ticket == 0:
		d.add(Body{Text: d.t("bot.desk_again_gone"), Buttons: d.ways()})
	case in.past.Present && in.ticket.Claimed:
	case in.already || in.ticket.Claimed:
		d.add(Body{Text: d.queueWords("bot.status_", in.ticket), Buttons: d.waits(in.ticket)})
	default:
		d.add(Body{Text: d.t("bot.desk_again_away", in.past.Librarian) + "\n" + d.queueWords("bot.status_", in.ticket), Buttons: d.waits(in.ticket)})
	}
}

// deskBlocked says that no librarian can be written to, and what else there is.
func (d *dialog) deskBlocked(until time.Time) {
	d.state.Wish = nil
	d.add(Body{Text: d.t("bot.desk_blocked", DateWords(until.In(d.now.Location()), d.person.Language)), Buttons: d.ways()[1:]})
}

// again is the button to go on with the last librarian, where they are at the desk: a button that leads to nobody only annoys.
func (d *dialog) again() []Action {
	if d.past == nil || !d.past.Present {
		return nil
	}
	return []Action{{Label: d.t("bot.button_again", d.past.Librarian), Data: "again:" + digits(d.past.Ticket)}}
}

// deadEnd are the ways out where we could not help: the last librarian, a person, a place.
func (d *dialog) deadEnd() []Action { return append(d.again(), d.ways()...) }

// asksAgain says whether few words ask for the last librarian: «искам пак Мария», «може ли същата библиотекарка», «Maria again please».
func (d *dialog) asksAgain(text string) bool {
	words := strings.Fields(plainWords(text))
	if d.past == nil || len(words) > 8 {
		return false
	}
	name, _, _ := strings.Cut(plainWords(d.past.Librarian), " ")
	var named, again, same, person bool
	for _, w := range words {
		rest, is := strings.CutPrefix(w, name)
		named = named || name != "" && is && len([]rune(rest)) <= 2
		switch w {
		case "пак", "отново", "again", "back", "искам", "свържи", "свържете", "продължа", "продължи", "продължим", "говоря", "iskam", "pak", "want":
			again = true
		case "същия", "същият", "същата", "same":
			same = true
		}
		person = person || strings.HasPrefix(w, "библиотекар") || w == "librarian" || w == "човек" || w == "person"
	}
	return named && again || same && person
}
