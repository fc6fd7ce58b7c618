package bot

import (
	"strings"

	"orientir/knowledge"
	"orientir/retrieval"
)

// The acts of trainings.
type (
	// lookTrainings looks for trainings around a settlement or a position, or at one library.
	lookTrainings struct {
		Ekatte    string
		Position  *knowledge.Position
		HelpPoint string
		place     knowledge.Place
		known     bool // place is one
		list      []lesson
		mine      []lesson // what the person has signed up for
	}
	// showTraining looks at one training.
	showTraining struct {
		Number int64
		lesson lesson
		found  bool
	}
	// joinTraining signs the person up.
	joinTraining struct {
		Number  int64
		lesson  lesson
		outcome joining
	}
	// leaveTraining gives the person's place back.
	leaveTraining struct {
		Number int64
		lesson lesson
		left   bool
	}
	// nameSignup keeps how the person wants to be called there.
	nameSignup struct {
		Number int64
		Name   string
		kept   bool
	}
)

func (*lookTrainings) writes() bool { return false }
func (*showTraining) writes() bool  { return false }
func (*joinTraining) writes() bool  { return true }
func (*leaveTraining) writes() bool { return true }
func (*nameSignup) writes() bool    { return true }

// lesson is a training as the person sees it.
type lesson struct {
	knowledge.NearTraining
	SignedUp int
	Mine     bool // the person has a place
}

// The dialog's states in which the next text is likely to be a place for trainings, or a name for a sign-up.
const (
	awaitTrainingPlace = "training-place"
	awaitTrainingName  = "training-name"
)

// trainings shows those around the place that the person names, or lives in, or else asks for it.
func (d *dialog) trainings(words string) act {
	switch {
	case strings.TrimSpace(words) != "":
		d.state.Await = awaitTrainingPlace
		return &findPlace{Words: words}
	case d.person.Place != "":
		return &lookTrainings{Ekatte: d.person.Place}
	}
	return d.askPlace("library.ask_place", awaitTrainingPlace)
}

// trainingsMatch goes on from a place that retrieval heard in the question.
func (d *dialog) trainingsMatch(m *knowledge.PlaceMatch) act {
	if m == nil || m.Outcome == knowledge.PlaceUnknown {
		return d.trainings("")
	}
	d.state.Await = awaitTrainingPlace
	return d.placeFound(&findPlace{match: *m})
}

// courseButton does what a button about trainings says: «courses:<ekatte>», «courses:at:<help point>».
func (d *dialog) coursesButton(rest string) act {
	verb, id, _ := strings.Cut(rest, ":")
	switch {
	case rest == "":
		return d.trainings("")
	case rest == "other":
		return d.askPlace("library.ask_place", awaitTrainingPlace)
	case verb == "at":
		return &lookTrainings{HelpPoint: id}
	}
	return &lookTrainings{Ekatte: rest}
}

// courseButton does what a button about one training says: «course:<number>», «course:join:<number>».
func (d *dialog) courseButton(rest string) act {
	verb, id, ok := strings.Cut(rest, ":")
	if !ok {
		verb, id = "", rest
	}
	n, ok := number(id)
	if !ok {
		return d.trainings("")
	}
	switch verb {
	case "":
		return &showTraining{Number: n}
	case "join":
		return &joinTraining{Number: n}
	case "leave":
		return &leaveTraining{Number: n}
	case "noname":
		if d.state.Await == awaitTrainingName {
			d.state.Await = ""
		}
		d.add(Body{Text: d.t("library.no_name")})
		return nil
	}
	return d.trainings("")
}

// trainingsSeen lists trainings, what the person has signed up for first.
func (d *dialog) trainingsSeen(in *lookTrainings) act {
	d.state.Await, d.state.Missed = "", 0
	if in.known {
		d.person.Place = in.place.Ekatte
	}
	other := Action{Label: d.t("library.button_other_place"), Data: "courses:other"}
	var lines []string
	b := Body{}
	if len(in.mine) > 0 {
		lines = append(lines, d.t("library.yours"))
		for _, l := range in.mine {
			lines = append(lines, "– "+d.lessonLine(l))
			b.Choices = append(b.Choices, d.lessonChoice(l))
		}
		lines = append(lines, "")
	}
	var list []lesson
	for _, l := range in.list {
		if !l.Mine {
			list = append(list, l)
		}
	}
	switch {
	case len(list) > 0:
		lines = append(lines, d.t("library.list"))
		for _, l := range list {
			lines = append(lines, "– "+d.lessonLine(l))
			b.Choices = append(b.Choices, d.lessonChoice(l))
		}
	case len(in.mine) > 0:
		lines = append(lines, d.t("library.none_more"))
	default:
		lines = append(lines, d.t("library.none"))
		b.Buttons = append(b.Buttons, d.ways()[1])
	}
	b.Text = strings.Join(lines, "\n")
	b.Buttons = append(b.Buttons, other)
	d.add(b)
	return nil
}

// lessonLine says a training in one line: «Имейл за начинаещи: утре в 10:00 ч., Регионална библиотека, гр. Враца, на 1,2 км. 4 свободни места».
func (d *dialog) lessonLine(l lesson) string {
	language := d.person.Language
	words := l.Topic + ": " + MomentWords(l.StartsAt, d.now, language) + ", " + l.At.Name + ", " + PlaceWords(l.At.Place, language)
	if l.DistanceM != nil {
		words += ", " + DistanceWords(*l.DistanceM, language)
	}
	if left := LeftWords(l.Training, l.SignedUp, language); left != "" && !l.Mine {
		words += ". " + left
	}
	return words
}

