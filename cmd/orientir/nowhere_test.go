package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/retrieval"
)

// personal is one made-up number of each kind, as somebody would write them, and what must not be found anywhere afterwards.
const personal = "ЕГН 6101057509, ЛНЧ 1015000128, IBAN BG80 BNBG 9661 1020 3456 78, карта 4111 1111 1111 1111, лична карта № 641234567, " +
	"тел. 0888 123 457, +44 20 7946 0958, nenamira.se@example.bg, пикът ми е 123456789012"

// traces are its parts as they would be found, and the same number in words.
var traces = []string{"шестеднонулаеднонулапетседемпетнуладевет", "6101057509", "1015000128", "bg80bnbg96611020345678", "96611020", "4111111111111111", "641234567", "0888123457", "888123457", "2079460958", "nenamira", "123456789012"}

// left gives the personal numbers that a text holds.
func left(where, text string) (places []string) {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()\n\t", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
	for _, trace := range traces {
		if at := strings.Index(plain, trace); at >= 0 {
			around := strings.ToValidUTF8(plain[max(0, at-100):min(len(plain), at+len(trace)+20)], "")
			places = append(places, fmt.Sprintf("%s holds %s: %.80q … %q", where, trace, text, around))
		}
	}
	return places
}

// found searches every column of every table, and the log. It gives where a personal number is left.
func (h *wholeHouse) found() (places []string) {
	h.Helper()
	look := func(where, text string) { places = append(places, left(where, text)...) }
	h.everyRow(look)
	for line := range strings.Lines(h.log.String()) {
		look("the log", line)
	}
	return places
}

// everyRow shows every row of every table, as text.
func (h *wholeHouse) everyRow(look func(where, text string)) {
	h.Helper()
	rows, err := h.p.pool.Query(h.Context(), `
		SELECT table_schema, table_name FROM information_schema.tables
		WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`)
	if err != nil {
		h.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (name pgx.Identifier, err error) {
		name = make(pgx.Identifier, 2)
		return name, row.Scan(&name[0], &name[1])
	})
	if err != nil || len(tables) < 20 {
		h.Fatal(tables, err)
	}
	for _, table := range tables {
		// Bytes are looked at as they are, too: words may hide in what is written in hexadecimal digits.
		rows, err := h.p.pool.Query(h.Context(), `
			SELECT t::text || coalesce((SELECT string_agg(encode(decode(substr(e.value, 3), 'hex'), 'escape'), ' ') FROM jsonb_each_text(to_jsonb(t)) e
				WHERE e.value ~ '^\\x([0-9a-f]{2})+$'), '') FROM `+table.Sanitize()+` t`)
		if err != nil {
			h.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			h.Fatal(err)
		}
		for _, text := range texts {
			look(table.Sanitize(), text)
		}
	}
}

