package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"orientir/bot/telegram/telegramtest"
	"orientir/handoff/staff"
)

// What is planted where. In what is published an office's phones, addresses and accounts are right; an ЕГН, an ЛНЧ or a card never is.
// In what editors write to each other no document, code or password is either.
const (
	published = "ЕГН 6101057509, ЛНЧ 1015000128, карта 4111 1111 1111 1111"
	internal  = published + ", лична карта № 641234567, пикът ми е 123456789012"
)

// plant is the longest of what may not stay that fits in so many letters.
func plant(words string, most int) string {
	for _, w := range []string{words, published, "карта 4111 1111 1111 1111", "ЕГН 6101057509", "6101057509"} {
		if most <= 0 || len([]rune(w)) <= most {
			return w
		}
	}
	return ""
}

// plantElsewhere writes personal numbers on the ways that people seldom think of.
func plantElsewhere(t *testing.T, h *wholeHouse, maria *telegramtest.Person) {
	h.run(h.site.group.Run, h.site.worklist.Run)
	web := &program{t: t, double: h.double, url: h.server.URL}

	// In words, in two lines, and in two messages one after the other.
	ivan := h.double.Person(8, "Иван 6101057509", "bg")
	ivan.Say("ЕГН-то ми е шест едно нула едно нула пет седем пет нула девет")
	ivan.Say("картата е 4111 1111\n1111 1111")
	ivan.Say("моето ЕГН е 610105")
	ivan.Say("7509")

	// A report on a guide's page, the address of a page that is not there, an agent, and everything that is typed to sign in.
	http.DefaultClient.PostForm(h.server.URL+"/guides/criminal-record/report", url.Values{"part": {"contact"}, "text": {"сгрешено е. " + personal}})
	for _, path := range []string{"/" + url.PathEscape(personal), "/?q=" + url.QueryEscape(personal), "/api/v1/" + url.PathEscape(personal), "/continue?code=6101057509",
		"/guides?q=" + url.QueryEscape(personal), "/libraries/6101057509", "/console/" + url.PathEscape(personal), "/console/chats/6101057509", "/console/sign-in?next=" + url.QueryEscape("/console/"+personal),
		"/news/6101057509", "/stats.json?region=" + url.QueryEscape(personal), "/kiosk/6101057509"} {
		r, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", "Firefox/1 Linux 6101057509")
		r.Header.Set("Referer", "https://example.bg/?egn=6101057509")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	for _, form := range []url.Values{{"email": {"6101057509"}, "password": {"6101057509"}}, {"email": {"6101057509@example.bg"}, "password": {"4111 1111 1111 1111"}}} {
		resp, err := http.DefaultClient.PostForm(h.server.URL+"/console/sign-in", form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	// What a client of the programming interface may name as it likes.
	for i, id := range []string{"6101057509", "4111-1111-1111-1111"} {
		h.post("/api/v1/conversations/messages", http.Header{"Orientir-Conversation": {strings.Repeat("C", 43)}},
			map[string]any{"event_id": id, "kind": "text", "text": strconv.Itoa(i) + " " + personal, "place": "61010", "library": "6101057509"})
	}

	// A terminal in a library.
	for i, text := range []string{"винетка. " + personal, personal} {
		h.post("/api/v1/conversations/messages", http.Header{"Orientir-Conversation": {strings.Repeat("E", 43)}},
			map[string]any{"event_id": fmt.Sprintf("kiosk-%04d", i), "kind": "text", "text": text, "library": "vratsa"})
	}

	// Signing up for a training, with a «first name».
	ivan.Say("/trainings Враца")
	tapped := func(who *telegramtest.Person, action string) {
		t.Helper()
		eventually(t, "button "+action, func() string {
			if tap(web, who, action) {
				return ""
			}
			return "there is none"
		})
	}
	tapped(ivan, "course:")
	tapped(ivan, "course:join:")
	eventually(t, "the name", func() string { return heard(web, ivan.ID, "име") })
	ivan.Say("Иван 6101057509")

	// Telegram's own words about a message that it refuses.
	h.double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 400, Words: "Bad Request: can't parse \"" + personal + "\" in chat 8"})
	ivan.Say("/help")
	eventually(t, "the refusal", func() string {
		var refused int
		if err := h.p.pool.QueryRow(t.Context(), `SELECT count(*) FROM messages WHERE failed_at IS NOT NULL`).Scan(&refused); err != nil || refused == 0 {
			return fmt.Sprint("no message was refused, ", err)
		}
		return ""
	})

	// Librarians in a group: its title, their names, words, edits and commands.
	link := typedCode.FindString(signIn(t, web, "elena@example.bg", "дълга парола за проба 7").submit("/console/account/telegram", url.Values{"proof": {"дълга парола за проба 7"}}))
	elena := h.double.Person(20, "Елена 6101057509", "bg")
	elena.Say(link)
	eventually(t, "link", func() string { return heard(web, elena.ID, "вече е свързан") })
	if _, err := h.site.staff.Add(t.Context(), staff.Profile{Email: "admin@example.bg", Name: "Админ", Roles: []staff.Role{staff.Admin}}, "дълга парола за проба 7"); err != nil {
		t.Fatal(err)
	}
	group := h.double.Group(-1001, "Екип 6101057509")
	elena.SayIn(group, 0, typedCode.FindString(signIn(t, web, "admin@example.bg", "дълга парола за проба 7").submit("/console/groups", url.Values{"library": {""}, "proof": {"дълга парола за проба 7"}})))
	eventually(t, "connection", func() string { return heard(web, group.ID, "Групата вече работи за") })
	elena.SayIn(group, 0, "/connect "+personal)
	askForAPerson(t, web, maria)
	maria.Say("пиша още. " + personal)
	var thread int
	eventually(t, "topic", func() string {
		for _, topic := range group.Topics() {
			if thread = topic.Thread; len(group.Sent(thread)) > 0 {
				return ""
			}
		}
		return "there is none"
	})
	said := elena.SayIn(group, thread, "бележка. "+personal)
	elena.EditIn(group, said, "бележка, пак. "+personal)
	h.double.WaitAnswer(t, elena.PressIn(group, group.Sent(thread)[0], "take"))
	elena.SayIn(group, thread, "Добър ден. "+personal)
	eventually(t, "the group's words", func() string { return heard(web, maria.ID, "Добър ден. ЕГН [ЕГН скрито]") })
	for _, m := range group.Sent(thread) {
		if places := left("the group", m.Text); len(places) > 0 {
			t.Error(places)
		}
	}

	// Errors that quote what they were given.
	for _, err := range []error{
		h.p.pool.QueryRow(t.Context(), `SELECT $1::text::int`, personal).Scan(new(int)),
		h.p.pool.QueryRow(t.Context(), `SELECT $1::int`, "6101057509").Scan(new(int)),
		func() error {
			_, err := h.p.pool.Exec(t.Context(), `INSERT INTO glossary (term, meaning, origin) VALUES ('6101057509', 'a', 'editor'), ('6101057509', 'b', 'editor')`)
			return err
		}(),
	} {
		if err == nil {
			t.Fatal("no error")
		}
		h.p.log.Error("something failed", "path", "/console/"+personal, "err", fmt.Errorf("do it: %w", err), slog.Group("more", "words", personal))
	}
}

// Redis: every key and value that there was at any time. The database dumped as text. The metrics.
func (h *wholeHouse) foundBeside() (places []string) {
	h.Helper()
	kept := h.kept()
	for _, kind := range []string{"limit:", "seen:"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(kept)), func(key string) bool { return strings.Contains(key, kind) }) {
			h.Errorf("no key of the kind %s was in Redis: %q", kind, slices.Sorted(maps.Keys(kept)))
		}
	}
	for key, values := range kept {
		places = append(places, left("Redis", key+" "+strings.Join(values, " "))...)
	}
	families, err := h.metrics.Gather()
	if err != nil {
		h.Fatal(err)
	}
	for _, f := range families {
		places = append(places, left("the metrics", f.String())...)
	}
	dump, err := exec.Command("pg_dump", "--dbname="+h.p.pool.Config().ConnString()).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		h.Fatalf("pg_dump: %s", exit.Stderr)
	}
	if err != nil || len(dump) < 100_000 {
		h.Fatal("pg_dump", len(dump), err)
	}
	for line := range strings.Lines(string(dump)) {
		places = append(places, left("the dump", line)...)
	}
	return places
}

