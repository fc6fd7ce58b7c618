package knowledge

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestTrainingsTravel(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	file := "help_point,topic,starts,places\nvratsa-regional-library,Електронен подпис,2026-12-01 10:00,10\nvratsa-regional-library,Банкиране,2026-12-02 10:00,\n"
	for _, want := range []Report{{Added: 2}, {Unchanged: 2}} {
		if r, err := s.Import(ctx, "trainings", strings.NewReader(file)); err != nil || r != want {
			t.Fatalf("%+v %v", r, err)
		}
	}
	var out bytes.Buffer
	if err := s.Export(ctx, "trainings", &out); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Import(ctx, "trainings", &out); err != nil || r != (Report{Unchanged: 2}) {
		t.Errorf("%+v %v", r, err)
	}
	list, err := s.Trainings(ctx, local(t, "2026-12-02 00:00"))
	if err != nil || len(list) != 1 || list[0].Topic != "Банкиране" || list[0].Places != nil {
		t.Errorf("%+v %v", list, err)
	}
	// What is new travels too, and a file without it leaves it as it is.
	full := "help_point,topic,starts,places,minutes,room,description,taken,cancelled\n" +
		"vratsa-regional-library,Банкиране,2026-12-02 10:00,8,90,\"зала 2, етаж 1\",\"Носете телефона, и търпение\",3,\n" +
		"vratsa-regional-library,Електронен подпис,2026-12-01 10:00,10,,,,,yes\n"
	if r, err := s.Import(ctx, "trainings", strings.NewReader(full)); err != nil || r != (Report{Changed: 2}) {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err := s.Import(ctx, "trainings", strings.NewReader("help_point,topic,starts\nvratsa-regional-library,Банкиране,2026-12-02 10:00\n")); err != nil || r != (Report{Unchanged: 1}) {
		t.Fatalf("%+v %v", r, err)
	}
	out.Reset()
	if err := s.Export(ctx, "trainings", &out); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Import(ctx, "trainings", strings.NewReader(out.String())); err != nil || r != (Report{Unchanged: 2}) {
		t.Errorf("%+v %v\n%s", r, err, out.String())
	}
	list, err = s.Trainings(ctx, local(t, "2026-12-01 00:00"))
	if err != nil || len(list) != 2 || !list[0].Cancelled() || list[0].Revision != 2 || list[1].Room != "зала 2, етаж 1" || list[1].Taken != 3 || *list[1].Minutes != 90 {
		t.Errorf("%+v %v", list, err)
	}
	if left, limited := list[1].Left(2); left != 3 || !limited {
		t.Errorf("%d places are left of 8 with 3 and 2 taken", left)
	}
}

func TestATrainingIsChangedByOneAtATime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	ten := 10
	first, err := s.AddTraining(ctx, Training{HelpPoint: "vratsa-regional-library", Topic: "Имейл", StartsAt: local(t, "2026-12-01 10:00"), Places: &ten}, "staff:1")
	if err != nil || first.ID != "vratsa-regional-library-20261201-1000" || first.Number == 0 {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := s.AddTraining(ctx, Training{HelpPoint: "vratsa-regional-library", Topic: "Имейл, втора група", StartsAt: first.StartsAt}, "staff:1")
	if err != nil || second.ID != first.ID+"-2" {
		t.Fatalf("%+v %v", second, err)
	}
	change := func(t Training) (before, after Training, err error) {
		err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
			before, after, err = NewStore(tx).ChangeTraining(ctx, t, "staff:2", nil)
			return err
		})
		return before, after, err
	}
	words := first
	words.Description = "За начинаещи"
	_, after, err := change(words)
	if err != nil || after.Description != "За начинаещи" || after.Version != 2 || after.Revision != 1 {
		t.Fatalf("words that nobody needs to hear of: %+v %v", after, err)
	}
	late := first
	late.Topic = "Друго"
	if before, _, err := change(late); !errors.Is(err, ErrTrainingChanged) || before.Description != "За начинаещи" {
		t.Errorf("the second of two must see what the first saved: %+v %v", before, err)
	}
	moved := after
	moved.StartsAt, moved.Word = local(t, "2026-12-03 11:00"), "Залата е заета."
	before, after, err := change(moved)
	if err != nil || before.StartsAt.Equal(after.StartsAt) || after.Revision != 2 || after.Word != "Залата е заета." {
		t.Fatalf("%+v %v", after, err)
	}
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		_, after, err = NewStore(tx).CancelTraining(ctx, after.Number, after.Version, "Няма ток.", "staff:2")
		return err
	})
	if err != nil || !after.Cancelled() || after.Revision != 3 || after.Word != "Няма ток." {
		t.Fatalf("%+v %v", after, err)
	}
	if _, _, err := change(after); !errors.Is(err, ErrTrainingChanged) {
		t.Errorf("what was cancelled stays so: %v", err)
	}
}

