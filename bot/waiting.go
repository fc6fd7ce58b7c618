package bot

import (
	"slices"
	"strings"
	"time"

	"orientir/bot/i18n"
)

// WhyWords says why routing chose where a ticket waits, to people (area waiting) or to the staff (area console).
func WhyWords(w Why, area string, now time.Time, language string) string {
	_, name, _ := strings.Cut(w.Key, ".")
	key := area + "." + name
	library := w.Name
	if library == "" {
		library = i18n.T(language, "waiting.pool_in")
	}
	switch name {
	case "why_closed":
		if !now.Before(w.Until) { // it has opened since
			return i18n.T(language, "waiting.why_closed_then", library)
		}
		return i18n.T(language, key, library, MomentWords(w.Until, now, language))
	case "why_busy", "why_absent", "why_untaken":
		return i18n.T(language, key, library)
	}
	return i18n.T(language, key)
}

// UsualWords says how long people usually wait, rounded up to what people say; "" where it is unknown, or too long to promise.
func UsualWords(usual time.Duration, language string) string {
	minutes := int((usual + time.Minute - 1) / time.Minute)
	for _, step := range []int{1, 2, 3, 5, 10, 15, 20, 30, 45} {
		if minutes > 0 && minutes <= step {
			return i18n.N(language, "waiting.usual_minutes", step)
		}
	}
	if hours := (minutes + 59) / 60; hours > 0 && hours <= 8 {
		return i18n.N(language, "waiting.usual_hours", hours)
	}
	return ""
}

// thereNow says what it is like at a desk: whether somebody is there, how many wait, and until when it is closed,
// or that nobody knows.
func (o Offer) thereNow(now time.Time, language string) string {
	var said []string
	say := func(key string, args ...any) { said = append(said, i18n.T(language, "waiting."+key, args...)) }
	opens := func() {
		if !o.NextOpen.IsZero() {
			words := i18n.T(language, "waiting.opens", MomentWords(o.NextOpen, now, language))
			said = append(said, strings.TrimSuffix(words, ".")+".") // «ч.» ends with a stop already
		}
	}
	shut := o.OpenNow != nil && !*o.OpenNow
	switch {
	case o.Present && o.Busy:
		say("busy")
	case o.Present:
		say("present")
	case shut && o.Holiday != "":
		say("holiday", HolidayWords(o.Holiday, language))
		opens()
	case shut && o.Closure != "":
		say("closure", strings.TrimSuffix(o.Closure, "."))
		opens()
	case shut && !o.NextOpen.IsZero():
		said = append(said, strings.TrimSuffix(i18n.T(language, "bot.offer_opens", MomentWords(o.NextOpen, now, language)), ".")+".")
	case o.OpenNow != nil && *o.OpenNow:
		say("open_absent")
	default:
		said = append(said, i18n.T(language, "bot.offer_later"))
		switch {
		case o.OpenNow != nil, o.HelpPoint == "": // closed for long; the national pool keeps no hours
		case o.Phone == "":
			say("hours_unknown")
		default:
			say("hours_unknown_call", o.Phone)
		}
	}
	if o.Present && o.Ahead > 0 {
		said = append(said, i18n.N(language, "waiting.ahead", o.Ahead))
	}
	if usual := UsualWords(o.Usual, language); usual != "" {
		said = append(said, usual)
	}
	return strings.Join(said, " ")
}

// Waiter is whom the desk speaks to while nobody has taken a ticket.
type Waiter struct {
	Language  string
	Returns   bool // the channel is a page that the person comes back to: nothing is sent after them
	Contact   bool // they left a phone or an e-mail
	Callbacks bool // a contact can be kept
	Terminal  bool // they sit at a library's terminal, which forgets: nobody comes back to it for an answer
}

func (w Waiter) kept() string {
	if w.Terminal {
		return i18n.T(w.Language, "kiosk.kept")
	}
	if w.Returns {
		return i18n.T(w.Language, "waiting.kept_web")
	}
	return i18n.T(w.Language, "waiting.kept")
}

// Untaken is said once, when nobody has taken a ticket for a while: what it is like at the desk, and how to go on. moved says that another
// queue reads it than the person was told.
func Untaken(o Offer, moved bool, w Waiter, now time.Time) Body {
	language := w.Language
	lines := []string{i18n.T(language, "waiting.untaken")}
	switch {
	case moved && o.Present:
		lines = append(lines, o.movedWords(language))
	case o.Present && o.Busy:
		lines[0] += " " + i18n.T(language, "waiting.untaken_busy")
	case o.Present:
		lines[0] += " " + i18n.T(language, "waiting.untaken_present")
	default:
		lines[0] += " " + o.thereNow(now, language)
	}
	lines = append(lines, i18n.T(language, "waiting.choose"))
	return Body{Text: strings.Join(lines, "\n"), Language: language, Buttons: w.ways(true)}
}

func (o Offer) movedWords(language string) string {
	words := i18n.T(language, "waiting.moved", o.Name)
	if o.Present {
		words += " " + i18n.T(language, "waiting.present")
	}
	return words
}

// Moved is said once, when a ticket goes to another queue than the person was told.
func Moved(o Offer, w Waiter) Body {
	return Body{Text: o.movedWords(w.Language), Language: w.Language, Buttons: []Action{{Label: i18n.T(w.Language, "bot.button_cancel"), Data: "cancel"}}}
}

// ClosedToday is said once, when the library closes for the day while somebody waits for it.
func ClosedToday(o Offer, w Waiter, now time.Time) Body {
	text := i18n.T(w.Language, "waiting.closed_today", o.Name)
	if !o.NextOpen.IsZero() {
		text += " " + strings.TrimSuffix(i18n.T(w.Language, "waiting.opens", MomentWords(o.NextOpen, now, w.Language)), ".") + "."
	}
	return Body{Text: text + "\n" + w.kept(), Language: w.Language, Buttons: w.ways(false)}
}

// ways are the buttons of who waits: go on waiting, leave the question, leave a contact, the nearest desk.
func (w Waiter) ways(stay bool) []Action {
	var buttons []Action
	if stay {
		buttons = append(buttons, Action{Label: i18n.T(w.Language, "waiting.button_stay"), Data: "wait:stay"})
	}
	if !w.Contact {
		buttons = append(buttons, Action{Label: i18n.T(w.Language, "waiting.button_leave"), Data: "wait:leave"})
		if w.Callbacks {
			buttons = append(buttons, Action{Label: i18n.T(w.Language, "bot.button_contact"), Data: "contact"})
		}
	}
	return append(buttons, Action{Label: i18n.T(w.Language, "waiting.button_near"), Data: "near:open"})
}

// Returns says whether people come back to a channel's page for what was said, because nothing is sent after them.
func (c *Conversations) Returns(channel string) bool { return slices.Contains(c.pulled, channel) }

// waitButton answers the buttons of Untaken: go on waiting, or leave the question.
func (d *dialog) waitButton(what string) act {
	if what == "leave" {
		return &leaveQuestion{}
	}
	return &ticketStatus{Stay: true, Else: &offerDesk{Wish: wish{Reason: "asked"}}}
}

// questionLeft says how the answer to a question that was left will come.
func (d *dialog) questionLeft(in *leaveQuestion) act {
	if !in.left {
		d.add(Body{Text: d.t("bot.status_none"), Buttons: d.ways()[:1]})
		return nil
	}
	text := d.t("waiting.left")
	switch {
	case d.person.Terminal:
		text = d.t("kiosk.question_left")
	case d.returns:
		text = d.t("waiting.left_web")
	}
	d.add(Body{Text: text, Buttons: d.waits(in.ticket)})
	return nil
}
