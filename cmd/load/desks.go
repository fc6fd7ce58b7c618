package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"orientir/handoff/staff"
)

const (
	mostDesks    = 500
	mostTickets  = 5000
	deskPassword = "дълга парола само за натоварване"
	hearIn       = 20 * time.Second // how long the last news of a claim is waited for
)

func desksCommand(o *options) *cobra.Command {
	var desks, seconds int
	var rate float64
	c := &cobra.Command{Use: "desks", Short: "Librarians' desks: claims, replies and closings, and how soon the other desks know", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if desks < 2 || desks > mostDesks || seconds < 1 || rate <= 0 || rate*float64(seconds) > mostTickets {
				return fmt.Errorf("--desks 2..%d, and --rate times --seconds up to %d", mostDesks, mostTickets)
			}
			r := newReport("Desks", map[string]string{"desks": fmt.Sprint(desks), "rate": fmt.Sprint(rate), "seconds": fmt.Sprint(seconds)})
			if err := loadDesks(c.Context(), *o, r, desks, rate, time.Duration(seconds)*time.Second); err != nil {
				return err
			}
			return r.print(c.OutOrStdout(), o.json)
		}}
	c.Flags().IntVar(&desks, "desks", 50, "librarians with the queue open")
	c.Flags().Float64Var(&rate, "rate", 2, "claims a second of all together, each with a reply and a closing")
	c.Flags().IntVar(&seconds, "seconds", 60, "for how long")
	return c
}

// desk is a librarian's browser with the queue open.
type desk struct {
	web    *web
	number int
	cookie string
	stream *eventStream
}

// signIn makes an account and signs in as its owner does.
func signIn(ctx context.Context, n *node, w *web, number int) (*desk, error) {
	email := fmt.Sprintf("desk%d@load.invalid", number)
	profile := staff.Profile{Email: email, Name: fmt.Sprintf("Бюро %d", number), Roles: []staff.Role{staff.Librarian}}
	if _, err := staff.NewStore(n.pool, staff.Options{}).Add(ctx, profile, deskPassword); err != nil {
		return nil, fmt.Errorf("make the account of desk %d: %w", number, err)
	}
	d := &desk{web: w, number: number}
	status, header, err := d.submit(ctx, "/console/sign-in", url.Values{"email": {email}, "password": {deskPassword}})
	if err != nil || status != http.StatusSeeOther {
		return nil, fmt.Errorf("sign in at desk %d: status %d: %w", number, status, err)
	}
	for _, line := range header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		d.cookie += pair + "; "
	}
	d.cookie = strings.TrimSuffix(d.cookie, "; ")
	return d, nil
}

// submit sends a form, as a page without scripts does.
func (d *desk) submit(ctx context.Context, path string, form url.Values) (int, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.web.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if d.cookie != "" {
		req.Header.Set("Cookie", d.cookie)
	}
	resp, err := d.web.clients.of(d.number).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header, err
}

// watch opens the queue's stream.
func (d *desk) watch(ctx context.Context) (err error) {
	d.stream, err = openStream(ctx, d.number, d.web.base, "/console/queue/stream", "Cookie: "+d.cookie+"\r\n")
	if err != nil {
		return fmt.Errorf("open the queue at desk %d: %w", d.number, err)
	}
	return nil
}

// news notes when each desk heard of each claim.
type news struct {
	mu      sync.Mutex
	claimed map[int64]time.Time
	heard   map[int64]map[int]bool
	took    tally
}

func (s *news) claims(ticket int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claimed[ticket], s.heard[ticket] = time.Now(), map[int]bool{}
}

// hears takes an event of a desk's stream.
func (s *news) hears(desk int, event string, data []byte) {
	var taken struct{ Ticket int64 }
	if event != "taken" || json.Unmarshal(data, &taken) != nil {
		return
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.claimed[taken.Ticket]; ok && !s.heard[taken.Ticket][desk] {
		s.heard[taken.Ticket][desk] = true
		s.took.add(well, now.Sub(at))
	}
}

// missing counts the desks that have not heard of a claim.
func (s *news) missing(desks int) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, heard := range s.heard {
		n += desks - len(heard)
	}
	return n
}

