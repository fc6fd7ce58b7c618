package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// fleetLoad is people who ask, wait for the answer and ask again, on the web and on Telegram.
type fleetLoad struct {
	f      *fleet
	chats  []*fleetChat
	people []*fleetPerson
	end    context.CancelFunc
	group  sync.WaitGroup
}

func (f *fleet) load(chats, people int) *fleetLoad {
	ctx, end := context.WithCancel(f.t.Context())
	l := &fleetLoad{f: f, end: end}
	for i := range chats {
		c := f.chat(i)
		l.chats = append(l.chats, c)
		l.group.Go(func() { c.ask(ctx) })
	}
	for i := range people {
		p := &fleetPerson{f: f, id: int64(100 + i)}
		l.people = append(l.people, p)
		l.group.Go(func() { p.ask(ctx) })
	}
	f.t.Cleanup(l.stop)
	return l
}

// rounds waits until everybody has had n more answers to questions asked from now on.
func (l *fleetLoad) rounds(when string, n int64) {
	l.f.t.Helper()
	type want struct {
		who  string
		had  *atomic.Int64
		most int64
	}
	var wants []want
	for i, c := range l.chats {
		wants = append(wants, want{fmt.Sprint("chat ", i), &c.answered, c.answered.Load() + n + 1})
	}
	for _, p := range l.people {
		wants = append(wants, want{fmt.Sprint("person ", p.id), &p.answered, p.answered.Load() + n + 1})
	}
	for _, w := range wants {
		eventually(l.f.t, when, func() string {
			if had := w.had.Load(); had < w.most {
				return fmt.Sprintf("%s has %d answers, not %d", w.who, had, w.most)
			}
			return ""
		})
	}
}

// stop lets everybody have the answer they wait for, and ends.
func (l *fleetLoad) stop() {
	l.end()
	l.group.Wait()
}

// said is a message as it stands in the database.
type said struct {
	ID     int64
	Sender string
}

// check holds the transcripts to what people did and saw.
func (l *fleetLoad) check() {
	t := l.f.t
	t.Helper()
	each := map[int]int{} // answers to a question → how often
	count := func(who string, list []said, asked int) {
		questions, answers := 0, 0
		for i, m := range list {
			if m.Sender == "person" {
				questions++
				answers = 0
			} else if questions > 0 {
				answers++
			}
			if questions > 0 && (i+1 == len(list) || list[i+1].Sender == "person") {
				each[answers]++
			}
		}
		if questions != asked {
			t.Errorf("%s: %d questions were acknowledged, %d are there", who, asked, questions)
		}
	}
	for i, c := range l.chats {
		list := l.f.transcript(c.acknowledged[0], 0)
		count(fmt.Sprint("chat ", i), list, len(c.acknowledged))
		for _, id := range c.acknowledged {
			if !slices.ContainsFunc(list, func(m said) bool { return m.ID == id }) {
				t.Errorf("chat %d: message %d was acknowledged, and is lost", i, id)
			}
		}
		c.mu.Lock()
		seen := slices.Clone(c.seen)
		c.mu.Unlock()
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			t.Errorf("chat %d: its streams brought %v", i, seen)
		}
		for _, m := range list {
			if m.Sender != "person" && !slices.Contains(seen, m.ID) {
				t.Errorf("chat %d: message %d came on no stream", i, m.ID)
			}
		}
	}
	for _, p := range l.people {
		list := l.f.transcript(0, p.id)
		count(fmt.Sprint("person ", p.id), list, int(p.asked))
		bot := 0
		for _, m := range list {
			if m.Sender != "person" {
				bot++
			}
		}
		if sent := len(l.f.double.Sent(p.id)); sent < bot || sent > bot+1 { // one may be repeated where the primary died between sending and marking
			t.Errorf("person %d was sent %d messages of %d", p.id, sent, bot)
		}
	}
	if len(each) != 1 && os.Getenv("ORIENTIR_TEST_OLD") == "" || each[0] > 0 { // an older program may say the same in fewer messages
		t.Errorf("questions by how many answers they had: %v", each)
	}
	questions := 0
	for _, n := range each {
		questions += n
	}
	t.Logf("%d questions", questions)
}

