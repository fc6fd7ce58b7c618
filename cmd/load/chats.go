package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
)

// The most that may be asked for: this machine's own ports and memory end somewhere.
const (
	mostChats = 50_000
	openers   = 32 // chats that begin at once
	answerIn  = time.Minute
)

func chatsCommand(o *options) *cobra.Command {
	var open, seconds int
	var talk float64
	var quiet int
	c := &cobra.Command{Use: "chats", Short: "Opens many web chats on one node; some of them talk", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if open < 1 || open > mostChats || seconds < 1 || seconds > 3600 || talk < 0 || talk > 5000 || quiet < 0 || quiet > 3600 {
				return fmt.Errorf("--open 1..%d, --seconds 1..3600, --talk 0..5000, --quiet 0..3600", mostChats)
			}
			r := newReport("Open web chats", map[string]string{"open": fmt.Sprint(open), "talk": fmt.Sprint(talk), "seconds": fmt.Sprint(seconds), "quiet": fmt.Sprint(quiet)})
			if err := loadChats(c.Context(), *o, r, open, talk, time.Duration(seconds)*time.Second, time.Duration(quiet)*time.Second); err != nil {
				return err
			}
			return r.print(c.OutOrStdout(), o.json)
		}}
	c.Flags().IntVar(&open, "open", 10_000, "chats")
	c.Flags().Float64Var(&talk, "talk", 20, "messages a second of all together")
	c.Flags().IntVar(&seconds, "seconds", 60, "for how long they talk")
	c.Flags().IntVar(&quiet, "quiet", 60, "for how many seconds before that nobody says anything")
	c.Flags().BoolVar(&o.plain, "plain", true, "measure a bare server that only holds streams beside it")
	return c
}

// chat is one open web chat.
type chat struct {
	token  string
	asked  atomic.Int64 // when what waits for an answer was due, in Unix nanoseconds; 0: nothing waits
	stream *eventStream
	last   string // id of the last message that the chat was told, from the streams before
	number int
}

// crowd is many open chats.
type crowd struct {
	web    *web
	chats  []*chat
	talk   tally // from when a message was due until its answer was on the stream
	gone   atomic.Int64
	close  context.CancelFunc
	reader sync.WaitGroup
}

// openCrowd begins n conversations and opens their streams. Streams that end are opened again, as browsers do, until ctx ends.
func openCrowd(ctx context.Context, w *web, n int) (*crowd, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &crowd{web: w, chats: make([]*chat, n), close: cancel}
	err := each(ctx, n, openers, func(ctx context.Context, i int) error {
		token, err := w.begin(ctx, i, command("start"))
		if err != nil {
			return err
		}
		one := &chat{token: token, number: i}
		if one.stream, err = c.open(ctx, one); err != nil {
			return fmt.Errorf("open stream %d: %w", i, err)
		}
		c.chats[i] = one
		return nil
	})
	if err != nil {
		c.end()
		return nil, err
	}
	for _, one := range c.chats {
		c.reader.Go(func() { c.listen(ctx, one) })
	}
	return c, nil
}

func (c *crowd) open(ctx context.Context, one *chat) (*eventStream, error) {
	header := "Orientir-Conversation: " + one.token + "\r\n"
	if one.last != "" { // else all would be told again, and an old answer taken for the one that is awaited
		header += "Last-Event-ID: " + one.last + "\r\n"
	}
	return openStream(ctx, one.number, c.web.base, "/api/v1/conversations/stream?lang=bg", header)
}

// listen hears what a chat is told.
func (c *crowd) listen(ctx context.Context, one *chat) {
	stop := context.AfterFunc(ctx, func() { one.stream.close() })
	defer func() { stop() }()
	for {
		_ = one.stream.follow(func(event string, data []byte) {
			if event != "message" || !bytes.Contains(data, []byte(`"from":"bot"`)) {
				return
			}
			if asked := one.asked.Swap(0); asked != 0 {
				c.talk.add(well, time.Since(time.Unix(0, asked)))
			}
		})
		if one.stream.last != "" {
			one.last = one.stream.last
		}
		one.stream.close()
		stop()
		for pause := 500 * time.Millisecond; ; pause = min(2*pause, 20*time.Second) {
			if ctx.Err() != nil {
				return
			}
			c.gone.Add(1)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(float64(pause) * (0.75 + rand.Float64()/2))):
			}
			again, err := c.open(ctx, one)
			if err == nil {
				one.stream = again
				break
			}
		}
		stop = context.AfterFunc(ctx, func() { one.stream.close() })
	}
}

// What became of a message in a chat, where it didn't go well. A message that was not taken is «not sent» with the reason.
const (
	passedOver = "not sent: the answer before is late" // the chat's turn came, and is lost; that answer may still come
	unanswered = "no answer within a minute of the end"
	notSent    = "not sent: "
)

