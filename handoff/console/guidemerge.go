package console

import (
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// guideMerge shows an editor whose draft was overtaken what was published meanwhile, and lets them choose where both changed the same.
type guideMerge struct {
	guideRoom
	Changes   []guideChange // from the version that the draft was begun on to the published one
	Conflicts []guideConflict
}

// guideConflict is a field that the draft and the published version changed to different ends.
type guideConflict struct {
	Field, Name, Lang string
	Theirs, Mine      []string
}

func (s *site) guideMergePage(w http.ResponseWriter, r *http.Request) error {
	room, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	if !room.Overtaken() {
		return seeOther(w, r, guidePath(room.Slug))
	}
	page := guideMerge{guideRoom: room}
	page.Title = page.E("merge_of", page.Name())
	base, _, err := s.Knowledge.GuideAt(r.Context(), room.Slug, room.Draft.Base) // a new guide's is empty
	if err != nil {
		return err
	}
	if page.Changes, err = s.guideChanges(r, room.frame, base, room.Guide); err != nil {
		return err
	}
	titles, err := s.guideTitles(r.Context(), pointedAt(room.Guide, room.Draft.Guide), page.Language)
	if err != nil {
		return err
	}
	_, fields := knowledge.CatchUp(base, room.Guide, room.Draft.Guide, func(string) bool { return false })
	apart := knowledge.Diff(room.Guide, room.Draft.Guide)
	for _, field := range fields {
		for _, c := range apart {
			if c.Field == field {
				page.Conflicts = append(page.Conflicts, guideConflict{
					field, page.fieldName(field), fieldLanguage(field), page.fieldValues(field, c.Before, titles), page.fieldValues(field, c.After, titles),
				})
			}
		}
	}
	return s.render(w, http.StatusOK, "guidemerge", page)
}

// mergeGuide puts a draft that was overtaken on what is published now. The form tells which version the editor has seen.
func mergeGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, revision int, by knowledge.Editor, act *staff.Act) error {
	seen, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return errNotFound
	}
	d, ok, err := store.Draft(r.Context(), slug)
	if err != nil {
		return err
	}
	now, published, err := store.Guide(r.Context(), slug)
	switch {
	case err != nil:
		return err
	case !ok || d.Revision != revision:
		return knowledge.ErrStaleDraft
	case !published || now.Version != seen:
		return knowledge.ErrStale
	}
	base, _, err := store.GuideAt(r.Context(), slug, d.Base)
	if err != nil {
		return err
	}
	merged, conflicts := knowledge.CatchUp(base, now, d.Guide, func(field string) bool { return r.PostFormValue("take-"+field) == "theirs" })
	for _, field := range conflicts {
		if take := r.PostFormValue("take-" + field); take != "theirs" && take != "mine" {
			return errChooseFirst
		}
	}
	plain, _ := knowledge.CatchUp(base, now, d.Guide, func(string) bool { return false })
	d.Guide = merged
	if err := store.SaveCaughtUp(r.Context(), tx, d, plain, by); err != nil {
		return err
	}
	d, _, err = store.Draft(r.Context(), slug)
	if err == nil && d.Base != seen { // published once more in this very moment
		err = knowledge.ErrStale
	}
	act.Detail = map[string]any{"version": seen}
	return err
}
