package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"orientir/handoff/staff"
)

// TestEveryDeskHearsOfAClaim opens many desks on one queue, claims ticket after ticket, and waits until each desk shows that
// nobody else may take it. ORIENTIR_BENCH_DESKS=50 makes it the load that deploy/bench measures: four people wait for each
// desk, and how long a claim took to reach them is logged.
func TestEveryDeskHearsOfAClaim(t *testing.T) {
	desks, claims, pause := 6, 4, time.Duration(0)
	if s := os.Getenv("ORIENTIR_BENCH_DESKS"); s != "" {
		var err error
		if desks, err = strconv.Atoi(s); err != nil || desks < 2 {
			t.Fatalf("ORIENTIR_BENCH_DESKS is a number from 2, not %q", s)
		}
		claims, pause = 40, 500*time.Millisecond
	}
	b := setup(t)
	var open []*listener
	var browsers []*browser
	for i := range desks {
		a := b.account(staff.Profile{Email: fmt.Sprintf("desk%d@example.bg", i), Name: fmt.Sprintf("Бюро %d", i), Roles: []staff.Role{staff.Librarian}, Libraries: []string{"vratsa"}})
		w := b.as(a)
		browsers, open = append(browsers, w), append(open, w.listen("/console/queue/stream", ""))
	}
	var tickets []int64
	for i := range 4 * desks {
		_, ticket := b.person(fmt.Sprint(i), "трябва ми съдебно")
		tickets = append(tickets, ticket)
	}
	claimed := map[int64]time.Time{}
	var mu sync.Mutex
	var took []time.Duration
	var ready, heard sync.WaitGroup
	ready.Add(desks)
	for _, l := range open {
		heard.Go(func() {
			var waits []int64
			told := map[int64]bool{}
			whole := false
			defer func() {
				if !whole { // it has failed already
					ready.Done()
				}
			}()
			for left := claims; left > 0; {
				var queue queueEvent
				var taken takenEvent
				e := l.next()
				now := time.Now()
				hears := func(ticket int64) {
					mu.Lock()
					defer mu.Unlock()
					if at, ok := claimed[ticket]; ok && !told[ticket] {
						told[ticket] = true
						took = append(took, now.Sub(at))
						left--
					}
				}
				if e.name == "taken" && json.Unmarshal([]byte(e.data), &taken) == nil { // told before the list is drawn anew
					hears(taken.Ticket)
				}
				if e.name != "queue" || json.Unmarshal([]byte(e.data), &queue) != nil {
					continue
				}
				for _, ticket := range waits {
					if !slices.Contains(queue.Waiting, ticket) {
						hears(ticket)
					}
				}
				waits = queue.Waiting
				if !whole && len(waits) == len(tickets) {
					whole = true
					ready.Done()
				}
			}
		})
	}
	ready.Wait()
	for i, ticket := range tickets[:claims] {
		mu.Lock()
		claimed[ticket] = time.Now()
		mu.Unlock()
		if got := browsers[i%desks].post(fmt.Sprintf("/console/chats/%d/claim", ticket)); got.code != http.StatusSeeOther {
			t.Fatalf("claim: %d %s", got.code, got.body)
		}
		time.Sleep(pause)
	}
	heard.Wait()
	slices.Sort(took)
	t.Logf("%d desks, %d waiting: a claim reached them in %v in the middle, %v at the 95th percentile, %v at most",
		desks, len(tickets), took[len(took)/2], took[len(took)*95/100], took[len(took)-1])
}
