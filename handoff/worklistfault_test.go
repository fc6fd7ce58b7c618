package handoff

import (
	"fmt"
	"testing"
	"time"
)

// What can't be taken in now is taken in later; what is known of the others is not read again for it.
func TestAFaultReadsNothingTwice(t *testing.T) {
	e := setupWorklist(t)
	for i := range 5 {
		e.asks(fmt.Sprint("p", i), "ловен билет издаване")
	}
	e.asks("x", "паркинг зона стикер")
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	parking := e.problems("open")[1]
	e.asks("y", "паркинг зона стикер")
	e.asks("y", "лодка мотор регистрация")
	poison := e.asks("z", "паркинг зона стикер")
	e.exec(fmt.Sprintf(`ALTER TABLE problem_items ADD CONSTRAINT poison CHECK (answer <> %d) NOT VALID`, poison))
	e.reader.read = 0
	if err := e.list.round(e.ctx, known); err == nil {
		t.Fatal("nothing failed")
	}
	e.exec(`ALTER TABLE problem_items DROP CONSTRAINT poison`)
	e.do(e.list.round(e.ctx, known))
	// The three twice, and the one question that the parking problem held before.
	if e.reader.read != 3+3+1 {
		t.Errorf("%d texts were read", e.reader.read)
	}
	list := e.problems("open")
	if len(list) != 3 || list[1].ID != parking.ID || list[1].Items != 3 {
		t.Errorf("%+v", list)
	}
	if c := known.byID[parking.ID]; c == nil || c.n != 3 || len(known.clusters) != 3 {
		t.Errorf("%+v of %d", c, len(known.clusters))
	}
}

// Where nothing is asked, nothing is read and nothing is written.
func TestAnIdleRoundDoesNothing(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("id-card", "Лична карта"))
	e.reader.answers["лична"] = e.guide("id-card", "Лична карта")
	e.asks("a", "ловен билет издаване")
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, e.problems("open")[0].ID, "id-card", "как се вади ловен билет"))
	e.do(e.list.round(e.ctx, known))
	e.skip(time.Minute)
	e.asks("b", "лична карта срок") // answered by the guide of the fix, about something else
	e.do(e.list.round(e.ctx, known))
	state := func() (s string) {
		if err := e.pool.QueryRow(e.ctx, `SELECT (SELECT xmin FROM problem_cursor)::text || (SELECT string_agg(xmin::text, ' ' ORDER BY id) FROM problems)`).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := state()
	e.reader.read = 0
	e.do(e.list.round(e.ctx, known))
	if after := state(); e.reader.read != 0 || after != before {
		t.Errorf("%d texts were read, %q became %q", e.reader.read, before, after)
	}
	// What a fix changes is looked at again.
	e.asks("c", "паркинг зона стикер")
	e.do(e.list.round(e.ctx, known))
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, e.problems("open")[0].ID, "id-card", "стикер за паркинг"))
	e.exec(`UPDATE problems SET fixed_at = fixed_at - interval '1 hour'`)
	e.exec(`UPDATE answers SET question = 'лична паркинг зона стикер', context = '{}' WHERE question = 'лична карта срок'`)
	e.do(e.list.round(e.ctx, known))
	e.do(e.list.round(e.ctx, known))
	var again int
	if err := e.pool.QueryRow(e.ctx, `SELECT count(*) FROM problem_items WHERE source = 'again'`).Scan(&again); err != nil || again != 1 {
		t.Errorf("%d cases after the fixes, %v", again, err)
	}
}
