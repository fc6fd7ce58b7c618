package harness

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// visitor is a person on the web page: posts, and a stream that is opened again wherever it breaks.
type visitor struct {
	house  *house
	ledger *ledger
	name   string
	token  string
	gets   chan message
	last   int64 // event that was seen last
}

func newVisitor(ctx context.Context, h *house, l *ledger, name string) *person {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	v := &visitor{house: h, ledger: l, name: name, token: base64.RawURLEncoding.EncodeToString(raw), gets: make(chan message, 1<<10)}
	begun := false
	return &person{name: name, house: h, ledger: l, gets: v.gets, say: func(asking context.Context, words string) {
		e := map[string]any{"kind": "text", "text": words}
		if command, ok := strings.CutPrefix(words, "/"); ok {
			e = map[string]any{"kind": "command", "command": command}
		}
		v.post(asking, e)
		if !begun {
			begun = true
			go v.follow(ctx)
		}
	}}
}

// post sends an event until it is taken, as the page does. What the page would say meanwhile is noted.
func (v *visitor) post(ctx context.Context, e map[string]any) {
	e["event_id"], e["language"] = rand.Text(), "bg"
	body, err := json.Marshal(e)
	if err != nil {
		return
	}
	for pause := 200 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 2*time.Second) {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second) // as the page's script
		status, answer, header := v.once(limited, body)
		cancel()
		switch {
		case status/100 == 2:
			return
		case ctx.Err() != nil:
			return
		case status == 0: // nobody is there, and the page itself says that what was written will be sent
			v.ledger.told("page: there is no connection")
		default:
			var problem struct{ Title, Detail string }
			if json.Unmarshal(answer, &problem) != nil || !kindly(problem.Detail) || !strings.HasPrefix(header, "application/problem+json") || status < 500 && status != 429 {
				v.ledger.unkind("%s got %d %.200s", v.name, status, answer)
			} else {
				v.ledger.told(problem.Detail)
			}
		}
		time.Sleep(pause)
	}
}

func (v *visitor) once(ctx context.Context, body []byte) (int, []byte, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.house.any().URL+"/api/v1/conversations/messages", bytes.NewReader(body))
	if err != nil {
		return 0, nil, ""
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "bg")
	req.Header.Set("Orientir-Conversation", v.token)
	resp, err := v.house.client.Do(req)
	if err != nil {
		return 0, nil, ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return 0, nil, ""
	}
	return resp.StatusCode, answer, resp.Header.Get("Content-Type")
}

// follow reads the stream until ctx ends.
func (v *visitor) follow(ctx context.Context) {
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 2*time.Second) {
		began := time.Now()
		v.read(ctx)
		if time.Since(began) > 5*time.Second {
			pause = 100 * time.Millisecond
		}
		time.Sleep(pause)
	}
}

var streaming = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

var buttonValue = regexp.MustCompile(`value="([^"]+)"`)

func (v *visitor) read(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.house.any().URL+"/api/v1/conversations/stream?lang=bg", nil)
	if err != nil {
		return
	}
	req.Header.Set("Orientir-Conversation", v.token)
	if v.last > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(v.last, 10))
	}
	quiet := time.AfterFunc(40*time.Second, cancel) // the server gives a sign of life every twenty seconds
	defer quiet.Stop()
	resp, err := streaming.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
			v.ledger.breaks("%s: the stream answers %d", v.name, resp.StatusCode)
		}
		return
	}
	lines := bufio.NewReaderSize(resp.Body, 1<<20)
	var id int64
	var name, data string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		quiet.Reset(40 * time.Second)
		field, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		switch field {
		case "id":
			id, _ = strconv.ParseInt(value, 10, 64)
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name == "message" && data != "" {
				v.event(id, data)
			}
			id, name, data = 0, "", ""
		}
	}
}

func (v *visitor) event(id int64, data string) {
	if id <= v.last {
		v.ledger.doubled(v.name, "an event that the page has: "+strconv.FormatInt(id, 10))
		return
	}
	v.last = id
	var in struct{ From, Text, HTML string }
	if err := json.Unmarshal([]byte(data), &in); err != nil {
		v.ledger.breaks("%s: an event that is no JSON: %v", v.name, err)
		return
	}
	if in.From == "person" {
		return
	}
	m := message{text: in.Text + "\n" + in.HTML, press: func(ctx context.Context, action string) {
		v.post(ctx, map[string]any{"kind": "button", "data": action})
	}}
	for _, found := range buttonValue.FindAllStringSubmatch(in.HTML, -1) {
		m.actions = append(m.actions, html.UnescapeString(found[1]))
	}
	v.gets <- m
}
