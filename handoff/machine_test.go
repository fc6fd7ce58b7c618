package handoff

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"orientir/bot/i18n"
)

var update = flag.Bool("update", false, "write the table of a ticket's life into doc.go")

// table is the table of steps as people read it.
func table() string {
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 1, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tFROM\tWHO MAY\tIF\tTO\tWHO HOLDS\tEVENT\tTHE PERSON READS")
	for _, r := range rules() {
		var from []string
		for _, s := range r.from {
			from = append(from, string(s))
		}
		kind := cmp.Or(r.kind, "–")
		if r.outcome != "" {
			kind += " " + r.outcome
		}
		holder := cmp.Or(string(r.holder), "as before")
		if r.holder == nobody || r.to == Closed {
			holder = "the bot"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.step, cmp.Or(strings.Join(from, ", "), "–"), r.may, cmp.Or(string(r.needs), "–"),
			cmp.Or(string(r.to), "as before"), holder, kind, cmp.Or(strings.TrimPrefix(r.told, "console."), "–"))
	}
	w.Flush()
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, "//\t"+strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n") + "\n"
}

// The package comment shows the table that the code goes by. -update writes it.
func TestDocShowsTheTable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, want := string(data), table()
	begin := strings.Index(doc, "//\tSTEP")
	if begin < 0 {
		t.Fatal("doc.go has no table")
	}
	end := begin + strings.Index(doc[begin:], "\n//\n") + 1 // an empty line ends it
	if doc[begin:end] == want {
		return
	}
	if !*update {
		t.Fatalf("doc.go shows another table; go test ./handoff -run TestDocShowsTheTable -update writes it:\n%s", want)
	}
	if err := os.WriteFile("doc.go", []byte(doc[:begin]+want+doc[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheTableSaysIsSaid(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		for _, language := range []string{"bg", "en", "tr"} {
			if r.told != "" && !i18n.Has(language, r.told) {
				t.Errorf("%s: %s is missing in %s", r.step, r.told, language)
			}
		}
	}
}

// telling is a ticket's life written down a second time, as one would tell it, and not as a table.
type telling struct {
	state                 string
	holder, second, asked int64
	rated                 bool
}

// does makes a step and says whether it may be made.
func (p *telling) does(e event) bool {
	claimed, holder := p.state == "claimed", p.state == "claimed" && e.by != 0 && e.by == p.holder
	giveUp := func() { p.state, p.second, p.asked = "closed", 0, 0 }
	switch e.step {
	case stepOpen:
		if p.state != "" {
			return false
		}
		p.state = "waiting"
	case stepReopen:
		if p.state != "" || e.named == 0 {
			return false
		}
		p.state, p.holder = "claimed", e.named
	case stepClaim:
		if p.state != "waiting" || e.by == 0 || !e.sees {
			return false
		}
		p.state, p.holder = "claimed", e.by
	case stepReply:
		return holder || claimed && e.by != 0 && e.by == p.second
	case stepReturn:
		if !holder {
			return false
		}
		if p.asked = 0; p.second != 0 { // it becomes the second's
			p.holder, p.second = p.second, 0
			return true
		}
		p.state, p.holder = "waiting", 0
	case stepGone:
		if !claimed {
			return false
		}
		*p = telling{state: "waiting"}
	case stepSend:
		if !holder {
			return false
		}
		*p = telling{state: "waiting"}
	case stepAsk:
		if !holder || p.asked != 0 || e.named == 0 || e.named == p.holder {
			return false
		}
		p.asked = e.named
	case stepAccept:
		if !claimed || p.asked == 0 || e.by != p.asked {
			return false
		}
		if p.holder, p.asked = e.by, 0; p.second == e.by {
			p.second = 0
		}
	case stepDecline:
		if !claimed || p.asked == 0 || e.by == 0 || e.by != p.asked && e.by != p.holder {
			return false
		}
		p.asked = 0
	case stepLapse:
		if !claimed || p.asked == 0 {
			return false
		}
		p.asked = 0
	case stepReroute:
		return p.state == "waiting"
	case stepJoin:
		if !claimed || p.second != 0 || e.by == 0 || !e.sees || e.by == p.holder {
			return false
		}
		p.second = e.by
	case stepPart:
		if !claimed || e.by == 0 || e.by != p.second {
			return false
		}
		p.second = 0
	case stepTakeOver:
		if !claimed || e.by == 0 || e.by != p.second || !e.holderAway {
			return false
		}
		p.holder, p.second, p.asked = e.by, 0, 0
	case stepNote:
		return (claimed || p.state == "waiting") && e.by != 0 && e.sees
	case stepClose:
		if !holder {
			return false
		}
		giveUp()
	case stepBlock:
		if !(holder || (claimed || p.state == "waiting") && e.by != 0 && e.supervisor) {
			return false
		}
		giveUp()
	case stepLeft:
		if !claimed {
			return false
		}
		giveUp()
	case stepWithdraw:
		if p.state != "waiting" && !claimed {
			return false
		}
		giveUp()
	case stepUnstaffed, stepExpire:
		if p.state != "waiting" {
			return false
		}
		giveUp()
	case stepRate:
		if p.state != "closed" || p.rated {
			return false
		}
		p.rated = true
	default:
		return false
	}
	return true
}

// steps are all of the table's, each once.
func steps() []Step {
	var all []Step
	for _, r := range rules() {
		if !slices.Contains(all, r.step) {
			all = append(all, r.step)
		}
	}
	return all
}

// A million random steps of twenty tickets and five librarians: the table and the plain telling agree on each, and the rules hold after each.
func TestAMillionStepsOfTheTable(t *testing.T) {
	t.Parallel()
	const most = 1_000_000
	seed := uint64(20261126)
	random := rand.New(rand.NewPCG(seed, 1))
	all := steps()
	type ticket struct {
		life
		telling
	}
	tickets := make([]ticket, 20)
	done, ended := map[Step]int{}, 0
	for n := range most {
		tk := &tickets[random.IntN(len(tickets))]
		e := event{
			step: all[random.IntN(len(all))], by: random.Int64N(6), named: random.Int64N(6),
			sees: random.IntN(4) > 0, supervisor: random.IntN(8) == 0, holderAway: random.IntN(2) == 0,
		}
		before, was := tk.life, tk.telling
		after, r, err := before.next(e)
		may := tk.telling.does(e)
		if may != (err == nil) {
			t.Fatalf("step %d, seed %d: %+v of %+v: the table says %v, the plain telling %v", n, seed, e, before, err, may)
		}
		if err != nil {
			if after != before || r.told != "" || tk.telling != was {
				t.Fatalf("step %d: a step that may not be made changed %+v into %+v", n, before, after)
			}
			continue
		}
		tk.life = after
		done[e.step]++
		if broken := check(before, after, r); broken != nil {
			t.Fatalf("step %d, seed %d: %+v of %+v gives %+v: %v", n, seed, e, before, after, broken)
		}
		if p := tk.telling; after.State != State(p.state) || after.State != Closed && (after.Holder != p.holder || after.Second != p.second || after.Asked != p.asked) || after.Rated != p.rated {
			t.Fatalf("step %d, seed %d: %+v of %+v: the table gives %+v, the plain telling %+v", n, seed, e, before, after, p)
		}
		if after.State == Closed && (after.Rated || random.IntN(4) == 0) { // its place is a new person's
			*tk = ticket{}
			ended++
		}
	}
	for _, s := range all {
		if done[s] == 0 {
			t.Errorf("%q was never made", s)
		}
	}
	// Whoever still waits comes to an end when nobody does anything any more but the program.
	for _, tk := range tickets {
		l := tk.life
		for _, s := range []Step{stepGone, stepExpire} {
			if next, _, err := l.next(event{step: s}); err == nil {
				l = next
			}
		}
		if l.State != Closed && l.State != "" {
			t.Errorf("%+v ends nowhere: %+v", tk.life, l)
		}
	}
	t.Logf("%d steps tried, %d tickets ended", most, ended)
}

// check says which rule of a ticket's life a step broke; nil where none.
func check(before, after life, r rule) error {
	switch {
	case after.State == Waiting && after.Holder != 0:
		return errors.New("somebody holds a ticket that waits")
	case after.State == Claimed && after.Holder == 0:
		return errors.New("nobody holds a claimed ticket")
	case after.Second != 0 && (after.State != Claimed || after.Second == after.Holder):
		return errors.New("the second sits where no second is")
	case after.Asked != 0 && (after.State != Claimed || after.Asked == after.Holder):
		return errors.New("somebody is asked for what is not to be given")
	case before.State == Closed && after.State != Closed:
		return errors.New("a closed ticket came to life")
	case before.holds() != after.holds() && r.told == "" && r.may != thePerson:
		return errors.New("who answers changed, and the person was not told")
	case r.told != "" && before.State == after.State && before.Holder == after.Holder && before.Second == after.Second:
		return errors.New("the person was told of nothing")
	}
	return nil
}
