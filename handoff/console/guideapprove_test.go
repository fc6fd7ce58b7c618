package console

import (
	"testing"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// Who puts a colleague's draft on the version that is published now may still approve it, unless they chose against it.
func TestWhoPutsADraftTogetherHasNotWrittenIt(t *testing.T) {
	for name, c := range map[string]struct {
		take   string
		writes bool
	}{"the draft's": {"mine", false}, "what was published": {"theirs", true}} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 180 * day})
			maria, mariaAt := b.editor("Мария")
			ivan, ivanAt := b.editor("Иван")
			const room = "/console/guides/criminal-record"
			d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) {
				t.Summary, t.Time = "Начало на Мария.", "до един ден"
			})
			b.publish("criminal-record", "Електронно свидетелство за съдимост", func(g *knowledge.Guide, t *knowledge.Text) {
				t.Names = guide().Text[knowledge.Bulgarian].Names
				t.Summary, t.Contact = "Друго начало.", "02 9237 300"
			})
			ivanAt.post(room+"/merge", "revision", revision(d), "version", "2", "take-text.bg.summary", c.take)
			d = b.draft("criminal-record")
			if d.Base != 2 || d.Guide.Text[knowledge.Bulgarian].Contact != "02 9237 300" || d.WrittenBy(staffID(ivan.ID)) != c.writes || !d.WrittenBy(staffID(maria.ID)) {
				t.Fatalf("put together as %+v", d)
			}
			mariaAt.post(room+"/send", "revision", revision(d), "why", "нов срок")
			at := ivanAt.get(room)
			if c.writes {
				at.lacks(t, "Одобри и публикувай")
			} else {
				at.has(t, "Одобри и публикувай")
				mariaAt.get(room).has(t, "Чака друг редактор", "Може да я одобри: Иван.")
			}
		})
	}
}

// The room says who may approve, and what to do where nobody may.
func TestARoomSaysWhoMayApprove(t *testing.T) {
	b := setup(t)
	b.rules(knowledge.EditingRules{SecondEditor: true, Grace: 180 * day})
	maria, w := b.editor("Мария")
	ivan, ivanAt := b.editor("Иван")
	b.account(staff.Profile{Email: "vidin@example.bg", Name: "Видин", Roles: []staff.Role{staff.Editor}, Municipality: "VID09"})
	const room = "/console/guides/criminal-record"
	d := b.drafted("criminal-record", maria, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до един ден" })
	w.get(room).has(t, "Може да я одобри: Иван.")
	d = b.drafted("criminal-record", ivan, func(_ *knowledge.Guide, t *knowledge.Text) { t.Time = "до два дни" })
	const nobody = "Никой не може да я одобри"
	w.get(room).has(t, nobody, "започне отново сам")
	w.post(room+"/send", "revision", revision(d), "why", "нов срок")
	for _, at := range []*browser{w, ivanAt} {
		got := at.get(room)
		got.has(t, nobody)
		got.lacks(t, "Чака друг редактор", "Одобри и публикувай")
	}
	petya, petyaAt := b.editor("Петя")
	w.get(room).has(t, "Чака друг редактор", "Може да я одобри: Петя.")
	petyaAt.get(room).has(t, "Одобри и публикувай")
	b.exec(`UPDATE staff SET active = false WHERE id = $1`, petya.ID)
	w.get(room).has(t, nobody)

	// A municipality's own door may be approved by whoever is of it.
	d = b.draft("criminal-record")
	if err := b.store.DropDraft(b.ctx, b.pool, d.Slug, d.Revision, knowledge.Editor{ID: staffID(maria.ID)}); err != nil {
		t.Fatal(err)
	}
	b.drafted("criminal-record", maria, func(g *knowledge.Guide, _ *knowledge.Text) {
		g.Local = []knowledge.Local{{Municipality: "Видин", Office: "стая 3"}}
	})
	w.get(room).has(t, "Могат да я одобрят: Видин, Иван.")
}
