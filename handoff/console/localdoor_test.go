package console

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

const doorForm = "/console/local/criminal-record"

// vidin signs in an editor of another municipality than Враца.
func (b *bundle) vidin() (staff.Account, *browser) {
	b.Helper()
	a := b.account(staff.Profile{Email: "vidin@example.bg", Name: "Вили", Roles: []staff.Role{staff.Editor}, Municipality: "VID09"})
	return a, b.as(a)
}

// doors are the published doors of the one guide, by municipality, as their offices.
func (b *bundle) doors() map[string]string {
	b.Helper()
	g, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		b.Fatal(err)
	}
	return offices(g)
}

func offices(g knowledge.Guide) map[string]string {
	all := map[string]string{}
	for _, l := range g.Local {
		all[l.Municipality] = l.Office
	}
	return all
}

// What a colleague has begun is never published with a municipality's door, nor instead of it, even where the text is as it is published.
func TestADoorJoinsAColleaguesDraft(t *testing.T) {
	for name, change := range map[string]func(d *knowledge.Draft){
		"notes": func(d *knowledge.Draft) { d.Notes = "Хората питат за таксата." },
		"a why": func(d *knowledge.Draft) { d.Guide.Why = "нов закон" },
		"dates": func(d *knowledge.Draft) { d.Guide.ReviewBy = d.Guide.ReviewBy.AddDate(0, 3, 0) },
		"the door": func(d *knowledge.Draft) {
			d.Guide.Local = []knowledge.Local{{Municipality: "Враца", Office: "гише 1"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			maria, _ := b.editor("Мария")
			_, w := b.vratsa()
			g, _, err := b.store.Guide(b.ctx, "criminal-record")
			if err != nil {
				t.Fatal(err)
			}
			d := knowledge.Draft{Slug: g.Slug, Base: g.Version, Guide: g}
			change(&d)
			if d, err = b.store.SaveDraft(b.ctx, b.pool, d, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
				t.Fatal(err)
			}
			if got := w.line(doorForm, "office", "гише 5"); got.code != 303 {
				t.Fatalf("%d %s", got.code, got.body)
			}
			now := b.draft("criminal-record")
			if len(b.doors()) != 0 || now.Notes != d.Notes || now.Guide.Why != d.Guide.Why || !now.Guide.ReviewBy.Equal(d.Guide.ReviewBy) || offices(now.Guide)["Враца"] != "гише 5" {
				t.Errorf("published %v, draft %+v", b.doors(), now)
			}
		})
	}
}

// Two who look after one municipality never overwrite each other: the second sees what the first wrote.
func TestTwoPeopleAtOneDoor(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	_, maria := b.editor("Мария")
	of := doorForm + "?of=VRC10"
	before := maria.get(of).seen()
	w.line(doorForm, "office", "гише 1", "contact", "092 1")
	got := maria.post(of, append(before, "office", "гише 2")...)
	if got.code != 409 || b.doors()["Враца"] != "гише 1" {
		t.Fatalf("%d, %v", got.code, b.doors())
	}
	got.has(t, "Някой промени този ред", "Сега там стои", "<dd>гише 1</dd>", "<dd>092 1</dd>", `value="гише 2"`)
	// What is typed wrong doesn't make newer what was seen.
	w.line(doorForm, "office", "гише 3")
	got = maria.post(of, append(got.seen(), "office", "гише 2", "note_en", "Only English.")...)
	if got.code != 422 {
		t.Errorf("without Bulgarian: %d", got.code)
	}
	if got = maria.post(of, append(got.seen(), "office", "гише 2")...); got.code != 409 {
		t.Errorf("changed once more: %d", got.code)
	}
	got.has(t, "<dd>гише 3</dd>")
	// The second press overwrites what was seen, and nothing else.
	if got = maria.post(of, append(got.seen(), "office", "гише 2")...); got.code != 303 || b.doors()["Враца"] != "гише 2" {
		t.Errorf("seen: %d, %v", got.code, b.doors())
	}
	// Nor does a removal take away what nobody saw.
	before = w.get(doorForm).seen()
	maria.line(of, "office", "гише 4")
	if got := w.post(doorForm, append(before, "do", "remove")...); got.code != 409 || b.doors()["Враца"] != "гише 4" {
		t.Errorf("removed unseen: %d, %v", got.code, b.doors())
	} else {
		got.has(t, `value="гише 4"`)
	}
	// Another municipality's door that comes out meanwhile is no clash; another text is.
	_, vili := b.vidin()
	before = w.get(doorForm).seen()
	vili.line(doorForm, "office", "гише 9")
	if got := w.post(doorForm, append(before, "office", "гише 5")...); got.code != 303 || b.doors()["Враца"] != "гише 5" || b.doors()["Видин"] != "гише 9" {
		t.Errorf("beside another's: %d, %v", got.code, b.doors())
	}
	before = w.get(doorForm).seen()
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	g.Link = "https://cs.mjs.bg/new"
	if _, err := b.store.Publish(b.ctx, g, "x"); err != nil {
		t.Fatal(err)
	}
	if got := w.post(doorForm, append(before, "office", "гише 6")...); got.code != 409 {
		t.Errorf("another text: %d", got.code)
	} else {
		got.has(t, "Някой промени упътването", `value="гише 6"`)
	}
}

// typed puts a door into the guide's draft as the guide's own form does, without publishing it.
func (b *bundle) typed(a staff.Account, door knowledge.Local) knowledge.Draft {
	b.Helper()
	g, _, err := b.store.Guide(b.ctx, "criminal-record")
	if err != nil {
		b.Fatal(err)
	}
	g.Local = append(g.Local, door)
	d, err := b.store.SaveDraft(b.ctx, b.pool, knowledge.Draft{Slug: g.Slug, Base: g.Version, Guide: g}, knowledge.Editor{ID: staffID(a.ID), Municipality: a.Municipality})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// publishes publishes a draft as an editor.
func (b *bundle) publishes(a staff.Account, d knowledge.Draft) error {
	return pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		_, err := b.store.PublishDraft(b.ctx, tx, d.Slug, d.Revision, knowledge.Editor{ID: staffID(a.ID), Municipality: a.Municipality})
		return err
	})
}

