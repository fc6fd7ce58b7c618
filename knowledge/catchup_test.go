package knowledge

import (
	"slices"
	"testing"
	"time"
)

func TestCatchUp(t *testing.T) {
	t.Parallel()
	with := func(summary, fee string, steps ...string) Guide {
		return Guide{Slug: "x", Link: "https://nap.bg", Text: map[Language]Text{Bulgarian: {Title: "Х", Summary: summary, FeeNote: fee, Steps: steps}}}
	}
	base := with("начало", "без такса", "едно")
	published := with("друго начало", "без такса", "едно", "две")
	draft := with("мое начало", "пет евро", "едно")
	for _, c := range []struct {
		name   string
		theirs []string
		want   Guide
	}{
		{"the draft's words stand where both changed", nil, with("мое начало", "пет евро", "едно", "две")},
		{"or the published ones, if the editor says so", []string{"text.bg.summary"}, with("друго начало", "пет евро", "едно", "две")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, conflicts := CatchUp(base, published, draft, func(field string) bool { return slices.Contains(c.theirs, field) })
			if !slices.Equal(conflicts, []string{"text.bg.summary"}) {
				t.Errorf("conflicts %v", conflicts)
			}
			if diff := Diff(c.want, got); len(diff) > 0 {
				t.Errorf("%+v", diff)
			}
		})
	}
	opened := func(g Guide, title string, day int) Guide {
		g.Sources = []Source{{URL: "https://nap.bg", Title: title, Checked: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)}}
		return g
	}
	got, conflicts := CatchUp(opened(base, "НАП", 1), opened(published, "НАП", 9), opened(draft, "Портал на НАП", 1), func(string) bool { return false })
	if len(conflicts) != 1 || got.Sources[0].Title != "Портал на НАП" || got.Sources[0].Checked.Day() != 9 {
		t.Errorf("a source that was opened meanwhile: %v, %+v", conflicts, got.Sources)
	}
	if _, conflicts := CatchUp(base, published, published, func(string) bool { return true }); len(conflicts) > 0 {
		t.Errorf("both wrote the same: %v", conflicts)
	}
}
