package knowledge

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestAge(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		on, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return on
	}
	sofia, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		status Status
		by     time.Time
		today  time.Time
		grace  int
		age    Age
	}{
		{"no date", Active, time.Time{}, day("2030-01-01"), 0, Fresh},
		{"before it", Active, day("2026-05-25"), day("2026-05-24"), 180, Fresh},
		{"on it", Active, day("2026-05-25"), time.Date(2026, 5, 25, 23, 59, 0, 0, sofia), 180, Fresh},
		{"the day after", Active, day("2026-05-25"), time.Date(2026, 5, 26, 0, 1, 0, 0, sofia), 180, Due},
		{"the last day of grace", Active, day("2026-05-25"), day("2026-06-04"), 10, Due},
		{"after grace", Active, day("2026-05-25"), day("2026-06-05"), 10, Expired},
		{"no grace", Active, day("2026-05-25"), day("2026-05-26"), 0, Expired},
		{"where to go now doesn't expire", Closed, day("2026-05-25"), day("2036-05-26"), 0, Due},
	} {
		g := Guide{Status: c.status, ReviewBy: c.by}
		if age := g.Age(c.today, time.Duration(c.grace)*24*time.Hour); age != c.age {
			t.Errorf("%s: %q, want %q", c.name, age, c.age)
		}
	}
}

func TestPointerLeavesNothingThatMayBeWrong(t *testing.T) {
	t.Parallel()
	p := whole("bb").Pointer()
	for _, c := range Diff(Guide{}, p) {
		switch c.Field {
		case "audience", "status", "link", "sources", "review_by", "title_english", "municipality",
			"text.bg.title", "text.bg.authority", "text.bg.names", "text.bg.formerly", "text.en.title", "text.en.authority", "text.en.names", "text.en.formerly":
		default:
			t.Errorf("%s is still there", c.Field)
		}
	}
}

// A version that is being published while somebody reviews the one before is not reviewed unseen.
func TestAReviewSeesWhatIsPublishedMeanwhile(t *testing.T) {
	e := newEditing(t)
	publishing, err := e.pool.Begin(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = publishing.Rollback(e.ctx) }()
	if _, err := publish(e.ctx, publishing, e.guide, byline{"editor", "ivan", nil}); err != nil {
		t.Fatal(err)
	}
	reviewed := make(chan error, 1)
	go func() {
		reviewed <- e.in(func(tx pgx.Tx) error {
			_, err := e.store.ReviewGuide(e.ctx, tx, "sample", 1, time.Now(), Editor{ID: "maria"})
			return err
		})
	}()
	for waits := false; !waits; {
		if err := e.pool.QueryRow(e.ctx, `
			SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND transactionid::text = $1)`, xid(t, publishing)).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-reviewed:
			t.Fatalf("it didn't wait: %v", err)
		default:
		}
	}
	if err := publishing.Commit(e.ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-reviewed; !errors.Is(err, ErrStale) {
		t.Errorf("reviewed unseen: %v", err)
	}
}

// xid is a transaction's number.
func xid(t *testing.T, tx pgx.Tx) (id string) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), `SELECT pg_current_xact_id()::xid::text`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSourcesAreChecked(t *testing.T) {
	e := newEditing(t)
	today := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	on := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	source := e.guide.Sources[0].URL
	check := func(url string, by Editor) error {
		return e.in(func(tx pgx.Tx) error { return e.store.CheckSource(e.ctx, tx, "sample", url, today, by) })
	}
	review := func(version int, by Editor) error {
		return e.in(func(tx pgx.Tx) error {
			_, err := e.store.ReviewGuide(e.ctx, tx, "sample", version, today, by)
			return err
		})
	}
	var fault *Fault
	if err := check("https://elsewhere.bg", Editor{ID: "maria"}); !errors.As(err, &fault) || fault.Field != "sources.url" {
		t.Errorf("a source that the guide doesn't have: %v", err)
	}
	if err := check(source, Editor{ID: "v", Municipality: "VRC10"}); !errors.As(err, &fault) || fault.Key != "fault.not_yours" {
		t.Errorf("by a municipality's editor: %v", err)
	}
	if err := review(1, Editor{ID: "v", Municipality: "VRC10"}); !errors.As(err, &fault) || fault.Key != "fault.not_yours" {
		t.Errorf("reviewed by a municipality's editor: %v", err)
	}
	content, err := e.store.Revision(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := check(source, Editor{ID: "maria"}); err != nil {
		t.Fatal(err)
	}
	g, _, err := e.store.Guide(e.ctx, "sample")
	if err != nil || !g.Sources[0].Checked.Equal(on) || g.Version != 1 || !g.ReviewBy.Equal(e.guide.ReviewBy) {
		t.Errorf("%+v, %v", g, err)
	}
	if then, _, err := e.store.GuideAt(e.ctx, "sample", 1); err != nil || !then.Sources[0].Checked.Equal(e.guide.Sources[0].Checked) {
		t.Errorf("history tells %v, %v", then.Sources, err)
	}
	// A draft that was begun before keeps the check, and the review of its base.
	d := e.save(e.begin(), "petya", nil)
	if err := review(2, Editor{ID: "maria"}); !errors.Is(err, ErrStale) {
		t.Errorf("reviewed unseen: %v", err)
	}
	if err := review(1, Editor{ID: "maria"}); err != nil {
		t.Fatal(err)
	}
	next := on.AddDate(1, 0, 0)
	shown, age, err := e.store.Shown(e.ctx, e.guide, on.AddDate(1, 0, 0))
	if err != nil || age != Fresh || !shown.ReviewBy.Equal(next) || !shown.Sources[0].Checked.Equal(on) {
		t.Errorf("%+v, %q, %v", shown, age, err)
	}
	if d, err := e.store.AsReviewed(e.ctx, d); err != nil || !d.Guide.ReviewBy.Equal(next) {
		t.Errorf("as it would be published: %v, %v", d.Guide.ReviewBy, err)
	}
	if version, err := e.publish(d, "petya"); err != nil || version != 2 {
		t.Fatal(version, err)
	}
	if g, _, err = e.store.Guide(e.ctx, "sample"); err != nil || !g.Sources[0].Checked.Equal(on) || !g.ReviewBy.Equal(next) {
		t.Errorf("after the next version: %+v, %v", g, err)
	}
	if after, err := e.store.Revision(e.ctx); err != nil || after != content+1 {
		t.Errorf("checks raised what is learned from: %d → %d, %v", content, after, err)
	}
	if err := e.store.SetEditingRules(e.ctx, e.pool, EditingRules{Grace: 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	e.store.forget() // a replica's snapshot is a second old at most
	for days, want := range map[int]Age{0: Fresh, 1: Due, 2: Expired} {
		shown, age, err := e.store.Shown(e.ctx, g, next.AddDate(0, 0, days))
		if err != nil || age != want || (shown.Text[Bulgarian].Who == "") != (want == Expired) {
			t.Errorf("%d days after: %q, %+v, %v", days, age, shown, err)
		}
	}
}
