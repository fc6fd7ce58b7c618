package knowledge

import (
	"errors"
	"testing"
)

func TestDoorsAreNamedInOneWay(t *testing.T) {
	e := newEditing(t)
	byala := Municipality{"VAR05", "Бяла", "Варна", true}
	g := e.guide
	g.Local = []Local{{Municipality: " Бяла ,Варна", Office: "стая 3"}}
	if _, err := e.store.Publish(e.ctx, g, "maria"); err != nil {
		t.Fatal(err)
	}
	if now, _, err := e.store.Guide(e.ctx, "sample"); err != nil || now.Local[0].Municipality != "Бяла, Варна" {
		t.Errorf("%v, %v", now.Local, err)
	}
	// As it was published before.
	if _, err := e.pool.Exec(e.ctx, `ALTER TABLE guide_versions DISABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
	if _, err := e.pool.Exec(e.ctx, `UPDATE guide_versions SET local = '[{"municipality": "Бяла ,Варна", "link": "", "contact": "1", "note": null}]'`); err != nil {
		t.Fatal(err)
	}
	lines, _, err := e.store.DoorLines(e.ctx, byala, "", 10, 0)
	if err != nil || len(lines) != 1 || lines[0].Door == nil || lines[0].Others != 0 {
		t.Errorf("%+v, %v", lines, err)
	}
	before, _, _ := e.store.Guide(e.ctx, "sample")
	if after := before.masked(); vratsa.fence(after, before) != nil {
		t.Error("another's door, named in the one way, is another's change")
	}
}

func TestOneDoorForAMunicipality(t *testing.T) {
	t.Parallel()
	g, err := ParseGuide(File{Name: "sample.md", Data: []byte(sampleGuide)}, File{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b string
		fine bool
	}{
		{"Враца", "Враца, Враца", false}, {"Бяла ,Варна", "Бяла, Варна", false}, {"Враца", "Видин", true}, {"Бяла, Русе", "Бяла, Варна", true},
	} {
		g.Local = []Local{{Municipality: c.a, Contact: "1"}, {Municipality: c.b, Contact: "2"}}
		var fault *Fault
		if err := g.Validate([]string{"mvr.bg", "sofia.bg"}); errors.As(err, &fault) == c.fine {
			t.Errorf("%q beside %q: %v", c.a, c.b, err)
		}
	}
}