// transcript is the messages of a conversation of which one message is known, or its contact on Telegram; the oldest first.
func (f *fleet) transcript(message, chat int64) []said {
	f.t.Helper()
	rows, err := f.pool.Query(f.t.Context(), `
		SELECT id, sender FROM messages
		WHERE conversation = (SELECT conversation FROM messages WHERE id = $1)
		   OR conversation = (SELECT c.id FROM conversations AS c JOIN contacts AS k ON k.id = c.contact WHERE k.channel = 'telegram' AND k.key = $2)
		ORDER BY id`, message, strconv.FormatInt(chat, 10))
	if err != nil {
		f.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[said])
	if err != nil {
		f.t.Fatal(err)
	}
	return list
}

const fleetQuestion = "трябва ми свидетелство за съдимост"

// fleetChat is a browser on the web chat.
type fleetChat struct {
	f            *fleet
	n            int
	token        string
	events       int
	acknowledged []int64 // message ids
	answered     atomic.Int64

	mu   sync.Mutex
	seen []int64 // of others' messages, in the order in which streams brought them
}

func (f *fleet) chat(n int) *fleetChat {
	f.t.Helper()
	c := &fleetChat{f: f, n: n}
	var begun struct{ Token string }
	if status := c.call("/api/v1/conversations", map[string]any{}, &begun); status != http.StatusCreated {
		f.t.Fatalf("begin a conversation: status %d", status)
	}
	c.token = begun.Token
	return c
}

// call posts JSON; 0 where no answer came.
func (c *fleetChat) call(path string, body, into any) int {
	raw, err := json.Marshal(body)
	if err != nil {
		c.f.t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.f.balancer.server.URL+path, bytes.NewReader(raw))
	if err != nil {
		c.f.t.Error(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", fmt.Sprint("10.0.0.", c.n+1))
	if c.token != "" {
		req.Header.Set("Orientir-Conversation", c.token)
	}
	resp, err := c.f.balancer.server.Client().Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if into == nil || resp.StatusCode >= 300 {
		_, _ = io.Copy(io.Discard, resp.Body)
	} else if json.NewDecoder(resp.Body).Decode(into) != nil {
		return 0
	}
	return resp.StatusCode
}

// try sends an event once.
func (c *fleetChat) try(event map[string]any) bool {
	if event["event_id"] == nil {
		c.events++
		event["event_id"] = fmt.Sprintf("event-%d-%04d", c.n, c.events)
	}
	var receipt struct{ Message int64 }
	if c.call("/api/v1/conversations/messages", event, &receipt) != http.StatusAccepted {
		return false
	}
	c.acknowledged = append(c.acknowledged, receipt.Message)
	return true
}

// post sends an event until it is acknowledged, as the page does.
func (c *fleetChat) post(event map[string]any) {
	for deadline := time.Now().Add(time.Minute); !c.try(event); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.f.t.Error("a message is never acknowledged")
			return
		}
	}
}

// ask asks, waits for the answer on the stream, and asks again.
func (c *fleetChat) ask(ctx context.Context) {
	reading, stop := context.WithCancel(context.Background())
	var read sync.WaitGroup
	defer read.Wait()
	defer stop()
	for first := true; ctx.Err() == nil && !c.f.t.Failed(); first = false {
		c.post(map[string]any{"kind": "text", "text": fleetQuestion})
		if len(c.acknowledged) == 0 {
			return
		}
		if first { // a conversation is there from its first message on
			read.Go(func() { c.read(reading) })
		}
		asked := c.acknowledged[len(c.acknowledged)-1]
		for deadline := time.Now().Add(time.Minute); c.last() <= asked; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				c.f.t.Errorf("chat %d: message %d has no answer", c.n, asked)
				return
			}
		}
		c.answered.Add(1)
		time.Sleep(300 * time.Millisecond)
	}
	// A last look for what came twice.
	time.Sleep(time.Second)
}

