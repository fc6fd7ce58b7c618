package harness

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// Report is what people saw.
type Report struct {
	Rows       []Row
	Broken     []string          // promises, one line each; none is what is promised
	Skipped    map[string]string // kinds that could not be tried here, and why
	Told       map[string]int    // sentences that people got while something failed
	Claims     int               // chats that librarians took, and answered
	Late       int               // looks of librarians at a chat that another had taken
	News       int               // pieces of news sent
	NewsSeen   int               // how often one reached a person
	Recipients []string          // of news by state and channel, as the database counts them
	Took       time.Duration
}

// Row is a kind of fault.
type Row struct {
	Kind                                                            string
	Faults, Bit, Asked, Answered, Apologies, Repeats, Lost, Doubled int
	Unkind                                                          int
	Ready50, ReadyMost                                              time.Duration // until the program is ready again and answers
	Caught50, CaughtMost                                            time.Duration // until all questions from before are answered
	Wait50, WaitMost                                                time.Duration // of people for their answers
}

func (l *ledger) report(skipped map[string]string, took time.Duration) *Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &Report{Broken: l.broken, Skipped: skipped, Told: l.refused, Claims: l.claims, Late: l.taken, News: l.news, Took: took}
	for _, n := range l.newsSeen {
		r.NewsSeen += n
	}
	var all row
	add := func(w *row) {
		r.Rows = append(r.Rows, Row{
			Kind: w.Kind, Faults: w.Faults, Bit: w.Bit, Asked: w.Asked, Answered: w.Answered, Apologies: w.Apologies, Repeats: w.Repeats, Lost: w.Lost, Doubled: w.Doubled, Unkind: w.Unkind,
			Ready50: percentile(w.Recovery, 0.5), ReadyMost: percentile(w.Recovery, 1), Caught50: percentile(w.Caught, 0.5), CaughtMost: percentile(w.Caught, 1), Wait50: percentile(w.Waits, 0.5), WaitMost: percentile(w.Waits, 1),
		})
	}
	for _, name := range slices.Sorted(slices.Values(l.order)) {
		w := l.rows[name]
		add(w)
		all.Faults, all.Bit, all.Asked, all.Answered, all.Apologies = all.Faults+w.Faults, all.Bit+w.Bit, all.Asked+w.Asked, all.Answered+w.Answered, all.Apologies+w.Apologies
		all.Repeats, all.Lost, all.Doubled, all.Unkind = all.Repeats+w.Repeats, all.Lost+w.Lost, all.Doubled+w.Doubled, all.Unkind+w.Unkind
		all.Recovery, all.Caught, all.Waits = append(all.Recovery, w.Recovery...), append(all.Caught, w.Caught...), append(all.Waits, w.Waits...)
	}
	all.Kind = "all"
	add(&all)
	states := map[string]int{}
	for _, s := range l.recipients {
		states[s.State+" "+s.Channel] += s.N
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		r.Recipients = append(r.Recipients, fmt.Sprintf("%s %d", state, states[state]))
	}
	return r
}

// Write prints the table.
func (r *Report) Write(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\tcount\tbit\tasked\tanswered\tapologies\trepeats\tlost\tdoubled\tunkind\tready p50\tready max\tall p50\tall max\twait p50\twait max")
	for _, w := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", w.Kind, w.Faults, w.Bit, w.Asked, w.Answered, w.Apologies, w.Repeats, w.Lost, w.Doubled, w.Unkind,
			seconds(w.Ready50), seconds(w.ReadyMost), seconds(w.Caught50), seconds(w.CaughtMost), seconds(w.Wait50), seconds(w.WaitMost))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d replies of librarians sent, %d looks at a chat that another had or that was over; %d pieces of news, seen %d times; recipients: %v; took %v\n",
		r.Claims, r.Late, r.News, r.NewsSeen, r.Recipients, r.Took.Round(time.Second))
	for _, kind := range slices.Sorted(maps.Keys(r.Skipped)) {
		fmt.Fprintf(out, "not tried: %s: %s\n", kind, r.Skipped[kind])
	}
	for _, words := range slices.Sorted(maps.Keys(r.Told)) {
		fmt.Fprintf(out, "told %d times: %s\n", r.Told[words], words)
	}
	all := r.Rows[len(r.Rows)-1]
	verdict := "every promise held"
	if n := len(r.Skipped); n > 0 {
		verdict += fmt.Sprintf(", but %d kinds of fault could not be tried", n)
	}
	if len(r.Broken) > 0 {
		verdict = fmt.Sprintf("%d promises broken", len(r.Broken))
	}
	fmt.Fprintf(out, "faults: %d in %v: %d of %d answered, %d lost, %d repeated, %d doubled, %d unkind; %s\n",
		all.Faults, r.Took.Round(time.Second), all.Answered, all.Asked, all.Lost, all.Repeats, all.Doubled, all.Unkind, verdict)
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
