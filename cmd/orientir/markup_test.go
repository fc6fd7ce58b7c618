package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"orientir/bot/telegram/telegramtest"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// sown is the program with payloads in everything that a stranger, a file or a colleague can fill.
type sown struct {
	*guarded
	*payloads
	editor *caller // has every role
	token  string  // of a person on the web
	person *telegramtest.Person
}

func sow(t *testing.T, env ...string) *sown {
	t.Helper()
	p := &sown{guarded: guard(t, append([]string{"TELEGRAM_WEBHOOK_SECRET", ""}, env...)...), payloads: newPayloads()}
	p.works()
	p.must(p.program.store.AllowHost(p.ctx, "mjs.bg", "test"))
	var a staff.Account
	p.files()
	p.editor, a = p.staff(staff.Profile{Email: "all@example.bg", Name: p.text("a colleague's name", 80), Roles: staff.Roles(), Libraries: []string{"vratsa"}})
	p.guideFiles()
	p.web()
	p.telegram()
	p.desk(a)
	return p
}

// files come by «orientir import».
func (p *sown) files() {
	p.Helper()
	site := "https://site.example/" + p.mark("library site")
	for _, file := range []struct{ kind, text string }{
		{"places", "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.20\t23.55\t50000\n" +
			"10971\tгр.\t" + p.text("place name", 60) + "\t" + p.text("place name_latin", 60) + "\t" + p.text("place municipality", 200) + "\t" + p.text("place district", 200) + "\t43.99\t22.87\t40000\n"},
		{"help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\thours\tsource\temail\tsite\n" +
			"vratsa\t" + p.text("library name", 200) + "\t12259\t" + p.text("library address", 200) + "\t" + p.text("library phone", 60) + "\t43.2010\t23.5520\tпон–пет 9:00–17:30\t" + p.text("library source", 200) +
			"\t" + p.text("library email", 100) + "\t" + site + "\n" +
			"vidin\tБиблиотека\t10971\tул. Първа 1\t094 60 12 29\t43.9910\t22.8720\t\t\t\t\n"},
		{"trainings", "id\thelp_point\ttopic\tstarts\tplaces\tminutes\troom\tdescription\na\tvratsa\t" + p.text("training topic", 80) + "\t" + time.Now().AddDate(0, 6, 0).Format("2006-01-02") + " 10:00\t5\t60\t" + p.text("training room", 60) + "\t" + p.text("training description", 300) + "\n"},
		{"glossary", "term\tmeaning\n" + "винетка" + "\t" + p.text("glossary meaning", 180) + "\n"},
		{"signposts", "title\tauthority\tlink\tnames\n" + p.text("signpost title", 100) + "\t" + p.text("signpost authority", 100) + "\thttps://mjs.bg\t" + p.text("signpost names", 60) + "\n"},
	} {
		quoted := make([]string, 0, 8)
		for line := range strings.Lines(file.text) { // a table reads quotes
			cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			for i, cell := range cells {
				if strings.ContainsAny(cell, `"`) {
					cells[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
				}
			}
			quoted = append(quoted, strings.Join(cells, "\t"))
		}
		if _, err := p.program.store.Import(p.ctx, file.kind, strings.NewReader(strings.Join(quoted, "\n")+"\n")); err != nil {
			p.Errorf("import %s: %v", file.kind, err)
		}
	}
}

// hostileGuide has payloads in all that a guide says.
func (p *sown) hostileGuide(slug string) knowledge.Guide {
	say := func(field string) string { return p.unclosed(slug + " " + field) }
	list := func(field string) []string { return []string{say(field), say(field + " 2")} }
	texts := map[knowledge.Language]knowledge.Text{}
	for _, language := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
		texts[language] = knowledge.Text{
			Title: say("title"), Authority: say("authority"), Contact: say("contact"), Summary: say("summary"), Who: say("who"), Exceptions: list("exceptions"), Where: say("where"), Steps: list("steps"),
			Needed: list("needed"), Fees: []knowledge.Fee{{Cents: 1534, What: say("fee")}}, FeeNote: say("fee note"), Time: say("time"), Deadlines: list("deadlines"), GoodToKnow: list("good to know"),
			IdentificationNote: say("identification note"), Names: list("names"), Formerly: list("formerly"),
		}
	}
	return knowledge.Guide{
		Slug: slug, Audience: knowledge.Both, Status: knowledge.Active, Link: "https://cs.mjs.bg", Identification: []knowledge.Means{knowledge.KEP},
		Sources: []knowledge.Source{{URL: "https://cs.mjs.bg", Title: say("source"), Seen: time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)}},
		Local:   []knowledge.Local{{Municipality: "Враца", Contact: say("door contact"), Office: say("door office")}},
		Text:    texts,
	}
}

