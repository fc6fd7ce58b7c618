package console

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"orientir/handoff/staff"
)

// whoSignIn is the part of the table of permissions that is about signing in.
var whoSignIn = map[string]string{
	"GET /console/sign-in/code":                 "-",
	"POST /console/sign-in/code":                "-",
	"GET /console/sign-in/oidc":                 "-",
	"GET /console/sign-in/oidc/callback":        "-",
	"GET /console/account/second-step":          "lsea",
	"POST /console/account/second-step":         "lsea",
	"POST /console/account/second-step/confirm": "lsea",
	"POST /console/account/second-step/codes":   "lsea",
	"POST /console/account/second-step/off":     "lsea",
	"POST /console/people/{id}/second-step":     "a",
	"POST /console/people/{id}/sessions":        "a",
	"POST /console/people/second-step":          "a",
}

// phone is an authenticator: the secret that was scanned.
type phone struct {
	*bundle
	secret string
}

func (p phone) code() string {
	p.Helper()
	code, err := totp.GenerateCode(p.secret, p.clock.now())
	if err != nil {
		p.Fatal(err)
	}
	return code
}

var secretShown = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
var codeShown = regexp.MustCompile(`<li><code>([0-9A-Z-]+)</code></li>`)

// setUpStep turns an account's second step on in a browser, and gives its phone and recovery codes.
func (b *bundle) setUpStep(w *browser) (phone, []string) {
	b.Helper()
	if got := w.post(secondStepPath); got.location != secondStepPath {
		b.Fatalf("begin: %d %s", got.code, got.location)
	}
	page := w.get(secondStepPath)
	page.has(b.T, "<svg", "viewBox")
	shown := secretShown.FindStringSubmatch(page.body)
	if shown == nil {
		b.Fatalf("no secret on\n%s", page.body)
	}
	p := phone{b, strings.ReplaceAll(shown[1], " ", "")}
	if got := w.post(secondStepPath+"/confirm", "code", "000000"); got.code != http.StatusUnprocessableEntity {
		b.Errorf("a made-up code turns the second step on: %d", got.code)
	}
	got := w.post(secondStepPath+"/confirm", "code", p.code())
	var codes []string
	for _, m := range codeShown.FindAllStringSubmatch(got.body, -1) {
		codes = append(codes, m[1])
	}
	if got.code != http.StatusOK || len(codes) != 10 {
		b.Fatalf("confirm: %d, %d codes\n%s", got.code, len(codes), got.body)
	}
	return p, codes
}

func TestSecondStep(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "maria@example.bg", Roles: []staff.Role{staff.Librarian}})
	w, other := b.as(a), b.as(a)
	p, codes := b.setUpStep(w)
	if got := other.get("/console/queue"); got.code != http.StatusSeeOther {
		t.Errorf("another session outlives the second step: %d", got.code)
	}
	w.get(secondStepPath).lacks(t, `class="secret"`, "<svg")
	half := func() *browser {
		t.Helper()
		n := b.browser()
		got := n.post("/console/sign-in", "email", a.Email, "password", password, "next", "/console/canned")
		if got.location != "/console/sign-in/code?next=%2Fconsole%2Fcanned" {
			t.Fatalf("%d %s", got.code, got.location)
		}
		if got := n.get("/console/queue"); got.code != http.StatusSeeOther {
			t.Errorf("half signed in, but inside: %d", got.code)
		}
		return n
	}
	n := half()
	n.get("/console/sign-in/code").has(t, `autocomplete="one-time-code"`)
	if got := n.post("/console/sign-in/code", "code", p.code()); got.code != http.StatusUnprocessableEntity {
		t.Errorf("the code that turned it on is taken again: %d", got.code)
	}
	b.clock.later(30 * time.Second)
	if got := b.browser().post("/console/sign-in/code", "code", p.code()); got.code != http.StatusGone {
		t.Errorf("a browser without the first step goes on: %d", got.code)
	}
	if got := n.post("/console/sign-in/code", "code", p.code()[:3]+" "+p.code()[3:], "next", "https://evil.example/"); got.location != "/console/" {
		t.Errorf("the right code: %d %s", got.code, got.location)
	}
	if got := n.get("/console/queue"); got.code != http.StatusOK {
		t.Errorf("not in: %d", got.code)
	}
	again := half()
	if got := again.post("/console/sign-in/code", "code", p.code()); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a code is taken twice: %d", got.code)
	}
	if got := again.post("/console/sign-in/code", "code", strings.ToLower(codes[3])); got.code != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", got.code)
	}
	if got := half().post("/console/sign-in/code", "code", codes[3]); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a recovery code is taken twice: %d", got.code)
	}
	// A new password by an administrator's link doesn't go round the second step.
	token, err := b.staff.Link(b.ctx, 0, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	linked := b.browser()
	if got := linked.post("/console/link", "token", string(token), "password", "друга дълга парола"); got.location != "/console/sign-in/code" {
		t.Errorf("after a link: %d %s", got.code, got.location)
	}
	if got := linked.get("/console/queue"); got.code != http.StatusSeeOther {
		t.Errorf("in without a code: %d", got.code)
	}
}

