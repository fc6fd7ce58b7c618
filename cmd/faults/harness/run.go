package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options of a run. Binary and Dir must be given.
type Options struct {
	Binary      string        // the built program; built with the tag stepclock, its clock can be stepped
	Dir         string        // an empty directory for all files; whoever runs the database must be able to enter it
	Prepared    string        // directory in which an earlier run prepared the database, or this one is to; default: within Dir
	Faults      int           // how many; default 30
	Time        time.Duration // after which no fault begins any more; 0: no bound
	Seed        uint64        // of the order of the faults
	Kinds       []string      // those to choose from; default: all
	Replicas    int           // default 2
	Chatters    int           // people on Telegram; default 5
	Visitors    int           // people on the web page; default 3
	Pause       time.Duration // between two faults, about; default 700 ms
	Haste       float64       // by which how long faults last is multiplied; default 1
	NewsEvery   int           // faults from one broadcast to the next; default 10
	SettleEvery int           // faults from one after which all that was asked before is waited for to the next; default 2
	ReadyWithin time.Duration // after which «not ready again» breaks a promise; default 60 s
	AllWithin   time.Duration // after which a question from before the end of a fault that still waits does; default 60 s
	Out         io.Writer     // told how it goes; default: nobody
	Log         *slog.Logger  // of the preparation; default: nobody
}

// Run hurts the house as the options say and reports what people saw. An error means that the run itself went wrong, not the program.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	o = o.filled()
	chosen, err := choose(o.Kinds)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(o.Dir, 0o755); err != nil {
		return nil, err
	}
	if o.Prepared == "" {
		o.Prepared = filepath.Join(o.Dir, "prepared")
	}
	began := time.Now()
	files, err := prepared(ctx, o.Prepared, o.Log)
	if err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	fmt.Fprintf(o.Out, "the database is prepared after %v; %d questions\n", time.Since(began).Round(100*time.Millisecond), len(files.Questions))
	h, err := newHouse(ctx, o, files)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	fmt.Fprintf(o.Out, "the program is ready after %v\n", time.Since(began).Round(100*time.Millisecond))

	l := newLedger(o.Out)
	h.unheard = l.lostAnswer // before the first fault
	living, leave := context.WithCancel(ctx)
	defer leave()
	asking, enough := context.WithCancel(living)
	defer enough()
	var people, desk sync.WaitGroup
	var all []*person
	for i := range o.Chatters {
		all = append(all, newChatter(h, l, int64(100+i), "човек "+strconv.Itoa(i)))
	}
	for i := range o.Visitors {
		all = append(all, newVisitor(living, h, l, "посетител "+strconv.Itoa(i)))
	}
	idle := make(chan struct{}, len(all))
	for i, p := range all {
		p.turn = i
		people.Go(func() { p.live(living, asking, i%2 == 0, idle) })
	}
	for _, email := range librarians {
		b := newLibrarian(h, l, email)
		desk.Go(func() { b.work(living) })
	}
	// Everybody is known before the first fault.
	if err := h.awaitContacts(ctx, len(all)); err != nil {
		return nil, err
	}
	if err := h.subscribeAll(ctx); err != nil {
		return nil, err
	}
	r := &runner{Options: o, house: h, ledger: l, random: rand.New(rand.NewPCG(o.Seed, 1))}
	faulty := r.hurt(ctx, chosen)
	enough()
	for range all {
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
	rest(ctx, 3*time.Second) // what comes too late comes now
	counted := h.count(ctx, l)
	l.enough(o)
	leave()
	people.Wait()
	desk.Wait()
	if err := errors.Join(faulty, counted); err != nil {
		return nil, err
	}
	return l.report(r.skipped, time.Since(began)), nil
}

