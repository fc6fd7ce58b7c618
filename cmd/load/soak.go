package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"
)

const (
	sampleEvery = 10 * time.Second
	warmUp      = 6 // the first part of so many is not judged
	turnEvery   = 15 * time.Second
	personPause = 3 * time.Second
)

// mix is how much of each goes on in a soak.
type mix struct {
	chats               int
	talk, updates, asks float64 // a second
	desks               int
}

func soakCommand(o *options) *cobra.Command {
	var minutes float64
	m := mix{}
	var samples string
	c := &cobra.Command{Use: "soak", Short: "Everything at once for an hour; is memory flat, and is everybody answered? (1 where not)", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if minutes <= 0 || minutes > 24*60 || m.chats < 1 || m.chats > mostChats || m.desks < 1 || m.desks > mostDesks || m.talk <= 0 || m.updates <= 0 || m.asks <= 0 || m.talk+m.updates+m.asks > 1000 {
				return errors.New("--minutes up to 1440, --chats, --desks, --talk, --updates, --asks above 0, and a thousand a second in all")
			}
			r := newReport("Soak", map[string]string{"minutes": fmt.Sprint(minutes), "chats": fmt.Sprint(m.chats), "talk": fmt.Sprint(m.talk), "updates": fmt.Sprint(m.updates), "asks": fmt.Sprint(m.asks), "desks": fmt.Sprint(m.desks)})
			if err := loadSoak(c.Context(), *o, r, m, time.Duration(minutes*float64(time.Minute)), samples); err != nil {
				return err
			}
			return errors.Join(r.print(c.OutOrStdout(), o.json), r.failed())
		}}
	c.Flags().Float64Var(&minutes, "minutes", 60, "for how long")
	c.Flags().IntVar(&m.chats, "chats", 200, "open web chats")
	c.Flags().Float64Var(&m.talk, "talk", 5, "messages a second in them")
	c.Flags().Float64Var(&m.updates, "updates", 5, "Telegram's updates a second")
	c.Flags().Float64Var(&m.asks, "asks", 5, "questions of the API a second")
	c.Flags().IntVar(&m.desks, "desks", 3, "librarians' desks that take over a conversation every quarter of a minute")
	c.Flags().StringVar(&samples, "samples", "", "file for the samples, one JSON object a line; none: they are not kept")
	return c
}

// moment is a sample with its time.
type moment struct {
	Second      float64 `json:"second"`
	RSS         float64 `json:"rss_bytes"`
	Heap        float64 `json:"heap_bytes"`
	Goroutines  float64 `json:"goroutines"`
	Files       float64 `json:"open_files"`
	Connections float64 `json:"postgres_connections"`
}

