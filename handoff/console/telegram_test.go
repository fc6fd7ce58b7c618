package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
)

func TestTelegramIsLinkedByACode(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "m@example.bg", Roles: []staff.Role{staff.Librarian}})
	w := b.as(a)
	w.get("/console/account").has(t, "Покажи код")
	w.post("/console/account/telegram").has(t, "Потвърдете, че сте Вие", `href="/console/account"`)
	if got := w.post("/console/account/telegram", "proof", password); got.location != "/console/account#telegram" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := w.get("/console/account")
	code := regexp.MustCompile(`/link ([0-9A-Z]{4}-[0-9A-Z]{4})<`).FindStringSubmatch(page.body)
	if code == nil {
		t.Fatalf("no code on the page:\n%s", page.body)
	}
	page.has(t, "https://t.me/orientir_bot?start=link-"+code[1][:4]+code[1][5:])
	w.get("/console/account").lacks(t, code[1]) // shown once
	if _, _, err := b.staff.LinkTelegram(b.ctx, 70, code[1]); err != nil {
		t.Fatal(err)
	}
	w.get("/console/account").has(t, "Прекъсни връзката")
	w.post("/console/account/telegram/remove")
	w.get("/console/account").has(t, "Връзката с Telegram е прекъсната.", "Покажи код")
	if said := b.told.words(70); len(said) != 1 || !strings.Contains(said[0], "вече не е свързан") || !strings.Contains(said[0], "no longer linked") {
		t.Errorf("it is told %q", said)
	}
	if _, ok, err := b.staff.TelegramOf(b.ctx, b.pool, a.ID); ok || err != nil {
		t.Error(ok, err)
	}
}

// TestATelegramThatHangsIsWaitedForOnce opens pages with the bot's name while it doesn't answer.
func TestATelegramThatHangsIsWaitedForOnce(t *testing.T) {
	b := setup(t)
	b.told.hangs.Store(true)
	w := b.as(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}}))
	for _, path := range []string{"/console/account", "/console/groups", "/console/account"} {
		if got := w.get(path); got.code != http.StatusOK {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	if asked := b.told.asked.Load(); asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
}

func TestTelegramCodeIsAccessible(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	a := b.account(staff.Profile{Email: "m@example.bg", Roles: []staff.Role{staff.Librarian}})
	w := open(t)
	w.signIn(b, a)
	b.exec(`UPDATE staff_sessions SET proved_at = now()`)
	w.do(chromedp.Navigate(b.URL+"/console/account"), chromedp.Click(`form[action="/console/account/telegram"] button`, chromedp.NodeVisible))
	w.is(`document.querySelector('.code')`)
	w.accessible("telegram code")
}
