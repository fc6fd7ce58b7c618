package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/bot/webchat"
	"orientir/deploy/local"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/deploy/watch"
	"orientir/handoff"
	"orientir/handoff/console"
	"orientir/handoff/group"
	"orientir/handoff/mail"
	"orientir/handoff/oidc"
	"orientir/handoff/staff"
	"orientir/handoff/statistics"
	"orientir/knowledge"
	"orientir/retrieval"
)

// The limits that keep a slow or broken client from holding a connection. Streams write for as long as they live.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 5 * time.Minute // for a whole answer to somebody who hardly reads; a stream has its own for each event
	idleTimeout       = 2 * time.Minute
	maxHeader         = 32 << 10         // bytes of a request's line and headers
	drainTimeout      = 10 * time.Second // for requests under way when the program stops
	lastWords         = time.Second      // of it, to answer what could not be done in time
	greetEvery        = time.Second
)

const serveHelp = `Пуска сървъра: чата, Telegram, страниците на екипа и програмния интерфейс.

Настройките са променливи на средата; нито една не е задължителна. README.md изброява всички. За езиков модел:
  OPENAI_BASE_URL, OPENAI_API_KEY      сървър, който говори като OpenAI
  ORIENTIR_CHAT_MODEL                  помага да се разбере въпросът и пише отговор, проверен дума по дума
  ORIENTIR_EMBEDDING_MODEL             вектори за търсене, редом с вградените
  ORIENTIR_MODEL_TOKENS_PER_CONTACT    токени на човек за ден, по подразбиране 60000; 0 е без граница
  ORIENTIR_MODEL_TOKENS_PER_DAY        токени общо за ден, по подразбиране 3000000; 0 е без граница
  ORIENTIR_MODEL_PRICE                 цена на милион токени за метриките: ВХОД/ИЗХОД ВАЛУТА, например «0.15/0.60 EUR»
Без модел отговорите се подреждат от самите упътвания.`

func serveCommand(env func(string) string) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Пуска сървъра: чата, Telegram, страниците на екипа и програмния интерфейс",
		Long:  serveHelp,
		Args:  takes(false),
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := LoadConfig(env)
			if err != nil {
				return fmt.Errorf("настройките имат грешки:\n%w", err)
			}
			log := newLog(os.Stderr, config.Log, false)
			redis.LogTo(log)
			boundMemory(os.DirFS("/"), config.MemoryLimit, config.DatabaseURL == "" || config.RedisURL == "", log)
			p, err := open(c.Context(), config, log, true)
			if errors.Is(err, local.ErrBusy) {
				return fmt.Errorf("друг «orientir serve» вече работи с %s", config.DataDir)
			}
			if err != nil {
				return err
			}
			if config.Traces != nil {
				logTraceFaults(log)
				var end func()
				if p.tracer, end, err = tracing(newOTLP(config.Traces, config.TracesHeader), log); err != nil {
					return errors.Join(err, p.Close())
				}
				defer end()
			}
			err = p.serve(c.Context(), c.OutOrStdout())
			return errors.Join(err, p.Close())
		},
	}
}

