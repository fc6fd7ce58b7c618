package bot

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What arrives together is stored together: each transaction takes whatever came while the ones before were under way, one message of a
// person at most. Alone, a message is stored at once. A commit and its round trips then cost hundreds of people what they cost one.
const (
	atOnce       = 4               // transactions of many
	inOneStore   = 64              // messages of one transaction
	mostTogether = 1024            // arrivals that wait for one; more are stored alone
	lotPatience  = 4 * time.Second // of one transaction; each of its arrivals then still has time to be stored alone
	aloneAtOnce  = 8               // transactions of one, so that answers find a connection too
	crowded      = 16              // arrivals that wait, from which on answers wait a little too
	courtesy     = 8 * time.Millisecond
)

// together gathers arrivals for storing. Its zero value works; several goroutines use it.
type together struct {
	mu     sync.Mutex
	wait   []*fellow // in the order in which they came
	busy   int       // transactions under way
	polite bool      // the last answer let the others go first
	store  func(context.Context, []*fellow) error
}

// fellow is an arrival that waits to be stored with others.
type fellow struct {
	*arrival
	trace   string
	receipt Receipt
	stored  bool        // and receipt tells of it; else it has to be stored by itself
	gone    atomic.Bool // nobody waits for it any more: its sender brings it again
	done    chan struct{}
}

// keep stores an arrival together with others, and says whether it did: where something must be looked at first, it
// has to be stored alone. An error is the caller's own haste; what became of the arrival is then not known, as after a lost connection.
func (t *together) keep(ctx context.Context, a *arrival, trace string) (Receipt, bool, error) {
	f := &fellow{arrival: a, trace: trace, done: make(chan struct{})}
	t.mu.Lock()
	if len(t.wait) >= mostTogether {
		t.mu.Unlock()
		return Receipt{}, false, nil
	}
	t.wait = append(t.wait, f)
	if t.busy < atOnce {
		t.busy++
		go t.run()
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.receipt, f.stored, nil
	case <-ctx.Done():
		f.gone.Store(true)
		return Receipt{}, false, ctx.Err()
	}
}

// run stores until nothing waits.
func (t *together) run() {
	for {
		t.mu.Lock()
		lot := t.take()
		if len(lot) == 0 {
			t.busy--
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		if err := t.storeSafely(lot); err != nil {
			for _, f := range lot {
				f.stored = false // each alone: one of them may be what the database refuses, and then only that one hears so
			}
		}
		for _, f := range lot {
			close(f.done)
		}
	}
}

// goFirst lets those who wait to be stored go before an answer, for a twenty-fifth of a second at most: who is not stored in time is sent again,
// and Telegram takes no more than twenty-five answers a second anyway. Every second answer waits for nobody: the web takes more. One goroutine calls it.
func (t *together) goFirst(ctx context.Context) {
	if t.polite = !t.polite; !t.polite {
		return
	}
	for range 5 {
		t.mu.Lock()
		waiting := len(t.wait)
		t.mu.Unlock()
		if waiting < crowded {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(courtesy):
		}
	}
}

// storeSafely makes an error of a panic: one strange message must not take down what serves everybody.
func (t *together) storeSafely(lot []*fellow) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), lotPatience) // whoever asked first may have gone their own way by then
	defer cancel()
	return t.store(ctx, lot)
}

// take gives the first who wait, each person's first alone.
func (t *together) take() (lot []*fellow) {
	chosen := map[[2]string]bool{}
	rest := t.wait[:0:0]
	for i, f := range t.wait {
		who := [2]string{f.Channel, f.ContactKey}
		switch {
		case f.gone.Load():
		case len(lot) == inOneStore:
			rest = append(rest, t.wait[i:]...)
			t.wait = rest
			return lot
		case chosen[who]:
			rest = append(rest, f)
		default:
			chosen[who] = true
			lot = append(lot, f)
		}
	}
	t.wait = rest
	return lot
}

