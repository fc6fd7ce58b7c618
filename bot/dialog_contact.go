package bot

import (
	"strings"

	"orientir/knowledge/privacy"
)

// contactButton asks for a phone or an e-mail, takes the question back, or erases what was left.
func (d *dialog) contactButton(what string) act {
	switch what {
	case "cancel":
		if d.state.Await == awaitContact {
			d.state.Await = ""
		}
		d.add(Body{Text: d.t("bot.contact_cancelled")})
		return nil
	case "drop":
		return &dropContact{}
	}
	if !d.callbacks {
		return d.human("")
	}
	return &ticketStatus{Contact: true, Else: &offerDesk{Wish: wish{Reason: "asked"}}}
}

// askContact asks for a phone or an e-mail, and says who sees it and for how long.
func (d *dialog) askContact() {
	d.state.Await, d.state.Missed = awaitContact, 0
	d.add(Body{Text: d.t("bot.contact_ask"), AskContact: true, Buttons: d.noContact()})
}

func (d *dialog) noContact() []Action {
	return []Action{{Label: d.t("bot.button_no_contact"), Data: "contact:cancel"}}
}

// contactLeft says what became of a contact, which this floor never sees.
func (d *dialog) contactLeft(what string) {
	switch what {
	case "phone", "email":
		d.state.Await = ""
		d.add(Body{Text: d.t("bot.contact_kept_" + what), Buttons: []Action{{Label: d.t("bot.button_drop_contact"), Data: "contact:drop"}}})
	case contactUnknown:
		b := Body{Text: d.t("bot.contact_unknown"), AskContact: true, Buttons: d.noContact()}
		if d.state.Missed++; d.state.Missed >= 2 { // we don't ask for ever
			d.state.Await, d.state.Missed = "", 0
			b = Body{Text: d.t("bot.contact_given_up"), Buttons: d.moreContact()}
		}
		d.add(b)
	default:
		d.state.Await = ""
		d.add(Body{Text: d.t("bot.contact_nowhere"), Buttons: d.ways()[:1]})
	}
}

func (d *dialog) contactDropped(in *dropContact) {
	if in.dropped {
		d.add(Body{Text: d.t("bot.contact_dropped")})
		return
	}
	d.add(Body{Text: d.t("bot.contact_none")})
}

// moreContact is the button to leave a phone or an e-mail on a ticket.
func (d *dialog) moreContact() []Action {
	return []Action{{Label: d.t("bot.button_contact"), Data: "contact"}}
}

// waits are the buttons of who has a ticket: leave a contact or erase it, and withdraw.
func (d *dialog) waits(t Ticket) []Action {
	if !d.callbacks {
		return d.withdraw()
	}
	if t.Contact != "" {
		return append([]Action{{Label: d.t("bot.button_drop_contact"), Data: "contact:drop"}}, d.withdraw()...)
	}
	return append(d.moreContact(), d.withdraw()...)
}

// contactHeld answers the contact's buttons and the contact itself while a librarian holds the conversation; false for anything else.
func (d *dialog) contactHeld(ev event) (next act, ok bool) {
	switch what, is := strings.CutPrefix(ev.Data, "contact"); {
	case ev.Kind == Contact:
		d.contactLeft(ev.Data)
	case ev.Kind != Button || !is || !d.callbacks:
		return nil, false
	case what == "":
		d.askContact()
	default:
		return d.contactButton(strings.TrimPrefix(what, ":")), true
	}
	return nil, true
}

// aroundContact is what the person wrote beside a contact; the contact's mark is no word of theirs.
func aroundContact(text string) string {
	for _, k := range privacy.Kinds() {
		text = strings.ReplaceAll(text, k.Token(), " ")
	}
	return text
}

// onlyNumber says that nothing stands beside a hidden number but its name: «егн 75…», «телефонът ми е 08…».
func onlyNumber(text string) bool {
	words := aroundContact(text)
	if words == text {
		return false
	}
	for w := range strings.FieldsSeq(plainWords(words)) {
		switch w {
		case "егн", "лнч", "пик", "пин", "iban", "ибан", "тел", "телефон", "телефонът", "телефона", "имейл", "имейлът", "мейл", "email", "mail", "phone",
			"номер", "номерът", "номера", "ми", "е", "моят", "моя", "моето", "това", "ето", "my", "is", "number", "egn", "tel", "telefon", "mi", "moya", "nomer":
		default:
			return false
		}
	}
	return true
}

// numberAlone answers a hidden number without a word beside it. A phone or an e-mail is left by who wants to be called back, and
// that is asked for where it can be kept.
func (d *dialog) numberAlone(text string) act {
	if hidesContact(text) {
		return d.contactButton("")
	}
	d.add(Body{Text: d.t("bot.empty")})
	return nil
}

// fewAskCall says whether few words beside a contact ask to be called back, and nothing else: «обадете ми се».
func fewAskCall(text string) bool {
	words := aroundContact(text)
	return len(strings.Fields(words)) <= 12 && asksCall(words)
}

// asksCall says whether somebody asks to be called back, among other things.
func asksCall(text string) bool {
	words := " " + plainWords(text) + " "
	for _, phrase := range []string{"обадете ми се", "да ми се обадите", "да ми се обадят", "да ми се обади", "звъннете ми", "да ми звъннете", "да ми звънне", "потърсете ме по телефона",
		"обадете се на мен", "obadete mi se", "zvunnete mi", "call me", "call me back", "phone me", "ring me"} {
		if strings.Contains(words, " "+phrase+" ") {
			return true
		}
	}
	return false
}
