package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/watch"
)

// PoolMetrics tells how a pool's connections are used. It reads no database.
func PoolMetrics(pool *pgxpool.Pool) prometheus.Collector {
	m := &poolMetrics{pool: pool}
	for _, f := range []struct {
		name, help string
		kind       prometheus.ValueType
		of         func(*pgxpool.Stat) float64
	}{
		{"orientir_pool_acquired_connections", "Connections in use.", prometheus.GaugeValue, func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) }},
		{"orientir_pool_idle_connections", "Connections that nobody uses.", prometheus.GaugeValue, func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) }},
		{"orientir_pool_max_connections", "Most connections at a time.", prometheus.GaugeValue, func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) }},
		{"orientir_pool_acquires_total", "Connections that were given out.", prometheus.CounterValue, func(s *pgxpool.Stat) float64 { return float64(s.AcquireCount()) }},
		{"orientir_pool_waits_total", "Connections that had to be waited for, because none was idle.", prometheus.CounterValue, func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) }},
		{"orientir_pool_wait_seconds_total", "How long connections were waited for, all waits together.", prometheus.CounterValue, func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() }},
		{"orientir_pool_given_up_total", "Waits for a connection that ended without one.", prometheus.CounterValue, func(s *pgxpool.Stat) float64 { return float64(s.CanceledAcquireCount()) }},
	} {
		m.figures = append(m.figures, poolFigure{prometheus.NewDesc(f.name, f.help, nil, nil), f.kind, f.of})
	}
	return m
}

type poolMetrics struct {
	pool    *pgxpool.Pool
	figures []poolFigure
}

type poolFigure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*pgxpool.Stat) float64
}

func (m *poolMetrics) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range m.figures {
		descs <- f.desc
	}
}

func (m *poolMetrics) Collect(metrics chan<- prometheus.Metric) {
	stat := m.pool.Stat()
	for _, f := range m.figures {
		metrics <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(stat))
	}
}

// answeredLately is how old an answer may be that shows that the database is there: a presence asks each second, and then may wait for the pool for as
// long as it waits for an answer.
const answeredLately = 10 * time.Second

// DatabaseMetrics tells how the database is, as this process sees it. Asking costs two small statements. Of standbys it is told only where the role may
// know (a superuser, or a member of pg_monitor); who only takes the log or a copy, as backups do, replays nothing and is none. answered tells when the database last answered this process
// past the pool: one all of whose connections are in use says nothing of the database; nil: nobody knows.
func DatabaseMetrics(pool *pgxpool.Pool, o watch.SampleOptions, answered func() time.Time) prometheus.Collector {
	return watch.Sampled(o, []watch.Gauge{
		{Name: "orientir_database_up", Help: "1 where the database answered when it was last asked, else 0."},
		{Name: "orientir_database_ping_seconds", Help: "How long the database took to answer when it was last asked, a wait for a connection included."},
		{Name: "orientir_database_size_bytes", Help: "Size of the database."},
		{Name: "orientir_database_connections", Help: "Connections to the server, of everybody."},
		{Name: "orientir_database_max_connections", Help: "Most connections that the server takes."},
		{Name: "orientir_database_schema_version", Help: "Number of the last migration that has run."},
		{Name: "orientir_database_standbys", Help: "Standbys that follow the server."},
		{Name: "orientir_database_replication_lag_bytes", Help: "Bytes of the log that the farthest standby has yet to replay."},
	}, func(ctx context.Context, set watch.Set) error {
		began := time.Now()
		var one int
		if err := pool.QueryRow(ctx, `SELECT 1`).Scan(&one); err != nil {
			if answered != nil && time.Since(answered()) < answeredLately {
				set("orientir_database_up", 1)
			} else {
				set("orientir_database_up", 0)
			}
			return fmt.Errorf("ask whether the database answers: %w", err)
		}
		set("orientir_database_up", 1)
		set("orientir_database_ping_seconds", time.Since(began).Seconds())
		var size, connections, most, version, standbys float64
		var lag *float64
		err := pool.QueryRow(ctx, `
			SELECT pg_database_size(current_database()),
				(SELECT sum(numbackends) FROM pg_stat_database), current_setting('max_connections')::int,
				(SELECT version FROM `+versionTable+`), r.standbys, r.lag
			FROM (
				SELECT count(replay_lsn) AS standbys,
					max(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) END)::float8 AS lag
				FROM pg_stat_replication) AS r`).Scan(&size, &connections, &most, &version, &standbys, &lag)
		if err != nil {
			return fmt.Errorf("ask how the database is: %w", err)
		}
		set("orientir_database_size_bytes", size)
		set("orientir_database_connections", connections)
		set("orientir_database_max_connections", most)
		set("orientir_database_schema_version", version)
		set("orientir_database_standbys", standbys)
		if lag != nil {
			set("orientir_database_replication_lag_bytes", *lag)
		}
		return nil
	})
}
