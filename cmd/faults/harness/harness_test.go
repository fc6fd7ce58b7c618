package harness

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPromisesHoldUnderFaults hurts the program in each way once, while people use it. cmd/faults does it a thousand times.
func TestPromisesHoldUnderFaults(t *testing.T) {
	if testing.Short() { // the program learns, and several processes take turns on the processors
		t.Skip("it runs without the race detector")
	}
	t.Parallel()
	dir, err := os.MkdirTemp("/var/tmp", "orientir-faults-test-") // the database's user must get there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "orientir")
	if out, err := exec.Command("go", "build", "-tags", "stepclock", "-o", binary, "orientir/cmd/orientir").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var said bytes.Buffer
	report, err := Run(t.Context(), Options{
		Binary: binary, Dir: dir, Faults: len(Kinds()), Seed: 1, Pause: 50 * time.Millisecond, Haste: 0.25, SettleEvery: 8, Chatters: 3, Visitors: 2, ReadyWithin: 5 * time.Minute, Out: &said,
	})
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, &said, tail(filepath.Join(dir, "log")))
	}
	if err := report.Write(&said); err != nil {
		t.Fatal(err)
	}
	if len(report.Broken) > 0 {
		t.Errorf("promises are broken:\n%s\n%s", &said, tail(filepath.Join(dir, "log")))
	}
	all := report.Rows[len(report.Rows)-1]
	if all.Answered < 10 || all.Faults < len(Kinds())-len(report.Skipped) {
		t.Errorf("too little was done for a promise to break:\n%s", &said)
	}
	t.Logf("\n%s", &said)
}

// tail is the end of a log.
func tail(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-20_000):]
}

func TestEachKindCanBeChosen(t *testing.T) {
	t.Parallel()
	for _, name := range Kinds() {
		chosen, err := choose([]string{name})
		if err != nil || len(chosen) != 1 || chosen[0].name != name {
			t.Errorf("%s: %v, %v", name, chosen, err)
		}
	}
	if _, err := choose([]string{"earthquake"}); err == nil {
		t.Error("an unknown kind is taken")
	}
}

// A repeat is excused by a fault, and by nothing else.
func TestLedgerExcusesARepeatByAFault(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.begin("program-killed")
	for i, want := range []struct{ repeats, doubled int }{{0, 0}, {1, 0}, {1, 1}} {
		l.saw("Мария", "rate:good:7")
		if r := l.rows["program-killed"]; r.Repeats != want.repeats || r.Doubled != want.doubled {
			t.Errorf("seen %d times: %d repeats, %d doubled", i+1, r.Repeats, r.Doubled)
		}
	}
	if len(l.broken) != 1 {
		t.Errorf("broken: %q", l.broken)
	}
	l.lost(l.asked("кога"), "Иван")
	if len(l.broken) != 2 || l.rows["program-killed"].Lost != 1 {
		t.Errorf("a lost question breaks nothing: %q", l.broken)
	}
}
