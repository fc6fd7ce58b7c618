package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"sync"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/deploy/postgres"
)

// What a person is told while nothing that they write can be stored. It stands in no transcript: there is nowhere to keep one.
const (
	awayAfter = 5 * time.Second  // without anything stored, after which people are told: most faults are over by then
	awayAgain = 15 * time.Minute // after which somebody who still writes is told again
	awayLook  = 10 * time.Second // between two looks at who writes, where nobody can lead the polling
)

// trouble is since when nothing can be stored.
type trouble struct {
	mu    sync.Mutex
	since time.Time // zero: the last update was stored
}

// note notes whether an update could be stored, and gives how long none could.
func (t *trouble) note(stored bool) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case stored:
		t.since = time.Time{}
		return 0
	case t.since.IsZero():
		t.since = time.Now()
	}
	return time.Since(t.since)
}

// receive stores an event. Where none could be stored for a while, the person is told: Telegram keeps the update and brings it again, and it is answered then.
func (b *Bot) receive(ctx context.Context, to receiver, in bot.Incoming) error {
	_, err := to.Receive(ctx, in)
	if err != nil && ctx.Err() != nil { // we are stopping, or Telegram hung up
		return err
	}
	if away := b.trouble.note(err == nil); err != nil && away >= b.awayAfter {
		b.beside(func() { b.regret(context.WithoutCancel(ctx), in) })
		return fmt.Errorf("%w: %w", errTrouble, err)
	}
	return err
}

// errTrouble is why an update isn't stored where people are told so.
var errTrouble = errors.New("nothing can be stored")

// regretAll tells all who wrote.
func (b *Bot) regretAll(ctx context.Context, updates []json.RawMessage) {
	for _, raw := range updates {
		u, _ := b.read(raw)
		if in, ok := incoming(u); ok {
			b.regret(ctx, in)
		}
	}
}

// regret tells a person that the trouble is ours and that nothing is lost; each at most once in a quarter of an hour, whichever replica hears them.
func (b *Bot) regret(ctx context.Context, in bot.Incoming) {
	chat, err := strconv.ParseInt(in.ContactKey, 10, 64)
	if err != nil || in.Kind == bot.Blocked || in.Kind == bot.Edited {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*callPatience)
	defer cancel()
	who := sha256.Sum256([]byte(b.o.Token + in.ContactKey)) // no chat's number stays in Redis for so long
	if ok, _ := b.pace.Allow(ctx, "telegram:away:"+hex.EncodeToString(who[:12]), 1, awayAgain); !ok {
		return
	}
	if _, err := b.sendPart(ctx, chat, part{html: html.EscapeString(i18n.T(bot.LanguageOf(in.Language), "telegram.away"))}); err != nil {
		b.o.Log.Info("telegram person not told of the trouble", "err", err)
	}
}

// watch looks who writes while the database answers no replica: nobody leads the polling then. It confirms nothing, so that Telegram brings everything again.
func (b *Bot) watch(ctx context.Context) {
	for b.o.Away != nil && sleep(ctx, b.awayLook) {
		if !b.o.Away(ctx) {
			continue
		}
		if ok, _ := b.pace.Allow(ctx, "telegram:away", 1, b.awayLook); !ok { // one replica at a time: Telegram serves one
			continue
		}
		updates, err := b.updates(ctx, 0, 0)
		if err != nil {
			b.o.Log.Info("who writes meanwhile is not known", "err", scrub(err))
			continue
		}
		if err := postgres.Safely(func() error { b.regretAll(ctx, updates); return nil }); err != nil {
			b.o.Log.Error("who writes meanwhile is not told", "err", err)
		}
	}
}

// beside does something small without anybody waiting for it; where much of that is under way already, not at all.
func (b *Bot) beside(do func()) {
	select {
	case b.besides <- struct{}{}:
		go func() {
			defer func() { <-b.besides }()
			if err := postgres.Safely(func() error { do(); return nil }); err != nil {
				b.o.Log.Error("something small is not done", "err", err)
			}
		}()
	default:
	}
}

// settle waits until what is done so is done. The webhook may still be called meanwhile, and begin more: that has the time of the drain.
func (b *Bot) settle() {
	for range cap(b.besides) {
		b.besides <- struct{}{}
	}
	for range cap(b.besides) {
		<-b.besides
	}
}
