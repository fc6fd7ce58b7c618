package knowledge

import (
	"slices"
	"testing"
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
	if _, conflicts := CatchUp(base, published, published, func(string) bool { return true }); len(conflicts) > 0 {
		t.Errorf("both wrote the same: %v", conflicts)
	}
}
