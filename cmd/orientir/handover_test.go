package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"orientir/bot/telegram/telegramtest"
)

// desk is a member of staff in a browser without scripts.
type desk struct {
	t      *testing.T
	p      *program
	client *http.Client
}

func signIn(t *testing.T, p *program, email, password string) *desk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t, p, &http.Client{Jar: jar}}
	page := d.submit("/console/sign-in", url.Values{"email": {email}, "password": {password}})
	if strings.Contains(page, `name="password"`) {
		t.Fatalf("%s can't sign in", email)
	}
	return d
}

func (d *desk) page(path string) string {
	d.t.Helper()
	resp, err := d.client.Get(d.p.url + path)
	return d.read(resp, err)
}

// submit sends a form and gives the page that it leads to.
func (d *desk) submit(path string, form url.Values) string {
	d.t.Helper()
	resp, err := d.client.PostForm(d.p.url+path, form)
	return d.read(resp, err)
}

func (d *desk) read(resp *http.Response, err error) string {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(page)
}

var claimPath = regexp.MustCompile(`/console/chats/\d+/claim`)

// handOver brings a person on Telegram to a librarian in the browser and back.
func handOver(t *testing.T, p *program, maria *telegramtest.Person) {
	elena := signIn(t, p, "elena@example.bg", "дълга парола за проба 7")
	askForAPerson(t, p, maria)
	var claim string
	eventually(t, "queue", func() string {
		page := elena.page("/console/queue")
		if strings.Contains(page, "Мария") {
			t.Fatal("the staff see the name from Telegram")
		}
		claim = claimPath.FindString(page)
		if claim == "" {
			return "nobody waits"
		}
		return ""
	})
	chat := strings.TrimSuffix(claim, "/claim")
	if page := elena.submit(claim, nil); !strings.Contains(page, "imam li globi ot kat") {
		t.Error("the librarian doesn't see what was asked before")
	}
	elena.submit(chat+"/reply", url.Values{"text": {"Добър ден, тук съм. С какво да помогна?"}})
	eventually(t, "reply", func() string { return heard(p, maria.ID, "Добър ден, тук съм.") })

	before := len(p.double.Sent(maria.ID))
	maria.Say("как се плаща глобата")
	eventually(t, "transcript", func() string {
		if !strings.Contains(elena.page(chat), "как се плаща глобата") {
			return "the librarian doesn't see the question"
		}
		return ""
	})
	elena.submit(chat+"/reply", url.Values{"text": {"С карта, на сайта на МВР."}})
	eventually(t, "second reply", func() string { return heard(p, maria.ID, "С карта, на сайта на МВР.") })
	if n := len(p.double.Sent(maria.ID)) - before; n != 1 {
		t.Errorf("the bot spoke while the librarian held the chat: %d messages", n)
	}

	elena.submit(chat+"/close", url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"fine"}})
	maria.Say("имам ли валидна винетка")
	eventually(t, "the bot again", func() string { return heard(p, maria.ID, "bgtoll.bg") })
}