// serve runs the server until asked ends and the drain is over, and everything that it started has ended when it returns.
func (p *Program) serve(asked context.Context, out io.Writer) error {
	listener, err := net.Listen("tcp", p.config.Addr)
	if err != nil {
		return fmt.Errorf("слушането на %s не стана: %w", p.config.Addr, err)
	}
	metricsListener, err := net.Listen("tcp", p.config.MetricsAddr)
	if err != nil {
		listener.Close()
		return fmt.Errorf("метриките на %s не станаха: %w", p.config.MetricsAddr, err)
	}
	registry := p.registry
	site, err := p.build(registry)
	if err != nil {
		return errors.Join(err, listener.Close(), metricsListener.Close())
	}
	p.measure(registry, site)
	metrics := http.NewServeMux()
	// Here too: whoever takes all connections of the site must not have the program taken for dead.
	metrics.HandleFunc("GET /healthz", p.healthz)
	metrics.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	if p.config.Profiles {
		showProfiles(metrics)
	}

	base, stop := context.WithCancel(postgres.WithLeads(postgres.WithJobs(context.WithoutCancel(asked), watch.NewJobs(registry)), p.pool, p.log))
	defer stop()
	group, ctx := errgroup.WithContext(base)
	group.Go(func() error {
		site.drain.run(ctx, asked)
		stop()
		return nil
	})
	// Present until everything has ended: nobody takes over what this process is just bringing to an end.
	heirs := []postgres.Heir{site.engine.Inherit}
	if site.group != nil {
		heirs = append(heirs, site.group.Inherit)
	}
	present, leave := context.WithCancel(context.WithoutCancel(base))
	var left sync.WaitGroup
	left.Go(func() { site.presence.Run(present, heirs...) })
	defer left.Wait()
	defer leave()
	// What one replica does for all passes on to another at the first sign of the end.
	jobs, passOn := context.WithCancel(ctx)
	defer context.AfterFunc(asked, passOn)()
	job := func(run func(context.Context) error) {
		group.Go(func() error {
			err := run(jobs)
			if jobs.Err() != nil && errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		})
	}
	runServer(ctx, group, p.log, site.handler, boundConnections(listener, p.log))
	runServer(ctx, group, p.log, metrics, metricsListener)
	// Pages, /healthz and what people write are taken at once; answers come when there is an index to answer from.
	group.Go(func() error { return p.redis.Run(ctx) })
	group.Go(func() error { return p.clock.Run(ctx, p.pool, p.log) })
	if p.standby != nil {
		group.Go(func() error { return p.standby.Run(ctx) })
	}
	group.Go(func() error { return site.engine.Run(ctx) })
	group.Go(func() error { return site.desk.Run(ctx) })
	group.Go(func() error { return site.notices.Run(ctx) })
	job(site.worklist.Run)
	job(site.replays.Run)
	job(site.notices.RunYearly)
	job(site.notices.RunReviews)
	job(site.notices.RunEditors)
	job(func(ctx context.Context) error { return site.conversations.RunTrainings(ctx, p.store) })
	job(site.news.Run)
	job(site.retention.Run)
	if site.links != nil {
		job(site.links.Run)
	}
	job(site.engine.RunAftermaths)
	job(func(ctx context.Context) error { return statistics.Run(ctx, p.pool, p.log, p.now()) })
	if site.oidc != nil {
		group.Go(func() error { site.oidc.Check(ctx); return nil })
	}
	if site.telegram != nil {
		job(func(ctx context.Context) error { return site.telegram.Run(ctx, site.engine) })
		group.Go(func() error { return site.group.Run(ctx) })
	}
	job(func(ctx context.Context) error {
		if err := p.loadStarter(ctx); err != nil {
			return err
		}
		return p.answerer.Run(ctx)
	})
	group.Go(func() error { return p.greet(ctx, out, site.staff) })
	if !site.staff.SecondStepWorks() {
		group.Go(func() error { p.tellAsleep(ctx, site.staff); return nil })
	}
	group.Go(func() error {
		manager := notifier{p.config.NotifySocket, p.config.Watchdog}
		manager.run(ctx, p.log, func(ctx context.Context) error {
			_, err := askHealth(ctx, metricsListener.Addr().String(), "/healthz")
			return err
		})
		return nil
	})
	err = group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// site is the upper floors, wired.
type site struct {
	drain         *drain
	presence      *postgres.Presence
	ready         *readiness
	handler       http.Handler
	staff         *staff.Store
	conversations *bot.Conversations
	engine        *bot.Engine
	desk          *handoff.Desk
	worklist      *handoff.Worklist
	notices       *handoff.Notices
	news          *bot.Broadcaster
	replays       *retrieval.Replays
	retention     *postgres.Keeper
	links         *knowledge.LinkChecker // nil where addresses are not asked for
	telegram      *telegram.Bot          // nil without a token
	group         *group.Desk            // nil without a token
	oidc          *oidc.Provider         // nil: nobody signs in with an outside provider
}

func (p *Program) build(registry prometheus.Registerer) (*site, error) {
	s := &site{drain: newDrain(p.config.Drain), presence: postgres.NewPresence(p.pool, p.log)}
	s.ready = &readiness{draining: s.drain.draining, lacks: p.lacks, answered: s.presence.Answered, asks: p.reaches, others: p.redis}
	counted := newHTTPMetrics(registry)
	public := strings.TrimSuffix(p.config.PublicURL.String(), "/")
	conversations := bot.NewConversations(p.pool, p.redis, bot.Options{Log: p.log, Mask: p.store.Mask, Registerer: registry, Tracer: p.tracer, Now: p.now()})
	s.conversations = conversations
	vault, err := p.config.vault(p.log)
	if err != nil {
		return nil, err
	}
	accounts := staff.Options{Now: p.now(), Registerer: registry}
	if vault != nil {
		accounts.Vault = vault
	}
	s.staff = staff.NewStore(p.pool, accounts)
	s.desk = handoff.NewDesk(p.pool, p.store, conversations, s.staff, p.redis, handoff.Options{Log: p.log, Registry: registry, Vault: vault, Now: p.now()})
	if p.config.LinkChecks {
		s.links = knowledge.NewLinkChecker(p.pool, p.store, knowledge.LinkOptions{Log: p.log, PublicURL: public, Outgoing: p.config.Outgoing})
	}
	s.worklist = handoff.NewWorklist(s.desk, p.answerer, handoff.WorklistOptions{Log: p.log})

	var channels []bot.Channel
	var heralds []bot.Herald
	inbox := group.NewInbox(p.pool, conversations, p.redis, group.Options{Log: p.log, Now: p.now()})
	if p.config.TelegramToken != "" {
		t, err := telegram.New(p.pool, p.redis, telegram.Options{
			Token: p.config.TelegramToken, APIURL: p.config.TelegramURL,
			WebhookURL: p.config.WebhookURL(), Secret: p.config.WebhookSecret, Log: p.log, Registerer: registry, Tracer: p.tracer,
			Link: group.Linker(s.staff), Groups: inbox, Away: s.ready.allAway, Crowd: bot.CrowdOptions{Registerer: registry},
			Export: func(ctx context.Context, conversation int64) (string, []byte, error) {
				return s.engine.ExportPerson(ctx, conversation)
			},
		})
		if err != nil {
			return nil, err
		}
		s.telegram = t
		s.group = group.New(inbox, s.desk, s.staff, t, group.Options{Log: p.log, Now: p.now(), Presence: s.presence})
		channels, heralds = append(channels, t), append(heralds, t)
	}
	if s.news, err = bot.NewBroadcaster(conversations, p.store, heralds, bot.BroadcastOptions{Log: p.log, Registerer: registry}); err != nil {
		return nil, err
	}
	notices := handoff.NoticeOptions{Log: p.log, PublicURL: public}
	if p.config.Mail != nil {
		notices.Mail = mail.New(*p.config.Mail, mail.Options{})
	}
	if s.telegram != nil {
		notices.Telegram = s.telegram.Tell
	}
	s.notices = handoff.NewNotices(s.desk, notices)
	forgetAnswers := func(ctx context.Context, tx postgres.DB, contact int64) error {
		conversation, ok, err := conversations.OfContact(ctx, tx, contact)
		if err != nil || !ok {
			return err
		}
		return p.answerer.Forget(ctx, tx, []int64{conversation})
	}
	exportAnswers := func(ctx context.Context, db postgres.DB, contact int64) ([]bot.Holding, error) {
		conversation, ok, err := conversations.OfContact(ctx, db, contact)
		if err != nil || !ok {
			return nil, err
		}
		list, err := p.answerer.Export(ctx, db, conversation)
		return []bot.Holding{{Name: bot.HeldAnswers, Count: len(list), Rows: list}}, err
	}
	engineOptions := bot.EngineOptions{
		Log: p.log, Registerer: registry, Tracer: p.tracer, PublicURL: public, Limits: bot.Limits{Off: !p.config.RateLimits},
		Forget: []func(context.Context, postgres.DB, int64) error{statistics.New(p.pool).Forget, inbox.Forget, s.worklist.Forget, s.desk.Forget, forgetAnswers},
		Waits: func(ctx context.Context, conversation int64) (bool, error) {
			if _, open, err := s.desk.Status(ctx, p.pool, conversation); open || err != nil {
				return open, err
			}
			until, err := s.worklist.AwaitsAnswer(ctx, conversation)
			return !until.IsZero(), err
		},
		Export:    []func(context.Context, postgres.DB, int64) ([]bot.Holding, error){exportAnswers, s.desk.Export, inbox.Export, s.worklist.Export, statistics.New(p.pool).Export},
		Aftercare: s.desk, Editors: s.worklist, Presence: s.presence,
	}
	if vault != nil {
		engineOptions.Callbacks = s.desk
	}
	if p.config.ChatModel != "" {
		engineOptions.Phrase = p.answerer.Phrase
	}
	s.engine = bot.NewEngine(conversations, p.answerer, p.store, s.desk, channels, engineOptions)
	rules := p.retention(s)
	s.retention = postgres.NewKeeper(p.pool, rules, postgres.RetentionOptions{Log: p.log, Now: p.now(), Registry: registry})
	chat := webchat.New(s.engine, conversations, p.answerer, p.store, p.redis, webchat.Options{
		Log: p.log, DB: p.pool, Now: p.now(), PublicURL: public, EmbedOrigins: p.config.EmbedOrigins, TrustedProxies: p.config.TrustedProxies, NoLimits: !p.config.RateLimits,
		Searches: bot.CrowdOptions{Registerer: registry}, Messages: bot.CrowdOptions{Registerer: registry},
		Callbacks:    vault != nil,
		Panicked:     counted.panics.Inc,
		Open:         statistics.New(p.pool),
		Report:       s.worklist.ReportPage,
		AwaitsAnswer: s.worklist.AwaitsAnswer,
		Operator:     p.config.Operator, OperatorContact: p.config.OperatorContact, RetentionDays: p.config.KeepConversations,
		Kept:         keptOnPage(rules),
		OutsideModel: p.config.ChatModel != "" || p.config.EmbeddingModel != "",
		Ticket: func(ctx context.Context, conversation int64) (bot.Ticket, bool, error) {
			return s.desk.Status(ctx, p.pool, conversation)
		},
	})
	s.replays = retrieval.NewReplays(p.pool, p.answerer, retrieval.ReplayOptions{Log: p.log})
	if p.config.OIDC != nil {
		options := *p.config.OIDC
		issuer, err := url.Parse(options.Issuer)
		if err != nil {
			return nil, fmt.Errorf("read the sign-in provider's address: %w", err)
		}
		options.Log, options.Client = p.log, p.config.Outgoing.Client(20*time.Second, issuer)
		s.oidc = oidc.New(options)
	}
	deps := console.Deps{
		DB: p.pool, Staff: s.staff, Desk: s.desk, Worklist: s.worklist, Conversations: conversations, Knowledge: p.store, Answerer: p.answerer, Trials: p.answerer, Replays: s.replays, Redis: p.redis, Typing: s.engine,
		Mail: notices.Mail,
	}
	if s.oidc != nil {
		deps.Provider = s.oidc
	}
	if s.telegram != nil {
		deps.Telegram, deps.Groups, deps.NewsTrial = s.telegram, s.group, s.telegram.ShowNews
	}
	desk, err := console.New(deps, console.Options{
		Log: p.log, PublicURL: public, TrustedProxies: p.config.TrustedProxies,
		Desks: bot.CrowdOptions{Registerer: registry}, Pages: bot.CrowdOptions{Registerer: registry}, Doors: bot.CrowdOptions{Registerer: registry},
		Files: bot.CrowdOptions{Registerer: registry}, Providers: bot.CrowdOptions{Registerer: registry},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, r := range p.routes(s, chat, desk) {
		mux.Handle(r.pattern, r.handler)
	}
	handler := counted.count(mux)
	if p.tracer != nil {
		handler = traced(p.tracer, handler)
	}
	s.handler = fortified(p.config.PublicURL.Scheme == "https", s.drain.handler(handler))
	return s, nil
}

// loadStarter loads the starter knowledge. A database that is away for the moment is waited for: what people write is taken meanwhile, or they are told.
func (p *Program) loadStarter(ctx context.Context) error {
	for {
		_, err := p.store.LoadStarter(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if !postgres.Away(err) {
			return fmt.Errorf("load the starter knowledge: %w", err)
		}
		p.log.Warn("the starter knowledge waits for the database", "err", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// lacks names what a request for an answer would miss now, or "" where nothing.
func (p *Program) lacks(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if current, err := postgres.SchemaCurrent(ctx, p.pool); err != nil {
		return "the database does not answer"
	} else if !current {
		return "migrations are pending"
	}
	if ready, err := p.answerer.Ready(ctx); err != nil || !ready {
		return "the index is being built"
	}
	return ""
}

// reaches asks the database for anything at all.
func (p *Program) reaches(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return p.pool.Ping(ctx)
}

// newServer gives a server that lets nobody hold a connection, or memory, for long.
func newServer(log *slog.Logger, h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), // a panic among them
	}
}

// runServer serves until ctx ends, then lets requests under way finish for drainTimeout, the whole of it. Streams don't end by themselves: whoever
// ends ctx ends them (see drain).
func runServer(ctx context.Context, group *errgroup.Group, log *slog.Logger, h http.Handler, l net.Listener) {
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	server := newServer(log, h)
	server.BaseContext = func(net.Listener) context.Context { return requests }
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		defer end()
		defer time.AfterFunc(drainTimeout-lastWords, end).Stop()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if err := server.Shutdown(drain); err != nil {
			return server.Close()
		}
		return nil
	})
}

// greet prints the addresses once questions are answered, and to a terminal how the first administrator comes in.
func (p *Program) greet(ctx context.Context, out io.Writer, accounts *staff.Store) error {
	tick := time.NewTicker(greetEvery)
	defer tick.Stop()
	for waits := 0; p.lacks(ctx) != ""; waits++ {
		if waits == 1 {
			fmt.Fprintln(out, learning)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	base := p.config.PublicURL
	fmt.Fprintf(out, "\nОриентир работи.\n  Чат:    %s\n  Екип:   %s\n  API:    %s\n", base, base.JoinPath("console/"), base.JoinPath("api", "v1", "ask"))
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(out, "  Нов администратор: orientir staff add --role admin ИМЕЙЛ")
		return nil
	}
	token, wanted, err := accounts.FirstAdminLink(ctx)
	if err != nil { // people are served all the same; the next start makes the link
		p.log.Error("make the first administrator's link", "err", err)
		return nil
	}
	if wanted {
		link := base.JoinPath("console", "welcome")
		link.RawQuery = "token=" + token
		fmt.Fprintf(out, "  Първи администратор (един час, само веднъж): %s\n", link)
	}
	return nil
}
