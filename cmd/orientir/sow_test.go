package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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
	editor  *caller // has every role
	clerk   *clerk  // who is that
	token   string  // of a person on the web
	library string  // whose terminal they sit at; "" at home
	person  *telegramtest.Person
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
	p.kiosk()
	p.desk(a)
	p.clerk = newClerk(p.editor, a.ID, inForms{p.payloads}, p.look)
	return p
}

// files come by «orientir import».
func (p *sown) files() {
	p.Helper()
	site, signpost := "https://site.example/"+p.mark("library site"), p.text("signpost title", 100)
	for _, file := range []struct{ kind, text string }{
		{"places", "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\tpopulation\n12259\tгр.\tВраца\tVratsa\tВраца\tВраца\t43.20\t23.55\t50000\n" +
			"10971\tгр.\t" + p.text("place name", 60) + "\t" + p.text("place name_latin", 60) + "\t" + p.text("place municipality", 200) + "\t" + p.text("place district", 200) + "\t43.99\t22.87\t40000\n"},
		{"help-points", "id\tname\tekatte\taddress\tphone\tlat\tlon\thours\tsource\temail\tsite\n" +
			"vratsa\t" + p.text("library name", 200) + "\t12259\t" + p.text("library address", 200) + "\t" + p.text("library phone", 60) + "\t43.2010\t23.5520\tпон–пет 9:00–17:30\t" + p.text("library source", 200) +
			"\t" + p.text("library email", 100) + "\t" + site + "\n" +
			"vidin\tБиблиотека\t10971\tул. Първа 1\t094 60 12 29\t43.9910\t22.8720\t\t\t\t\n"},
		{"trainings", "id\thelp_point\ttopic\tstarts\tplaces\tminutes\troom\tdescription\na\tvratsa\t" + p.text("training topic", 80) + "\t" + time.Now().AddDate(0, 6, 0).Format("2006-01-02") + " 10:00\t5\t60\t" + p.text("training room", 60) + "\t" + p.text("training description", 300) + "\n"},
		{"glossary", "term\tmeaning\n" + "винетка" + "\t" + p.text("glossary meaning", 180) + "\n"},
		{"signposts", "title\tauthority\tlink\tnames\n" + signpost + "\t" + p.text("signpost authority", 100) + "\thttps://mjs.bg\t" + p.text("signpost names", 60) + "\n"},
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
	for _, question := range []string{"как се регистрират пчелни кошери", "регистрация на кошер", "искам да гледам пчели", "пчелин на село", "кошери в двора", "дневник на пчелина"} {
		p.must(p.program.store.AddSample(p.ctx, knowledge.Sample{Text: question, Kind: "offtopic", Signpost: signpost, Language: "bg"}, "test"))
	}
	p.must(p.program.answerer.Update(p.ctx))
}

// hostileGuide has payloads in all that a guide says.
func (p *sown) hostileGuide(slug string) knowledge.Guide {
	say := func(field string) string { return p.unclosed(slug+" "+field, 500) }
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
		if got.code != http.StatusSeeOther {
			p.Fatalf("%s was not taken: %d %s", name, got.code, textsOf(got.body))
		}
		at := got.header.Get("Location")
		p.look(at, p.editor.get(at))
		p.editor.carryOut(at, p.payloads)
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
	p.rates(w)
	p.says(w, "text", "регистрация на пчелни кошери") // a signpost
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

// rates asks what a guide answers, by a word that the glossary explains, and says what is bad about the answer.
func (p *sown) rates(w *caller) {
	p.Helper()
	p.says(w, "text", "къде се купува винетка")
	for _, button := range []string{"rate:bad:[0-9]+:[a-z-]+", "why:unclear:[0-9]+"} {
		var data string
		p.eventually("a button "+button, func() bool {
			return p.program.pool.QueryRow(p.ctx, `SELECT substring(body::text FROM $1) FROM messages WHERE sender = 'bot' AND body::text ~ $1 LIMIT 1`, button).Scan(&data) == nil
		})
		p.says(w, "button", data)
	}
	p.eventually("a question what is missing", func() bool {
		return p.count(`SELECT count(*) FROM messages WHERE sender = 'bot' AND body::text LIKE '%какво липсва%'`) > 0
	})
	p.says(w, "text", "хахаха, рецепта за баница, "+p.text("words about an answer", 300))
	p.eventually("words about an answer", func() bool { return p.count(`SELECT count(*) FROM feedback WHERE comment LIKE 'хахаха%'`) == 1 })
}

// kiosk is somebody at a library's terminal, who leaves a question for a librarian.
func (p *sown) kiosk() {
	p.Helper()
	own := *p
	own.token, own.library = strings.Repeat("K", 43), "vratsa"
	w := p.nobody()
	own.says(w, "text", p.text("words at a terminal", 900))
	own.says(w, "command", "librarian")
	p.eventually("an offer at the terminal", func() bool {
		return p.count(`SELECT count(*) FROM messages WHERE sender = 'bot' AND body::text LIKE '%human:yes%'`) > 2
	})
	own.says(w, "button", "human:yes")
	p.eventually("a third ticket", func() bool { return p.count(`SELECT count(*) FROM tickets`) == 3 })
}

// says sends an event of the web chat.
func (p *sown) says(w *caller, kind, what string) {
	p.Helper()
	field := map[string]string{"text": "text", "command": "command", "button": "data"}[kind]
	body, err := json.Marshal(map[string]string{"event_id": fmt.Sprintf("event-%08d", time.Now().UnixNano()%1e8), "kind": kind, field: what, "language": "bg", "place": "12259", "library": p.library})
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
	p.person.Edit(p.person.Say("пиша"), p.text("an edited message", 900))
	p.person.Say("/trainings Враца")
	for _, button := range []string{"course:", "course:join:"} {
		p.eventually("a button "+button, func() bool { return tap(&program{t: p.T, double: p.double}, p.person, button) })
	}
	p.eventually("a question for a name", func() bool { return heard(&program{t: p.T, double: p.double}, p.person.ID, "име") == "" })
	p.person.Say(p.text("first name at a training", 60))

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
