package watch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// promtool is Prometheus' own checker: it reads rules and queries as the server does.
func promtool(t *testing.T) string {
	t.Helper()
	fetched, err := filepath.Abs("../../.build/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fetched); err == nil {
		return fetched
	}
	found, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here; on Debian and Ubuntu deploy/setup test fetches it")
	}
	return found
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 20 {
		t.Fatalf("alerts.yaml has only %d rules", len(all))
	}
	return all
}

// metricNames are those that deploy/metrics.md has, with the series of histograms.
func metricNames(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{"up": true, "ALERTS": true} // Prometheus' own
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\|").FindAllStringSubmatch(string(page), -1) {
		if row[2] == "histogram" {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				names[row[1]+part] = true
			}
			continue
		}
		names[row[1]] = true
	}
	if len(names) < 50 {
		t.Fatalf("metrics.md has only %d metrics", len(names))
	}
	return names
}

var (
	quoted = regexp.MustCompile(`"[^"]*"`)
	byList = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	within = regexp.MustCompile(`\{[^}]*\}`)
	ranges = regexp.MustCompile(`\[[^\]]*\]`)
	word   = regexp.MustCompile(`[a-zA-Z_][a-zA-Z0-9_]*`)
)

// unknown are the words of a query that could be metrics and are none of those that there are.
func unknown(query string, names map[string]bool) (list []string) {
	for _, part := range []*regexp.Regexp{quoted, byList, within, ranges} {
		query = part.ReplaceAllString(query, " ")
	}
	for _, w := range word.FindAllString(query, -1) {
		if strings.Contains(w, "_") && !names[w] && !slices.Contains([]string{"histogram_quantile", "day_of_week", "max_over_time", "min_over_time"}, w) {
			list = append(list, w)
		}
	}
	return list
}

// labelSets are the values of each metric's labels, as deploy/metrics.md has them. Sets that the page only names («(routes)») have none.
func labelSets(t *testing.T) map[string]map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	sets := map[string]map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		labels := map[string][]string{}
		for _, l := range regexp.MustCompile("`([a-z]+)`: ([^;]+)").FindAllStringSubmatch(row[3], -1) {
			labels[l[1]] = nil
			if !strings.HasPrefix(l[2], "(") {
				labels[l[1]] = strings.Split(strings.TrimSpace(l[2]), ", ")
			}
		}
		for _, series := range []string{"", "_bucket", "_sum", "_count"} {
			sets[row[1]+series] = labels
		}
	}
	return sets
}

// blind are the conditions of a query that can't be met, or exclude nothing: a label that the metric hasn't, or a value that it never has.
func blind(query string, sets map[string]map[string][]string) (list []string) {
	for _, selector := range regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(query, -1) {
		labels, ours := sets[selector[1]]
		if !ours {
			continue
		}
		for _, c := range regexp.MustCompile(`([a-z]+)(=~|!~|!=|=)"([^"]*)"`).FindAllStringSubmatch(selector[2], -1) {
			values, known := labels[c[1]]
			if known = known || c[1] == "job" || c[1] == "instance"; !known {
				list = append(list, selector[1]+" by "+c[1])
			}
			for value := range strings.SplitSeq(c[3], "|") {
				if values != nil && !slices.Contains(values, value) {
					list = append(list, selector[1]+" "+c[0]+" for "+value)
				}
			}
		}
	}
	return list
}

// TestEachAlertSaysWhatItNeeds: how grave, in words, where the runbook speaks of it, and only of metrics that there are.
func TestEachAlertSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	names, sets := metricNames(t), labelSets(t)
	seen := map[string]bool{}
	for _, r := range rules(t) {
		if seen[r.Alert] {
			t.Errorf("two rules are called %s", r.Alert)
		}
		seen[r.Alert] = true
		if !slices.Contains([]string{"page", "work", "note"}, r.Labels["severity"]) {
			t.Errorf("%s has the severity %q", r.Alert, r.Labels["severity"])
		}
		if r.Annotations["summary"] == "" || r.Annotations["runbook_url"] != "deploy/runbook.md#"+strings.ToLower(r.Alert) {
			t.Errorf("%s says %v", r.Alert, r.Annotations)
		}
		if strange := unknown(r.Expr, names); len(strange) > 0 {
			t.Errorf("%s asks for %v, which deploy/metrics.md doesn't have", r.Alert, strange)
		}
		for _, c := range blind(r.Expr, sets) {
			t.Errorf("%s looks for what never is: %s", r.Alert, c)
		}
	}
}

