package console

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// whoImport is who may take guides in and out; see who.
var whoImport = map[string]string{
	"GET /console/import":            "e",
	"POST /console/import":           "e",
	"GET /console/import/export":     "e",
	"GET /console/import/{id}":       "e",
	"POST /console/import/{id}":      "e",
	"POST /console/import/{id}/drop": "e",
}

// upload gives a file of guides on the page for it.
func (w *browser) upload(how, name string, data []byte) answer {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("how", how)
	file, err := form.CreateFormFile("file", name)
	if err != nil {
		w.Fatal(err)
	}
	_, _ = file.Write(data)
	_ = form.Close()
	return w.sendFile(form.FormDataContentType(), &body)
}

// sendFile gives a form with a file to the page, as fast as body can be read.
func (w *browser) sendFile(kind string, body io.Reader) answer {
	w.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.URL+"/console/import", body)
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	response, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{code: response.StatusCode, body: string(text), location: response.Header.Get("Location"), header: response.Header}
}

// fileOf is a file with a changed guide and a new one.
func fileOf(t *testing.T) []byte {
	t.Helper()
	changed, fresh := guide(), guide()
	text := changed.Text[knowledge.Bulgarian]
	text.Steps = []string{"Отворете cs.mjs.bg.", "Влезте с КЕП – електронен подпис.", "Изтеглете и запазете свидетелството."}
	changed.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	fresh.Slug = "court-case"
	text.Title, text.Names = "Справка за дело", nil
	fresh.Text = map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: text}
	data, err := knowledge.CPSV([]knowledge.Guide{changed, fresh}, knowledge.CPSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var markOf = regexp.MustCompile(`name="mark" value="([0-9a-f]+)"`)

func TestAFilesNameIsText(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	if got := w.upload("publish", "a\xff.jsonld", fileOf(t)); got.code != http.StatusSeeOther {
		t.Errorf("%d %s", got.code, got.body)
	}
}

func TestAnEditorTakesAFile(t *testing.T) {
	b := setup(t)
	a, w := b.editor("Мария")
	got := w.upload("publish", "упътвания.jsonld", fileOf(t))
	if got.code != http.StatusSeeOther || !strings.HasPrefix(got.location, "/console/import/") {
		t.Fatalf("the file was not taken: %d %s", got.code, got.body)
	}
	at := got.location
	page := w.get(at)
	for _, words := range []string{"упътвания.jsonld", "<strong>1</strong> нови", "<strong>1</strong> променени", "Справка за дело", "запазете"} {
		if !strings.Contains(page.body, words) {
			t.Errorf("the page doesn't say %q", words)
		}
	}
	if _, ok, _ := b.store.Guide(b.ctx, "court-case"); ok {
		t.Fatal("looking published it")
	}
	// Another editor doesn't see it.
	_, other := b.editor("Иван")
	if got := other.get(at); got.code != http.StatusNotFound {
		t.Errorf("somebody else's file: %d", got.code)
	}
	mark := markOf.FindStringSubmatch(page.body)
	if mark == nil {
		t.Fatal("nothing to confirm")
	}
	// Somebody publishes meanwhile: what was shown is not what would be done.
	now, _, _ := b.store.Guide(b.ctx, "criminal-record")
	now.Audience = knowledge.Both
	if _, err := b.store.Publish(b.ctx, now, "staff:99"); err != nil {
		t.Fatal(err)
	}
	if got := w.post(at, "mark", mark[1]); got.location != at {
		t.Fatalf("a stale file was taken: %d %s", got.code, got.location)
	}
	if _, ok, _ := b.store.Guide(b.ctx, "court-case"); ok {
		t.Fatal("half of it was done")
	}
	page = w.get(at)
	if got := w.post(at, "mark", markOf.FindStringSubmatch(page.body)[1]); got.location != "/console/guides" {
		t.Fatalf("it was not taken: %d %s", got.code, got.location)
	}
	g, ok, err := b.store.Guide(b.ctx, "court-case")
	if err != nil || !ok || g.PublishedBy != staffID(a.ID) || g.Why != "Внесено от файл „упътвания.jsonld“" {
		t.Errorf("the new guide is %+v, %v", g, err)
	}
	if now, _, _ = b.store.Guide(b.ctx, "criminal-record"); now.Version != 3 || now.Audience != knowledge.Citizen {
		t.Errorf("the changed guide is version %d for %s", now.Version, now.Audience)
	}
	entries, err := b.staff.Audit(b.ctx, staff.AuditFilter{})
	if err != nil || len(entries) == 0 || entries[0].Verb != "guide.import" || entries[0].Subject != "guide:упътвания.jsonld" ||
		fmt.Sprint(entries[0].Detail["guides"]) != "[criminal-record court-case]" || entries[3].Verb != "guide.import-read" || entries[3].Subject != "guide:упътвания.jsonld" {
		t.Errorf("the log says %+v, %v", entries, err)
	}
	if got := w.get(at); got.code != http.StatusNotFound {
		t.Errorf("the file is still there: %d", got.code)
	}
	// What went out comes back unchanged.
	for _, format := range []string{"markdown", "zip", "jsonld"} {
		out := w.get("/console/import/export?format=" + format)
		if out.code != http.StatusOK || !strings.Contains(out.header.Get("Content-Disposition"), "guides.") {
			t.Fatalf("export as %s: %d", format, out.code)
		}
		page := w.get(w.upload("publish", "x", []byte(out.body)).location)
		if !strings.Contains(page.body, "Във файла няма нищо ново.") || !strings.Contains(page.body, "<strong>2</strong> без промяна") {
			t.Errorf("%s came back with changes", format)
		}
	}
}

func TestWhatIsWrongInAFileIsShown(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	for name, c := range map[string]struct{ file, want string }{
		"another site":       {strings.ReplaceAll(string(fileOf(t)), "https://cs.mjs.bg", "https://evil.example"), "адресът не е на разрешен официален сайт"},
		"markup":             {strings.ReplaceAll(string(fileOf(t)), "Справка за дело", "<b>Справка"), "има HTML, а се пише само текст: „&lt;b&gt;“"},
		"a foreign context":  {`{"@context": "https://evil.example/c.jsonld"}`, "разчита на контекст от друг сайт"},
		"a letter":           {"Здравейте!", "не е написано като упътване"},
		"an archive cut off": {"PK\x03\x04xx", "архивът не може да се прочете"},
	} {
		got := w.upload("publish", "a.jsonld", []byte(c.file))
		if got.code != http.StatusUnprocessableEntity || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d, without %q", name, got.code, c.want)
		}
	}
	if got := w.post("/console/import", "how", "publish"); got.code != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", got.code)
	}
	if got := w.upload("publish", "big.md", bytes.Repeat([]byte("a"), biggestUpload+1)); got.code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file that is too big: %d", got.code)
	}
	if guides, err := b.store.Guides(b.ctx); err != nil || len(guides) != 1 {
		t.Errorf("%d guides, %v", len(guides), err)
	}
}

