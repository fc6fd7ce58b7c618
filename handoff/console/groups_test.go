package console

import (
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
)

// connect makes a group of a library, as if the code had been sent there.
func (b *bundle) connect(by staff.Account, chat int64, title, library, fault string) {
	b.Helper()
	b.exec(`INSERT INTO telegram_groups (chat, title, help_point, connected_by, connected_at, fault, fault_at, probe_at)
		VALUES ($1, $2, $3, $4, now(), $5, CASE WHEN $5 <> '' THEN now() END, CASE WHEN $5 <> '' THEN now() END)`, chat, title, library, by.ID, fault)
}

func TestGroupIsConnectedByACode(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin, staff.Supervisor}})
	l := b.account(staff.Profile{Email: "l@example.bg", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	w := b.as(a)
	w.get("/console/groups?words=враца").has(t, "Още няма свързана група", "Христо Ботев", `value="vratsa"`)
	w.post("/console/groups", "library", "vratsa").has(t, "Потвърдете, че сте Вие", `href="/console/groups"`)
	got := w.post("/console/groups", "library", "vratsa", "proof", password)
	if got.location != "/console/groups?for=vratsa" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	page := w.get(got.location)
	page.has(t, "Код за: ", "Христо Ботев", "@orientir_bot")
	if !regexp.MustCompile(`/connect [0-9A-Z]{4}-[0-9A-Z]{4}<`).MatchString(page.body) {
		t.Errorf("no code on the page:\n%s", page.body)
	}
	if got := w.post("/console/groups", "library", "nowhere"); got.code != 404 {
		t.Errorf("an unknown library: %d", got.code)
	}
	b.connect(a, -1001, "Екип Враца", "vratsa", "no-topics")
	w.get("/console/groups").has(t, "Екип Враца", "Не работи", "управлява теми")
	banner := "Групата „Екип Враца“ в Telegram не работи."
	b.as(l).get("/console/queue").has(t, banner)
	w.get("/console/queue").has(t, banner)
	b.exec(`UPDATE staff_libraries SET help_point = 'vratsa'`)
	other := b.account(staff.Profile{Email: "o@example.bg", Roles: []staff.Role{staff.Librarian}})
	b.as(other).get("/console/queue").lacks(t, banner)
	w.post("/console/groups/-1001/remove")
	w.get("/console/groups").has(t, "Групата вече не е свързана.", "Още няма свързана група")
}

func TestGroupsAreAccessible(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	b.connect(a, -1001, "Екип Враца", "vratsa", "not-admin")
	w := open(t)
	w.signIn(b, a)
	b.exec(`UPDATE staff_sessions SET proved_at = now()`)
	w.do(chromedp.Navigate(b.URL + "/console/queue"))
	w.accessible("queue with a broken group")
	w.do(chromedp.Navigate(b.URL + "/console/groups?words=" + "Враца"))
	w.accessible("groups")
	w.do(chromedp.Navigate(b.URL+"/console/groups"), chromedp.Click(`input[name="library"][value=""] + button`, chromedp.NodeVisible))
	w.is(`document.querySelector('.command')`)
	w.accessible("group code")
}