func (o Options) filled() Options {
	for _, d := range []struct {
		value    *int
		standard int
	}{{&o.Faults, 30}, {&o.Replicas, 2}, {&o.Chatters, 5}, {&o.Visitors, 3}, {&o.NewsEvery, 10}, {&o.SettleEvery, 2}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if o.Haste <= 0 {
		o.Haste = 1
	}
	if o.Pause <= 0 {
		o.Pause = 700 * time.Millisecond
	}
	for _, d := range []*time.Duration{&o.ReadyWithin, &o.AllWithin} {
		if *d <= 0 {
			*d = time.Minute
		}
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	o.Out = &oneByOne{to: o.Out}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// oneByOne lets several write to one writer.
type oneByOne struct {
	mu sync.Mutex
	to io.Writer
}

func (o *oneByOne) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(p)
}

func choose(names []string) (chosen []kind, err error) {
	for _, k := range kinds() {
		if len(names) == 0 || slices.Contains(names, k.name) {
			chosen = append(chosen, k)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(chosen, func(k kind) bool { return k.name == n }) {
			return nil, fmt.Errorf("no kind of fault is called %q; there are %s", n, strings.Join(Kinds(), ", "))
		}
	}
	return chosen, nil
}

// runner hurts a house.
type runner struct {
	Options
	house   *house
	ledger  *ledger
	random  *rand.Rand
	skipped map[string]string // kind → why it can't be done here
}

// hurt makes the faults, each kind as often as the others, in an order of chance.
func (r *runner) hurt(ctx context.Context, chosen []kind) error {
	r.skipped = map[string]string{}
	var able []kind
	for _, k := range chosen {
		if k.lacks != nil {
			if why := k.lacks(r.house); why != "" {
				r.skipped[k.name] = why
				continue
			}
		}
		able = append(able, k)
	}
	if len(able) == 0 {
		return errors.New("no fault can be made here")
	}
	end := time.Now().Add(r.Time)
	var order []kind
	for n := range r.Faults {
		if ctx.Err() != nil || r.Time > 0 && time.Now().After(end) {
			break
		}
		if len(order) == 0 {
			order = slices.Clone(able)
			r.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		k := order[0]
		order = order[1:]
		if n%r.NewsEvery == r.NewsEvery/2 {
			if err := r.house.announce(ctx, n); err != nil {
				return err
			}
			r.ledger.count(&r.ledger.news)
		}
		if err := r.one(ctx, k, n); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		rest(ctx, r.Pause/2+time.Duration(r.random.Int64N(int64(r.Pause))))
	}
	return nil
}

// one makes a fault, looks what people are told meanwhile, ends it, and waits until the program is ready again: every replica answers a new question.
// After some it waits also until every question from before its end is answered.
func (r *runner) one(ctx context.Context, k kind, n int) error {
	r.house.bites.Store(0)
	r.ledger.begin(k.name, k.crash)
	end, err := k.begin(ctx, r.house)
	if err != nil {
		if end != nil {
			err = errors.Join(err, end())
		}
		return err
	}
	if k.lasts[1] > 0 {
		lasts := k.lasts[0] + time.Duration(r.random.Int64N(int64(k.lasts[1]-k.lasts[0])+1))
		until := time.Now().Add(time.Duration(r.Haste * float64(lasts)))
		rest(ctx, time.Duration(r.Haste*float64(k.lasts[0])/2))
		var looks sync.WaitGroup
		defer looks.Wait() // what is asked now may be answered only when all is well
		looks.Go(func() { r.look(ctx, k) })
		rest(ctx, time.Until(until))
	} else {
		rest(ctx, 20*time.Millisecond)
	}
	r.ledger.bit(k.name, r.bitten(ctx, k))
	over := time.Now()
	debt := r.ledger.owes(k.name, over)
	if end != nil {
		if err := end(); err != nil {
			return err
		}
	}
	r.ledger.over()
	if err := r.house.database.do(ctx, `SELECT 1`); err != nil { // a killed server starts anew only once all its processes are gone: that is its own time
		return err
	}
	if err := r.house.awaitReady(ctx, r.ReadyWithin); err != nil {
		r.ledger.breaks("%v", err)
		if err := r.house.awaitReady(ctx, 5*time.Minute); err != nil {
			return err
		}
	}
	if err := r.house.awaitAnswer(ctx, r.ReadyWithin); err != nil {
		r.ledger.breaks("%v", err)
	}
	took := time.Since(over)
	r.ledger.recovered(k.name, took)
	if n%r.SettleEvery > 0 { // the next fault comes into the midst of what this one left
		fmt.Fprintf(r.Out, "%4d %-22s ready again after %v\n", n+1, k.name, took.Round(10*time.Millisecond))
		return nil
	}
	caught := r.ledger.settled(ctx, debt, over.Add(r.AllWithin))
	fmt.Fprintf(r.Out, "%4d %-22s ready again after %v, all answered after %v\n", n+1, k.name, took.Round(10*time.Millisecond), caught.Round(10*time.Millisecond))
	return nil
}

// bitten waits a while for a fault to hurt, and says how often it did.
func (r *runner) bitten(ctx context.Context, k kind) (n int) {
	if k.bit == nil {
		return 1
	}
	for until := time.Now().Add(biteWithin); n == 0 && time.Now().Before(until) && ctx.Err() == nil; rest(ctx, 50*time.Millisecond) {
		n = k.bit(ctx, r.house)
	}
	return n
}

// biteWithin is how much longer a fault may last when it has hurt nobody yet.
const biteWithin = 10 * time.Second

// look sees what the page and the interface show during a fault: what was asked for, or a sentence for people. Nobody at the door is the
// balancer's to tell, and the page's own script.
func (r *runner) look(ctx context.Context, k kind) {
	for _, at := range r.house.replicas {
		if status, body := r.house.get(ctx, at.URL+"/healthz", 3*time.Second); status != http.StatusOK {
			r.ledger.breaks("during %s the program is not alive: %d %.100s", k.name, status, body)
		}
		if status, body := r.house.get(ctx, at.URL+"/readyz", 5*time.Second); status != http.StatusOK {
			r.ledger.breaks("during %s a balancer would take the program away: %d %.100s", k.name, status, body)
		}
		status, body := r.house.get(ctx, at.URL+"/", 20*time.Second)
		if status != http.StatusOK && (status < 500 || !strings.Contains(body, "<main")) {
			r.ledger.unkind("during %s the page is %d %.100s", k.name, status, body)
		}
		r.ask(ctx, k, at)
	}
}

// ask sees what the interface says to a question: an answer, or a sentence for people.
func (r *runner) ask(ctx context.Context, k kind, at *replica) {
	status, body := r.house.post(ctx, at.URL+"/api/v1/ask", `{"question":`+strconv.Quote(r.house.questions[0])+`}`, 20*time.Second)
	var problem struct{ Detail string }
	switch {
	case status == http.StatusOK && strings.Contains(body, `"answered"`):
		r.ledger.told("an answer from the interface")
	case status >= 500 && json.Unmarshal([]byte(body), &problem) == nil && kindly(problem.Detail):
		r.ledger.told(problem.Detail)
	default:
		r.ledger.unkind("during %s the interface says %d %.200s", k.name, status, body)
	}
}

// awaitAnswer waits until a question is answered by each replica.
func (h *house) awaitAnswer(ctx context.Context, patience time.Duration) error {
	end := time.Now().Add(patience)
	for _, r := range h.replicas {
		for {
			body := `{"question":` + strconv.Quote(h.questions[0]) + `}`
			if status, answer := h.post(ctx, r.URL+"/api/v1/ask", body, 10*time.Second); status == http.StatusOK && strings.Contains(answer, `"answered"`) {
				break
			}
			if time.Now().After(end) || ctx.Err() != nil {
				return fmt.Errorf("%s doesn't answer again", r.URL)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

// post sends JSON; status 0 means that no answer came.
func (h *house) post(ctx context.Context, address, body string, patience time.Duration) (status int, answer string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "bg")
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

func (h *house) awaitContacts(ctx context.Context, n int) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		c, err := h.database.connect(ctx)
		if err != nil {
			return err
		}
		var known int
		err = c.QueryRow(ctx, `SELECT count(*) FROM contacts`).Scan(&known)
		c.Close(ctx)
		if err != nil || known >= n {
			return err
		}
	}
	return errors.New("not everybody was heard in a minute")
}

// subscribeAll lets everybody want all news.
func (h *house) subscribeAll(ctx context.Context) error {
	return h.database.do(ctx, `
		INSERT INTO subscriptions (contact, topics, role, since) SELECT id, ARRAY['services', 'deadlines', 'changes', 'safety', 'events'], 'both', now() FROM contacts
		ON CONFLICT DO NOTHING`)
}

// announce has a piece of news go out now.
func (h *house) announce(ctx context.Context, n int) error {
	return h.database.do(ctx, fmt.Sprintf(`
		INSERT INTO news (title_bg, text_bg, title_en, text_en, link, topics, audience, state, send, publish_at, expires_at, created_by, changed_by)
		SELECT 'Новина №%[1]d', 'Това е новина.', '', '', '', ARRAY['services'], 'both', 'scheduled', true, now() - interval '10 minutes', now() + interval '1 day', 'faults', 'faults'
		WHERE NOT EXISTS (SELECT FROM news WHERE title_bg = 'Новина №%[1]d')`, n))
}
