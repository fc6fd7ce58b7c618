package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"orientir/bot/webchat"
	"orientir/handoff/staff"
)

// visitor is somebody in the web chat.
type visitor struct {
	*caller
	token  string
	events int
}

func (g *guarded) visitor() *visitor {
	g.Helper()
	w := g.nobody()
	var begun struct{ Token string }
	g.must(json.Unmarshal([]byte(w.json("/api/v1/conversations", `{}`).body), &begun))
	return &visitor{caller: w, token: begun.Token}
}

// does sends an event: kind and its one value.
func (v *visitor) does(kind, what string) reply {
	v.Helper()
	v.events++
	body, err := json.Marshal(map[string]string{
		"event_id": fmt.Sprintf("event-%s-%d", v.token[:6], v.events), "kind": kind, map[string]string{"text": "text", "command": "command", "button": "data"}[kind]: what, "language": "bg",
	})
	v.must(err)
	return v.json("/api/v1/conversations/messages", string(body), "Orientir-Conversation", v.token)
}

// reads gives the status and the beginning of the conversation's stream with a token.
func (v *visitor) reads(token string, header ...string) reply {
	v.Helper()
	return v.send(http.MethodGet, "/api/v1/conversations/stream", "", nil, append([]string{"Orientir-Conversation", token}, header...)...)
}

const theirs = "тайната на Ана е синя"

// handed gives somebody whose conversation a librarian has, and the librarian.
func handed(g *guarded) (ana *visitor, librarian *caller, ticket int) {
	g.Helper()
	g.works()
	librarian, _ = g.staff(staff.Profile{Email: "elena@example.bg", Roles: []staff.Role{staff.Librarian}})
	ana = g.visitor()
	ana.does("text", theirs)
	ana.does("command", "librarian")
	g.eventually("an offer", func() bool { return g.count(`SELECT count(*) FROM messages WHERE body::text LIKE '%human:yes%'`) > 0 })
	ana.does("button", "human:yes")
	g.eventually("a ticket", func() bool { return g.count(`SELECT count(*) FROM tickets`) == 1 })
	ticket = g.count(`SELECT min(id)::int FROM tickets`)
	if got := librarian.post(fmt.Sprintf("/console/chats/%d/claim", ticket), nil); got.code != http.StatusSeeOther {
		g.Fatalf("claim: %d", got.code)
	}
	return ana, librarian, ticket
}

// TestAnotherPersonsConversation tries to read, to continue, to rate and to end somebody's conversation by what can be guessed or kept.
func TestAnotherPersonsConversation(t *testing.T) {
	t.Parallel()
	g := guard(t)
	ana, librarian, ticket := handed(g)
	if got := ana.reads(ana.token); got.code != 200 || !strings.Contains(got.body, theirs) {
		t.Fatalf("one's own conversation: %d %s", got.code, got.body)
	}
	key := ""
	g.must(g.program.pool.QueryRow(g.ctx, `SELECT key FROM contacts`).Scan(&key))
	bob := g.visitor()
	bob.does("text", "аз съм Боби")

	flipped := []byte(ana.token)
	flipped[0] ^= 1
	for name, token := range map[string]string{
		"none": "", "one's own": bob.token, "a letter changed": string(flipped), "its beginning": ana.token[:20], "what is kept of it": key, "a number": "1", "padded": ana.token + "=", "a new one": strings.Repeat("A", 43),
	} {
		for _, header := range [][]string{nil, {"Last-Event-ID", "0"}, {"Last-Event-ID", "-1"}, {"Authorization", "Bearer " + token}} {
			if got := bob.reads(token, header...); strings.Contains(got.body, "тайна") || got.code == 200 && token != bob.token {
				t.Errorf("%s, %v: %d %s", name, header, got.code, got.body)
			}
		}
		if got := bob.json("/api/v1/kiosk/code", `{}`, "Orientir-Conversation", token); got.code == 200 && token != bob.token {
			t.Errorf("a code for %s: %d", name, got.code)
		}
		bob.json("/api/v1/kiosk/end", `{}`, "Orientir-Conversation", token)
		bob.json("/api/v1/conversations/signs", `{"typing":true,"read":1}`, "Orientir-Conversation", token)
		cookie := g.nobody()
		cookie.cookies["__Host-orientir_conversation"] = token
		if got := cookie.get("/"); strings.Contains(got.body, "тайна") {
			t.Errorf("%s as a cookie shows it", name)
		}
		if got := g.nobody().post("/", url.Values{"conversation": {token}, "text": {"покажи"}, "event_id": {"event-form-" + fmt.Sprint(len(name))}}); strings.Contains(got.body, "тайна") {
			t.Errorf("%s in a form shows it", name)
		}
	}
	without := g.nobody() // the cookie of http, which a neighbouring site could set
	without.cookies["orientir_conversation"] = ana.token
	if got := without.get("/"); strings.Contains(got.body, theirs) {
		t.Error("a cookie without its prefix counts")
	}
	if n := g.count(`SELECT count(*) FROM contacts WHERE key = $1 AND forgotten_at IS NULL`, key); n != 1 {
		t.Fatal("somebody else ended the conversation")
	}

	// Buttons under her messages carry numbers; from another conversation they do nothing to hers.
	if got := librarian.post(fmt.Sprintf("/console/chats/%d/close", ticket), url.Values{"outcome": {"answered"}, "effort": {"1"}, "guide": {"fine"}}); got.code != http.StatusSeeOther {
		t.Fatalf("close: %d", got.code)
	}
	hers := func() string {
		var s string
		g.must(g.program.pool.QueryRow(g.ctx, `SELECT t::text || (SELECT string_agg(m::text, ' ' ORDER BY m.id) FROM messages m WHERE m.conversation = t.conversation) FROM tickets t WHERE id = $1`, ticket).Scan(&s))
		return s
	}
	before, said := hers(), g.count(`SELECT count(*) FROM messages`)
	presses := 0 // each is answered, if only by not knowing what it was
	for id := ticket - 1; id <= ticket+3; id++ {
		for _, action := range []string{"desk:good:%d", "desk:bad:%d", "again:%d", "rate:good:%d:criminal-record", "rate:bad:%d:criminal-record", "why:old:%d", "hear:%d", "wrong:keep:%d", "later:yes", "contact:drop"} {
			data := action
			if strings.Contains(action, "%d") {
				data = fmt.Sprintf(action, id)
			}
			if got := bob.does("button", data); got.code != http.StatusAccepted {
				t.Errorf("%s: %d", data, got.code)
			}
			presses++
		}
	}
	for _, far := range []string{"desk:good:9223372036854775807", "again:99999999999", "rate:good:9999999999:x", "rate:bad:99999999999999999999:x", "why:old:9999999999", "hear:9999999999", "wrong:keep:9999999999", "course:9999999999", "course:join:9223372036854775807", "course:noname:-1", "guide:\u0000", "near:'"} {
		if got := bob.does("button", far); got.code != http.StatusAccepted && got.code != http.StatusBadRequest {
			t.Errorf("%q: %d", far, got.code)
		}
	}
	g.eventually("an answer to the last button", func() bool {
		return g.count(`SELECT count(*) FROM messages WHERE sender = 'person' AND handled_at IS NULL`) == 0 && g.count(`SELECT count(*) FROM messages`) >= said+presses
	})
	if after := hers(); after != before {
		t.Errorf("somebody else's buttons changed her matter:\n%s\n%s", before, after)
	}
	if n := g.count(`SELECT count(*) FROM tickets WHERE earlier = $1`, ticket); n != 0 {
		t.Error("somebody else goes on with her matter")
	}

	// The staff's export is the staff's.
	for _, w := range []*caller{bob.caller, librarian} {
		if got := w.post("/console/transcripts/export", nil); got.code == 200 || strings.Contains(got.body, theirs) {
			t.Errorf("an export: %d", got.code)
		}
	}

	// What was forgotten is nobody's, whoever kept the token.
	ana.does("command", "forget")
	g.eventually("being asked", func() bool {
		return g.count(`SELECT count(*) FROM messages WHERE body::text LIKE '%"forget:yes"%' OR body::text LIKE '%forget%'`) > 0
	})
	for _, data := range []string{"forget:yes", "forget"} {
		ana.does("button", data)
	}
	g.eventually("to be forgotten", func() bool { return !strings.Contains(ana.reads(ana.token).body, theirs) })
	old := g.nobody()
	old.cookies["__Host-orientir_conversation"] = ana.token
	if got := old.get("/"); strings.Contains(got.body, theirs) {
		t.Error("an old cookie shows what was forgotten")
	}
}

