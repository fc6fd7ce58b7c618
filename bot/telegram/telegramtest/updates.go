package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// getUpdates waits as the real one: until an update is there, the timeout is over, or another poller takes its place.
func (s *Server) getUpdates(ctx context.Context, p params) (any, *apiError) {
	offset, _ := p.int("offset")
	timeout, _ := p.int("timeout")
	limit, ok := p.int("limit")
	if !ok || limit < 1 || limit > 100 {
		limit = 100
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webhook.url != "" {
		return nil, &apiError{Code: 409, Description: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	s.poller++
	me := s.poller
	s.changed.Broadcast()
	wake := time.AfterFunc(time.Duration(timeout)*time.Second, s.broadcast)
	defer wake.Stop()
	stop := context.AfterFunc(ctx, s.broadcast)
	defer stop()
	deadline := time.Now().Add(time.Duration(timeout) * time.Second)
	for {
		if me != s.poller {
			return nil, &apiError{Code: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		}
		s.confirm(offset)
		if len(s.updates) > 0 {
			var out []map[string]any
			for _, u := range s.updates[:min(int(limit), len(s.updates))] {
				out = append(out, u.body)
			}
			if s.opts.Batch != nil {
				out = s.opts.Batch(out)
			}
			return out, nil
		}
		if !time.Now().Before(deadline) || ctx.Err() != nil || s.closed() {
			return []any{}, nil
		}
		s.changed.Wait()
	}
}

func (s *Server) broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

func (s *Server) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// confirm forgets the updates before offset, as a call with that offset does.
func (s *Server) confirm(offset int64) {
	for len(s.updates) > 0 && s.updates[0].id < offset {
		s.updates = s.updates[1:]
	}
}

func (s *Server) setWebhook(p params) (any, *apiError) {
	u, err := url.Parse(p["url"])
	if err != nil || u.Host == "" {
		return nil, bad("bad webhook: invalid URL")
	}
	// The real server wants https; a local Bot API server takes http, and tests listen on loopback.
	if u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
		return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if len(p["secret_token"]) > 256 {
		return nil, bad("secret token is too long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook = webhook{p["url"], p["secret_token"]}
	s.poller++
	s.changed.Broadcast()
	if u.Hostname() == "127.0.0.1" {
		go s.post(s.webhook)
	}
	return true, nil
}

// post delivers updates to a webhook in order, each again until it is acknowledged with a status of 2xx.
func (s *Server) post(hook webhook) {
	for {
		s.mu.Lock()
		for len(s.updates) == 0 && s.webhook == hook && !s.closed() {
			s.changed.Wait()
		}
		if s.webhook != hook || s.closed() {
			s.mu.Unlock()
			return
		}
		u := s.updates[0]
		s.mu.Unlock()
		if status, _ := Post(hook.url, hook.secret, u.body); status/100 == 2 {
			s.mu.Lock()
			s.confirm(u.id + 1)
			s.mu.Unlock()
			continue
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Post sends one update to a webhook as Telegram does and gives the status.
func Post(address, secret string, body any) (int, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// Person is somebody in a private chat with the bot.
type Person struct {
	s        *Server
	ID       int64
	Name     string
	Language string
}

// Person gives the person with an id; their name and language stand in each update.
func (s *Server) Person(id int64, name, language string) *Person {
	return &Person{s, id, name, language}
}

func (p *Person) from() map[string]any {
	return map[string]any{"id": p.ID, "is_bot": false, "first_name": p.Name, "username": "user" + strconv.FormatInt(p.ID, 10), "language_code": p.Language}
}

func (p *Person) message(content map[string]any) map[string]any {
	m := map[string]any{
		"from": p.from(), "date": time.Now().Unix(),
		"chat": map[string]any{"id": p.ID, "type": "private", "first_name": p.Name},
	}
	for k, v := range content {
		m[k] = v
	}
	if _, ok := m["message_id"]; !ok {
		m["message_id"] = p.s.nextMessage
		p.s.nextMessage++
	}
	return m
}

// deliver queues an update and gives its id.
func (s *Server) deliver(body map[string]any) int64 {
	s.nextUpdate++
	body["update_id"] = s.nextUpdate
	s.updates = append(s.updates, update{s.nextUpdate, body})
	if s.recent = append(s.recent, body); len(s.recent) > mostRecent {
		s.recent = s.recent[1:]
	}
	s.changed.Broadcast()
	return s.nextUpdate
}

// mostRecent is how many updates are kept to be given again.
const mostRecent = 100

// Recent gives the last updates again, n at most, whether confirmed or not, for a test that brings them to a webhook twice.
func (s *Server) Recent(n int) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recent[max(0, len(s.recent)-n):])
}

// Send sends a message with any content, for instance {"sticker": {…}}, and gives the message's id.
func (p *Person) Send(content map[string]any) int {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.message(content)
	p.s.deliver(map[string]any{"message": m})
	return m["message_id"].(int)
}

// Say sends a text, with the entity of a command where it begins with a slash.
func (p *Person) Say(text string) int {
	content := map[string]any{"text": text}
	if len(text) > 0 && text[0] == '/' {
		end := len(text)
		for i, r := range text {
			if r == ' ' {
				end = i
				break
			}
		}
		content["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": end}}
	}
	return p.Send(content)
}

// ShareLocation sends a location.
func (p *Person) ShareLocation(lat, lon float64) int {
	return p.Send(map[string]any{"location": map[string]any{"latitude": lat, "longitude": lon}})
}

// Edit changes the text of an earlier message.
func (p *Person) Edit(message int, text string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.deliver(map[string]any{"edited_message": p.message(map[string]any{"message_id": message, "text": text, "edit_date": time.Now().Unix()})})
}

// Press presses a button under one of the bot's messages and gives the query's id.
func (p *Person) Press(under Sent, data string) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	id := "cb" + strconv.FormatInt(p.s.nextUpdate+1, 10)
	p.s.callbacks[id] = false
	p.s.deliver(map[string]any{"callback_query": map[string]any{
		"id": id, "from": p.from(), "chat_instance": "1", "data": data,
		"message": map[string]any{
			"message_id": under.ID, "date": time.Now().Unix(), "text": under.Text,
			"chat": map[string]any{"id": p.ID, "type": "private", "first_name": p.Name},
			"from": map[string]any{"id": 123456, "is_bot": true, "first_name": "Ориентир"},
		},
	}})
	return id
}

// Block makes every send to the person answer 403, and tells the bot.
func (p *Person) Block() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.blocked[p.ID] = true
	bot := map[string]any{"id": 123456, "is_bot": true, "first_name": "Ориентир"}
	p.s.deliver(map[string]any{"my_chat_member": map[string]any{
		"chat": map[string]any{"id": p.ID, "type": "private", "first_name": p.Name}, "from": p.from(), "date": time.Now().Unix(),
		"old_chat_member": map[string]any{"status": "member", "user": bot, "until_date": 0},
		"new_chat_member": map[string]any{"status": "kicked", "user": bot, "until_date": 0},
	}})
}