// guideFiles come through the staff site: Markdown and JSON-LD, and such as must be refused.
func (p *sown) guideFiles() {
	p.Helper()
	take := func(name string, data []byte) {
		p.Helper()
		got := p.editor.upload("/console/import", name, data, "how", "publish")
		p.look("/console/import", got)
		at := got.header.Get("Location")
		if got.code != http.StatusSeeOther {
			p.Fatalf("%s was not taken: %d %s", name, got.code, textsOf(got.body))
		}
		page := p.editor.get(at)
		p.look(at, page)
		for _, f := range forms(at, page.body) {
			if f.action == at {
				if got := p.editor.post(at, f.filled(p.payloads, true)); got.code != http.StatusSeeOther {
					p.Fatalf("%s was not published: %d", name, got.code)
				}
				return
			}
		}
		p.Fatalf("%s: nothing to confirm", name)
	}
	markdown := p.hostileGuide("hostile-markdown")
	var file []byte
	for _, language := range []knowledge.Language{knowledge.Bulgarian, knowledge.English} {
		text, err := markdown.Markdown(language)
		p.must(err)
		file = append(file, text...)
	}
	take(p.text("name of a file of Markdown", 200)+".md", file)
	linked, err := knowledge.CPSV([]knowledge.Guide{p.hostileGuide("hostile-linked")}, knowledge.CPSVOptions{})
	p.must(err)
	take("hostile.jsonld", linked)

	// Whole tags are refused.
	refused := p.hostileGuide("refused")
	text := refused.Text[knowledge.Bulgarian]
	text.Title = p.text("title of a refused guide", 400)
	refused.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	linked, err = knowledge.CPSV([]knowledge.Guide{refused}, knowledge.CPSVOptions{})
	p.must(err)
	got := p.editor.upload("/console/import", "refused.jsonld", linked)
	if p.look("/console/import", got); got.code != http.StatusUnprocessableEntity {
		p.Errorf("markup in a guide: %d", got.code)
	}
	p.look("/console/import", p.editor.upload("/console/import", "broken.md", []byte("---\nslug: "+p.text("front matter", 200)+"\n---\n")))
}

// web is a person in the web chat, with a librarian's answer to come, and one who reports a guide.
func (p *sown) web() {
	p.Helper()
	w := p.nobody()
	var begun struct{ Token string }
	p.must(json.Unmarshal([]byte(w.json("/api/v1/conversations", `{}`).body), &begun))
	p.token = begun.Token
	p.says(w, "text", p.text("words in the web chat", 1800))
	p.says(w, "command", "librarian")
	p.eventually("an offer", func() bool {
		return p.count(`SELECT count(*) FROM messages WHERE sender = 'bot' AND body::text LIKE '%human:yes%'`) > 0
	})
	p.says(w, "button", "human:yes")
	p.eventually("a ticket", func() bool { return p.count(`SELECT count(*) FROM tickets`) == 1 })
	p.says(w, "text", p.text("words while waiting", 1800))
	for _, slug := range []string{"hostile-markdown", "hostile-linked"} {
		got := w.post("/guides/"+slug+"/report", url.Values{"part": {"steps"}, "text": {p.text("report of "+slug, 500)}})
		if p.look("/guides/"+slug+"/report", got); got.code != http.StatusSeeOther {
			p.Errorf("the report was not taken: %d %s", got.code, textsOf(got.body))
		}
	}
	p.look("/", w.post("/", url.Values{"text": {p.text("words without scripts", 1500)}, "event_id": {"event-000001"}}))
	p.look("/continue", w.post("/continue", url.Values{"code": {p.text("a code", 200)}}))
}

