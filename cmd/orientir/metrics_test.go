package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/deploy/watch"
	"orientir/knowledge"
	"orientir/retrieval"
	"orientir/retrieval/openai"
)

// documented is a row of deploy/metrics.md.
type documented struct {
	kind   string
	labels map[string][]string // values; «(jobs)» and the like are sets that the page explains
}

// metricsPage reads deploy/metrics.md.
func metricsPage(t *testing.T) map[string]documented {
	t.Helper()
	page, err := os.ReadFile("../../deploy/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]documented{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || !strings.HasPrefix(cells[0], " `") {
			continue
		}
		name := strings.Trim(cells[0], " `")
		row := documented{kind: strings.TrimSpace(cells[1]), labels: map[string][]string{}}
		for label := range strings.SplitSeq(cells[2], ";") {
			if label = strings.TrimSpace(label); label == "" {
				continue
			}
			l, values, ok := strings.Cut(label, "`: ")
			if !ok {
				t.Fatalf("%s: a label without its values: %s", name, label)
			}
			row.labels[strings.TrimPrefix(l, "`")] = strings.Split(values, ", ")
		}
		if _, twice := rows[name]; twice {
			t.Errorf("%s stands twice on the page", name)
		}
		rows[name] = row
	}
	return rows
}

// described is a registry that remembers all that it could tell, also of series that are not there yet.
type described struct {
	*prometheus.Registry
	names map[string][]string // labels by name
}

var descText = regexp.MustCompile(`fqName: "([^"]*)", help: ".*", constLabels: \{(.*)\}, variableLabels: \{([^}]*)\}\}$`)

func (d described) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		descs := make(chan *prometheus.Desc, 1000)
		c.Describe(descs)
		close(descs)
		for desc := range descs {
			found := descText.FindStringSubmatch(desc.String())
			if found == nil {
				panic(desc.String())
			}
			labels := strings.FieldsFunc(found[3], func(r rune) bool { return r == ',' })
			for constant := range strings.SplitSeq(found[2], ",") {
				if name, _, ok := strings.Cut(constant, "="); ok {
					labels = append(labels, name)
				}
			}
			slices.Sort(labels)
			d.names[found[1]] = labels
		}
	}
	d.Registry.MustRegister(list...)
}

