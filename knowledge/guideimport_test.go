package knowledge

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres/postgrestest"
)

// What goes out in any form comes in again, and changes nothing.
func TestWhatWasExportedChangesNothing(t *testing.T) {
	t.Parallel()
	s := NewStore(postgrestest.New(t))
	if _, err := s.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"markdown", "zip", "jsonld"} {
		var out bytes.Buffer
		if err := s.ExportGuides(t.Context(), format, CPSVOptions{Base: "https://orientir.example"}, &out); err != nil {
			t.Fatal(err)
		}
		report, err := s.Import(t.Context(), "guides", &out)
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if report.Unchanged < 90 || report.Added+report.Changed > 0 {
			t.Errorf("%s: %+v", format, report)
		}
	}
}

func TestImportShowsWhatItWouldChange(t *testing.T) {
	t.Parallel()
	s := NewStore(postgrestest.New(t))
	if err := s.AllowHost(t.Context(), "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	old := importable("one")
	if _, err := s.Publish(t.Context(), old, "test"); err != nil {
		t.Fatal(err)
	}
	changed := importable("one")
	text := changed.Text[Bulgarian]
	text.Steps = []string{"Отворете cs.mjs.bg.", "Пишете ЕГН 7501020018."}
	changed.Text = map[Language]Text{Bulgarian: text}
	data, err := CPSV([]Guide{changed, importable("two")}, CPSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []ImportRow
	report, err := s.ImportWith(t.Context(), "guides", bytes.NewReader(data), ImportOptions{DryRun: true, Row: func(r ImportRow) { rows = append(rows, r) }})
	if err != nil || report.Added != 1 || report.Changed != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	if len(rows) != 2 || rows[0].ID != "one" || len(rows[0].Changes) != 1 || rows[0].Changes[0].Field != "text.bg.steps" || !strings.Contains(rows[0].Changes[0].New, "Пишете ЕГН") {
		t.Errorf("it shows %+v", rows)
	}
	if strings.Contains(rows[0].Changes[0].New, "7501020018") {
		t.Error("somebody's number was not masked")
	}
	if _, ok, _ := s.Guide(t.Context(), "two"); ok {
		t.Error("only looking published a guide")
	}
}

// importable is a short guide that may be published.
func importable(slug string) Guide {
	return Guide{
		Slug: slug, Audience: Citizen, Status: Active, Link: "https://cs.mjs.bg", Identification: []Means{KEP}, Sources: []Source{{URL: "https://cs.mjs.bg", Title: "Портал"}},
		Text: map[Language]Text{Bulgarian: {
			Title: "Услуга " + slug, Authority: "МП", Summary: "Това е услуга.", Who: "Всеки.", Exceptions: []string{"Без деца."}, Where: "На портала.",
			Steps: []string{"Отворете cs.mjs.bg."}, Needed: []string{"Подпис."},
		}},
	}
}

// One wrong guide, and none is taken: in each form, and each with its fault.
func TestOneWrongGuideTakesNone(t *testing.T) {
	t.Parallel()
	s := NewStore(postgrestest.New(t))
	if err := s.AllowHost(t.Context(), "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(g *Guide, t *Text)
		key    string
	}{
		"a link elsewhere":   {func(g *Guide, _ *Text) { g.Link = "https://mjs.bg.evil.example/" }, "fault.host"},
		"a link that runs":   {func(g *Guide, _ *Text) { g.Link = "javascript:alert(1)" }, "fault.host"},
		"a source elsewhere": {func(g *Guide, _ *Text) { g.Sources[0].URL = "https://evil.example/" }, "fault.host"},
		"a door elsewhere": {func(g *Guide, _ *Text) {
			g.Local = []Local{{Municipality: "Столична", Link: "https://evil.example/"}}
		}, "fault.host"},
		"a link in the text":         {func(_ *Guide, t *Text) { t.Steps[0] = "Отворете https://evil.example/x." }, "fault.host"},
		"markup":                     {func(_ *Guide, t *Text) { t.Summary = `Чуйте <img src=x onerror=alert(1)>.` }, "fault.markup"},
		"a script":                   {func(_ *Guide, t *Text) { t.GoodToKnow = []string{"<script>x</script>"} }, "fault.markup"},
		"a title without end":        {func(_ *Guide, t *Text) { t.Title = strings.Repeat("дълго ", 100) }, "fault.long"},
		"a thousand steps":           {func(_ *Guide, t *Text) { t.Steps = slices.Repeat([]string{"Отворете."}, 1000) }, "fault.long"},
		"letters that turn the line": {func(_ *Guide, t *Text) { t.Authority = "МП\u202egb.vog" }, "fault.text"},
		"no steps":                   {func(_ *Guide, t *Text) { t.Exceptions = nil }, "fault.empty"},
		"an unknown way to sign in":  {func(g *Guide, _ *Text) { g.Identification = []Means{"magic"} }, "fault.choice"},
		"an odd slug":                {func(g *Guide, _ *Text) { g.Slug = "../../etc" }, "fault.slug"},
	} {
		good, bad := importable("good"), importable("bad")
		text := bad.Text[Bulgarian]
		c.change(&bad, &text)
		bad.Text = map[Language]Text{Bulgarian: text}
		data, err := CPSV([]Guide{good, bad}, CPSVOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Import(t.Context(), "guides", bytes.NewReader(data))
		var wrong *ImportError
		if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Faults, func(f ImportFault) bool { return f.Key == c.key && f.Row == 2 }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if guides, err := s.Guides(t.Context()); err != nil || len(guides) > 0 {
		t.Errorf("%d guides were taken, %v", len(guides), err)
	}
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	text, err := importable("one").Markdown(Bulgarian)
	if err != nil {
		t.Fatal(err)
	}
	archive := func(files ...string) []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for i := 0; i < len(files); i += 2 {
			f, err := z.Create(files[i])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(files[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if guides, err := ReadGuideFile(archive("guides/", "", "guides/one.md", string(text), "__MACOSX/one.md", "x")); err != nil || len(guides) != 1 {
		t.Fatalf("a good one: %d guides, %v", len(guides), err)
	}
	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"cut off":                 {archive("one.md", string(text))[:60], "fault.archive"},
		"another kind of file":    {archive("one.md", string(text), "run.exe", "MZ"), "fault.markdown"},
		"a name that climbs":      {archive("../../etc/passwd", "x"), "fault.markdown"},
		"the same twice":          {archive("a/one.md", string(text), "b/one.md", string(text)), "fault.twice"},
		"English alone":           {archive("one.en.md", string(text)), "fault.missing"},
		"nothing":                 {archive("readme/", ""), "fault.missing"},
		"what unpacks to much":    {archive("one.md", string(text)+strings.Repeat("а", 1<<20)), "fault.large"},
		"not a guide":             {archive("one.md", "Това е писмо."), "fault.markdown"},
		"a front matter of loops": {archive("one.md", "---\nslug: &a [*a]\n---\n## Накратко\nТова.\n"), "fault.markdown"},
	} {
		_, err := ReadGuideFile(c.data)
		var wrong *ImportError
		if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Faults, func(f ImportFault) bool { return f.Key == c.key }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestImportInStages(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	s, ctx := NewStore(pool), t.Context()
	if err := s.AllowHost(ctx, "mjs.bg", "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(ctx, importable("one"), "test"); err != nil {
		t.Fatal(err)
	}
	editor := Editor{ID: "staff:1"}
	incomplete := importable("two")
	text := incomplete.Text[Bulgarian]
	text.Exceptions, incomplete.Link, incomplete.Identification = nil, "", nil
	incomplete.Text = map[Language]Text{Bulgarian: text}
	filed := []FiledGuide{{1, incomplete}}

	var wrong *ImportError
	if _, err := s.PlanGuides(ctx, pool, filed, ImportPublished, editor); !errors.As(err, &wrong) {
		t.Errorf("an incomplete guide may be published: %v", err)
	}
	plan, err := s.PlanGuides(ctx, pool, filed, ImportAsDrafts, editor)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.TakePlan(ctx, pool, plan, editor, "от каталога"); err != nil {
		t.Fatal(err)
	}
	if d, ok, err := s.Draft(ctx, "two"); err != nil || !ok || d.Stage != Drafting || d.BegunBy != editor.ID || d.Notes != "от каталога" {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	// Again: somebody is at it.
	if _, err := s.PlanGuides(ctx, pool, filed, ImportAsDrafts, editor); !errors.As(err, &wrong) || wrong.Faults[0].Key != "fault.draft" {
		t.Errorf("a draft may be written over: %v", err)
	}
	// A draft with a link elsewhere is refused all the same.
	evil := importable("three")
	evil.Link = "https://evil.example"
	if _, err := s.PlanGuides(ctx, pool, []FiledGuide{{1, evil}}, ImportAsDrafts, editor); !errors.As(err, &wrong) || wrong.Faults[0].Key != "fault.host" {
		t.Errorf("a draft may link anywhere: %v", err)
	}

	// With a second editor nothing is published at once.
	if err := s.SetEditingRules(ctx, pool, EditingRules{SecondEditor: true}); err != nil {
		t.Fatal(err)
	}
	changed := importable("one")
	changed.Audience = Both
	if plan, err = s.PlanGuides(ctx, pool, []FiledGuide{{1, changed}}, ImportPublished, editor); err != nil {
		t.Fatal(err)
	}
	if err := s.TakePlan(ctx, pool, plan, editor, ""); !errors.Is(err, ErrNeedsSecond) {
		t.Errorf("one editor published alone: %v", err)
	}
	mark := plan.Mark
	if plan, err = s.PlanGuides(ctx, pool, []FiledGuide{{1, changed}}, ImportForReview, editor); err != nil {
		t.Fatal(err)
	}
	if plan.Mark != mark {
		t.Error("the mark is of the way, not of what was there")
	}
	if err := s.TakePlan(ctx, pool, plan, editor, ""); err != nil {
		t.Fatal(err)
	}
	if d, ok, err := s.Draft(ctx, "one"); err != nil || !ok || d.Stage != InReview || d.Base != 1 || d.SentBy != editor.ID {
		t.Errorf("the draft is %+v, %v", d, err)
	}
	// A plan that was made before another version is refused.
	stale := GuidePlan{How: ImportPublished, Guides: []PlannedGuide{{FiledGuide: FiledGuide{1, importable("one")}, Outcome: RowChanged}}}
	stale.Guides[0].Guide.Version = 7
	if err := s.TakePlan(ctx, pool, stale, Editor{ID: importer}, ""); !errors.Is(err, ErrStale) {
		t.Errorf("a stale plan was taken: %v", err)
	}

	local := Editor{ID: "staff:2", Municipality: "VRC10"}
	var fault *Fault
	if _, err := s.PlanGuides(ctx, pool, filed, ImportAsDrafts, local); !errors.As(err, &fault) {
		t.Errorf("a municipality's editor may look: %v", err)
	}
	if err := s.TakePlan(ctx, pool, plan, local, ""); !errors.As(err, &fault) {
		t.Errorf("a municipality's editor may import: %v", err)
	}
}

// While somebody looks at what a file would change, colleagues go on with their drafts.
func TestAPlanKeepsNobodyFromTheirDraft(t *testing.T) {
	e := newEditing(t)
	e.save(summed(e.begin(), "Написа Мария."), "maria", nil)
	changed := e.guide
	changed.Audience = Business
	if err := e.in(func(tx pgx.Tx) error {
		plan, err := e.store.PlanGuides(e.ctx, tx, []FiledGuide{{1, changed}}, ImportPublished, Editor{ID: "ivan"})
		if err != nil || plan.Guides[0].Draft.Revision == 0 {
			t.Errorf("planned: %+v, %v", plan, err)
		}
		_, err = e.pool.Exec(e.ctx, `SELECT FROM guide_drafts FOR UPDATE NOWAIT`)
		return err
	}); err != nil {
		t.Errorf("the draft is locked: %v", err)
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	t.Parallel()
	var guides []Guide
	for i := range 60 {
		g := importable(fmt.Sprintf("g%d", i))
		text := g.Text[Bulgarian]
		text.Title = "<b>x</b>"
		g.Text = map[Language]Text{Bulgarian: text}
		guides = append(guides, g)
	}
	data, err := CPSV(guides, CPSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var wrong *ImportError
	if _, err := ReadGuideFile(data); !errors.As(err, &wrong) || len(wrong.Faults) != 20 || wrong.More != 40 {
		t.Errorf("%v", err)
	}
}
