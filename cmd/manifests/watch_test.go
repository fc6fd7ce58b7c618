package manifests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	prometheus "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// checkWatch: the rules and the dashboard ask for a job by the name that the Prometheus operator gives it. Where the monitor doesn't say which label has the
// name, that is the monitor's own, with its namespace, and the first alert fires for ever.
func checkWatch(t *testing.T, c *cluster, all []pods) {
	var jobs []string
	for _, m := range c.monitors {
		for _, p := range all {
			if m.Spec.JobLabel != "" && chosen(&m.Spec.Selector, p.labels) {
				jobs = append(jobs, p.labels[m.Spec.JobLabel])
			}
		}
	}
	if len(c.monitors) == 0 {
		return
	}
	asked := 0
	for _, r := range c.rules {
		for _, g := range r.Spec.Groups {
			for _, rule := range g.Rules {
				for _, job := range regexp.MustCompile(`\bjob="([^"]*)"`).FindAllStringSubmatch(rule.Expr.String(), -1) {
					if asked++; !slices.Contains(jobs, job[1]) {
						t.Errorf("%s asks for the job %q of %q", rule.Alert, job[1], jobs)
					}
				}
			}
		}
	}
	if asked < 3 {
		t.Errorf("only %d rules ask for the job", asked)
	}
	if !slices.ContainsFunc(c.configs, func(m *core.ConfigMap) bool {
		return m.Labels["grafana_dashboard"] == "1" && strings.Contains(m.Data["dashboard.json"], `up{job=\"orientir\"}`)
	}) {
		t.Error("Grafana finds no dashboard")
	}
}

// TestClusterRules runs the tests of the rules about what stands around the program.
func TestClusterRules(t *testing.T) {
	tool, err := filepath.Abs("../../.build/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		if tool, err = exec.LookPath("promtool"); err != nil {
			t.Skip("promtool is not here; on Debian and Ubuntu deploy/setup test fetches it")
		}
	}
	text, err := os.ReadFile(filepath.Join(kubernetes, "components", "monitoring", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []*prometheus.PrometheusRule
	if err := read(&rules, text); err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("testdata/rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range rules[0].Spec.Groups {
		for _, r := range g.Rules {
			if !slices.Contains([]string{"page", "work", "note"}, r.Labels["severity"]) || r.Annotations["summary"] == "" || r.Annotations["runbook_url"] != "deploy/runbook.md#"+strings.ToLower(r.Alert) {
				t.Errorf("%s says %v, %v", r.Alert, r.Labels, r.Annotations)
			}
			if !strings.Contains(string(cases), "alertname: "+r.Alert+"\n") {
				t.Errorf("no case makes %s fire", r.Alert)
			}
		}
	}
	plain, err := yaml.Marshal(rules[0].Spec)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"rules.yaml": plain, "rules_test.yaml": cases} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, "rules.yaml")}, {"test", "rules", filepath.Join(dir, "rules_test.yaml")}} {
		if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
