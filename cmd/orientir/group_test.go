package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

var typedCode = regexp.MustCompile(`/(?:link|connect) [0-9A-Z]{4}-[0-9A-Z]{4}`)

// withoutAnswers is the whole program but for its answers, which take a minute to learn, on test servers and Telegram's double.
func withoutAnswers(t *testing.T) (*program, *site) {
	t.Helper()
	p := &program{t: t, double: telegramtest.New(t, telegramtest.Options{})}
	config, err := LoadConfig(func(name string) string {
		return map[string]string{"TELEGRAM_BOT_TOKEN": p.double.Token, "TELEGRAM_API_URL": p.double.URL, "ORIENTIR_DATA_DIR": t.TempDir()}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	pool := postgrestest.New(t)
	whole := &Program{config: config, log: slog.New(slog.DiscardHandler), pool: pool, redis: redistest.New(t), store: knowledge.NewStore(pool)}
	whole.answerer = retrieval.New(pool, whole.store, retrieval.Options{})
	site, err := whole.build(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site.handler)
	p.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{
		site.engine.Run, site.desk.Run, site.group.Run, func(ctx context.Context) error { return site.telegram.Run(ctx, site.engine) },
	} {
		running.Go(func() { _ = run(ctx) })
	}
	t.Cleanup(func() { cancel(); running.Wait(); server.CloseClientConnections(); server.Close() })
	return p, site
}

// askForAPerson lets somebody on Telegram ask for a librarian and say yes to the desk that is offered.
func askForAPerson(t *testing.T, p *program, person *telegramtest.Person) {
	t.Helper()
	person.Say("/librarian")
	eventually(t, "offer", func() string {
		if tap(p, person, "human:yes") {
			return ""
		}
		return "nobody asked whether to hand over"
	})
}

// tap presses the first button whose action begins so, of all that the person was sent; false where there is none.
func tap(p *program, person *telegramtest.Person, action string) bool {
	for _, m := range p.double.Sent(person.ID) {
		for _, b := range m.Buttons {
			if strings.HasPrefix(b.Data, action) {
				person.Press(m, b.Data)
				return true
			}
		}
	}
	return false
}

// TestLibrarianInAGroup brings a person on Telegram to a librarian who works in a group, through the whole program but for its answers,
// and forgets it all.
func TestLibrarianInAGroup(t *testing.T) {
	t.Parallel()
	p, site := withoutAnswers(t)
	for email, role := range map[string]staff.Role{"elena@example.bg": staff.Librarian, "admin@example.bg": staff.Admin} {
		if _, err := site.staff.Add(t.Context(), staff.Profile{Email: email, Roles: []staff.Role{role}}, "дълга парола за проба 7"); err != nil {
			t.Fatal(err)
		}
	}

	elena := p.double.Person(20, "Елена", "bg")
	link := typedCode.FindString(signIn(t, p, "elena@example.bg", "дълга парола за проба 7").submit("/console/account/telegram", url.Values{"proof": {"дълга парола за проба 7"}}))
	elena.Say(link)
	eventually(t, "link", func() string { return heard(p, elena.ID, "вече е свързан") })

	group := p.double.Group(-1001, "Националният екип")
	connect := typedCode.FindString(signIn(t, p, "admin@example.bg", "дълга парола за проба 7").submit("/console/groups", url.Values{"library": {""}, "proof": {"дълга парола за проба 7"}}))
	elena.SayIn(group, 0, connect)
	eventually(t, "connection", func() string { return heard(p, group.ID, "Групата вече работи за") })

	georgi := p.double.Person(21, "Георги", "bg")
	askForAPerson(t, p, georgi)
	var thread int
	eventually(t, "topic", func() string {
		for _, topic := range group.Topics() {
			if strings.Contains(topic.Name, "Георги") {
				t.Fatal("the group sees the name from Telegram")
			}
			if thread = topic.Thread; len(group.Sent(thread)) > 0 {
				return ""
			}
		}
		return "there is no topic with a message"
	})
	query := elena.PressIn(group, group.Sent(thread)[0], "take")
	if words := p.double.WaitAnswer(t, query); !strings.Contains(words, "Разговорът е Ваш") {
		t.Fatalf("the button answers %q", words)
	}
	elena.SayIn(group, thread, "Добър ден, пиша от групата.")
	eventually(t, "reply", func() string { return heard(p, georgi.ID, "Добър ден, пиша от групата.") })
	georgi.Say("колко струва")
	eventually(t, "the person's words", func() string { return heard(p, group.ID, "колко струва") })
	georgi.Say("/forget")
	eventually(t, "the way to be forgotten", func() string {
		if len(group.Topics()) == 0 {
			return ""
		}
		if tap(p, georgi, "forget") {
			return "asked to be sure"
		}
		return "the topic is still there"
	})
}
