package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
	"orientir/retrieval"
)

// editors keep in memory what they hear.
type editors struct {
	reports []Report
	hearers []int64
}

func (e *editors) Report(_ context.Context, _ postgres.DB, r Report) (Reported, error) {
	e.reports = append(e.reports, r)
	return ReportKept, nil
}

func (e *editors) HearBack(_ context.Context, _ postgres.DB, _, answer int64) (bool, error) {
	e.hearers = append(e.hearers, answer)
	return true, nil
}

// shows writes a message of the bot with a guide under an answer, as a choice from several does.
func (h *house) shows(answer int64, slug string, version int) {
	h.t.Helper()
	card := Card{Slug: slug, Version: version}
	err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) error {
		_, err := h.conversations.write(h.ctx, tx, h.conversation().ID, Robot, "", Body{Guide: &card, AnswerID: answer, Language: "bg"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// stands is where the dialog stands.
func (h *house) stands() (s state) {
	h.t.Helper()
	if err := h.pool.QueryRow(h.ctx, `SELECT state FROM conversations WHERE id = $1`, h.conversation().ID).Scan(&s); err != nil {
		h.t.Fatal(err)
	}
	return s
}

// What the editors are to know counts while a librarian holds the conversation too, and each tap is answered.
func TestEditorsHearWhileALibrarianHolds(t *testing.T) {
	t.Parallel()
	room := &editors{}
	h := setup(t, func(o *EngineOptions) { o.Editors = room })
	h.says("трябва ми съдебно")
	h.works()
	id := digits(h.stands().Answer)
	h.presses("wrong:" + id + ":criminal-record")
	h.works()
	h.says("къде се подава съдебно?")
	h.works()
	keep := "wrong:keep:1"
	if s := h.stands(); s.Wrong == nil || s.Wrong.Words == "" {
		t.Fatalf("the question was not answered: %+v", s)
	}
	if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ button, phrase string }{
		{"hear:" + id, "worklist.hear_kept"},
		{"wrong:" + id + ":criminal-record", "worklist.wrong_held"},
		{keep, "worklist.wrong_kept"},
		{keep, ""}, // pressed twice
	} {
		before := len(h.sent())
		h.presses(c.button)
		h.works()
		said := h.sent()[before:]
		if c.phrase == "" {
			if len(said) != 0 {
				t.Errorf("%s: %+v", c.button, said)
			}
			continue
		}
		if len(said) != 1 || said[0].Body.Text != bg(c.phrase) || said[0].From != System {
			t.Errorf("%s: %+v", c.button, said)
		}
	}
	if len(room.hearers) != 1 || len(room.reports) != 1 || room.reports[0].Text != "къде се подава съдебно?" {
		t.Errorf("the editors hear %v %+v", room.hearers, room.reports)
	}
	h.says("таксата е друга") // for the librarian
	h.works()
	if len(room.reports) != 1 {
		t.Errorf("the editors hear %+v", room.reports)
	}
}

// sent is what was said to the person so far.
func (h *house) sent() []Message {
	h.t.Helper()
	list, err := h.conversations.outgoing(h.ctx, h.conversation().ID, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func TestWhatIsWrongIsSaidOfTheGuideOnTheScreen(t *testing.T) {
	t.Parallel()
	room := &editors{}
	h := setup(t, func(o *EngineOptions) { o.Editors = room })
	h.says("трябва ми съдебно")
	h.works()
	var answer int64
	if err := h.pool.QueryRow(h.ctx, `SELECT id FROM answers`).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	h.shows(answer, "id-card", 3)
	h.shows(answer, "passport", 2)
	id := digits(answer)
	for _, c := range []struct {
		button  string
		guide   string // "" nothing is kept
		version int
	}{
		{"wrong:" + id + ":criminal-record", "criminal-record", 1},
		{"wrong:" + id + ":id-card", "id-card", 3},
		{"wrong:" + id, "passport", 2}, // of a message that carried no guide: what was shown last
		{"wrong:" + id + ":tax-return", "", 0},
		{"wrong:" + digits(answer+1) + ":id-card", "", 0},
	} {
		room.reports = nil
		h.presses(c.button)
		h.works()
		h.says("таксата е друга")
		h.works()
		if c.guide == "" {
			if len(room.reports) != 0 {
				t.Errorf("%s: the editors hear %+v", c.button, room.reports)
			}
			continue
		}
		if len(room.reports) != 1 || room.reports[0] != (Report{Guide: c.guide, Version: c.version, Answer: answer, Contact: h.conversation().Contact, Text: "таксата е друга"}) {
			t.Errorf("%s: the editors hear %+v", c.button, room.reports)
		}
	}
	if data := guideData("wrong", 12345678, "a-slug-of-sixty-letters-is-the-longest-that-the-database-take"); data != "wrong:12345678" {
		t.Errorf("a button carries %q", data)
	}
}

// Who hears back gets the guide as an answer shows it, with what must be known of it.
func TestWhoHearsBackIsWarned(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("нещо без упътване")
	h.works()
	g := scriptGuide("id-card")
	g.ReviewBy = h.clock.now().AddDate(0, 0, -1)
	closed := 120
	found := retrieval.Answer{
		Outcome: retrieval.Answered, Guide: &g, Age: knowledge.Due, Only: "Само в община Враца.", Local: &knowledge.Local{Municipality: "Враца", Link: "https://vratsa.bg"},
		HelpPoints: []knowledge.Nearby{{HelpPoint: knowledge.HelpPoint{ID: "rb-vratsa"}, DistanceM: &closed}},
	}
	var told bool
	tell := func() {
		t.Helper()
		err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) (err error) {
			told, err = h.conversations.TellFound(h.ctx, tx, h.conversation().ID, "нещо без упътване", 41, found)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.exec(`UPDATE conversations SET state = '{"greeted": true, "await": "place", "guide": "criminal-record", "question": "съдимост", "answer": 7, "wish": {"reason": "asked"}}'`)
	tell()
	if stands := h.stands(); stands.Guide != "id-card" || stands.Question != "нещо без упътване" || stands.Answer != 41 || stands.Await != "" || stands.Wish != nil {
		t.Errorf("what they write next goes on about %+v", stands)
	}
	messages, err := h.conversations.outgoing(h.ctx, h.conversation().ID, 0)
	if err != nil || !told {
		t.Fatal(told, err)
	}
	last := messages[len(messages)-1].Body
	card := last.Guide
	if card == nil || card.Slug != "id-card" || !strings.Contains(card.Warning, "24 ноември 2026 г.") || card.Only != "Само в община Враца." || card.Local == nil || last.HelpPoints != nil || last.AnswerID != 41 {
		t.Errorf("the person is shown %+v", last)
	}
	if !strings.Contains(last.Text, "„нещо без упътване“") || strings.Contains(last.Text, bg("bot.disclosure")) || last.Buttons[2].Data != "wrong:41:id-card" {
		t.Errorf("the person reads %q %+v", last.Text, last.Buttons)
	}
	h.exec(`UPDATE conversations SET holder = 'staff:1'`)
	if tell(); told {
		t.Error("it talks over a librarian")
	}
}
