package console

import (
	"fmt"
	"strings"
	"testing"

	"orientir/handoff/staff"
)

// What a person asked is read beside the forms and stands in none of them: what an editor sends stays after thirty days.
func TestNoFormOfAProblemHoldsWhatAPersonAsked(t *testing.T) {
	b := setup(t)
	const asked = "как да получа помощ за болната си леля"
	var id int64
	err := b.pool.QueryRow(b.ctx, `
		WITH a AS (INSERT INTO answers (answered_at, question, language, detected, outcome, intent, confidence, guides, evidence, model)
			VALUES (now(), $1, 'bg', 'bg', 'abstained', 'question', 0, '[]', '[]', 'test') RETURNING id),
		p AS (INSERT INTO problems (first_at, last_at, example, people) SELECT now(), now(), id, 1 FROM a RETURNING id),
		i AS (INSERT INTO problem_items (problem, source, answer, at) SELECT p.id, 'unanswered', a.id, now() FROM a, p)
		SELECT id FROM p`, asked).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	w := b.as(b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}}))
	page := w.get(fmt.Sprintf("/console/worklist/%d", id)).body
	if !strings.Contains(page, "<q>"+asked) {
		t.Fatal("the question is not shown")
	}
	if strings.Contains(page, `value="`+asked) || strings.Contains(page, ">"+asked+"</textarea>") {
		t.Error("a form is filled in with the question")
	}
	got := w.post(fmt.Sprintf("/console/worklist/%d/aside", id), "aside-title", "", "reason", "не е услуга")
	var title string
	if err := b.pool.QueryRow(b.ctx, `SELECT title FROM problems WHERE id = $1 AND state = 'aside'`, id).Scan(&title); err != nil || title != "" {
		t.Errorf("%d: %q, %v", got.code, title, err)
	}
}
