package handoff

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// An editor merges between the round's look at the groups and its taking in: the case goes where the others went.
func TestACaseOfWhatIsMergedMeanwhileGoesAlong(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "ловен билет издаване")
	e.asks("b", "паркинг зона стикер")
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	list := e.problems("open")
	e.asks("c", list[0].Example)
	e.do(e.list.load(e.ctx, known))
	e.do(e.list.Merge(e.ctx, e.editor, list[0].ID, list[1].ID))
	e.do(onlyError(e.list.takeAnswers(e.ctx, known)))
	e.do(e.list.round(e.ctx, known))
	if p := e.problems("open"); len(p) != 1 || p[0].Items != 3 || p[0].People != 3 {
		t.Errorf("%+v", p)
	}
}

// A change whose number is lower than one that was read, and that is committed after it, is heard of all the same.
func TestAChangeThatIsCommittedLateIsHeardOf(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "ловен билет издаване")
	e.asks("b", "паркинг зона стикер")
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	list := e.problems("open")
	late, err := e.pool.Begin(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Rollback(e.ctx)
	e.do(onlyError(late.Exec(e.ctx, `UPDATE problems SET state = 'aside', reason = 'не е услуга', revision = nextval('problem_revisions') WHERE id = $1`, list[0].ID)))
	e.do(e.list.NameProblem(e.ctx, e.editor, list[1].ID, "стикер"))
	e.do(e.list.load(e.ctx, known))
	e.do(late.Commit(e.ctx))
	e.do(e.list.load(e.ctx, known))
	if c := known.byID[list[0].ID]; c == nil || c.open {
		t.Errorf("what was set aside is taken for open: %+v", c)
	}
}

// A guide is published while a problem that it fixes is followed: the fix is not forgotten.
func TestWhatIsPublishedMeanwhileIsNotForgotten(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "ловен билет")
	e.collect()
	id := e.problems("open")[0].ID
	e.do(e.list.BeginGuide(e.ctx, e.editor, e.by, id, "loven-bilet", "Ловен билет"))
	e.publishDraft("loven-bilet")
	// As the second step sees it where the first one did not yet.
	e.do(pgx.BeginFunc(e.ctx, e.pool, func(tx pgx.Tx) error { return onlyError(tx.Exec(e.ctx, reopenDropped)) }))
	if p := e.problems("working"); len(p) != 1 || p[0].Fix != "loven-bilet" {
		t.Errorf("the fix is gone: %+v", p)
	}
	e.collect()
	if p := e.problems("fixed"); len(p) != 1 {
		t.Errorf("%+v", p)
	}
}

// What was asked, answered and rated before a fix says nothing of it.
func TestOnlyWhatIsAskedAfterAFixCounts(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("id-card", "Лична карта"))
	e.reader.answers["лична"] = e.guide("id-card", "Лична карта")
	for i := range 5 {
		e.asks(fmt.Sprint("p", i), "лична карта срок")
	}
	asked := e.asks("x", "лична карта такса")
	e.rates("x", asked, "bad", "outdated")
	e.exec(`UPDATE answers SET answered_at = answered_at - interval '1 hour'`)
	e.collect()
	id := e.problems("open")[0].ID
	e.do(onlyError(e.list.MendGuide(e.ctx, e.editor, e.by, id)))
	e.publishDraft("id-card")
	e.collect()
	e.collect()
	after, err := e.list.After(e.ctx, []int64{id})
	if a := after[id]; err != nil || a != (After{}) {
		t.Errorf("nobody asked after the fix: %+v, %v", a, err)
	}
}

// Who holds a problem for a moment and changes nothing leaves it to be compared again.
func TestWhatIsHeldForAMomentIsGatheredLater(t *testing.T) {
	e := setupWorklist(t)
	known := &meanings{}
	e.asks("a", "ловен билет")
	e.asks("b", "оръжие стрелба")
	e.do(e.list.round(e.ctx, known))
	list := e.problems("open")
	e.asks("a", "ловен билет оръжие стрелба")
	e.asks("b", "оръжие стрелба ловен")
	e.do(e.list.take(e.ctx, known))
	held, err := e.pool.Begin(e.ctx)
	if err != nil || len(list) != 2 {
		t.Fatal(err, list)
	}
	defer held.Rollback(e.ctx)
	e.do(onlyError(held.Exec(e.ctx, `SELECT FROM problems WHERE id = $1 FOR UPDATE`, list[0].ID)))
	e.do(e.list.gather(e.ctx, known))
	if p := e.problems("open"); len(p) != 2 {
		t.Fatalf("what is held was put away: %+v", p)
	}
	e.do(held.Rollback(e.ctx))
	e.do(e.list.gather(e.ctx, known))
	if p := e.problems("open"); len(p) != 1 {
		t.Errorf("%+v", p)
	}
}

// However often what was merged is merged again, all of it leads to the last.
func TestWhatIsMergedOftenStillLeadsThere(t *testing.T) {
	e := setupWorklist(t)
	var ids []int64
	e.do(pgx.BeginFunc(e.ctx, e.pool, func(tx pgx.Tx) error {
		for range 14 {
			id, err := e.list.begin(e.ctx, tx, "", e.now())
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}))
	for i, id := range ids[1:] {
		e.do(e.list.Merge(e.ctx, e.editor, ids[i], id))
	}
	last := ids[len(ids)-1]
	if p, err := e.list.Problem(e.ctx, ids[0]); err != nil || p.ID != last {
		t.Errorf("the first leads to %d, not to %d: %v", p.ID, last, err)
	}
	var own bool
	if err := e.pool.QueryRow(e.ctx, `SELECT `+ownProblems+` FROM problems p WHERE id = $1`, last).Scan(&own); err != nil || own {
		t.Errorf("what an editor merged into is the program's own: %t, %v", own, err)
	}
}

// What an editor is changing is not counted halfway, and nobody waits for it.
func TestWhatIsBeingChangedIsCountedLater(t *testing.T) {
	e := setupWorklist(t)
	known := &meanings{}
	e.asks("a", "ловен билет издаване")
	e.asks("b", "паркинг зона стикер")
	e.do(e.list.round(e.ctx, known))
	list := e.problems("open")
	from, into := list[0].ID, list[1].ID
	e.exec(`UPDATE problems SET counted_at = NULL`)
	editor, err := e.pool.Begin(e.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer editor.Rollback(e.ctx)
	e.do(pour(e.ctx, editor, from, into))
	ctx, cancel := context.WithTimeout(e.ctx, 10*time.Second)
	defer cancel()
	if err := e.list.count(ctx, known); err != nil {
		t.Fatalf("the count waits for an editor: %v", err)
	}
	e.do(editor.Commit(e.ctx))
	e.do(e.list.count(e.ctx, known))
	if p := e.problems("open"); len(p) != 1 || p[0].People != 2 || p[0].Items != 2 {
		t.Errorf("%+v", p)
	}
}
