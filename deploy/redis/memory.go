package redis

import (
	"sync"
	"time"
)

// room is how many keys a memory holds at most; a flood of addresses must not fill the process.
const room = 100_000

// memory stands in for Redis within one process: keys, each good until an instant.
type memory struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// update replaces the instant of key; the old one is zero where the key is unknown. A full memory doesn't learn new keys.
func (m *memory) update(key string, change func(now, old time.Time) time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.until == nil {
		m.until = map[string]time.Time{}
	}
	if now.Sub(m.swept) > time.Minute {
		m.swept = now
		for key, until := range m.until {
			if !until.After(now) {
				delete(m.until, key)
			}
		}
	}
	old, known := m.until[key]
	changed := change(now, old)
	if known || len(m.until) < room {
		m.until[key] = changed
	}
}

// ahead reports whether the instant of key still lies ahead.
func (m *memory) ahead(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.until[key].After(time.Now())
}
