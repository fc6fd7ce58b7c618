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
