package webchat

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/knowledge"
	"orientir/retrieval"
)

// Options of the site. The zero value works.
type Options struct {
	Log            *slog.Logger     // default: nothing is logged
	DB             postgres.DB      // where answers of the API are recorded, for their quality; nil: nowhere
	Now            func() time.Time // clock; default time.Now
	PublicURL      string           // «https://orientir.example», for canonical links; default: the request's own host
	EmbedOrigins   []string         // origins that may show /embed in a frame, «https://library.example»; default: none
	TrustedProxies []netip.Prefix   // whose X-Forwarded-For is believed; default: nobody's
	NoLimits       bool             // for a closed network or a load test
	Limits         Limits           // default: a class of thirty at one address
	Searches       bot.CrowdOptions // bounds the questions that are answered at once, whoever asks
	Messages       bot.CrowdOptions // bounds the messages that are stored at once
	ReplyWait      time.Duration    // how long a page without scripts waits for the reply; default 8 s
	Heartbeat      time.Duration    // between signs of life on a quiet stream; default 20 s
	StreamSweep    time.Duration    // how often a stream looks by itself, behind the wake-ups; default 5 s
	StreamLife     time.Duration    // after which a stream ends and the browser opens another; default 10 min
	KioskIdle      time.Duration    // after which a library's terminal forgets whom nobody touches it for; default 2 min
	Callbacks      bool             // who waits for a librarian may leave a phone or an e-mail
	KioskWarning   time.Duration    // for how long before that it asks whether somebody is there; default 20 s

	// Report keeps what somebody says is wrong with a guide; nil: nobody is asked.
	Report func(ctx context.Context, r bot.Report) (bot.Reported, error)

	// AwaitsAnswer tells until when the person waits to hear that a question of theirs has an answer, zero where they don't; nil: nobody does.
	AwaitsAnswer func(ctx context.Context, conversation int64) (time.Time, error)

	// Ticket tells whether the conversation waits for a librarian, and where in the queue; nil where there is no desk.
	Ticket func(ctx context.Context, conversation int64) (bot.Ticket, bool, error)

	// Open is what is published of the counting; nil: nothing.
	Open OpenFigures

	// Panicked hears that a request ended in a panic, which was answered with a fault's page; nil: nobody does.
	Panicked func()

	// What the privacy page tells of this installation.
	Operator        string // who is responsible for the data; default: «the organisation that operates this site»
	OperatorContact string // e-mail or phone of theirs
	RetentionDays   int    // after how many days conversations are deleted; 0: not by themselves
	Kept            []Kept // how long what is kept, in the order in which the page tells it; none: it tells of conversations alone
	OutsideModel    bool   // questions go, masked, to a language model on another server
}

// answerer is what the API needs of retrieval.Answerer; tests put a deterministic one in its place.
type answerer interface {
	Answer(ctx context.Context, q retrieval.Question) (retrieval.Answer, error)
	Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (int64, error)
}

// site holds what the handlers need.
type site struct {
	engine        *bot.Engine
	conversations *bot.Conversations
	answerer      answerer
	store         *knowledge.Store
	redis         *redis.Client
	log           *slog.Logger
	records       records
	assets        *Assets
	pages         pages
	streams       streams
	sweep         sweep
	looks         chan struct{} // of streams
	awaiting      chan struct{} // pages without scripts that wait for a reply
	searching     *bot.Crowd
	storing       *bot.Crowd
	noStream      prometheus.Counter // who came when all streams were taken
	opened        openCache
	zone          *time.Location // in which people read times
	Options
}

// New makes the web site of the bot. It answers every path, so mount what else there is on more specific ones.
func New(engine *bot.Engine, conversations *bot.Conversations, answerer answerer, store *knowledge.Store,
	redis *redis.Client, o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ReplyWait == 0 {
		o.ReplyWait = 8 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 20 * time.Second
	}
	if o.StreamSweep == 0 {
		o.StreamSweep = 5 * time.Second
	}
	if o.StreamLife == 0 {
		o.StreamLife = 10 * time.Minute
	}
	if o.KioskIdle == 0 {
		o.KioskIdle = 2 * time.Minute
	}
	if o.KioskWarning == 0 {
		o.KioskWarning = 20 * time.Second
	}
	o.Limits = o.Limits.orDefault()
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(fmt.Sprintf("webchat: static files: %v", err)) // part of the program: every test finds it
	}
	assets, err := LoadAssets(static, "/static/")
	if err != nil {
		panic(fmt.Sprintf("webchat: static files: %v", err)) // part of the program: every test finds it
	}
	pages, err := loadPages()
	if err != nil {
		panic(fmt.Sprintf("webchat: templates: %v", err))
	}
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		panic(fmt.Sprintf("webchat: %v", err))
	}
	s := &site{engine: engine, conversations: conversations, answerer: answerer, store: store, redis: redis,
		log: o.Log, assets: assets, pages: pages, zone: zone, looks: make(chan struct{}, looksAtOnce), awaiting: make(chan struct{}, repliesAwaited), Options: o,
		searching: bot.NewCrowd("questions", o.Searches), storing: bot.NewCrowd("messages", o.Messages), noStream: bot.TurnedAway("streams", o.Messages.Registerer)}
	s.sweep = sweep{conversations: conversations, every: o.StreamSweep, patience: lookTime, failed: func(err error) { o.Log.Error("look for the open streams", "error", err) }}
	return s.handler()
}

