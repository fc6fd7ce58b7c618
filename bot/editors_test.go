package bot

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
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
	if data := wrongData(12345678, "a-slug-of-sixty-letters-is-the-longest-that-the-database-take"); data != "wrong:12345678" {
		t.Errorf("a button carries %q", data)
	}
}
