package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"
)

func answersCommand(o *options) *cobra.Command {
	var rate float64
	var seconds, many int
	c := &cobra.Command{Use: "answers", Short: "Questions of the API: as many as go, at a steady rate, and three times what goes", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rate < 0 || rate > 20_000 || seconds < 1 || seconds > 3600 || many < 1 || many > 1000 {
				return errors.New("--rate 0..20000, --seconds 1..3600, --clients 1..1000")
			}
			r := newReport("Answers", map[string]string{"rate": fmt.Sprint(rate), "seconds": fmt.Sprint(seconds), "clients": fmt.Sprint(many)})
			if err := loadAnswers(c.Context(), *o, r, rate, time.Duration(seconds)*time.Second, many); err != nil {
				return err
			}
			return r.print(c.OutOrStdout(), o.json)
		}}
	c.Flags().Float64Var(&rate, "rate", 0, "questions a second of the steady load; 0: half of what goes")
	c.Flags().IntVar(&seconds, "seconds", 30, "for how long each")
	c.Flags().IntVar(&many, "clients", 16, "clients that ask one question after the other")
	return c
}

func loadAnswers(ctx context.Context, o options, r *report, rate float64, during time.Duration, many int) (err error) {
	asks, n, w, err := begin(ctx, o, 64)
	if err != nil {
		return err
	}
	defer func() { w.clients.close(); err = errors.Join(err, n.close()) }()
	ask := func(ctx context.Context, i int) string {
		return kindOf(w.send(ctx, i, "/api/v1/ask", map[string]string{"question": asks[i%len(asks)]}, nil))
	}
	atMost(ctx, many, 5*time.Second, ask) // what is kept in memory is read, connections are open
	t := table{Title: "Answers over HTTP", Columns: []string{"answers a second", "p50 ms", "p99 ms", "turned away", "program cpu ms each", "PostgreSQL cpu ms each", "goroutines after", "RSS MB after"}}
	measure := func(name, profile string, load func() outcome) (outcome, error) {
		fmt.Fprintf(os.Stderr, "load: %s …\n", name)
		a, err := n.sample(ctx, false)
		if err != nil {
			return outcome{}, err
		}
		profiled := make(chan error, 1)
		go func() { profiled <- n.profiles(ctx, min(during, 30*time.Second), profile) }()
		out := load()
		b, err := n.sample(ctx, false)
		if err := errors.Join(err, <-profiled); err != nil {
			return out, err
		}
		done := float64(max(1, out.done()))
		t.add(name, out.rate(), out.ms(50), out.ms(99), b.turnedAway-a.turnedAway, (b.cpu-a.cpu)/done*1000, (b.postgresCPU-a.postgresCPU)/done*1000, b.goroutines, b.rss/(1<<20))
		t.Notes = append(t.Notes, out.kindsNote(name))
		if profile == "answers-closed" {
			r.Measured["answer_cpu_ms"], r.Measured["answer_postgres_cpu_ms"], r.Measured["answers_a_second"] = (b.cpu-a.cpu)/done*1000, (b.postgresCPU-a.postgresCPU)/done*1000, out.rate()
		}
		return out, nil
	}
	closed, err := measure(fmt.Sprintf("%d clients, one question after the other", many), "answers-closed", func() outcome { return atMost(ctx, many, during, ask) })
	if err != nil {
		return err
	}
	if rate == 0 {
		rate = max(1, float64(int(closed.rate()/2)))
	}
	if _, err := measure(fmt.Sprintf("%s a second, steady", figure(rate)), "answers-open", func() outcome { return steadily(ctx, rate, during, 512, ask) }); err != nil {
		return err
	}
	// Beyond capacity: what can't be served is turned away, and what is served still comes in time.
	beyond := 3 * max(1, closed.rate())
	if _, err := measure(fmt.Sprintf("%s a second, three times what goes", figure(beyond)), "answers-beyond", func() outcome { return steadily(ctx, beyond, during, 4096, ask) }); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	if _, err := measure("after that, again one after the other", "answers-after", func() outcome { return atMost(ctx, many, during, ask) }); err != nil {
		return err
	}
	t.Notes = append(t.Notes, fmt.Sprintf("Program, PostgreSQL, Redis and clients share %d processors. The steady loads are timed from the moment that a question was due.", runtime.NumCPU()))
	r.add(t)
	return nil
}
