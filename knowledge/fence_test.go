package knowledge

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

var vratsa = Municipality{Code: "VRC10", Name: "Враца", District: "Враца"}

func TestFence(t *testing.T) {
	t.Parallel()
	text := func(change func(*Text)) map[Language]Text {
		one := Text{Title: "Заглавие", Steps: []string{"Отворете."}, Fees: []Fee{{100, "такса"}}}
		if change != nil {
			change(&one)
		}
		return map[Language]Text{Bulgarian: one}
	}
	national := Guide{Slug: "sample", Link: "https://a.bg", Text: text(nil), Local: []Local{{Municipality: "Враца", Link: "https://v.bg"}, {Municipality: "Видин", Link: "https://w.bg"}}}
	own := Guide{Slug: "sample", Municipality: "VRC10", Text: text(nil)}
	doors := func(all ...Local) Guide { g := national; g.Local = all; return g }
	with := func(g Guide, change func(*Guide)) Guide { change(&g); return g }
	vidin := Local{Municipality: "Видин", Link: "https://w.bg"}
	for _, c := range []struct {
		name   string
		m      Municipality
		before []Guide
		after  Guide
		field  string // that it may not change; "" where all is well
	}{
		{"nothing", vratsa, []Guide{national}, national, ""},
		{"empty lists are like none", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Related, g.Apart = []string{}, []Apart{} }), ""},
		{"why is everybody's", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Why = "нова сграда" }), ""},
		{"own door", vratsa, []Guide{national}, doors(Local{Municipality: "Враца", Link: "https://v2.bg", Office: "ул. Нова 1", Fee: map[Language]string{Bulgarian: "2 €"}}, vidin), ""},
		{"own door with its district", vratsa, []Guide{national}, doors(Local{Municipality: "Враца, Враца", Link: "https://v2.bg"}, vidin), ""},
		{"own door goes", vratsa, []Guide{national}, doors(vidin), ""},
		{"another's door", vratsa, []Guide{national}, doors(national.Local[0], Local{Municipality: "Видин", Link: "https://other.bg"}), "local"},
		{"another's contact as its office", vratsa, []Guide{doors(Local{Municipality: "Видин", Contact: "1"})}, doors(Local{Municipality: "Видин", Office: "1"}), "local"},
		{"another's door goes", vratsa, []Guide{national}, doors(national.Local[0]), "local"},
		{"a door where nobody has one", vratsa, []Guide{national}, doors(national.Local[0], vidin, Local{Municipality: "Ямбол", Link: "https://x.bg"}), "local"},
		{"one of two of a name", Municipality{"RSE04", "Бяла", "Русе", true}, []Guide{doors(Local{Municipality: "Бяла, Варна"})}, doors(Local{Municipality: "Бяла, Варна", Link: "https://x.bg"}), "local"},
		{"a name that two share", Municipality{"RSE04", "Бяла", "Русе", true}, []Guide{doors()}, doors(Local{Municipality: "Бяла", Link: "https://x.bg"}), "local"},
		{"its own of two of a name", Municipality{"RSE04", "Бяла", "Русе", true}, []Guide{doors()}, doors(Local{Municipality: "Бяла, Русе", Link: "https://x.bg"}), ""},
		{"the address", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Link = "https://b.bg" }), "link"},
		{"the fee", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Text = text(func(t *Text) { t.Fees = nil }) }), "text.bg.fees"},
		{"a step", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Text = text(func(t *Text) { t.Steps = append(t.Steps, "И още.") }) }), "text.bg.steps"},
		{"another language", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Text = text(nil); g.Text[English] = Text{Title: "Title"} }), "text.en.title"},
		{"a source", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Sources = []Source{{URL: "https://c.bg"}} }), "sources"},
		{"dates that changed meanwhile", vratsa, []Guide{national}, with(national, func(g *Guide) { g.ReviewBy = euro }), ""},
		{"a guide to have", vratsa, []Guide{national}, with(national, func(g *Guide) { g.Municipality = "VRC10" }), "municipality"},
		{"a guide of its own", vratsa, []Guide{own}, with(own, func(g *Guide) { g.Link, g.Text = "https://b.bg", text(func(t *Text) { t.Title = "Друго" }) }), ""},
		{"its own, given away", vratsa, []Guide{own}, with(own, func(g *Guide) { g.Municipality = "" }), "municipality"},
		{"another's own", Municipality{Code: "VID09", Name: "Видин", District: "Видин"}, []Guide{own}, with(own, func(g *Guide) { g.Link = "https://b.bg" }), "link"},
		{"new, of its own", vratsa, nil, own, ""},
		{"new, of the country", vratsa, nil, national, "municipality"},
		{"new, of another", vratsa, nil, with(own, func(g *Guide) { g.Municipality = "VID09" }), "municipality"},
		{"what another editor changed in the draft", vratsa, []Guide{national, with(national, func(g *Guide) { g.Link = "https://b.bg" })}, with(national, func(g *Guide) { g.Link = "https://b.bg" }), ""},
	} {
		var fault *Fault
		switch err := c.m.fence(c.after, c.before...); {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.field != "" && (!errors.As(err, &fault) || fault.Field != c.field || fault.Key != "fault.not_yours"):
			t.Errorf("%s: %v, want a fault at %s", c.name, err, c.field)
		}
	}
}