// sociable says that an arrival may be stored with others: nothing is to be read, hidden or told first but where the conversation stands.
func (a *arrival) sociable() bool {
	switch {
	case a.Library != "": // a library's terminal
	case a.Kind == Text:
		return len(a.hidden) == 0 && !strings.ContainsAny(a.text, "0123456789") // see maskAcross
	case a.Kind == Command, a.Kind == Button:
		return len(a.hidden) == 0
	}
	return false
}

// keepTogether stores the arrivals of many people in one transaction of two round trips: first the conversations are found and locked, then
// all messages are written. Somebody who blocked us before or is being forgotten, whose conversation somebody else has in hand, or who was
// asked for a contact, is left for keep; nobody here waits for such a lock, so that nobody holds up the others. Only somebody who is new waits
// for another transaction that is just storing the same person.
func (e *Engine) keepTogether(ctx context.Context, lot []*fellow) error {
	return e.conversations.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) (err error) {
		done := false
		defer func() {
			if !done {
				rollBack(ctx, conn)
			}
		}()
		var channels, keys, places, languages []string
		byKey := map[[2]string]*fellow{}
		for _, f := range lot {
			channels, keys, places = append(channels, f.Channel), append(keys, f.ContactKey), append(places, f.Place)
			languages = append(languages, LanguageOf(f.Language))
			byKey[[2]string{f.Channel, f.ContactKey}] = f
		}
		now := e.now()
		var rows messageRows
		open := &pgx.Batch{}
		open.Queue("BEGIN")
		open.Queue(onePlan)
		open.Queue(`SET LOCAL lock_timeout = '1s'`) // for somebody new whom another is just storing, and who may be gone
		open.Queue(`
			WITH fresh AS (
				INSERT INTO contacts (channel, key, place, language, created_at)
				SELECT channel, key, (SELECT ekatte FROM places WHERE ekatte = came.place), language, $5
				FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS came (channel, key, place, language)
				WHERE NOT EXISTS (SELECT FROM contacts k WHERE k.channel = came.channel AND k.key = came.key)
				ORDER BY channel, key -- whoever comes at the same time waits, and nobody for each other
				ON CONFLICT (channel, key) DO NOTHING
				RETURNING id)
			INSERT INTO conversations (contact, created_at, updated_at) SELECT id, $5, $5 FROM fresh ON CONFLICT (contact) DO NOTHING`,
			channels, keys, places, languages, now)
		open.Queue(`
			SELECT k.channel, k.key, c.contact, c.id, c.holder IS NOT NULL, COALESCE(c.state ->> 'await', '')
			FROM unnest($1::text[], $2::text[], $3::text[]) AS came (channel, key, place)
			JOIN contacts k ON k.channel = came.channel AND k.key = came.key
			JOIN conversations c ON c.contact = k.id
			WHERE k.blocked_at IS NULL AND k.forgotten_at IS NULL AND k.terminal_at IS NULL AND (k.place IS NOT NULL OR came.place = '' OR NOT EXISTS (SELECT FROM places WHERE ekatte = came.place))
			FOR SHARE OF k SKIP LOCKED FOR NO KEY UPDATE OF c SKIP LOCKED`, channels, keys, places).
			Query(func(found pgx.Rows) error {
				var channel, key, await string
				var r Receipt
				var held bool
				_, err := pgx.ForEachRow(found, []any{&channel, &key, &r.Contact, &r.Conversation, &held, &await}, func() error {
					f := byKey[[2]string{channel, key}]
					if f.Kind == Text && await != "" {
						return nil
					}
					a := *f.arrival
					a.shorten(held)
					f.receipt = r
					rows.add(a, r.Conversation, held, e.dueAt(a, held, now), f.trace)
					return nil
				})
				return err
			})
		if err := conn.SendBatch(ctx, open).Close(); err != nil {
			return fmt.Errorf("find %d conversations: %w", len(lot), err)
		}
		if len(rows.conversations) == 0 {
			return nil
		}
		kept := map[int64]Receipt{}
		store := &pgx.Batch{}
		rows.queue(store, now, func(r Receipt) { kept[r.Conversation] = r })
		store.Queue("COMMIT")
		if err := conn.SendBatch(ctx, store).Close(); err != nil {
			return fmt.Errorf("keep %d messages: %w", len(rows.conversations), err)
		}
		done = true
		for _, f := range lot {
			if r, ok := kept[f.receipt.Conversation]; ok {
				f.receipt.Message, f.receipt.Duplicate, f.stored = r.Message, r.Duplicate, true
			}
		}
		return nil
	})
}

