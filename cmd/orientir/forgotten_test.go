package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
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

// TestAnEmptyDatabaseIsNotForgottenAgain: after a recovery that went astray the list would find nobody, and all would look well.
func TestAnEmptyDatabaseIsNotForgottenAgain(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	env := map[string]string{"DATABASE_URL": url, "REDIS_URL": redistest.URL(t), "ORIENTIR_DATA_DIR": t.TempDir(), "ORIENTIR_SECRET_KEY": strings.Repeat("A", 43) + "="}
	file := filepath.Join(t.TempDir(), "forgotten.tsv")
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	if err := keepForgotten(file, []bot.Forgotten{{Contact: 7, CreatedAt: at, ForgottenAt: at.Add(time.Hour)}}, at.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	replay := func() (string, error) {
		var out strings.Builder
		c := forgottenCommand(func(name string) string { return env[name] })
		c.SetArgs([]string{"replay", file})
		c.SetOut(&out)
		c.SilenceErrors, c.SilenceUsage = true, true
		err := c.ExecuteContext(t.Context())
		return out.String(), err
	}
	if out, err := replay(); err == nil || !strings.Contains(err.Error(), "никой никога не е писал") {
		t.Errorf("in an empty database: %q, %v", out, err)
	}
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	if _, err := db.Exec(t.Context(), `INSERT INTO contacts (channel, key, created_at) VALUES ('web', 'x', now())`); err != nil {
		t.Fatal(err)
	}
	if out, err := replay(); err != nil || !strings.Contains(out, "Базата не помнеше: 1.") {
		t.Errorf("in one where somebody wrote: %q, %v", out, err)
	}
}
