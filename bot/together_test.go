package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"orientir/deploy/postgres"
)

// arrives makes arrivals ready to be stored in one transaction.
func (h *house) arrives(events ...Incoming) []*fellow {
	h.t.Helper()
	var lot []*fellow
	for _, in := range events {
		in.Channel = "telegram"
		a, err := h.prepare(h.ctx, in)
		if err != nil {
			h.t.Fatal(err)
		}
		lot = append(lot, &fellow{arrival: &a, done: make(chan struct{})})
	}
	return lot
}

func TestMessagesOfManyAreStoredTogether(t *testing.T) {
	t.Parallel()
	h := setup(t)
	known := h.gets(Incoming{Kind: Text, Text: "здравейте", EventID: "1", ContactKey: "1"})
	h.gets(Incoming{Kind: Command, Command: "start", ContactKey: "2"})
	h.exec(`UPDATE contacts SET blocked_at = now() WHERE key = '2'`)
	h.exec(`INSERT INTO contacts (channel, key, created_at, forgotten_at) VALUES ('telegram', '3', now(), now())`)
	h.exec(`INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM contacts WHERE key = '3'`)
	h.gets(Incoming{Kind: Command, Command: "start", ContactKey: "4"})
	h.exec(`UPDATE conversations SET state = '{"await": "contact"}' FROM contacts k WHERE k.id = contact AND k.key = '4'`)
	held := h.gets(Incoming{Kind: Text, Text: "искам човек", ContactKey: "5"})
	if err := h.conversations.Claim(h.ctx, h.pool, held.Conversation, "17"); err != nil {
		t.Fatal(err)
	}

	long := strings.Repeat("много думи ", 1000)
	lot := h.arrives(
		Incoming{Kind: Text, Text: "здравейте", EventID: "1", ContactKey: "1"}, // once more
		Incoming{Kind: Text, Text: "пак съм тук", EventID: "2", ContactKey: "2"},
		Incoming{Kind: Text, Text: "и аз", EventID: "3", ContactKey: "3"},
		Incoming{Kind: Text, Text: "няма да кажа", EventID: "4", ContactKey: "4"},
		Incoming{Kind: Text, Text: long, EventID: "5", ContactKey: "5", MessageID: "m5"},
		Incoming{Kind: Text, Text: long, EventID: "6", ContactKey: "6", Place: "12259", Language: "en-GB"},
		Incoming{Kind: Button, Data: "help", EventID: "7", ContactKey: "7", MessageID: "ours"},
	)
	if err := h.keepTogether(h.ctx, lot); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false, false, true, true, true} {
		if lot[i].stored != want {
			t.Errorf("arrival %d stored: %t", i, lot[i].stored)
		}
	}
	if r := lot[0].receipt; !r.Duplicate || r.Message != known.Message || r.Conversation != known.Conversation || r.Contact != known.Contact {
		t.Errorf("the same event again: %+v, the first was %+v", r, known)
	}
	for key, want := range map[string]string{
		"1": "text здравейте  1 false ", "5": "text " + cut(long, longestHeld) + "  2 true m5", "6": "too-long " + cut(long, longest) + "  1 false ", "7": "button  help 0 false ",
	} {
		var got string
		if err := h.pool.QueryRow(h.ctx, `
			SELECT concat_ws(' ', m.kind, m.text, m.data, m.turn, CASE WHEN m.held THEN 'true' ELSE 'false' END, COALESCE(m.external_id, ''))
			FROM messages m JOIN conversations c ON c.id = m.conversation JOIN contacts k ON k.id = c.contact
			WHERE k.key = $1 AND m.sender = 'person' ORDER BY m.id DESC LIMIT 1`, key).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("of %s is stored %.60q, not %.60q", key, got, want)
		}
	}
	var place, language string
	var waits bool
	if err := h.pool.QueryRow(h.ctx, `
		SELECT COALESCE(k.place, ''), k.language, c.due_at IS NOT NULL FROM contacts k JOIN conversations c ON c.contact = k.id WHERE k.key = '6'`).Scan(&place, &language, &waits); err != nil {
		t.Fatal(err)
	}
	if place != "12259" || language != "en" || !waits {
		t.Errorf("who is new came from %q, speaks %q, waits for an answer: %t", place, language, waits)
	}
}

func TestALockedConversationHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	h := setup(t)
	mine := h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: "1"})
	h.gets(Incoming{Kind: Text, Text: "здравейте", ContactKey: "2"})
	tx, err := h.pool.Begin(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(h.ctx))
	if _, err := tx.Exec(h.ctx, `SELECT FROM conversations WHERE id = $1 FOR UPDATE`, mine.Conversation); err != nil {
		t.Fatal(err)
	}
	lot := h.arrives(Incoming{Kind: Text, Text: "още", EventID: "a", ContactKey: "1"}, Incoming{Kind: Text, Text: "още", EventID: "b", ContactKey: "2"})
	if err := h.keepTogether(h.ctx, lot); err != nil {
		t.Fatal(err)
	}
	if lot[0].stored || !lot[1].stored {
		t.Errorf("stored: the locked one %t, the other %t", lot[0].stored, lot[1].stored)
	}
}

