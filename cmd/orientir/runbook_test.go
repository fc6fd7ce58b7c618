package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestRunbookSpeaksOfEachAlert and says of each what it means for people, where to look, what to do and whom to call; it speaks of no other.
func TestRunbookSpeaksOfEachAlert(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../deploy/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(page), "\n## Alerts\n")
	part, _, _ = strings.Cut(part, "\n## ")
	sections := map[string]string{}
	for section := range strings.SplitSeq(part, "\n### ") {
		name, text, _ := strings.Cut(section, "\n")
		if name = strings.TrimSpace(name); name != "" {
			sections[name] = text
		}
	}
	type group struct {
		Rules []struct {
			Alert string `yaml:"alert"`
		} `yaml:"rules"`
	}
	var groups []group
	for _, file := range []string{"watch/alerts.yaml", "kubernetes/components/monitoring/rules.yaml"} {
		text, err := os.ReadFile("../../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var rules struct {
			Groups []group `yaml:"groups"`
			Spec   struct {
				Groups []group `yaml:"groups"`
			} `yaml:"spec"`
		}
		if err := yaml.Unmarshal(text, &rules); err != nil {
			t.Fatal(err)
		}
		if len(rules.Groups)+len(rules.Spec.Groups) == 0 {
			t.Fatalf("%s has no rules", file)
		}
		groups = slices.Concat(groups, rules.Groups, rules.Spec.Groups)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			section, ok := sections[r.Alert]
			delete(sections, r.Alert)
			if !ok {
				t.Errorf("the runbook has no section ### %s", r.Alert)
				continue
			}
			if strings.HasPrefix(strings.TrimSpace(section), "See [") {
				continue // a chapter of its own
			}
			for _, want := range []string{"**For people:**", "**Look", "**Call:**"} {
				if !strings.Contains(section, want) {
					t.Errorf("the section of %s doesn't say %s", r.Alert, want)
				}
			}
		}
	}
	for name := range sections {
		t.Errorf("the runbook speaks of %s, which is no alert", name)
	}
}

// TestRunbookCommandsExist: who follows it at night finds what it names.
func TestRunbookCommandsExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	commands := regexp.MustCompile("(?m)(?:`|^| /|^own )orientir ([a-z][a-z-]*)(?: ([^\n`#]*))?").FindAllStringSubmatch(page, -1)
	if len(commands) < 8 {
		t.Fatalf("only %d commands were found", len(commands))
	}
	root := command(func(string) string { return "" })
	for _, c := range commands {
		found, _, err := root.Find([]string{c[1]})
		if err != nil || found == root {
			t.Errorf("there is no command orientir %s", c[1])
			continue
		}
		for _, option := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(c[2], -1) {
			if found.Flags().Lookup(option[1]) == nil {
				t.Errorf("orientir %s has no --%s", c[1], option[1])
			}
		}
	}
	for _, file := range regexp.MustCompile(`(?:\./)?(deploy/[A-Za-z0-9_./-]*[A-Za-z0-9])`).FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat("../../" + file[1]); err != nil {
			t.Errorf("the runbook names %s, which isn't there", file[1])
		}
	}
	looks, _, _ := strings.Cut(page[strings.Index(page, "\n## First looks\n")+1:], "\n## ")
	for _, kind := range []string{"**systemd**", "**Compose**", "**Kubernetes**"} {
		_, how, found := strings.Cut(looks, "\n"+kind)
		how, _, _ = strings.Cut(how, "\n**")
		for _, must := range []string{" logs ", " ask ", "psql", "9464/metrics", "restart", "df -h"} {
			if text := strings.Replace(how, "journalctl", " logs ", 1); !found || !strings.Contains(text, must) {
				t.Errorf("with %s nobody learns how to use %q", kind, must)
			}
		}
	}
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		anchor := strings.ToLower(heading[1])
		anchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(anchor, "")
		anchors[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	for _, link := range regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(page, -1) {
		if !anchors[link[1]] {
			t.Errorf("the runbook points at #%s, which is no heading", link[1])
		}
	}
	routes := regexp.MustCompile("`/console/([a-z]+)`").FindAllStringSubmatch(page, -1)
	list, err := os.ReadFile("../../handoff/console/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		if !strings.Contains(string(list), `"GET /console/`+r[1]+`"`) {
			t.Errorf("the runbook names /console/%s, which is no page", r[1])
		}
	}
}

// TestRunbookNamesEachJob: who reads that «work list» stands still finds there what that means for people.
func TestRunbookNamesEachJob(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../deploy/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, floor := range []string{"bot", "deploy", "handoff", "knowledge", "retrieval"} {
		err := filepath.WalkDir(filepath.Join("../..", floor), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, job := range regexp.MustCompile(`\b(?:Lead|LeadEvery|Round)\(ctx, (?:[\w.]+, )?"([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
				found++
				if !strings.Contains(string(page), "`"+job[1]+"`") {
					t.Errorf("the runbook doesn't say what the job %q is for (%s)", job[1], path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 15 {
		t.Errorf("only %d jobs were found", found)
	}
}