// No municipality waits for another.
func TestDoorsOfTwoMunicipalitiesInOneDraft(t *testing.T) {
	b := setup(t)
	vanya, _ := b.vratsa()
	_, vili := b.vidin()
	b.typed(vanya, knowledge.Local{Municipality: "Враца", Office: "гише 1"})
	vili.get(doorForm).lacks(t, "Колега работи")
	if got := vili.line(doorForm, "office", "гише 2"); got.code != 303 {
		t.Fatalf("%d %s", got.code, got.body)
	}
	g, _, _ := b.store.Guide(b.ctx, "criminal-record")
	d := b.draft("criminal-record")
	if all := offices(g); len(all) != 1 || all["Видин"] != "гише 2" {
		t.Errorf("published %v", all)
	}
	if all := offices(d.Guide); d.Base != g.Version || all["Враца"] != "гише 1" || all["Видин"] != "гише 2" {
		t.Errorf("the draft is on %d of %d: %v", d.Base, g.Version, all)
	}
	if err := b.publishes(vanya, d); err != nil {
		t.Errorf("its own, later: %v", err)
	}
	if all := b.doors(); all["Враца"] != "гише 1" || all["Видин"] != "гише 2" {
		t.Errorf("published %v", all)
	}
}

func TestDoorsOfTwoMunicipalitiesInOneReview(t *testing.T) {
	b := setup(t)
	b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 30 * 24 * time.Hour})
	vanya, w := b.vratsa()
	_, vili := b.vidin()
	maria, _ := b.editor("Мария")
	w.line(doorForm, "office", "гише 1")
	first := b.draft("criminal-record")
	vili.line(doorForm, "office", "гише 2")
	d := b.draft("criminal-record")
	if all := offices(d.Guide); d.Stage != knowledge.InReview || d.SentBy != staffID(vanya.ID) || len(d.Writers) != 2 || all["Враца"] != "гише 1" || all["Видин"] != "гише 2" {
		t.Fatalf("in review: %+v", d)
	}
	if b.publishes(maria, first) == nil {
		t.Error("a door was published that the reviewer hasn't seen")
	}
	// Given back, both are sent again by either.
	if err := b.store.ReturnDraft(b.ctx, b.pool, d.Slug, d.Revision, knowledge.Editor{ID: staffID(maria.ID)}, "Кое гише?"); err != nil {
		t.Fatal(err)
	}
	w.line(doorForm, "office", "гише 3")
	if d = b.draft("criminal-record"); d.Stage != knowledge.InReview {
		t.Fatalf("%+v", d)
	}
	if err := b.publishes(maria, d); err != nil || b.doors()["Враца"] != "гише 3" || b.doors()["Видин"] != "гише 2" {
		t.Errorf("%v, %v", err, b.doors())
	}
}

