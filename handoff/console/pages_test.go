package console

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

func TestFirstAdministrator(t *testing.T) {
	b := setup(t)
	token, _, err := b.staff.FirstAdminLink(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w := b.browser()
	if got := w.get("/console/welcome?token=guessed"); got.code != http.StatusGone {
		t.Errorf("a guessed link: %d", got.code)
	}
	page := w.get("/console/welcome?token=" + token)
	page.has(t, "Първи администратор", `value="`+token+`"`)
	form := []string{"token", token, "name", "Ана", "email", "ana@example.bg", "password", "къса", "answers", "yes"}
	bad := w.post("/console/welcome", form...)
	if bad.code != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", bad.code)
	}
	bad.has(t, `value="Ана"`, `href="#password"`, `aria-invalid="true"`)
	form[7] = password
	if got := w.post("/console/welcome", form...); got.location != "/console/people" {
		t.Fatalf("%d %s", got.code, got.body)
	}
	w.get("/console/people").has(t, "Ана", "администратор", "библиотекар")
	if got := b.browser().post("/console/welcome", form...); got.code != http.StatusGone {
		t.Errorf("used twice: %d", got.code)
	}
	if got := b.browser().get("/console/welcome?token=" + token); got.code != http.StatusGone {
		t.Errorf("shown twice: %d", got.code)
	}
}

func TestInvitationIsShownOnce(t *testing.T) {
	b := setup(t)
	w := b.proven(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}}))
	find := w.post("/console/people/new", "email", "maria@example.bg", "role", "librarian", "words", "враца", "find", "yes")
	find.has(t, `name="library" value="vratsa"`, `value="maria@example.bg"`)
	if got := w.post("/console/people/new", "email", "maria@example.bg", "name", "Мария", "role", "librarian", "library", "vratsa"); got.location != "/console/people" {
		t.Fatalf("%d %s", got.code, got.body)
	}
	link := regexp.MustCompile(`value="(http[^"]+/console/link\?token=[^"]+)"`)
	shown := link.FindStringSubmatch(w.get("/console/people").body)
	if shown == nil {
		t.Fatal("no link is shown")
	}
	again := w.get("/console/people")
	if link.MatchString(again.body) {
		t.Error("the link is shown again")
	}
	again.has(t, "Мария", "поканен", "Регионална библиотека")
	u, err := url.Parse(html.UnescapeString(shown[1]))
	if err != nil {
		t.Fatal(err)
	}
	maria := b.browser()
	maria.get(u.RequestURI()).has(t, "maria@example.bg")
	if got := maria.post("/console/link", "token", u.Query().Get("token"), "password", password); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	maria.get("/console/queue").has(t, "Отговаряте за:", "Регионална библиотека")
	if got := b.browser().get(u.RequestURI()); got.code != http.StatusGone {
		t.Errorf("used, but %d", got.code)
	}
	if got := w.post("/console/people/new", "email", "MARIA@example.bg", "role", "librarian"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("a taken address: %d", got.code)
	}
}

func TestSignIn(t *testing.T) {
	b := setup(t)
	b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}})
	w := b.browser()
	wrong := w.post("/console/sign-in", "email", "a@example.bg", "password", "не е тази парола")
	unknown := w.post("/console/sign-in", "email", "x@example.bg", "password", "не е тази парола")
	if wrong.code != http.StatusUnprocessableEntity || strings.ReplaceAll(wrong.body, "a@example.bg", "x@example.bg") != unknown.body {
		t.Error("the page tells which accounts exist")
	}
	wrong.lacks(t, "не е тази парола")
	for _, c := range []struct{ next, want string }{
		{"", "/console/"}, {"/console/queue?x=1", "/console/queue?x=1"},
		{"https://evil.example/", "/console/"}, {"//evil.example/console/", "/console/"}, {"/console/\\evil", "/console/"}, {"/", "/console/"},
	} {
		got := b.browser().post("/console/sign-in", "email", "a@example.bg", "password", password, "next", c.next)
		if got.location != c.want {
			t.Errorf("next %q leads to %q", c.next, got.location)
		}
		cookie := got.header.Get("Set-Cookie")
		for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/console/", "Max-Age=43200"} {
			if !strings.Contains(cookie, attribute) {
				t.Errorf("the cookie lacks %s: %s", attribute, cookie)
			}
		}
	}
	for range 5 {
		w.post("/console/sign-in", "email", "y@example.bg", "password", "не е тази парола")
	}
	many := w.post("/console/sign-in", "email", "y@example.bg", "password", "не е тази парола")
	if many.code != http.StatusTooManyRequests || many.header.Get("Retry-After") == "" {
		t.Errorf("the sixth try: %d", many.code)
	}
}

