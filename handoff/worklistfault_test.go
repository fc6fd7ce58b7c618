package handoff

import (
	"fmt"
	"maps"
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
	// The three once and the one that failed again, and what the parking problem held: before the fault, and with what came in after it.
	if e.reader.read != 3+1+1+2 {
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

// One row that can't be stored keeps no other out, whatever it is.
func TestOneRowThatCantBeStoredStopsNothing(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("id-card", "Лична карта"))
	e.reader.answers["лична"] = e.guide("id-card", "Лична карта")
	poison := e.asks("a", "паркинг зона стикер")
	e.asks("b", "паркинг зона стикер")
	e.asks("c", "лодка мотор регистрация")
	card := e.asks("d", "лична карта")
	e.rates("d", card, "bad", "outdated")
	other := e.asks("e", "лична карта")
	e.rates("e", other, "bad", "outdated")
	e.exec(fmt.Sprintf(`ALTER TABLE problem_items ADD CONSTRAINT poison CHECK (answer NOT IN (%d, %d))`, poison, card))
	known := &meanings{}
	for range 2 {
		if err := e.list.round(e.ctx, known); err == nil {
			t.Error("the fault is told to nobody")
		}
	}
	names := map[string]int{}
	for _, p := range e.problems("open") {
		names[p.Name()] = p.Items
	}
	if want := (map[string]int{"паркинг зона стикер": 1, "лодка мотор регистрация": 1, "лична карта": 1}); !maps.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	e.exec(`ALTER TABLE problem_items DROP CONSTRAINT poison`)
	e.do(e.list.round(e.ctx, known))
	for _, p := range e.problems("open") {
		if want := map[bool]int{true: 1, false: 2}[p.Name() == "лодка мотор регистрация"]; p.Items != want {
			t.Errorf("%d cases of %s, want %d", p.Items, p.Name(), want)
		}
	}
}

// Where it is not a row that is at fault, nothing is passed over.
func TestAFaultOfTheDatabasePassesNothingOver(t *testing.T) {
	e := setupWorklist(t)
	e.asks("a", "паркинг зона стикер")
	e.exec(`CREATE FUNCTION down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'down' USING ERRCODE = '40P01'; END $$`)
	e.exec(`CREATE TRIGGER down BEFORE INSERT ON problem_items FOR EACH ROW EXECUTE FUNCTION down()`)
	known := &meanings{}
	if err := e.list.round(e.ctx, known); err == nil {
		t.Error("nothing failed")
	}
	var cursor int64
	if err := e.pool.QueryRow(e.ctx, `SELECT answer FROM problem_cursor`).Scan(&cursor); err != nil || cursor != 0 {
		t.Errorf("the cursor is at %d, %v", cursor, err)
	}
	e.exec(`DROP TRIGGER down ON problem_items`)
	e.do(e.list.round(e.ctx, known))
	if p := e.problems("open"); len(p) != 1 || p[0].Items != 1 {
		t.Errorf("%+v", p)
	}
}
