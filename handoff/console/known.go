package console

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"

	"orientir/handoff/staff"
)

// mostKnown bounds the sessions that are remembered. There are as many as members of the staff have browsers; beyond it everybody is found out anew.
const mostKnown = 20_000

// known are the sessions in which this program has served somebody, with the roles that they had. It lets nobody in: each request is looked at anew.
// It only tells whose requests may take a place of those who work here, and a big form, before that costs anything.
type known struct {
	mu    sync.Mutex
	roles map[[sha256.Size]byte][]staff.Role
}

func (k *known) add(token staff.Token, roles []staff.Role) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.roles == nil || len(k.roles) >= mostKnown {
		k.roles = map[[sha256.Size]byte][]staff.Role{}
	}
	k.roles[sha256.Sum256([]byte(token))] = roles
}

func (k *known) remove(token staff.Token) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.roles, sha256.Sum256([]byte(token)))
}

// of gives the roles of a session; false where it was never seen, or has ended.
func (k *known) of(token staff.Token) ([]staff.Role, bool) {
	if token == "" {
		return nil, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	roles, ok := k.roles[sha256.Sum256([]byte(token))]
	return roles, ok
}

// admitted says whether a request may take its turn among those who work here. Who was not seen yet is found out among those at the door: a flood of
// invented cookies takes no place from the desk. Where it may not, the answer is given.
func (s *site) admitted(route route, w http.ResponseWriter, r *http.Request) bool {
	if route.who.public {
		return true
	}
	if _, ok := s.known.of(s.tokenOf(r, cookieName)); ok {
		return true
	}
	var v visit
	var err error
	var asked bool
	s.among(s.crowds.doors, w, r, func() {
		asked = true
		v, err = s.recognise(r)
	})
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	switch {
	case !asked: // and turned away
	case err != nil:
		s.fail(w, r, err)
	case v.account.ID == 0:
		s.askToSignIn(w, r)
	default:
		return true
	}
	return false
}
