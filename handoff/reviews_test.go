package handoff

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// editor is an account that keeps guides.
func (b *bundle) editor(name, municipality string) staff.Account {
	b.Helper()
	return b.account(staff.Profile{Email: name + "@example.bg", Name: name, Roles: []staff.Role{staff.Editor}, Municipality: municipality})
}

func of(a staff.Account) knowledge.Editor { return knowledge.Editor{ID: fmt.Sprintf("staff:%d", a.ID)} }

// sends begins a draft of a guide that is fit to be published, and sends it for review.
func (m *mailbox) sends(slug string, by staff.Account) knowledge.Draft {
	m.Helper()
	store := knowledge.NewStore(m.pool)
	if err := store.AllowHost(m.ctx, "nap.bg", "test"); err != nil {
		m.Fatal(err)
	}
	d, err := store.SaveDraft(m.ctx, m.pool, knowledge.Draft{Slug: slug, Guide: knowledge.Guide{
		Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://nap.bg", Identification: []knowledge.Means{knowledge.None},
		Sources: []knowledge.Source{{URL: "https://nap.bg"}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
			Title: "Упътване " + slug, Authority: "НАП", Summary: "Накратко.", Who: "Всеки.", Exceptions: []string{"Няма."}, Where: "Там.", Steps: []string{"Отворете."}, Needed: []string{"Нищо."},
		}},
	}}, of(by))
	if err != nil {
		m.Fatal(err)
	}
	if err := store.SendDraft(m.ctx, m.pool, slug, d.Revision, of(by)); err != nil {
		m.Fatal(err)
	}
	d.Revision++
	return d
}

func (m *mailbox) reviews() {
	m.Helper()
	for range 2 { // the second finds nothing more to say
		if err := m.Reviews(m.ctx); err != nil {
			m.Fatal(err)
		}
	}
}

func TestEditorsAreToldOfDraftsThatWait(t *testing.T) {
	b := setup(t)
	clock := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	maria, ivan := b.editor("maria", ""), b.editor("ivan", "")
	b.editor("vratsa", "VRC10") // has no say in a guide of the whole country
	b.librarian("v@example.bg", "vratsa")
	m.sends("one", maria)
	m.reviews()
	if len(m.sent()) > 0 {
		t.Errorf("at once: %v", m.sent())
	}
	m.sends("two", maria)
	m.reviews()
	clock.pass(time.Minute)
	m.reviews()
	clock.pass(time.Hour)
	m.reviews()
	letters := m.server.Letters()
	if len(letters) != 1 || letters[0].To != "ivan@example.bg" || letters[0].Subject != "2 упътвания чакат Вашето одобрение" ||
		!strings.Contains(letters[0].Text, "https://orientir.example/console/guides/one") || !strings.Contains(letters[0].Text, "„Упътване two“ чака преглед. Изпрати го maria.") {
		t.Fatalf("%+v", letters)
	}

	// Given back, the writer hears of it once, whatever they save then; sent again, the other hears again.
	store := knowledge.NewStore(b.pool)
	d, _, _ := store.Draft(b.ctx, "one")
	if err := store.ReturnDraft(b.ctx, b.pool, "one", d.Revision, of(ivan), "Кой е източникът?"); err != nil {
		t.Fatal(err)
	}
	m.reviews()
	clock.pass(time.Hour)
	m.reviews()
	if n := m.sent()["maria@example.bg"]; n != 1 {
		t.Fatalf("%d letters to the writer: %v", n, m.sent())
	}
	d, _, _ = store.Draft(b.ctx, "one")
	for range 3 {
		var err error
		if d, err = store.SaveDraft(b.ctx, b.pool, d, of(maria)); err != nil {
			t.Fatal(err)
		}
		clock.pass(time.Hour)
		m.reviews()
	}
	if m.sent()["maria@example.bg"] != 1 || m.sent()["ivan@example.bg"] != 1 {
		t.Errorf("while it is mended: %v", m.sent())
	}
	if err := store.SendDraft(b.ctx, b.pool, "one", d.Revision, of(maria)); err != nil {
		t.Fatal(err)
	}
	m.reviews()
	clock.pass(time.Hour)
	m.reviews()
	if m.sent()["ivan@example.bg"] != 2 {
		t.Errorf("sent again: %v", m.sent())
	}

	// The next draft of a guide counts its revisions anew, and is told of all the same.
	d, _, _ = store.Draft(b.ctx, "two")
	if err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		_, err := store.PublishDraft(b.ctx, tx, "two", d.Revision, of(ivan))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	g, _, _ := store.Guide(b.ctx, "two")
	next, err := store.SaveDraft(b.ctx, b.pool, knowledge.Draft{Slug: "two", Base: 1, Guide: g}, of(maria))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SendDraft(b.ctx, b.pool, "two", next.Revision, of(maria)); err != nil {
		t.Fatal(err)
	}
	m.reviews()
	clock.pass(time.Hour)
	m.reviews()
	if m.sent()["ivan@example.bg"] != 3 {
		t.Errorf("the next draft: %v", m.sent())
	}
}

func TestEditorsAreNotToldInVain(t *testing.T) {
	b := setup(t)
	clock := b.clock("2026-11-23 22:00")
	m := b.mailbox()
	maria, quiet := b.editor("maria", ""), b.editor("quiet", "")
	ivan := b.editor("ivan", "")
	b.exec(`UPDATE staff SET notices = false WHERE id = $1`, quiet.ID)
	d := m.sends("one", maria)
	m.reviews()
	clock.pass(2 * time.Hour)
	m.reviews()
	if len(m.sent()) > 0 {
		t.Errorf("at night: %v", m.sent())
	}
	store := knowledge.NewStore(b.pool)
	if err := store.RecallDraft(b.ctx, b.pool, "one", d.Revision, of(maria)); err != nil {
		t.Fatal(err)
	}
	clock.pass(10 * time.Hour)
	m.reviews()
	if len(m.sent()) > 0 {
		t.Errorf("of what was taken back: %v", m.sent())
	}
	b.exec(`INSERT INTO staff_telegram (staff, telegram) VALUES ($1, 77)`, ivan.ID)
	if err := store.SendDraft(b.ctx, b.pool, "one", d.Revision+1, of(maria)); err != nil {
		t.Fatal(err)
	}
	m.reviews()
	clock.pass(time.Minute)
	m.reviews()
	if len(m.telegram) != 1 || !strings.HasPrefix(m.telegram[0], "77: 1 упътване чака Вашето одобрение") || len(m.sent()) > 0 {
		t.Errorf("by Telegram %q, by mail %v", m.telegram, m.sent())
	}
}
