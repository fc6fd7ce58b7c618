package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orientir/handoff"
	"orientir/handoff/staff"
)

// targets are whom a conversation can be given to: colleagues who are at the desk first, then libraries, then the national team.
type targets struct {
	Present, Away []target
	Libraries     []libraryChoice
	Pool          bool
}

// target is a colleague.
type target struct {
	ID        int64
	Name      string
	Libraries string // as people read them
	Open      int    // conversations that they hold
}

// targetsFor lists whom the conversation can be given to.
func (s *site) targetsFor(r *http.Request, t handoff.Ticket) (targets, error) {
	var to targets
	accounts, err := s.Staff.Serving(r.Context(), s.DB)
	if err != nil {
		return to, err
	}
	var ids []string
	for _, a := range accounts {
		ids = append(ids, a.Libraries...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	names, err := s.libraryNames(r, ids)
	if err != nil {
		return to, err
	}
	open, err := s.openChats(r)
	if err != nil {
		return to, err
	}
	me := visitOf(r).account.ID
	for _, a := range accounts {
		to.Pool = to.Pool || a.ServesPool() && t.HelpPoint != ""
		if a.ID == me {
			continue
		}
		var served []string
		for _, id := range a.Libraries {
			served = append(served, names[id])
		}
		one := target{ID: a.ID, Name: a.Name, Libraries: strings.Join(served, "; "), Open: open[a.ID]}
		if s.Desk.Present(a.ID) {
			to.Present = append(to.Present, one)
		} else {
			to.Away = append(to.Away, one)
		}
	}
	for _, id := range ids {
		if id != t.HelpPoint {
			to.Libraries = append(to.Libraries, libraryChoice{id, names[id]})
		}
	}
	slices.SortFunc(to.Libraries, func(a, b libraryChoice) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(to.Present, func(a, b target) int { return cmp.Compare(a.Open, b.Open) })
	return to, nil
}

// openChats counts the conversations that each account holds.
func (s *site) openChats(r *http.Request) (map[int64]int, error) {
	rows, err := s.DB.Query(r.Context(), `SELECT claimed_by, count(*) FROM tickets WHERE state = 'claimed' GROUP BY claimed_by`)
	if err != nil {
		return nil, fmt.Errorf("count open conversations: %w", err)
	}
	defer rows.Close()
	open := map[int64]int{}
	for rows.Next() {
		var account int64
		var n int
		if err := rows.Scan(&account, &n); err != nil {
			return nil, fmt.Errorf("count open conversations: %w", err)
		}
		open[account] = n
	}
	return open, rows.Err()
}

// transfer gives a conversation to a colleague who agrees, to a library or to the national team.
func (s *site) transfer(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var to handoff.Target
	kind, which, _ := strings.Cut(r.PostFormValue("to"), ":")
	said, next := "desk.transfer_sent", "/console/queue"
	switch kind {
	case "account":
		to.Account, _ = strconv.ParseInt(which, 10, 64)
		said, next = "desk.transfer_asked", chatPath(id)
	case "library":
		to.HelpPoint = which
	case "pool":
		to.Pool = true
	}
	err = s.Desk.Transfer(r.Context(), id, visitOf(r).account, to, r.PostFormValue("note"))
	return s.afterStep(w, r, err, said, next)
}

// step is a librarian's step in a conversation that needs nothing but its ticket.
func (s *site) step(do func(r *http.Request, id int64, a staff.Account) error, said string, next func(id int64) string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		err = do(r, id, visitOf(r).account)
		return s.afterStep(w, r, err, said, next(id))
	}
}

// decline leaves a conversation with its holder, who may take the request back with it.
func (s *site) decline(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	a := visitOf(r).account
	err = s.Desk.Decline(r.Context(), id, a, r.PostFormValue("note"))
	next := "/console/queue" // who was asked may not see it any more
	if t, ok, found := s.Desk.Ticket(r.Context(), a, id); found == nil && ok && t.ClaimedBy == a.ID {
		next = chatPath(id)
	}
	return s.afterStep(w, r, err, "desk.declined", next)
}

func toQueue(int64) string { return "/console/queue" }

// The steps. Each is one line of the list of routes.
func (s *site) accept(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.Accept(r.Context(), id, a)
}

func (s *site) join(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.Join(r.Context(), id, a)
}

func (s *site) leave(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.Leave(r.Context(), id, a)
}

func (s *site) takeOver(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.TakeOver(r.Context(), id, a)
}

func (s *site) giveBack(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.Return(r.Context(), id, a)
}

func (s *site) block(r *http.Request, id int64, a staff.Account) error {
	return s.Desk.Block(r.Context(), id, a, r.PostFormValue("note"))
}

// tooLate is the phrase for a step that somebody else's was quicker than; "" for any other error.
func tooLate(err error) string {
	switch {
	case errors.Is(err, handoff.ErrNotAsked):
		return "desk.late_not_asked"
	case errors.Is(err, handoff.ErrAsked):
		return "desk.late_asked"
	case errors.Is(err, handoff.ErrTwo):
		return "desk.late_two"
	case errors.Is(err, handoff.ErrHolderHere):
		return "desk.late_holder_here"
	}
	return ""
}
