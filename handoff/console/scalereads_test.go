package console

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// statement is a query as it went to the database.
type statement struct {
	sql  string
	args []any
}

// recorder is a tracer that keeps the statements of a page, to be looked at one by one.
type recorder struct {
	mu   sync.Mutex
	on   bool
	kept []statement
}

func (r *recorder) record() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on, r.kept = true, nil
}

func (r *recorder) stop() []statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	return r.kept
}

func (r *recorder) keep(sql string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		r.kept = append(r.kept, statement{sql, args})
	}
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	r.keep(q.SQL, q.Args)
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	r.keep(q.SQL, q.Args)
}

func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// plan is a node of a plan, as EXPLAIN gives it.
type plan struct {
	Node    string `json:"Node Type"`
	Table   string `json:"Relation Name"`
	Hit     int    `json:"Shared Hit Blocks"`
	Read    int    `json:"Shared Read Blocks"`
	Spilled int    `json:"Temp Read Blocks"`
	Plans   []plan
}

// blocks runs a statement once more, undone afterwards, and says how many blocks of 8 kB it read. Of what has no plan it says nothing.
func (c *country) blocks(s statement) int {
	c.Helper()
	p := c.explain(s, `ANALYZE, BUFFERS, TIMING off,`)
	return p.Hit + p.Read + p.Spilled
}

// scanned are the tables that a statement would read from end to end although they are to be read by their indexes: they have none for it.
func (c *country) scanned(s statement) []string {
	c.Helper()
	return c.explain(s, ``, `SET LOCAL enable_seqscan = off`).scanned()
}

func (c *country) explain(s statement, how string, before ...string) plan {
	c.Helper()
	if !planned.MatchString(s.sql) {
		return plan{}
	}
	tx, err := c.pool.Begin(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	defer tx.Rollback(c.Context())
	for _, sql := range before {
		if _, err := tx.Exec(c.Context(), sql); err != nil {
			c.Fatal(err)
		}
	}
	var said []byte
	if err := tx.QueryRow(c.Context(), "EXPLAIN ("+how+" FORMAT JSON) "+s.sql, s.args...).Scan(&said); err != nil {
		c.Fatalf("%v in %s", err, s.sql)
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal(said, &plans); err != nil || len(plans) != 1 {
		c.Fatalf("%v: %s", err, said)
	}
	return plans[0].Plan
}

func (p plan) scanned() (tables []string) {
	if p.Node == "Seq Scan" {
		tables = append(tables, p.Table)
	}
	for _, below := range p.Plans {
		tables = append(tables, below.scanned()...)
	}
	return tables
}

// worked is how long the processors have been at it so far, for this process and for the database's: what a page needs when nothing else
// goes on. ok is false where the system doesn't say.
func (c *country) worked() (sum time.Duration, ok bool) {
	c.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, false
	}
	sum = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	rows, err := c.pool.Query(c.Context(), `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`)
	if err != nil {
		c.Fatal(err)
	}
	backends, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		c.Fatal(err)
	}
	for _, pid := range backends {
		said, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
		if err != nil {
			return 0, false
		}
		spent, _, _ := strings.Cut(string(said), " ")
		ns, err := strconv.ParseInt(spent, 10, 64)
		if err != nil {
			return 0, false
		}
		sum += time.Duration(ns)
	}
	return sum, true
}

// planned finds what has a plan, behind what is said of it.
var planned = regexp.MustCompile(`^(?:\s|--.*\n)*(?i:SELECT|WITH|INSERT|UPDATE|DELETE)\b`)
