package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// trainingRow is a training in a list.
type trainingRow struct {
	knowledge.Training
	When     string
	Left     string
	SignedUp int
}

// trainingRows are a library's trainings to come.
func (s *site) trainingRows(r *http.Request, f frame, helpPoint string, from time.Time) ([]trainingRow, error) {
	list, err := s.Knowledge.TrainingsAt(r.Context(), helpPoint, from)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(list))
	for i, t := range list {
		numbers[i] = t.Number
	}
	counts, err := s.Conversations.SignedUp(r.Context(), numbers)
	if err != nil {
		return nil, err
	}
	var rows []trainingRow
	for _, t := range list {
		n := counts[t.Number]
		rows = append(rows, trainingRow{t, bot.TrainingTime(t, s.zone, f.Language), bot.LeftWords(t, n, f.Language), n})
	}
	return rows, nil
}

// trainingForm adds a training or changes one.
type trainingForm struct {
	libraryFrame
	Training knowledge.Training // Number 0: a new one
	Typed    trainingTyped
	Signups  []bot.Signup
	Today    string
}

// trainingTyped is what stands in the form.
type trainingTyped struct {
	Topic, Date, From, To, Places, Taken, Room, Description, Word string
	Version                                                       string
}

func (s *site) newTrainingPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	return s.showTraining(w, r, h, knowledge.Training{HelpPoint: h.ID}, trainingTyped{}, nil, Conflict{})
}

func (s *site) trainingPage(w http.ResponseWriter, r *http.Request) error {
	h, t, err := s.training(r)
	if err != nil {
		return err
	}
	return s.showTraining(w, r, h, t, s.typedOf(t), nil, Conflict{})
}

// training is the training that the path names, at a library that the visitor looks after.
func (s *site) training(r *http.Request) (knowledge.HelpPoint, knowledge.Training, error) {
	h, err := s.library(r)
	if err != nil {
		return h, knowledge.Training{}, err
	}
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return h, knowledge.Training{}, errNotFound
	}
	t, ok, err := s.Knowledge.Training(r.Context(), number)
	if err == nil && (!ok || t.HelpPoint != h.ID) {
		err = errNotFound
	}
	return h, t, err
}

func (s *site) showTraining(w http.ResponseWriter, r *http.Request, h knowledge.HelpPoint, t knowledge.Training, typed trainingTyped, faults []fieldFault, c Conflict) error {
	title := "training_new"
	if t.Number != 0 {
		title = "training_title"
	}
	page := trainingForm{libraryFrame: s.libraryFrame(w, r, title, h), Training: t, Typed: typed, Today: time.Now().In(s.zone).Format(time.DateOnly)}
	page.Faults, page.Conflict = faults, c
	if t.Number != 0 {
		var err error
		if page.Signups, err = s.Conversations.Signups(r.Context(), t.Number); err != nil {
			return err
		}
	}
	return s.render(w, page.status(), "training", page)
}

// typedOf is a training as the form shows it.
func (s *site) typedOf(t knowledge.Training) trainingTyped {
	starts := t.StartsAt.In(s.zone)
	typed := trainingTyped{
		Topic: t.Topic, Date: starts.Format(time.DateOnly), From: starts.Format("15:04"), Room: t.Room, Description: t.Description, Version: strconv.Itoa(t.Version),
	}
	if t.Minutes != nil {
		typed.To = t.EndsAt().In(s.zone).Format("15:04")
	}
	if t.Places != nil {
		typed.Places = strconv.Itoa(*t.Places)
	}
	if t.Taken > 0 {
		typed.Taken = strconv.Itoa(t.Taken)
	}
	return typed
}

// readTraining puts what was typed into a training.
func (s *site) readTraining(f frame, typed trainingTyped, t knowledge.Training) (knowledge.Training, []fieldFault) {
	var faults []fieldFault
	wrong := func(field, key string) { faults = append(faults, fieldFault{field, f.L(key)}) }
	t.Topic, t.Room, t.Word = typed.Topic, typed.Room, typed.Word
	t.Description = strings.ReplaceAll(typed.Description, "\r\n", "\n")
	t.Places, t.Taken, t.Minutes, t.StartsAt = nil, 0, nil, time.Time{}
	day, err := time.ParseInLocation(time.DateOnly, typed.Date, s.zone)
	if err != nil {
		wrong("date", "wrong_date")
	}
	from, ok := knowledge.ParseClock(typed.From)
	if !ok {
		wrong("from", "wrong_starts")
	}
	if err == nil && ok {
		t.StartsAt = time.Date(day.Year(), day.Month(), day.Day(), 0, from, 0, 0, s.zone)
	}
	if typed.To != "" {
		switch to, good := knowledge.ParseClock(typed.To); {
		case !good:
			wrong("to", "wrong_ends")
		case ok && to <= from:
			wrong("to", "wrong_ends_before")
		default:
			minutes := to - from
			t.Minutes = &minutes
		}
	}
	if typed.Places != "" {
		n, good := count(typed.Places)
		if !good {
			n = -1 // which Check finds
		}
		t.Places = &n
	}
	if typed.Taken != "" {
		n, good := count(typed.Taken)
		if !good {
			n = -1
		}
		t.Taken = n
	}
	if len(faults) > 0 {
		return t, faults
	}
	return t, f.faultsOf(t.Check(time.Now()), map[string]string{"starts": "date", "minutes": "to"})
}

func typedTraining(r *http.Request) trainingTyped {
	f := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return trainingTyped{f("topic"), f("date"), f("from"), f("to"), f("places"), f("taken"), f("room"), f("description"), f("word"), f("version")}
}

