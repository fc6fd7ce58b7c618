package group

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

const chat = -1001234567890

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// unhurried lets every call through: the group's own pace is what these tests look at.
type unhurried struct{}

func (unhurried) Allow(context.Context, string, int, time.Duration) (bool, time.Duration) {
	return true, 0
}

func (unhurried) Hold(context.Context, string, int, time.Duration, time.Duration) {}

// nobody takes what people write in private.
type nobody struct{}

func (nobody) Receive(context.Context, bot.Incoming) (bot.Receipt, error) { return bot.Receipt{}, nil }

// bundle is a desk in a forum group of the library of Vratsa, on a real PostgreSQL and a double of Telegram, on one clock.
// Maria serves Vratsa; Ivan serves Mezdra; a stranger is on no staff.
type bundle struct {
	*testing.T
	ctx           context.Context
	pool          *pgxpool.Pool
	clock         *clock
	double        *telegramtest.Server
	conversations *bot.Conversations
	staff         *staff.Store
	tickets       *handoff.Desk
	inbox         *Inbox
	desk          *Desk
	group         *telegramtest.Group

	admin, maria, petya, ivan                staff.Account
	mariaT, petyaT, ivanT, stranger, adminsT *telegramtest.Person
}

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{T: t, ctx: t.Context(), pool: postgrestest.New(t), clock: &clock{at: time.Now().Truncate(time.Second)}}
	redis := redistest.New(t)
	b.exec(`
		INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, origin) VALUES
			('12259', 'гр.', 'Враца', 'Vratsa', 'Враца', 'Враца', 43.20, 23.55, 'starter'),
			('47714', 'гр.', 'Мездра', 'Mezdra', 'Мездра', 'Враца', 43.14, 23.71, 'starter')`)
	b.exec(`
		INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, hours, offers, source, origin, changed_by) VALUES
			('vratsa', 'regional', 'Библиотека Враца', 'враца', '12259', '', '', '', '', NULL, '{}', 'test', 'starter', 'test'),
			('mezdra', 'municipal', 'Библиотека Мездра', 'мездра', '47714', '', '', '', '', NULL, '{}', 'test', 'starter', 'test')`)
	b.conversations = bot.NewConversations(b.pool, redis, bot.Options{Now: b.clock.now})
	b.staff = staff.NewLightStore(b.pool, staff.Options{})
	b.tickets = handoff.NewDesk(b.pool, knowledge.NewStore(b.pool), b.conversations, b.staff, redis, handoff.Options{Now: b.clock.now})
	b.double = telegramtest.New(t, telegramtest.Options{Now: b.clock.now})
	b.inbox = NewInbox(b.pool, b.conversations, redis, Options{Now: b.clock.now})
	channel, err := telegram.New(b.pool, unhurried{}, telegram.Options{Token: b.double.Token, APIURL: b.double.URL, Groups: b.inbox, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	b.desk = New(b.inbox, b.tickets, b.staff, channel, Options{Now: b.clock.now, Log: quiet()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- channel.Run(ctx, nobody{}) }()
	t.Cleanup(func() { cancel(); <-done })

	b.admin = b.account("a@example.bg", []staff.Role{staff.Admin, staff.Supervisor})
	b.maria = b.account("maria@example.bg", []staff.Role{staff.Librarian}, "vratsa")
	b.petya = b.account("petya@example.bg", []staff.Role{staff.Librarian}, "vratsa")
	b.ivan = b.account("ivan@example.bg", []staff.Role{staff.Librarian}, "mezdra")
	b.mariaT, b.petyaT, b.ivanT = b.linked(70, b.maria), b.linked(71, b.petya), b.linked(72, b.ivan)
	b.stranger = b.double.Person(99, "Някой", "bg")
	b.group = b.double.Group(chat, "Екип Враца")
	return b
}

// connected is setup with the group connected to Vratsa.
func connected(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	code, err := b.desk.Code(b.ctx, b.admin.ID, "vratsa")
	if err != nil {
		t.Fatal(err)
	}
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	if got := b.group.Sent(0); len(got) != 1 || !strings.Contains(got[0].Text, "Библиотека Враца") {
		t.Fatalf("connecting was answered by %+v", got)
	}
	return b
}

func (b *bundle) exec(sql string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.ctx, sql, args...); err != nil {
		b.Fatal(err)
	}
}

// open opens both libraries for good, whenever the test runs; shut closes them.
func (b *bundle) open() {
	b.Helper()
	b.exec(`UPDATE help_points SET hours = '{"week": [[[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]]], "holidays": true}'`)
}

func (b *bundle) shut() {
	b.Helper()
	b.exec(`UPDATE help_points SET hours = '{"week": [[], [], [], [], [], [], []]}'`)
}

func (b *bundle) count(sql string, args ...any) (n int) {
	b.Helper()
	if err := b.pool.QueryRow(b.ctx, sql, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *bundle) account(email string, roles []staff.Role, libraries ...string) staff.Account {
	b.Helper()
	a, err := b.staff.Add(b.ctx, staff.Profile{Email: email, Roles: roles, Libraries: libraries}, "шест зелени круши")
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b *bundle) linked(user int64, a staff.Account) *telegramtest.Person {
	b.Helper()
	code, err := b.staff.TelegramCode(b.ctx, a.ID)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := b.staff.LinkTelegram(b.ctx, user, string(code)); err != nil {
		b.Fatal(err)
	}
	return b.double.Person(user, a.Name, "bg")
}

// person makes a conversation with a question and an answer, and opens its ticket.
func (b *bundle) person(key, question string) (conversation, ticket int64) {
	b.Helper()
	err := b.pool.QueryRow(b.ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, place, pseudonym, created_at) VALUES ('web', $1, '12259', 4821, $2) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, $2, $2 FROM k RETURNING id`, key, b.clock.now()).Scan(&conversation)
	if err != nil {
		b.Fatal(err)
	}
	b.says(conversation, question)
	b.exec(`
		INSERT INTO messages (conversation, sender, kind, text, body, turn, pulled, created_at)
		VALUES ($1, 'bot', 'reply', 'Адресна регистрация …', '{"guide": {"slug": "address", "text": {"Title": "Адресна регистрация", "Summary": "Подава се в общината."}}, "language": "bg"}', 1, true, $2)`,
		conversation, b.clock.now())
	err = pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		t, err := b.tickets.Open(b.ctx, tx, bot.Wish{Conversation: conversation, Place: "12259", Reason: "asked", Language: "bg", Summary: question})
		ticket = t.ID
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return conversation, ticket
}

func (b *bundle) says(conversation int64, text string) {
	b.Helper()
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', $2, 1, $3)`, conversation, text, b.clock.now())
}

// heard lists what the person got from librarians.
func (b *bundle) heard(conversation int64) []string {
	b.Helper()
	rows, err := b.pool.Query(b.ctx, `SELECT body ->> 'text' FROM messages WHERE conversation = $1 AND sender = 'librarian' ORDER BY id`, conversation)
	if err != nil {
		b.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// arrive waits until the double has given away all updates.
func (b *bundle) arrive() {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); b.double.Pending() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("updates are not taken")
		}
	}
}

