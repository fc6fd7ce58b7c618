package console

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// proven is a browser in which an account has signed in and has proved itself just now.
func (b *bundle) proven(a staff.Account) *browser {
	b.Helper()
	w := b.as(a)
	b.exec(`UPDATE staff_sessions SET proved_at = now() WHERE staff = $1`, a.ID)
	return w
}

// done says how often something stands in the audit log.
func (b *bundle) done(verb string) (n int) {
	b.Helper()
	if err := b.pool.QueryRow(b.ctx, `SELECT count(*) FROM audit_log WHERE verb = $1`, verb).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// TestAStolenSessionTakesNoAccountOver sends with an administrator's cookie alone each form that would.
func TestAStolenSessionTakesNoAccountOver(t *testing.T) {
	b := setup(t)
	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin, staff.Supervisor}})
	other := b.account(staff.Profile{Email: "other@example.bg", Roles: []staff.Role{staff.Admin}})
	last := b.account(staff.Profile{Email: "last@example.bg", Roles: []staff.Role{staff.Admin}})
	kept := b.account(staff.Profile{Email: "out@example.bg", Roles: []staff.Role{staff.Librarian}})
	if err := b.staff.SetActive(b.ctx, admin.ID, kept.ID, false); err != nil {
		t.Fatal(err)
	}
	b.rules(knowledge.EditingRules{SecondEditor: true})
	target := b.account(staff.Profile{Email: "t@example.bg", Name: "Т", Roles: []staff.Role{staff.Librarian}})
	b.setUpStep(b.as(target))
	person := "/console/people/" + id(target)
	for name, act := range map[string]struct {
		path string
		form []string
		verb string
	}{
		"a link for a password":      {person + "/link", nil, "account.link"},
		"a link for one's own":       {"/console/people/" + id(admin) + "/link", nil, "account.link"},
		"a new administrator":        {"/console/people/new", []string{"email", "new@example.bg", "name", "Н", "role", "admin"}, "account.add"},
		"another role":               {person, []string{"email", "t@example.bg", "name", "Т", "role", "librarian", "role", "admin"}, "account.change"},
		"another address":            {person, []string{"email", "thief@example.bg", "name", "Т", "role", "librarian", "role", "admin"}, "account.change"},
		"who was kept out, in again": {"/console/people/" + id(kept) + "/active", []string{"active", "yes"}, "account.activate"},
		"somebody's second step":     {person + "/second-step", nil, "account.second-step-reset"},
		"a library's group":          {"/console/groups", []string{"library", "vratsa"}, "group.code"},
		"one's own Telegram":         {"/console/account/telegram", nil, "account.telegram-code"},
		"the rule":                   {"/console/people/second-step", []string{"role", "editor"}, "rules.second-step"},
		"an administrator kept out":  {"/console/people/" + id(last) + "/active", []string{"active", "no"}, "account.deactivate"},
		"an administrator signs out": {"/console/people/" + id(other) + "/sessions", nil, "session.end-all"},
		"a host for false links":     {"/console/hosts", []string{"host", "evil.example"}, "host.allow"},
		"no second editor":           {"/console/rules", []string{"grace", "30"}, "rules.change"},
		"what people said":           {"/console/transcripts/export", []string{"what", "words"}, "transcript.export"},
	} {
		w := b.as(admin)
		before := b.done(act.verb)
		asked := w.post(act.path, act.form...)
		if asked.code != http.StatusOK || b.done(act.verb) != before {
			t.Errorf("%s without a proof: %d", name, asked.code)
		}
		asked.has(t, "Потвърдете, че сте Вие", "въведете паролата си", `action="`+act.path+`"`)
		for i := 0; i < len(act.form); i += 2 {
			asked.has(t, `type="hidden" name="`+act.form[i]+`" value="`+act.form[i+1]+`"`)
		}
		for _, wrong := range []string{"", "не е тази парола", "123456"} {
			got := w.post(act.path, append(act.form, "proof", wrong)...)
			if got.code != http.StatusUnprocessableEntity || b.done(act.verb) != before {
				t.Errorf("%s with the proof %q: %d", name, wrong, got.code)
			}
			got.lacks(t, "не е тази парола")
		}
		if got := w.post(act.path, append(act.form, "proof", password)...); got.code != http.StatusSeeOther && got.header.Get("Content-Disposition") == "" || b.done(act.verb) != before+1 {
			t.Errorf("%s with the password: %d %s", name, got.code, got.body)
		}
	}
	// What only keeps out, or is only a name, goes at once.
	for path, form := range map[string][]string{
		"/console/people/" + id(kept):                {"email", kept.Email, "name", "Друго", "role", "librarian"},
		"/console/people/" + id(kept) + "/sessions":  nil,
		"/console/people/" + id(admin) + "/sessions": nil,
		"/console/people/" + id(kept) + "/active":    {"active", "no"},
		"/console/rules":                             {"second", "yes", "grace", "30"},
		"/console/hosts/remove":                      {"host", "mjs.bg"},
	} {
		w := b.as(admin)
		if got := w.post(path, form...); got.code != http.StatusSeeOther {
			t.Errorf("%s asks for a proof: %d", path, got.code)
		}
	}
	b.as(admin).post(person+"/link").has(t, `<a class="up" href="`+person+`"`) // whoever would rather not goes back where they came from
	// One proof is enough for a while, in this session and no other.
	thief, w := b.as(admin), b.as(admin)
	w.post(person+"/link", "proof", password)
	if got := w.post(person + "/link"); got.code != http.StatusSeeOther {
		t.Errorf("asked again at once: %d", got.code)
	}
	thief.post(person+"/link").has(t, "Потвърдете, че сте Вие")
	b.exec(`UPDATE staff_sessions SET proved_at = proved_at - interval '5 minutes'`)
	w.post(person+"/link").has(t, "Потвърдете, че сте Вие")
}

