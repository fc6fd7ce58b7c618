package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// inDays is a start as files write it, so many days from now, at ten.
func inDays(days int) string {
	return time.Now().AddDate(0, 0, days).In(sofia()).Format("2006-01-02") + " 10:00"
}

// faultsOf gives what is wrong in a file of trainings, «places fault.number» each.
func faultsOf(t *testing.T, s *Store, file string, signedUp SignedUp) (all []string, r Report) {
	t.Helper()
	r, err := s.ImportWith(t.Context(), "trainings", strings.NewReader(file), ImportOptions{SignedUp: signedUp})
	var wrong *ImportError
	if errors.As(err, &wrong) {
		for _, f := range wrong.Faults {
			all = append(all, f.Column+" "+f.Key)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return all, r
}

func TestAnImportOfTrainingsIsCheckedAsTheForm(t *testing.T) {
	t.Parallel()
	s := loaded(t)
	const header = "id,help_point,topic,starts,places,minutes,room,taken,cancelled\n"
	row := func(id, starts, rest string) string {
		return id + ",vratsa-regional-library,Имейл," + starts + "," + rest + "\n"
	}
	first := header + row("a", inDays(9), "8,90,,2,") + row("gone", inDays(9), "8,90,,2,yes") + row("was", inDays(-9), "8,90,,2,")
	if faults, r := faultsOf(t, s, first, nil); faults != nil || r != (Report{Added: 3}) {
		t.Fatalf("what has been travels too: %v %+v", faults, r)
	}
	for name, c := range map[string]struct {
		row  string
		want []string
	}{
		"been: no places were":       {row("o1", inDays(-9), "0,,,,"), nil},
		"been: more than places":     {row("o2", inDays(-9), "8,,,9,"), nil},
		"been: a sign not shown":     {row("o3", inDays(-9), "1001,,зала\x072,,"), nil},
		"been: what can't be kept":   {row("o4", inDays(-9), "-1,1441,"+strings.Repeat("я", 121)+",1001,"), []string{"room fault.long", "minutes fault.number", "places fault.number", "taken fault.number"}},
		"been: no such place":        {"o5,nowhere,Имейл," + inDays(-9) + ",0,,,,\n", []string{"help_point fault.point"}},
		"been: too many, unstorable": {row("o6", inDays(-9), "3000000000,,\x00,,"), []string{"room fault.text", "places fault.number"}},
		"been and known":             {row("was", inDays(-9), "0,90,,0,"), []string{"places fault.number"}},
		"without ids and dates":      {row("", "утре", "8,,,,") + row("", "утре", "8,,,,"), []string{"starts fault.date", "starts fault.date"}},
		"twins":                      {row("", inDays(9), "8,,,,") + row("", inDays(9), "8,,,,"), []string{"id fault.twice"}},
		"as it is":                   {row("a", inDays(9), "8,90,,2,"), nil},
		"no places":                  {row("b", inDays(9), "0,,,,"), []string{"places fault.number"}},
		"too many places":            {row("b", inDays(9), "1001,,,,"), []string{"places fault.number"}},
		"no number":                  {row("b", inDays(9), "осем,,,,"), []string{"places fault.number"}},
		"more promised than places":  {row("b", inDays(9), "8,,,9,"), []string{"taken fault.number"}},
		"longer than a day":          {row("b", inDays(9), "8,1441,,,"), []string{"minutes fault.number"}},
		"a sign that isn't shown":    {row("b", inDays(9), "8,,зала\x072,,"), []string{"room fault.text"}},
		"a year typed wrong":         {row("b", "2126-12-01 10:00", "8,,,,"), []string{"starts fault.far"}},
		"moved to the past":          {row("a", inDays(-1), "8,90,,2,"), []string{"starts fault.past"}},
		"what has been, corrected":   {row("was", inDays(-8), "8,90,,5,"), nil},
		"cancelled and back":         {row("gone", inDays(9), "8,90,,2,"), []string{"cancelled fault.cancelled"}},
		"cancelled and moved":        {row("gone", inDays(8), "8,90,,2,yes"), []string{"cancelled fault.cancelled"}},
		"cancelled still":            {row("gone", inDays(9), "8,90,,2,yes"), nil},
	} {
		if faults, _ := faultsOf(t, s, header+c.row, nil); !slices.Equal(faults, c.want) {
			t.Errorf("%s: %v, want %v", name, faults, c.want)
		}
	}
}

func TestNoImportGivesOutMorePlacesThanThereAre(t *testing.T) {
	t.Parallel()
	s := loaded(t)
	five := func(_ context.Context, _ postgres.DB, trainings []int64) (map[int64]int, error) {
		counts := map[int64]int{}
		for _, number := range trainings {
			counts[number] = 5
		}
		return counts, nil
	}
	take := func(rest string) []string {
		faults, _ := faultsOf(t, s, fmt.Sprintf("help_point,topic,starts,places,taken,room,cancelled\nvratsa-regional-library,Имейл,%s,%s\n", inDays(9), rest), five)
		return faults
	}
	for _, c := range []struct {
		what, rest string
		want       []string
	}{
		{"new: nobody can have signed up", "8,2,,", nil},
		{"fewer places than people", "6,2,,", []string{"places fault.oversold"}},
		{"more promised than are left", "8,4,,", []string{"taken fault.oversold"}},
		{"as many as people", "7,2,,", nil},
		{"another room", "7,2,зала 2,", nil},
		{"without a limit", ",2,зала 2,", nil},
		{"a limit too low", "3,0,зала 2,", []string{"places fault.oversold"}},
		{"cancelled: no places are needed", "3,0,зала 2,yes", nil},
	} {
		if faults := take(c.rest); !slices.Equal(faults, c.want) {
			t.Errorf("%s: %v, want %v", c.what, faults, c.want)
		}
	}
	// What is so already may still be changed where it gets no worse; the form goes the same way.
	ten, four := 10, 4
	n, err := s.AddTraining(t.Context(), Training{HelpPoint: "vratsa-regional-library", Topic: "Банкиране", StartsAt: time.Now().AddDate(0, 0, 9), Places: &four}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	change := func(change func(t *Training)) (faults Faults) {
		t.Helper()
		wanted := n
		change(&wanted)
		err := pgx.BeginFunc(t.Context(), s.db, func(tx pgx.Tx) error {
			_, after, err := NewStore(tx).ChangeTraining(t.Context(), wanted, "staff:1", five)
			if err == nil {
				n = after
			}
			return err
		})
		if !errors.As(err, &faults) && err != nil {
			t.Fatal(err)
		}
		return faults
	}
	if f := change(func(t *Training) { t.Room = "зала 3" }); f != nil {
		t.Errorf("another room: %v", f)
	}
	if f := change(func(t *Training) { t.Taken = 1 }); len(f) != 1 || f[0].Field != "taken" || f[0].Key != "fault.oversold" || f[0].Value != "5" {
		t.Errorf("one more promised: %v", f)
	}
	if f := change(func(t *Training) { t.Places, t.Taken = &ten, 5 }); f != nil {
		t.Errorf("more places: %v", f)
	}
}

// A librarian saves while a file is taken: the file waits, and then sees what was saved.
func TestAnImportWaitsForWhoChangesATraining(t *testing.T) {
	t.Parallel()
	s := loaded(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n, err := s.AddTraining(ctx, Training{HelpPoint: "vratsa-regional-library", Topic: "Имейл", StartsAt: time.Now().AddDate(0, 0, 9)}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	librarian, err := s.db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer librarian.Rollback(ctx)
	wanted := n
	wanted.Description = "За начинаещи"
	if _, _, err := NewStore(librarian).ChangeTraining(ctx, wanted, "staff:1", nil); err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		Report
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		file := "id,help_point,topic,starts,room\n" + n.ID + ",vratsa-regional-library,Имейл," + n.StartsAt.In(sofia()).Format(trainingTime) + ",зала 2\n"
		r, err := s.Import(ctx, "trainings", strings.NewReader(file))
		done <- outcome{r, err}
	}()
	for waits := 0; waits == 0 && len(done) == 0; {
		if err := s.db.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
			t.Fatal("the file doesn't wait for the librarian")
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := librarian.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.err != nil || got.Report != (Report{Changed: 1}) {
		t.Fatalf("%+v", got)
	}
	after, _, err := s.Training(ctx, n.Number)
	if err != nil || after.Description != "За начинаещи" || after.Room != "зала 2" || after.Version != 3 {
		t.Errorf("%+v %v", after, err)
	}
}
