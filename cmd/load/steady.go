package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// outcome is what became of many acts.
type outcome struct {
	took    []time.Duration // of those that went well, sorted
	kinds   map[string]int  // of all
	wall    time.Duration   // until the last was done
	planned int
}

// done counts those that went well.
func (o outcome) done() int { return len(o.took) }

// rate is how many went well in a second.
func (o outcome) rate() float64 { return float64(o.done()) / o.wall.Seconds() }

// ms is a percentile in milliseconds; 0 where nothing went well.
func (o outcome) ms(percent float64) float64 {
	if len(o.took) == 0 {
		return 0
	}
	return o.took[min(len(o.took)-1, int(float64(len(o.took))*percent/100))].Seconds() * 1000
}

// well is the kind of an act that went well; every other word is one that didn't.
const well = ""

// tally gathers outcomes from many goroutines.
type tally struct {
	mu  sync.Mutex
	out outcome
}

func (t *tally) add(kind string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out.kinds == nil {
		t.out.kinds = map[string]int{}
	}
	t.out.kinds[kind]++
	if kind == well {
		t.out.took = append(t.out.took, took)
	}
}

// result closes the tally.
func (t *tally) result(planned int, wall time.Duration) outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.out.took)
	t.out.planned, t.out.wall = planned, wall
	return t.out
}

// drain is how long what is late may take after the last act was due.
const drain = time.Minute

// steadily acts rate times a second for so long, by at most atOnce at a time, whether or not what went before is done. Each act is timed from the
// moment that it was due: who waits behind a slow one waits (no coordinated omission). What has not begun a minute after the end is «not begun».
func steadily(ctx context.Context, rate float64, during time.Duration, atOnce int, act func(ctx context.Context, i int) (kind string)) outcome {
	n := int(rate * during.Seconds())
	type job struct {
		i   int
		due time.Time
	}
	began := time.Now()
	ctx, cancel := context.WithDeadline(ctx, began.Add(during+drain))
	defer cancel()
	queue := make(chan job, n) // all may wait: only then is it an open loop
	var t tally
	var workers sync.WaitGroup
	for range min(atOnce, n) {
		workers.Go(func() {
			for j := range queue {
				if ctx.Err() != nil {
					t.add("not begun", 0)
					continue
				}
				kind := act(ctx, j.i)
				t.add(kind, time.Since(j.due))
			}
		})
	}
	for i := range n {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if left := time.Until(due); left > 0 {
			select {
			case <-time.After(left):
			case <-ctx.Done():
			}
		}
		queue <- job{i, due}
	}
	close(queue)
	workers.Wait()
	return t.result(n, time.Since(began))
}

// atMost acts again and again for so long, by so many at a time, each after the other: a closed loop.
func atMost(ctx context.Context, many int, during time.Duration, act func(ctx context.Context, i int) (kind string)) outcome {
	began := time.Now()
	var t tally
	var workers sync.WaitGroup
	var mu sync.Mutex
	n := 0
	for range many {
		workers.Go(func() {
			for ctx.Err() == nil && time.Since(began) < during {
				mu.Lock()
				i := n
				n++
				mu.Unlock()
				start := time.Now()
				kind := act(ctx, i)
				t.add(kind, time.Since(start))
			}
		})
	}
	workers.Wait()
	return t.result(n, time.Since(began))
}

// each acts once for each of n, by so many at a time, and gives the first fault.
func each(ctx context.Context, n, atOnce int, act func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(atOnce, n) {
		workers.Go(func() {
			for i := range numbers {
				if err := act(ctx, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for i := range n {
		select {
		case numbers <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(numbers)
	workers.Wait()
	return context.Cause(ctx)
}

// total is how many were added.
func (t *tally) total() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, many := range t.out.kinds {
		n += many
	}
	return n
}