func (c *fleetChat) last() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) == 0 {
		return 0
	}
	return c.seen[len(c.seen)-1]
}

// read follows the stream; after each end it goes on, at whatever replica, after the last event that it saw.
func (c *fleetChat) read(ctx context.Context) {
	last, pause := "", 200*time.Millisecond
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.f.balancer.server.URL+"/api/v1/conversations/stream", nil)
		if err != nil {
			c.f.t.Error(err)
			return
		}
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Orientir-Conversation", c.token)
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		if resp, err := c.f.balancer.server.Client().Do(req); err == nil {
			if resp.StatusCode == http.StatusOK {
				_ = readEvents(resp.Body, func(event, id, data string) {
					switch {
					case event == "retry":
						if ms, err := strconv.Atoi(data); err == nil {
							pause = time.Duration(ms) * time.Millisecond
						}
					case event == "message":
						var m streamed
						if err := json.Unmarshal([]byte(data), &m); err != nil {
							c.f.t.Error(err)
						}
						last = id
						if m.From != "person" {
							c.mu.Lock()
							c.seen = append(c.seen, m.ID)
							c.mu.Unlock()
						}
					}
				})
			}
			resp.Body.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = 200 * time.Millisecond
	}
}

// streamed is a message on a stream.
type streamed struct {
	ID   int64
	From string
}

// readEvents reads server-sent events; a wish to wait comes as the event «retry».
func readEvents(r io.Reader, take func(event, id, data string)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	event, id, data := "message", "", ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			event = value
		case "id":
			id = value
		case "data":
			data += value
		case "retry":
			take("retry", "", value)
		case "":
			if lines.Text() == "" && data != "" {
				take(event, id, data)
			}
			if lines.Text() == "" {
				event, data = "message", ""
			}
		}
	}
	return lines.Err()
}

// fleetPerson is somebody on Telegram, whose updates come by the webhook, some of them twice.
type fleetPerson struct {
	f        *fleet
	id       int64
	asked    int64
	answered atomic.Int64
}

func (p *fleetPerson) ask(ctx context.Context) {
	for ctx.Err() == nil && !p.f.t.Failed() {
		before := len(p.f.double.Sent(p.id))
		p.asked++
		update := map[string]any{"update_id": 1000 + p.f.updates.Add(1), "message": map[string]any{
			"message_id": p.asked, "date": time.Now().Unix(), "text": fleetQuestion,
			"from": map[string]any{"id": p.id, "is_bot": false, "first_name": "Мария", "language_code": "bg"},
			"chat": map[string]any{"id": p.id, "type": "private", "first_name": "Мария"},
		}}
		p.bring(update)
		if p.asked%2 == 0 { // the 200 was lost on its way
			p.bring(update)
		}
		for deadline := time.Now().Add(time.Minute); len(p.f.double.Sent(p.id)) == before; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				p.f.t.Errorf("person %d: question %d has no answer", p.id, p.asked)
				return
			}
		}
		p.answered.Add(1)
		time.Sleep(1200 * time.Millisecond) // for further messages of the same answer, at Telegram's pace
	}
}

// bring posts an update until it is acknowledged, as Telegram does.
func (p *fleetPerson) bring(update any) {
	raw, err := json.Marshal(update)
	if err != nil {
		p.f.t.Error(err)
		return
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.f.balancer.server.URL+"/telegram/webhook", bytes.NewReader(raw))
		if err != nil {
			p.f.t.Error(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", fleetSecret)
		resp, err := p.f.balancer.server.Client().Do(req)
		if err == nil {
			resp.Body.Close()
		}
		cancel()
		if err == nil && resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			p.f.t.Error("an update is never acknowledged")
			return
		}
	}
}
