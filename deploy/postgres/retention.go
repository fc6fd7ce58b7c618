package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Effect says what becomes of rows when their time is over.
type Effect string

// The effects.
const (
	Deleted  Effect = "deleted"  // the rows go
	Unworded Effect = "unworded" // their words go, what is counted stays
)

// Rule says how long one kind of data is kept and ends it. The package that owns the table writes the rule.
type Rule struct {
	Kind   string // «conversations»: a label of the metrics, a key of phrases
	Table  string // the first of the tables that it ends
	Owner  string // package, «handoff/staff»
	Keep   time.Duration
	Effect Effect
	// Oldest selects the instant from which the oldest row's time runs; no row, or NULL, where there is none.
	Oldest string
	// End ends at most @most rows whose time began before @before. It is one statement: a crash ends it whole or not at all. It finds them by an
	// index that holds nothing that was ended before, however old they are: a round that failed, or had too much to do, is made up for by the next.
	End string
	// EndWith is End in code, for what several floors keep.
	EndWith func(ctx context.Context, before time.Time, most int) (ended int, err error)
	// Swept names what ends the rows more often than these rounds do; then the rule has neither End nor EndWith and only tells of them.
	Swept string
}

// RetentionOptions of a Keeper; the zero value works.
type RetentionOptions struct {
	Log      *slog.Logger          // default: nothing is logged
	Now      func() time.Time      // clock; default time.Now
	Registry prometheus.Registerer // where metrics go; default: nowhere
	Every    time.Duration         // between rounds; default one hour
	Batch    int                   // rows in a transaction; default 500
	Most     int                   // rows of a rule in a round, so that none keeps the others waiting; default 200,000
	Pause    time.Duration         // between two batches, so that people come first; default 20 ms
}

// Keeper ends what has been kept long enough. It owns no table: each rule is its package's own.
type Keeper struct {
	pool   *pgxpool.Pool
	rules  []Rule
	o      RetentionOptions
	ended  *prometheus.CounterVec
	oldest *prometheus.GaugeVec
	kept   *prometheus.GaugeVec
	failed *prometheus.CounterVec
}

// NewKeeper makes a keeper of rules.
func NewKeeper(pool *pgxpool.Pool, rules []Rule, o RetentionOptions) *Keeper {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every <= 0 {
		o.Every = time.Hour
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.Most <= 0 {
		o.Most = 200_000
	}
	if o.Pause <= 0 {
		o.Pause = 20 * time.Millisecond
	}
	k := &Keeper{pool: pool, rules: rules, o: o,
		ended:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "orientir_retention_rows_total", Help: "Rows ended because their time was over, by kind."}, []string{"kind"}),
		oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "orientir_retention_oldest_seconds", Help: "Age of the oldest row of a kind; 0 where there is none."}, []string{"kind"}),
		kept:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "orientir_retention_keep_seconds", Help: "How long rows of a kind are kept."}, []string{"kind"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "orientir_retention_failures_total", Help: "Rounds in which a kind could not be ended."}, []string{"kind"}),
	}
	if o.Registry != nil {
		o.Registry.MustRegister(k.ended, k.oldest, k.kept, k.failed)
	}
	for _, r := range rules {
		k.kept.WithLabelValues(r.Kind).Set(r.Keep.Seconds())
	}
	return k
}

// Run makes rounds until ctx ends, on one replica at a time. A killed round is made again by whoever leads next.
func (k *Keeper) Run(ctx context.Context) error {
	return Lead(ctx, k.pool, "retention", func(ctx context.Context) error {
		tick := time.NewTicker(k.o.Every)
		defer tick.Stop()
		for {
			if err := Round(ctx, "retention", k.Round); err != nil && ctx.Err() == nil {
				k.o.Log.Error("end what was kept long enough", "err", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

// Round ends what is over by every rule. A rule that fails doesn't keep the others from their work.
func (k *Keeper) Round(ctx context.Context) error {
	var faults []error
	now := k.o.Now()
	for _, r := range k.rules {
		ended, err := k.end(ctx, r, now.Add(-r.Keep))
		k.ended.WithLabelValues(r.Kind).Add(float64(ended))
		if ended > 0 {
			k.o.Log.Info("ended what was kept long enough", "kind", r.Kind, "rows", ended)
		}
		if err == nil {
			err = k.look(ctx, r, now)
		}
		if err != nil {
			k.failed.WithLabelValues(r.Kind).Inc()
			faults = append(faults, fmt.Errorf("end %s: %w", r.Kind, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(faults...)
}

func (k *Keeper) end(ctx context.Context, r Rule, before time.Time) (ended int, err error) {
	for ended < k.o.Most && r.Swept == "" {
		var n int
		if r.EndWith != nil {
			n, err = r.EndWith(ctx, before, k.o.Batch)
		} else {
			tag, e := k.pool.Exec(ctx, r.End, pgx.NamedArgs{"before": before, "most": k.o.Batch})
			n, err = int(tag.RowsAffected()), e
		}
		ended += n
		if err != nil || n == 0 {
			return ended, err
		}
		if !sleep(ctx, k.o.Pause) {
			return ended, ctx.Err()
		}
	}
	return ended, nil
}

// look notes how old the oldest row is.
func (k *Keeper) look(ctx context.Context, r Rule, now time.Time) error {
	var oldest *time.Time
	err := k.pool.QueryRow(ctx, r.Oldest).Scan(&oldest)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look for the oldest: %w", err)
	}
	age := 0.0
	if oldest != nil {
		age = max(0, now.Sub(*oldest).Seconds())
	}
	k.oldest.WithLabelValues(r.Kind).Set(age)
	return nil
}
