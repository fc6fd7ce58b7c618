package harness

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"orientir/bot/i18n"
)

// calm is the kind before the first fault.
const calm = "calm"

// row is what became of what people asked while a kind of fault was the last that had begun.
type row struct {
	Kind      string
	Faults    int
	Bit       int // what the faults did that can be seen: calls that went wrong, lines that were cut, statements that were refused
	Asked     int // questions, and wishes for a person
	Answered  int
	Apologies int             // of them answered by «something doesn't work»
	Repeats   int             // the same message again: a crash, or a lost answer of Telegram's server, may have fallen between sending and noting
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
	out        io.Writer // told of each broken promise at once
	number     int       // of the last fault that began
	kind       string
	crashes    []span      // faults after which what was sent may not have been noted
	unheard    []time.Time // answers of Telegram's server that were lost
	rows       map[string]*row
	order      []string
	heard      map[string]*sighting
	broken     []string
	refused    map[string]int // sentences that people were told when something failed
	claims     int
	taken      int // claims that came second, and were told so
	lies       int
	news       int
	newsSeen   map[piece]int
	authors    map[string]map[string]bool // ticket → librarians whose replies somebody saw
	stories    map[string]bool            // messages that were sent in one go with others
	recipients []recipients               // of news
	open       map[*wish]struct{}         // questions that wait
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
	first time.Time
	times int
}

// span is the time of a fault; until is zero while it lasts.
type span struct{ from, until time.Time }

// aftermath is how long after its end a fault may still explain that what was sent was not noted: until the program is to be ready again.
const aftermath = 10 * time.Second

// piece is a piece of news on a channel.
type piece struct{ title, channel string }

func newLedger(out io.Writer) *ledger {
	l := &ledger{
		out: out, rows: map[string]*row{}, heard: map[string]*sighting{}, refused: map[string]int{}, open: map[*wish]struct{}{}, debts: map[*debt]struct{}{},
		newsSeen: map[piece]int{}, authors: map[string]map[string]bool{}, stories: map[string]bool{},
	}
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
	l.unheard = append(l.unheard, time.Now())
}

// begin notes that a fault begins. crash says that what is sent meanwhile may not be noted.
func (l *ledger) begin(kind string, crash bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	l.kind = kind
	l.at(kind).Faults++
	if crash {
		l.crashes = append(l.crashes, span{from: time.Now()})
	}
}

// over notes that the fault that began last has ended.
func (l *ledger) over() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.crashes); n > 0 && l.crashes[n-1].until.IsZero() {
		l.crashes[n-1].until = time.Now()
	}
}

// bit notes what a fault did.
func (l *ledger) bit(kind string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at(kind).Bit += n
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
		fmt.Fprintln(l.out, "BROKEN: "+l.broken[len(l.broken)-1])
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

// saw notes that somebody saw a message, and says whether it is new to them. pushed says that it was sent to them: then it may come again once, where a
// crash may have kept the program from noting that it was sent, and once for each lost answer of the channel's server. Who fetches messages has each once.
func (l *ledger) saw(who, what string, pushed bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.heard[who+" "+what]
	if s == nil {
		l.heard[who+" "+what] = &sighting{time.Now(), 1}
		return true
	}
	s.times++
	if !pushed || s.times-1 > l.excuses(s.first) {
		l.at(l.kind).Doubled++
		l.note("%s saw %s %d times, first %s", who, what, s.times, s.first.UTC().Format("15:04:05"))
	} else {
		l.at(l.kind).Repeats++
	}
	return false
}

// excuses is how often a message that was first seen then may have come again by now.
func (l *ledger) excuses(first time.Time) (n int) {
	for _, c := range slices.Backward(l.crashes) {
		if c.until.IsZero() || c.until.Add(aftermath).After(first) {
			n = 1
			break
		}
	}
	for _, at := range slices.Backward(l.unheard) {
		if at.Before(first.Add(-time.Second)) { // it is lost at the moment in which it is seen
			break
		}
		n++
	}
	return n
}

// reply notes that somebody saw a librarian's reply.
func (l *ledger) reply(ticket, author string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.authors[ticket] == nil {
		l.authors[ticket] = map[string]bool{}
	}
	l.authors[ticket][author] = true
}

// sawNews notes that somebody saw a piece of news.
func (l *ledger) sawNews(title, channel string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newsSeen[piece{title, channel}]++
}

// tells notes a message that is sent in one go with others.
func (l *ledger) tells(words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stories[words] = true
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

// kindly says whether a sentence is one of those with which the program tells people that the trouble is ours, or when to come again.
func kindly(sentence string) bool {
	for _, key := range []string{"web.error_500", "web.error_503", "web.error_503_detail", "web.error_429", "crowd.busy"} {
		before, _, _ := strings.Cut(i18n.T("bg", key), "%s")
		if before != key && strings.HasPrefix(sentence, before) {
			return true
		}
	}
	return false
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
	l.heard[who+" "+what] = &sighting{time.Now(), 1}
	return true
}