func loadSoak(ctx context.Context, o options, r *report, m mix, during time.Duration, samplesFile string) (err error) {
	asks, n, w, err := begin(ctx, o, 8)
	if err != nil {
		return err
	}
	defer func() { w.clients.close(); err = errors.Join(err, n.close()) }()
	var desks []*desk
	for i := range m.desks {
		d, err := signIn(ctx, n, w, i)
		if err != nil {
			return err
		}
		if err := d.watch(ctx); err != nil {
			return err
		}
		defer d.stream.close()
		go func() { _ = d.stream.follow(func(string, []byte) {}) }()
		desks = append(desks, d)
	}
	c, err := openCrowd(ctx, w, m.chats)
	if err != nil {
		return err
	}
	defer c.end()
	if err := c.settle(ctx, n); err != nil {
		return err
	}
	sizes, err := n.sizes(ctx)
	if err != nil {
		return err
	}
	first, err := n.sample(ctx, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "load: everything at once for %v …\n", during)
	loading, stop := context.WithTimeout(ctx, during+drain)
	defer stop()
	var talk, updates, answers outcome
	var loads sync.WaitGroup
	loads.Go(func() { talk = c.say(loading, m.talk, during, asks) })
	h := newHook(n.url+"/telegram/webhook", webhookSecret, 8, max(200, int(m.updates*180)), asks)
	loads.Go(func() { updates = steadily(loading, m.updates, during, 8, h.post) })
	loads.Go(func() {
		answers = steadily(loading, m.asks, during, 32, func(ctx context.Context, i int) string {
			return kindOf(w.send(ctx, i, "/api/v1/ask", map[string]string{"question": asks[i%len(asks)]}, nil))
		})
	})
	var turns tally
	began := time.Now()
	loads.Go(func() { takeOver(loading, n, w, desks, &turns, during) })
	profiled := make(chan error, 1)
	go func() { profiled <- n.profiles(ctx, min(during, 30*time.Second), "soak") }()

	var moments []moment
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for time.Since(began) < during {
		select {
		case <-ctx.Done():
			stop()
			loads.Wait()
			return ctx.Err()
		case <-tick.C:
		}
		s, err := n.sample(ctx, false)
		if err != nil {
			stop()
			loads.Wait()
			return err
		}
		moments = append(moments, moment{time.Since(began).Seconds(), s.rss, s.heap, s.goroutines, s.files, s.connections})
	}
	last, err := n.sample(ctx, false)
	if err := errors.Join(err, <-profiled); err != nil {
		return err
	}
	loads.Wait()
	waiting, err := c.standing(ctx, n.pool)
	if err != nil {
		return err
	}
	if err := keepMoments(samplesFile, moments); err != nil {
		return err
	}
	flat := trends(moments)
	r.add(flat)
	all := served(talk, updates, answers, turns.result(turns.total(), time.Since(began)), first, last, during)
	all.Notes = append(all.Notes, waiting...)
	r.add(all)
	r.Failures = soakFailures(flat, talk)
	grown, err := n.growth(ctx, sizes, float64(talk.done()+updates.done()), float64(answers.done()))
	if err != nil {
		return err
	}
	r.add(grown)
	for _, line := range grown.Rows {
		if line.Name == "all tables" {
			r.Measured["bytes_a_message"] = line.Values[2] * 1024
		}
	}
	return nil
}

