package handoff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// doom ends queries at random, as a crash does: the transaction around them is rolled back.
type doom struct {
	on   atomic.Bool
	hits atomic.Int64
	dead context.Context
}

// oneIn is how many queries there are to one that is ended.
const oneIn = 400

func (d *doom) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if d.on.Load() && rand.IntN(oneIn) == 0 {
		d.hits.Add(1)
		return d.dead
	}
	return ctx
}

func (*doom) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// oracle answers «човек» with the wish for one, and knows nothing else.
type oracle struct{ last atomic.Int64 }

func (*oracle) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	a := retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Detected: "bg"}
	if q.Text == wantsHuman {
		a.Outcome, a.Intent = retrieval.OutOfScope, retrieval.WantsHuman
	}
	return a, nil
}

func (o *oracle) Record(context.Context, postgres.DB, retrieval.Question, retrieval.Answer, int64) (int64, error) {
	return o.last.Add(1), nil
}

const wantsHuman = "искам човек"

// chaos is people and librarians who do anything at any time on one database, while programs die and time leaps.
type chaos struct {
	*bundle
	doom     *doom
	desk     *Desk
	engine   func() *bot.Engine
	receiver *bot.Engine // takes in what people send; it never runs
	accounts []staff.Account
	people   int

	mu      sync.Mutex
	sent    map[string]string // event id → key of who sent what was acknowledged
	replies map[string]int64  // what librarians were told they had said, and with which ticket
	made    map[string]int    // acts that succeeded, by name
	broken  []string
}

func newChaos(t *testing.T) *chaos {
	b := setup(t)
	c := &chaos{bundle: b, people: 8, sent: map[string]string{}, replies: map[string]int64{}, made: map[string]int{}}
	dead, kill := context.WithCancel(context.Background())
	kill()
	c.doom = &doom{dead: dead}
	config := b.pool.Config()
	config.ConnConfig.Tracer, config.MaxConns = c.doom, 12
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	b.do(err)
	t.Cleanup(pool.Close)
	vault, err := NewVault(bytes.Repeat([]byte{7}, 32))
	b.do(err)
	for _, email := range []string{"maria@example.bg", "ivan@example.bg"} {
		c.accounts = append(c.accounts, b.librarian(email, "vratsa"))
	}
	c.accounts = append(c.accounts, b.librarian("eva@example.bg", "mezdra"), b.librarian("petar@example.bg"),
		b.account(staff.Profile{Email: "boss@example.bg", Roles: []staff.Role{staff.Librarian, staff.Supervisor}}))
	store, conversations := knowledge.NewStore(pool), bot.NewConversations(pool, b.redis, bot.Options{Now: b.now})
	c.desk = NewDesk(pool, store, conversations, staff.NewStore(pool, staff.Options{}), b.redis, Options{Now: b.now, Vault: vault})
	mind := &oracle{}
	c.engine = func() *bot.Engine {
		return bot.NewEngine(conversations, mind, store, c.desk, nil, bot.EngineOptions{
			Limits: bot.Limits{Off: true}, Callbacks: c.desk, Aftercare: c.desk, Workers: 3, Sweep: 50 * time.Millisecond,
			Forget: []func(context.Context, postgres.DB, int64) error{c.desk.Forget},
		})
	}
	c.receiver = c.engine()
	return c
}

// breaks notes a broken rule.
func (c *chaos) breaks(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.broken) < 20 {
		c.broken = append(c.broken, fmt.Sprintf(format, args...))
	}
}

func (c *chaos) succeeded(act string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[act]++
}

// allowed says whether a step may fail so: somebody was quicker, the person or the account may not, or the program died.
func allowed(err error) bool {
	var fault *staff.Fault
	var taken *Taken
	for _, known := range []error{ErrNotFound, ErrNotYours, ErrAsked, ErrNotAsked, ErrTwo, ErrHolderHere, ErrNoContact, ErrBlocked, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &fault) || errors.As(err, &taken) || pgconn.SafeToRetry(err)
}

// run makes the steps, with several at once, and kills and starts the worker meanwhile.
func (c *chaos) run(most int) {
	c.doom.on.Store(true)
	ctx, stop := context.WithCancel(c.ctx)
	var worker sync.WaitGroup
	worker.Go(func() { c.keepDying(ctx) })
	var left atomic.Int64
	left.Store(int64(most))
	var all sync.WaitGroup
	for n := range 6 {
		random := rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))
		all.Go(func() {
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				switch x := random.IntN(100); {
				case x < 45:
					c.personActs(random)
				case x < 90:
					c.librarianActs(random)
				case x < 94:
					c.timePasses(random)
				case x < 99:
					if err := c.desk.Sweep(c.ctx); err != nil && !allowed(err) {
						c.breaks("a sweep: %v", err)
					}
				default:
					c.checkHolders()
				}
			}
		})
	}
	all.Wait()
	stop()
	worker.Wait()
	c.doom.on.Store(false)
}

