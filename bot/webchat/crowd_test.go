package webchat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/retrieval"
)

// slow answers when it is let.
type slow struct {
	asked, answers chan struct{}
}

func (s slow) Answer(ctx context.Context, _ retrieval.Question) (retrieval.Answer, error) {
	s.asked <- struct{}{}
	select {
	case <-s.answers:
	case <-ctx.Done():
	}
	return retrieval.Answer{Outcome: retrieval.Abstained}, ctx.Err()
}

func (s slow) Record(context.Context, postgres.DB, retrieval.Question, retrieval.Answer, int64) (int64, error) {
	return 0, nil
}

func TestWhoComesWhenItIsFullIsAskedKindlyToComeAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	registry := prometheus.NewRegistry()
	thinking := slow{make(chan struct{}, 2), make(chan struct{}, 2)}
	s := &site{answerer: thinking, store: b.store, log: slog.New(slog.DiscardHandler), searching: bot.NewCrowd("questions", bot.CrowdOptions{AtOnce: 1, Waiting: 1, Patience: time.Minute, Registerer: registry})}
	s.NoLimits = true
	server := httptest.NewServer(s.at(api, questions, s.ask))
	defer server.Close()
	ask := func() *http.Response {
		resp, err := http.Post(server.URL, "application/json", strings.NewReader(`{"question":"кога"}`))
		if err != nil {
			t.Error(err)
			return &http.Response{}
		}
		defer resp.Body.Close()
		return resp
	}
	var served sync.WaitGroup
	for range 2 {
		served.Go(func() {
			if resp := ask(); resp.StatusCode != http.StatusOK {
				t.Errorf("who came in time gets %d", resp.StatusCode)
			}
		})
	}
	<-thinking.asked
	for waits(t, registry) != 1 {
		time.Sleep(time.Millisecond)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(`{"question":"кога"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "bg")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	words, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "5" || !strings.Contains(string(words), "112") {
		t.Errorf("%d, again after %q: %s", resp.StatusCode, resp.Header.Get("Retry-After"), words)
	}
	thinking.answers <- struct{}{}
	<-thinking.asked
	thinking.answers <- struct{}{}
	served.Wait()
}

func TestASlowSenderTakesNoTurn(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.Searches = bot.CrowdOptions{AtOnce: 1, Waiting: 1, Patience: 50 * time.Millisecond}
	})
	conn, err := net.Dial("tcp", b.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if response, body := b.call(t, "POST", "/api/v1/ask", `{"question":"трябва ми съдебно"}`); response.StatusCode != http.StatusOK {
			t.Fatalf("beside a slow sender: %d %s", response.StatusCode, body)
		}
	}
	if response, _ := b.call(t, "POST", "/api/v1/ask", `{"question":"`+strings.Repeat("я", 20_000)+`"}`); response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body that is too large is told with %d", response.StatusCode)
	}
}

// waits is how many wait for their turn.
func waits(t *testing.T, r *prometheus.Registry) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "orientir_waiting_to_be_served" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("no metric of who waits")
	return 0
}

func TestMessagesBeyondWhatCanBeStoredAreRefusedAndStreamsGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) {
		o.Messages = bot.CrowdOptions{AtOnce: 1, Waiting: 1, Patience: 50 * time.Millisecond}
	})
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	stream.from(bot.Robot)
	lock, err := b.pool.Begin(t.Context()) // storing stands still
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback(context.Background())
	if _, err := lock.Exec(t.Context(), `LOCK TABLE contacts IN EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	statuses := make(chan int, 3)
	for i := range 3 {
		go func() {
			body := fmt.Sprintf(`{"event_id":"event-100%d","kind":"text","text":"а за чужбина","language":"bg"}`, i)
			r, _ := http.NewRequestWithContext(t.Context(), "POST", b.URL+"/api/v1/conversations/messages", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Orientir-Conversation", token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				statuses <- 0
				return
			}
			resp.Body.Close()
			statuses <- resp.StatusCode
		}()
	}
	for range 2 {
		if status := <-statuses; status != http.StatusServiceUnavailable {
			t.Errorf("one too many gets %d", status)
		}
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := <-statuses; status != http.StatusAccepted {
		t.Errorf("who was first gets %d", status)
	}
	stream.from(bot.Robot) // and the answer
}

func TestStreamsAreBoundedByAddressAndInAll(t *testing.T) {
	t.Parallel()
	var s streams
	enter := func(address string, want room) (leave func()) {
		t.Helper()
		leave, left := s.enter(address, 2, 3)
		if left != want {
			t.Errorf("%s: %q, want %q", address, left, want)
		}
		return leave
	}
	first := enter("a", roomLeft)
	enter("a", roomLeft)
	enter("a", tooManyHere)()
	enter("b", roomLeft)
	enter("c", tooManyInAll)()
	first()
	enter("c", roomLeft)
	enter("a", tooManyInAll)()
}

func TestASlowReaderIsLetGo(t *testing.T) {
	t.Parallel()
	ended := make(chan bool, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := &eventWriter{w: w, control: http.NewResponseController(w), patience: 50 * time.Millisecond}
		words := strings.Repeat("дълъг отговор ", 5000)
		for range 1000 { // a hundred megabytes: more than any line holds
			if out.event("message", 1, words) != nil {
				break
			}
		}
		ended <- out.gone
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil { // and never reads
		t.Fatal(err)
	}
	if !<-ended {
		t.Error("a browser that doesn't read is written to for ever")
	}
}

func TestASweepFindsWhatNoWakeUpTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ids []int64
	for i := range 4 {
		token := b.begin(t)
		b.say(t, token, question(fmt.Sprintf("event-%04d", i), "трябва ми съдебно"))
		key, _ := contactKey(token)
		c, _, err := b.conversations.Of(t.Context(), Channel, key)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	s := &sweep{conversations: b.conversations, every: time.Hour, patience: time.Minute, failed: func(err error) { t.Error(err) }}
	marks, err := b.conversations.Marks(t.Context(), ids)
	if err != nil || len(marks) != len(ids) {
		t.Fatalf("%d marks: %v", len(marks), err)
	}
	var watches []*watch
	for _, id := range ids {
		w, leave := s.enter(id)
		defer leave()
		mark := marks[id]
		mark.Newest += 1000 // what the bot still answers is no news
		w.tell(mark)
		watches = append(watches, w)
	}
	fresh, leave := s.enter(ids[0]) // it has told nothing yet
	defer leave()
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO messages (id, conversation, sender, kind, text, turn, created_at) OVERRIDING SYSTEM VALUE
		VALUES (1000000, $1, 'system', 'notice', 'x', 1, now())`, ids[1]); err == nil {
		t.Fatal("a notice without a body was taken") // holds the statement below to the schema
	}
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO messages (id, conversation, sender, kind, text, body, turn, pulled, created_at) OVERRIDING SYSTEM VALUE
		VALUES (1000000, $1, 'system', 'notice', 'x', '{}', 1, true, now())`, ids[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Exec(t.Context(), `UPDATE conversations SET holder = '7' WHERE id = $1`, ids[2]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Exec(t.Context(), `DELETE FROM conversations WHERE id = $1`, ids[3]); err != nil {
		t.Fatal(err)
	}
	if err := s.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, true, true} {
		if got := len(watches[i].changed) == 1; got != want {
			t.Errorf("stream %d is told to look: %v, want %v", i, got, want)
		}
	}
	if len(fresh.changed) != 0 {
		t.Error("a stream that has told nothing yet was told to look")
	}
}

func TestAStreamShowsAMessageThatNobodyAnnounced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	stream.from(bot.Robot)
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO messages (conversation, sender, kind, text, body, turn, pulled, created_at)
		SELECT id, 'system', 'notice', 'тихо', '{"text":"тихо"}', turn, true, now() FROM conversations`); err != nil {
		t.Fatal(err)
	}
	if said := stream.from(bot.System); !strings.Contains(said.Text, "тихо") {
		t.Errorf("%+v", said)
	}
}

func TestADatabaseThatHangsDoesNotHoldTheSweep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lock, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Rollback(context.Background())
	if _, err := lock.Exec(t.Context(), `LOCK conversations`); err != nil {
		t.Fatal(err)
	}
	failures := make(chan error)
	s := &sweep{conversations: b.conversations, every: time.Millisecond, patience: 20 * time.Millisecond, failed: func(err error) {
		select {
		case failures <- err:
		case <-t.Context().Done():
		}
	}}
	_, leave := s.enter(1)
	defer leave()
	for range 2 {
		if err := <-failures; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it failed with %v", err)
		}
	}
}
