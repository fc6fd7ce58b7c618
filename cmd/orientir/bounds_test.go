package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMemoryLimitOfTheControlGroup(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"a container, version 2": {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("536870912\n")}, 512 << 20},
		"a unit below a slice that has less": {fstest.MapFS{"proc/self/cgroup": file("0::/system.slice/orientir.service\n"),
			"sys/fs/cgroup/system.slice/orientir.service/memory.max": file("2147483648\n"), "sys/fs/cgroup/system.slice/memory.max": file("1073741824\n")}, 1 << 30},
		"no limit": {fstest.MapFS{"proc/self/cgroup": file("0::/x\n"), "sys/fs/cgroup/x/memory.max": file("max\n")}, 0},
		"a container, version 1, seen from outside": {fstest.MapFS{"proc/self/cgroup": file("12:cpu,cpuacct:/docker/a\n11:memory:/docker/a\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("268435456\n")}, 256 << 20},
		"no limit, version 1": {fstest.MapFS{"proc/self/cgroup": file("11:memory:/\n"), "sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 0},
		"not Linux":           {fstest.MapFS{}, 0},
	} {
		got, ok := memoryLimit(c.files)
		if ok != (c.want > 0) || ok && got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, ok, c.want)
		}
	}
}

func TestConnectionsLeaveFilesForTheRest(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bounded := boundConnections(l, slog.New(slog.DiscardHandler))
	server := &httptest.Server{Listener: bounded, Config: &http.Server{Handler: http.NotFoundHandler()}}
	server.Start()
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Fatalf("a bounded listener serves nobody: %v", err)
	}
	resp.Body.Close()
}

func TestProfilesShowNoArguments(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	showProfiles(mux)
	for path, want := range map[string]int{"/debug/pprof/heap?debug=1": http.StatusOK, "/debug/pprof/goroutine?debug=1": http.StatusOK, "/debug/pprof/cmdline": http.StatusNotFound} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		body, _ := io.ReadAll(w.Body)
		if w.Code != want || want == http.StatusOK && !strings.Contains(string(body), "profile") {
			t.Errorf("%s: %d %.80s", path, w.Code, body)
		}
	}
}
