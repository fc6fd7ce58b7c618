package console

import "sync"

// uploads are the accounts whose file is on its way: one at a time of each, so that nobody takes all the places by themselves.
type uploads struct {
	mu sync.Mutex
	of map[int64]bool
}

// begin says false where a file of the account is on its way already.
func (u *uploads) begin(account int64) (end func(), ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.of[account] {
		return nil, false
	}
	if u.of == nil {
		u.of = map[int64]bool{}
	}
	u.of[account] = true
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.of, account)
	}, true
}
