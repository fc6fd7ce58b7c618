package telegram

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	telegram "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"orientir/deploy/postgres"
	"orientir/deploy/watch"
)

const (
	updateLimit = 1 << 20 // bytes of one webhook call; Telegram's updates are a few kilobytes
	// A poll that Telegram never answers ends after both: what was written meanwhile comes then. Short ones cost fifteen small calls a minute.
	pollTimeout = 4 * time.Second // which it may wait for an update
	pollSlack   = 3 * time.Second // for its answer to come
	retryTry    = 4 * time.Second // of a call without which nothing comes in
	pollPause   = time.Second     // after a failure, doubled up to pollMost: whoever wrote meanwhile waits for its end
	pollMost    = 5 * time.Second
)

// Run sets the bot up and, without a webhook, polls until ctx ends. to stores each event.
func (b *Bot) Run(ctx context.Context, to receiver) error {
	defer b.settle()
	var beside sync.WaitGroup // ten calls, any of which Telegram may leave unanswered, while people wait
	defer beside.Wait()
	if b.o.WebhookURL != "" {
		beside.Go(func() { b.setUp(ctx) })
		if err := b.retry(ctx, "set webhook", func(ctx context.Context) error {
			_, err := b.api.SetWebhook(ctx, &telegram.SetWebhookParams{URL: b.o.WebhookURL, SecretToken: b.o.Secret, AllowedUpdates: allowedUpdates})
			return err
		}); err != nil {
			return nil
		}
		<-ctx.Done()
		return nil
	}
	beside.Go(func() { b.watch(ctx) })
	return postgres.Lead(ctx, b.pool, "telegram poll", func(ctx context.Context) error {
		var beside sync.WaitGroup // ends with the lead
		defer beside.Wait()
		beside.Go(func() { b.setUp(ctx) })
		if err := b.retry(ctx, "delete webhook", func(ctx context.Context) error {
			_, err := b.api.DeleteWebhook(ctx, &telegram.DeleteWebhookParams{})
			return err
		}); err != nil {
			return nil
		}
		b.poll(ctx, to)
		return nil
	})
}

// retry repeats an act until it succeeds, giving each try its time; it gives an error only when ctx ends. A server that doesn't know the method is taken
// as is.
func (b *Bot) retry(ctx context.Context, act string, do func(context.Context) error) error {
	for pause := pollPause; ; pause = min(2*pause, pollMost) {
		trying, done := context.WithTimeout(ctx, retryTry)
		err := do(trying)
		done()
		if err == nil {
			return nil
		}
		if errors.Is(err, telegram.ErrorNotFound) {
			b.o.Log.Warn("telegram does not know a method", "act", act)
			return nil
		}
		if ctx.Err() == nil {
			b.o.Log.Warn("telegram call failed", "act", act, "err", scrub(err))
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

// How many updates are taken at once, and how many more wait for that. Telegram keeps up to a hundred calls under way, and they are stored together.
const (
	storedAtOnce  = 100
	waitToStore   = 256
	storePatience = 5 * time.Second
	laterAgain    = "2" // seconds after which Telegram may bring an update again
)

// Webhook takes Telegram's calls: 401 for a wrong secret, 413 for what is too large, 400 for no update, 503 where too many are being stored, 500 where it could not be
// stored, so that Telegram brings it again, and 200 once it is stored in to.
func (b *Bot) Webhook(to receiver) http.Handler {
	want := sha256.Sum256([]byte(b.o.Secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")))
		if b.o.Secret == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			http.Error(w, "wrong secret", http.StatusUnauthorized)
			return
		}
		leave, ok := b.crowd.Enter(r.Context())
		if !ok {
			w.Header().Set("Retry-After", laterAgain)
			http.Error(w, "too many at once", http.StatusServiceUnavailable)
			return
		}
		defer leave()
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, updateLimit))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "no update", http.StatusBadRequest)
			return
		}
		u, id := b.read(raw)
		if id == 0 {
			http.Error(w, "no update", http.StatusBadRequest)
			return
		}
		if err := b.take(r.Context(), to, u); err != nil {
			b.o.Log.ErrorContext(r.Context(), "telegram update not stored", "update", id, "err", err)
			http.Error(w, "not stored", http.StatusInternalServerError)
		}
	})
}

// read decodes an update, and gives its id; 0 where it has none. Telegram may add a kind of thing at any time that the library
// does not know and takes for a fault. Of such an update only who wrote which text is read: it must not hold up all others.
func (b *Bot) read(raw []byte) (u models.Update, id int64) {
	if err := json.Unmarshal(raw, &u); err == nil {
		return u, u.ID
	}
	var bare struct {
		ID      int64 `json:"update_id"`
		Message *struct {
			ID   int          `json:"message_id"`
			From *models.User `json:"from"`
			Chat models.Chat  `json:"chat"`
			Date int          `json:"date"`
			Text string       `json:"text"`
		} `json:"message"`
	}
	err := json.Unmarshal(raw, &bare)
	if bare.ID != 0 {
		b.metrics.updates.WithLabelValues("odd").Inc()
		b.o.Log.Warn("telegram update not wholly understood", "update", bare.ID)
	}
	u = models.Update{ID: bare.ID}
	if m := bare.Message; err == nil && m != nil {
		u.Message = &models.Message{ID: m.ID, From: m.From, Chat: m.Chat, Date: m.Date, Text: m.Text}
	}
	return u, bare.ID
}

