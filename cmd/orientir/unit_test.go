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
	program := regexp.MustCompile(`(?m)/usr/local/(bin/orientir|lib/orientir/backup)|^ExecStart=/etc/orientir/tell`)
	dropIn := regexp.MustCompile(`^# /etc/systemd/system/([a-z-]+\.service\.d/servers\.conf):`)
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
		if where := dropIn.FindSubmatch(text); where != nil {
			to = filepath.Join(dir, string(where[1]))
			if err := os.Mkdir(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
		} else if filepath.Ext(file) == ".conf" {
			t.Errorf("%s doesn't say where it belongs", file)
		}
		// What it starts is not installed here.
		started := program.ReplaceAllFunc(text, func(path []byte) []byte {
			if strings.HasPrefix(string(path), "ExecStart=") {
				return []byte("ExecStart=/bin/true")
			}
			return []byte("/bin/true")
		})
		if err := os.WriteFile(to, started, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	service, failed := filepath.Join(dir, "orientir.service"), filepath.Join(dir, "orientir-failed@orientir-backup.service")
	if err := os.Symlink("orientir-failed@.service", failed); err != nil {
		t.Fatal(err)
	}
	timers, err := filepath.Glob(filepath.Join(dir, "*.timer"))
	if err != nil || len(timers) != 2 {
		t.Fatalf("by the clock: %v, %v", timers, err)
	}
	if out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no", service, failed}, timers...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	readme, err := os.ReadFile("../../deploy/systemd/README.md")
	if err != nil {
		t.Fatal(err)
	}
	units := []string{service}
	for _, timer := range timers {
		unit := strings.TrimSuffix(timer, ".timer") + ".service"
		units = append(units, unit)
		if text, err := os.ReadFile(unit); err != nil || !strings.Contains(string(text), "\nOnFailure=orientir-failed@%n.service\n") {
			t.Errorf("nobody is told that %s failed, %v", unit, err)
		}
		if !regexp.MustCompile(`systemctl enable --now [^\n]*` + filepath.Base(timer)).Match(readme) {
			t.Errorf("by the README nobody starts %s", timer)
		}
	}
	// A dump is of last night: whoever asks to be forgotten after it is on the list of the hour.
	for file, want := range map[string]string{"orientir-forgotten.timer": "\nOnCalendar=*-*-* *:30:00\n", "orientir-forgotten.service": " forgotten /var/backups/orientir\n"} {
		if text, err := os.ReadFile(filepath.Join(dir, file)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, or the list isn't written each hour", file, err)
		}
	}
	for _, unit := range units {
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
