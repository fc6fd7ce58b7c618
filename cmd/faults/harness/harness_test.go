package harness

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"orientir/bot/i18n"
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
		Binary: binary, Dir: dir, Faults: len(Kinds()), Seed: 1, Pause: 50 * time.Millisecond, Haste: 0.25, SettleEvery: 8, Chatters: 3, Visitors: 2, ReadyWithin: 5 * time.Minute, AllWithin: 5 * time.Minute, Out: &said,
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

// A message that is sent comes once more where a crash, and for each answer of the channel's server that was lost; and for nothing else.
func TestLedgerExcusesARepeatByAFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after func(*ledger)
		fetches       bool
		excused       int
	}{
		"nothing happened":          {},
		"a model was slow":          {after: func(l *ledger) { l.begin("model-slow", false) }},
		"killed, then seen":         {before: func(l *ledger) { l.begin("program-killed", true); l.over() }, excused: 1},
		"seen, then killed":         {after: func(l *ledger) { l.begin("program-killed", true) }, excused: 1},
		"killed twice":              {after: func(l *ledger) { l.begin("program-killed", true); l.over(); l.begin("programs-killed", true) }, excused: 1},
		"killed long before":        {before: func(l *ledger) { l.crashes = []span{{time.Now().Add(-time.Minute), time.Now().Add(-time.Minute)}} }},
		"two answers were lost":     {after: func(l *ledger) { l.lostAnswer(); l.lostAnswer() }, excused: 2},
		"killed, but it is fetched": {after: func(l *ledger) { l.begin("program-killed", true) }, fetches: true},
	} {
		l := newLedger(io.Discard)
		if c.before != nil {
			c.before(l)
		}
		fresh := l.saw("Мария", "rate:good:7", !c.fetches)
		if c.after != nil {
			c.after(l)
		}
		for range 3 {
			l.saw("Мария", "rate:good:7", !c.fetches)
		}
		var repeats, doubled int
		for _, r := range l.rows {
			repeats, doubled = repeats+r.Repeats, doubled+r.Doubled
		}
		if !fresh || repeats != c.excused || doubled != 3-c.excused || len(l.broken) != doubled {
			t.Errorf("%s: %d repeats, %d doubled, broken %q", name, repeats, doubled, l.broken)
		}
	}
}

func TestLedgerBreaks(t *testing.T) {
	t.Parallel()
	l := newLedger(io.Discard)
	l.lost(l.asked("кога"), "Иван")
	if len(l.broken) != 1 || l.rows[calm].Lost != 1 {
		t.Errorf("a lost question breaks nothing: %q", l.broken)
	}
	l.begin("model-dead", false)
	l.bit("model-dead", 0)
	l.enough(Options{Faults: 2})
	if len(l.broken) != 3 {
		t.Errorf("a fault that hurts nobody and one that was not made: %q", l.broken)
	}
	if kindly("") || kindly("pq: connection refused") || !kindly(i18n.T("bg", "web.error_503")) {
		t.Error("what is kind")
	}
}
