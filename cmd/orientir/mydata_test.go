package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
)

// mark is a word that a person and those who help them write everywhere. It stands in no guide.
const mark = "лазурен"

// TestAPersonSeesTakesAndErasesTheirData follows one word through everything that is kept of a person: it stands in their file, and nowhere once they
// ask to be forgotten, while a turn is being answered, a librarian holds the conversation, news is on its way and a place in a training is theirs.
func TestAPersonSeesTakesAndErasesTheirData(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	h.run(h.site.group.Run, h.site.worklist.Run)
	web := &program{t: t, double: h.double, url: h.server.URL}
	for email, role := range map[string]staff.Role{"elena@example.bg": staff.Librarian, "admin@example.bg": staff.Admin} {
		if _, err := h.site.staff.Add(t.Context(), staff.Profile{Email: email, Roles: []staff.Role{role}}, "дълга парола за проба 7"); err != nil {
			t.Fatal(err)
		}
	}
	colleague := h.double.Person(20, "Елена", "bg")
	colleague.Say(typedCode.FindString(signIn(t, web, "elena@example.bg", "дълга парола за проба 7").submit("/console/account/telegram", url.Values{"proof": {"дълга парола за проба 7"}})))
	eventually(t, "link", func() string { return heard(web, 20, "вече е свързан") })
	group := h.double.Group(-1001, "Екипът")
	colleague.SayIn(group, 0, typedCode.FindString(signIn(t, web, "admin@example.bg", "дълга парола за проба 7").submit("/console/groups", url.Values{"library": {""}, "proof": {"дълга парола за проба 7"}})))
	eventually(t, "connection", func() string { return heard(web, -1001, "Групата вече работи за") })

	maria := h.double.Person(7, "Мария", "bg")
	tapped := func(action string) {
		t.Helper()
		eventually(t, "button "+action, func() string {
			sent := h.double.Sent(7)
			for i := len(sent) - 1; i >= 0; i-- {
				for _, b := range sent[i].Buttons {
					if strings.HasPrefix(b.Data, action) {
						maria.Press(sent[i], b.Data)
						return ""
					}
				}
			}
			return "there is none"
		})
	}
	hears := func(words string) {
		t.Helper()
		eventually(t, "the person", func() string { return heard(web, 7, words) })
	}
	maria.Say("трябва ми съдебно за " + mark)
	hears("cs.mjs.bg")
	tapped("rate:bad:")
	tapped("why:unclear:")
	hears("напишете какво липсва")
	maria.Say("не е ясно, " + mark)
	maria.Say("/trainings Враца")
	tapped("course:")
	tapped("course:join:")
	hears("име")
	maria.Say(mark)
	askForAPerson(t, web, maria)
	elena := signIn(t, web, "elena@example.bg", "дълга парола за проба 7")
	var chat string
	eventually(t, "queue", func() string {
		if chat = strings.TrimSuffix(claimPath.FindString(elena.page("/console/queue")), "/claim"); chat == "" {
			return "nobody waits"
		}
		return ""
	})
	elena.submit(chat+"/claim", nil)
	elena.submit(chat+"/reply", url.Values{"text": {"Добър ден, " + mark}})
	elena.submit(chat+"/note", url.Values{"text": {"бележка " + mark}, "note": {"бележка " + mark}})
	hears("Добър ден, " + mark)
	eventually(t, "topic", func() string {
		if len(group.Topics()) == 0 {
			return "there is none"
		}
		return ""
	})
	// News on its way, a report, a wish to hear, what a problem is made of.
	for _, statement := range []string{
		`INSERT INTO news (id, title_bg, text_bg, title_en, text_en, link, topics, audience, state, send, publish_at, expires_at, created_by, changed_by)
			OVERRIDING SYSTEM VALUE VALUES (1, 'н', 'н', '', '', '', '{services}', 'both', 'published', true, now(), now() + interval '1 day', 's', 's')`,
		`INSERT INTO broadcasts (news, state, begun_at) VALUES (1, 'sending', now())`,
		`INSERT INTO subscriptions (contact, topics, role, since) SELECT id, '{services}', 'citizen', now() FROM contacts WHERE key = '7'`,
		`INSERT INTO broadcast_recipients (news, contact, channel) SELECT 1, id, channel FROM contacts WHERE key = '7'`,
		`INSERT INTO problem_reports (guide, version, answer, contact, text) SELECT 'vignette', 1, min(a.id), k.id, '` + mark + `' FROM answers a, contacts k WHERE k.key = '7' AND a.conversation IS NOT NULL GROUP BY k.id`,
		`UPDATE tickets SET contact = decode(repeat('ab', 40), 'hex'), contact_kind = 'phone'`,
		`INSERT INTO guide_tasks (ticket, kind, question, words) SELECT id, 'missing', '` + mark + `', 'бележка до редактор' FROM tickets`,
		`INSERT INTO problem_hearers (answer, contact) SELECT min(a.id), k.id FROM answers a, contacts k WHERE k.key = '7' AND a.conversation IS NOT NULL GROUP BY k.id`,
	} {
		if _, err := h.p.pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%v in %s", err, statement)
		}
	}
	if err := h.site.worklist.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}

	// They see it, also while a librarian holds the conversation, and take it along.
	maria.Say("/mydata")
	hears("Ето какво пазя за Вас")
	for _, words := range []string{"Населено място: ", "Ваши оценки: 1", "Разговори с библиотекар: 1", "Телефон или имейл за обаждане, шифрован: 1", "Бележки на библиотекари към разговора: 1", "Сигнали на библиотекари до редактор: 1", "Записвания за обучение: 1", "Абонамент за новини: 1",
		"Копия в група на библиотекари в Телеграм: 1", "Ваши сигнали за грешка в упътване: ", "Въпроси, за които чакате отговор: 1"} {
		hears(words)
	}
	tapped("mydata:file")
	var file string
	eventually(t, "file", func() string {
		for _, m := range h.double.Sent(7) {
			if m.File != "" {
				file = m.Data
				return ""
			}
		}
		return "there is none"
	})
	var read struct {
		Person struct{ Chat string }
		Kept   map[string][]map[string]any
	}
	if err := json.Unmarshal([]byte(file), &read); err != nil || read.Person.Chat != "7" {
		t.Fatalf("%v\n%s", err, file)
	}
	for kind, want := range map[string]int{"messages": 5, "answers": 1, "ratings": 1, "tickets": 1, "contacts": 1, "notes": 1, "tasks": 1, "trainings": 1, "news": 1, "received": 1, "topics": 1, "reports": 1, "waits": 1} {
		if len(read.Kept[kind]) < want {
			t.Errorf("the file has %d %s", len(read.Kept[kind]), kind)
		}
	}
	if n := strings.Count(file, mark); n < 6 || strings.Contains(file, "бележка") {
		t.Errorf("the file has the word %d times, or what librarians wrote for each other:\n%s", n, file)
	}

	// They are forgotten while they ask on.
	maria.Say("и още " + mark)
	maria.Say("/forget")
	hears("Изтрих всичко")
	eventually(t, "nothing is left", func() string {
		var places []string
		h.everyRow(func(where, text string) {
			if strings.Contains(strings.ToLower(text), mark) {
				places = append(places, fmt.Sprintf("%s: %.200s", where, text))
			}
		})
		for key, value := range redistest.Contents(t) {
			if strings.Contains(key+value, mark) {
				places = append(places, key)
			}
		}
		if len(group.Topics()) > 0 {
			places = append(places, "a topic in the group")
		}
		// What stays are counts and what the staff wrote for their own work, and nothing of it leads to somebody.
		for what, sql := range map[string]string{
			"the contact":             `SELECT count(*) FROM contacts WHERE key = '7'`,
			"a phone to call back":    `SELECT count(*) FROM tickets WHERE contact IS NOT NULL OR contact_kind <> ''`,
			"a ticket's conversation": `SELECT count(*) FROM tickets WHERE conversation IS NOT NULL OR place <> '' OR state <> 'closed'`,
			"a subscription":          `SELECT count(*) FROM subscriptions`,
			"news on its way":         `SELECT count(*) FROM broadcast_recipients`,
			"a place in a training":   `SELECT count(*) FROM training_signups`,
			"a wish to hear":          `SELECT count(*) FROM problem_hearers`,
			"a report":                `SELECT count(*) FROM problem_reports`,
			"a problem's person":      `SELECT count(*) FROM problem_items WHERE contact IS NOT NULL`,
			"a question":              `SELECT count(*) FROM answers WHERE conversation IS NOT NULL OR question <> ''`,
			"a question of a task":    `SELECT count(*) FROM guide_tasks WHERE question <> ''`,
			"a figure's person":       `SELECT count(*) FROM figure_questions WHERE person > 0`,
			"a ticket figure's":       `SELECT count(*) FROM figure_tickets WHERE person > 0`,
		} {
			var n int
			if err := h.p.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil || n > 0 {
				places = append(places, fmt.Sprint(what, " ", err))
			}
		}
		return strings.Join(places, "\n")
	})
	for _, m := range h.double.Sent(7)[len(h.double.Sent(7))-1:] {
		if !strings.Contains(m.Text, "Изтрих всичко") {
			t.Errorf("after the goodbye comes %q", m.Text)
		}
	}
	// Forgotten twice is forgotten once; nothing more is known then.
	maria.Say("/forget")
	eventually(t, "the second goodbye", func() string {
		n := 0
		for _, m := range h.double.Sent(7) {
			n += strings.Count(m.Text, "Изтрих всичко")
		}
		if n < 2 {
			return "not yet"
		}
		return ""
	})
	maria.Say("какво знаете за мен?")
	eventually(t, "little is known", func() string {
		if last := h.double.Sent(7)[len(h.double.Sent(7))-1]; strings.Contains(last.Text, "Ето какво пазя") && !strings.Contains(last.Text, "Ваши оценки") {
			return ""
		}
		return "the bot says something else"
	})
}

