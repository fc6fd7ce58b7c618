package console

import (
	"context"
	"errors"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// wordReader sees in a text its words, cut to five letters.
type wordReader struct{}

func wordsOf(text string) (list []string) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if r := []rune(strings.Trim(w, "?.,!")); len(r) > 3 {
			list = append(list, string(r[:min(5, len(r))]))
		}
	}
	return list
}

func (wordReader) Embed(_ context.Context, texts []string) ([][]float32, error) {
	all := make([][]float32, len(texts))
	for i, text := range texts {
		all[i] = make([]float32, 256)
		words := wordsOf(text)
		for _, w := range words {
			h := fnv.New32a()
			h.Write([]byte(w))
			all[i][h.Sum32()%256] += float32(1 / math.Sqrt(float64(len(words))))
		}
	}
	return all, nil
}

func (wordReader) Subjects(_ context.Context, texts []string) ([][]retrieval.Subject, error) {
	all := make([][]retrieval.Subject, len(texts))
	for i, text := range texts {
		for _, w := range wordsOf(text) {
			all[i] = append(all[i], retrieval.Subject{Word: w, Weight: 3})
		}
	}
	return all, nil
}

func (wordReader) Version(context.Context) (string, error) { return "words", nil }

func (wordReader) Answer(context.Context, retrieval.Question) (retrieval.Answer, error) {
	return retrieval.Answer{}, errors.New("nobody waits")
}

func (wordReader) Record(context.Context, postgres.DB, retrieval.Question, retrieval.Answer, int64) (int64, error) {
	return 0, errors.New("nobody waits")
}