func (d *dialog) lessonChoice(l lesson) Action {
	at := l.StartsAt.In(d.now.Location())
	months := strings.Fields(d.t("common.months"))
	label := d.t("library.choice", cut(l.Topic, 40), at.Day(), months[at.Month()-1], ClockWords(at, d.person.Language))
	return Action{Label: label, Data: "course:" + digits(l.Number)}
}

// trainingSeen tells all of one training.
func (d *dialog) trainingSeen(in *showTraining) act {
	l, language := in.lesson, d.person.Language
	others := Action{Label: d.t("library.button_others"), Data: "courses"}
	if !in.found || l.Cancelled() || !l.StartsAt.After(d.now) {
		d.add(Body{Text: d.t("library.gone"), Buttons: []Action{others}})
		return nil
	}
	lines := []string{l.Topic}
	if l.Description != "" {
		lines = append(lines, l.Description)
	}
	lines = append(lines, d.t("library.when", TrainingTime(l.Training, d.now.Location(), language)), d.t("library.where", TrainingPlace(l.Training, l.At, language)))
	if l.At.Phone() != "" {
		lines = append(lines, d.t("library.phone", l.At.Phone()))
	}
	b := Body{}
	left, limited := l.Left(l.SignedUp)
	switch {
	case l.Mine:
		lines = append(lines, d.t("library.signed_up"))
		b.Buttons = append(b.Buttons, leaveButton(l.Training, language))
	case limited && left == 0:
		lines = append(lines, LeftWords(l.Training, l.SignedUp, language))
	default:
		if limited {
			lines = append(lines, LeftWords(l.Training, l.SignedUp, language))
		}
		b.Buttons = append(b.Buttons, Action{Label: d.t("library.button_join"), Data: "course:join:" + digits(l.Number)})
	}
	if d.public != "" {
		b.Buttons = append(b.Buttons, Action{Label: d.t("library.button_page"), URL: d.public + "/libraries/" + l.HelpPoint})
	}
	b.Text, b.Buttons = strings.Join(lines, "\n"), append(b.Buttons, others)
	d.add(b)
	return nil
}

// joinedTraining says what became of the wish to sign up, and asks how to call the person: they may keep it to themselves.
func (d *dialog) joinedTraining(in *joinTraining) act {
	l, language := in.lesson, d.person.Language
	others := Action{Label: d.t("library.button_others"), Data: "courses"}
	switch in.outcome {
	case joined:
		d.state.Await, d.state.Course = awaitTrainingName, l.Number
		lines := []string{d.t("library.joined", l.Topic, TrainingTime(l.Training, d.now.Location(), language), TrainingPlace(l.Training, l.At, language))}
		if daysBetween(d.now, l.StartsAt.In(d.now.Location())) > 1 { // of tomorrow's they have just heard
			lines = append(lines, d.t("library.will_remind"))
		}
		d.add(Body{
			Text: strings.Join(append(lines, d.t("library.ask_name")), "\n"),
			Buttons: []Action{
				{Label: d.t("library.button_no_name"), Data: "course:noname:" + digits(l.Number)}, leaveButton(l.Training, language),
			},
		})
	case joinedTwice:
		d.add(Body{Text: d.t("library.joined_twice", l.Topic), Buttons: []Action{leaveButton(l.Training, language), others}})
	case joinFull:
		d.add(Body{Text: d.t("library.full", l.Topic), Buttons: []Action{others}})
	case joinShared:
		d.add(Body{Text: d.t("library.shared"), Buttons: []Action{others}})
	case joinMany:
		d.add(Body{Text: d.t("library.many"), Buttons: []Action{others}})
	default:
		d.add(Body{Text: d.t("library.gone"), Buttons: []Action{others}})
	}
	return nil
}

func (d *dialog) leftTraining(in *leaveTraining) act {
	if d.state.Await == awaitTrainingName {
		d.state.Await = ""
	}
	others := []Action{{Label: d.t("library.button_others"), Data: "courses"}}
	if !in.left {
		d.add(Body{Text: d.t("library.not_signed_up"), Buttons: others})
		return nil
	}
	d.add(Body{Text: d.t("library.left", in.lesson.Topic), Buttons: others})
	return nil
}

// nameHeard takes the awaited name for a sign-up; false where the words are something else, and are answered as such.
func (d *dialog) nameHeard(in *askGuides) (act, bool) {
	d.state.Await = ""
	a, text := in.answer, in.Question.Text
	if yesOrNo(text) == "no" {
		return d.courseButton("noname:" + digits(d.state.Course)), true
	}
	name, ok := firstName(text)
	if !ok || len(strings.Fields(text)) > 1 && decided(a) || a.Intent == retrieval.WantsHuman || a.Intent == retrieval.WantsHelpPoint {
		return nil, false
	}
	return &nameSignup{Number: d.state.Course, Name: name}, true
}

func (d *dialog) signupNamed(in *nameSignup) act {
	if !in.kept {
		d.add(Body{Text: d.t("library.not_signed_up"), Buttons: []Action{{Label: d.t("library.button_others"), Data: "courses"}}})
		return nil
	}
	d.add(Body{Text: d.t("library.named", in.Name)})
	return nil
}

// coursesBelow is the button below help points of which some have trainings to come; none where no one has.
func (d *dialog) coursesBelow(shown []HelpPointCard, with map[string]bool) []Action {
	var ids []string
	for _, h := range shown {
		if with[h.ID] {
			ids = append(ids, h.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil
	case len(ids) > 1 && d.person.Place != "":
		return []Action{{Label: d.t("library.button_courses"), Data: "courses:" + d.person.Place}}
	}
	return []Action{{Label: d.t("library.button_courses"), Data: "courses:at:" + ids[0]}}
}