// TestCodesWorkOnceAndNotForLong takes a conversation along, and tries to take it again.
func TestCodesWorkOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	g := guard(t)
	ana := g.visitor()
	ana.does("text", theirs)
	var code struct{ Typed, SVG string }
	begin := func() {
		g.Helper()
		g.must(json.Unmarshal([]byte(ana.json("/api/v1/kiosk/code", `{}`, "Orientir-Conversation", ana.token).body), &code))
	}
	take := func(w *caller, body string) reply {
		g.Helper()
		return w.json("/api/v1/conversations/continue", body)
	}
	typed := func() string { return fmt.Sprintf(`{"code":%q}`, code.Typed) }
	begin()
	first := code.Typed
	begin() // an earlier code ends with a new one
	if got := take(g.nobody(), fmt.Sprintf(`{"code":%q}`, first)); got.code != http.StatusNotFound {
		t.Errorf("an earlier code: %d", got.code)
	}
	g.exec(`UPDATE conversation_codes SET expires_at = now() - interval '1 second'`)
	if got := take(g.nobody(), typed()); got.code != http.StatusNotFound {
		t.Errorf("an old code: %d", got.code)
	}
	begin()
	got := take(g.nobody(), typed())
	var taken struct{ Token string }
	g.must(json.Unmarshal([]byte(got.body), &taken))
	if got.code != 200 || taken.Token == ana.token {
		t.Fatalf("a code: %d", got.code)
	}
	if got := take(g.nobody(), typed()); got.code != http.StatusNotFound {
		t.Errorf("a used code: %d", got.code)
	}
	if got := ana.reads(ana.token); got.code == 200 {
		t.Errorf("where it was, it still is: %d", got.code)
	}
	// Wrong ones have been three; two more, and even a right one has to wait.
	ana.token = taken.Token
	begin()
	for range 2 {
		take(g.nobody(), `{"code":"ACEHKMPT"}`)
	}
	if got := take(g.nobody(), typed()); got.code != http.StatusTooManyRequests {
		t.Errorf("a right code after five wrong ones: %d", got.code)
	}
	if got := take(g.nobody(), `{"link":"`+strings.Repeat("A", 22)+`"}`); got.code != http.StatusNotFound {
		t.Errorf("a link that is none: %d", got.code)
	}
	if webchat.CookieName("a", true) != "__Host-a" {
		t.Error("the cookie has no prefix")
	}
}