func (s *site) addTraining(w http.ResponseWriter, r *http.Request) error {
	h, err := s.library(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	typed := typedTraining(r)
	t, faults := s.readTraining(s.frame(w, r, "libraries_title"), typed, knowledge.Training{HelpPoint: h.ID})
	if len(faults) > 0 {
		return s.showTraining(w, r, h, knowledge.Training{HelpPoint: h.ID}, typed, faults, Conflict{})
	}
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "training.add"}, func(tx pgx.Tx, act *staff.Act) error {
		added, err := knowledge.NewStore(tx).AddTraining(r.Context(), t, actor(r))
		act.Subject, act.Detail = trainingSubject(added.Number), map[string]any{"library": h.ID, "changes": s.trainingChanges(knowledge.Training{}, added)}
		return err
	})
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "library.training_added", Args: []string{t.Topic}})
	return seeOther(w, r, libraryPath(h)+"#trainings")
}

func (s *site) changeTraining(w http.ResponseWriter, r *http.Request) error {
	h, t, err := s.training(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	typed := typedTraining(r)
	f := s.frame(w, r, "libraries_title")
	wanted, faults := s.readTraining(f, typed, t)
	if len(faults) > 0 {
		return s.showTraining(w, r, h, t, typed, faults, Conflict{})
	}
	wanted.Version, _ = count(typed.Version)
	var before, after knowledge.Training
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "training.change", Subject: trainingSubject(t.Number)}, func(tx pgx.Tx, act *staff.Act) error {
		before, after, err = knowledge.NewStore(tx).ChangeTraining(r.Context(), wanted, actor(r), bot.SignedUp)
		act.Detail = map[string]any{"library": h.ID, "changes": s.trainingChanges(before, after)}
		return err
	})
	if errors.Is(err, knowledge.ErrTrainingChanged) {
		return s.trainingConflict(w, r, h, f, before, wanted, typed)
	}
	if oversold := (knowledge.Faults)(nil); errors.As(err, &oversold) {
		return s.showTraining(w, r, h, t, typed, f.faultsOf(oversold, nil), Conflict{})
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "library.training_changed", Args: []string{after.Topic}})
	return seeOther(w, r, libraryPath(h)+"#trainings")
}

// trainingConflict shows what another librarian saved beside what was typed, which stays in the form.
func (s *site) trainingConflict(w http.ResponseWriter, r *http.Request, h knowledge.HelpPoint, f frame, saved, wanted knowledge.Training, typed trainingTyped) error {
	if saved.Number == 0 {
		return errNotFound
	}
	if saved.Cancelled() {
		return s.showTraining(w, r, h, saved, typed, nil, Conflict{})
	}
	c := Conflict{At: saved.ChangedAt}
	var err error
	if c.By, err = s.staffName(r, saved.ChangedBy); err != nil {
		return err
	}
	for _, d := range s.trainingChanges(saved, wanted) {
		c.Changes = append(c.Changes, change{f.L("field_" + d.Field), f.fieldWords("", d.Before), f.fieldWords("", d.After)})
	}
	typed.Version = strconv.Itoa(saved.Version)
	return s.showTraining(w, r, h, saved, typed, nil, c)
}

// trainingChanges tells in which fields two states of a training differ.
func (s *site) trainingChanges(before, after knowledge.Training) (list []knowledge.Difference) {
	number := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	when := func(t knowledge.Training) string {
		if t.StartsAt.IsZero() {
			return ""
		}
		return t.StartsAt.In(s.zone).Format("2006-01-02 15:04")
	}
	for _, f := range []struct{ name, a, b string }{
		{"topic", before.Topic, after.Topic}, {"starts", when(before), when(after)}, {"minutes", number(before.Minutes), number(after.Minutes)},
		{"room", before.Room, after.Room}, {"places", number(before.Places), number(after.Places)}, {"taken", strconv.Itoa(before.Taken), strconv.Itoa(after.Taken)},
		{"description", before.Description, after.Description},
	} {
		if f.a != f.b {
			list = append(list, knowledge.Difference{Field: f.name, Before: f.a, After: f.b})
		}
	}
	return list
}

// cancelTraining says that a training will not take place. Who signed up hears it within seconds, with the librarian's word.
func (s *site) cancelTraining(w http.ResponseWriter, r *http.Request) error {
	h, t, err := s.training(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	word := strings.TrimSpace(r.PostForm.Get("why"))
	f := s.frame(w, r, "libraries_title")
	if len([]rune(word)) > knowledge.MaxWord {
		return s.showTraining(w, r, h, t, s.typedOf(t), []fieldFault{{"why", f.L("wrong_long")}}, Conflict{})
	}
	version, _ := count(r.PostForm.Get("version"))
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "training.cancel", Subject: trainingSubject(t.Number)}, func(tx pgx.Tx, act *staff.Act) error {
		before, after, err := knowledge.NewStore(tx).CancelTraining(r.Context(), t.Number, version, word, actor(r))
		act.Detail = map[string]any{"library": h.ID, "topic": before.Topic, "word": after.Word} // as it is kept, masked
		return err
	})
	if errors.Is(err, knowledge.ErrTrainingChanged) {
		s.setFlash(w, flash{Key: "library.cancel_changed", Bad: true})
		return seeOther(w, r, fmt.Sprintf("%s/trainings/%d", libraryPath(h), t.Number))
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "library.training_cancelled", Args: []string{t.Topic}})
	return seeOther(w, r, libraryPath(h)+"#trainings")
}

func trainingSubject(number int64) string { return fmt.Sprintf("training:%d", number) }

func libraryPath(h knowledge.HelpPoint) string { return "/console/libraries/" + url.PathEscape(h.ID) }
