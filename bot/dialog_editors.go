package bot

import (
	"strings"
	"time"

	"orientir/retrieval"
)

// awaitWrong is the dialog's state in which the next text is likely to say what is wrong with a guide; for so long.
const (
	awaitWrong = "wrong"
	wrongWaits = 10 * time.Minute
)

// wrong is a guide of which the person says that something in it is not right.
type wrong struct {
	Answer int64     `json:"answer"`
	Guide  string    `json:"guide,omitempty"` // slug; "" the one that was shown last under the answer
	At     time.Time `json:"at"`              // when they were asked what
	Words  string    `json:"words,omitempty"` // that were answered as a question; they may have been the fault after all
}

// wrongData is what the button «something is wrong» carries. Where a slug is too long for a button, the guide that was shown last under the
// answer is meant.
func wrongData(answer int64, guide string) string {
	data := "wrong:" + digits(answer)
	if guide != "" && len(data)+1+len(guide) <= longestData {
		data += ":" + guide
	}
	return data
}

// wrongButton asks what is wrong, or hears that it is not so, or that words which were answered told it; false for data that is none.
func (d *dialog) wrongButton(rest string) (act, bool) {
	w := d.state.Wrong
	d.state.Wrong = nil
	switch rest {
	case "cancel":
		d.add(Body{Text: d.t("worklist.wrong_cancelled")})
		return nil, true
	case "keep":
		if w == nil || w.Words == "" { // pressed twice
			return nil, true
		}
		return &report{Answer: w.Answer, Guide: w.Guide, Text: w.Words}, true
	}
	id, guide, _ := strings.Cut(rest, ":")
	answer, ok := number(id)
	if !ok || !d.editors {
		return nil, false
	}
	d.state.Await, d.state.Wrong = awaitWrong, &wrong{Answer: answer, Guide: guide, At: d.now}
	d.add(Body{Text: d.t("worklist.ask_wrong"), Buttons: []Action{{Label: d.t("bot.button_cancel"), Data: "wrong:cancel"}}})
	return nil, true
}

// wrongHeard takes words after «what is wrong?» as that; nil where they ask for something and are to be answered. Then one button says that
// they told what is wrong all the same. Who comes back later begins anew.
func (d *dialog) wrongHeard(in *askGuides) act {
	w := d.state.Wrong
	d.state.Await, d.state.Wrong = "", nil
	if w == nil || d.now.Sub(w.At) > wrongWaits {
		return nil
	}
	if !asksElse(in, w.Guide) {
		return &report{Answer: w.Answer, Guide: w.Guide, Text: in.Question.Text}
	}
	w.Words = in.Question.Text
	d.state.Wrong = w
	d.add(Body{Text: d.t("worklist.wrong_question"), Buttons: []Action{{Label: d.t("worklist.button_wrong_keep"), Data: "wrong:keep"}}})
	return nil
}

// asksElse says that words which could tell what is wrong with a guide ask for something: for another guide, a person, a place. What is said
// of the guide itself («таксата е друга») finds it again and is no question, unless it has the form of one.
func asksElse(in *askGuides, guide string) bool {
	a, text := in.answer, in.Question.Text
	switch {
	case a.Topic == "fraud", a.Intent == retrieval.WantsHuman:
		return true
	case !decided(a), a.Intent == retrieval.Smalltalk, tellsWhatIsMissing(text):
		return false
	case a.FollowUp, a.Guide != nil && a.Guide.Slug == guide, len(a.Guides) > 0 && a.Guides[0].Slug == guide:
		return hasQuestionForm(text)
	}
	return true
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

// reported thanks, or says that it is enough for today.
func (d *dialog) reported(in *report) {
	switch in.became {
	case ReportKept:
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
