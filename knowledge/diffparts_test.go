package knowledge

import (
	"slices"
	"testing"
)

// Words that only change their column are a change too.
func TestWordsThatChangePlacesDiffer(t *testing.T) {
	t.Parallel()
	bg, en := map[Language]string{Bulgarian: "x"}, map[Language]string{English: "x"}
	apart := func(how map[Language]string) Guide { return Guide{Apart: []Apart{{Slug: "b", How: how}}} }
	door := func(l Local) Guide { l.Municipality = "Враца"; return Guide{Local: []Local{l}} }
	all := []Guide{door(Local{Link: "x"}), door(Local{Contact: "x"}), door(Local{Office: "x"}), door(Local{Fee: bg}), door(Local{Fee: en}), door(Local{Note: bg}), door(Local{Note: en})}
	check := func(a, b Guide, same bool) {
		t.Helper()
		changes := Diff(a, b)
		if (len(changes) == 0) != same {
			t.Errorf("%+v and %+v: %+v", a.Local, b.Local, changes)
		}
		for _, c := range changes {
			if slices.Equal(c.Before, c.After) || a.Marks()[c.Field] == b.Marks()[c.Field] {
				t.Errorf("nothing tells apart %+v", c)
			}
		}
	}
	for i, a := range all {
		for j, b := range all {
			check(a, b, i == j)
		}
	}
	check(apart(bg), apart(en), false)
	check(apart(bg), apart(bg), true)
}