// keepDying runs the bot's workers, each for a moment only.
func (c *chaos) keepDying(ctx context.Context) {
	for ctx.Err() == nil {
		life, end := context.WithTimeout(ctx, time.Duration(300+rand.IntN(2700))*time.Millisecond)
		if err := c.engine().Run(life); err != nil && !allowed(err) {
			c.breaks("the worker: %v", err)
		}
		end()
	}
}

func (c *chaos) timePasses(random *rand.Rand) {
	switch x := random.IntN(40); {
	case x < 25:
		c.skip(time.Duration(1+random.IntN(50)) * time.Second)
	case x < 36:
		c.skip(time.Duration(1+random.IntN(6)) * time.Minute)
	case x < 39:
		c.skip(time.Duration(1+random.IntN(3)) * time.Hour)
	default:
		c.skip(time.Duration(1+random.IntN(4)) * 24 * time.Hour)
	}
}

// personActs lets one of the people do something.
func (c *chaos) personActs(random *rand.Rand) {
	key := fmt.Sprintf("person-%d", random.IntN(c.people))
	in := bot.Incoming{Channel: "web", ContactKey: key, EventID: strconv.FormatUint(random.Uint64(), 36), At: c.now()}
	button := func(data string) { in.Kind, in.Data = bot.Button, data }
	switch x := random.IntN(100); {
	case x < 25:
		in.Kind, in.Text = bot.Text, "въпрос "+in.EventID
	case x < 35:
		in.Kind, in.Text = bot.Text, wantsHuman
	case x < 60:
		button("human:yes")
	case x < 62:
		button("human:call")
	case x < 66:
		in.Kind, in.Text = bot.Text, madeUpPhone
	case x < 69:
		button("cancel")
	case x < 72:
		button("wait:leave")
	case x < 74:
		button("contact:drop")
	case x < 82:
		button("again:" + c.oldTicket(key))
	case x < 92:
		button([]string{"desk:good:", "desk:bad:"}[random.IntN(2)] + c.oldTicket(key))
	case x < 97:
		in.Kind, in.Command = bot.Command, "status"
	case forgets(key):
		in.Kind, in.Command = bot.Command, "forget"
	default:
		in.Kind, in.Command = bot.Command, "librarian"
	}
	_, err := c.receiver.Receive(c.ctx, in)
	if err != nil {
		if !allowed(err) {
			c.breaks("%s sends %s %q: %v", key, in.Kind, in.Data, err)
		}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[in.EventID] = key
	c.made["person "+string(in.Kind)]++
}

// forgets says whether one of the people asks to be forgotten now and then.
func forgets(key string) bool { return key >= "person-5" }

// oldTicket is one of a person's tickets that ended; "0" where there is none.
func (c *chaos) oldTicket(key string) string {
	id := "0"
	err := c.pool.QueryRow(c.ctx, `
		SELECT t.id::text FROM tickets t JOIN conversations v ON v.id = t.conversation JOIN contacts k ON k.id = v.contact
		WHERE k.key = $1 AND t.state = 'closed' ORDER BY t.id DESC LIMIT 1`, key).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		c.breaks("find a ticket: %v", err)
	}
	return id
}

