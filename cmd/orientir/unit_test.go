package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestServiceUnits holds the units of deploy/systemd to what systemd itself says of them.
func TestServiceUnits(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd here")
	}
	files, err := filepath.Glob("../../deploy/systemd/*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "orientir.service.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "orientir-backup.service.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile(`/usr/local/(bin/orientir|lib/orientir/backup)`)
	setting := regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=`)
	source, err := os.ReadFile("config.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range setting.FindAllStringSubmatch(string(text), -1) {
			if name := strings.TrimSuffix(m[1], "_FILE"); !strings.Contains(string(source), `"`+name+`"`) {
				t.Errorf("%s: the program knows no %s", file, m[1])
			}
		}
		if filepath.Base(file) == "orientir.service" && !strings.Contains(string(text), "\nStartLimitIntervalSec=0\n") {
			t.Errorf("%s is given up after some tries, while its database may still be on its way", file)
		}
		to := filepath.Join(dir, filepath.Base(file))
		if filepath.Base(file) == "servers-backup.conf" {
			to = filepath.Join(dir, "orientir-backup.service.d", "servers.conf")
		}
		if filepath.Base(file) == "servers.conf" {
			to = filepath.Join(dir, "orientir.service.d", "servers.conf")
		}
		// What it starts is not installed here.
		if err := os.WriteFile(to, program.ReplaceAll(text, []byte("/bin/true")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	service, timer := filepath.Join(dir, "orientir.service"), filepath.Join(dir, "orientir-backup.timer")
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", service, timer).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	for _, unit := range []string{service, filepath.Join(dir, "orientir-backup.service")} {
		out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", unit).CombinedOutput()
		if err != nil {
			t.Fatalf("security: %v\n%s", err, out)
		}
		// 0 is sealed off, 10 is open; what a server with the network needs makes 1.2 of it.
		score := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if score == nil {
			t.Fatalf("no score:\n%s", out)
		}
		if exposed, err := strconv.ParseFloat(string(score[1]), 64); err != nil || exposed > 1.5 {
			t.Errorf("%s is exposed by %s\n%s", filepath.Base(unit), score[1], out)
		}
	}
}
