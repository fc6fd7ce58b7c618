package knowledge

import (
	"fmt"
	"slices"
	"testing"
)

func TestAddressesInProseAreChecked(t *testing.T) {
	e := newEditing(t)
	steps, note := "https://e-uslugi.mvr.bg/steps?a=1", "https://www.sofia.bg/note"
	g := e.guide
	text := g.Text[Bulgarian]
	text.Steps = append(slices.Clone(text.Steps), "Отворете „"+steps+"“.", "Пак на "+steps+".")
	english := text
	english.GoodToKnow = []string{"See " + note + ", or " + steps + "."}
	english.Steps = []string{"Open it."}
	g.Text = map[Language]Text{Bulgarian: text, English: english}
	var err error
	if g.Version, err = e.store.Publish(e.ctx, g, "maria"); err != nil {
		t.Fatal(err)
	}
	checker := NewLinkChecker(e.pool, e.store, LinkOptions{})
	found := func() map[string][]LinkPlace {
		t.Helper()
		if err := checker.gather(e.ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := e.pool.Exec(e.ctx, `UPDATE link_checks SET fault = 'status', status = 404, checked_at = now(), broken_since = now()`); err != nil {
			t.Fatal(err)
		}
		broken, err := e.store.BrokenLinks(e.ctx, Editor{ID: "maria"}, 50, 0)
		if err != nil {
			t.Fatal(err)
		}
		places := map[string][]LinkPlace{}
		for _, b := range broken {
			places[b.URL] = b.Places
		}
		return places
	}
	first := found()
	for address, want := range map[string][]string{steps: {"text.bg.steps", "text.en.good_to_know"}, note: {"text.en.good_to_know"}, g.Link: {"link"}} {
		if at := first[address]; len(at) != 1 || at[0].Slug != g.Slug || at[0].Title != text.Title || !slices.Equal(at[0].Parts, want) {
			t.Errorf("%s stands in %+v, want %v", address, at, want)
		}
	}
	// The next version speaks of it no more.
	text.Steps = []string{"Отворете сайта."}
	g.Text = map[Language]Text{Bulgarian: text}
	if _, err := e.store.Publish(e.ctx, g, "maria"); err != nil {
		t.Fatal(err)
	}
	if at, ok := found()[steps]; ok {
		t.Errorf("still checked: %+v", at)
	}
}

func TestASignpostTakesNoGuidesPlace(t *testing.T) {
	e := newEditing(t)
	for i := range 10 {
		g := e.guide
		g.Slug, g.Version = fmt.Sprintf("boat-%d", i), 0
		if _, err := e.store.Publish(e.ctx, g, "maria"); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		`INSERT INTO signposts (title, authority, link, names, origin) VALUES ('x', 'x', $1, '{x}', 'editor')`,
		`INSERT INTO link_checks (url, host, fault, status, checked_at, broken_since) VALUES ($1, 'x', 'status', 404, now(), now())`,
	} {
		if _, err := e.pool.Exec(e.ctx, sql, e.guide.Link); err != nil {
			t.Fatal(err)
		}
	}
	broken, err := e.store.BrokenLinks(e.ctx, Editor{ID: "maria"}, 50, 0)
	if err != nil || len(broken) != 1 || broken[0].Guides < 10 || len(broken[0].Places) != 11 || broken[0].Places[0].Slug != "" || broken[0].Places[10].Slug == "" {
		t.Errorf("%+v, %v", broken, err)
	}
}
