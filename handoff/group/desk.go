package group

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// Desk is the desk in groups. Several replicas may run it: what one has taken up the others leave alone.
type Desk struct {
	db            *pgxpool.Pool
	tickets       *handoff.Desk
	staff         *staff.Store
	conversations *bot.Conversations
	redis         *redis.Client
	telegram      *telegram.Bot
	log           *slog.Logger
	now           func() time.Time
	sofia         *time.Location
	presence      *postgres.Presence
}

// New makes the desk that works the inbox off.
func New(in *Inbox, tickets *handoff.Desk, accounts *staff.Store, t *telegram.Bot, o Options) *Desk {
	o = o.filled()
	d := &Desk{
		db: in.db, tickets: tickets, staff: accounts, conversations: in.conversations, redis: in.redis, telegram: t, log: o.Log, now: o.Now, presence: o.Presence,
	}
	var err error
	if d.sofia, err = time.LoadLocation("Europe/Sofia"); err != nil { // a machine without time zone data
		d.sofia = time.FixedZone("EET", 2*60*60)
	}
	return d
}

// everything is who may see all tickets: the program itself.
func everything() staff.Account { return staff.Account{Roles: []staff.Role{staff.Supervisor}} }

// How often the database is looked at without a wake-up.
const (
	sweepWork = time.Second
	sweepPlan = time.Second
	stepPause = 50 * time.Millisecond  // between two steps at most: every message of the bot's conversations wakes
	sweepSend = 500 * time.Millisecond // the pace has turns in between
	sweepOld  = time.Minute
)

// How long the database may take, where no call to Telegram bounds a step.
const (
	lookTime  = 8 * time.Second // for one look
	roundTime = time.Minute     // for a round; what it has no time for is the next one's
)

// Run works until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.loop(ctx, "group updates", sweepWork, d.workAll, wakeTopic) })
	group.Go(func() error {
		plan := func(ctx context.Context) error { return postgres.Within(ctx, roundTime, d.plan) }
		return d.loop(ctx, "group topics", sweepPlan, plan, wakeTopic, "queue", "deliver", bot.SeenTopic)
	})
	group.Go(func() error { return d.loop(ctx, "group messages", sweepSend, d.sendAll, sendTopic) })
	group.Go(func() error {
		return d.loop(ctx, "groups", sweepOld, func(ctx context.Context) error { return postgres.Within(ctx, roundTime, d.sweep) })
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// loop does a step, at a wake-up and at the latest after a pause, until ctx ends.
func (d *Desk) loop(ctx context.Context, what string, pause time.Duration, step func(context.Context) error, wakes ...string) error {
	wake := make(<-chan string)
	if len(wakes) > 0 {
		wake = d.redis.Subscribe(ctx, wakes...)
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		began := time.Now()
		if err := postgres.Safely(func() error { return step(ctx) }); err != nil && ctx.Err() == nil {
			d.log.Error(what+" failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
			redis.Rest(ctx, wake, began, stepPause)
		case <-tick.C:
		}
	}
}

// sweep asks after faults and forgets what was dealt with.
func (d *Desk) sweep(ctx context.Context) error {
	return errors.Join(d.probe(ctx), d.forgetUpdates(ctx), d.forgetMessages(ctx))
}
