package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	telegram "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"orientir/bot"
	"orientir/deploy/outgoing"
	"orientir/deploy/watch"
)

// Options of the channel.
type Options struct {
	Token      string // of the bot, from BotFather; required
	APIURL     string // of the Bot API server; "" is Telegram's own
	WebhookURL string // https address of this program's webhook; "" polls
	Secret     string // that Telegram repeats with each webhook call
	Log        *slog.Logger
	Client     *http.Client          // for calls other than the long poll; nil is one with a 20 s timeout
	Registerer prometheus.Registerer // where metrics go; nil: nowhere
	Tracer     trace.Tracer          // where traces go; nil: nowhere
	// Link takes the code that a member of the staff sends in private, «/link CODE» or by the link on their account's page, and gives
	// what it has brought about. The same code may come twice. nil: it is a command like any other.
	Link func(ctx context.Context, l Link) (Linked, error)
	// Groups takes what happens in groups; nil: the bot has no business there.
	Groups Groups
	// Export gives the file of all that is kept of who has a conversation, and bot.ErrNobody where there is nothing; bot.Engine.ExportPerson
	// is the one. nil: such a message goes without the file.
	Export func(ctx context.Context, conversation int64) (name string, data []byte, err error)
	// Away says that the database answers no replica: then those who write are told so, where nobody can lead the polling. nil: never.
	Away  func(context.Context) bool
	Crowd bot.CrowdOptions // bounds the webhook's calls; default 32 at once, 256 waiting for 5 s at most
}

// receiver stores an event; bot.Engine is the one.
type receiver interface {
	Receive(ctx context.Context, in bot.Incoming) (bot.Receipt, error)
}

// pacer holds all replicas together to a number of turns in a stretch of time; deploy/redis is the one.
type pacer interface {
	Allow(ctx context.Context, key string, limit int, per time.Duration) (ok bool, retryAfter time.Duration)
	// Hold keeps everybody from such turns for d.
	Hold(ctx context.Context, key string, limit int, per, d time.Duration)
}

// Bot is the channel: it sends as a bot.Channel and receives with Run and Webhook.
type Bot struct {
	o       Options
	api     *telegram.Bot
	pool    *pgxpool.Pool
	pace    pacer
	client  *http.Client
	metrics metrics
	crowd   *bot.Crowd

	besides             chan struct{}          // places for what nobody waits for
	name                atomic.Pointer[string] // of the bot, once known
	trouble             trouble
	awayAfter, awayLook time.Duration
}

// New makes the channel. It calls nobody yet; Run does.
func New(pool *pgxpool.Pool, pace pacer, o Options) (*Bot, error) {
	if o.APIURL == "" {
		o.APIURL = "https://api.telegram.org"
	}
	if o.Client == nil {
		own, _ := url.Parse(o.APIURL) // the address holds the token: no redirect takes it to another server
		o.Client = outgoing.Guard{}.Client(20*time.Second, own)
	}
	if o.Tracer == nil {
		o.Tracer = watch.Silent()
	}
	m := newMetrics(o.Registerer)
	o.Client = countingClient(o.Client, m.calls)
	api, err := telegram.New(o.Token, telegram.WithSkipGetMe(), telegram.WithServerURL(o.APIURL), telegram.WithHTTPClient(time.Minute, o.Client))
	if err != nil {
		return nil, fmt.Errorf("make the Telegram client: %w", err)
	}
	if o.Crowd.AtOnce == 0 {
		o.Crowd.AtOnce, o.Crowd.Waiting, o.Crowd.Patience = storedAtOnce, waitToStore, storePatience
	}
	return &Bot{
		o: o, api: api, pool: pool, pace: pace, client: o.Client, metrics: m, crowd: bot.NewCrowd("telegram", o.Crowd), besides: make(chan struct{}, besidesAtOnce),
		awayAfter: awayAfter, awayLook: awayLook,
	}, nil
}

// Name names the channel in stored conversations.
func (b *Bot) Name() string { return Channel }

// The pace that Telegram asks of a bot (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): a message a
// second in a chat, and 30 a second overall. A bucket of 2 filled 25 times a second leaves room for calls that catch up with each other.
// Answers may take either of its turns; news only where both are there, so that one is left for an answer, and where answers take all that
// come, news has none.
const (
	burst       = 2
	burstPer    = 80 * time.Millisecond
	chatPause   = time.Second
	longestWait = 5 * time.Second // here, for a turn
)

// How long one call, or what it needs, may take. The turn is waited for before: a call that is cut off may have been heard.
const (
	callPatience   = 8 * time.Second  // of a Telegram that is well none takes two
	uploadPatience = 20 * time.Second // of a file of some megabytes
	exportPatience = 20 * time.Second // to gather it
	lastCall       = 9 * time.Second  // of what is under way when the program stops
)

// errNoTime is why a call isn't begun.
var errNoTime = errors.New("too little time is left for a call")