// TestTheFileOnTheWebIsOnlyTheirs gives the file to who has the conversation's token, and to nobody else.
func TestTheFileOnTheWebIsOnlyTheirs(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	token := strings.Repeat("A", 43)
	h.post("/api/v1/conversations/messages", http.Header{"Orientir-Conversation": {strings.Repeat("E", 43)}},
		map[string]any{"event_id": "kiosk-0001", "kind": "text", "text": mark, "library": "vratsa"})
	fetch := func(header http.Header, cookie string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, h.server.URL+"/my-data.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != nil {
			r.Header = header
		}
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "orientir_conversation", Value: cookie})
		}
		d := &desk{t, &program{t: t, url: h.server.URL}, http.DefaultClient}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, d.read(resp, nil), resp.Header
	}
	for i, step := range []struct {
		event map[string]any
		says  string
	}{
		{map[string]any{"kind": "text", "text": mark, "language": "en"}, "cs.mjs.bg"},
		{map[string]any{"kind": "button", "data": "lang:en"}, "English"},
		{map[string]any{"kind": "text", "text": "what do you know about me"}, "This is what I keep about you"},
		{map[string]any{"kind": "button", "data": "mydata:file"}, "Here is all that I keep about you"},
	} {
		step.event["event_id"] = fmt.Sprintf("event-%04d", i)
		h.post("/api/v1/conversations/messages", http.Header{"Orientir-Conversation": {token}}, step.event)
		eventually(t, step.says, func() string {
			if _, page, _ := fetch(nil, token); !strings.Contains(page, step.says) {
				return "the bot has not said it: " + page
			}
			return ""
		})
	}
	for name, c := range map[string]struct {
		header http.Header
		cookie string
		want   int
	}{
		"the script's token":      {http.Header{"Orientir-Conversation": {token}}, "", 200},
		"the cookie":              {nil, token, 200},
		"nobody":                  {nil, "", 401},
		"a guessed conversation":  {nil, strings.Repeat("B", 42) + "A", 404},
		"who sits at a terminal":  {http.Header{"Orientir-Conversation": {strings.Repeat("E", 43)}}, "", 404},
		"an address of their own": {http.Header{"Orientir-Conversation": {"1"}}, "", 401},
	} {
		status, page, headers := fetch(c.header, c.cookie)
		if status != c.want {
			t.Errorf("%s: %d, want %d: %s", name, status, c.want, page)
		}
		if status == 200 && (!strings.Contains(page, mark) || !strings.Contains(headers.Get("Content-Disposition"), "attachment") || headers.Get("Cache-Control") != "no-store" || strings.Contains(page, `"chat"`)) {
			t.Errorf("%s: %v %s", name, headers, page)
		}
	}
}