// slowLine brings its second part when a form would long have had to be here: the test's server gives one a second.
type slowLine struct{ io.Reader }

func (l slowLine) Read(p []byte) (int, error) {
	time.Sleep(1500 * time.Millisecond)
	return l.Reader.Read(p)
}

func TestAFileMayTakeItsTimeOnASlowLine(t *testing.T) {
	b := setup(t)
	_, w := b.editor("Мария")
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.md\"\r\n\r\nЗдравейте!\r\n--x--\r\n"
	got := w.sendFile("multipart/form-data; boundary=x", io.MultiReader(strings.NewReader(body[:20]), slowLine{strings.NewReader(body[20:])}))
	if got.code != http.StatusUnprocessableEntity || !strings.Contains(got.body, "не е написано като упътване") {
		t.Errorf("%d: %s", got.code, got.body)
	}
}

func TestWithASecondEditorAFileWaits(t *testing.T) {
	b := setup(t)
	b.rules(knowledge.EditingRules{SecondEditor: true})
	_, w := b.editor("Мария")
	if page := w.get("/console/import"); strings.Contains(page.body, `value="publish"`) {
		t.Error("publishing at once is offered")
	}
	at := w.upload("publish", "a.jsonld", fileOf(t)).location // asked for all the same
	page := w.get(at)
	if got := w.post(at, "mark", markOf.FindStringSubmatch(page.body)[1]); got.location != "/console/guides?view=review" {
		t.Fatalf("%d %s", got.code, got.location)
	}
	if _, ok, _ := b.store.Guide(b.ctx, "court-case"); ok {
		t.Error("it was published")
	}
	for _, slug := range []string{"court-case", "criminal-record"} {
		if d, ok, err := b.store.Draft(b.ctx, slug); err != nil || !ok || d.Stage != knowledge.InReview {
			t.Errorf("the draft of %s: %+v, %v", slug, d, err)
		}
	}
}

func TestAMunicipalitysEditorCantImport(t *testing.T) {
	b := setup(t)
	a := b.account(staff.Profile{Email: "vratsa@example.bg", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"})
	w := b.as(a)
	if got := w.get("/console/import"); got.code != http.StatusForbidden {
		t.Errorf("the page: %d", got.code)
	}
	if got := w.upload("draft", "a.jsonld", fileOf(t)); got.code != http.StatusForbidden {
		t.Errorf("a file: %d", got.code)
	}
	if got := w.get("/console/guides"); strings.Contains(got.body, "/console/import") {
		t.Error("the way there is shown")
	}
}

func TestImportInTheBrowser(t *testing.T) {
	b := setup(t)
	b.serveTokens()
	maria, _ := b.editor("Мария")
	file := filepath.Join(t.TempDir(), "упътвания.jsonld")
	if err := os.WriteFile(file, fileOf(t), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "грешен.jsonld")
	if err := os.WriteFile(wrong, bytes.ReplaceAll(fileOf(t), []byte("https://cs.mjs.bg"), []byte("https://evil.example")), 0o600); err != nil {
		t.Fatal(err)
	}
	w := open(t)
	w.signIn(b, maria)
	w.do(chromedp.Navigate(b.URL+"/console/guides"), chromedp.Click(`a[href="/console/import"]`, chromedp.NodeVisible))
	w.reads("Първо виждате какво ще се промени")
	w.accessible("import")
	w.do(chromedp.SetUploadFiles("#file", []string{wrong}), chromedp.Click(`.asks button`, chromedp.NodeVisible))
	w.reads("„грешен.jsonld“ не е внесен. Нищо не е променено.")
	w.accessible("import-faults")
	w.do(chromedp.SetUploadFiles("#file", []string{file}), chromedp.Click(`.asks button`, chromedp.NodeVisible))
	w.reads("Прави се всичко или нищо")
	w.accessible("import-plan")
	w.do(chromedp.Click(`.do form:first-child button`, chromedp.NodeVisible))
	w.reads("Публикувани са 1 нови и 1 променени упътвания.")
}
