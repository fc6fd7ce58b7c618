package console

import (
	"testing"

	"orientir/handoff/staff"
)

// TestWhatIsSaidOnceIsForAPage asks for parts of pages between a change and the page that tells of it.
func TestWhatIsSaidOnceIsForAPage(t *testing.T) {
	b := setup(t)
	w := b.as(b.account(staff.Profile{Email: "a@example.bg", Roles: staff.Roles()}))
	w.post("/console/canned", "title", "Поздрав", "text", "Добър ден!", "language", "bg", "scope", "own")
	if w.cookie(flashName) == nil {
		t.Fatal("there is nothing to say")
	}
	_, ticket := b.person("p", "въпрос")
	for _, path := range []string{"/console/queue/stream", chatPath(ticket) + "/suggestion", "/console/news/1/progress"} {
		w.get(path)
		if w.cookie(flashName) == nil {
			t.Fatalf("%s takes it away", path)
		}
	}
	w.get("/console/canned")
	if w.cookie(flashName) != nil {
		t.Error("it is said again")
	}
}
