package knowledge

import "testing"

func TestOtherDoors(t *testing.T) {
	t.Parallel()
	doors := func(link string, all ...Local) Guide { return Guide{Link: link, Local: all} }
	mine, theirs := Local{Municipality: "Враца", Contact: "1"}, Local{Municipality: "Видин", Contact: "2"}
	for _, c := range []struct {
		after Guide
		other bool
	}{
		{doors("a", theirs), true}, {doors("a", mine, theirs), true}, {doors("a", mine), false}, {doors("b", theirs), false}, {doors("a"), false},
	} {
		if vratsa.OtherDoors(doors("a"), c.after) != c.other {
			t.Errorf("%+v", c.after)
		}
	}
}
