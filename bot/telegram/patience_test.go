package telegram

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

// slowly is a Telegram that takes its time, by the clock of the test.
type slowly struct {
	takes map[string]time.Duration // method → how long; 0: at once
	heard []string
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	s.heard = append(s.heard, method)
	if !sleep(r.Context(), s.takes[method]) {
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok": true, "result": {"message_id": 1}}`))}, nil
}

// crowded gives a turn after each of these waits.
type crowded struct{ waits []time.Duration }

func (c *crowded) Allow(_ context.Context, key string, _ int, _ time.Duration) (bool, time.Duration) {
	if key != "telegram" || len(c.waits) == 0 {
		return true, 0
	}
	wait := c.waits[0]
	c.waits = c.waits[1:]
	return false, wait
}

func (*crowded) Hold(context.Context, string, int, time.Duration, time.Duration) {}

var errExport = errors.New("the database is slow")

// Each call has its own time, however long the turns before it were waited for, and none is begun that would be cut off.
func TestACallIsNotCutOffByWhatCameBeforeIt(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("Дума след дума.\n\n", 300) // two parts
	for name, c := range map[string]struct {
		m      bot.Message
		takes  map[string]time.Duration
		waits  []time.Duration
		export time.Duration
		limit  time.Duration // of the whole; 0: a minute
		heard  string
		ok     bool
		took   time.Duration
	}{
		"slow calls": {
			m: bot.Message{Text: words}, takes: map[string]time.Duration{"sendMessage": 7 * time.Second},
			heard: "sendMessage sendMessage", ok: true, took: 14 * time.Second,
		},
		"turns that others take": {
			m: bot.Message{Text: "Ето."}, takes: map[string]time.Duration{"sendMessage": 2 * time.Second}, waits: []time.Duration{4 * time.Second, 4 * time.Second},
			heard: "sendMessage", ok: true, took: 10 * time.Second,
		},
		"no answer": {m: bot.Message{Text: "Ето."}, takes: map[string]time.Duration{"sendMessage": time.Hour}, heard: "sendMessage", took: callPatience},
		"a slow line": {
			m: bot.Message{Body: &bot.Body{Text: "Ето.", Export: true}}, takes: map[string]time.Duration{"sendDocument": 15 * time.Second}, export: 15 * time.Second,
			heard: "sendMessage sendDocument", ok: true, took: 30 * time.Second,
		},
		"an export without end": {
			m: bot.Message{Body: &bot.Body{Text: "Ето.", Export: true}}, export: time.Hour, heard: "sendMessage", took: exportPatience,
		},
		"no time left": {m: bot.Message{Text: "Ето."}, waits: []time.Duration{5 * time.Second}, limit: 12 * time.Second, took: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &slowly{takes: c.takes}
				b, err := New(nil, &crowded{c.waits}, Options{
					Token: "1:x", Client: &http.Client{Transport: api}, Log: slog.New(slog.DiscardHandler),
					Export: func(ctx context.Context, _ int64) (string, []byte, error) {
						if !sleep(ctx, c.export) {
							return "", nil, ctx.Err()
						}
						return "my.json", []byte("{}"), nil
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				if c.limit == 0 {
					c.limit = time.Minute
				}
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				began := time.Now()
				_, err = b.Send(ctx, bot.Conversation{Key: "7"}, c.m)
				if (err == nil) != c.ok || strings.Join(api.heard, " ") != c.heard || time.Since(began) != c.took {
					t.Errorf("heard %q within %v: %v", api.heard, time.Since(began), err)
				}
			})
		})
	}
}

// The words before a file don't come again where the file could not be made.
func TestWordsBeforeAFileComeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, tries := &slowly{}, 0
		b, err := New(nil, &crowded{}, Options{
			Token: "1:x", Client: &http.Client{Transport: api}, Log: slog.New(slog.DiscardHandler),
			Export: func(context.Context, int64) (string, []byte, error) {
				if tries++; tries < 3 {
					return "", nil, errExport
				}
				return "my.json", []byte("{}"), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := bot.Message{ID: 5, Body: &bot.Body{Text: "Ето.", Export: true}}
		for range 2 {
			_, err := b.Send(t.Context(), bot.Conversation{Key: "7"}, m)
			var half *bot.Half
			if !errors.Is(err, errExport) || !errors.As(err, &half) {
				t.Fatal(err)
			}
			m.ExternalID = half.Mark
		}
		if _, err := b.Send(t.Context(), bot.Conversation{Key: "7"}, m); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(api.heard, " "); got != "sendMessage sendDocument" {
			t.Errorf("heard %q", got)
		}
	})
}

// The program stops while Telegram takes its time: the call comes to its end, the next one isn't begun, and whoever goes on knows where.
func TestAStopFallsBetweenTwoParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &slowly{takes: map[string]time.Duration{"sendMessage": 7 * time.Second}}
		b, err := New(nil, &crowded{}, Options{Token: "1:x", Client: &http.Client{Transport: api}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		m := bot.Message{Text: strings.Repeat("Дума след дума.\n\n", 300)} // two parts
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		_, err = b.Send(ctx, bot.Conversation{Key: "7"}, m)
		var half *bot.Half
		if !errors.As(err, &half) || !errors.Is(err, context.Canceled) || len(api.heard) != 1 {
			t.Fatalf("heard %q: %v", api.heard, err)
		}
		m.ExternalID = half.Mark
		if id, err := b.Send(t.Context(), bot.Conversation{Key: "7"}, m); err != nil || id != "1" || len(api.heard) != 2 {
			t.Errorf("then heard %q as %q: %v", api.heard, id, err)
		}
	})
}

// The program leaves its job of receiving at the first sign of a stop, while the webhook still serves and spinners are stopped.
func TestRunEndsWhileTheWebhookServes(t *testing.T) {
	t.Parallel()
	b, err := New(nil, &crowded{}, Options{Token: "1:x", Client: &http.Client{Transport: &prompt{}}, Log: slog.New(slog.DiscardHandler), WebhookURL: "https://orientir.example/telegram/webhook"})
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for serving.Err() == nil {
				if err := b.take(serving, nobody{}, models.Update{ID: 1, CallbackQuery: &models.CallbackQuery{ID: "1", From: models.User{ID: 7}, Data: "near"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, leave)
		if err := b.Run(ctx, nobody{}); err != nil {
			t.Error(err)
		}
	}
	stop()
	callers.Wait()
}

// prompt is a Telegram that is well.
type prompt struct{}

func (*prompt) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok": true, "result": true}`))}, nil
}

// nobody takes what comes in.
type nobody struct{}

func (nobody) Receive(context.Context, bot.Incoming) (bot.Receipt, error) { return bot.Receipt{}, nil }
