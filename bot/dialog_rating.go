package bot

// reasons are why an answer may be bad, a closed set that the database checks too.
func reasons() []string {
	return []string{"wrong-service", "unclear", "outdated", "missing-case", "broken-link"}
}

func knownReason(reason string) bool {
	for _, r := range reasons() {
		if r == reason {
			return true
		}
	}
	return false
}

// rated thanks for a judgement, or asks what was wrong. The same judgement twice needs no second word.
func (d *dialog) rated(in *rate) act {
	if !in.known || !in.changed {
		return nil
	}
	if in.Good {
		d.state.Bad = 0
		if d.state.Await == "comment" {
			d.state.Await = ""
		}
		d.add(Body{Text: d.t("bot.thanks_good")})
		if in.later {
			d.offerLater()
		}
		return nil
	}
	d.state.Bad++
	b := Body{Text: d.t("bot.ask_reason"), AnswerID: in.Answer}
	for _, r := range reasons() {
		b.Choices = append(b.Choices, Action{Label: d.t("bot.why_" + r), Data: "why:" + r + ":" + digits(in.Answer)})
	}
	d.add(b)
	if d.state.Bad >= 2 {
		d.add(Body{Text: d.t("bot.two_bad"), Buttons: d.ways()})
	}
	return nil
}

func (d *dialog) reasonGiven(in *giveReason) act {
	if !in.known {
		return nil
	}
	d.state.Await, d.state.Rated = "comment", in.Answer
	d.add(Body{Text: d.t("bot.ask_comment")})
	return nil
}
