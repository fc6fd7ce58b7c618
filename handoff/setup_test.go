package handoff

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis"
	"orientir/deploy/redis/redistest"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// bundle is a desk on a fresh database with two libraries: Vratsa, open Mondays 9 to 17, and Mezdra next to it.
type bundle struct {
	*testing.T
	ctx           context.Context
	pool          *pgxpool.Pool
	redis         *redis.Client
	conversations *bot.Conversations
	staff         *staff.Store
	desk          *Desk
	now           func() time.Time // of the desk and of the conversations: it runs from sunday on
	skipped       atomic.Int64     // nanoseconds that it was set ahead
}

// skip lets time pass.
func (b *bundle) skip(d time.Duration) { b.skipped.Add(int64(d)) }

// helped is how a librarian ends most tickets.
var helped = Closing{Outcome: Answered, Effort: 2, Guide: Fine}

// sunday is a moment at which no library is open.
var sunday = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{T: t, ctx: t.Context(), pool: postgrestest.New(t), redis: redistest.New(t)}
	b.exec(`
		INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, origin) VALUES
			('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 43.20, 23.55, 'starter'),
			('47714', 'гр.', 'Мездра', 'Mezdra', 'Мездра', 'Враца', 43.14, 23.71, 'starter')`)
	b.exec(`
		INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, hours, offers, source, origin, changed_by) VALUES
			('vratsa', 'regional', 'Библиотека Враца', 'враца', '12259', '', '', '', '',
			 '{"week": [[[540, 1020]], [], [], [], [], [], []]}', '{}', 'test', 'starter', 'test'),
			('mezdra', 'municipal', 'Библиотека Мездра', 'мездра', '47714', '', '', '', '', NULL, '{}', 'test', 'starter', 'test')`)
	store := knowledge.NewStore(b.pool)
	started := time.Now()
	b.now = func() time.Time { return sunday.Add(time.Since(started) + time.Duration(b.skipped.Load())) }
	b.conversations = bot.NewConversations(b.pool, b.redis, bot.Options{Now: b.now})
	b.staff = staff.NewLightStore(b.pool, staff.Options{})
	b.desk = NewDesk(b.pool, store, b.conversations, b.staff, b.redis, Options{Now: b.now})
	return b
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) librarian(email string, libraries ...string) staff.Account {
	b.Helper()
	return b.account(staff.Profile{Email: email, Roles: []staff.Role{staff.Librarian}, Libraries: libraries})
}

func (b *bundle) account(p staff.Profile) staff.Account {
	b.Helper()
	a, err := b.staff.Add(b.ctx, p, "шест зелени круши")
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// person makes a conversation in which a question was asked.
func (b *bundle) person(key string) int64 {
	b.Helper()
	var id int64
	err := b.pool.QueryRow(b.ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, created_at) VALUES ('web', $1, $2) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, $2, $2 FROM k RETURNING id`, key, b.now()).Scan(&id)
	if err != nil {
		b.Fatal(err)
	}
	b.says(id, "трябва ми съдебно")
	return id
}

func (b *bundle) says(conversation int64, text string) {
	b.Helper()
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', $2, 1, $3)`, conversation, text, b.now())
}

func (b *bundle) wish(conversation int64) bot.Wish {
	return bot.Wish{Conversation: conversation, Place: "12259", Reason: "asked", Language: "bg", Summary: "трябва ми съдебно"}
}

func (b *bundle) open(w bot.Wish) bot.Ticket {
	b.Helper()
	var t bot.Ticket
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
		t, err = b.desk.Open(b.ctx, tx, w)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func (b *bundle) holder(conversation int64) string {
	b.Helper()
	c, ok, err := b.conversations.Conversation(b.ctx, conversation)
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	return c.Holder
}

// heard gives the system's notices and the librarian's words, as the person reads them.
func (b *bundle) heard(conversation int64) []string {
	b.Helper()
	messages, err := b.conversations.Messages(b.ctx, conversation, 0, 100)
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	for _, m := range messages {
		if m.From != bot.Person {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (b *bundle) state(ticket int64) (state, outcome, summary, helpPoint string) {
	b.Helper()
	err := b.pool.QueryRow(b.ctx, `
		SELECT state, coalesce(outcome, ''), summary, coalesce(help_point, '') FROM tickets WHERE id = $1`, ticket).Scan(&state, &outcome, &summary, &helpPoint)
	if err != nil {
		b.Fatal(err)
	}
	return
}
