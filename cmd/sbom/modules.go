package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
)

// module is one that is in the program.
type module struct {
	Path, Version string
	Sum           string   // SHA-256 of its files, as go.sum has it, in hexadecimal; "": not known
	Dir           string   // where its sources are
	Licences      []string // SPDX identifiers
	Needs         []string // paths of other modules in the program
}

// modulesOf lists the modules of a program, by path. The Go standard library comes as «std».
func modulesOf(info *debug.BuildInfo) ([]*module, error) {
	byPath := map[string]*module{}
	var paths []string
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		byPath[m.Path] = &module{Path: m.Path, Version: m.Version, Sum: hexSum(m.Sum)}
		paths = append(paths, m.Path)
	}
	dirs, err := goSays(append([]string{"list", "-m", "-f", "{{.Path}}\t{{.Version}}\t{{.Dir}}"}, paths...)...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(dirs) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		m := byPath[fields[0]]
		if len(fields) != 3 || m == nil || fields[2] == "" {
			return nil, fmt.Errorf("the sources of %s are not here: run «go mod download»", fields[0])
		}
		if m.Version != fields[1] {
			return nil, fmt.Errorf("the program has %s %s, go.mod %s: build it anew", m.Path, m.Version, fields[1])
		}
		m.Dir = fields[2]
	}
	graph, err := goSays("mod", "graph")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(graph) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		from, _, _ = strings.Cut(from, "@")
		to, _, _ = strings.Cut(to, "@")
		if m := byPath[from]; m != nil && byPath[to] != nil && !slices.Contains(m.Needs, to) {
			m.Needs = append(m.Needs, to)
		}
	}
	root, err := goSays("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	byPath["std"] = &module{Path: "std", Version: strings.TrimPrefix(strings.Fields(info.GoVersion)[0], "go"), Dir: strings.TrimSpace(root)}
	var all []*module
	for _, m := range byPath {
		slices.Sort(m.Needs)
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// goSays runs the go command in the program's own module, two folders up.
func goSays(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	var faults bytes.Buffer
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		first, _ := bufio.NewReader(&faults).ReadString('\n')
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(first))
	}
	return string(out), nil
}

// hexSum writes go.sum's «h1:…» as CycloneDX has hashes.
func hexSum(sum string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || len(raw) != 32 {
		return ""
	}
	return hex.EncodeToString(raw)
}
