package bot

import (
	"fmt"
	"strings"
	"testing"
)

func TestLastJudgementCounts(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.presses("rate:bad:1")
	h.works()
	h.presses("why:outdated:1")
	h.works()
	h.says("таксата е сменена")
	h.works()
	var rating, reason, comment string
	read := func() {
		t.Helper()
		err := h.pool.QueryRow(h.ctx, `SELECT rating, COALESCE(reason, ''), COALESCE(comment, '') FROM feedback`).Scan(&rating, &reason, &comment)
		if err != nil {
			t.Fatal(err)
		}
	}
	if read(); rating != "bad" || reason != "outdated" || comment != "таксата е сменена" {
		t.Errorf("stored %s, %s, %q", rating, reason, comment)
	}
	h.presses("rate:good:1")
	h.works()
	if read(); rating != "good" || reason != "" || comment != "" {
		t.Errorf("stored %s, %s, %q", rating, reason, comment)
	}
	if turn := h.conversation().Turn; turn != 2 {
		t.Errorf("ratings raised the turn to %d", turn)
	}
}

func TestNobodyRatesAnothersAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.gets(Incoming{Kind: Command, Command: "start", ContactKey: "8"})
	h.gets(Incoming{Kind: Button, Data: "rate:bad:1", ContactKey: "8"})
	h.works()
	if h.count(`SELECT count(*) FROM feedback`) != 0 {
		t.Error("the judgement was stored")
	}
}

func TestRatingCountsWhileALibrarianHolds(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
		t.Fatal(err)
	}
	h.presses("rate:good:1")
	h.works()
	h.wants("in silence", "criminal-record")
	if h.count(`SELECT count(*) FROM feedback WHERE rating = 'good'`) != 1 {
		t.Error("the judgement was not stored")
	}
}

// Under one answer several guides may have been shown: the judgement is of the one above its button.
func TestAJudgementIsOfTheGuideAboveIt(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.publishes("criminal-record")
	h.publishes("tax-return")
	h.says("трябва ми съдебно")
	h.works()
	for _, c := range []struct{ button, guide string }{
		{"rate:bad:1:criminal-record", "criminal-record"},
		{"rate:good:1:tax-return", ""}, // was never shown here
		{"rate:bad:1:no-such-guide", ""},
		{"rate:good:1:criminal-record", "criminal-record"},
		{"rate:bad:1", ""}, // of an older message
	} {
		h.presses(c.button)
		h.works()
		rating, _, _ := strings.Cut(strings.TrimPrefix(c.button, "rate:"), ":")
		if h.count(fmt.Sprintf(`SELECT count(*) FROM feedback WHERE coalesce(guide, '') = '%s' AND rating = '%s'`, c.guide, rating)) != 1 {
			t.Errorf("%s is not of %q", c.button, c.guide)
		}
	}
}
