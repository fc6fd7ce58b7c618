package main

import (
	"bufio"
	"bytes"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/pprof"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/net/netutil"
)

// How much of a container's memory the heap may take: alone in it, or with private servers beside it. Beyond that it is collected harder, where
// the kernel would kill the program.
const (
	memoryShareAlone = 0.9
	memoryShareBoth  = 0.5
)

// boundMemory holds the heap below the memory that the control group leaves, where there is a limit and GOMEMLIMIT says nothing itself.
// root is the file system.
func boundMemory(root fs.FS, gomemlimit string, private bool, log *slog.Logger) {
	limit, ok := memoryLimit(root)
	if !ok || gomemlimit != "" {
		return
	}
	share := memoryShareAlone
	if private {
		share = memoryShareBoth
	}
	heap := int64(float64(limit) * share)
	debug.SetMemoryLimit(heap)
	log.Info("memory is limited", "group_bytes", limit, "heap_bytes", heap)
}

// memoryLimit reads the tightest limit of the process's control group and those above it, in bytes: version 2 (memory.max) and version 1
// (memory.limit_in_bytes), of the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. False where there is none.
func memoryLimit(root fs.FS) (int64, bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	least := int64(math.MaxInt64)
	lines := bufio.NewScanner(bytes.NewReader(groups))
	for lines.Scan() {
		part := strings.SplitN(lines.Text(), ":", 3)
		if len(part) != 3 {
			continue
		}
		mount, file := "sys/fs/cgroup", "memory.max"
		if part[0] != "0" {
			if !strings.Contains(","+part[1]+",", ",memory,") {
				continue
			}
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		// In a container the mount shows the group itself as its root, whatever the path says.
		for at := path.Clean("/" + part[2]); ; at = path.Dir(at) {
			if text, err := fs.ReadFile(root, path.Join(mount, at, file)); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
					least = min(least, n)
				}
			}
			if at == "/" {
				break
			}
		}
	}
	return least, least < 1<<60 // version 1 says «none» with a number near the greatest
}

// Files that are left for the database, Redis and what is read from disk, and connections that one process takes at most.
const (
	filesKept       = 512
	mostConnections = 100_000
)

// boundConnections accepts only so many connections at a time that files are left for everything else. More wait in the kernel's queue.
func boundConnections(l net.Listener, log *slog.Logger) net.Listener {
	most := mostConnections
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && files.Cur < mostConnections+filesKept {
		most = max(int(files.Cur)-filesKept, int(files.Cur)/2)
	}
	log.Debug("connections are limited", "at_once", most)
	return netutil.LimitListener(l, most)
}

// showProfiles puts the runtime's profiles beside the metrics, whose address is not for strangers. A profile slows the program down a little
// while it is taken, and names functions, never data.
func showProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound) // arguments are nobody's business
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