// queueUp lets people ask for a librarian, and gives their tickets.
func queueUp(ctx context.Context, n *node, w *web, people int) ([]int64, error) {
	c := &crowd{}
	tokens := make([]string, people)
	err := each(ctx, people, openers, func(ctx context.Context, i int) (err error) {
		tokens[i], err = w.begin(ctx, i, command("librarian"))
		return err
	})
	if err == nil {
		err = c.settle(ctx, n)
	}
	if err == nil {
		err = each(ctx, people, openers, func(ctx context.Context, i int) error {
			status, err := w.say(ctx, i, tokens[i], map[string]any{"kind": "button", "data": "human:yes"})
			if err != nil || status/100 != 2 {
				return fmt.Errorf("ask for a librarian: status %d: %w", status, err)
			}
			return nil
		})
	}
	if err == nil {
		err = c.settle(ctx, n)
	}
	if err != nil {
		return nil, err
	}
	rows, err := n.pool.Query(ctx, `SELECT id FROM tickets WHERE state = 'waiting' ORDER BY id`)
	if err != nil {
		return nil, err
	}
	tickets, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(tickets) < people {
		err = fmt.Errorf("of %d people only %d stand in the queue", people, len(tickets))
	}
	return tickets, err
}

func loadDesks(ctx context.Context, o options, r *report, many int, rate float64, during time.Duration) (err error) {
	n, err := startNode(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	w := &web{base: n.url, clients: newClients(16)}
	defer w.clients.close()
	desks := make([]*desk, many)
	if err := each(ctx, many, 2, func(ctx context.Context, i int) (err error) {
		desks[i], err = signIn(ctx, n, w, i)
		return err
	}); err != nil {
		return err
	}
	heard := &news{claimed: map[int64]time.Time{}, heard: map[int64]map[int]bool{}}
	var readers sync.WaitGroup
	defer readers.Wait()
	for _, d := range desks {
		if err := d.watch(ctx); err != nil {
			return err
		}
		defer d.stream.close()
		readers.Go(func() { _ = d.stream.follow(func(event string, data []byte) { heard.hears(d.number, event, data) }) })
	}
	claims := max(1, int(rate*during.Seconds()))
	fmt.Fprintf(os.Stderr, "load: %d people ask for a librarian …\n", claims)
	tickets, err := queueUp(ctx, n, w, claims)
	if err != nil {
		return err
	}
	before, err := n.sample(ctx, false)
	if err != nil {
		return err
	}
	var replies, closings tally
	step := func(ctx context.Context, t *tally, d *desk, path string, form url.Values) string {
		began := time.Now()
		status, _, err := d.submit(ctx, path, form)
		kind := kindOf(status, err)
		if status == http.StatusSeeOther {
			kind = well
		}
		if t != nil {
			t.add(kind, time.Since(began))
		}
		return kind
	}
	began := time.Now()
	profiled := make(chan error, 1)
	go func() { profiled <- n.profiles(ctx, min(during, 30*time.Second), "desks") }()
	claimed := steadily(ctx, rate, during, 4*many, func(claiming context.Context, i int) string {
		d, chat := desks[i%many], "/console/chats/"+strconv.FormatInt(tickets[i], 10)
		heard.claims(tickets[i])
		kind := step(claiming, nil, d, chat+"/claim", nil)
		if kind == well {
			go func() { // which may end after the last claim
				if step(ctx, &replies, d, chat+"/reply", url.Values{"text": {"Добър ден, тук съм. С какво да помогна?"}}) == well {
					step(ctx, &closings, d, chat+"/close", url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"fine"}})
				}
			}()
		}
		return kind
	})
	for deadline := time.Now().Add(hearIn); time.Now().Before(deadline) && (heard.missing(many) > 0 || closings.total() < claimed.done()); {
		time.Sleep(50 * time.Millisecond)
	}
	after, err := n.sample(ctx, false)
	if err := errors.Join(err, <-profiled); err != nil {
		return err
	}
	missing := heard.missing(many)
	t := table{Title: fmt.Sprintf("%d desks, %s claims a second", many, figure(rate)), Columns: []string{"count", "p50 ms", "p95 ms", "p99 ms", "most ms"}}
	for _, line := range []struct {
		name string
		out  outcome
	}{
		{"a claim is known at a desk", heard.took.result(claims*many, time.Since(began))}, {"claim", claimed}, {"reply", replies.result(claimed.done(), time.Since(began))},
		{"closing", closings.result(claimed.done(), time.Since(began))},
	} {
		t.add(line.name, float64(line.out.done()), line.out.ms(50), line.out.ms(95), line.out.ms(99), line.out.ms(100))
	}
	wall := time.Since(began).Seconds()
	t.Notes = append(t.Notes, claimed.kindsNote("Claims"), fmt.Sprintf("From the moment that the claim was sent. %d times a desk did not hear of a claim. Program %s, PostgreSQL %s processor seconds a second.",
		missing, figure((after.cpu-before.cpu)/wall), figure((after.postgresCPU-before.postgresCPU)/wall)))
	r.Measured["ticket_cpu_ms"], r.Measured["ticket_postgres_cpu_ms"] = (after.cpu-before.cpu)/float64(claims)*1000, (after.postgresCPU-before.postgresCPU)/float64(claims)*1000
	r.add(t)
	for _, d := range desks {
		d.stream.close()
	}
	return nil
}