// What the rule says holds at every door of the store.
func TestMunicipalitysEditorIsRefused(t *testing.T) {
	e := newEditing(t)
	in := Editor{ID: "vratsa", Municipality: "VRC10"}
	own := func() Draft {
		d := e.begin()
		d.Guide.Local = []Local{{Municipality: "Враца", Link: "https://vratsa.sofia.bg", Office: "стая 3"}}
		return d
	}
	foreign := func() Draft { d := own(); d.Guide.Link = "https://mvr.bg/other"; return d }
	refused := func(what string, err error) {
		t.Helper()
		var fault *Fault
		if !errors.As(err, &fault) || fault.Key != "fault.not_yours" {
			t.Errorf("%s: %v", what, err)
		}
	}
	save := func(d Draft, by Editor) (saved Draft, err error) {
		err = e.in(func(tx pgx.Tx) (err error) { saved, err = e.store.SaveDraft(e.ctx, tx, d, by); return err })
		return saved, err
	}
	publish := func(d Draft, by Editor) error {
		return e.in(func(tx pgx.Tx) error { _, err := e.store.PublishDraft(e.ctx, tx, d.Slug, d.Revision, by); return err })
	}
	_, err := save(foreign(), in)
	refused("begins a draft", err)
	_, err = save(Draft{Slug: "novo", Guide: e.guide}, in)
	refused("begins a guide", err)
	_, err = save(own(), Editor{ID: "x", Municipality: "XXX99"})
	refused("of a municipality that isn't there", err)

	d, err := save(foreign(), Editor{ID: "maria"})
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func(context.Context, postgres.DB, string, int, Editor) error{
		"sends another's": e.store.SendDraft, "drops another's": e.store.DropDraft, "rebases another's": e.store.Rebase, "recalls another's": e.store.RecallDraft,
	} {
		refused(name, e.in(func(tx pgx.Tx) error { return act(e.ctx, tx, d.Slug, d.Revision, in) }))
	}
	refused("publishes another's", publish(d, in))
	// Beside what another has changed, its own can be set.
	d.Guide.Local[0].Office = "стая 4"
	if d, err = save(d, in); err != nil {
		t.Fatal(err)
	}
	d.Guide.Link = "https://mvr.bg/third"
	_, err = save(d, in)
	refused("changes another's draft", err)
	if err := e.in(func(tx pgx.Tx) error { return e.store.DropDraft(e.ctx, tx, d.Slug, d.Revision, Editor{ID: "maria"}) }); err != nil {
		t.Fatal(err)
	}

	if d, err = save(own(), in); err != nil {
		t.Fatal(err)
	}
	g := e.guide
	g.TitleEnglish = "Trial"
	if _, err := e.store.Publish(e.ctx, g, "import"); err != nil { // meanwhile
		t.Fatal(err)
	}
	if err := e.in(func(tx pgx.Tx) error { return e.store.Rebase(e.ctx, tx, d.Slug, d.Revision, in) }); err != nil {
		t.Fatal(err)
	}
	d, _, _ = e.store.Draft(e.ctx, d.Slug)
	d.Guide.ReviewBy, d.Guide.Sources[0].Checked = euro.AddDate(90, 0, 0), euro.AddDate(-2, 0, 0)
	if d, err = save(d, in); err != nil {
		t.Fatal(err)
	}
	if !d.Guide.ReviewBy.Equal(e.guide.ReviewBy) || !d.Guide.Sources[0].Checked.Equal(e.guide.Sources[0].Checked) {
		t.Errorf("dates %v, %v", d.Guide.ReviewBy, d.Guide.Sources)
	}
	if d.Guide.TitleEnglish != "Trial" || len(d.Guide.Local) != 1 || d.Base != 2 {
		t.Errorf("rebased as %+v", d)
	}
	if err := publish(d, in); err != nil {
		t.Fatal(err)
	}
	got, _, err := e.store.Guide(e.ctx, "sample")
	if err != nil || got.TitleEnglish != "Trial" || len(got.Local) != 1 || got.Local[0].Office != "стая 3" {
		t.Errorf("%+v, %v", got, err)
	}

	d = Draft{Slug: "vratsa-novo", Guide: e.guide}
	d.Guide.Municipality = "VRC10"
	if d, err = save(d, in); err != nil {
		t.Fatal(err)
	}
	if err := publish(d, in); err != nil {
		t.Fatal(err)
	}
	if got, _, err = e.store.Guide(e.ctx, "vratsa-novo"); err != nil || got.Municipality != "VRC10" {
		t.Errorf("%+v, %v", got, err)
	}
	if changes := Diff(Guide{}, Guide{Municipality: "VRC10"}); len(changes) != 1 || changes[0].Field != "municipality" {
		t.Errorf("%+v", changes)
	}
}

func TestMunicipalities(t *testing.T) {
	e := newEditing(t)
	all, err := e.store.Municipalities(e.ctx)
	if err != nil || len(all) != 265 {
		t.Fatal(len(all), err)
	}
	shared := 0
	for _, m := range all {
		if m.Shared {
			shared++
		}
	}
	if shared != 2 {
		t.Errorf("%d share their name", shared)
	}
	m, ok, err := e.store.Municipality(e.ctx, " rse04 ")
	if err != nil || !ok || m.Local() != "Бяла, Русе" {
		t.Errorf("%+v, %v, %v", m, ok, err)
	}
	if _, ok, err := e.store.Municipality(e.ctx, "Враца"); ok || err != nil {
		t.Error(ok, err)
	}
}
