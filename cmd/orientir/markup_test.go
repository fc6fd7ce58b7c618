package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

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
	colleague, _ := p.staff(staff.Profile{Email: "colleague@example.bg", Name: "Колежка", Roles: []staff.Role{staff.Librarian, staff.Editor}})
	p.exec(`UPDATE staff_sessions SET proved_at = now() + interval '1 hour'`) // forms that ask who sends them are taken
	p.clerk.plantCases(colleague, p.text)
	linked, err := knowledge.CPSV([]knowledge.Guide{p.hostileGuide("hostile-review")}, knowledge.CPSVOptions{})
	p.must(err)
	colleague.carryOut(colleague.upload("/console/import", "review.jsonld", linked, "how", "review").header.Get("Location"), p.payloads)
	if page := "/console/guides/hostile-review"; !p.clerk.again(lateForm{page: page, action: page + "/return"}, true) {
		t.Error("a colleague's draft can't be given back")
	} else {
		p.look(page, colleague.get(page))
	}
	first = append(p.clerk.first(), first...)
	p.clerk.round(600, first)
	p.clerk.round(200, first)
	p.clerk.ends()
	p.clerk.allTaken()

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
	"Telegram first name": "staff see a pseudonym", "place name_latin": "found by, not shown", "library source": "editors see it in the file", "glossary": "for the search alone", "signpost names": "for the search alone", "first name at": "a name is letters alone",
	"name of a file": "the plan names guides", "refused": "only its faults are told", "title of a refused": "only its faults are told", "front matter": "only its faults are told", "title of a place": "not kept", "argument of": "not kept", "a path": "told to nobody",
	"what is looked for in a browser": "looked at in the browser", "words while the page": "looked at in the browser",
	"/console/guides/x/preview": "has the fields of /edit, and shows what a card has of them", "/console/account/desk chats": "a number", "/console/chats/0/close comment": "for want of a guide alone: words at closing",
	"/console/guides/x/retire find": "told where nothing is found alone",
}

// shown holds the test to having planted something: a field whose mark is seen nowhere was not filled, or has lost its page.
func (p *sown) shown() {
	p.Helper()
	for _, hidden := range []string{"Telegram first name", "glossary meaning", "signpost names"} {
		if p.seen[p.markOf(hidden)] {
			p.Errorf("somebody is shown: %s", hidden)
		}
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
		p.Errorf("nobody was shown: %s", where)
	}
}

func (p *sown) markOf(where string) string { return cmp.Or(p.marks[where], "?") }

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