// TestPersonalNumbersStayNowhere writes numbers of every kind on every way into the program, and looks for them in the whole database
// and in the log.
func TestPersonalNumbersStayNowhere(t *testing.T) {
	h := newWholeHouse(t, "ORIENTIR_RATE_LIMITS", "on")
	if len(h.found()) > 0 {
		t.Fatalf("after the imports:\n%s", strings.Join(h.found(), "\n"))
	}
	// The search finds what is there: otherwise this test could not fail.
	if _, err := h.p.pool.Exec(t.Context(), `INSERT INTO glossary (term, meaning, origin) VALUES ('проба', '0888 123-457', 'editor')`); err != nil {
		t.Fatal(err)
	}
	if len(h.found()) == 0 {
		t.Fatal("the search finds nothing")
	}
	if _, err := h.p.pool.Exec(t.Context(), `DELETE FROM glossary WHERE term = 'проба'`); err != nil {
		t.Fatal(err)
	}

	// The API.
	answer := h.post("/api/v1/ask", nil, map[string]string{"question": "трябва ми съдебно. " + personal, "place": "Враца, тел. 0888 123 457"})
	for _, want := range []string{`"masked"`, `"egn"`, `"notice"`} {
		if !strings.Contains(answer, want) {
			t.Errorf("the API says no %s: %s", want, answer)
		}
	}

	// The terminal.
	for _, asJSON := range []bool{false, true} {
		var said bytes.Buffer
		q := retrieval.Question{Text: "трябва ми съдебно. " + personal, Place: "Враца, тел. 0888 123 457"}
		if err := h.p.ask(t.Context(), &said, &said, q, asJSON); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(said.String(), "cs.mjs.bg") || !strings.Contains(said.String(), "скрих") && !strings.Contains(said.String(), `"masked"`) {
			t.Errorf("the terminal says %s", &said)
		}
		if places := left("the terminal", said.String()); len(places) > 0 {
			t.Error(places)
		}
	}

	// The web chat, with scripts and without.
	token := strings.Repeat("A", 43)
	header := http.Header{"Orientir-Conversation": {token}}
	event := 0
	write := func(fields map[string]any) {
		event++
		fields["event_id"] = fmt.Sprintf("event-%04d", event)
		h.post("/api/v1/conversations/messages", header, fields)
	}
	write(map[string]any{"kind": "text", "text": "трябва ми съдебно. " + personal})
	write(map[string]any{"kind": "button", "data": "human:6101057509", "text": personal})
	form := func(client *http.Client, path string, values url.Values) string {
		t.Helper()
		resp, err := client.PostForm(h.server.URL+path, values)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var page bytes.Buffer
		if _, err := page.ReadFrom(resp.Body); err != nil || resp.StatusCode >= 500 {
			t.Fatal(path, resp.StatusCode, err)
		}
		return page.String()
	}
	if page := form(http.DefaultClient, "/", url.Values{"event_id": {"form-12345678"}, "text": {"винетка. " + personal}}); !strings.Contains(page, "скрих") {
		t.Error("who has no scripts isn't told")
	}
	for _, address := range []string{"/api/v1/help-points?place=" + url.QueryEscape("Враца "+personal), "/guides/" + url.PathEscape(personal)} {
		resp, err := http.Get(h.server.URL + address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}

	// Telegram: text, edit, caption, command, contact card, venue, a comment on an answer.
	maria := h.double.Person(7, "Мария", "bg")
	early := maria.Say("трябва ми")
	maria.Edit(early, "трябва ми нещо. "+personal) // before it is answered; the one below comes after
	message := maria.Say("трябва ми съдебно. " + personal)
	heardBy := func(words string) {
		t.Helper()
		eventually(t, "Telegram", func() string {
			for _, m := range h.double.Sent(maria.ID) {
				if strings.Contains(m.Text, words) {
					return ""
				}
			}
			return fmt.Sprint("nobody said ", words, " in ", h.double.Sent(maria.ID))
		})
	}
	heardBy("скрих в съобщението: ЕГН, ЛНЧ, IBAN, номер на карта, номер на документ, код, телефон и имейл")
	heardBy("cs.mjs.bg")
	press := func(data string) {
		t.Helper()
		eventually(t, "button "+data, func() string {
			sent := h.double.Sent(maria.ID)
			for i := len(sent) - 1; i >= 0; i-- {
				for _, b := range sent[i].Buttons {
					if strings.HasPrefix(b.Data, data) {
						maria.Press(sent[i], b.Data)
						return ""
					}
				}
			}
			return "there is none"
		})
	}
	press("rate:bad:")
	press("why:unclear:")
	heardBy("напишете какво липсва")
	maria.Say("не е ясно. " + personal)
	maria.Edit(message, "редакция. "+personal)
	petya := h.double.Person(9, "Петя 6101057509", "bg") // another: nobody may send more than so much in a minute
	petya.Send(map[string]any{"photo": []any{}, "caption": personal})
	petya.Send(map[string]any{"contact": map[string]any{"phone_number": "+442079460958", "first_name": "Иван", "user_id": 99}})
	petya.Send(map[string]any{"contact": map[string]any{"phone_number": "359888123457", "first_name": "Петя", "user_id": 9}})
	petya.Send(map[string]any{"venue": map[string]any{"title": personal, "address": personal, "location": map[string]any{"latitude": 43.2, "longitude": 23.55}}, "location": map[string]any{"latitude": 43.2, "longitude": 23.55}})
	petya.Say("/6101057509 " + personal)
	petya.Say("/nearest " + personal)

	// The staff: a ticket, a contact, a reply, ready answers, the search.
	account, err := h.site.staff.Add(t.Context(), staff.Profile{Email: "elena@example.bg", Name: "Елена", Roles: []staff.Role{staff.Librarian, staff.Supervisor}}, "дълга парола за проба 7")
	if err != nil {
		t.Fatal(err)
	}
	maria.Say("/librarian")
	press("human:call")
	heardBy("Напишете телефон или имейл")
	maria.Say("0888 123 457")
	heardBy("Записах телефона")
	elena := signIn(t, &program{t: t, url: h.server.URL}, account.Email, "дълга парола за проба 7")
	chat := strings.TrimSuffix(claimPath.FindString(elena.page("/console/queue")), "/claim")
	page := elena.submit(chat+"/claim", nil)
	if !strings.Contains(page, "Покажи контакта") || strings.Contains(page, "0888 123 457") {
		t.Error("the holder's page before the look")
	}
	if page := elena.submit(chat+"/contact", nil); !strings.Contains(page, "0888 123 457") {
		t.Error("the holder doesn't see the contact")
	}
	if page := elena.submit(chat+"/reply", url.Values{"text": {"Добър ден. " + personal}}); !strings.Contains(page, "Скрихме лични данни") {
		t.Error("the librarian isn't told")
	}
	heardBy("Добър ден. ЕГН [ЕГН скрито]")
	if page := elena.submit("/console/canned", url.Values{"scope": {"own"}, "language": {"bg"}, "title": {"Заглавие 6101057509"}, "text": {personal}}); !strings.Contains(page, "Скрихме в него") {
		t.Error("who adds a ready answer isn't told")
	}
	elena.page(chat + "?find=" + url.QueryEscape("съдебно "+personal))
	maria.Say("обадете ми се. " + personal)
	elena.submit(chat+"/close", url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"missing"}, "comment": {personal}, "note": {personal}})
	press("desk:bad:")
	heardBy("напишете с няколко думи какво липсваше")
	maria.Say("хахаха, рецепта за баница, кой спечели мача, 0888 123 457, nenamira.se@example.bg") // words that no guide answers
	heardBy("Библиотекарите ще го прочетат")
	plantElsewhere(t, h, maria)

	eventually(t, "all dealt with", func() string {
		var waiting int
		if err := h.p.pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE sender = 'person' AND handled_at IS NULL`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 || h.double.Pending() > 0 {
			return fmt.Sprint(waiting, " messages wait")
		}
		return ""
	})
	// Whatever was planted was taken, or nothing of it is proved.
	for what, sql := range map[string]string{
		"a reason why an answer is bad": `SELECT count(*) FROM feedback WHERE comment LIKE '%скрит%'`, "words about a hand-over": `SELECT count(*) FROM tickets WHERE rating_comment LIKE '%скрит%'`,
		"words at a closing": `SELECT count(*) FROM guide_tasks WHERE words LIKE '%скрит%'`,
		"a ready answer":     `SELECT count(*) FROM canned_answers WHERE text LIKE '%скрит%'`, "a report": `SELECT count(*) FROM problem_reports WHERE text LIKE '%скрит%'`,
		"a sign-up": `SELECT count(*) FROM training_signups`, "words in a kiosk": `SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation WHERE m.text LIKE 'винетка. %скрит%'`,
	} {
		var n int
		if err := h.p.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s was not taken: %v", what, err)
		}
	}
	if places := append(h.found(), h.foundBeside()...); len(places) > 0 {
		t.Errorf("personal numbers are left:\n%s", strings.Join(places, "\n"))
	}
	var marks, kinds int
	if err := h.p.pool.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT kind) FROM messages WHERE text LIKE '%скрит%'`).Scan(&marks, &kinds); err != nil || marks < 10 || kinds < 4 {
		t.Errorf("%d messages of %d kinds came, %v", marks, kinds, err)
	}
	if maria.Say("/forget"); true {
		heardBy("Изтрих всичко")
	}
	var contacts int
	if err := h.p.pool.QueryRow(t.Context(), `SELECT count(*) FROM tickets WHERE contact IS NOT NULL`).Scan(&contacts); err != nil || contacts > 0 {
		t.Errorf("%d contacts are left after /forget, %v", contacts, err)
	}
}
