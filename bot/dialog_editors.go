package bot

import (
	"strings"
	"time"

	"orientir/knowledge/privacy"
	"orientir/retrieval"
)

// awaitWrong is the dialog's state in which the next text is likely to say what is wrong with a guide: for wrongWaits. After that it is
// answered, as what has the form of a question is; until wrongRecalled one button still says that it told what is wrong.
const (
	awaitWrong    = "wrong"
	wrongWaits    = 10 * time.Minute
	wrongRecalled = 24 * time.Hour
)

// wrong is a guide of which the person says that something in it is not right. It stays until they say so of another.
type wrong struct {
	Number int       `json:"number"` // of the times that they were asked what; a button to keep words carries it
	Answer int64     `json:"answer"`
	Guide  string    `json:"guide,omitempty"` // slug; "" the one that was shown last under the answer
	At     time.Time `json:"at"`              // when they were asked what
	Words  string    `json:"words,omitempty"` // that were answered as a question; they may have been the fault after all
	Told   bool      `json:"told,omitempty"`  // the words went to the editors
}

// wrongButton asks what is wrong, or hears that it is not so, or that words which were answered told it; false for data that is none.
func (d *dialog) wrongButton(rest string) (act, bool) {
	if rest == "cancel" {
		d.add(Body{Text: d.t("worklist.wrong_cancelled")})
		return nil, true
	}
	id, guide, _ := strings.Cut(rest, ":")
	if id == "keep" {
		return d.keepWrong(guide), true
	}
	answer, ok := number(id)
	if !ok || !d.editors {
		return nil, false
	}
	asked := 1
	if d.state.Wrong != nil {
		asked += d.state.Wrong.Number
	}
	d.state.Await, d.state.Wrong = awaitWrong, &wrong{Number: asked, Answer: answer, Guide: guide, At: d.now}
	d.add(Body{Text: d.t("worklist.ask_wrong"), Buttons: []Action{{Label: d.t("bot.button_cancel"), Data: "wrong:cancel"}}})
	return nil, true
}

// keepWrong takes words that were answered for what is wrong, whatever was said since. Those of an earlier time are gone.
func (d *dialog) keepWrong(asked string) act {
	w := d.state.Wrong
	if n, ok := number(asked); !ok || w == nil || int64(w.Number) != n || w.Words == "" {
		d.add(Body{Text: d.t("worklist.wrong_gone")})
		return nil
	}
	if w.Told { // pressed twice
		return nil
	}
	w.Told = true
	return &report{Answer: w.Answer, Guide: w.Guide, Text: w.Words}
}

// wrongHeard takes words after «what is wrong?» as that; nil where they ask for something or come late, and are to be answered. Then one
// button says that they told what is wrong all the same.
func (d *dialog) wrongHeard(in *askGuides) act {
	w := d.state.Wrong
	d.state.Await = ""
	if w == nil || d.now.Sub(w.At) > wrongRecalled || in.answer.Intent == retrieval.Smalltalk && (in.answer.Topic == "thanks" || in.answer.Topic == "bye") {
		return nil
	}
	if d.now.Sub(w.At) <= wrongWaits && !asksElse(in, w.Guide) {
		return &report{Answer: w.Answer, Guide: w.Guide, Text: in.Question.Text}
	}
	w.Words, w.Told = in.Question.Text, false
	d.add(Body{Text: d.t("worklist.wrong_question"), Buttons: []Action{{Label: d.t("worklist.button_wrong_keep"), Data: "wrong:keep:" + digits(int64(w.Number))}}})
	return nil
}

// asksElse says that words which could tell what is wrong with a guide ask for something: for another guide, a person, a place, or for what no
// guide knows, where they have the form of a question. What is said of the guide itself («таксата е друга») finds it again and is none.
func asksElse(in *askGuides, guide string) bool {
	a, text := in.answer, in.Question.Text
	switch {
	case onlyAddress(text): // where it stands as it should be
		return false
	case a.Topic == "fraud", a.Intent == retrieval.WantsHuman, hasQuestionForm(text):
		return true
	case !decided(a), a.Intent == retrieval.Smalltalk, tellsWhatIsMissing(text):
		return false
	case a.FollowUp, a.Guide != nil && a.Guide.Slug == guide, len(a.Guides) > 0 && a.Guides[0].Slug == guide:
		return false
	}
	return true
}

// onlyAddress says that words are the address of a page: «https://www.noi.bg/kontakti?lang=bg», «noi.bg».
func onlyAddress(text string) bool {
	return len(strings.Fields(text)) == 1 && strings.Contains(strings.TrimRight(text, ".!?"), ".")
}

// wrongNumber takes a hidden phone or e-mail after «what is wrong?», without a word beside it, for an office's that has changed; nil where
// nobody was asked what is wrong lately.
func (d *dialog) wrongNumber(text string) act {
	w := d.state.Wrong
	if d.state.Await != awaitWrong || w == nil || d.now.Sub(w.At) > wrongWaits || !hidesContact(text) {
		return nil
	}
	d.state.Await = ""
	return &report{Answer: w.Answer, Guide: w.Guide, Text: text}
}

// hidesContact says that a phone or an e-mail was hidden in words.
func hidesContact(text string) bool {
	return strings.Contains(text, privacy.Phone.Token()) || strings.Contains(text, privacy.Email.Token())
}

// hasQuestionForm hears a question by its words: «как», «къде», «мога ли».
func hasQuestionForm(text string) bool {
	if strings.Contains(text, "?") {
		return true
	}
	for i, w := range strings.Fields(plainWords(text)) {
		switch w {
		case "ли", "li":
			return true
		case "как", "къде", "кога", "колко", "кой", "коя", "кое", "кои", "какво", "какъв", "каква", "какви", "защо", "искам",
			"kak", "kade", "kude", "koga", "kolko", "koi", "kakvo", "iskam", "how", "where", "when", "what", "which", "who", "can", "do", "does":
			if i == 0 {
				return true
			}
		}
	}
	return false
}

// reported thanks, or says that it is enough for today. The editors don't see a phone either, an office's new one like a person's own: the
// next words may be the page on which it stands.
func (d *dialog) reported(in *report) {
	switch in.became {
	case ReportKept:
		if hidesContact(in.Text) {
			if d.state.Wrong != nil {
				d.state.Await, d.state.Wrong.At = awaitWrong, d.now
			}
			d.add(Body{Text: d.t("worklist.wrong_kept_number")})
			return
		}
		d.add(Body{Text: d.t("worklist.wrong_kept")})
	case ReportLimited:
		d.add(Body{Text: d.t("worklist.wrong_enough"), Buttons: d.ways()[:1]})
	default:
		d.add(Body{Text: d.t("bot.guide_gone"), Buttons: d.ways()})
	}
}

// hears is the button to hear when a question has an answer. Who sits at a library's terminal is gone by then.
func (d *dialog) hears(answer int64) []Action {
	if !d.editors || d.person.Terminal {
		return nil
	}
	return []Action{{Label: d.t("worklist.button_hear"), Data: "hear:" + digits(answer)}}
}

// willHear says that the person will hear.
func (d *dialog) willHear(in *hearBack) {
	switch {
	case !in.kept:
		d.add(Body{Text: d.t("worklist.hear_gone"), Buttons: d.ways()})
	case d.returns:
		d.add(Body{Text: d.t("worklist.hear_kept_here")})
	default:
		d.add(Body{Text: d.t("worklist.hear_kept")})
	}
}