// TestAPersonOnTheWebIsForgottenWhileTheyWait leaves a phone, waits for a librarian and for news, and erases it all: the queue, the database and Redis
// know nothing of them as soon as the goodbye is read.
func TestAPersonOnTheWebIsForgottenWhileTheyWait(t *testing.T) {
	t.Parallel()
	h := newWholeHouse(t)
	if _, err := h.site.staff.Add(t.Context(), staff.Profile{Email: "elena@example.bg", Roles: []staff.Role{staff.Librarian}}, "дълга парола за проба 7"); err != nil {
		t.Fatal(err)
	}
	elena := signIn(t, &program{t: t, url: h.server.URL}, "elena@example.bg", "дълга парола за проба 7")
	header := http.Header{"Orientir-Conversation": {strings.Repeat("A", 43)}}
	sent := 0
	says := func(event map[string]any) {
		t.Helper()
		sent++
		event["event_id"] = fmt.Sprintf("event-%04d", sent)
		h.post("/api/v1/conversations/messages", header, event)
	}
	count := func(what, sql string, want int) {
		t.Helper()
		eventually(t, what, func() string {
			var n int
			if err := h.p.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil || n != want {
				return fmt.Sprint(n, " ", err)
			}
			return ""
		})
	}
	says(map[string]any{"kind": "text", "text": "искам човек за " + mark})
	count("offer", `SELECT count(*) FROM messages WHERE body::text LIKE '%human:yes%'`, 1)
	says(map[string]any{"kind": "button", "data": "human:yes"})
	count("ticket", `SELECT count(*) FROM tickets WHERE state = 'waiting'`, 1)
	says(map[string]any{"kind": "button", "data": "contact"})
	count("asked for a phone", `SELECT count(*) FROM conversations WHERE state::text LIKE '%contact%'`, 1)
	says(map[string]any{"kind": "text", "text": "0888 123 457"})
	count("phone", `SELECT count(*) FROM tickets WHERE contact IS NOT NULL`, 1)
	if page := elena.page("/console/queue"); !strings.Contains(page, "/claim") {
		t.Fatal("nobody waits in the queue")
	}
	var key string
	if err := h.p.pool.QueryRow(t.Context(), `
		WITH s AS (INSERT INTO subscriptions (contact, topics, role, since) SELECT id, '{services}', 'citizen', now() FROM contacts) SELECT key FROM contacts`).Scan(&key); err != nil {
		t.Fatal(err)
	}
	says(map[string]any{"kind": "button", "data": "forget"})
	count("everything is gone at once", `
		SELECT (SELECT count(*) FROM subscriptions) + (SELECT count(*) FROM tickets WHERE contact IS NOT NULL OR conversation IS NOT NULL OR state <> 'closed')
			+ (SELECT count(*) FROM messages WHERE sender = 'person') + (SELECT count(*) FROM answers WHERE question <> '')`, 0)
	if page := elena.page("/console/queue"); strings.Contains(page, mark) || strings.Contains(page, "/claim") {
		t.Error("they wait in the queue")
	}
	stream, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/api/v1/conversations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream.Header = header.Clone()
	response, err := http.DefaultClient.Do(stream)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	goodbye := bufio.NewScanner(response.Body)
	for goodbye.Scan() && !strings.Contains(goodbye.Text(), "Изтрих всичко") {
	}
	eventually(t, "nothing is left", func() string {
		var places []string
		look := func(where, text string) {
			if text = strings.ToLower(text); strings.Contains(text, mark) || strings.Contains(text, strings.ToLower(key)) || len(left(where, text)) > 0 {
				places = append(places, fmt.Sprintf("%s: %.200s", where, text))
			}
		}
		h.everyRow(look)
		for key, value := range redistest.Contents(t) {
			look("Redis", key+" "+value)
		}
		return strings.Join(places, "\n")
	})
	says(map[string]any{"kind": "button", "data": "mydata"}) // a new conversation, of which little is known
	count("a new contact", `SELECT count(*) FROM contacts`, 1)
}
