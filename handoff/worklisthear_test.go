package handoff

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"orientir/retrieval"
)

// hears lets somebody ask, and want to hear back.
func (e *editing) hears(key, question string) (answer int64) {
	e.Helper()
	answer = e.asks(key, question)
	if kept, err := e.list.HearBack(e.ctx, e.pool, e.contact(key), answer); err != nil || !kept {
		e.Fatal(kept, err)
	}
	return answer
}

// Who is told of an answer is not in the middle of something: a ticket waits, a question waits, or something was just said.
func TestWhoHearsBackIsNotInterrupted(t *testing.T) {
	e := setupWorklist(t)
	e.librarian("maria@example.bg", "vratsa")
	e.publish(e.guide("boat", "Регистрация на лодка"))
	for _, who := range []string{"free", "waits", "asks", "talks", "kiosk"} {
		e.hears(who, "регистрация лодка мотор")
	}
	e.collect()
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, e.problems("open")[0].ID, "boat", "как се регистрира лодка"))
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	e.collect()
	if heard := e.heard(e.contact("free")); len(heard) != 0 {
		t.Errorf("told at once: %q", heard)
	}
	e.skip(tellQuiet + time.Minute)
	ticket := e.open(e.wish(e.contact("waits"))).ID
	e.exec(`UPDATE conversations SET updated_at = $2 WHERE id = $1`, e.contact("waits"), e.now().Add(-tellQuiet-time.Minute))
	e.exec(`UPDATE conversations SET due_at = $2 WHERE id = $1`, e.contact("asks"), e.now())
	e.says(e.contact("talks"), "има ли нещо ново")
	e.exec(`UPDATE conversations SET updated_at = $2 WHERE id = $1`, e.contact("talks"), e.now())
	e.exec(`UPDATE contacts SET terminal_at = $2 WHERE key = $1`, "kiosk", e.now())
	told := func() (list []string) {
		for _, who := range []string{"free", "waits", "asks", "talks", "kiosk"} {
			if len(e.heard(e.contact(who))) > 0 {
				list = append(list, who)
			}
		}
		return list
	}
	e.collect()
	if list := fmt.Sprint(told()); list != "[free]" {
		t.Errorf("told: %s", list)
	}
	e.do(e.desk.Cancel(e.ctx, e.pool, e.contact("waits")))
	e.exec(`UPDATE conversations SET due_at = NULL`)
	e.skip(tellQuiet + time.Minute)
	e.collect()
	if list := fmt.Sprint(told()); list != "[free waits asks talks]" {
		t.Errorf("told when it is quiet, ticket %d: %s", ticket, list)
	}
}

// Who can't be told now keeps nobody else from hearing.
func TestAFaultOfOneHearerHidesNobody(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	bad := e.hears("bad", "регистрация лодка мотор")
	e.skip(time.Minute)
	unanswered := e.hears("unanswered", "лодката")
	e.skip(time.Minute)
	e.hears("good", "регистрация лодка мотор")
	e.collect()
	e.exec(fmt.Sprintf(`ALTER TABLE answers ADD CONSTRAINT poison CHECK (conversation <> %d) NOT VALID`, e.contact("bad")))
	e.reader.answers["лодка "] = e.guide("boat", "Регистрация на лодка")
	e.skip(tryAgain + time.Minute)
	if err := e.list.Collect(e.ctx); err == nil {
		t.Error("nothing failed")
	}
	if heard := e.heard(e.contact("good")); len(heard) != 1 {
		t.Errorf("told: %q", heard)
	}
	var next []int64
	err := e.pool.QueryRow(e.ctx, `SELECT array_agg(answer ORDER BY answer) FROM problem_hearers WHERE tried > $1`, e.now().Add(-time.Minute)).Scan(&next)
	if err != nil || fmt.Sprint(next) != fmt.Sprint([]int64{bad, unanswered}) {
		t.Errorf("tried: %v, want %d and %d, %v", next, bad, unanswered, err)
	}
	e.do(e.list.Collect(e.ctx))
}

// What is learned of a fix may take longer than ten minutes; who was asked for meanwhile hears all the same that day.
func TestWhoHearsBackOfAFixIsTriedUntilItIsLearned(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	e.hears("a", "регистрация лодка мотор")
	e.collect()
	e.skip(tellQuiet + time.Minute)
	e.do(e.list.AddSample(e.ctx, e.editor, e.by, e.problems("open")[0].ID, "boat", "как се регистрира лодка"))
	for range 3 {
		e.collect()
		e.skip(tryFixAgain + time.Minute)
	}
	if heard := e.heard(e.contact("a")); len(heard) != 0 {
		t.Fatalf("told without an answer: %q", heard)
	}
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	e.collect()
	if heard := e.heard(e.contact("a")); len(heard) != 1 {
		t.Errorf("told: %q", heard)
	}
}

// A fault costs minutes and not a day; a model that is not ready yet costs nothing.
func TestWhoHearsBackIsTriedSoonAfterAFault(t *testing.T) {
	e := setupWorklist(t)
	e.publish(e.guide("boat", "Регистрация на лодка"))
	e.hears("a", "регистрация лодка мотор")
	e.hears("b", "регистрация лодка мотор")
	e.collect()
	e.reader.answers["лодка"] = e.guide("boat", "Регистрация на лодка")
	e.skip(tryAgain + time.Minute)
	e.reader.fault = retrieval.ErrNotReady
	e.collect()
	e.reader.fault = errors.New("down")
	if err := e.list.Collect(e.ctx); err == nil {
		t.Error("nothing failed")
	}
	told := func() int { return len(e.heard(e.contact("a"))) + len(e.heard(e.contact("b"))) }
	if n := told(); n != 1 {
		t.Errorf("%d told where one failed", n)
	}
	e.collect()
	e.skip(tryFixAgain + time.Minute)
	e.collect()
	if n := told(); n != 2 {
		t.Errorf("%d told", n)
	}
}

// The device remembers who waits to hear as long as the wish lasts.
func TestAWishToHearEndsWithTheDevicesMemory(t *testing.T) {
	e := setupWorklist(t)
	e.hears("a", "регистрация лодка мотор")
	at := e.now()
	e.skip(100 * 24 * time.Hour)
	for key, want := range map[string]time.Time{"a": at.Add(watchFor), "b": {}} {
		if until, err := e.list.AwaitsAnswer(e.ctx, e.contact(key)); err != nil || until.Sub(want).Abs() > time.Second {
			t.Errorf("%s waits until %s, %v, want %s", key, until, err, want)
		}
	}
}