// TestMetricsAndTheirPageSayTheSame wires the whole program, uses it, scrapes it, and holds what it tells to deploy/metrics.md: names, types,
// labels and their values; and the page to the program.
func TestMetricsAndTheirPageSayTheSame(t *testing.T) {
	t.Parallel()
	page := metricsPage(t)
	registry := described{prometheus.NewRegistry(), map[string][]string{}}
	pool, double := postgrestest.New(t), telegramtest.New(t, telegramtest.Options{})
	config, err := LoadConfig(func(name string) string {
		return map[string]string{"ORIENTIR_DATA_DIR": t.TempDir(), "TELEGRAM_BOT_TOKEN": double.Token, "TELEGRAM_API_URL": double.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{config: config, log: slog.New(slog.DiscardHandler), pool: pool, redis: redistest.New(t), store: knowledge.NewStore(pool)}
	model := openai.New(openai.Options{BaseURL: "http://127.0.0.1:1", ChatModel: "m", Registerer: registry})
	p.answerer = retrieval.New(pool, p.store, retrieval.Options{Registry: registry, Completer: model})
	site, err := p.build(registry)
	if err != nil {
		t.Fatal(err)
	}
	p.measure(registry, site)
	jobs := watch.NewJobs(registry)
	jobs.Leads("links", true)

	server := httptest.NewServer(site.handler)
	defer server.Close()
	for _, path := range []string{"/", "/guides/none-such", "/no/such/page/6101057509", "/console/", "/console/sign-in", "/healthz", "/static/none.css"} {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	odd, err := http.NewRequest("ODD", server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(odd); err != nil {
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}

	for name, labels := range registry.names {
		if !strings.HasPrefix(name, "orientir_") {
			continue
		}
		row, ok := page[name]
		if !ok {
			t.Errorf("deploy/metrics.md doesn't have %s%v", name, labels)
			continue
		}
		if has := sortedKeys(row.labels); !slices.Equal(has, labels) {
			t.Errorf("%s has the labels %v, deploy/metrics.md says %v", name, labels, has)
		}
	}
	scraped, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, family := range scraped {
		name := family.GetName()
		told[name] = true
		row, ok := page[name]
		if !ok {
			continue // of the process, or told of above
		}
		if kind := strings.ToLower(family.GetType().String()); kind != row.kind {
			t.Errorf("%s is a %s, deploy/metrics.md says %s", name, kind, row.kind)
		}
		for _, m := range family.Metric {
			for _, l := range m.Label {
				if err := allowed(l.GetName(), l.GetValue(), row.labels[l.GetName()], site); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	for name := range page {
		if registry.names[name] == nil && !told[name] {
			t.Errorf("deploy/metrics.md has %s, the program doesn't", name)
		}
	}
	for _, name := range []string{"orientir_http_requests_total", "orientir_database_up", "orientir_database_size_bytes", "orientir_bot_oldest_undelivered_seconds", "orientir_links", "orientir_job_leader"} {
		if !told[name] {
			t.Errorf("%s was not told", name)
		}
	}
}

func sortedKeys(m map[string][]string) []string {
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var status = regexp.MustCompile(`^[1-5][0-9][0-9]$`)

// allowed holds a label's value to its set.
func allowed(label, value string, set []string, s *site) error {
	ok := slices.Contains(set, value)
	switch {
	case len(set) != 1 || !strings.HasPrefix(set[0], "("):
	case set[0] == "(statuses)":
		ok = status.MatchString(value)
	case set[0] == "(routes)":
		ok = value == "none" || strings.HasPrefix(value, "/") && !strings.Contains(value, "6101057509") && !strings.Contains(value, "none-such")
	default:
		ok = value != ""
	}
	if !ok {
		return fmt.Errorf("label %s has the value %q, not one of %v", label, value, set)
	}
	return nil
}

// TestTheNamesOfJobsAreConstants keeps the label «job» closed: who asks for a lead or tells of a round says a name that stands in the source.
func TestTheNamesOfJobsAreConstants(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`postgres\.(?:Lead|LeadEvery|Round)\(([^"\n]*)`)
	seen := 0
	for _, floor := range floors {
		err := filepath.WalkDir("../../"+floor, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range call.FindAllStringSubmatchIndex(string(text), -1) {
				seen++
				if end := found[1]; end >= len(text) || text[end] != '"' {
					t.Errorf("%s: the name of a job is no constant: %.80s", path, text[found[0]:])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 10 {
		t.Fatalf("only %d jobs were found", seen)
	}
}

// TestAStreamIsCountedWhileItIsOpen, and its life is no request's duration.
func TestAStreamIsCountedWhileItIsOpen(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := newHTTPMetrics(registry)
	opened, ended := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(": hello\n\n"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error("a counted stream can't be flushed:", err)
		}
		close(opened)
		<-ended
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("a fault") })
	server := httptest.NewUnstartedServer(m.count(mux))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	defer server.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := http.Get(server.URL + "/stream/17"); err == nil {
			resp.Body.Close()
		}
	}()
	<-opened
	if got := value(t, registry, "orientir_http_streams", "/stream/{id}"); got != 1 {
		t.Errorf("%v streams are open, want 1", got)
	}
	close(ended)
	<-done
	if resp, err := http.Get(server.URL + "/panic"); err == nil {
		resp.Body.Close()
	}
	eventually(t, "the count of requests", func() string {
		if got := value(t, registry, "orientir_http_requests_total", "/stream/{id}"); got != 1 {
			return fmt.Sprintf("%v streams were counted, want 1", got)
		}
		if got := value(t, registry, "orientir_http_panics_total"); got != 1 {
			return fmt.Sprintf("%v panics, want 1", got)
		}
		return ""
	})
	if got := value(t, registry, "orientir_http_streams", "/stream/{id}"); got != 0 {
		t.Errorf("%v streams are open after the end", got)
	}
	if got := value(t, registry, "orientir_http_request_seconds", "/stream/{id}"); got != 0 {
		t.Errorf("a stream's life counts %v times as a request's", got)
	}
}

// value is the sum of a counter's or gauge's series, or a histogram's count, that have a label value.
func value(t *testing.T, registry *prometheus.Registry, name string, label ...string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.Metric {
			matches := len(label) == 0
			for _, l := range m.Label {
				matches = matches || slices.Contains(label, l.GetValue())
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

// TestWhatCantBeReadIsNotTold: an old figure would look healthy.
func TestWhatCantBeReadIsNotTold(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	registry := prometheus.NewRegistry()
	registry.MustRegister(postgres.DatabaseMetrics(pool, watch.SampleOptions{Every: time.Nanosecond}, nil))
	if value(t, registry, "orientir_database_up") != 1 || value(t, registry, "orientir_database_schema_version") == 0 {
		t.Fatal("a database that is there is told as away")
	}
	pool.Close()
	if value(t, registry, "orientir_database_up") != 0 || value(t, registry, "orientir_database_schema_version") != 0 {
		t.Error("a database that is away is told as there")
	}
}
