package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckOfAFolderTellsWhatMustBeMended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile("../../knowledge/starter/guides/vignette.md")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "vignette.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(text), "link: https://", "link: https://evil.", 1) + "- Вижте http://bit.ly/x.\n")
	out, err := run(t, "check", "guides", dir)
	var status *exitStatus
	if !errors.As(err, &status) || status.code != 1 || !strings.Contains(out, "Трябва да се поправи:\n  vignette: ") || !strings.Contains(out, "bit.ly") || !strings.Contains(out, "упътвания: 1, ") {
		t.Errorf("%v\n%s", err, out)
	}
	out, _ = run(t, "check", "guides", "--json", dir)
	var report checked
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Guides != 1 || report.Must == 0 || !report.Findings[0].Must || report.Findings[0].Guide != "vignette" {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := run(t, "check", "guides", filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "няма папка") {
		t.Error(err)
	}
}