// TestWithASecondStepTheProofIsACode takes neither the password nor a code twice.
func TestWithASecondStepTheProofIsACode(t *testing.T) {
	b := setup(t)
	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	w := b.as(admin)
	p, codes := b.setUpStep(w)
	const path = "/console/people/second-step"
	w.post(path).has(t, "въведете код от телефона си", `autocomplete="one-time-code"`)
	for _, wrong := range []string{password, p.code(), "000000"} { // the code has turned the step on
		if got := w.post(path, "proof", wrong); got.code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", wrong, got.code)
		}
	}
	b.clock.later(time.Minute)
	if got := w.post(path, "proof", p.code()); got.code != http.StatusSeeOther {
		t.Errorf("the code: %d", got.code)
	}
	b.exec(`UPDATE staff_sessions SET proved_at = NULL`)
	if got := w.post(path, "proof", codes[0]); got.code != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", got.code)
	}
	b.exec(`UPDATE staff_sessions SET proved_at = NULL`)
	refused := b.done("session.refuse")
	var last answer
	for range 5 {
		last = w.post(path, "proof", "000000")
	}
	if last.location != "/console/sign-in" || b.done("session.refuse") != refused+5 || b.done("session.doubt") != 1 {
		t.Errorf("guesses go on, or leave no trace: %d %s", last.code, last.location)
	}
	w.get("/console/sign-in").has(t, "Сесията Ви приключи")
	// The session has ended, and nothing else: its owner signs in, in this very browser.
	w.post("/console/sign-in", "email", admin.Email, "password", password)
	if got := w.post("/console/sign-in/code", "code", codes[1]); got.code != http.StatusSeeOther {
		t.Errorf("the owner is shut out: %d", got.code)
	}
}

// TestAnOpenDeskIsNotBoundToAStrangersPhone begins a second step in a session that nobody sits at.
func TestAnOpenDeskIsNotBoundToAStrangersPhone(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	w := b.as(a)
	b.exec(`UPDATE staff_sessions SET created_at = created_at - interval '5 minutes'`)
	w.post(secondStepPath).has(t, "въведете паролата си", `href="`+secondStepPath+`"`)
	w.get(secondStepPath).lacks(t, "<svg")
	if got := w.post(secondStepPath, "proof", "не е тази парола"); got.code != http.StatusUnprocessableEntity || b.done("account.second-step-begin") != 0 {
		t.Errorf("a wrong password: %d", got.code)
	}
	if got := w.post(secondStepPath, "proof", password); got.location != secondStepPath {
		t.Errorf("the password: %d %s", got.code, got.location)
	}
	w.get(secondStepPath).has(t, "<svg")
}

