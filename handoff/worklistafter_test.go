package handoff

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func (e *editing) after(id int64) After {
	e.Helper()
	all, err := e.list.After(e.ctx, []int64{id})
	if err != nil {
		e.Fatal(err)
	}
	return all[id]
}

// What came after a fix is counted with each rating, without who is forgotten, and from the newest fix on.
func TestWhatCameAfterAFixIsKeptCounted(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	e.asks("a", "регистрация лодка мотор")
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	id := e.problems("open")[0].ID
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, id, "boat", "как се регистрира лодка"))
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	e.do(e.list.round(e.ctx, known))
	e.skip(time.Minute)
	var again []int64
	for _, who := range []string{"b", "c", "d"} {
		again = append(again, e.asks(who, "регистрация лодка мотор"))
	}
	e.do(e.list.round(e.ctx, known))
	if a := e.after(id); a != (After{Asked: 3, Answered: 3}) {
		t.Fatalf("%+v", a)
	}
	e.skip(2 * time.Minute)
	e.rates("b", again[0], "good", "")
	e.rates("c", again[1], "bad", "unclear")
	e.do(e.list.round(e.ctx, known))
	if a := e.after(id); a != (After{Asked: 3, Answered: 3, Good: 1, Bad: 1}) {
		t.Errorf("after two ratings: %+v", a)
	}
	c := e.contact("c")
	found, _, _ := e.conversations.Conversation(e.ctx, c)
	e.inTx(c, func(tx pgx.Tx) error {
		if err := e.list.Forget(e.ctx, tx, found.Contact); err != nil {
			return err
		}
		return e.reader.Forget(e.ctx, tx, []int64{c})
	})
	e.do(e.list.round(e.ctx, known))
	if a := e.after(id); a != (After{Asked: 2, Answered: 2, Good: 1}) {
		t.Errorf("after one is forgotten: %+v", a)
	}
	e.do(e.list.ReopenProblem(e.ctx, e.editor, id))
	e.do(e.list.round(e.ctx, known))
	if a := e.after(id); a != (After{}) {
		t.Errorf("open again: %+v", a)
	}
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, id, "boat", "лодка, как се вписва"))
	e.skip(time.Minute)
	e.asks("e", "регистрация лодка мотор")
	e.do(e.list.round(e.ctx, known))
	if a := e.after(id); a != (After{Asked: 1, Answered: 1}) {
		t.Errorf("after the second fix: %+v", a)
	}
}

// Who judges after a fix what was answered before it brings nothing back.
func TestOldAnswersBringNothingBack(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	var old []int64
	for i := range 3 {
		old = append(old, e.asks(fmt.Sprint("p", i), "регистрация лодка мотор"))
	}
	known := &meanings{}
	e.do(e.list.round(e.ctx, known))
	id := e.problems("open")[0].ID
	e.skip(time.Minute)
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, id, "boat", "как се регистрира лодка"))
	e.skip(time.Hour)
	for i, answer := range old {
		e.rates(fmt.Sprint("p", i), answer, "bad", "")
	}
	e.do(e.list.round(e.ctx, known))
	e.do(e.list.round(e.ctx, known))
	if p := e.problems("fixed"); len(p) != 1 || p[0].Sources["rating"] != 3 {
		t.Errorf("%+v, open %+v", p, e.problems("open"))
	}
	for i := range backAfter {
		e.asks(fmt.Sprint("p", i), "регистрация лодка мотор")
	}
	e.do(e.list.round(e.ctx, known))
	if p := e.problems("open"); len(p) != 1 || p[0].ID != id {
		t.Errorf("new answers do not bring it back: %+v", p)
	}
}