// take stores an update; nil means that it may be acknowledged.
func (b *Bot) take(ctx context.Context, to receiver, u models.Update) (err error) {
	ctx, span := b.o.Tracer.Start(ctx, "telegram update") // within the webhook's request, where there is one
	defer func() {
		watch.End(span, err)
		result := "stored"
		if err != nil {
			result = "failed"
		}
		b.metrics.updates.WithLabelValues(result).Inc()
	}()
	if g, ok := groupUpdate(u); ok && b.o.Groups != nil {
		return b.o.Groups.Take(ctx, g)
	}
	in, ok := incoming(u)
	if code, is := linkCode(in); ok && is && b.o.Link != nil {
		return b.link(ctx, u.Message, code)
	}
	if ok {
		if err := b.receive(ctx, to, in); err != nil {
			return err
		}
	}
	if q := u.CallbackQuery; q != nil {
		b.beside(func() { b.answer(context.WithoutCancel(ctx), q.ID) }) // where Telegram is slow, a spinner ends by itself too
	}
	return nil
}

// besidesAtOnce is how many small things are done at a time that nobody waits for: buttons' spinners stopped, people told that nothing can be stored.
const besidesAtOnce = 64

// answer stops the button's spinner; what there is to say comes as a message.
func (b *Bot) answer(ctx context.Context, callback string) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err := b.api.AnswerCallbackQuery(ctx, &telegram.AnswerCallbackQueryParams{CallbackQueryID: callback}); err != nil {
		b.o.Log.Info("telegram callback not answered", "err", scrub(err))
	}
}

// poll asks for updates until ctx ends. The offset moves past an update only when it is stored.
func (b *Bot) poll(ctx context.Context, to receiver) {
	var offset int64
	pause := pollPause
	for ctx.Err() == nil {
		var updates []json.RawMessage
		err := postgres.Round(ctx, "telegram poll", func(ctx context.Context) (err error) {
			updates, err = b.updates(ctx, offset, pollTimeout)
			return err
		})
		for i := 0; err == nil && i < len(updates); i++ {
			u, id := b.read(updates[i])
			if id == 0 {
				err = errors.New("an update without an id")
			} else if err = b.takeOrPass(ctx, to, u); err == nil {
				offset = id + 1
			} else if errors.Is(err, errTrouble) { // those behind wait, too
				behind := updates[i+1:]
				b.beside(func() { b.regretAll(context.WithoutCancel(ctx), behind) })
			}
		}
		if err == nil {
			pause = pollPause
			continue
		}
		if ctx.Err() == nil {
			b.o.Log.Warn("telegram poll failed", "err", scrub(err))
		}
		sleep(ctx, pause)
		pause = min(2*pause, pollMost)
	}
}

// takeOrPass is take, but passes over an update that makes it panic: it would hold up all others, on each replica in turn.
func (b *Bot) takeOrPass(ctx context.Context, to receiver, u models.Update) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			b.o.Log.Error("telegram update passed over", "update", u.ID, "panic", fault, "stack", string(debug.Stack()))
			err = nil
		}
	}()
	return b.take(ctx, to, u)
}

// updates is getUpdates, which the library keeps to itself. It waits for an update for so long, and confirms those before the offset.
func (b *Bot) updates(ctx context.Context, offset int64, wait time.Duration) ([]json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"offset": offset, "timeout": int(wait.Seconds()), "allowed_updates": allowedUpdates})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait+pollSlack)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.o.APIURL+"/bot"+b.o.Token+"/getUpdates", bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("make the request for updates") // The address holds the token.
	}
	req.Header.Set("Content-Type", "application/json")
	client := *b.client
	client.Timeout = 0
	resp, err := client.Do(req)
	if err != nil {
		// url.Error would print the address with the token.
		return nil, fmt.Errorf("ask for updates: %w", errors.Unwrap(err))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 100*updateLimit))
	if err != nil {
		return nil, fmt.Errorf("read updates: %w", err)
	}
	var answer struct {
		OK          bool              `json:"ok"`
		Description string            `json:"description"`
		Result      []json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("read updates, status %d: %w", resp.StatusCode, err)
	}
	if !answer.OK {
		return nil, fmt.Errorf("ask for updates: status %d: %s", resp.StatusCode, answer.Description)
	}
	return answer.Result, nil
}
