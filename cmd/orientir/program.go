package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"orientir/deploy/local"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/knowledge"
	"orientir/retrieval"
	"orientir/retrieval/openai"
)

// Program is what every command that needs data stands on: servers, pool and the two lower floors.
type Program struct {
	config   Config
	log      *slog.Logger
	servers  *local.Servers // nil where both servers are somebody else's
	pool     *pgxpool.Pool
	standby  *postgres.Standby // nil where the database itself is searched
	redis    *redis.Client
	registry *prometheus.Registry
	tracer   trace.Tracer // nil: nothing is traced
	store    *knowledge.Store
	answerer *retrieval.Answerer
	clock    *postgres.Clock // the database's, by which all replicas go; nil: time.Now
}

// open attaches to the servers, or starts private ones, and brings the database up to date.
// With serving it holds the data directory for itself; a second one is refused with local.ErrBusy.
func open(ctx context.Context, c Config, log *slog.Logger, serving bool) (_ *Program, err error) {
	p := &Program{config: c, log: log, registry: prometheus.NewRegistry(), clock: postgres.NewClock(clock(c.DataDir))}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if c.DatabaseURL == "" || c.RedisURL == "" {
		start := local.Attach
		if serving {
			start = local.Start
		}
		p.servers, err = start(ctx, local.Options{DataDir: c.DataDir, Log: log, NeedPostgres: c.DatabaseURL == "", NeedRedis: c.RedisURL == ""})
		if err != nil {
			return nil, err
		}
	}
	databaseURL, redisURL := c.DatabaseURL, c.RedisURL
	if databaseURL == "" {
		databaseURL = p.servers.DatabaseURL
	}
	if redisURL == "" {
		redisURL = p.servers.RedisURL
	}
	if p.pool, err = postgres.Open(ctx, databaseURL, postgres.Options{}); err != nil {
		return nil, err
	}
	if err = postgres.MigrateWith(ctx, p.pool, postgres.MigrateOptions{Log: log}); err != nil {
		return nil, err
	}
	if fault := p.clock.Look(ctx, p.pool); fault != nil { // slow, it may be: the machine's clock does until the next look
		log.Warn("the database's clock was not read", "err", fault)
	}
	// Redis may be away for commands too: each pod migrates before it serves, and what commands tell others a sweep finds.
	if p.redis, err = redis.Open(ctx, redisURL, redis.Options{Log: log, MayBeAway: true}); err != nil {
		return nil, err
	}
	if serving && c.SearchURL != "" {
		if p.standby, err = postgres.OpenStandby(ctx, p.pool, c.SearchURL, log); err != nil {
			return nil, err
		}
	}
	p.store = knowledge.NewStore(p.pool)
	p.answerer = retrieval.New(p.pool, p.store, p.retrievalOptions(serving))
	return p, nil
}

// now is the clock of the floors above; nil is time.Now.
func (p *Program) now() func() time.Time {
	if p.clock == nil {
		return nil
	}
	return p.clock.Now
}

// retrievalOptions say which model helps, if any. What an operator asks on the terminal is not taken from people's budget.
func (p *Program) retrievalOptions(serving bool) retrieval.Options {
	o := retrieval.Options{Log: p.log, Registry: p.registry, Now: p.now(), Standby: p.standby}
	c := p.config
	if c.OpenAIKey != "" || c.OpenAIURL != "" {
		models := openai.Options{
			Log: p.log, Registerer: p.registry, Key: c.OpenAIKey, BaseURL: c.OpenAIURL, ChatModel: c.ChatModel, EmbeddingModel: c.EmbeddingModel, Price: c.ModelPrice,
		}
		if serving {
			models.Budget = openai.Budget{Counter: p.redis, PerContact: c.TokensPerContact, PerDay: c.TokensPerDay}
		}
		client := openai.New(models)
		if c.EmbeddingModel != "" {
			o.Embedder = client
		}
		if c.ChatModel != "" {
			o.Completer = client
		}
	}
	return o
}

// learning is what a person reads while the first model is learned.
const learning = "Ориентир чете упътванията и се учи от въпросите. Първия път отнема около минута."

// know loads the starter knowledge and sees that questions can be answered from it: with the model that serves, which finds
// what is new too, or where there is none yet with one that is learned now.
func (p *Program) know(ctx context.Context, progress io.Writer) error {
	if _, err := p.store.LoadStarter(ctx); err != nil {
		return fmt.Errorf("load the starter knowledge: %w", err)
	}
	ready, err := p.answerer.Ready(ctx)
	if err != nil || ready {
		return err
	}
	fmt.Fprintln(progress, learning)
	return p.answerer.Update(ctx)
}

// Close gives back everything that open took, in reverse order; private servers stop with it.
func (p *Program) Close() error {
	var faults []error
	if p.redis != nil {
		faults = append(faults, p.redis.Close())
	}
	if p.standby != nil {
		p.standby.Close()
	}
	if p.pool != nil {
		p.pool.Close()
	}
	if p.servers != nil {
		faults = append(faults, p.servers.Close())
	}
	return errors.Join(faults...)
}
