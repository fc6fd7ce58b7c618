package knowledge

import (
	"errors"
	"testing"
)

// What an editor says of an address holds for everybody who has it.
func TestWhoMayAcceptALink(t *testing.T) {
	e := newEditing(t)
	publish := func(g Guide) {
		t.Helper()
		if _, err := e.store.Publish(e.ctx, g, "v"); err != nil {
			t.Fatal(err)
		}
	}
	national := e.guide
	national.Local = []Local{
		{Municipality: "Враца", Link: "https://www.sofia.bg/door"}, {Municipality: "Видин", Link: "https://www.sofia.bg/vidin"},
		{Municipality: "Ямбол", Link: "https://www.sofia.bg/both"},
	}
	publish(national)
	own := e.guide // its address is the national one's
	own.Slug, own.Version, own.Municipality, own.Sources = "vratsa-novo", 0, "VRC10", []Source{{URL: "https://www.sofia.bg/own", Title: "Нова"}, {URL: "https://www.sofia.bg/both", Title: "И"}}
	publish(own)
	if err := NewLinkChecker(e.pool, e.store, LinkOptions{}).gather(e.ctx); err != nil {
		t.Fatal(err)
	}
	breaks := func(fault LinkFault, status int) {
		t.Helper()
		if _, err := e.pool.Exec(e.ctx, `UPDATE link_checks SET fault = $1, status = $2, checked_at = now(), broken_since = now()`, fault, status); err != nil {
			t.Fatal(err)
		}
	}
	accepted := func(address string, by Editor) bool {
		t.Helper()
		var fault *Fault
		err := e.store.AcceptLink(e.ctx, e.pool, address, by)
		if err != nil && !errors.As(err, &fault) {
			t.Fatal(err)
		}
		return err == nil
	}
	breaks(LinkRetitled, 200)
	for address, want := range map[string]struct{ seen, yours bool }{
		"https://www.sofia.bg/own": {true, true}, "https://www.sofia.bg/door": {true, true}, "https://www.sofia.bg/both": {true, false},
		e.guide.Link: {true, false}, "https://www.sofia.bg/vidin": {false, false},
	} {
		seen, yours := false, false
		broken, err := e.store.BrokenLinks(e.ctx, vratsasEditor, 50, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range broken {
			if b.URL == address {
				seen, yours = true, b.Yours
			}
		}
		if seen != want.seen || yours != want.yours || accepted(address, vratsasEditor) != want.yours {
			t.Errorf("%s: seen %v, yours %v, want %+v", address, seen, yours, want)
		}
	}
	for _, c := range []struct {
		fault  LinkFault
		status int
		want   bool
	}{{LinkStatus, 404, false}, {LinkStatus, 410, false}, {LinkStatus, 403, true}, {LinkStatus, 401, true}, {LinkMoved, 200, true}} {
		breaks(c.fault, c.status)
		if got := accepted(e.guide.Link, Editor{ID: "maria"}); got != c.want {
			t.Errorf("%s %d: %v", c.fault, c.status, got)
		}
	}
}
