package knowledge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

// editing is a store with one published guide, «sample», and short ways to what editors do.
type editing struct {
	*testing.T
	ctx   context.Context
	pool  *pgxpool.Pool
	store *Store
	guide Guide
}

func newEditing(t *testing.T) *editing {
	t.Helper()
	t.Parallel()
	pool := postgrestest.New(t)
	e := &editing{T: t, ctx: t.Context(), pool: pool, store: NewStore(pool)}
	for _, host := range []string{"mvr.bg", "sofia.bg"} {
		if err := e.store.AllowHost(e.ctx, host, "admin"); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if e.guide, err = ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{}); err != nil {
		t.Fatal(err)
	}
	if e.guide.Version, err = e.store.Publish(e.ctx, e.guide, "maria"); err != nil {
		t.Fatal(err)
	}
	return e
}

// in runs an act in a transaction of its own.
func (e *editing) in(act func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(e.ctx, e.pool, act)
}

// save saves a draft; what is an error that is expected, or nil.
func (e *editing) save(d Draft, by string, what error) (saved Draft) {
	e.Helper()
	err := e.in(func(tx pgx.Tx) (err error) { saved, err = e.store.SaveDraft(e.ctx, tx, d, Editor{ID: by}); return err })
	if !errors.Is(err, what) {
		e.Fatalf("save as %s: %v, want %v", by, err, what)
	}
	return saved
}

func (e *editing) send(d Draft, by string) Draft {
	e.Helper()
	if err := e.in(func(tx pgx.Tx) error { return e.store.SendDraft(e.ctx, tx, d.Slug, d.Revision, Editor{ID: by}) }); err != nil {
		e.Fatal(err)
	}
	d, _, err := e.store.Draft(e.ctx, d.Slug)
	if err != nil || d.Stage != InReview || d.SentBy != by {
		e.Fatalf("sent as %+v, %v", d, err)
	}
	return d
}

func (e *editing) publish(d Draft, by string) (version int, err error) {
	err = e.in(func(tx pgx.Tx) (err error) {
		version, err = e.store.PublishDraft(e.ctx, tx, d.Slug, d.Revision, Editor{ID: by})
		return err
	})
	return version, err
}

func (e *editing) begin() Draft {
	return Draft{Slug: e.guide.Slug, Base: e.guide.Version, Guide: e.guide}
}

func TestDraftIsPublished(t *testing.T) {
	e := newEditing(t)
	d := e.begin()
	text := d.Guide.Text[Bulgarian]
	text.Summary, d.Guide.Why = "Друго начало.", "по-ясно"
	d.Guide.Text[Bulgarian] = text
	d.Notes = "Питат с ЕГН 7501020018."
	d = e.save(d, "maria", nil)
	if d.Revision != 1 || d.Stage != Drafting || d.BegunBy != "maria" || strings.Contains(d.Notes, "7501020018") {
		t.Errorf("begun as %+v", d)
	}
	if g, _, _ := e.store.Guide(e.ctx, "sample"); g.Version != 1 || g.Text[Bulgarian].Summary == text.Summary {
		t.Error("a draft shows before it is published")
	}
	d = e.save(d, "petya", nil)
	if d.Revision != 2 || d.BegunBy != "maria" || d.ChangedBy != "petya" {
		t.Errorf("saved as %+v", d)
	}
	version, err := e.publish(d, "petya")
	if err != nil || version != 2 {
		t.Fatalf("published as %d, %v", version, err)
	}
	if _, ok, _ := e.store.Draft(e.ctx, "sample"); ok {
		t.Error("the draft is still there")
	}
	g, _, err := e.store.Guide(e.ctx, "sample")
	if err != nil || g.Version != 2 || g.Text[Bulgarian].Summary != text.Summary {
		t.Errorf("published: %+v, %v", g, err)
	}
	all, err := e.store.Versions(e.ctx, "sample")
	if err != nil || len(all) != 2 || all[0].Version != 2 || all[0].Why != "по-ясно" || all[0].By != "petya" || !slices.Equal(all[0].Writers, []string{"maria"}) || all[1].By != "maria" {
		t.Errorf("versions: %+v, %v", all, err)
	}
	first, ok, err := e.store.GuideAt(e.ctx, "sample", 1)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if changes := Diff(first, g); len(changes) != 1 || changes[0].Field != "text.bg.summary" {
		t.Errorf("what differs: %+v", changes)
	}
	if _, ok, err := e.store.GuideAt(e.ctx, "sample", 3); ok || err != nil {
		t.Errorf("a version that never was: %v, %v", ok, err)
	}
}