// Whoever has a person's row may be gone: the person hears soon that it is our trouble, and leaves their place among those that are stored alone.
func TestALockedConversationIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	h := setup(t)
	mine := h.says("здравейте")
	tx, err := h.pool.Begin(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(h.ctx))
	if _, err := tx.Exec(h.ctx, `SELECT FROM conversations WHERE id = $1 FOR UPDATE`, mine.Conversation); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = h.Receive(h.ctx, Incoming{Channel: "telegram", ContactKey: "7", EventID: "next", Kind: Text, Text: "още"})
	if took := time.Since(began); !postgres.Away(err) || took > storePatience*2/3 {
		t.Errorf("after %v: %v", took, err)
	}
}

// What the database refuses of one person must be that person's trouble alone.
func TestOneThatIsRefusedSpoilsNobodysMessage(t *testing.T) {
	t.Parallel()
	h := setup(t)
	gate := make(chan struct{})
	var atGate atomic.Int64
	store := h.together.store
	h.together.store = func(ctx context.Context, lot []*fellow) error { // all of them come while the first is on its way
		atGate.Add(int64(len(lot)))
		<-gate
		return store(ctx, lot)
	}
	var all sync.WaitGroup
	const people = 40
	faults := make([]error, people)
	receipts := make([]Receipt, people)
	for i := range people {
		all.Go(func() {
			in := Incoming{Channel: "telegram", Kind: Text, Text: "трябва ми нещо", EventID: "e", ContactKey: strconv.Itoa(i)}
			if i == 17 {
				in.ContactKey = "\xff" // no text to PostgreSQL
			}
			receipts[i], faults[i] = h.Receive(h.ctx, in)
		})
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if time.Now().After(deadline) {
			t.Fatal("not all of them come to be stored")
		}
		h.together.mu.Lock()
		come := len(h.together.wait) + int(atGate.Load())
		h.together.mu.Unlock()
		if come >= people {
			break
		}
		time.Sleep(time.Millisecond)
	}
	close(gate)
	all.Wait()
	seen := map[int64]bool{}
	for i, err := range faults {
		if (err != nil) != (i == 17) {
			t.Errorf("arrival %d: %v", i, err)
		}
		if err == nil && (receipts[i].Message == 0 || seen[receipts[i].Message]) {
			t.Errorf("arrival %d has the receipt %+v", i, receipts[i])
		}
		seen[receipts[i].Message] = true
	}
}

// A database that hangs must neither keep the senders beyond their patience, nor have what they gave up stored before what came since.
func TestWhoGaveUpIsNotStoredLater(t *testing.T) {
	t.Parallel()
	h := setup(t)
	gate, atGate := make(chan struct{}), make(chan struct{}, 2*atOnce)
	store := h.together.store
	var lots atomic.Int64
	h.together.store = func(ctx context.Context, lot []*fellow) error {
		if lots.Add(1) <= atOnce {
			atGate <- struct{}{}
			<-gate
		}
		return store(ctx, lot)
	}
	says := func(ctx context.Context, key string) error {
		_, err := h.Receive(ctx, Incoming{Channel: "telegram", Kind: Text, Text: "трябва ми нещо", EventID: "e", ContactKey: key})
		return err
	}
	var all sync.WaitGroup
	for i := range atOnce {
		all.Go(func() {
			if err := says(h.ctx, strconv.Itoa(i)); err != nil {
				t.Error(err)
			}
		})
		<-atGate
	}
	hasty, cancel := context.WithTimeout(h.ctx, 50*time.Millisecond)
	defer cancel()
	if err := says(hasty, "hasty"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who didn't wait heard %v", err)
	}
	close(gate)
	all.Wait()
	if err := says(h.ctx, "later"); err != nil {
		t.Fatal(err)
	}
	var stored bool
	if err := h.pool.QueryRow(h.ctx, `SELECT EXISTS (SELECT FROM contacts WHERE key = 'hasty')`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if stored {
		t.Error("what was given up is stored")
	}
}

// A panic in storing is one message's trouble.
func TestAPanicWhileStoringIsSurvived(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.together.store = func(context.Context, []*fellow) error { panic("strange") }
	if r := h.says("трябва ми нещо"); r.Message == 0 {
		t.Errorf("not stored alone: %+v", r)
	}
}

func TestAnswersLetAFullLineGoFirstButNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var line together
		began := time.Now()
		line.goFirst(t.Context())
		if waited := time.Since(began); waited != 0 {
			t.Errorf("with nobody in the line an answer waited for %v", waited)
		}
		line.wait = make([]*fellow, crowded)
		for range 50 {
			line.goFirst(t.Context())
		}
		if waited := time.Since(began); waited < time.Second/2 || waited > time.Second {
			t.Errorf("before a line that doesn't end fifty answers waited for %v", waited)
		}
	})
}

func TestAPersonsMessagesStayInOrderInACrowd(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var all sync.WaitGroup
	const people, each = 12, 8
	for p := range people {
		all.Go(func() {
			for i := range each {
				in := Incoming{Channel: "telegram", Kind: Text, Text: strings.Repeat("дума ", i+1), EventID: fmt.Sprint(i), ContactKey: strconv.Itoa(p)}
				for range 2 { // and each twice
					if _, err := h.Receive(h.ctx, in); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	var wrong, rows int
	if err := h.pool.QueryRow(h.ctx, `
		SELECT count(*) FILTER (WHERE length(text) <> 5 * nth OR turn <> nth), count(*)
		FROM (SELECT text, turn, row_number() OVER (PARTITION BY conversation ORDER BY id) AS nth FROM messages WHERE sender = 'person') m`).Scan(&wrong, &rows); err != nil {
		t.Fatal(err)
	}
	if wrong != 0 || rows != people*each {
		t.Errorf("%d messages, %d of them out of order", rows, wrong)
	}
}
