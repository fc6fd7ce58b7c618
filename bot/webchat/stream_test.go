package webchat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orientir/bot"
	"orientir/retrieval"
)

func question(id, text string) map[string]any {
	return map[string]any{"event_id": id, "kind": "text", "text": text, "language": "bg"}
}

func TestStreamBringsTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	asked := b.say(t, token, question("event-0001", "трябва ми съдебно за нова работа"))
	stream := b.listen(t, token, 0)
	if own := stream.next("message"); own.ID != asked || own.From != "person" || !strings.Contains(own.Text, "съдебно") {
		t.Fatalf("first comes what the person wrote, got %+v", own)
	}
	answer := stream.from(bot.Robot)
	for _, want := range []string{"Електронно свидетелство за съдимост", `href="https://cs.mjs.bg"`, "още непотвърдено от редактор",
		"видяно на 11 март 2024 г.", `value="rate:good:`, "КЕП"} {
		if !strings.Contains(answer.HTML, want) {
			t.Errorf("the answer lacks %q:\n%s", want, answer.HTML)
		}
	}
	if strings.Contains(answer.HTML, "<b>лично</b>") {
		t.Error("a guide's text is not escaped")
	}
}

func TestStreamOutlivesTheServersTimeouts(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Heartbeat = 100 * time.Millisecond })
	careful := httptest.NewUnstartedServer(b.Config.Handler)
	careful.Config.ReadTimeout, careful.Config.WriteTimeout = time.Second, time.Second
	careful.Start()
	t.Cleanup(careful.Close)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	b.URL = careful.URL
	stream := b.listen(t, token, 0)
	for began := time.Now(); time.Since(began) < 2*careful.Config.WriteTimeout; { // heartbeats pace this
		if !stream.lines.Scan() {
			t.Fatalf("the stream ended after %s: %v", time.Since(began), stream.lines.Err())
		}
	}
}

func TestStreamMarksWhatItWroteAsDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	answer := stream.from(bot.Robot)
	deadline := time.Now().Add(10 * time.Second)
	for delivered := false; !delivered; {
		if err := b.pool.QueryRow(t.Context(), `SELECT delivered_at IS NOT NULL FROM messages WHERE id = $1`, answer.ID).Scan(&delivered); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("what the stream wrote never counts as delivered")
		}
	}
}

func TestStreamResumesAfterTheLastEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	first := b.listen(t, token, 0)
	answer := first.from(bot.Robot)
	first.close() // the connection breaks

	missed := b.say(t, token, question("event-0002", "а съдебно за чужбина"))
	again := b.listen(t, token, answer.ID)
	var ids []int64
	for {
		m := again.next("message")
		ids = append(ids, m.ID)
		if m.From == "bot" && m.ID > missed {
			break
		}
	}
	for i, id := range ids {
		if id <= answer.ID {
			t.Errorf("message %d came twice", id)
		}
		if i > 0 && id <= ids[i-1] {
			t.Errorf("messages came out of order: %v", ids)
		}
	}
	var stored []int64
	rows, err := b.pool.Query(t.Context(), `SELECT id FROM messages WHERE id > $1 ORDER BY id`, answer.ID)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, id)
	}
	if len(stored) != len(ids) {
		t.Errorf("stored %v, streamed %v", stored, ids)
	}
}

func TestEventSentTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	first := b.say(t, token, question("event-0001", "трябва ми съдебно"))
	again := b.say(t, token, question("event-0001", "трябва ми съдебно"))
	if first != again {
		t.Errorf("the same event became messages %d and %d", first, again)
	}
}

func TestPersonalNumbersAreMaskedOnTheStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "егн-то ми е 7523169263, трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	if own := stream.next("message"); strings.Contains(own.Text+own.HTML, "7523169263") {
		t.Errorf("a personal number was stored: %s", own.Text)
	}
}