// says sends an event of the web chat.
func (p *sown) says(w *caller, kind, what string) {
	p.Helper()
	field := map[string]string{"text": "text", "command": "command", "button": "data"}[kind]
	body, err := json.Marshal(map[string]string{"event_id": fmt.Sprintf("event-%08d", time.Now().UnixNano()%1e8), "kind": kind, field: what, "language": "bg", "place": "12259"})
	p.must(err)
	if got := w.json("/api/v1/conversations/messages", string(body), "Orientir-Conversation", p.token); got.code != http.StatusAccepted {
		p.Fatalf("say %q: %d %s", what, got.code, got.body)
	}
}

// telegram is a person on Telegram with a hostile name, and a group with a hostile title.
func (p *sown) telegram() {
	p.Helper()
	p.person = p.double.Person(7, p.text("Telegram first name", 64), `bg"><img src=x onerror=alert(1)>`)
	p.person.Say(p.text("words on Telegram", 1500))
	p.person.Send(map[string]any{"caption": p.text("caption of a picture", 900), "photo": []any{}})
	p.person.Send(map[string]any{"venue": map[string]any{"title": p.text("title of a place", 60), "address": "x", "location": map[string]any{"latitude": 43.2, "longitude": 23.55}}})
	p.person.Say("/start " + p.text("argument of a command", 60))
	p.person.Say("/librarian")
	p.eventually("an offer on Telegram", func() bool { return tap(&program{t: p.T, double: p.double}, p.person, "human:yes") })
	p.eventually("a second ticket", func() bool { return p.count(`SELECT count(*) FROM tickets`) == 2 })
	p.person.Say(p.text("words on Telegram while waiting", 900))

	elena := p.double.Person(20, "Елена", "bg")
	link := typedCode.FindString(p.follow(p.editor.post("/console/account/telegram", url.Values{"proof": {testPassword}})))
	elena.Say(link)
	p.eventually("a link", func() bool {
		return heard(&program{t: p.T, double: p.double}, elena.ID, "вече е свързан") == ""
	})
	group := p.double.Group(-1001, p.text("title of a group", 120))
	connect := typedCode.FindString(p.follow(p.editor.post("/console/groups", url.Values{"library": {"vratsa"}, "proof": {testPassword}})))
	elena.SayIn(group, 0, connect)
	p.eventually("a group", func() bool {
		return heard(&program{t: p.T, double: p.double}, group.ID, "Групата вече работи за") == ""
	})
}

// follow gives the page that a post led to.
func (p *sown) follow(got reply) string {
	p.Helper()
	if got.code != http.StatusSeeOther {
		return got.body
	}
	return p.editor.get(got.header.Get("Location")).body
}

// desk is a librarian who takes both people and answers.
func (p *sown) desk(a staff.Account) {
	p.Helper()
	rows, err := p.program.pool.Query(p.ctx, `SELECT id FROM tickets ORDER BY id`)
	p.must(err)
	for rows.Next() {
		var id int64
		p.must(rows.Scan(&id))
		chat := fmt.Sprintf("/console/chats/%d/", id)
		for _, step := range []struct {
			path string
			form url.Values
		}{
			{"claim", nil}, {"reply", url.Values{"text": {p.text("a librarian's answer", 1500)}}}, {"note", url.Values{"note": {p.text("a librarian's note", 900)}}},
		} {
			if got := p.editor.post(chat+step.path, step.form); got.code != http.StatusSeeOther {
				p.Errorf("%s%s: %d %s", chat, step.path, got.code, textsOf(got.body))
			}
		}
	}
	p.must(rows.Err())
	p.eventually("the answer on Telegram", func() bool {
		return slices.ContainsFunc(p.double.Sent(p.person.ID), func(m telegramtest.Sent) bool { return strings.Contains(m.Text, p.markOf("a librarian's answer")) })
	})
}