func TestTrainingsNear(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := loaded(t)
	now := local(t, "2026-11-25 12:00")
	file := "help_point,topic,starts,cancelled\n" +
		"vratsa-regional-library,А,2026-12-05 10:00,\n" +
		"vratsa-regional-library,Б,2026-12-01 10:00,\n" +
		"vratsa-regional-library,В,2026-12-02 10:00,yes\n" +
		"vratsa-regional-library,Г,2026-12-03 10:00,\n" +
		"vratsa-regional-library,Д,2026-12-04 10:00,\n" +
		"vratsa-regional-library,Е,2026-11-24 10:00,\n"
	if _, err := s.Import(ctx, "trainings", strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	h, _, err := s.HelpPoint(ctx, "vratsa-regional-library")
	if err != nil {
		t.Fatal(err)
	}
	topics := func(n Near) (all []string) {
		n.At = now
		list, err := s.TrainingsNear(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			all = append(all, l.Topic)
		}
		return all
	}
	if got := topics(Near{Ekatte: h.Ekatte}); !slices.Equal(got, []string{"Б", "Г", "Д"}) {
		t.Errorf("the soonest three to come: %v", got)
	}
	if got := topics(Near{Position: &Position{43.2, 27.9}}); len(got) != 3 { // Varna, three hundred kilometres away
		t.Errorf("where there is none near, those of the nearest library: %v", got)
	}
	if got := topics(Near{Ekatte: "99999"}); got != nil {
		t.Errorf("nowhere: %v", got)
	}
}

func TestTrainingCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	number := func(n int) *int { return &n }
	good := Training{Topic: "Имейл", StartsAt: now.Add(time.Hour), Places: number(8), Minutes: number(90)}
	for name, c := range map[string]struct {
		change func(*Training)
		field  string
		key    string
	}{
		"good":                       {func(*Training) {}, "", ""},
		"no topic":                   {func(t *Training) { t.Topic = " " }, "topic", "fault.empty"},
		"a long room":                {func(t *Training) { t.Room = strings.Repeat("я", MaxRoom+1) }, "room", "fault.long"},
		"no start":                   {func(t *Training) { t.StartsAt = time.Time{} }, "starts", "fault.date"},
		"a start that has passed":    {func(t *Training) { t.StartsAt = now }, "starts", "fault.past"},
		"a year typed wrong":         {func(t *Training) { t.StartsAt = now.AddDate(100, 0, 0) }, "starts", "fault.far"},
		"for nobody":                 {func(t *Training) { t.Places = number(0) }, "places", "fault.number"},
		"more promised than places":  {func(t *Training) { t.Taken = 9 }, "taken", "fault.number"},
		"longer than a day":          {func(t *Training) { t.Minutes = number(1441) }, "minutes", "fault.number"},
		"a control letter in a word": {func(t *Training) { t.Word = "a\x07" }, "word", "fault.text"},
	} {
		n := good
		c.change(&n)
		faults := n.Check(now)
		switch {
		case c.field == "" && len(faults) > 0:
			t.Errorf("%s: %v", name, faults)
		case c.field != "" && (len(faults) != 1 || faults[0].Field != c.field || faults[0].Key != c.key):
			t.Errorf("%s: %v, want %s %s", name, faults, c.field, c.key)
		}
	}
}
