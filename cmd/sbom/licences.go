package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2/assets"
)

// list are the licences that a module in the program may have, and why. What is not here is refused: somebody has to read it first.
var list = map[string]string{
	"MIT":          "permissive: keep the notice",
	"BSD-2-Clause": "permissive: keep the notice",
	"BSD-3-Clause": "permissive: keep the notice, no use of the authors' names",
	"ISC":          "permissive: keep the notice",
	"Apache-2.0":   "permissive: keep the notice, with a patent grant",
	"0BSD":         "permissive without a condition",
	"MPL-2.0":      "its own files stay open when they are changed; we change none, and the rest of the program is not touched",
}

// sure is how alike a text and a licence must be. Names and years differ.
const sure = 0.9

// readLicences finds out the licence of each module from the texts at the top of its sources.
func readLicences(modules []*module) error {
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		return fmt.Errorf("read the known licences: %w", err)
	}
	for _, m := range modules {
		names, err := licenceFiles(m.Dir)
		if err != nil {
			return fmt.Errorf("look for the licence of %s: %w", m.Path, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return fmt.Errorf("read the licence of %s: %w", m.Path, err)
			}
			for _, match := range classifier.Match(classifier.Normalize(text)).Matches {
				if match.MatchType == "License" && match.Confidence >= sure && !slices.Contains(m.Licences, match.Name) {
					m.Licences = append(m.Licences, match.Name)
				}
			}
		}
		slices.Sort(m.Licences)
	}
	return nil
}

// licenceFiles are the texts that a module's authors put beside its sources.
func licenceFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		for _, begin := range []string{"LICENSE", "LICENCE", "COPYING", "UNLICENSE"} {
			if e.Type().IsRegular() && strings.HasPrefix(upper, begin) {
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
	}
	return names, nil
}

// allowed refuses modules of whose licences one is unknown or not on the list.
func allowed(modules []*module) error {
	var faults []error
	for _, m := range modules {
		if len(m.Licences) == 0 {
			faults = append(faults, fmt.Errorf("%s %s: no licence that we know in %s", m.Path, m.Version, m.Dir))
		}
		for _, licence := range m.Licences {
			if list[licence] == "" {
				faults = append(faults, fmt.Errorf("%s %s: %s is not on the list of cmd/sbom/licences.go; read it, then take another module or add it there with the reason",
					m.Path, m.Version, licence))
			}
		}
	}
	return errors.Join(faults...)
}