func (p *sown) markOf(where string) string {
	for m, w := range p.where {
		if w == where {
			return m
		}
	}
	return "?"
}

// look holds an answer to what it says it is.
func (p *sown) look(path string, got reply) {
	p.Helper()
	if got.code >= 500 {
		p.Errorf("%s: %d", path, got.code)
	}
	for _, f := range p.faultsIn(got.header.Get("Content-Type"), got.body) {
		p.Errorf("%s: %s", path, f)
	}
}

// passedOver are the forms that are not sent: they would end the session, or take away what others have filled in.
var passedOver = regexp.MustCompile(`/(sign-out|revoke|remove|active|language|password|cancel|return|close|transfer|leave|block|stop|withdraw|drop|retire|rules|link|sessions|account/telegram|second-step.*|people/[0-9]+)$`)

// TestNothingThatAnybodyWritesBecomesMarkup plants payloads in every field that it finds, through the doors that people have, and then reads
// every page that links lead to.
func TestNothingThatAnybodyWritesBecomesMarkup(t *testing.T) {
	if testing.Short() {
		t.Skip("opens hundreds of pages")
	}
	t.Parallel()
	p := sow(t)
	p.must(p.site.worklist.Collect(p.ctx)) // the reports are on the work list before its next round
	first := p.starts()
	t.Cleanup(func() {
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, "level=ERROR") {
				t.Error(line)
			}
		}
	})
	sent := map[string]bool{} // forms, by the pattern of their address
	p.editor.crawl(600, first, func(path string, got reply) {
		p.look(path, got)
		for _, f := range forms(path, got.body) {
			to, _, _ := strings.Cut(f.action, "?")
			key := kindOf(to) + fieldNames(f)
			if sent[key] || passedOver.MatchString(to) {
				continue
			}
			sent[key] = true
			p.look(f.action, p.editor.post(f.action, f.filled(p.payloads, true)))
			if f.demands() {
				p.look(f.action, p.editor.post(f.action, f.filled(p.payloads, false)))
			}
		}
	})
	if len(sent) < 30 {
		t.Errorf("only %d forms were found", len(sent))
	}

	pages := p.editor.crawl(900, first, p.look)
	reader := p.nobody()
	reader.cookies["__Host-orientir_conversation"] = p.token
	pages += reader.crawl(80, first, p.look)
	pages += p.nobody().crawl(80, first, p.look)
	if pages < 200 {
		t.Errorf("only %d pages were read", pages)
	}
	stream := reader.send(http.MethodGet, "/api/v1/conversations/stream", "", nil, "Orientir-Conversation", p.token)
	p.stream(stream.body)
	p.messages()
	p.inABrowser(t)
	p.shown()
}

