package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

func TestALicenceThatIsNotOnTheListIsRefused(t *testing.T) {
	t.Parallel()
	var modules []*module
	for _, name := range []string{"MIT", "Apache-2.0", "BSD-3-Clause", "AGPL-3.0", ""} {
		dir := t.TempDir()
		m := &module{Path: "example.org/" + name, Version: "v1.0.0", Dir: dir}
		modules = append(modules, m)
		if name == "" {
			continue
		}
		file := "pristine.txt"
		if name == "AGPL-3.0" {
			file = "license.txt"
		}
		text, err := assets.ReadLicenseFile("License/" + name + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "LICENSE.md"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := readLicences(modules); err != nil {
		t.Fatal(err)
	}
	err := allowed(modules)
	if err == nil || !strings.Contains(err.Error(), "AGPL-3.0 is not on the list") || !strings.Contains(err.Error(), "example.org/ v1.0.0: no licence") {
		t.Errorf("%v", err)
	}
	if err := allowed(modules[:3]); err != nil {
		t.Errorf("%v", err)
	}
	for name, why := range list {
		if len(why) < 10 {
			t.Errorf("%s is on the list without a reason", name)
		}
	}
}

// TestTheBillOfTheProgram reads the program that was built last.
func TestTheBillOfTheProgram(t *testing.T) {
	t.Parallel()
	program := "../../.build/orientir"
	if _, err := os.Stat(program); err != nil {
		t.Skip("the program isn't built; ./deploy/test builds it first")
	}
	var first, second bytes.Buffer
	if err := run([]string{program}, &first); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{program}, &second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("two bills of one program differ: %v", err)
	}
	var b struct {
		Format     string `json:"bomFormat"`
		Spec       string `json:"specVersion"`
		Components []struct {
			Purl     string
			Hashes   []struct{ Content string }
			Licenses []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal(first.Bytes(), &b); err != nil || b.Format != "CycloneDX" || b.Spec != "1.6" {
		t.Fatal(b.Format, b.Spec, err)
	}
	seen := map[string]bool{}
	for _, c := range b.Components {
		seen[c.Purl] = true
		if len(c.Licenses) == 0 {
			t.Errorf("%s has no licence", c.Purl)
		}
		if strings.HasPrefix(c.Purl, "pkg:golang/") && !strings.HasPrefix(c.Purl, "pkg:golang/std@") && (len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64) {
			t.Errorf("%s has no hash", c.Purl)
		}
	}
	for _, p := range beside {
		if !seen[p.purl] {
			t.Errorf("%s is missing", p.purl)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d components", len(seen))
	}
}
