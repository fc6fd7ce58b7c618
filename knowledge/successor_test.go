package knowledge

import "testing"

func TestSuccessor(t *testing.T) {
	t.Parallel()
	guides := map[string]Guide{}
	for slug, next := range map[string]string{"a": "b", "b": "c", "c": "", "gone": "nowhere", "late": "gone", "x": "y", "y": "x", "self": "self"} {
		guides[slug] = Guide{Slug: slug, ReplacedBy: next}
	}
	find := func(slug string) (Guide, bool, error) { g, ok := guides[slug]; return g, ok, nil }
	for from, want := range map[string]string{"a": "c", "b": "c", "c": "", "gone": "", "late": "gone", "x": "y", "y": "x", "self": ""} {
		g, ok, err := Successor(guides[from], find)
		if err != nil || ok != (want != "") || ok && g.Slug != want {
			t.Errorf("%s leads to %q (%v, %v), want %q", from, g.Slug, ok, err, want)
		}
	}
}
