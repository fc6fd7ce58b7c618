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
