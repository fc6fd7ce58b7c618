package bot

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"orientir/deploy/postgres"
	"orientir/deploy/watch"
	"orientir/knowledge"
	"orientir/retrieval"
)

// answerer is what the engine needs of retrieval.Answerer; tests put a deterministic one in its place.
type answerer interface {
	Answer(ctx context.Context, q retrieval.Question) (retrieval.Answer, error)
	Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (int64, error)
}

// EngineOptions of an Engine. The zero value works.
type EngineOptions struct {
	Log        *slog.Logger             // default: nothing is logged
	Registerer prometheus.Registerer    // where metrics go; default: nowhere
	Tracer     trace.Tracer             // where traces go; default: nowhere
	PublicURL  string                   // base of the links in the greeting; "" leaves them out
	Workers    int                      // conversations answered at once; default one for each processor, 4 at least
	Senders    int                      // messages sent at once; default 8
	Lease      time.Duration            // how long one step may take before another worker takes over; default 30 s
	Sweep      time.Duration            // how often the database is looked at without a wake-up; default 2 s
	Tries      int                      // how often answering is tried before the bot says that it can't; default 3
	Debounce   map[string]time.Duration // per channel, how long to wait for the next part of a story; default 800 ms on Telegram
	Limits     Limits
	// Presence shows that this process lives, so that what a dead one was at passes on (see Inherit); nil: it waits until leases run out.
	Presence *postgres.Presence
	// Phrase may put an answer in words after its card is on the screen, and says false where the card stands alone;
	// retrieval.Answerer.Phrase is the one. Default: the card stands alone.
	Phrase func(ctx context.Context, q retrieval.Question, a retrieval.Answer) (string, bool)
	// Aftercare is what follows a hand-over; nil where there is no human side.
	Aftercare Aftercare
	// Editors hear what is wrong with a guide, and who wants to hear back; nil: nobody is asked.
	Editors Editors
	// Callbacks keeps what people leave to be called back; nil where it can't be kept safely, and then nobody is asked.
	Callbacks Callbacks
	// Forget erases what other floors keep of a contact, in order, in the transaction of the person's wish.
	// What this floor keeps comes last, so that they can still look things up.
	Forget []func(ctx context.Context, tx postgres.DB, contact int64) error
	// Waits says that the person of a conversation still waits for something of another floor: they are not forgotten for their silence.
	Waits func(ctx context.Context, conversation int64) (bool, error)
	// Export gives what other floors keep of a contact, for the person to see.
	Export []func(ctx context.Context, db postgres.DB, contact int64) ([]Holding, error)
}

// Limits are how many events of one contact are taken in any stretch of time. The zero value has the defaults.
type Limits struct {
	Off       bool // for a closed network or a load test
	PerMinute int  // default 20
	PerHour   int  // default 200
}

// Engine takes in what people send, answers it and delivers the answers. Several replicas may run on one database.
type Engine struct {
	conversations *Conversations
	answerer      answerer
	store         *knowledge.Store
	desk          Desk
	channels      map[string]Channel // those that are pushed to
	o             EngineOptions
	log           *slog.Logger
	now           func() time.Time
	sofia         *time.Location
	metrics       metrics
	pauses        pauses
	phrases       sync.WaitGroup
	phraseSlots   chan struct{}
	rhythm        rhythm
	together      together
	alone         chan struct{} // places of those who are stored by themselves
	owed          owed          // what was allowed and could not be stored
	steps, sends  hands         // conversations leased, messages taken
}

// NewEngine makes an engine. desk is nil where there is no human side. channels are those that messages are sent through;
// one that people pull from (the web) is not among them.
func NewEngine(c *Conversations, a answerer, store *knowledge.Store, desk Desk, channels []Channel, o EngineOptions) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tracer == nil {
		o.Tracer = watch.Silent()
	}
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	o.Workers = or(o.Workers, max(4, runtime.GOMAXPROCS(0)))
	o.Senders = or(o.Senders, 8)
	o.Lease = or(o.Lease, 30*time.Second)
	o.Sweep = or(o.Sweep, 2*time.Second)
	o.Tries = or(o.Tries, 3)
	if o.Debounce == nil {
		o.Debounce = map[string]time.Duration{"telegram": 800 * time.Millisecond}
	}
	o.Limits.PerMinute = or(o.Limits.PerMinute, 20)
	o.Limits.PerHour = or(o.Limits.PerHour, 200)
	sofia, err := time.LoadLocation("Europe/Sofia")
	if err != nil { // a machine without time zone data: off by an hour in summer is better than not at all
		o.Log.Warn("no time zone data; opening hours are told in winter time", "err", err)
		sofia = time.FixedZone("EET", 2*60*60)
	}
	e := &Engine{
		conversations: c, answerer: a, store: store, desk: desk, channels: map[string]Channel{},
		o: o, log: o.Log, now: c.now, sofia: sofia, metrics: newMetrics(o.Registerer),
		phraseSlots: make(chan struct{}, phrasesAtOnce), alone: make(chan struct{}, aloneAtOnce), rhythm: usualRhythm,
	}
	e.together.store = e.keepTogether
	for _, channel := range channels {
		e.channels[channel.Name()] = channel
	}
	return e
}

func or[T int | time.Duration](value, standard T) T {
	if value <= 0 {
		return standard
	}
	return value
}

// Run answers and delivers until ctx ends, and returns when every step under way has ended.
func (e *Engine) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return e.answerAll(ctx) })
	group.Go(func() error { return e.deliverAll(ctx) })
	group.Go(func() error { return e.watchTerminals(ctx) })
	err := group.Wait()
	e.phrases.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