// say lets the chats talk at a steady rate; the latency is that of the answer on the stream.
func (c *crowd) say(ctx context.Context, rate float64, during time.Duration, asks []string) outcome {
	began := time.Now()
	c.talk = tally{}
	order := rand.Perm(len(c.chats))
	posts := steadily(ctx, rate, during, 256, func(ctx context.Context, i int) string {
		one := c.chats[order[i%len(order)]]
		if !one.asked.CompareAndSwap(0, began.Add(time.Duration(float64(i)/rate*float64(time.Second))).UnixNano()) {
			return passedOver
		}
		status, err := c.web.say(ctx, one.number, one.token, text(asks[i%len(asks)]))
		kind := kindOf(status, err)
		if kind != well {
			one.asked.Store(0)
			return notSent + kind
		}
		return well
	})
	for deadline := time.Now().Add(answerIn); time.Now().Before(deadline) && c.waiting() > 0 && ctx.Err() == nil; {
		time.Sleep(50 * time.Millisecond)
	}
	for kind, n := range posts.kinds {
		if kind != well {
			for range n {
				c.talk.add(kind, 0)
			}
		}
	}
	for range c.waiting() {
		c.talk.add(unanswered, 0)
	}
	return c.talk.result(posts.planned, posts.wall)
}

func (c *crowd) waiting() (n int) {
	for _, one := range c.chats {
		if one.asked.Load() != 0 {
			n++
		}
	}
	return n
}

func (c *crowd) end() {
	c.close()
	c.reader.Wait()
	for _, one := range c.chats {
		if one != nil && one.stream != nil {
			one.stream.close()
		}
	}
}

// memoryRow is a line about a process's memory for each of n.
func memoryRow(t *table, name string, before, now sample, n int) {
	each := func(a, b float64) float64 { return (b - a) / float64(n) / 1024 }
	t.add(name, each(before.rss, now.rss), each(before.heap, now.heap), each(before.stack, now.stack), (now.goroutines-before.goroutines)/float64(n), now.rss/(1<<20), now.goroutines, now.files)
}