// Send sends one message, in several parts where it is long or shows a place on the map. A limit comes back as
// *bot.RetryAfter, but a short one between parts is waited for here. What was sent before a failure is told by *bot.Half.
func (b *Bot) Send(ctx context.Context, c bot.Conversation, m bot.Message) (string, error) {
	chat, err := strconv.ParseInt(c.Key, 10, 64)
	if err != nil {
		return "", &bot.Refused{Reason: "contact key is no chat id"}
	}
	first, from := readMark(m.ExternalID)
	for i, p := range layOut(m) {
		if i < from {
			continue
		}
		if p.export {
			if p.file, p.data, err = b.export(ctx, c); err != nil {
				return "", half(first, i, err)
			}
			if p.data == nil { // forgotten meanwhile
				continue
			}
		}
		send := b.sendPart
		if i > 0 {
			send = b.sendNext
		}
		id, err := send(ctx, chat, p)
		if p.venue != nil && mapless(err) {
			b.o.Log.Warn("telegram refused a place on the map", "message", m.ID, "err", err)
			continue // the text names the place too
		}
		if err != nil {
			return "", half(first, i, err)
		}
		if first == "" {
			first = id
		}
	}
	return first, nil
}

// half tells of a failure after the first parts of a message: how many they are, and the id of the first one.
func half(first string, parts int, err error) error {
	if parts == 0 {
		return err
	}
	return &bot.Half{Mark: strconv.Itoa(parts) + ":" + first, Err: err}
}

// readMark reads what half wrote.
func readMark(mark string) (first string, parts int) {
	n, first, _ := strings.Cut(mark, ":")
	parts, err := strconv.Atoi(n)
	if err != nil {
		return "", 0
	}
	return first, parts
}

// mapless says that a server can't show a place, or not this one. What is left of the message still goes out.
func mapless(err error) bool {
	var refused *bot.Refused
	return errors.Is(err, telegram.ErrorNotFound) || errors.As(err, &refused) && !refused.Blocked
}

// sendNext sends a part that comes after another of the same message: a short limit is waited for.
func (b *Bot) sendNext(ctx context.Context, chat int64, p part) (string, error) {
	for {
		id, err := b.sendPart(ctx, chat, p)
		var later *bot.RetryAfter
		if !errors.As(err, &later) || later.D > longestWait || errors.Is(err, errNoTime) {
			return id, err
		}
		if !sleep(ctx, later.D) {
			return "", ctx.Err()
		}
	}
}

// sendPart sends a part in one call, once the pace gives it a turn. Too long a wait is *bot.RetryAfter. A call that is cut off may have been heard: it has
// its own time, also where ctx ends meanwhile, and only a file is cut off when the program stops.
func (b *Bot) sendPart(ctx context.Context, chat int64, p part) (string, error) {
	if ok, wait := b.pace.Allow(ctx, "telegram:chat:"+strconv.FormatInt(chat, 10), 1, chatPause); !ok {
		return "", &bot.RetryAfter{D: wait}
	}
	if err := b.anyTurn(ctx); err != nil {
		return "", err
	}
	limit, least := callPatience, callPatience
	if p.data != nil {
		limit, least = uploadPatience, uploadPatience/2 // as long as most files take
	}
	if end, ok := ctx.Deadline(); ok {
		left := time.Until(end)
		if left < least {
			return "", errors.Join(errNoTime, &bot.RetryAfter{D: time.Second}) // not Telegram's fault: it costs no try
		}
		limit = min(limit, left)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastCall, cancel) })()
	var sent *models.Message
	var err error
	switch {
	case p.data != nil:
		sent, err = b.api.SendDocument(calling, &telegram.SendDocumentParams{
			ChatID: chat, Document: &models.InputFileUpload{Filename: p.file, Data: bytes.NewReader(p.data)},
		})
	case p.venue != nil:
		sent, err = b.api.SendVenue(calling, &telegram.SendVenueParams{
			ChatID: chat, Latitude: p.venue.lat, Longitude: p.venue.lon, Title: p.venue.title, Address: p.venue.address, ReplyMarkup: p.markup,
		})
	default:
		sent, err = b.sendText(calling, chat, p)
	}
	if err != nil {
		return "", b.heed(ctx, refusal(err))
	}
	return strconv.Itoa(sent.ID), nil
}

// export gives the person's file; no data where there is nothing to give.
func (b *Bot) export(ctx context.Context, c bot.Conversation) (name string, data []byte, err error) {
	if b.o.Export == nil {
		return "", nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, exportPatience)
	defer cancel()
	name, data, err = b.o.Export(ctx, c.ID)
	if errors.Is(err, bot.ErrNobody) {
		return "", nil, nil
	}
	return name, data, err
}

func (b *Bot) sendText(ctx context.Context, chat int64, p part) (*models.Message, error) {
	off := true
	return b.api.SendMessage(ctx, &telegram.SendMessageParams{
		ChatID: chat, Text: p.html, ParseMode: models.ParseModeHTML, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off}, ReplyMarkup: p.markup,
	})
}

// heed lets all senders of all replicas wait where Telegram asks for it: more calls would only make it longer.
func (b *Bot) heed(ctx context.Context, err error) error {
	var later *bot.RetryAfter
	if errors.As(err, &later) {
		b.metrics.waits.Add(later.D.Seconds())
		b.pace.Hold(context.WithoutCancel(ctx), "telegram", burst, burstPer, later.D)
	}
	return err
}

// Typing shows «пише…» in the chat for five seconds, or until a message comes. Where the pace is spent it is left out.
func (b *Bot) Typing(ctx context.Context, c bot.Conversation) error {
	chat, err := strconv.ParseInt(c.Key, 10, 64)
	if err != nil {
		return errors.New("contact key is no chat id")
	}
	if ok, _ := b.pace.Allow(ctx, "telegram", burst, burstPer); !ok {
		return nil
	}
	_, err = b.api.SendChatAction(ctx, &telegram.SendChatActionParams{ChatID: chat, Action: models.ChatActionTyping})
	return scrub(err)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