// handler parses a request, calls the domain and writes the answer; what it returns is shown by the edge.
type handler func(w http.ResponseWriter, r *http.Request) error

// route is one line of the site's list: what is asked for, who asks (a person's page or a program), what a caller may use up, who answers.
type route struct {
	pattern string
	edge    edge
	limit   limit
	serve   handler
}

// Routes are the patterns of every address that the site answers. Tests ask each of them, and fail where one has no row in their tables.
func Routes() (patterns []string) {
	for _, r := range new(site).routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}

// routes lists every address of the site.
func (s *site) routes() []route {
	return []route{
		{"GET /{$}", page, free, s.chat},
		{"POST /{$}", page, messages, s.say},
		{"GET /embed", frame, free, s.embed},
		{"GET /widget.js", asset, free, s.widget},
		{"GET /guides", page, questions, s.guides},
		{"GET /guides/{slug}", page, free, s.guide},
		{"GET /guides/{slug}/report", page, free, s.reportForm},
		{"POST /guides/{slug}/report", page, messages, s.report},
		{"GET /sitemap.xml", asset, free, s.sitemap},
		{"GET /robots.txt", asset, free, s.robots},
		{"GET /kiosk/{library}", page, free, s.kiosk},
		{"GET /continue", page, free, s.continuePage},
		{"POST /continue", page, codes, s.continueHere},
		{"GET /libraries/{id}", page, free, s.library},
		{"GET /libraries/{id}/trainings.ics", asset, free, s.trainingsFeed},
		{"GET /news", page, free, s.news},
		{"GET /news/{id}", page, free, s.newsItem},
		{"GET /news.atom", asset, free, s.newsFeed},
		{"GET /stats", page, free, s.stats},
		{"GET /stats.json", asset, free, s.statsJSON},
		{"GET /stats.csv", asset, free, s.statsCSV},
		{"GET /my-data.json", api, questions, s.myData},
		{"GET /privacy", page, free, s.privacy},
		{"GET /accessibility", page, free, s.accessibility},
		{"GET /static/{name}", asset, free, s.asset},

		{"POST /api/v1/ask", api, questions, s.ask},
		{"GET /api/v1/help-points", api, questions, s.helpPoints},
		{"POST /api/v1/conversations", api, messages, s.begin},
		{"POST /api/v1/conversations/messages", api, messages, s.receive},
		{"POST /api/v1/conversations/signs", api, connections, s.signs},
		{"GET /api/v1/conversations/stream", api, connections, s.stream},
		{"POST /api/v1/conversations/continue", api, codes, s.continueConversation},
		{"POST /api/v1/kiosk/code", api, messages, s.kioskCode},
		{"POST /api/v1/kiosk/qr", api, connections, s.kioskQR},
		{"POST /api/v1/kiosk/end", api, free, s.kioskEnd},
	}
}

// handler answers the routes, and everything else with a fault.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{} // of each path
	for _, route := range s.routes() {
		mux.Handle(route.pattern, s.at(route.edge, route.limit, route.serve))
		method, path, _ := strings.Cut(route.pattern, " ")
		methods[path] = append(methods[path], method)
	}
	for path, allowed := range methods {
		e := page
		if strings.HasPrefix(path, "/api/") {
			e = api
		}
		mux.Handle(path, s.at(e, free, otherMethod(allowed)))
	}
	mux.Handle("/api/", s.at(api, free, notFound))
	mux.Handle("/", s.at(page, free, notFound))
	return s.protect(mux)
}

func notFound(http.ResponseWriter, *http.Request) error { return errNotFound }

func otherMethod(allowed []string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &fault{Status: http.StatusMethodNotAllowed, Key: "web.error_405"}
	}
}