// missed lets somebody ask what no guide answers, some days ago, and gives the answer's number.
func (b *bundle) missed(key, question string, daysAgo int) (answer int64) {
	b.Helper()
	err := b.pool.QueryRow(b.ctx, `
		WITH k AS (
			INSERT INTO contacts (channel, key, created_at) VALUES ('web', $1, now()) ON CONFLICT (channel, key) DO UPDATE SET key = EXCLUDED.key RETURNING id
		), c AS (
			INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k ON CONFLICT (contact) DO UPDATE SET updated_at = now() RETURNING id
		)
		INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model, answered_at)
		SELECT id, $2, 'bg', 'bg', 'abstained', 'question', 0.2, '[{"slug": "criminal-record", "version": 1, "score": 0.2}]', '[]', 'm', now() - make_interval(days => $3)
		FROM c RETURNING id`, key, question, daysAgo).Scan(&answer)
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

// worklist is the desk's work list; collect takes in what is new.
func (b *bundle) collect() {
	b.Helper()
	list := handoff.NewWorklist(b.desk, wordReader{}, handoff.WorklistOptions{Settle: -1})
	if err := list.Collect(b.ctx); err != nil {
		b.Fatal(err)
	}
}

// filled fills the work list with what stands in one: what many miss, what a few do, and a guide that is wrong.
func (b *bundle) filled() {
	b.Helper()
	for i, q := range []string{"как се вади ловен билет", "ловен билет за сина ми, на 18 години е", "искам да си извадя ловен билет онлайн", "ловен билет колко струва", "къде се плаща ловен билет"} {
		b.missed("hunter"+strconv.Itoa(i), q, i*3)
	}
	b.missed("sailor", "регистрация на лодка", 1)
	b.missed("sailor", "лодка с мотор, къде се регистрира", 0)
	b.missed("driver", "детска количка на изплащане", 9)
	list := handoff.NewWorklist(b.desk, wordReader{}, handoff.WorklistOptions{Settle: -1})
	for _, r := range []bot.Report{
		{Guide: "criminal-record", Part: "fee", Text: "Таксата вече е 4 евро, така пише на гишето.", Official: true},
		{Guide: "criminal-record", Part: "link", Text: "Адресът не се отваря от телефон."},
	} {
		if kept, err := list.ReportPage(b.ctx, r); err != nil || kept != bot.ReportKept {
			b.Fatal(kept, err)
		}
	}
	b.collect()
}

const problemNamed = `(words => [...document.querySelectorAll('.problems h2 a')].find(a => a.innerText.includes(words)))`

func TestTheWorkListInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	b.filled()
	ivan, _ := b.editor("Иван")
	w := open(t)
	w.signIn(b, ivan)
	list := b.URL + "/console/worklist"
	unfold := chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main details').forEach(d => d.open = true)`)
	press := func(action string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(`form[action$="/`+action+`"] button`, chromedp.NodeVisible)
	}
	follow := func(words string) {
		w.do(chromedp.Navigate(list))
		w.is(problemNamed + `('` + words + `')`)
		w.do(chromedp.Evaluate[chromedp.Void](problemNamed + `('` + words + `').click()`))
		w.is(`document.querySelector('.story') && document.querySelector('h1').innerText.includes('` + words + `')`)
	}

	// What most people miss stands first.
	w.do(chromedp.Navigate(list))
	w.is(`document.querySelector('.problems h2').innerText.includes('ловен билет')`)
	w.is(`document.querySelector('.problems .people').innerText.startsWith('5')`)
	w.accessible("worklist")
	w.do(chromedp.Click(`.kinds li:last-child a`, chromedp.NodeVisible))
	w.is(`document.querySelectorAll('.problems > li').length === 1`)
	w.reads("Електронно свидетелство за съдимост")

	follow("ловен билет")
	id := w.text(`location.pathname.split('/').pop()`)
	w.do(unfold)
	w.accessible("problem")
	// One of the cases is about something else.
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.cases li')].find(l => l.innerText.includes('плаща')).querySelector('input').click()`), press("split"))
	w.reads("Избраните са отделна задача.")
	w.do(chromedp.SendKeys("#title", " на гишето"), press("name"))
	w.reads("Името е запазено.")
	// Together again.
	b.collect()
	follow("на гишето")
	w.do(unfold, chromedp.SendKeys(`#into`, id), chromedp.Evaluate[chromedp.Void](`document.querySelector('#into').form.requestSubmit()`))
	w.reads("Задачите са слети.")
	w.is(`location.pathname.endsWith('/` + id + `')`)

	// Nothing is called by a guide's name that the guide has already; what was typed stays.
	follow("лодка")
	w.do(unfold, chromedp.SetValue(`select[name="name-guide"]`, "criminal-record"), chromedp.SetValue("#name", "Съдимост"), press("everyday-name"))
	w.reads("Упътването вече има това име.")
	w.is(`document.querySelector('#name').value === 'Съдимост' && document.querySelector('#name').closest('details').open`)
	w.accessible("problem-fault")
	w.do(chromedp.SetValue("#name", "лодка"), press("everyday-name"))
	w.reads("Името е в черновата.")
	w.do(chromedp.Navigate(list + "?state=working"))
	w.reads("Ново ежедневно име")
	w.pictures("worklist-working")

	follow("количка")
	w.do(unfold, chromedp.SendKeys("#reason", "Не е електронна услуга."), press("aside"))
	w.reads("Задачата е оставена настрана.")
	w.do(chromedp.Navigate(list + "?state=aside"))
	w.reads("Не е електронна услуга.")
	w.pictures("worklist-aside")

	// A draft leads into the form, and what waits for it says so.
	w.do(chromedp.Navigate(list+"/"+id), chromedp.SetValue("#guide-title", "Ловен билет"), press("draft"))
	w.is(`location.pathname === '/console/guides/loven-bilet/edit'`)
	w.do(chromedp.Navigate(list + "/" + id))
	w.reads("Щом черновата се публикува")
	w.pictures("problem-working")

	follow("съдимост")
	w.pictures("problem-wrong")
	w.do(press("mend"))
	w.is(`location.pathname === '/console/guides/criminal-record/edit'`)
	w.do(chromedp.Navigate(list))
	w.reads("Няма какво да се върши")
	w.pictures("worklist-empty")

	b.exec(`UPDATE problems SET state = 'fixed', fixed_at = now() WHERE id = $1`, id)
	b.exec(`INSERT INTO problem_items (problem, source, answer, at) VALUES ($1, 'again', $2, now())`, id, b.missed("again", "ловен билет", 0))
	b.exec(`UPDATE problems SET counted_at = NULL WHERE id = $1`, id)
	b.collect()
	w.do(chromedp.Navigate(list + "?state=fixed"))
	w.reads("Питан е пак 1 път, отговорено 1.")
	w.accessible("worklist-fixed")
}

// Without scripts and through another editor's eyes.
func TestTheWorkListRefusesWhatIsDone(t *testing.T) {
	b := setup(t)
	b.filled()
	_, ivan := b.editor("Иван")
	_, maria := b.editor("Мария")
	list := ivan.get("/console/worklist")
	list.has(t, "ловен билет", "Упътването греши", "1 въпрос без отговор", "2 сигнала")
	var id int64
	if err := b.pool.QueryRow(b.ctx, `SELECT id FROM problems WHERE people = 5`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	page := "/console/worklist/" + strconv.FormatInt(id, 10)
	if a := maria.post(page+"/draft", "guide-title", "Ловен билет"); a.location != "/console/guides/loven-bilet/edit" {
		t.Errorf("%d to %q", a.code, a.location)
	}
	if a := ivan.post(page+"/aside", "reason", "няма такава услуга"); a.location != page {
		t.Errorf("%d to %q", a.code, a.location)
	}
	ivan.get(page).has(t, "Междувременно това се промени.", "Ловен билет")
	d, ok, err := b.store.Draft(b.ctx, "loven-bilet")
	if err != nil || !ok || d.Guide.Text[knowledge.Bulgarian].Title != "Ловен билет" || strings.Contains(d.Notes, "сина ми") {
		t.Errorf("%v %v %+v", err, ok, d)
	}
	if a := ivan.get("/console/worklist/999"); a.code != 404 {
		t.Errorf("a problem that there is not: %d", a.code)
	}
	librarian := b.as(b.account(staff.Profile{Email: "l@example.bg", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}}))
	if a := librarian.get(page); a.code != 403 {
		t.Errorf("a librarian reads the editors' list: %d", a.code)
	}
}

func TestADraftFromAConversationInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	_, ticket := b.person("p", "как се вади ловен билет")
	for _, err := range []error{
		b.desk.Claim(b.ctx, ticket, maria),
		func() error {
			_, err := b.desk.Reply(b.ctx, ticket, maria, "Вади се в ловната дружинка.")
			return err
		}(),
		b.desk.Close(b.ctx, ticket, maria, handoff.Closing{Outcome: handoff.Answered, Effort: 2, Guide: handoff.Fine}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL+chatPath(ticket)), chromedp.Click("#draft summary", chromedp.NodeVisible),
		chromedp.SendKeys("#guide-title", "Ловен билет"), chromedp.SendKeys("#words", " "),
		chromedp.Evaluate[chromedp.Void](`document.querySelector('#draft form').noValidate = true`), chromedp.Click("#draft button", chromedp.NodeVisible))
	w.reads("Напишете нещо")
	w.is(`document.querySelector('#draft').open && document.querySelector('#guide-title').value === 'Ловен билет'`)
	w.accessible("chat-draft")
	w.do(chromedp.SetValue("#words", "Дружинката го издава."), chromedp.Click("#draft button", chromedp.NodeVisible))
	w.reads("Черновата е при редакторите. Благодаря!")
	w.is(`!document.querySelector('#draft form')`)
	w.pictures("chat-drafted")
	if d, ok, err := b.store.Draft(b.ctx, "loven-bilet"); err != nil || !ok || !strings.Contains(d.Notes, "Дружинката го издава.") {
		t.Errorf("%v %v %s", err, ok, d.Notes)
	}
	ivan, _ := b.editor("Иван")
	w = open(t)
	w.signIn(b, ivan)
	w.do(chromedp.Navigate(b.URL+"/console/guides/loven-bilet"), chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".notes").forEach(d => d.open = true)`))
	w.reads("Вади се в ловната дружинка.")
	w.accessible("guide-replies")
	w.do(chromedp.Navigate(b.URL + "/console/guides/loven-bilet/edit"))
	w.reads("Какво отговориха библиотекарите")
	w.pictures("guide-edit-replies")
}

func TestADraftThatIsNotTakenIsDrawnAgain(t *testing.T) {
	b := setup(t)
	maria := b.account(staff.Profile{Email: "m@example.bg", Name: "Мария", Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
	w := b.as(maria)
	closed := func(who string, guide handoff.Verdict, slug string) string {
		_, ticket := b.person(who, "колко струва")
		if err := errors.Join(b.desk.Claim(b.ctx, ticket, maria),
			b.desk.Close(b.ctx, ticket, maria, handoff.Closing{Outcome: handoff.Answered, Effort: 2, Guide: guide, Slug: slug, Comment: "друга е таксата"})); err != nil {
			t.Fatal(err)
		}
		return chatPath(ticket)
	}
	for _, tc := range []struct {
		path    string
		offered bool
	}{{closed("p", handoff.Wrong, "criminal-record"), false}, {closed("q", handoff.Missing, ""), true}} {
		if page := w.get(tc.path); strings.Contains(page.body, `name="guide-title"`) != tc.offered {
			t.Errorf("%s offers a draft: %v", tc.path, !tc.offered)
		}
		if tc.offered { // meanwhile an editor puts it aside
			b.collect()
			b.exec(`UPDATE problems SET state = 'aside', reason = 'x'`)
			w.get(tc.path).lacks(t, `name="guide-title"`)
		}
		got := w.post(tc.path+"/draft", "guide-title", "Ловен билет", "words", "Дружинката го издава.")
		if got.code != 422 {
			t.Errorf("%s: %d", tc.path, got.code)
		}
		got.has(t, "Това вече е при редакторите", `value="Ловен билет"`, ">Дружинката го издава.</textarea>", `id="draft" open`)
	}
}