// numbers are typed wherever there is room for them.
type numbers struct{}

func (numbers) text(where string, most int) string {
	action, field, _ := strings.Cut(where, " ")
	if strings.HasPrefix(action, "/console/people/") { // a name with a number in it is refused
		return "Нова"
	}
	return plant(wordsFor(action, field), most)
}

func (numbers) mark(string) string { return "nova" }

// TestStaffFormsKeepNoPersonalNumbers goes through the staff site as somebody with every role, writes personal numbers into every field of
// every form that it finds, and looks for them in the whole database and in the log. A new form is found by itself.
func TestStaffFormsKeepNoPersonalNumbers(t *testing.T) {
	t.Parallel()
	g := guard(t, "TELEGRAM_WEBHOOK_SECRET", "", "ORIENTIR_RATE_LIMITS", "on")
	g.works()
	g.must(g.program.store.AllowHost(g.ctx, "mjs.bg", "test"))
	w, account := g.staff(staff.Profile{Email: "all@example.bg", Name: "Всички", Roles: staff.Roles()})
	c := newClerk(w, account.ID, numbers{}, func(path string, got reply) {
		if got.code >= 500 {
			t.Errorf("%s: %d", path, got.code)
		}
	})
	g.exec(`UPDATE staff_sessions SET proved_at = now() + interval '1 hour'`) // forms that ask who sends them are taken
	colleague, _ := g.staff(staff.Profile{Email: "colleague@example.bg", Name: "Колежка", Roles: []staff.Role{staff.Librarian, staff.Editor}})
	first := append(c.first(), "/console/guides/by-zip-publish")
	plantGuideFiles(colleague)
	plantTables(g)
	if got := w.post("/console/people/new", url.Values{"name": {"ЕГН 6101057509"}, "email": {"b@example.bg"}, "role": {"librarian"}}); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a colleague's name with a personal number: %d", got.code)
	}
	c.plantCases(colleague, func(where string, _ int) string {
		if where == "words about a hand-over" { // with more, a guide would answer them
			return "0888 123 457, nenamira.se@example.bg"
		}
		return personal
	})
	if page := "/console/guides/by-zip-review"; !c.again(lateForm{page: page, action: page + "/return"}, true) {
		t.Error("a colleague's draft can't be given back")
	}
	c.round(400, first)
	c.round(200, first)
	c.ends()
	c.allTaken()
	for line := range strings.Lines(g.log.String()) {
		if strings.Contains(line, "level=ERROR") {
			t.Error(line)
		}
	}
	if places := append(g.house().found(), g.house().foundBeside()...); len(places) > 0 {
		t.Errorf("personal numbers are left:\n%s", strings.Join(places, "\n"))
	}
}

// wordsFor is what may not stay in a field.
func wordsFor(action, field string) string {
	for _, with := range []string{"/console/chats/", "/console/canned", "/console/worklist"} {
		if strings.HasPrefix(action, with) {
			return personal
		}
	}
	if slices.Contains([]string{"notes", "word", "why"}, field) {
		return internal
	}
	return published
}