// librarianActs lets one of the staff do something with a ticket, theirs or not.
func (c *chaos) librarianActs(random *rand.Rand) {
	a := c.accounts[random.IntN(len(c.accounts))]
	var ticket int64
	var holder, second, asked int64
	err := c.pool.QueryRow(c.ctx, `
		SELECT id, coalesce(claimed_by, 0), coalesce(joined_by, 0), coalesce(asked_of, 0)
		FROM tickets WHERE state <> 'closed' ORDER BY random() LIMIT 1`).Scan(&ticket, &holder, &second, &asked)
	if errors.Is(err, pgx.ErrNoRows) {
		return
	}
	for _, one := range []int64{asked, second, holder} { // mostly somebody who has to do with it
		for _, known := range c.accounts {
			if known.ID == one && random.IntN(2) == 0 {
				a = known
			}
		}
	}
	if holder == 0 && random.IntN(2) == 0 { // who waits is taken, mostly
		if err := c.desk.Claim(c.ctx, ticket, a); err == nil {
			c.succeeded("claim")
		} else if !allowed(err) {
			c.breaks("%s claims: %v", a.Email, err)
		}
		return
	}
	ctx := c.ctx
	var act string
	switch x := random.IntN(100); {
	case x < 22:
		act, err = "claim", c.desk.Claim(ctx, ticket, a)
	case x < 45:
		words := "отговор " + strconv.FormatUint(random.Uint64(), 36)
		act = "reply"
		if _, err = c.desk.Reply(ctx, ticket, a, words); err == nil {
			c.mu.Lock()
			c.replies[words] = ticket
			c.mu.Unlock()
		}
	case x < 50:
		act, err = "note", c.desk.AddNote(ctx, ticket, a, "бележка")
	case x < 60:
		act, err = "ask", c.desk.Transfer(ctx, ticket, a, Target{Account: c.accounts[random.IntN(len(c.accounts))].ID}, "поеми го")
	case x < 63:
		to := []Target{{HelpPoint: "vratsa"}, {HelpPoint: "mezdra"}, {Pool: true}}[random.IntN(3)]
		act, err = "send", c.desk.Transfer(ctx, ticket, a, to, "")
	case x < 70:
		act, err = "accept", c.desk.Accept(ctx, ticket, a)
	case x < 73:
		act, err = "decline", c.desk.Decline(ctx, ticket, a, "не мога")
	case x < 79:
		act, err = "join", c.desk.Join(ctx, ticket, a)
	case x < 81:
		act, err = "leave", c.desk.Leave(ctx, ticket, a)
	case x < 83:
		act, err = "take over", c.desk.TakeOver(ctx, ticket, a)
	case x < 86:
		act, err = "return", c.desk.Return(ctx, ticket, a)
	case x < 92:
		act, err = "close", c.desk.Close(ctx, ticket, a, Closing{Outcome: Outcomes()[random.IntN(4)], Effort: 1 + random.IntN(6), Guide: []Verdict{Fine, Missing}[random.IntN(2)]})
	case x < 94:
		if random.IntN(2) == 0 {
			act, err = "block", c.desk.Block(ctx, ticket, a, "обижда")
			break
		}
		act, err = "unblock", c.unblock()
	case x < 96:
		act, err = "busy", c.desk.Busy(ctx, ticket, a)
	case x < 97:
		act = "contact"
		_, err = c.desk.Contact(ctx, ticket, a)
	default:
		act = "come or go"
		if random.IntN(3) == 0 {
			c.desk.Gone(ctx, a.ID)
		} else {
			c.desk.Here(ctx, a)
		}
		err = c.desk.look(ctx)
	}
	switch {
	case err == nil:
		c.succeeded(act)
	case !allowed(err):
		c.breaks("%s %s: %v", a.Email, act, err)
	}
}

// unblock lets the supervisor lift a block, where there is one.
func (c *chaos) unblock() error {
	blocks, err := c.desk.Blocks(c.ctx)
	if err != nil || len(blocks) == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return c.desk.Unblock(c.ctx, blocks[0].ID, c.accounts[len(c.accounts)-1])
}

// settle lets what waits be dealt with, by a worker that doesn't die.
func (c *chaos) settle() {
	ctx, stop := context.WithCancel(c.ctx)
	var worker sync.WaitGroup
	worker.Go(func() {
		if err := c.engine().Run(ctx); err != nil {
			c.breaks("the last worker: %v", err)
		}
	})
	defer worker.Wait()
	defer stop()
	for {
		var left int
		c.do(c.pool.QueryRow(c.ctx, `SELECT count(*) FROM messages WHERE sender = 'person' AND handled_at IS NULL`).Scan(&left))
		if left == 0 {
			return
		}
		c.skip(30 * time.Second) // leases of the dead run out, pauses pass
		time.Sleep(50 * time.Millisecond)
	}
}

// The desk keeps its rules whatever people, librarians, clocks and crashes do. ORIENTIR_TEST_DESK_STEPS sets how many steps are made.
func TestTheDeskKeepsItsRulesInChaos(t *testing.T) {
	most := 2_000
	if s := os.Getenv("ORIENTIR_TEST_DESK_STEPS"); s != "" {
		var err error
		if most, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	c := newChaos(t)
	round := max(2_000, most/20)
	done := 0
	for ; done < most && len(c.broken) == 0; done += round { // the whole story is told anew after each round
		c.run(min(round, most-done))
		c.settle()
		c.checkHolders()
		c.checkStories()
		c.checkSaid()
		c.checkNothingLost()
	}
	c.checkEveryWaitEnds()
	for _, b := range c.broken {
		t.Error(b)
	}
	t.Logf("%d steps, %d queries ended by a crash, made %v", min(done, most), c.doom.hits.Load(), c.made)
}
