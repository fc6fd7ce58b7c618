package console

import (
	"encoding/json"
	"testing"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// vratsa signs in an editor of the municipality of Враца.
func (b *bundle) vratsa() (staff.Account, *browser) {
	b.Helper()
	a := b.account(staff.Profile{Email: "obshtina@example.bg", Name: "Ваня", Roles: []staff.Role{staff.Editor}, Municipality: "VRC10"})
	return a, b.as(a)
}

func TestAMunicipalitysEditorIsToldWhyItIsRefused(t *testing.T) {
	b := setup(t)
	maria, _ := b.editor("Мария")
	_, w := b.vratsa()
	const room = "/console/guides/criminal-record"
	b.publish("gone", "Няма я вече", func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Status, g.ReplacedBy = knowledge.Closed, "criminal-record"
	})
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до един ден" })
	refused := func(what string, got answer) {
		t.Helper()
		if got.code != 403 && got.code != 422 {
			t.Errorf("%s: %d", what, got.code)
		}
		got.has(t, "не е на Вашата община. Вие променяте само")
	}
	for _, step := range []string{"send", "publish", "drop"} {
		refused(step, w.post(room+"/"+step, "revision", revision(d), "why", "нов срок"))
	}
	if err := b.store.SendDraft(b.ctx, b.pool, "criminal-record", d.Revision, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
		t.Fatal(err)
	}
	d = b.draft("criminal-record")
	refused("recall", w.post(room+"/recall", "revision", revision(d)))
	refused("return", w.post(room+"/return", "revision", revision(d), "word", "не така"))
	refused("reopen", w.post("/console/guides/gone/reopen"))
	if now := b.draft("criminal-record"); now.Stage != knowledge.InReview || now.Revision != d.Revision {
		t.Errorf("the draft is %+v", now)
	}

	// In the form what was typed stays, and the reason is said to people and to the script.
	values := w.get("/console/guides/gone/edit").form(t)
	values.Set("text.bg.time", "два дни")
	form := w.send("POST", "/console/guides/gone/edit", values)
	refused("the form", form)
	form.has(t, "два дни", "„Колко отнема“ не е на Вашата община")
	said := w.send("POST", "/console/guides/gone/edit", values, "Accept", "application/json")
	var told autosaved
	if err := json.Unmarshal([]byte(said.body), &told); err != nil || said.code != 422 || told.Said != "„Колко отнема“ не е на Вашата община. Вие променяте само нейните адрес, гише, такса и бележка." {
		t.Errorf("%d %s", said.code, said.body)
	}
}

func TestAnEditorIsOfAMunicipalityThatThereIs(t *testing.T) {
	b := setup(t)
	w := b.proven(b.account(staff.Profile{Email: "a@example.bg", Roles: []staff.Role{staff.Admin}}))
	w.get("/console/people/new").has(t, `<option value="VRC10">Враца (Враца)</option>`)
	typed := []string{"name", "Ваня", "email", "vanya@example.bg", "role", "editor", "municipality", "VRC99"}
	got := w.post("/console/people/new", typed...)
	if got.code != 422 {
		t.Errorf("a municipality that there isn't: %d", got.code)
	}
	got.has(t, "Имате предвид:", "VRC10 – Враца", `value="VRC99"`, `value="vanya@example.bg"`)
	typed[7] = "Враца"
	if got := w.post("/console/people/new", typed...); got.code != 303 {
		t.Fatalf("%d", got.code)
	}
	w.get("/console/people").has(t, "община: VRC10")
}
