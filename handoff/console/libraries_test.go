package console

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// whoLibraries goes on with the table of permissions: the pages of libraries. Whose library it is, is asked besides.
var whoLibraries = map[string]string{
	"GET /console/libraries":                                 "lsa",
	"GET /console/libraries/{id}":                            "lsa",
	"POST /console/libraries/{id}/confirm":                   "lsa",
	"GET /console/libraries/{id}/hours":                      "lsa",
	"POST /console/libraries/{id}/hours":                     "lsa",
	"GET /console/libraries/{id}/days":                       "lsa",
	"POST /console/libraries/{id}/days":                      "lsa",
	"POST /console/libraries/{id}/days/remove":               "lsa",
	"GET /console/libraries/{id}/about":                      "lsa",
	"POST /console/libraries/{id}/about":                     "lsa",
	"GET /console/libraries/{id}/trainings/new":              "lsa",
	"POST /console/libraries/{id}/trainings/new":             "lsa",
	"GET /console/libraries/{id}/trainings/{number}":         "lsa",
	"POST /console/libraries/{id}/trainings/{number}":        "lsa",
	"POST /console/libraries/{id}/trainings/{number}/cancel": "lsa",
}

// librarian is somebody who serves the library of Vratsa.
func (b *bundle) librarian(name string) staff.Account {
	b.Helper()
	return b.account(staff.Profile{Email: name + "@example.bg", Name: name, Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
}

var markField = regexp.MustCompile(`name="(mark|version)" value="([^"]*)"`)

// mark is what a form carries of the state that it was made from.
func (a answer) mark(name string) string {
	for _, m := range markField.FindAllStringSubmatch(a.body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

// hoursOf fills the form as somebody does in a minute: Monday, the same until Friday, closed at the weekend.
func hoursOf(mark, from, to string, more ...string) []string {
	pairs := []string{"mark", mark, "d0-mode", "open", "d0-from", from, "d0-to", to}
	for n := 1; n < 7; n++ {
		mode := "monday"
		if n > 4 {
			mode = "closed"
		}
		pairs = append(pairs, "d"+strconv.Itoa(n)+"-mode", mode)
	}
	return append(pairs, more...)
}

func (b *bundle) point() knowledge.HelpPoint {
	b.Helper()
	h, ok, err := b.store.ReadHelpPoint(b.ctx, "vratsa")
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	return h
}

func TestLibrariansLookAfterTheirOwnLibraryOnly(t *testing.T) {
	b := setup(t)
	b.load("help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\thours\nother\tДруга библиотека\t12259\t\t\t\t\t\n")
	own := b.as(b.librarian("maria"))
	pool := b.as(b.account(staff.Profile{Email: "pool@example.bg", Roles: []staff.Role{staff.Librarian}}))
	supervisor := b.as(b.account(staff.Profile{Email: "s@example.bg", Roles: []staff.Role{staff.Supervisor}}))
	if got := own.get("/console/libraries"); got.location != "/console/libraries/vratsa" {
		t.Errorf("who serves one library goes straight there: %d %s", got.code, got.location)
	}
	supervisor.get("/console/libraries?find=друга").has(t, "Друга библиотека")
	for _, path := range []string{"", "/hours", "/days", "/about", "/trainings/new"} {
		for _, c := range []struct {
			w       *browser
			library string
			want    int
		}{{own, "vratsa", 200}, {own, "other", 403}, {own, "nowhere", 404}, {pool, "vratsa", 403}, {supervisor, "other", 200}} {
			if got := c.w.get("/console/libraries/" + c.library + path); got.code != c.want {
				t.Errorf("%s%s: %d, want %d", c.library, path, got.code, c.want)
			}
		}
		if path == "" {
			path = "/confirm"
		}
		if got := own.post("/console/libraries/other"+path, "mark", "", "topic", "x"); got.code != http.StatusForbidden {
			t.Errorf("a change of another library at %s: %d", path, got.code)
		}
	}
}

func TestHoursAreChangedInOneForm(t *testing.T) {
	b := setup(t)
	w := b.as(b.librarian("maria"))
	page := w.get("/console/libraries/vratsa/hours")
	got := w.post("/console/libraries/vratsa/hours", hoursOf(page.mark("mark"), "9:00", "17:30", "d0-pause-from", "12:00", "d0-pause-to", "13:00")...)
	if got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	if h := b.point().Hours.String(); h != "пон–пет 9:00–12:00, 13:00–17:30" {
		t.Errorf("the hours are %q", h)
	}
	w.get("/console/libraries/vratsa").has(t, "Запазено. Хората вече го виждат.", "понеделник – петък", "9:00–12:00, 13:00–17:30 ч.", "събота – неделя", "затворено")
	var detail string
	if err := b.pool.QueryRow(b.ctx, `SELECT detail::text FROM audit_log WHERE verb = 'library.change' AND subject = 'library:vratsa'`).Scan(&detail); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{`"field": "hours"`, `"before": ""`, `"after": "пон–пет 9:00–12:00, 13:00–17:30"`} {
		if !strings.Contains(detail, words) {
			t.Errorf("the audit row lacks %s: %s", words, detail)
		}
	}
	// The same again changes nothing and writes nothing into the log.
	page = w.get("/console/libraries/vratsa/hours")
	page.has(t, `id="d1-monday" name="d1-mode" value="monday" checked`, `value="12:00"`)
	w.post("/console/libraries/vratsa/hours", hoursOf(page.mark("mark"), "9:00", "17:30", "d0-pause-from", "12:00", "d0-pause-to", "13:00")...)
	if n := b.number(`SELECT count(*) FROM audit_log WHERE verb = 'library.change'`); n != 1 {
		t.Errorf("%d rows in the log", n)
	}
	// No regular hours at all.
	w.post("/console/libraries/vratsa/hours", "mark", page.mark("mark"), "unknown", "yes")
	if b.point().Hours != nil {
		t.Error("the hours are still said to be known")
	}
}

func TestWrongHoursAreToldBesideTheirField(t *testing.T) {
	b := setup(t)
	w := b.as(b.librarian("maria"))
	mark := w.get("/console/libraries/vratsa/hours").mark("mark")
	for words, pairs := range map[string][]string{
		"Напишете в колко часа отваряте в понеделник":                       hoursOf(mark, "", "17:00"),
		"Напишете в колко часа затваряте в понеделник":                      hoursOf(mark, "9:00", "25:00"),
		"Затварянето в понеделник е преди отварянето":                       hoursOf(mark, "17:00", "9:00"),
		"Напишете двата часа на почивката в понеделник":                     hoursOf(mark, "9:00", "17:00", "d0-pause-from", "12:00"),
		"Почивката в понеделник трябва да е между отварянето и затварянето": hoursOf(mark, "9:00", "17:00", "d0-pause-from", "17:00", "d0-pause-to", "18:00"),
		"Изберете дали е отворено във вторник":                              {"mark", mark, "d0-mode", "closed"},
	} {
		got := w.post("/console/libraries/vratsa/hours", pairs...)
		if got.code != http.StatusUnprocessableEntity || strings.Count(got.body, words) < 2 {
			t.Errorf("%q stands %d times (%d)", words, strings.Count(got.body, words), got.code)
		}
	}
	if b.point().Hours != nil {
		t.Error("wrong hours were saved")
	}
}

func TestTwoLibrariansNeverOverwriteEachOther(t *testing.T) {
	b := setup(t)
	m, i := b.as(b.librarian("maria")), b.as(b.librarian("ivan"))
	of := func(w *browser, page string) string { return w.get("/console/libraries/vratsa/" + page).mark("mark") }
	mine, his, about := of(m, "hours"), of(i, "hours"), of(i, "about")
	if got := m.post("/console/libraries/vratsa/hours", hoursOf(mine, "9:00", "17:00")...); got.code != http.StatusSeeOther {
		t.Fatal(got.code)
	}
	got := i.post("/console/libraries/vratsa/hours", hoursOf(his, "8:00", "16:00")...)
	if got.code != http.StatusConflict {
		t.Fatalf("%d", got.code)
	}
	got.has(t, "Междувременно друг е запазил промяна", "maria, днес", "пон–пет 9:00–17:00", "пон–пет 8:00–16:00", `value="8:00"`)
	if h := b.point().Hours.String(); h != "пон–пет 9:00–17:00" {
		t.Errorf("the hours are %q", h)
	}
	// Having seen the difference, he may decide.
	if got := i.post("/console/libraries/vratsa/hours", hoursOf(got.mark("mark"), "8:00", "16:00")...); got.code != http.StatusSeeOther {
		t.Errorf("%d", got.code)
	}
	if h := b.point().Hours.String(); h != "пон–пет 8:00–16:00" {
		t.Errorf("the hours are %q", h)
	}
	// Another part of the page was not touched, and is no conflict.
	if got := i.post("/console/libraries/vratsa/about", "mark", about, "offer", "wifi", "phones", "092 1111"); got.code != http.StatusSeeOther {
		t.Errorf("%d %s", got.code, got.body)
	}
	if h := b.point(); h.Hours.String() != "пон–пет 8:00–16:00" || h.Phone() != "092 1111" || len(h.Offers) != 1 {
		t.Errorf("%+v", h)
	}
	// Who confirms something else than what they saw is asked to look again.
	version := m.get("/console/libraries/vratsa").mark("version")
	i.post("/console/libraries/vratsa/about", "mark", of(i, "about"), "phones", "092 2222")
	m.post("/console/libraries/vratsa/confirm", "version", version)
	m.get("/console/libraries/vratsa").has(t, "Някой промени нещо, докато гледахте", "Вярно ли е още всичко?")
	m.post("/console/libraries/vratsa/confirm", "version", m.get("/console/libraries/vratsa").mark("version"))
	m.get("/console/libraries/vratsa").has(t, "Отбелязах, че всичко е вярно днес", "Последно потвърдено: днес, maria")
	if h := b.point(); time.Since(h.ConfirmedAt) > time.Hour || h.ConfirmedBy == "" {
		t.Errorf("confirmed %v by %q", h.ConfirmedAt, h.ConfirmedBy)
	}
	if n := b.number(`SELECT count(*) FROM audit_log WHERE verb = 'library.confirm'`); n != 1 {
		t.Errorf("%d confirmations in the log", n)
	}
}

func TestTheDeskAsksOnceAYear(t *testing.T) {
	b := setup(t)
	w := b.as(b.librarian("maria"))
	const ask = "вярно ли е още всичко?"
	for _, c := range []struct {
		set  string
		asks bool
	}{
		{`UPDATE help_points SET confirmed_at = NULL, confirmed_by = NULL`, true},
		{`UPDATE help_points SET confirmed_at = now() - interval '364 days', confirmed_by = 'staff:1'`, false},
		{`UPDATE help_points SET confirmed_at = now() - interval '366 days', confirmed_by = 'staff:1'`, true},
	} {
		b.exec(c.set)
		b.store.Refresh()
		if asks := strings.Contains(w.get("/console/queue").body, ask); asks != c.asks {
			t.Errorf("after %s it asks: %v", c.set, asks)
		}
	}
	other := b.as(b.account(staff.Profile{Email: "pool@example.bg", Roles: []staff.Role{staff.Librarian}}))
	other.get("/console/queue").lacks(t, ask)
}

func TestDaysOff(t *testing.T) {
	b := setup(t)
	w := b.as(b.librarian("maria"))
	path := "/console/libraries/vratsa/days"
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	if got := w.post(path, "from", day(3), "mode", "closed"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("days off where no hours are known: %d", got.code)
	}
	w.post("/console/libraries/vratsa/hours", hoursOf(w.get("/console/libraries/vratsa/hours").mark("mark"), "9:00", "17:00")...)
	for words, pairs := range map[string][]string{
		"Изберете дата":                     {"from", "", "mode", "closed"},
		"Краят е преди началото":            {"from", day(9), "until", day(8), "mode", "closed"},
		"Тези дни са минали":                {"from", day(-3), "mode", "closed"},
		"Изберете затворено или друго":      {"from", day(3)},
		"Напишете в колко часа отваряте, н": {"from", day(3), "mode", "open", "closes", "12:00"},
	} {
		got := w.post(path, append(pairs, "reason", "ремонт & покрив")...)
		if got.code != http.StatusUnprocessableEntity || strings.Count(got.body, words) < 2 || !strings.Contains(got.body, "ремонт &amp; покрив") {
			t.Errorf("%q stands %d times (%d)", words, strings.Count(got.body, words), got.code)
		}
	}
	if got := w.post(path, "from", day(3), "until", day(5), "mode", "closed", "reason", "ремонт"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	if got := w.post(path, "from", day(7), "mode", "open", "opens", "10:00", "closes", "12:00"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	got := w.post(path, "from", day(5), "mode", "open", "opens", "10:00", "closes", "12:00")
	got.has(t, "За тези дати вече пише друго")
	page := w.get(path)
	page.has(t, "затворено – ремонт", "10:00–12:00 ч.")
	h := b.point().Hours
	if len(h.Exceptions) != 2 || h.OpenAt(time.Now().AddDate(0, 0, 4)) {
		t.Errorf("%+v", h.Exceptions)
	}
	key := regexp.MustCompile(`name="day" value="([^"]*ремонт)"`).FindStringSubmatch(page.body)[1]
	w.post(path+"/remove", "day", key)
	w.post(path+"/remove", "day", key) // and again, as when two do
	if list := b.point().Hours.Exceptions; len(list) != 1 || len(list[0].Spans) != 1 {
		t.Errorf("%+v", list)
	}
}

func TestAboutIsCheckedBesideItsFields(t *testing.T) {
	b := setup(t)
	w := b.as(b.librarian("maria"))
	path := "/console/libraries/vratsa/about"
	mark := w.get(path).mark("mark")
	got := w.post(path, "mark", mark, "phones", "092 62 12 29\nпитайте Мария", "email", "няма", "site", "http://", "address", "ул. „Роза“ 1", "offer", "wifi", "offer", "printing")
	if got.code != http.StatusUnprocessableEntity {
		t.Fatal(got.code)
	}
	got.has(t, "„питайте Мария“ не прилича на телефон", "„няма“ не прилича на имейл", "не прилича на адрес на сайт", `id="o-printing" name="offer" value="printing" checked`, "ул. „Роза“ 1")
	if got := w.post(path, "mark", mark, "phones", "092 62 12 29\r\n0888 123 456", "email", "b@example.bg", "site", "biblioteka.example.bg", "offer", "wifi", "language", "tr"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	if h := b.point(); len(h.Phones) != 2 || h.Site != "https://biblioteka.example.bg" || h.Email != "b@example.bg" || h.Languages[0] != "tr" {
		t.Errorf("%+v", h)
	}
	w.get("/console/libraries/vratsa").has(t, "Безплатен Wi-Fi", "турски", "☎ 092 62 12 29")
}

func TestTrainingsAreKeptByLibrarians(t *testing.T) {
	b := setup(t)
	m, i := b.as(b.librarian("maria")), b.as(b.librarian("ivan"))
	path := "/console/libraries/vratsa/trainings/"
	day := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	got := m.post(path+"new", "topic", "", "date", "", "from", "10", "to", "9:00", "places", "много")
	if got.code != http.StatusUnprocessableEntity {
		t.Fatal(got.code)
	}
	got.has(t, "Изберете дата.", "Краят е преди началото.")
	got = m.post(path+"new", "topic", "", "date", day, "from", "10", "places", "много")
	got.has(t, "Напишете нещо тук.", "Напишете число от 1 до 1000", "много")
	if got = m.post(path+"new", "topic", "Имейл", "date", day, "from", "10:00", "to", "11:30", "places", "8", "taken", "2", "room", "зала 2"); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	m.get("/console/libraries/vratsa").has(t, "„Имейл“ е добавено", "10:00–11:30 ч.", "0 записани. 6 свободни места")
	list, err := b.store.TrainingsAt(b.ctx, "vratsa", time.Now())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	number := strconv.FormatInt(list[0].Number, 10)
	conversation, _ := b.person("p", "въпрос")
	b.exec(`INSERT INTO training_signups (training, contact, name, revision, created_at) SELECT $1, contact, 'Мария', 1, now() FROM conversations WHERE id = $2`,
		list[0].Number, conversation)
	page, his := m.get(path+number), i.get(path+number)
	page.has(t, "Мария", "Знам само малко име")
	form := func(version, topic, from string) []string {
		return []string{"version", version, "topic", topic, "date", day, "from", from, "to", "13:00", "places", "8", "taken", "2", "room", "зала 2", "word", "Залата е заета."}
	}
	if got := m.post(path+number, form(page.mark("version"), "Имейл", "11:00")...); got.code != http.StatusSeeOther {
		t.Fatalf("%d %s", got.code, got.body)
	}
	got = i.post(path+number, form(his.mark("version"), "Имейл за всички", "10:00")...)
	if got.code != http.StatusConflict {
		t.Fatalf("%d", got.code)
	}
	got.has(t, "Междувременно друг е запазил промяна", "maria, днес", day+" 11:00", day+" 10:00", `value="Имейл за всички"`)
	if got := i.post(path+number, form(got.mark("version"), "Имейл за всички", "11:00")...); got.code != http.StatusSeeOther {
		t.Fatalf("%d", got.code)
	}
	// Nobody who has signed up loses their place by a number.
	few := form(m.get(path+number).mark("version"), "Имейл за всички", "11:00")
	few[slices.Index(few, "places")+1] = "2"
	if got := m.post(path+number, few...); got.code != http.StatusUnprocessableEntity {
		t.Fatalf("%d", got.code)
	} else {
		got.has(t, "Вече са се записали 1.", `value="2"`)
	}
	// An old page can't cancel what it doesn't show; a new one can, once.
	if got := m.post(path+number+"/cancel", "version", page.mark("version")); !strings.HasSuffix(got.location, "/trainings/"+number) {
		t.Errorf("%d %s", got.code, got.location)
	}
	if got := m.post(path+number+"/cancel", "version", m.get(path+number).mark("version"), "why", "Няма ток."); got.code != http.StatusSeeOther {
		t.Errorf("%d", got.code)
	}
	m.get("/console/libraries/vratsa").has(t, "„Имейл за всички“ е отменено", "Отменено")
	m.get(path+number).has(t, "Отменено: ", "Няма ток.")
	if err := b.conversations.TellTrainings(b.ctx, b.store); err != nil {
		t.Fatal(err)
	}
	var said string
	if err := b.pool.QueryRow(b.ctx, `SELECT text FROM messages WHERE conversation = $1 AND sender = 'system'`, conversation).Scan(&said); err != nil || !strings.Contains(said, "няма да се състои") || !strings.Contains(said, "Няма ток.") {
		t.Errorf("who signed up heard %q, %v", said, err)
	}
	if n := b.number(`SELECT count(*) FROM audit_log WHERE verb LIKE 'training.%' AND subject = 'training:` + number + `'`); n != 4 {
		t.Errorf("%d rows in the log", n)
	}
	if got := m.get(path + "999999"); got.code != http.StatusNotFound {
		t.Errorf("%d", got.code)
	}
}

func (b *bundle) number(sql string) (n int) {
	b.Helper()
	if err := b.pool.QueryRow(b.ctx, sql).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// TestLibraryPhrasesExist finds the phrases that pages and code name, and the offers and languages that a form lists.
func TestLibraryPhrasesExist(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, pattern := range []string{"*.html", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`\.(L|LN)[ (]"([a-z_]*[a-z])"|(?:Key|key|words)(?:: | :?= )"library\.([a-z_]+)"|wrong\("[a-z-]+", "([a-z_]+)"`).FindAllStringSubmatch(string(data), -1) {
				if m[1] == "LN" {
					m[2] += ".many"
				}
				keys[m[2]+m[3]+m[4]] = true
			}
		}
	}
	for _, f := range append(append([]string{"starts", "minutes", "topic", "room", "places", "taken", "description"}, aboutFields...), "hours", "exceptions") {
		keys["field_"+f] = true
	}
	if len(keys) < 100 {
		t.Errorf("only %d keys were found: the search is broken", len(keys))
	}
	for key := range keys {
		for _, language := range []string{"bg", "en"} {
			if !i18n.Has(language, "library."+key) {
				t.Errorf("library.%s is missing in %s", key, language)
			}
		}
	}
}