// Two people never overwrite each other.
func TestDraftsCollide(t *testing.T) {
	e := newEditing(t)
	e.save(e.begin(), "maria", nil)
	e.save(e.begin(), "petya", ErrStaleDraft) // there is one
	d, _, err := e.store.Draft(e.ctx, "sample")
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := d, d
	mine = e.save(mine, "maria", nil)
	e.save(theirs, "petya", ErrStaleDraft)
	if _, err := e.publish(theirs, "petya"); !errors.Is(err, ErrStaleDraft) {
		t.Errorf("published unseen: %v", err)
	}
	if err := e.in(func(tx pgx.Tx) error {
		return e.store.DropDraft(e.ctx, tx, "sample", theirs.Revision, Editor{ID: "ivan"})
	}); !errors.Is(err, ErrStaleDraft) {
		t.Errorf("dropped unseen: %v", err)
	}
	// A dozen at once: one wins.
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 12 {
		group.Go(func() {
			err := e.in(func(tx pgx.Tx) error { _, err := e.store.SaveDraft(e.ctx, tx, mine, Editor{ID: "x"}); return err })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ErrStaleDraft):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d saved over one revision", won)
	}
	// Published past the draft: it must be looked at again.
	g := e.guide
	if _, err := e.store.Publish(e.ctx, g, "import"); err != nil {
		t.Fatal(err)
	}
	d, _, _ = e.store.Draft(e.ctx, "sample")
	if _, err := e.publish(d, "maria"); !errors.Is(err, ErrStale) {
		t.Errorf("published over a newer version: %v", err)
	}
	if err := e.in(func(tx pgx.Tx) error { return e.store.Rebase(e.ctx, tx, "sample", d.Revision, Editor{ID: "maria"}) }); err != nil {
		t.Fatal(err)
	}
	d, _, _ = e.store.Draft(e.ctx, "sample")
	if version, err := e.publish(d, "maria"); err != nil || version != 3 {
		t.Errorf("after looking again: %d, %v", version, err)
	}
}

// What was typed on a draft that is gone is not saved over the next one, whose revisions are others.
func TestADroppedDraftIsNotSavedOverTheNext(t *testing.T) {
	e := newEditing(t)
	d := e.save(summed(e.begin(), "Написа Мария."), "maria", nil)
	if err := e.in(func(tx pgx.Tx) error { return e.store.DropDraft(e.ctx, tx, d.Slug, d.Revision, Editor{ID: "maria"}) }); err != nil {
		t.Fatal(err)
	}
	next := e.save(summed(e.begin(), "Написа Петя."), "petya", nil)
	e.save(summed(d, "Пак Мария."), "maria", ErrStaleDraft)
	if next = e.send(next, "petya"); next.Guide.Text[Bulgarian].Summary != "Написа Петя." {
		t.Errorf("kept: %+v", next)
	}
	// Given back, nobody has been at it since.
	if err := e.in(func(tx pgx.Tx) error {
		return e.store.ReturnDraft(e.ctx, tx, next.Slug, next.Revision, Editor{ID: "ivan"}, "По-кратко.")
	}); err != nil {
		t.Fatal(err)
	}
	var waits bool
	if err := e.pool.QueryRow(e.ctx, `SELECT revision = returned_revision FROM guide_drafts`).Scan(&waits); err != nil || !waits {
		t.Errorf("given back: %v, %v", waits, err)
	}
}

// summed is a draft with another summary.
func summed(d Draft, summary string) Draft {
	text := d.Guide.Text[Bulgarian]
	text.Summary = summary
	d.Guide.Text = maps.Clone(d.Guide.Text)
	d.Guide.Text[Bulgarian] = text
	return d
}

func TestSecondEditor(t *testing.T) {
	e := newEditing(t)
	if err := e.store.SetEditingRules(e.ctx, e.pool, EditingRules{SecondEditor: true, Grace: 30 * 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	if rules, err := e.store.EditingRules(e.ctx); err != nil || !rules.SecondEditor || rules.Grace != 30*24*time.Hour {
		t.Errorf("rules %+v, %v", rules, err)
	}
	var fault *Fault
	if err := e.store.SetEditingRules(e.ctx, e.pool, EditingRules{Grace: -24 * time.Hour}); !errors.As(err, &fault) {
		t.Errorf("a time before: %v", err)
	}
	d := e.save(summed(e.begin(), "Написа Мария."), "maria", nil)
	if _, err := e.publish(d, "petya"); !errors.Is(err, ErrNotInReview) {
		t.Errorf("published before it was sent: %v", err)
	}
	d = e.send(d, "maria")
	if _, err := e.publish(d, "maria"); !errors.Is(err, ErrNeedsSecond) {
		t.Errorf("approved by who wrote it: %v", err)
	}
	// Who changes it in review becomes a writer, and it has to be sent again.
	changed := e.save(summed(d, "Написа Петя."), "petya", nil)
	if changed.Stage != Drafting || changed.SentBy != "" {
		t.Errorf("after a change: %+v", changed)
	}
	d = e.send(changed, "maria")
	for _, by := range []string{"maria", "petya"} {
		if _, err := e.publish(d, by); !errors.Is(err, ErrNeedsSecond) {
			t.Errorf("approved by %s, who had a hand in it: %v", by, err)
		}
	}
	if err := e.in(func(tx pgx.Tx) error {
		return e.store.RecallDraft(e.ctx, tx, "sample", d.Revision, Editor{ID: "maria"})
	}); err != nil {
		t.Fatal(err)
	}
	d, _, _ = e.store.Draft(e.ctx, "sample")
	d = e.send(d, "maria")
	if version, err := e.publish(d, "ivan"); err != nil || version != 2 {
		t.Fatalf("approved: %d, %v", version, err)
	}
	all, err := e.store.Versions(e.ctx, "sample")
	if err != nil || all[0].By != "ivan" || !slices.Equal(all[0].Writers, []string{"maria", "petya"}) {
		t.Errorf("versions: %+v, %v", all, err)
	}
}

// What a colleague notes, sends or takes over doesn't make the colleague the writer, nor the writer a reader.
func TestTheSecondEditorIsNoneOfTheWriters(t *testing.T) {
	e := newEditing(t)
	if err := e.store.SetEditingRules(e.ctx, e.pool, EditingRules{SecondEditor: true, Grace: 30 * 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	d := e.save(summed(e.begin(), "Написа Иван."), "ivan", nil)
	d.Guide.Why, d.Notes = "изпраща го Мария", "бележка"
	if d = e.save(d, "maria", nil); d.ChangedBy != "maria" || !slices.Equal(d.Writers, []string{"ivan"}) {
		t.Errorf("a note makes a writer: %+v", d)
	}
	d = e.send(d, "maria")
	if _, err := e.publish(d, "ivan"); !errors.Is(err, ErrNeedsSecond) {
		t.Errorf("who wrote it approves it: %v", err)
	}
	for by, waits := range map[string]bool{"ivan": false, "maria": true, "petya": true} {
		list, err := e.store.ListGuides(e.ctx, GuideFilter{View: ForMe, By: Editor{ID: by}, Today: time.Now()})
		if err != nil || (len(list.Lines) == 1) != waits || (list.Counts[ForMe] == 1) != waits {
			t.Errorf("waits for %s: %+v, %v", by, list, err)
		}
	}
	if version, err := e.publish(d, "maria"); err != nil || version != 2 {
		t.Fatalf("who only read it: %d, %v", version, err)
	}
	all, err := e.store.Versions(e.ctx, "sample")
	if err != nil || all[0].By != "maria" || !slices.Equal(all[0].Writers, []string{"ivan"}) {
		t.Errorf("versions: %+v, %v", all, err)
	}

	// Put on a newer version by a colleague, it is still who wrote it that wrote it.
	e.guide, _, _ = e.store.Guide(e.ctx, "sample")
	d = e.save(summed(e.begin(), "Пак Иван."), "ivan", nil)
	if _, err := e.store.Publish(e.ctx, e.guide, "petya"); err != nil {
		t.Fatal(err)
	}
	if err := e.in(func(tx pgx.Tx) error { return e.store.Rebase(e.ctx, tx, d.Slug, d.Revision, Editor{ID: "maria"}) }); err != nil {
		t.Fatal(err)
	}
	d, _, _ = e.store.Draft(e.ctx, "sample")
	d = e.send(d, "maria")
	if _, err := e.publish(d, "ivan"); !errors.Is(err, ErrNeedsSecond) {
		t.Errorf("who wrote it approves it after a colleague's merge: %v", err)
	}
}

func TestNewGuideBeginsIncomplete(t *testing.T) {
	e := newEditing(t)
	d := e.save(Draft{Slug: "novo", Guide: Guide{Text: map[Language]Text{Bulgarian: {Title: "Ново"}}}}, "maria", nil)
	if !d.New() {
		t.Errorf("%+v", d)
	}
	var faults Faults
	err := e.in(func(tx pgx.Tx) error { return e.store.SendDraft(e.ctx, tx, "novo", d.Revision, Editor{ID: "maria"}) })
	if !errors.As(err, &faults) || len(faults) < 5 {
		t.Errorf("sent incomplete: %v", err)
	}
	if _, err := e.publish(d, "maria"); !errors.As(err, &faults) {
		t.Errorf("published incomplete: %v", err)
	}
	d.Guide = e.guide
	d = e.save(d, "maria", nil)
	if version, err := e.publish(d, "maria"); err != nil || version != 1 {
		t.Errorf("published as %d, %v", version, err)
	}
	if g, ok, err := e.store.Guide(e.ctx, "novo"); err != nil || !ok || g.Text[Bulgarian].Title != "Проба" {
		t.Errorf("%+v, %v, %v", g, ok, err)
	}
	e.save(Draft{Slug: "sample", Guide: e.guide}, "maria", ErrStaleDraft) // as new, but there is such a guide
	var fault *Fault
	if err := e.in(func(tx pgx.Tx) error {
		_, err := e.store.SaveDraft(e.ctx, tx, Draft{Slug: "Не така"}, Editor{ID: "maria"})
		return err
	}); !errors.As(err, &fault) {
		t.Errorf("a slug that is none: %v", err)
	}
}
