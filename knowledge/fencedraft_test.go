package knowledge

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
)

// saveBy saves a draft as an editor.
func (e *editing) saveBy(d Draft, by Editor) (saved Draft, err error) {
	err = e.in(func(tx pgx.Tx) (err error) { saved, err = e.store.SaveDraft(e.ctx, tx, d, by); return err })
	return saved, err
}

var vratsasEditor = Editor{ID: "vratsa", Municipality: "VRC10"}

func TestAColleaguesDatesStay(t *testing.T) {
	e := newEditing(t)
	d := e.begin()
	review, checked := e.guide.ReviewBy.AddDate(1, 0, 0), e.guide.Sources[0].Checked.AddDate(1, 0, 0)
	d.Guide.ReviewBy, d.Guide.Sources[0].Checked = review, checked
	d = e.save(d, "maria", nil)
	d.Guide.Local = []Local{{Municipality: "Враца", Office: "стая 3"}}
	d, err := e.saveBy(d, vratsasEditor)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Guide.ReviewBy.Equal(review) || !d.Guide.Sources[0].Checked.Equal(checked) {
		t.Errorf("%v, %v", d.Guide.ReviewBy, d.Guide.Sources)
	}
}

func TestAColleaguesWorkCantBeUndone(t *testing.T) {
	e := newEditing(t)
	d := e.begin()
	d.Guide.Link = "https://mvr.bg/new"
	d = e.save(d, "maria", nil)
	door := []Local{{Municipality: "Враца", Office: "стая 3"}}
	back := d
	back.Guide = e.guide
	back.Guide.Local = door
	var fault *Fault
	if _, err := e.saveBy(back, vratsasEditor); !errors.As(err, &fault) || fault.Field != "link" {
		t.Errorf("put back to what is published: %v", err)
	}
	d = e.send(d, "maria")
	d.Guide.Local = door
	if _, err := e.saveBy(d, vratsasEditor); !errors.As(err, &fault) || fault.Key != "fault.not_yours" {
		t.Errorf("taken back from review: %v", err)
	}
	if err := e.in(func(tx pgx.Tx) error { return e.store.RecallDraft(e.ctx, tx, d.Slug, d.Revision, Editor{ID: "maria"}) }); err != nil {
		t.Fatal(err)
	}
	d.Revision++
	d, err := e.saveBy(d, vratsasEditor)
	if err != nil || d.Guide.Link != "https://mvr.bg/new" || len(d.Guide.Local) != 1 {
		t.Errorf("its own beside it: %+v, %v", d.Guide, err)
	}
}

func TestAnOvertakenDraftIsCaughtUp(t *testing.T) {
	t.Parallel()
	g := func(link, why, name string) Guide { return Guide{Link: link, ReplacedBy: why, TitleEnglish: name} }
	base, draft, published := g("a", "a", "a"), g("b", "a", "a"), g("a", "c", "a")
	for _, c := range []struct {
		after Guide
		field string
	}{
		{draft, ""}, {g("b", "c", "a"), ""}, {g("a", "c", "a"), "link"}, {base, "link"}, {g("b", "d", "a"), "replaced_by"},
	} {
		var fault *Fault
		switch err := vratsa.fenceDraft(c.after, draft, base, published); {
		case c.field == "" && err != nil:
			t.Errorf("%+v: %v", c.after, err)
		case c.field != "" && (!errors.As(err, &fault) || fault.Field != c.field):
			t.Errorf("%+v: %v, want a fault at %s", c.after, err, c.field)
		}
	}
}