func TestSignOut(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Librarian}}))
	if got := w.post("/console/sign-out"); got.location != "/console/sign-in" {
		t.Errorf("%d %s", got.code, got.location)
	}
	if got := w.get("/console/queue"); got.location != "/console/sign-in?next=%2Fconsole%2Fqueue" {
		t.Errorf("%d %s", got.code, got.location)
	}
}

func TestHandOverWithoutScripts(t *testing.T) {
	b := setup(t)
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	ivan := b.account(staff.Profile{Email: "i@example.bg", Name: "Иван", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	conversation, ticket := b.person("p", "трябва ми съдебно")
	chat := fmt.Sprintf("/console/chats/%d", ticket)
	m, i := b.as(maria), b.as(ivan)
	m.get("/console/queue").has(t, "трябва ми съдебно", "гр. Враца", "Библиотеката е в същото населено място.", chat+"/claim", "Посетител ")
	if got := m.post(chat + "/claim"); got.location != chat {
		t.Fatalf("%d %s", got.code, got.body)
	}
	if got := i.post(chat + "/claim"); got.location != "/console/queue" {
		t.Errorf("the second claim: %d", got.code)
	}
	i.get("/console/queue").has(t, "Вече го пое Мария.", "При Мария")
	i.get(chat).lacks(t, chat+"/reply")
	if got := i.post(chat+"/reply", "text", "не аз"); got.code != http.StatusConflict {
		t.Errorf("a reply to another's: %d", got.code)
	}
	m.get(chat+"?find=съдебно").has(t, "Електронно свидетелство за съдимост", "97 %", "insert=criminal-record", "attach=criminal-record")
	m.get(chat+"?find=съдебно&insert=criminal-record").has(t, "присъди. Искат го за нова работа.\nhttps://cs.mjs.bg</textarea>")
	m.get(chat+"?find=хвърчила").has(t, "няма нищо близко")
	m.get(chat+"?find=гръм").has(t, "Търсенето не работи", `name="text"`)
	if got := m.post(chat+"/reply", "text", "  "); got.code != http.StatusUnprocessableEntity {
		t.Errorf("an empty reply: %d", got.code)
	}
	if got := m.post(chat+"/reply", "text", "Добър ден!"); got.code != http.StatusSeeOther {
		t.Errorf("%d %s", got.code, got.body)
	}
	b.says(conversation, "благодаря")
	m.get(chat).has(t, "Добър ден!", "Мария, библиотекар", "благодаря")
	m.get("/console/queue").has(t, "1 без отговор")
	if got := m.post(chat + "/close"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("without an outcome: %d", got.code)
	}
	if got := m.post(chat+"/close", "outcome", "answered", "effort", "2", "guide", "fine"); got.location != "/console/queue" {
		t.Errorf("%d %s", got.code, got.body)
	}
	c, _, err := b.conversations.Conversation(b.ctx, conversation)
	if err != nil || c.Holder != "" {
		t.Errorf("holder %q, %v", c.Holder, err)
	}
	m.get(chat).has(t, "Приключен", "Отговорено", "Добър ден!")
	if err := b.desk.Forget(b.ctx, b.pool, c.Contact); err != nil {
		t.Fatal(err)
	}
	forgotten := m.get(chat)
	forgotten.has(t, "поиска разговорът да бъде изтрит")
	forgotten.lacks(t, "Добър ден!", "трябва ми съдебно")
}

func TestWhatPeopleWriteStaysText(t *testing.T) {
	b := setup(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>`
	a := b.account(staff.Profile{Email: "a@example.bg", Name: `<b>Ана</b>"'`, Roles: staff.Roles()})
	conversation, ticket := b.person("p", evil)
	w := b.as(a)
	b.exec(`INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, $2, 'bg', 'bg', 'abstained', 'question', 0.1, '[{"slug": "<i>x</i>", "version": 1, "score": 0.1}]', '[]', 'm')`, conversation, evil)
	b.exec(`INSERT INTO feedback (answer, contact, rating, comment, created_at, updated_at)
		SELECT 1, contact, 'bad', $2, now(), now() FROM conversations WHERE id = $1`, conversation, evil)
	chat := fmt.Sprintf("/console/chats/%d", ticket)
	for _, path := range []string{"/console/queue", chat, "/console/feedback", "/console/people", "/console/account", "/console/audit",
		chat + "?find=" + url.QueryEscape(evil), "/console/sign-in?next=" + url.QueryEscape(`"><script>alert(1)</script>`)} {
		got := w.get(path)
		got.lacks(t, "<script>alert", "<img src=x", "<b>Ана", "<i>x</i>")
	}
	w.get("/console/queue").has(t, "&lt;script&gt;alert(1)")
	w.post(chat + "/claim")
	w.get(chat+"?find="+url.QueryEscape(evil)).lacks(t, "<script>alert", "<img src=x", "<b>Ана")
}

func TestContactIsShownToTheHolderWhoAsks(t *testing.T) {
	b := setup(t)
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	boss := b.account(staff.Profile{Email: "b@example.bg", Name: "Борис", Roles: []staff.Role{staff.Supervisor}})
	conversation, ticket := b.person("p", "трябва ми съдебно")
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		kept, err := b.desk.KeepContact(b.ctx, tx, conversation, bot.CallMe{Kind: "phone", Value: "0888 765 432"})
		if !kept {
			t.Error("not kept")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m, s := b.as(maria), b.as(boss)
	path := fmt.Sprintf("/console/chats/%d", ticket)
	m.post(path + "/claim")
	before := m.get(path)
	before.has(t, "Остави телефон за обаждане", "Покажи контакта")
	before.lacks(t, "0888")
	m.post(path+"/contact").has(t, "0888 765 432")
	other := s.get(path)
	other.has(t, "Вижда го само библиотекарят")
	other.lacks(t, "Покажи контакта", "0888")
	s.post(path+"/contact").lacks(t, "0888")
	s.get("/console/audit").has(t, "Видя контакта в")
}

// Who takes a question over sees what was asked and what was tried: the guide and what the person thought of it, what they went on
// to ask, and who is competent where there is no guide.
func TestSummaryTellsWhatWasTried(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "a@example.bg", Name: "Ана", Roles: staff.Roles()}))
	conversation, ticket := b.person("p", "искам развод")
	b.exec(`INSERT INTO signposts (title, authority, link, names, origin) VALUES ('Развод', 'Районният съд', 'https://justice.bg', '{развод}', 'editor')`)
	for i, a := range []struct{ question, outcome, guides, signpost string }{
		{"трябва ми съдебно", "answered", `[{"slug": "criminal-record", "version": 1, "score": 0.9}]`, ""},
		{"а колко струва", "answered", `[{"slug": "criminal-record", "version": 1, "score": 0.9}]`, ""},
		{"искам развод", "abstained", `[{"slug": "criminal-record", "version": 1, "score": 0.02}]`, "Развод"},
	} {
		b.exec(`INSERT INTO answers (id, conversation, question, language, detected, outcome, intent, confidence, guides, evidence, signpost, model) OVERRIDING SYSTEM VALUE
			VALUES ($1, $2, $3, 'bg', 'bg', $4, 'question', 0.9, $5, '[]', $6, 'm')`, 101+i, conversation, a.question, a.outcome, a.guides, a.signpost)
		for range 2 { // an answer and the guide that was opened from it
			b.exec(`INSERT INTO messages (conversation, sender, kind, text, body, turn, created_at)
				VALUES ($1, 'bot', 'reply', 'думи', jsonb_build_object('text', 'думи', 'answer_id', $2::bigint, 'language', 'bg'), 1, now())`, conversation, 101+i)
		}
	}
	b.exec(`INSERT INTO messages (conversation, sender, kind, data, turn, event_id, created_at) VALUES ($1, 'person', 'button', 'none', 1, 'e-none', now())`, conversation)
	b.exec(`INSERT INTO feedback (answer, contact, rating, reason, created_at, updated_at) SELECT 101, contact, 'bad', 'unclear', now(), now() FROM conversations WHERE id = $1`, conversation)
	page := w.get(fmt.Sprintf("/console/chats/%d", ticket))
	page.has(t, "<q>трябва ми съдебно</q>", "не помогна: ", "<q>а колко струва</q>", "<q>искам развод</q>", "Няма упътване за: Развод. Компетентна е: Районният съд.", "Нито едно от тези")
	if n := strings.Count(page.body, "<q>"); n != 3 {
		t.Errorf("%d answers were tried, want 3", n)
	}
}

func TestFeedbackShowsWhatWentWrong(t *testing.T) {
	b := setup(t)
	conversation, _ := func() (int64, int64) {
		b.account(staff.Profile{Email: "l@example.bg", Roles: []staff.Role{staff.Librarian}})
		return b.person("p", "трябва ми съдебно")
	}()
	insert := func(question, outcome string, confidence float64, guides string) {
		b.exec(`INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
			VALUES ($1, $2, 'bg', 'bg', $3, 'question', $4, $5, '[{"source": "guide", "key": "criminal-record", "part": "en step 2", "similarity": 0.81, "lexical": 0.4}]', 'm')`,
			conversation, question, outcome, confidence, guides)
	}
	insert("хубав въпрос", "answered", 0.9, `[{"slug": "criminal-record", "version": 1, "score": 0.9}]`)
	insert("лош въпрос", "answered", 0.71, `[{"slug": "criminal-record", "version": 1, "score": 0.71}]`)
	insert("въпрос без отговор", "abstained", 0.2, `[]`)
	insert("стар въпрос", "abstained", 0.2, `[]`)
	b.exec(`UPDATE answers SET answered_at = now() - interval '40 days' WHERE question = 'стар въпрос'`)
	b.exec(`INSERT INTO feedback (answer, contact, rating, reason, comment, created_at, updated_at)
		SELECT a.id, c.contact, CASE WHEN a.question LIKE 'лош%' THEN 'bad' ELSE 'good' END, CASE WHEN a.question LIKE 'лош%' THEN 'unclear' END, 'не разбрах', now(), now()
		FROM answers a, conversations c WHERE a.outcome = 'answered'`)
	w := b.as(b.account(staff.Profile{Email: "s@example.bg", Roles: []staff.Role{staff.Supervisor}}))
	for _, c := range []struct {
		query      string
		has, lacks []string
	}{
		{"", []string{"лош въпрос", "въпрос без отговор", "не разбрах", "неясно", "Електронно свидетелство за съдимост", "71 %", "81 %", ">стъпки<", "лоши оценки – 1, въпроси без отговор – 1"}, []string{"хубав въпрос", "стар въпрос"}},
		{"?show=bad", []string{"лош въпрос"}, []string{"въпрос без отговор"}},
		{"?show=unanswered", []string{"въпрос без отговор"}, []string{"лош въпрос"}},
		{"?reason=outdated", []string{"Добър знак"}, []string{"лош въпрос"}},
		{"?days=90", []string{"стар въпрос"}, nil},
		{"?show=nonsense&days=-1&before=x", []string{"лош въпрос"}, []string{"стар въпрос"}},
	} {
		got := w.get("/console/feedback" + c.query)
		got.has(t, c.has...)
		got.lacks(t, c.lacks...)
	}
}

func TestHostsAreChangedOnRecord(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}})
	w := b.proven(a)
	for _, bad := range []string{"", "bg", "напр.бг", "192.0.2.1", "a b.bg"} {
		if got := w.post("/console/hosts", "host", bad); got.code != http.StatusUnprocessableEntity {
			t.Errorf("host %q: %d", bad, got.code)
		}
	}
	if got := w.post("/console/hosts", "host", " NAP.bg "); got.code != http.StatusSeeOther {
		t.Fatalf("%d", got.code)
	}
	if hosts, _ := b.store.AllowedHosts(b.ctx); !slices.Contains(hosts, "nap.bg") {
		t.Errorf("hosts %v", hosts)
	}
	w.post("/console/hosts/remove", "host", "nap.bg")
	if got := w.post("/console/hosts/remove", "host", "nap.bg"); got.code != http.StatusNotFound {
		t.Errorf("removed twice: %d", got.code)
	}
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{Area: "host", By: a.ID})
	if err != nil || len(entries) != 2 || entries[1].Verb != "host.allow" || entries[1].Subject != "host:nap.bg" || entries[0].Verb != "host.disallow" {
		t.Errorf("audit log %+v, %v", entries, err)
	}
	w.get("/console/audit?area=host").has(t, "Разреши сайт", "nap.bg")
}