func TestAnUnchangedDoorIsNoChange(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	kept := func() (n int, done string) {
		t.Helper()
		if err := b.pool.QueryRow(b.ctx, `SELECT count(*), coalesce(max(detail ->> 'done' || ' ' || (detail ->> 'version')), '') FROM audit_log WHERE verb = 'guide.local'`).Scan(&n, &done); err != nil {
			t.Fatal(err)
		}
		return n, done
	}
	w.line(doorForm, "office", "гише 1")
	w.line(doorForm, "office", "гише 1")
	w.get("/console/local").has(t, "Нямаше какво да се промени.")
	if n, done := kept(); n != 1 || done != "did_door 2" {
		t.Errorf("the log has %d, %q", n, done)
	}
}

func TestAMunicipalitysPageSaysWhereGuidesStand(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	maria, _ := b.editor("Мария")
	b.publish("old", "Старо упътване", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Municipality, g.ReviewBy = "VRC10", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	b.publish("gone", "Няма я вече", func(g *knowledge.Guide, _ *knowledge.Text) { g.Municipality, g.Status = "VRC10", knowledge.Closed })
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до един ден" })
	if err := b.store.SendDraft(b.ctx, b.pool, d.Slug, d.Revision, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
		t.Fatal(err)
	}
	got := w.get("/console/local")
	got.has(t, "За обновяване", "Закрита услуга", "В преглед")
	got.lacks(t, ">Публикувано<")
}

func TestADoorIsPublishedFromTheGuidesPage(t *testing.T) {
	b := setup(t)
	vanya, w := b.vratsa()
	d := b.typed(vanya, knowledge.Local{Municipality: "Враца", Office: "гише 1"})
	const room = "/console/guides/criminal-record"
	if got := w.post(room+"/publish", "revision", revision(d)); got.code != 422 || len(b.doors()) != 0 { // why is asked of everybody
		t.Errorf("%d, published %v", got.code, b.doors())
	}
	if got := w.post(room+"/publish", "revision", revision(d), "why", "ново гише"); got.location != room || b.doors()["Враца"] != "гише 1" {
		t.Errorf("%d %q, published %v", got.code, got.location, b.doors())
	}
}

func TestAFaultOfTheGuideIsNotTheDoors(t *testing.T) {
	b := setup(t)
	_, w := b.vratsa()
	if _, err := b.pool.Exec(b.ctx, `DELETE FROM allowed_hosts`); err != nil {
		t.Fatal(err)
	}
	if got := w.line(doorForm, "office", "гише 1"); got.code != 422 {
		t.Errorf("%d", got.code)
	} else {
		got.has(t, "Това е в самото упътване, не във Вашия ред.")
		got.has(t, "гише 1")
	}
}