// starts are the addresses of all patterns of the site that show something, with what there is behind their wildcards.
func (p *sown) starts() (list []string) {
	p.Helper()
	one := func(sql string) string {
		var s string
		if err := p.program.pool.QueryRow(p.ctx, sql).Scan(&s); err != nil {
			p.Errorf("%s: %v", sql, err)
		}
		return s
	}
	values := map[string]string{
		"/chats/{id}": one(`SELECT min(id)::text FROM tickets`), "/libraries/{id}": "vratsa", "{library}": "vratsa", "/worklist/{id}": "1", "/news/{id}": "1", "/people/{id}": one(`SELECT min(id)::text FROM staff`),
		"{slug}": "hostile-markdown", "{number}": one(`SELECT min(number)::text FROM trainings`), "{dimension}": "guides", "{a}": "1", "{b}": "1", "{id}": "1", "{name}": "chat.css",
	}
	for _, pattern := range p.patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodGet || strings.HasSuffix(path, "/stream") {
			continue
		}
		path = strings.ReplaceAll(path, "{$}", "")
		for _, wild := range []string{"/chats/{id}", "/libraries/{id}", "/worklist/{id}", "/news/{id}", "/people/{id}", "{library}", "{slug}", "{number}", "{dimension}", "{a}", "{b}", "{name}", "{id}"} {
			prefix := wild[:strings.Index(wild, "{")]
			path = strings.ReplaceAll(path, wild, prefix+values[wild])
		}
		list = append(list, path)
		if !strings.HasPrefix(path, "/console/") {
			list = append(list, path+"?lang=en")
		}
	}
	attack := url.QueryEscape(p.text("what is looked for", 200))
	for _, path := range []string{"/guides?q=", "/console/guides?find=", "/console/libraries?find=", "/console/transcripts?find=", "/console/transcripts?q=", "/console/worklist?find=", "/news?topic=", "/api/v1/help-points?place=", "/?lang=", "/embed?place=",
		"/console/sign-in?next=", "/console/link?token=", "/console/welcome?token=", "/console/audit?who=", "/console/nowhere?x=", "/nowhere?x=", "/console/import/export?format="} {
		list = append(list, path+attack)
	}
	return append(list, "/nowhere/"+url.PathEscape(p.text("a path", 200)), "/console/"+url.PathEscape(p.text("a path of the staff site", 200)))
}

// stream holds the messages of a stream to the same.
func (p *sown) stream(body string) {
	p.Helper()
	messages := 0
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(line, "data: ")
		var m struct{ HTML string }
		if !ok || json.Unmarshal([]byte(data), &m) != nil || m.HTML == "" {
			continue
		}
		messages++
		for _, f := range p.faultsOf(m.HTML) {
			p.Errorf("the stream: %s", f)
		}
	}
	if messages == 0 {
		p.Errorf("the stream has no messages: %.300q", body)
	}
}

// messages holds what goes out on Telegram to text: the double takes Telegram's own tags alone and refuses all else; the bot itself uses
// four of them, and no link but those of its own words.
func (p *sown) messages() {
	p.Helper()
	for _, m := range p.double.All() {
		p.see(m.Text)
		for _, f := range p.faultsOf(strings.ReplaceAll(m.HTML, "tg://", "https://evil.example/")) {
			p.Errorf("on Telegram: %s in %.300q", f, m.HTML)
		}
		for _, b := range m.Buttons {
			if b.URL != "" && !strings.HasPrefix(b.URL, "https://") {
				p.Errorf("a button on Telegram leads to %q", b.URL)
			}
		}
	}
}

// unshown are the beginnings of the names of fields that nobody is shown, and why.
var unshown = map[string]string{
	"Telegram first name": "staff see a pseudonym", "place name_latin": "found by, not shown", "library source": "editors see it in the file", "glossary": "explained in answers alone", "signpost": "shown where a question comes near it",
	"name of a file": "the plan names guides", "refused": "only its faults are told", "title of a refused": "only its faults are told", "front matter": "only its faults are told", "title of a place": "not kept", "argument of": "not kept", "a path": "told to nobody",
	"what is looked for in a browser": "looked at in the browser", "words while the page": "looked at in the browser",
}

// shown holds the test to having planted something: a field whose mark is seen nowhere was not filled, or has lost its page.
func (p *sown) shown() {
	p.Helper()
	if p.seen[p.markOf("Telegram first name")] {
		p.Error("somebody is shown a person's name from Telegram")
	}
	unseen := slices.DeleteFunc(p.unseen(), func(where string) bool {
		for beginning := range unshown {
			if strings.HasPrefix(where, beginning) {
				return true
			}
		}
		return false
	})
	for _, where := range unseen {
		if !strings.HasPrefix(where, "/") { // of the forms that are found, some fields take no such words
			p.Errorf("nobody was shown: %s", where)
		}
	}
}
