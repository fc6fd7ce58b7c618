package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"orientir/handoff/staff"
)

// notKept are the routes whose form isn't shown again to somebody whose session has ended, and why.
var notKept = map[string]string{
	"POST /console/chats/{id}/busy": "its script asks",
	"POST /console/chats/{id}/seen": "its script asks",
}

// TestWhatWasTypedOutlivesTheSession sends each form after the session's end, and after its role began to want a second step.
func TestWhatWasTypedOutlivesTheSession(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()})
	out, held := b.as(a), b.as(a)
	b.exec(`DELETE FROM staff_sessions WHERE token_hash = sha256($1::bytea)`, []byte(out.cookie(cookieName).Value))
	if err := b.staff.SetSecondStepRoles(b.ctx, 0, []staff.Role{staff.Admin}); err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`\{(id|a|number)\}`)
	asked := 0
	for _, route := range Routes() {
		path, posts := strings.CutPrefix(route.Pattern, "POST ")
		if !posts || route.Public {
			continue
		}
		path = strings.ReplaceAll(number.ReplaceAllString(path, "1"), "{slug}", "criminal-record")
		want := !hasSecrets(path) && notKept[route.Pattern] == ""
		for name, w := range map[string]*browser{"Сесията изтече": out, "Вече Ви трябва втора стъпка": held} {
			if w == held && (!want || path == "/console/sign-out") {
				continue
			}
			asked++
			got := w.post(path+"?at=2", "words", "какво <b>написах</b>", "proof", "таен низ")
			kept := got.code == http.StatusUnauthorized && strings.Contains(got.body, name) && strings.Contains(got.body, `action="`+path+`?at=2"`) &&
				strings.Contains(got.body, `name="words" value="какво &lt;b&gt;написах&lt;/b&gt;"`)
			if kept != want || strings.Contains(got.body, "таен низ") || !want && got.code != http.StatusSeeOther && got.code != http.StatusUnauthorized {
				t.Errorf("%s: %d, %s", route.Pattern, got.code, got.body)
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d forms were sent", asked)
	}
}
