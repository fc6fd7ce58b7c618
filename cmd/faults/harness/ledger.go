package harness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// calm is the kind before the first fault.
const calm = "calm"

// row is what became of what people asked while a kind of fault was the last that had begun.
type row struct {
	Kind      string
	Faults    int
	Asked     int // questions, and wishes for a person
	Answered  int
	Apologies int             // of them answered by «something doesn't work»
	Repeats   int             // the same message again: a crash, or a lost answer of Telegram's server, fell between sending and noting
	Lost      int             // never answered
	Doubled   int             // two answers to one question, or a repeat that no fault explains
	Unkind    int             // a failure that told a person nothing
	Recovery  []time.Duration // until each replica answered a new question
	Caught    []time.Duration // until all questions from before were answered, where the next fault waited for it
	Waits     []time.Duration // of people for answers
}

// ledger keeps what people saw.
type ledger struct {
	mu         sync.Mutex
	number     int // of the last fault that began
	unheard    int // answers of Telegram's server that were lost
	kind       string
	rows       map[string]*row
	order      []string
	heard      map[string]*sighting
	broken     []string
	refused    map[string]int // sentences that people were told when something failed
	claims     int
	taken      int // claims that came second, and were told so
	lies       int
	news       int
	newsSeen   int
	recipients []stateCount       // of news
	open       map[*wish]struct{} // questions that wait
	debts      map[*debt]struct{}
}

// debt is what is to be answered after a fault.
type debt struct {
	kind    string
	over    time.Time // the fault's end
	waits   map[*wish]struct{}
	settled chan struct{}
	after   time.Duration // once settled
}

// sighting is a message as one person saw it.
type sighting struct {
	fault int // number of the last fault, and of lost answers, when it came first
	times int
}

func newLedger() *ledger {
	l := &ledger{rows: map[string]*row{}, heard: map[string]*sighting{}, refused: map[string]int{}, open: map[*wish]struct{}{}, debts: map[*debt]struct{}{}}
	l.at(calm)
	l.kind = calm
	return l
}

func (l *ledger) at(kind string) *row {
	r := l.rows[kind]
	if r == nil {
		r = &row{Kind: kind}
		l.rows[kind] = r
		l.order = append(l.order, kind)
	}
	return r
}

// lostAnswer notes that Telegram's server carried a call out and its answer was lost: a repeat has one more excuse.
func (l *ledger) lostAnswer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unheard++
}

// begin notes that a fault begins.
func (l *ledger) begin(kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	l.kind = kind
	l.at(kind).Faults++
}

func (l *ledger) recovered(kind string, after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(kind)
	r.Recovery = append(r.Recovery, after)
}

// breaks notes a broken promise.
func (l *ledger) breaks(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(format, args...)
}

func (l *ledger) note(format string, args ...any) {
	if len(l.broken) < 200 {
		l.broken = append(l.broken, fmt.Sprintf("%s, fault %d (%s): ", time.Now().UTC().Format("15:04:05"), l.number, l.kind)+fmt.Sprintf(format, args...))
	}
}

// wish is something that a person waits for.
type wish struct {
	kind  string
	began time.Time
	words string
}

// asked notes a question; wanted a wish that waits for people, not for the program alone.
func (l *ledger) asked(words string) *wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.wish(words)
	l.open[w] = struct{}{}
	return w
}

func (l *ledger) wanted(words string) *wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wish(words)
}

func (l *ledger) wish(words string) *wish {
	l.at(l.kind).Asked++
	return &wish{l.kind, time.Now(), words}
}

func (l *ledger) answered(w *wish, apology bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(w.kind)
	r.Answered++
	if apology {
		r.Apologies++
	}
	r.Waits = append(r.Waits, time.Since(w.began))
	l.close(w)
}

func (l *ledger) lost(w *wish, who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(w.kind).Lost++
	l.note("%s was never answered, asked %s after %s: %s", who, w.began.UTC().Format("15:04:05"), w.kind, w.words)
	l.close(w)
}

func (l *ledger) close(w *wish) {
	delete(l.open, w)
	for d := range l.debts {
		delete(d.waits, w)
		l.settle(d)
	}
}

func (l *ledger) settle(d *debt) {
	if len(d.waits) == 0 {
		d.after = time.Since(d.over)
		delete(l.debts, d)
		close(d.settled)
	}
}

// owes notes the questions that wait when a fault ends.
func (l *ledger) owes(kind string, over time.Time) *debt {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := &debt{kind: kind, over: over, waits: maps.Clone(l.open), settled: make(chan struct{})}
	l.debts[d] = struct{}{}
	l.settle(d)
	return d
}

// settled waits until a debt is settled; after until a promise is broken.
func (l *ledger) settled(ctx context.Context, d *debt, until time.Time) time.Duration {
	for late := time.After(time.Until(until)); ; {
		select {
		case <-ctx.Done():
			return time.Since(d.over)
		case <-d.settled:
			l.mu.Lock()
			defer l.mu.Unlock()
			r := l.at(d.kind)
			r.Caught = append(r.Caught, d.after)
			return d.after
		case <-late:
			l.late(d)
			late = nil
		}
	}
}

func (l *ledger) late(d *debt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range d.waits {
		l.note("%v after the end of %s a question from before waits, asked %s: %s", time.Since(d.over).Round(time.Second), d.kind, w.began.UTC().Format("15:04:05"), w.words)
	}
}

// saw notes that somebody saw a message, and says whether it is new to them. A message comes again only where a fault explains it.
func (l *ledger) saw(who, what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.heard[who+" "+what]
	if s == nil {
		l.heard[who+" "+what] = &sighting{l.number + l.unheard, 1}
		return true
	}
	s.times++
	if s.times-1 > l.number+l.unheard-s.fault+1 {
		l.at(l.kind).Doubled++
		l.note("%s saw %s %d times", who, what, s.times)
	} else {
		l.at(l.kind).Repeats++
	}
	return false
}

// doubled notes what nobody had asked for.
func (l *ledger) doubled(who, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(l.kind).Doubled++
	l.note("%s saw %s, and waited for nothing", who, what)
}

// told notes what a person was told when something failed; "" is nothing.
func (l *ledger) told(sentence string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sentence == "" {
		l.at(l.kind).Unkind++
		return
	}
	l.refused[sentence]++
}

// unkind notes a failure that was not told as people are to be told.
func (l *ledger) unkind(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(l.kind).Unkind++
	l.note("unkind: "+format, args...)
}

func (l *ledger) count(n *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*n++
}

// percentile of durations; 0 where there are none.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[min(len(d)-1, int(p*float64(len(d))))]
}

// first says whether somebody sees something for the first time.
func (l *ledger) first(who, what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heard[who+" "+what] != nil {
		return false
	}
	l.heard[who+" "+what] = &sighting{l.number, 1}
	return true
}