// onePlan keeps a transaction's statements from being planned anew each time: by the length of the arrays a fresh plan always looks a little cheaper,
// and planning costs more than the rows.
const onePlan = "SET LOCAL plan_cache_mode = force_generic_plan"

// messageRows are people's messages for one statement, at most one of a conversation.
type messageRows struct {
	conversations                      []int64
	kinds, texts, datas, events, ownID []string
	lats, lons                         []*float64
	rises                              []int
	helds                              []bool
	dues                               []time.Time
	traces                             []string
}

func (m *messageRows) add(a arrival, conversation int64, held bool, due time.Time, trace string) {
	m.conversations = append(m.conversations, conversation)
	m.kinds, m.texts, m.datas = append(m.kinds, a.kind), append(m.texts, a.wordsToKeep()), append(m.datas, a.dataToKeep())
	m.events, m.ownID = append(m.events, a.EventID), append(m.ownID, a.ownID())
	m.lats, m.lons = append(m.lats, a.degrees(a.Lat, held)), append(m.lons, a.degrees(a.Lon, held))
	m.rises = append(m.rises, rise(a.Kind == Text || a.Kind == Command))
	m.helds, m.dues, m.traces = append(m.helds, held), append(m.dues, due), append(m.traces, trace)
}

// queue adds the statement that writes the rows and has their conversations answered, which the transaction has locked; each row's
// receipt is given to kept. An event that is there already changes nothing.
func (m *messageRows) queue(batch *pgx.Batch, now time.Time, kept func(Receipt)) {
	batch.Queue(`
		WITH came AS (
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::int[], $8::text[], $9::text[], $10::bool[],
				$11::timestamptz[], $12::text[]) AS came (conversation, kind, text, data, lat, lon, rise, event_id, own_id, held, due_at, trace)),
		kept AS (
			INSERT INTO messages (conversation, sender, kind, text, data, lat, lon, turn, event_id, external_id, held, created_at, trace)
			SELECT c.id, 'person', m.kind, m.text, m.data, m.lat, m.lon, c.turn + m.rise, m.event_id, NULLIF(m.own_id, ''), m.held, $13, NULLIF(m.trace, '')
			FROM came m JOIN conversations c ON c.id = m.conversation
			ON CONFLICT (conversation, event_id) DO NOTHING
			RETURNING id, conversation),
		raised AS (
			UPDATE conversations c SET turn = c.turn + m.rise, due_at = m.due_at, updated_at = $13
			FROM came m JOIN kept ON kept.conversation = m.conversation WHERE c.id = m.conversation)
		SELECT m.conversation, COALESCE(kept.id, (SELECT id FROM messages old WHERE old.conversation = m.conversation AND old.event_id = m.event_id)), kept.id IS NULL
		FROM came m LEFT JOIN kept ON kept.conversation = m.conversation`,
		m.conversations, m.kinds, m.texts, m.datas, m.lats, m.lons, m.rises, m.events, m.ownID, m.helds, m.dues, m.traces, now).
		Query(func(rows pgx.Rows) error {
			var r Receipt
			_, err := pgx.ForEachRow(rows, []any{&r.Conversation, &r.Message, &r.Duplicate}, func() error {
				kept(r)
				return nil
			})
			return err
		})
}
