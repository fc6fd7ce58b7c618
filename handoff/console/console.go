package console

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/webchat"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/handoff"
	"orientir/handoff/group"
	"orientir/handoff/mail"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// Deps is what the site stands on.
type Deps struct {
	DB            *pgxpool.Pool
	Staff         *staff.Store
	Desk          *handoff.Desk
	Worklist      *handoff.Worklist // nil: one that shows what is there and takes nothing in
	Conversations *bot.Conversations
	Knowledge     *knowledge.Store
	Answerer      Answerer
	Trials        Trials // answers as if a draft were published
	Replays       Replays
	Redis         *redis.Client
	Telegram      Telegram     // nil: the bot is not on Telegram
	Groups        Groups       // nil: nor are librarians in groups there
	NewsTrial     NewsTrial    // nil: the bot is not on Telegram
	Typing        Typing       // nil: typing is shown on the web alone
	Provider      Provider     // nil: nobody signs in with an outside provider
	Mail          *mail.Sender // nil: invitations and new passwords are links that an administrator passes on
}

// Telegram is what the site needs of telegram.Bot.
type Telegram interface {
	Username(ctx context.Context) (string, error) // of the bot, without «@»
	TellLater(ctx context.Context, chat int64, words string)
}

// Typing is what the site needs of bot.Engine: a librarian's typing, shown to the person on their own channel.
type Typing interface {
	ShowTyping(ctx context.Context, conversation int64) error
}

// Groups is what the site needs of group.Desk.
type Groups interface {
	Groups(ctx context.Context) ([]group.Group, error)
	Faulty(ctx context.Context, a staff.Account) ([]group.Group, error)
	Code(ctx context.Context, by int64, helpPoint string) (staff.Code, error)
	Disconnect(ctx context.Context, by, chat int64) error
}

// Answerer is what the search beside a chat needs of retrieval.Answerer.
type Answerer interface {
	Answer(ctx context.Context, q retrieval.Question) (retrieval.Answer, error)
}

// Trials is what trying a draft needs of retrieval.Answerer.
type Trials interface {
	Trial(ctx context.Context, g knowledge.Guide) (*retrieval.Trial, error)
}

// Replays is what replaying all questions against a draft needs of retrieval.Replays.
type Replays interface {
	Start(ctx context.Context, tx postgres.DB, d knowledge.Draft, by string) error
	Cancel(ctx context.Context, tx postgres.DB, slug string) (bool, error)
	Of(ctx context.Context, slug string) (retrieval.Replay, bool, error)
	Questions(ctx context.Context, replay int64, kind retrieval.ReplayKind, offset, limit int) ([]retrieval.ReplayedQuestion, error)
}

// Options of the site; the zero value works.
type Options struct {
	Log            *slog.Logger   // default: nothing is logged
	PublicURL      string         // «https://orientir.bg»; links and the cookie's Secure follow it; default: the request's host
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; default: nobody's
	Heartbeat      time.Duration  // how often an idle stream says that it lives; default 20 s

	// What is served at a time: the queue and the chats; all other pages; those before the sign-in; files, default 4; the way over the outside
	// provider, default 8.
	Desks, Pages, Doors, Files, Providers bot.CrowdOptions
}

// site answers the requests of /console/.
type site struct {
	Deps
	Options
	crowds    crowds
	secure    bool // the cookie is for https only
	zone      *time.Location
	templates map[string]*template.Template
	assets    *webchat.Assets
	preview   *webchat.Preview
	open      openQueue
	known     known
	keeping   chan struct{} // a place for each big form that is read of somebody who isn't signed in, to be kept for them
	uploads   uploads
	nameAgain atomic.Int64  // Unix nanoseconds before which Telegram isn't asked for the bot's name again
	importing chan struct{} // one place: reading a big file takes a core and much memory for seconds
	drawing   chan struct{} // a place for each desk that draws the whole queue: half of the processors stay for news
}

// New gives the handler of /console/. It fails only where the program itself is broken.
func New(d Deps, o Options) (http.Handler, error) {
	s := &site{Deps: d, Options: o, crowds: newCrowds(o), secure: strings.HasPrefix(o.PublicURL, "https://"), importing: make(chan struct{}, 1), keeping: make(chan struct{}, mostKept), drawing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Worklist == nil {
		s.Worklist = handoff.NewWorklist(d.Desk, nil, handoff.WorklistOptions{Log: s.Log})
	}
	if s.Heartbeat <= 0 {
		s.Heartbeat = 20 * time.Second
	}
	var err error
	if s.zone, err = time.LoadLocation("Europe/Sofia"); err != nil {
		return nil, fmt.Errorf("open the staff site: %w", err)
	}
	if s.assets, err = webchat.LoadAssets(assetFiles, "/console/static/"); err != nil {
		return nil, fmt.Errorf("open the staff site: %w", err)
	}
	if s.templates, err = parseTemplates(); err != nil {
		return nil, fmt.Errorf("open the staff site: %w", err)
	}
	if s.preview, err = webchat.NewPreview(); err != nil {
		return nil, fmt.Errorf("open the staff site: %w", err)
	}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.guarded(r))
	}
	mux.Handle("/console/", s.guarded(route{who: anybody(), handle: func(http.ResponseWriter, *http.Request) error { return errNotFound }}))
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(o.PublicURL); err == nil && u.Host != "" {
		// A proxy may have changed the Host that older browsers' Origin is compared with.
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("open the staff site: %w", err)
		}
	}
	guard.SetDenyHandler(s.guarded(route{who: anybody(), handle: func(http.ResponseWriter, *http.Request) error { return errForbidden }}))
	return guard.Handler(mux), nil
}