// takeOver lets a person ask for a librarian every quarter of a minute, who claims, replies and closes.
func takeOver(ctx context.Context, n *node, w *web, desks []*desk, turns *tally, during time.Duration) {
	began := time.Now()
	for i := 0; time.Since(began) < during && ctx.Err() == nil; i++ {
		start := time.Now()
		kind := func() string {
			token, err := w.begin(ctx, i, command("librarian"))
			if err != nil {
				return "not begun"
			}
			pauseFor(ctx, personPause)
			if status, err := w.say(ctx, i, token, map[string]any{"kind": "button", "data": "human:yes"}); err != nil || status/100 != 2 {
				return kindOf(status, err)
			}
			pauseFor(ctx, personPause)
			var ticket int64
			if err := n.pool.QueryRow(ctx, `SELECT id FROM tickets WHERE state = 'waiting' ORDER BY id LIMIT 1`).Scan(&ticket); err != nil {
				return "no ticket"
			}
			d, chat := desks[i%len(desks)], "/console/chats/"+strconv.FormatInt(ticket, 10)
			for _, step := range []struct {
				path string
				form url.Values
			}{{"/claim", nil}, {"/reply", url.Values{"text": {"Добър ден, тук съм."}}}, {"/close", url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"fine"}}}} {
				if status, _, err := d.submit(ctx, chat+step.path, step.form); err != nil || status != 303 {
					return step.path + " " + strconv.Itoa(status)
				}
			}
			return well
		}()
		turns.add(kind, time.Since(start))
		pauseFor(ctx, turnEvery-time.Since(start))
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func keepMoments(file string, moments []moment) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	out := json.NewEncoder(f)
	for _, m := range moments {
		if err := out.Encode(m); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// trends says of each figure whether it is flat after the first sixth.
func trends(moments []moment) table {
	t := table{Title: "Is it flat?", Columns: []string{"mean", "an hour adds", "95 % ±", "an hour adds % of the mean"}}
	judged := moments[len(moments)/warmUp:]
	for _, figure := range []struct {
		name  string
		unit  float64
		value func(moment) float64
	}{
		{"heap MB", 1 << 20, func(m moment) float64 { return m.Heap }}, {"RSS MB", 1 << 20, func(m moment) float64 { return m.RSS }},
		{"goroutines", 1, func(m moment) float64 { return m.Goroutines }}, {"open files", 1, func(m moment) float64 { return m.Files }},
		{"PostgreSQL's connections", 1, func(m moment) float64 { return m.Connections }},
	} {
		var values []float64
		for _, m := range judged {
			values = append(values, figure.value(m)/figure.unit)
		}
		trend := trendOf(values, sampleEvery.Seconds())
		share := absent
		if trend.mean != 0 {
			share = trend.slope / trend.mean * 100
		}
		margin := trend.margin
		if trend.blocks < 3 {
			margin = absent
		}
		t.add(figure.name+": "+trend.verdict(), trend.mean, trend.slope, margin, share)
	}
	t.Notes = append(t.Notes, fmt.Sprintf("%d samples, one each %v; the first sixth is not judged. Flat: the interval of the slope holds zero, or all of it is below 1 %% of the mean an hour.", len(moments), sampleEvery))
	return t
}

// soakFailures are what a soak must not show.
func soakFailures(trends table, talk outcome) (list []string) {
	for _, line := range trends.Rows {
		if figure, ok := strings.CutSuffix(line.Name, ": "+grows); ok {
			list = append(list, figure+" grows")
		}
	}
	if n := talk.kinds[unanswered]; n > 0 {
		list = append(list, fmt.Sprintf("messages in web chats: %s %d", unanswered, n))
	}
	return list
}

func served(talk, updates, answers, turns outcome, a, b sample, during time.Duration) table {
	t := table{Title: "What was served", Columns: []string{"count", "a second", "p50 ms", "p99 ms", "p99.9 ms", "most ms"}}
	for _, line := range []struct {
		name string
		out  outcome
	}{{"messages in web chats, answered", talk}, {"Telegram's updates, stored", updates}, {"questions of the API, answered", answers}, {"conversations taken over and closed", turns}} {
		t.add(line.name, float64(line.out.done()), line.out.rate(), line.out.ms(50), line.out.ms(99), line.out.ms(99.9), line.out.ms(100))
		t.Notes = append(t.Notes, line.out.kindsNote(line.name))
	}
	s := during.Seconds()
	t.Notes = append(t.Notes, fmt.Sprintf("Processor seconds a second: program %s, PostgreSQL %s, Redis %s; %s transactions a second.",
		figure((b.cpu-a.cpu)/s), figure((b.postgresCPU-a.postgresCPU)/s), figure((b.redisCPU-a.redisCPU)/s), figure((b.transactions-a.transactions)/s)))
	return t
}

// size is how large a table is with its indexes.
type size struct {
	Name  string  `db:"name"`
	Bytes float64 `db:"bytes"`
}

func (n *node) sizes(ctx context.Context) (map[string]float64, error) {
	rows, err := n.pool.Query(ctx, `SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, fmt.Errorf("read the sizes of tables: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[size])
	if err != nil {
		return nil, fmt.Errorf("read the sizes of tables: %w", err)
	}
	all := map[string]float64{}
	for _, s := range list {
		all[s.Name] = s.Bytes
		all["all tables"] += s.Bytes
	}
	return all, nil
}

// growth is how much tables grew, and for each message; those that didn't are left out.
func (n *node) growth(ctx context.Context, before map[string]float64, messages, asked float64) (table, error) {
	t := table{Title: "What is stored", Columns: []string{"MB before", "MB after", "kB each message"}}
	after, err := n.sizes(ctx)
	if err != nil {
		return t, err
	}
	const shown = 64 << 10
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if grown := after[name] - before[name]; grown >= shown || name == "all tables" {
			t.add(name, before[name]/(1<<20), after[name]/(1<<20), grown/max(1, messages)/1024)
		}
	}
	t.Notes = append(t.Notes, fmt.Sprintf("With indexes and free space; for %s messages of people in conversations, each with its answer, and %s questions of the API.", thousands(int64(messages)), thousands(int64(asked))))
	return t, nil
}
