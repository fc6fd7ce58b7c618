package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orientir/bot"
)

// TestTheListOfTheForgottenGrows: a database that was restored tells less than the file, which loses nothing but what is over; a file that is no list
// is left as it is.
func TestTheListOfTheForgottenGrows(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "forgotten.tsv")
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	at := func(days int) bot.Forgotten {
		return bot.Forgotten{Contact: int64(1000 + days), CreatedAt: now.AddDate(0, 0, -days-1), ForgottenAt: now.AddDate(0, 0, -days).Add(123456 * time.Microsecond)}
	}
	keep := func(list ...bot.Forgotten) string {
		t.Helper()
		if err := keepForgotten(file, list, now); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	keep(at(401), at(399), at(2))
	// As deploy/backup/backup writes it.
	text, _ := os.ReadFile(file)
	os.WriteFile(file, []byte(strings.ReplaceAll(string(text), ".123456Z", ".123456000Z")), 0o600)
	want := "contact\tcreated_at\tforgotten_at\n" +
		"1399\t2025-10-22T12:00:00Z\t2025-10-23T12:00:00.123456Z\n" +
		"1002\t2026-11-23T12:00:00Z\t2026-11-24T12:00:00.123456Z\n" +
		"1001\t2026-11-24T12:00:00Z\t2026-11-25T12:00:00.123456Z\n"
	if got := keep(at(2), at(1)); got != want {
		t.Errorf("the list is\n%swant\n%s", got, want)
	}
	if err := os.WriteFile(file, []byte("нещо друго\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keepForgotten(file, []bot.Forgotten{at(1)}, now); err == nil {
		t.Error("a file that is no list is written over")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "нещо друго\n" {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// TestWhomADatabaseDoesNotRemember tells a recovered database, which has lost the last of the list, from another one.
func TestWhomADatabaseDoesNotRemember(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 123456789, time.UTC)
	a, b, again := bot.Forgotten{Contact: 1, CreatedAt: now}, bot.Forgotten{Contact: 2, CreatedAt: now}, bot.Forgotten{Contact: 2, CreatedAt: now.Add(time.Hour)}
	stored := bot.Forgotten{Contact: 1, CreatedAt: now.Truncate(time.Microsecond).Local(), ForgottenAt: now} // a database knows no shorter times
	for _, c := range []struct {
		name             string
		list, remembered []bot.Forgotten
		want             int
	}{
		{"another database remembers all", []bot.Forgotten{a, b}, []bot.Forgotten{stored, b, again}, 0},
		{"one came back", []bot.Forgotten{a, b}, []bot.Forgotten{stored}, 1},
		{"the number is somebody else's", []bot.Forgotten{again}, []bot.Forgotten{a, b}, 1},
		{"nothing is remembered", []bot.Forgotten{a, b}, nil, 2},
	} {
		if got := unremembered(c.list, c.remembered); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}

// TestTheListIsShown as it stands in its file, without any database; one that is wrong is refused.
func TestTheListIsShown(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "forgotten.tsv")
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	if err := keepForgotten(file, []bot.Forgotten{{Contact: 7, CreatedAt: at, ForgottenAt: at.Add(time.Hour)}}, at.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	show := func() (string, error) {
		var out strings.Builder
		c := forgottenCommand(func(string) string { return "" })
		c.SetArgs([]string{"show", file})
		c.SetOut(&out)
		c.SilenceErrors, c.SilenceUsage = true, true
		err := c.Execute()
		return out.String(), err
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := show(); err != nil || got != string(want) || !strings.Contains(got, "\n7\t") {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside the list lies %v, %v", left, err)
	}
	if err := os.WriteFile(file, []byte("нещо друго\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := show(); err == nil || got != "" {
		t.Errorf("a file that is no list is shown: %q", got)
	}
}
