package console

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// listener reads a stream in the background.
type listener struct {
	t      *testing.T
	events chan event
	stop   func()
}

type event struct{ name, id, data string }

func (w *browser) listen(path, lastID string) *listener {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.URL+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		w.Fatalf("%s: %d", path, response.StatusCode)
	}
	l := &listener{t: w.T, events: make(chan event, 100), stop: func() { response.Body.Close() }}
	w.Cleanup(l.stop)
	go func() {
		defer close(l.events)
		var e event
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
				l.events <- e
				e = event{}
			}
		}
	}()
	return l
}

func (l *listener) next() event {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		if !ok {
			l.t.Fatal("the stream ended")
		}
		return e
	case <-time.After(20 * time.Second):
		l.t.Fatal("nothing came")
	}
	return event{}
}

// quiet says whether nothing comes for a while.
func (l *listener) quiet() {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		l.t.Errorf("came %+v, %v", e, ok)
	case <-time.After(700 * time.Millisecond):
	}
}

// beside gives the next event that is of the chat itself, and not of what stands beside it.
func (l *listener) beside() event {
	l.t.Helper()
	for {
		if e := l.next(); e.name != "rail" && e.name != "read" && e.name != "typing" {
			return e
		}
	}
}

func TestQueueGoesOnLive(t *testing.T) {
	b := setup(t)
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	b.person("a", "първи въпрос")
	m := b.as(maria)
	live := m.listen("/console/queue/stream", "")
	first := live.next()
	if first.name != "queue" || !strings.Contains(first.data, "първи въпрос") {
		t.Fatalf("came %+v", first)
	}
	time.Sleep(1500 * time.Millisecond) // past the server's read deadline
	_, ticket := b.person("b", "втори въпрос")
	b.site.Redis.Publish(b.ctx, "queue", "")
	second := live.next()
	var q queueEvent
	if err := json.Unmarshal([]byte(second.data), &q); err != nil || len(q.Waiting) != 2 || !strings.Contains(q.HTML, "втори въпрос") {
		t.Errorf("came %+v, %v", second, err)
	}
	m.listen("/console/queue/stream", second.id).quiet()
	if back := m.listen("/console/queue/stream", first.id).next(); back.id != second.id {
		t.Errorf("missed while away: %+v", back)
	}
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	if news := live.next(); news.name != "taken" || news.data != fmt.Sprintf(`{"ticket":%d,"who":"Мария"}`, ticket) {
		t.Errorf("came %+v", news)
	}
	if third := live.next(); !strings.Contains(third.data, "Моите разговори") {
		t.Errorf("came %+v", third)
	}
	if err := b.staff.SetActive(b.ctx, 0, maria.ID, false); err == nil {
		t.Fatal("there is no administrator, so this must fail")
	}
	b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	if err := b.staff.SetActive(b.ctx, 0, maria.ID, false); err != nil {
		t.Fatal(err)
	}
	select {
	case _, ok := <-live.events:
		if ok {
			t.Error("more is told to an account that is kept out")
		}
	case <-time.After(20 * time.Second):
		t.Error("the stream of an account that is kept out stays open")
	}
}

func TestChatGoesOnLive(t *testing.T) {
	b := setup(t)
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	conversation, ticket := b.person("a", "въпрос")
	if err := b.desk.Claim(b.ctx, ticket, maria); err != nil {
		t.Fatal(err)
	}
	m := b.as(maria)
	path := fmt.Sprintf("/console/chats/%d/stream", ticket)
	live := m.listen(path, "")
	told := func() lineEvent {
		t.Helper()
		e := live.beside()
		var l lineEvent
		if err := json.Unmarshal([]byte(e.data), &l); e.name != "line" || err != nil {
			t.Fatalf("came %+v, %v", e, err)
		}
		return l
	}
	if first, second := told(), told(); first.From != "person" || second.From != "system" {
		t.Errorf("came %+v, %+v", first, second)
	}
	b.says(conversation, "още <нещо>")
	b.conversations.Wake(b.ctx, conversation)
	if l := told(); l.From != "person" || !strings.Contains(l.HTML, "още &lt;нещо&gt;") {
		t.Errorf("came %+v", l)
	}
	id, err := b.desk.Reply(b.ctx, ticket, maria, "Отговор")
	if err != nil {
		t.Fatal(err)
	}
	if l := told(); l.ID != fmt.Sprintf("m-%d", id) || !strings.Contains(l.HTML, "Изпраща се") {
		t.Errorf("came %+v", l)
	}
	if err := b.conversations.Delivered(b.ctx, []int64{id}); err != nil {
		t.Fatal(err)
	}
	b.conversations.Wake(b.ctx, conversation)
	if l := told(); l.ID != fmt.Sprintf("m-%d", id) || !strings.Contains(l.HTML, "Доставено") {
		t.Errorf("the receipt: %+v", l)
	}
	// Back after a lost connection: what came meanwhile, once.
	live = m.listen(path, fmt.Sprint(id))
	if e := live.next(); e.name != "rail" {
		t.Errorf("came %+v", e)
	}
	live.quiet()
	b.says(conversation, "ехо")
	b.conversations.Wake(b.ctx, conversation)
	if l := told(); !strings.Contains(l.HTML, "ехо") {
		t.Errorf("came %+v", l)
	}
	if err := b.desk.Close(b.ctx, ticket, maria, handoff.Closing{Outcome: handoff.Answered, Effort: 1, Guide: handoff.Fine}); err != nil {
		t.Fatal(err)
	}
	if l := told(); l.From != string(bot.System) {
		t.Errorf("came %+v", l)
	}
	if e := live.beside(); e.name != "state" || e.data != fmt.Sprintf(`"closed:%d:0:0"`, maria.ID) {
		t.Errorf("came %+v", e)
	}
	if got := b.browser().get(path); got.code != http.StatusUnauthorized {
		t.Errorf("a stream for nobody: %d", got.code)
	}
}
