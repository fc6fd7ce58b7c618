package main

import (
	"os/exec"
	"strings"
	"testing"
)

// floors is the house from the ground up; an import may only lead to a floor below, or stay on its own.
var floors = []string{"deploy", "knowledge", "retrieval", "bot", "handoff", "cmd"}

// TestImportsNeverRunUp walks the import graph of the program and of its tests.
// Tests of a floor may start the program's own servers, so the rule for them is the same.
func TestImportsNeverRunUp(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}}`, "orientir/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	level := map[string]int{}
	for i, f := range floors {
		level[f] = i
	}
	floor := func(path string) (string, bool) {
		rest, ok := strings.CutPrefix(path, "orientir/")
		name, _, _ := strings.Cut(rest, "/")
		return name, ok
	}
	packages := 0
	for row := range strings.Lines(string(out)) {
		fields := strings.Fields(row)
		packages++
		from, _ := floor(fields[0])
		if _, known := level[from]; !known {
			t.Errorf("%s stands outside the house: its floors are %v", fields[0], floors)
		}
		for _, imported := range fields[1:] {
			to, ours := floor(imported)
			if ours && level[to] > level[from] {
				t.Errorf("%s imports %s, an arrow that runs up", fields[0], imported)
			}
			if imported == "orientir/handoff/console" && from != "cmd" && fields[0] != imported {
				t.Errorf("%s imports the staff site, which only cmd may", fields[0])
			}
		}
	}
	if packages < len(floors) {
		t.Fatalf("go list found only %d packages", packages)
	}
}