func loadChats(ctx context.Context, o options, r *report, open int, talk float64, during, quiet time.Duration) (err error) {
	asks, n, w, err := begin(ctx, o, 4)
	if err != nil {
		return err
	}
	defer func() { w.clients.close(); err = errors.Join(err, n.close()) }()
	for i := range 200 { // the program has read what it keeps in memory before anything is measured
		if status, err := w.send(ctx, i, "/api/v1/ask", map[string]string{"question": asks[i%len(asks)]}, nil); err != nil || status != 200 {
			return fmt.Errorf("warm up: status %d: %w", status, err)
		}
	}
	before, err := n.settled(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "load: %d chats open …\n", open)
	began := time.Now()
	c, err := openCrowd(ctx, w, open)
	if err != nil {
		return err
	}
	defer c.end()
	opening := time.Since(began)
	if err := c.settle(ctx, n); err != nil {
		return err
	}
	memory := table{Title: "Memory of each open chat", Columns: []string{"RSS kB", "heap kB", "stacks kB", "goroutines", "process RSS MB", "process goroutines", "process files"}}
	held, err := n.sample(ctx, true)
	if err != nil {
		return err
	}
	memoryRow(&memory, "the program, quiet", before, held, open)

	work := table{Title: "What open chats cost", Columns: []string{"program cpu s/s", "PostgreSQL cpu s/s", "Redis cpu s/s", "transactions a second", "p50 ms", "p99 ms", "answers a second"}}
	workRow := func(name string, a, b sample, d time.Duration, said outcome) {
		s := d.Seconds()
		p50, p99, rate := absent, absent, absent
		if said.done() > 0 {
			p50, p99, rate = said.ms(50), said.ms(99), said.rate()
		}
		work.add(name, (b.cpu-a.cpu)/s, (b.postgresCPU-a.postgresCPU)/s, (b.redisCPU-a.redisCPU)/s, (b.transactions-a.transactions)/s, p50, p99, rate)
	}
	if quiet > 0 {
		a, err := n.sample(ctx, false)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := n.during(ctx, quiet, "chats-quiet"); err != nil {
			return err
		}
		b, err := n.sample(ctx, false)
		if err != nil {
			return err
		}
		workRow("nobody says anything", a, b, time.Since(start), outcome{})
		r.Measured["stream_cpu_ms_a_minute"] = (b.cpu - a.cpu) / time.Since(start).Minutes() / float64(open) * 1000
		r.Measured["stream_postgres_cpu_ms_a_minute"] = (b.postgresCPU - a.postgresCPU) / time.Since(start).Minutes() / float64(open) * 1000
	}
	if talk > 0 {
		a, err := n.sample(ctx, false)
		if err != nil {
			return err
		}
		start := time.Now()
		profiled := make(chan error, 1)
		go func() { profiled <- n.profiles(ctx, min(during, 30*time.Second), "chats-talk") }()
		said := c.say(ctx, talk, during, asks)
		took := time.Since(start)
		b, err := n.sample(ctx, false)
		if err := errors.Join(err, <-profiled); err != nil {
			return err
		}
		workRow(fmt.Sprintf("%s messages a second", figure(talk)), a, b, took, said)
		work.Notes = append(work.Notes, said.kindsNote("Messages"), fmt.Sprintf("Latency from the moment that a message was due to its answer on the stream. Streams that broke and came back: %d. Turned away by the program: %.0f.", c.gone.Load(), b.turnedAway-a.turnedAway))
		if done := float64(said.done()); done > 0 {
			r.Measured["web_message_cpu_ms"] = (b.cpu - a.cpu) / done * 1000
			r.Measured["web_message_postgres_cpu_ms"] = (b.postgresCPU - a.postgresCPU) / done * 1000
			r.Measured["web_message_transactions"] = (b.transactions - a.transactions) / done
			r.Measured["replica_connections"] = b.connections - float64(n.pool.Stat().TotalConns())
		}
	}
	after, err := n.sample(ctx, true)
	if err != nil {
		return err
	}
	memoryRow(&memory, "the program, after the talk", before, after, open)
	c.end()
	r.Measured["base_rss_mb"] = before.rss / (1 << 20)
	r.Measured["chat_rss_kb"], r.Measured["chat_heap_kb"] = (held.rss-before.rss)/float64(open)/1024, (held.heap-before.heap)/float64(open)/1024

	if o.plain {
		bare, err := measurePlainStreams(ctx, &memory, open)
		if err != nil {
			return err
		}
		inUse := (held.heap + held.stack - before.heap - before.stack) / (bare.heap + bare.stack)
		memory.Notes = append(memory.Notes, fmt.Sprintf("A chat of the program takes %s times the memory in use (heap and stacks) of a stream of the bare server, and %s times its RSS. "+
			"Of few chats the RSS says nothing: the program gives memory back meanwhile that it took before.", figure(inUse), figure((held.rss-before.rss)/bare.rss)))
		r.Measured["chat_memory_times_plain"], r.Measured["chat_rss_times_plain"] = inUse, (held.rss-before.rss)/bare.rss
	}
	memory.Notes = append(memory.Notes, fmt.Sprintf("Opened in %s s, each with its first message; heap and stacks after a collection.", figure(opening.Seconds())))
	r.add(memory)
	r.add(work)
	return nil
}

// settle waits until the program has answered what the chats began with.
func (c *crowd) settle(ctx context.Context, n *node) error {
	for deadline := time.Now().Add(20 * time.Minute); ; {
		var waits int
		if err := n.pool.QueryRow(ctx, `SELECT count(*) FROM conversations WHERE due_at IS NOT NULL`).Scan(&waits); err != nil {
			return fmt.Errorf("look for what waits: %w", err)
		}
		if waits == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d conversations still wait for their first answer", waits)
		}
		time.Sleep(200 * time.Millisecond)
	}
	time.Sleep(3 * time.Second) // streams write what came last
	return nil
}

// during waits, with a profile of the time where one is wanted.
func (n *node) during(ctx context.Context, d time.Duration, what string) error {
	began := time.Now()
	if err := n.profiles(ctx, min(d, 30*time.Second), what); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d - time.Since(began)):
		return nil
	}
}

// measurePlainStreams opens as many streams on a bare server and gives what all of them take.
func measurePlainStreams(ctx context.Context, t *table, open int) (taken sample, err error) {
	base, stop, err := startPlain(ctx, "")
	if err != nil {
		return taken, err
	}
	defer stop()
	before, err := scrape(ctx, base, true)
	if err != nil {
		return taken, err
	}
	streams := make([]*eventStream, open)
	defer func() {
		for _, s := range streams {
			if s != nil {
				s.close()
			}
		}
	}()
	err = each(ctx, open, openers, func(ctx context.Context, i int) (err error) {
		streams[i], err = openStream(ctx, i, base, "/stream", "")
		return err
	})
	if err != nil {
		return taken, fmt.Errorf("open streams of the bare server: %w", err)
	}
	time.Sleep(3 * time.Second)
	held, err := scrape(ctx, base, true)
	if err != nil {
		return taken, err
	}
	memoryRow(t, "a bare server that holds streams", before, held, open)
	return sample{rss: held.rss - before.rss, heap: held.heap - before.heap, stack: held.stack - before.stack}, nil
}