// settle moves the clock on, second by second, until there is nothing left to do.
func (b *bundle) settle() {
	b.Helper()
	b.arrive()
	for range 500 {
		b.turn()
		if b.count(`SELECT (SELECT count(*) FROM group_updates WHERE done_at IS NULL)
			+ (SELECT count(*) FROM group_topics p JOIN telegram_groups g USING (chat) WHERE g.fault = '' AND `+work+`)`) == 0 {
			b.turn() // what the last turn has set off
			if b.count(`SELECT count(*) FROM group_topics p JOIN telegram_groups g USING (chat) WHERE g.fault = '' AND `+work) == 0 {
				return
			}
		}
	}
	b.Fatal("it never settles")
}

// turn lets everybody work once and a second pass.
func (b *bundle) turn() {
	b.Helper()
	for _, step := range []func(context.Context) error{b.desk.workAll, b.desk.plan, b.desk.sendAll} {
		if err := step(b.ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.clock.add(time.Second)
}

// topic gives the only topic there is.
func (b *bundle) topic() telegramtest.Topic {
	b.Helper()
	all := b.group.Topics()
	if len(all) != 1 {
		b.Fatalf("topics: %+v", all)
	}
	return all[0]
}

// texts are what the bot said in a topic after its first message.
func (b *bundle) texts(thread int) string {
	var all []string
	for i, m := range b.group.Sent(thread) {
		if i > 0 {
			all = append(all, m.Text)
		}
	}
	return strings.Join(all, "\n|\n")
}

func (b *bundle) press(p *telegramtest.Person, thread int, data string) string {
	b.Helper()
	query := p.PressIn(b.group, b.group.Sent(thread)[0], data)
	b.settle()
	return b.double.WaitAnswer(b.T, query)
}

func labels(m telegramtest.Sent) string {
	var all []string
	for _, b := range m.Buttons {
		all = append(all, b.Text)
	}
	return strings.Join(all, "|")
}