var (
	inTemplate = regexp.MustCompile(`\.(T|N) "([a-z_-]+)"`)
	inCode     = regexp.MustCompile(`\.(T|N)\("([a-z_-]+)"|"console\.([a-z_-]+)"|Key: "([a-z_-]+)"|frame\(w, r, "([a-z_-]+)"\)`)
	families   = regexp.MustCompile(`\.T \(printf "([a-z_]+)%[sd]"`)
)

// TestPhrasesExist finds the keys that templates and code name. Those put together at run time are of the families below.
func TestPhrasesExist(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	var sources strings.Builder
	known := []string{"role_", "outcome_", "find_", "event_", "contact_left_", "rated_", "delivery_", "channel_", "language_", "why_came_", "reason_", "verb_", "audit_area_", "feedback_show_", "ended_", "effort_", "verdict_", "groups_fault_", "source_"}
	for _, pattern := range []string{"*.html", "*.go", "../*.go", "../staff/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(data)
			for _, m := range append(inTemplate.FindAllStringSubmatch(string(data), -1), inCode.FindAllStringSubmatch(string(data), -1)...) {
				key := strings.Join(m[2:], "")
				if m[1] == "N" {
					keys[key+".one"], keys[key+".many"] = true, true
				} else if !strings.HasSuffix(key, "_") {
					keys[key] = true
				}
			}
			for _, m := range families.FindAllStringSubmatch(string(data), -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s: a family %q that the test doesn't know", name, m[1])
				}
			}
			for _, m := range regexp.MustCompile(`(guide|news)(?:Step|Act)?\((?:r, )?"([a-z-]+)"|turn(News)\("([a-z-]+)"`).FindAllStringSubmatch(string(data), -1) {
				keys["verb_"+strings.ToLower(m[1]+m[3])+"."+m[2]+m[4]] = true
			}
			for _, m := range regexp.MustCompile(`Verb: "([a-z.-]+)"|act\(a, "([a-z.-]+)"|[{ ]"(ticket\.[a-z-]+|task\.[a-z]+|problem\.[a-z-]+)"`).FindAllStringSubmatch(string(data), -1) {
				if verb := m[1] + m[2] + m[3]; !strings.HasSuffix(verb, ".") {
					keys["verb_"+verb] = true
				}
			}
		}
	}
	for _, r := range staff.Roles() {
		keys["role_"+string(r)], keys["role_"+string(r)+"_hint"] = true, true
	}
	for _, o := range strings.Fields("answered clarify abstained out_of_scope emergency") {
		keys["outcome_"+o] = true
	}
	for _, o := range strings.Fields("answered clarify abstained out_of_scope emergency") {
		keys["find_"+o] = true
	}
	for _, o := range strings.Fields("answered sent-library sent-institution not-helped blocked left withdrawn unstaffed expired") {
		keys["ended_"+o] = true
	}
	for k := range auditDetails(t) {
		keys["detail_"+k] = true
	}
	for _, k := range strings.Fields("kind_phone kind_email purpose_invitation purpose_reset scope_own scope_library scope_shared moved_closed moved_busy moved_absent moved_untaken") {
		keys[k] = true
	}
	for _, k := range strings.Fields("guide sample negative signpost") {
		keys["source_"+k] = true
	}
	for _, v := range strings.Fields("verdict_title verdict_fine verdict_wrong verdict_missing effort_title effort_1 effort_2 effort_3 effort_4 effort_5 effort_6") {
		keys[v] = true
	}
	for _, k := range strings.Fields("opened claimed returned gone rerouted closed contact contact-gone reopened asked accepted declined lapsed sent joined parted took-over noted blocked unblocked rated") {
		keys["event_"+k] = true
	}
	for _, k := range strings.Fields("contact_left_phone contact_left_email rated_good rated_bad why_came_asked why_came_abstained why_came_bad-ratings channel_web channel_telegram language_bg language_en language_tr delivery_sent " +
		"delivery_pending delivery_failed reason_wrong-service reason_unclear reason_outdated reason_missing-case reason_broken-link feedback_show_ feedback_show_bad " +
		"feedback_show_unanswered subject_account subject_session subject_ticket subject_canned subject_task verb_task.done verb_task.dismiss subject_problem subject_news subject_block subject_training verb_ticket.expired verb_ticket.withdrawn verb_account.second-step-off verb_account.recovery-codes verb_account.activate verb_account.deactivate verb_host.allow verb_host.disallow verb_host.accept verb_host.again " + // the last two stand in old rows of the audit log
		"groups_fault_removed groups_fault_not-admin groups_fault_no-topics groups_fault_no-delete groups_fault_not-forum verb_group.code verb_group.connect verb_group.disconnect subject_group subject_library") {
		keys[k] = true
	}
	if len(keys) < 200 {
		t.Errorf("only %d keys were found: the search is broken", len(keys))
	}
	for key := range keys {
		for _, language := range []string{"bg", "en"} {
			if !i18n.Has(language, "console."+key) {
				t.Errorf("console.%s is missing in %s", key, language)
			}
		}
	}
	for _, key := range i18n.Keys("bg") {
		rest, ok := strings.CutPrefix(key, "console.")
		literal := `"` + strings.TrimPrefix(strings.TrimSuffix(rest, "_title"), "audit_area_") + `"`
		if ok && !keys[rest] && !strings.Contains(sources.String(), literal) && !strings.Contains(sources.String(), `"`+rest+`"`) {
			t.Errorf("console.%s is said nowhere", rest)
		}
	}
}
