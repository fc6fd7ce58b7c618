package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// sample is what a process and its database use at a moment.
type sample struct {
	rss, heap, stack      float64 // bytes; heap after a collection where one was asked for
	goroutines, files     float64
	cpu                   float64 // processor seconds so far
	postgresCPU, redisCPU float64
	connections           float64 // of PostgreSQL
	transactions          float64 // of the database so far; each statement outside one is one
	turnedAway            float64
}

// scrape reads the metrics of a process; collect lets it collect garbage first.
func scrape(ctx context.Context, address string, collect bool) (s sample, err error) {
	if collect {
		for range 2 { // the second gives back what finalisers freed, and shrinks stacks again
			err := fetchLines(ctx, address+"/debug/pprof/heap?gc=1", func(string) {})
			if errors.Is(err, errNoPage) { // a program of before it showed profiles: its heap then holds some garbage
				break
			}
			if err != nil {
				return s, err
			}
		}
	}
	err = fetchLines(ctx, address+"/metrics", func(line string) {
		name, value, ok := strings.Cut(line, " ")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil {
			return
		}
		switch {
		case name == "process_resident_memory_bytes":
			s.rss = v
		case name == "go_memstats_heap_alloc_bytes":
			s.heap = v
		case name == "go_memstats_stack_inuse_bytes":
			s.stack = v
		case name == "go_goroutines":
			s.goroutines = v
		case name == "process_open_fds":
			s.files = v
		case name == "process_cpu_seconds_total":
			s.cpu = v
		case strings.HasPrefix(name, "orientir_turned_away_total"):
			s.turnedAway += v
		}
	})
	return s, err
}

var errNoPage = errors.New("there is no such page")

func fetchLines(ctx context.Context, address string, take func(string)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%s: %w", address, errNoPage)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		take(lines.Text())
	}
	return nil // what a profile is made of has no lines to speak of
}

// sample looks at the program and its servers.
func (n *node) sample(ctx context.Context, collect bool) (sample, error) {
	s, err := scrape(ctx, n.metrics, collect)
	if err != nil {
		return s, fmt.Errorf("read the program's metrics: %w", err)
	}
	s.postgresCPU, s.redisCPU = n.serverCPU()
	err = n.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())::float8, (xact_commit + xact_rollback)::float8
		FROM pg_stat_database WHERE datname = current_database()`).Scan(&s.connections, &s.transactions)
	if err != nil {
		return s, fmt.Errorf("read the database's counters: %w", err)
	}
	return s, nil
}

// settled is a sample of a program that has got rid of what its start needed.
func (n *node) settled(ctx context.Context) (s sample, err error) {
	for range 12 {
		before := s.heap
		if s, err = n.sample(ctx, true); err != nil || math.Abs(s.heap-before) < s.heap/100 {
			return s, err
		}
		pauseFor(ctx, 5*time.Second)
	}
	return s, nil
}

// ticks is how many parts of a second Linux counts processor time in (USER_HZ).
const ticks = 100

// serverCPU adds up the processor seconds of the private servers, ended children too.
func (n *node) serverCPU() (postgres, redis float64) {
	dir, err := filepath.EvalSymlinks(n.o.data)
	if err != nil {
		dir = n.o.data
	}
	type process struct {
		parent int
		used   float64 // with ended children
	}
	all := map[int]process{}
	roots := map[int]*float64{}
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(entry + "/stat")
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 15 {
			continue
		}
		var p process
		p.parent, _ = strconv.Atoi(fields[1])
		for _, f := range fields[11:15] { // utime, stime, cutime, cstime (proc(5), 14 to 17)
			v, _ := strconv.ParseFloat(f, 64)
			p.used += v / ticks
		}
		all[pid] = p
		line, _ := os.ReadFile(entry + "/cmdline")
		switch words := string(line); {
		case strings.Contains(words, filepath.Join(dir, "postgres")+"\x00") && strings.Contains(words, "-D\x00"):
			roots[pid] = &postgres
		case strings.HasPrefix(filepath.Base(strings.SplitN(words, "\x00", 2)[0]), "redis-server") && inside(entry, dir):
			roots[pid] = &redis
		}
	}
	for pid, p := range all {
		if sum := roots[pid]; sum != nil {
			*sum += p.used
		} else if sum := roots[p.parent]; sum != nil {
			*sum += p.used
		}
	}
	return postgres, redis
}

// inside says that a process works in a directory below dir.
func inside(process, dir string) bool {
	at, err := os.Readlink(process + "/cwd")
	return err == nil && (at == dir || strings.HasPrefix(at, dir+"/"))
}