// TestAStolenSessionGuessesFewPasswords tries old passwords in the form that changes it.
func TestAStolenSessionGuessesFewPasswords(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	owner := b.as(a)
	thief := owner.stolen()
	if got := owner.post("/console/account/password", "old", password, "password", "къса"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a short new one: %d", got.code)
	}
	for n := range 5 {
		got := thief.post("/console/account/password", "old", "не е тази парола", "password", "друга дълга парола")
		if want := n == 4; (got.location == "/console/sign-in") != want || got.code == http.StatusUnprocessableEntity == want {
			t.Errorf("guess %d: %d %s", n+1, got.code, got.location)
		}
	}
	if refused := b.done("session.refuse"); refused != 5 || owner.inside() {
		t.Errorf("%d refusals are recorded, and the session lives: %v", refused, owner.inside())
	}
	if !b.as(a).inside() {
		t.Error("the owner is shut out")
	}
}

// TestAWaitingSecretIsOfOneSession looks from a stolen session at a second step that its owner sets up in theirs, and confirms it there.
func TestAWaitingSecretIsOfOneSession(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	owner, thief := b.as(a), b.as(a)
	owner.post(secondStepPath)
	shown := secretShown.FindStringSubmatch(owner.get(secondStepPath).body)
	if shown == nil {
		t.Fatal("its owner doesn't see it")
	}
	thief.get(secondStepPath).lacks(t, `class="secret"`, "<svg")
	p := phone{b, strings.ReplaceAll(shown[1], " ", "")}
	if got := thief.post(secondStepPath+"/confirm", "code", p.code()); got.code != http.StatusSeeOther || b.done("account.second-step-on") != 0 {
		t.Errorf("the thief turns it on: %d", got.code)
	}
	if got := owner.post(secondStepPath+"/confirm", "code", p.code()); got.code != http.StatusOK {
		t.Errorf("its owner doesn't: %d", got.code)
	}
}

// TestWithoutAKeyEverybodyStillGetsIn loses the secret key while administrators need a second step.
func TestWithoutAKeyEverybodyStillGetsIn(t *testing.T) {
	b := setup(t)
	admin := b.account(staff.Profile{Email: "admin@example.bg", Roles: []staff.Role{staff.Admin}})
	has := b.account(staff.Profile{Email: "has@example.bg", Roles: []staff.Role{staff.Librarian}})
	p, codes := b.setUpStep(b.as(has))
	if err := b.staff.SetSecondStepRoles(b.ctx, admin.ID, []staff.Role{staff.Admin}); err != nil {
		t.Fatal(err)
	}
	if got := b.as(admin).get("/console/people"); got.location != secondStepPath {
		t.Fatalf("the rule isn't held to: %d %s", got.code, got.location)
	}
	deps := b.site.Deps
	deps.Staff = staff.NewLightStore(b.pool, staff.Options{Now: b.clock.now})
	handler, err := New(deps, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(handler)
	t.Cleanup(b.Server.Close)
	w := b.as(admin)
	w.get("/console/people").has(t, "няма таен ключ", "правилото за задължителна втора стъпка не важи", "Махни правилото")
	if got := w.post("/console/people/second-step", "proof", password); got.code != http.StatusSeeOther {
		t.Errorf("the rule can't be taken back: %d", got.code)
	}
	w.get("/console/people").lacks(t, "Махни правилото")
	half := b.browser()
	half.post("/console/sign-in", "email", has.Email, "password", password)
	b.clock.later(time.Minute)
	if got := half.post("/console/sign-in/code", "code", p.code()); got.code != http.StatusServiceUnavailable || !strings.Contains(got.body, "Въведете резервен код") {
		t.Errorf("a code that can't be looked at: %d", got.code)
	}
	if got := half.post("/console/sign-in/code", "code", codes[0]); got.code != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", got.code)
	}
}

// TestTriesTellNoAddress looks for a network's and an account's plain hash among what is kept of failed tries.
func TestTriesTellNoAddress(t *testing.T) {
	b := setup(t)
	b.browser().post("/console/sign-in", "email", "ivan@example.bg", "password", "не е тази парола")
	var all, plain int
	hash := func(words string) []byte {
		h := sha256.Sum256([]byte(words))
		return h[:]
	}
	err := b.pool.QueryRow(b.ctx, `SELECT count(*), count(*) FILTER (WHERE key = ANY ($1)) FROM staff_sign_in_tries`, [][]byte{
		hash("address\x00127.0.0.1"), hash("account\x00ivan@example.bg"), hash("pair\x00ivan@example.bg\x00127.0.0.1"),
	}).Scan(&all, &plain)
	if err != nil || all != 3 || plain != 0 {
		t.Errorf("of %d fingerprints %d are made without a key, %v", all, plain, err)
	}
}
