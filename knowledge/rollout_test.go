package knowledge

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The program before this one knows one writer of a version and none of a draft. While both serve, neither loses a writer that the other notes, and
// nobody approves what they wrote.
func TestTheProgramBeforeGoesOnBesideThisOne(t *testing.T) {
	e := newEditing(t)
	if err := e.store.SetEditingRules(e.ctx, e.pool, EditingRules{SecondEditor: true, Grace: 30 * 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if tag, err := e.pool.Exec(e.ctx, sql, args...); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%v, %v", tag, err)
		}
	}
	kept := func() Draft {
		t.Helper()
		d, ok, err := e.store.Draft(e.ctx, "sample")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return d
	}
	before := func(d Draft, by string) Draft { // saves as that program does
		t.Helper()
		guide, err := json.Marshal(d.Guide)
		if err != nil {
			t.Fatal(err)
		}
		if d.Revision == 0 {
			exec(`INSERT INTO guide_drafts (slug, base, revision, stage, guide, notes, begun_by, changed_by) VALUES ($1, $2, 1, 'draft', $3, '', $4, $4)`, d.Slug, d.Base, guide, by)
		} else {
			exec(`UPDATE guide_drafts SET revision = revision + 1, stage = 'draft', sent_by = '', guide = $2, changed_by = $3, changed_at = now() WHERE slug = $1`, d.Slug, guide, by)
		}
		return kept()
	}

	d := before(summed(e.begin(), "Написа Иван."), "ivan")
	if !slices.Equal(d.Writers, []string{"ivan"}) {
		t.Errorf("begun before: %q", d.Writers)
	}
	d = e.save(summed(d, "Написа Мария."), "maria", nil)
	if !slices.Equal(d.Writers, []string{"ivan", "maria"}) {
		t.Errorf("gone on with: %q", d.Writers)
	}
	d = before(summed(d, "Написа Петя."), "petya")
	if !slices.Equal(d.Writers, []string{"ivan", "maria", "petya"}) {
		t.Errorf("and before once more: %q", d.Writers)
	}
	d = e.send(d, "anna")
	for by, waits := range map[string]bool{"ivan": false, "maria": false, "petya": false, "anna": true} {
		list, err := e.store.ListGuides(e.ctx, GuideFilter{View: ForMe, By: Editor{ID: by}, Today: time.Now()})
		if err != nil || (len(list.Lines) == 1) != waits {
			t.Errorf("waits for %s: %+v, %v", by, list, err)
		}
		if !waits {
			if _, err := e.publish(d, by); !errors.Is(err, ErrNeedsSecond) {
				t.Errorf("%s approves what they wrote: %v", by, err)
			}
		}
	}
	if version, err := e.publish(d, "anna"); err != nil || version != 2 {
		t.Fatalf("%d, %v", version, err)
	}
	var writer string
	if err := e.pool.QueryRow(e.ctx, `SELECT written_by FROM guide_versions WHERE version = 2`).Scan(&writer); err != nil || writer != "petya" {
		t.Errorf("read before: %q, %v", writer, err)
	}

	// It publishes.
	if err := e.in(func(tx pgx.Tx) error {
		for _, sql := range []string{
			`INSERT INTO guide_versions (slug, version, audience, status, title_english, link, identification, related, apart, replaced_by, local, municipality, review_by, origin, published_by, written_by, why)
			SELECT slug, 3, audience, status, title_english, link, identification, related, apart, replaced_by, local, municipality, review_by, 'editor', 'maria', 'ivan', '' FROM guide_versions WHERE version = 2`,
			`INSERT INTO guide_texts SELECT (jsonb_populate_record(t, '{"version": 3}')).* FROM guide_texts t WHERE version = 2`,
			`UPDATE guides SET version = 3`,
		} {
			if _, err := tx.Exec(e.ctx, sql); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := e.store.Versions(e.ctx, "sample")
	if err != nil || len(all) != 3 || !slices.Equal(all[0].Writers, []string{"ivan"}) || !slices.Equal(all[1].Writers, []string{"ivan", "maria", "petya"}) {
		t.Errorf("versions: %+v, %v", all, err)
	}
}

// Who begins a draft with a note alone has not written in it.
func TestWhoOnlyBeganADraftIsNoWriter(t *testing.T) {
	e := newEditing(t)
	d := e.begin()
	d.Notes = "таксата е друга"
	if d = e.save(d, "ivan", nil); len(d.Writers) != 0 {
		t.Errorf("a note makes a writer: %q", d.Writers)
	}
	if d = e.save(summed(d, "Написа Мария."), "maria", nil); !slices.Equal(d.Writers, []string{"maria"}) {
		t.Errorf("writers: %q", d.Writers)
	}
}
