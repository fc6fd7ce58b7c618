package bot

import "strings"

type (
	// agreeAftermath keeps whether the person may be asked later what became of it.
	agreeAftermath struct {
		Yes   bool
		fresh bool // it says something new
	}
	// replyAftermath keeps what the person says of it later.
	replyAftermath struct {
		Question string // used | worked | recommend
		Reply    string // yes | no | soon
		fresh    bool   // nothing was said of it before
	}
)

func (*agreeAftermath) writes() bool { return true }
func (*replyAftermath) writes() bool { return true }

// laterButton takes whether the person may be asked later; false for data that is none.
func laterButton(rest string) (act, bool) {
	return &agreeAftermath{Yes: rest == "yes"}, rest == "yes" || rest == "no"
}

// afterButton takes a reply to the later message; false for data that is none.
func afterButton(rest string) (act, bool) {
	question, reply, _ := strings.Cut(rest, ":")
	known := reply == "yes" || reply == "no" || question == "used" && reply == "soon"
	return &replyAftermath{Question: question, Reply: reply}, known && (question == "used" || question == "worked" || question == "recommend")
}

// offerLater asks whether we may ask later.
func (d *dialog) offerLater() {
	d.add(Body{Text: d.t("aftermath.offer"), Buttons: []Action{
		{Label: d.t("aftermath.button_yes"), Data: "later:yes"}, {Label: d.t("aftermath.button_no"), Data: "later:no"}}})
}

// aftermathAgreed confirms it. The same again needs no second word.
func (d *dialog) aftermathAgreed(in *agreeAftermath) {
	switch {
	case !in.fresh:
	case in.Yes && d.returns:
		d.add(Body{Text: d.t("aftermath.agreed_web"), Buttons: []Action{{Label: d.t("aftermath.button_rather_not"), Data: "later:no"}}})
	case in.Yes:
		d.add(Body{Text: d.t("aftermath.agreed"), Buttons: []Action{{Label: d.t("aftermath.button_rather_not"), Data: "later:no"}}})
	default:
		d.add(Body{Text: d.t("aftermath.declined")})
	}
}

// aftermathReplied asks the next question, or thanks.
func (d *dialog) aftermathReplied(in *replyAftermath) {
	if !in.fresh {
		return
	}
	ask := func(question string) {
		d.add(Body{Text: d.t("aftermath.ask_" + question), Buttons: []Action{
			{Label: d.t("aftermath." + question + "_yes"), Data: "after:" + question + ":yes"},
			{Label: d.t("aftermath." + question + "_no"), Data: "after:" + question + ":no"}}})
	}
	switch in.Question + ":" + in.Reply {
	case "used:yes":
		ask("worked")
	case "used:soon":
		d.add(Body{Text: d.t("aftermath.soon"), Buttons: d.ways()})
	case "used:no":
		d.add(Body{Text: d.t("aftermath.thanks_no")})
	case "worked:yes":
		ask("recommend")
	case "worked:no":
		d.add(Body{Text: d.t("aftermath.not_worked"), Buttons: d.deadEnd()})
	default:
		d.add(Body{Text: d.t("aftermath.thanks")})
	}
}
