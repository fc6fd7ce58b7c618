//go:build stepclock

package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// clock runs beside the machine's by what the file clock-offset in the data directory says («90s», «-2m»), and is stepped by writing to it.
// Only cmd/faults builds the program so.
func clock(dataDir string) func() time.Time {
	var offset atomic.Int64
	path := filepath.Join(dataDir, "clock-offset")
	read := func() {
		text, err := os.ReadFile(path)
		if err != nil {
			return
		}
		if d, err := time.ParseDuration(strings.TrimSpace(string(text))); err == nil {
			offset.Store(int64(d))
		}
	}
	read()
	go func() {
		for range time.Tick(100 * time.Millisecond) {
			read()
		}
	}()
	// Without its monotonic part, as a machine's clock that was stepped.
	return func() time.Time { return time.Now().Round(0).Add(time.Duration(offset.Load())) }
}