func TestLibrarianHoldsTheConversation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	stream.from(bot.Robot)
	key, _ := contactKey(token)
	c, ok, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil || !ok {
		t.Fatalf("no conversation: %v", err)
	}
	if err := b.conversations.Claim(t.Context(), b.pool, c.ID, "7"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.conversations.Say(t.Context(), b.pool, c.ID, "7", bot.Body{Text: "Здравейте! <script> https://cs.mjs.bg", Language: "bg"}); err != nil {
		t.Fatal(err)
	}
	b.conversations.Wake(t.Context(), c.ID)
	said := stream.from(bot.Librarian)
	if !strings.Contains(said.HTML, "Библиотекар, човек") || !strings.Contains(said.HTML, "&lt;script&gt;") ||
		!strings.Contains(said.HTML, `<a href="https://cs.mjs.bg"`) {
		t.Errorf("a librarian's message must show a person and be escaped:\n%s", said.HTML)
	}
	for stream.holder != "librarian" {
		stream.next("state")
	}
}

func TestSharedLocationIsKeptAsItsSettlementOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, map[string]any{"event_id": "event-0001", "kind": "location", "lat": 43.2021, "lon": 23.5511, "language": "bg"})
	stream := b.listen(t, token, 0)
	answer := stream.from(bot.Robot)
	for _, want := range []string{"Регионална библиотека", `href="tel:092621229"`, "openstreetmap.org/?mlat=43.20100"} {
		if !strings.Contains(answer.HTML, want) {
			t.Errorf("the libraries lack %q:\n%s", want, answer.HTML)
		}
	}
	var kept int
	if err := b.pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE lat IS NOT NULL OR text LIKE '%43.2%'`).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if kept != 0 {
		t.Errorf("%d messages still know where the person was", kept)
	}
	key, _ := contactKey(token)
	if c, _, err := b.conversations.Of(t.Context(), Channel, key); err != nil || c.Place != "12259" {
		t.Errorf("the settlement is %q, %v", c.Place, err)
	}
}

func TestHelpPointWithUnknownHoursAndPosition(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, map[string]any{"event_id": "event-0001", "kind": "button", "data": "near:47714", "language": "bg"})
	stream := b.listen(t, token, 0)
	answer := stream.from(bot.Robot)
	_, mezdra, ok := strings.Cut(answer.HTML, "Читалище „Просвета“")
	if !ok {
		t.Fatalf("the library is missing:\n%s", answer.HTML)
	}
	mezdra, _, _ = strings.Cut(mezdra, "</section>")
	if strings.Contains(mezdra, "openstreetmap") || strings.Contains(mezdra, "hours open") || !strings.Contains(mezdra, "Не знам работното време") {
		t.Errorf("unknown must stay unknown:\n%s", mezdra)
	}
}

func TestStreamNeedsAConversation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct {
		headers []string
		status  int
	}{
		"no token":                {nil, http.StatusUnauthorized},
		"a token that is none":    {[]string{"Orientir-Conversation", "hello"}, http.StatusUnauthorized},
		"nothing was said yet":    {[]string{"Orientir-Conversation", newToken()}, http.StatusNotFound},
		"a last event of letters": {[]string{"Orientir-Conversation", newToken(), "Last-Event-ID", "x"}, http.StatusBadRequest},
	} {
		response, body := b.call(t, "GET", "/api/v1/conversations/stream", "", test.headers...)
		if response.StatusCode != test.status || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
}

func TestForgottenConversationIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	stream.from(bot.Robot)
	b.say(t, token, map[string]any{"event_id": "event-0002", "kind": "command", "command": "forget", "language": "bg"})
	goodbye := stream.from(bot.Robot)
	if !strings.Contains(goodbye.Text, "Изтрих") {
		t.Errorf("the goodbye reads %q", goodbye.Text)
	}
	var left int
	if err := b.pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE text LIKE '%съдебно%'`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d messages were not forgotten", left)
	}
}

func TestStreamTellsThatWordsAreWritten(t *testing.T) {
	t.Parallel()
	writes := make(chan struct{})
	b := setup(t)
	model := phrase(func(context.Context, retrieval.Question, retrieval.Answer) (string, bool) {
		<-writes
		return "", false
	})
	b.phrase.Store(&model)
	token := b.begin(t)
	b.say(t, token, question("event-0001", "трябва ми съдебно"))
	stream := b.listen(t, token, 0)
	stream.from(bot.Robot)
	if !stream.next("writing").Writing {
		t.Error("the first sign is that nobody writes")
	}
	close(writes)
	if stream.next("writing").Writing {
		t.Error("the last sign is that somebody writes")
	}
}