// TestAlertsFireOnWhatTheyAreForAndStayQuiet runs the rules' own tests, in which each alert fires and a healthy day is silent.
func TestAlertsFireOnWhatTheyAreForAndStayQuiet(t *testing.T) {
	t.Parallel()
	tool := promtool(t)
	if out, err := exec.Command(tool, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml").CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
	files, err := filepath.Glob("*_test.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var cases strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		cases.Write(text)
	}
	for _, r := range rules(t) {
		if !strings.Contains(cases.String(), `alertname="`+r.Alert+`"`) {
			t.Errorf("no case makes %s fire", r.Alert)
		}
	}
	if out, err := exec.Command(tool, append([]string{"test", "rules"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("promtool test rules: %v\n%s", err, out)
	}
}

// TestTheOperatorHasTheSameRules: an object of the cluster holds what Prometheus reads from a file.
func TestTheOperatorHasTheSameRules(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, groups, _ := strings.Cut(string(text), "\ngroups:\n")
	var b strings.Builder
	b.WriteString("# deploy/watch/alerts.yaml for the Prometheus operator. Written by ORIENTIR_RECORD=1 ./deploy/test ./deploy/watch -run Operator.\n" +
		"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: orientir\n  namespace: orientir\n  labels:\n" +
		"    app.kubernetes.io/name: orientir\nspec:\n  groups:\n")
	for line := range strings.Lines(groups) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	const file = "../kubernetes/components/monitoring/alerts.yaml"
	if os.Getenv("ORIENTIR_RECORD") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != b.String() {
		t.Errorf("%s is not what alerts.yaml says, %v; where that is meant: ORIENTIR_RECORD=1 ./deploy/test ./deploy/watch -run Operator, and commit the difference", file, err)
	}
}

// dashboard is what of Grafana's file the test looks at.
type dashboard struct {
	UID           string
	Title         string
	SchemaVersion int
	Panels        []struct {
		ID         int
		Type       string
		Title      string
		Datasource struct{ Type, UID string }
		GridPos    struct{ X, Y, W, H int }
		Targets    []struct {
			RefID string
			Expr  string
		}
		FieldConfig struct {
			Defaults struct{ Unit string }
		}
	}
	Templating struct {
		List []struct{ Name, Type string }
	}
}

// TestDashboard holds the dashboard to Grafana's form, each of its queries to Prometheus' grammar, and its metrics to those that there are.
func TestDashboard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 36 || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Errorf("the dashboard is %q %q of schema %d with the variables %v", d.UID, d.Title, d.SchemaVersion, d.Templating.List)
	}
	names, sets := metricNames(t), labelSets(t)
	ids := map[int]bool{}
	taken := map[[2]int]string{} // cells of the grid
	var rows []string
	var queries strings.Builder
	queries.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		g := p.GridPos
		if g.X < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
			t.Errorf("panel %q stands at %v", p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("panels %q and %q stand on each other", other, p.Title)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			rows = append(rows, p.Title)
			continue
		}
		if !slices.Contains([]string{"timeseries", "stat"}, p.Type) || p.Datasource.UID != "${datasource}" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q: type %s, source %v, unit %q, %d queries", p.Title, p.Type, p.Datasource, p.FieldConfig.Defaults.Unit, len(p.Targets))
		}
		for _, q := range p.Targets {
			plain := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(q.Expr)
			if strings.Contains(plain, "$") {
				t.Errorf("panel %q uses a variable that isn't there: %s", p.Title, q.Expr)
			}
			if strange := unknown(plain, names); len(strange) > 0 {
				t.Errorf("panel %q asks for %v, which deploy/metrics.md doesn't have", p.Title, strange)
			}
			for _, c := range blind(plain, sets) {
				t.Errorf("panel %q looks for what never is: %s", p.Title, c)
			}
			fmt.Fprintf(&queries, "      - {record: 'panel:%d:%s', expr: %q}\n", p.ID, q.RefID, plain)
		}
	}
	if want := []string{"People", "Waits", "Channels", "Parts", "Nodes"}; !slices.Equal(rows, want) {
		t.Errorf("the rows are %v, want %v", rows, want)
	}
	file := filepath.Join(t.TempDir(), "queries.yaml")
	if err := os.WriteFile(file, []byte(queries.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool(t), "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("a query of the dashboard is none: %v\n%s", err, out)
	}
}