func TestAStrangerWithThePasswordGuessesFewCodes(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "maria@example.bg", Roles: []staff.Role{staff.Librarian}})
	owner := b.as(a)
	p, _ := b.setUpStep(owner)
	stranger := b.browser()
	guess := func() int {
		stranger.post("/console/sign-in", "email", a.Email, "password", password)
		return stranger.post("/console/sign-in/code", "code", "123456").code
	}
	for range 5 {
		if got := guess(); got != http.StatusUnprocessableEntity {
			t.Fatalf("%d", got)
		}
	}
	if got := guess(); got != http.StatusTooManyRequests && got != http.StatusGone {
		t.Errorf("guesses go on: %d", got)
	}
	// Their owner is known by the browser and comes in meanwhile.
	owner.post("/console/sign-out")
	b.clock.later(time.Minute)
	if got := owner.post("/console/sign-in", "email", a.Email, "password", password); got.location != "/console/sign-in/code" {
		t.Fatalf("the owner's password: %d %s", got.code, got.location)
	}
	if got := owner.post("/console/sign-in/code", "code", p.code()); got.code != http.StatusSeeOther {
		t.Errorf("the owner's code: %d", got.code)
	}
}

func TestSecondStepIsWantedOfARole(t *testing.T) {
	b := setup(t)
	librarian := b.account(staff.Profile{Email: "l@example.bg", Roles: []staff.Role{staff.Librarian}})
	admin := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}})
	w, boss := b.as(librarian), b.proven(admin)
	if got := boss.post("/console/people/second-step", "role", "librarian"); got.code != http.StatusSeeOther {
		t.Fatalf("%d", got.code)
	}
	boss.get("/console/people").has(t, "още без втора стъпка")
	if got := w.get("/console/queue"); got.location != secondStepPath {
		t.Errorf("a page opens: %d %s", got.code, got.location)
	}
	if got := w.post("/console/canned"); got.location != secondStepPath {
		t.Errorf("a form is taken: %d %s", got.code, got.location)
	}
	if got := w.get("/console/queue/stream"); got.code != http.StatusUnauthorized {
		t.Errorf("a stream opens: %d", got.code)
	}
	p, codes := b.setUpStep(w)
	if got := w.get("/console/queue"); got.code != http.StatusOK {
		t.Errorf("set up, but %d %s", got.code, got.location)
	}
	b.clock.later(time.Minute)
	w.post(secondStepPath+"/off", "off-code", p.code()).has(t, "задължителна")
	// New recovery codes end the old ones.
	got := w.post(secondStepPath+"/codes", "codes-code", p.code())
	if fresh := codeShown.FindAllString(got.body, -1); len(fresh) != 10 || strings.Contains(got.body, codes[0]) {
		t.Errorf("new codes: %d\n%s", got.code, got.body)
	}
	w.post(secondStepPath+"/codes", "codes-code", codes[0]).has(t, "Кодът не е верен")
	// Nobody takes their own step away without a code, were they an administrator.
	if err := b.staff.ResetSecondStep(b.ctx, 1, 1); !errors.As(err, new(*staff.Fault)) {
		t.Errorf("their own: %v", err)
	}
	// The phone is lost: an administrator takes the step away, and every session ends.
	if got := boss.post("/console/people/1/second-step"); got.location != "/console/people" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	if got := w.get("/console/queue"); !strings.HasPrefix(got.location, "/console/sign-in") {
		t.Errorf("the session lives on: %d %s", got.code, got.location)
	}
	boss.post("/console/people/second-step")
	if got := b.as(librarian).get("/console/queue"); got.code != http.StatusOK {
		t.Errorf("%d %s", got.code, got.location)
	}
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string]bool{}
	for _, e := range entries {
		verbs[e.Verb] = true
	}
	for _, verb := range []string{"account.second-step-begin", "account.second-step-on", "account.recovery-codes", "account.second-step-reset", "rules.second-step"} {
		if !verbs[verb] {
			t.Errorf("%s is not in the audit log", verb)
		}
	}
	boss.get("/console/audit").lacks(t, "verb_")
}
