package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// guideHistory is the versions of a guide.
type guideHistory struct {
	guideRoom
	Versions []knowledge.Version
	names    map[string]string
}

// guideDifference is what differs between two versions of a guide, or between one and its draft.
type guideDifference struct {
	guideRoom
	A, B    guideSide
	Changes []guideChange
}

// guideSide is one side of a difference: a version, or the draft.
type guideSide struct {
	Version int // 0: the draft
	Guide   knowledge.Guide
}

// guideVersion is one version of a guide, whole.
type guideVersion struct {
	guideRoom
	This   guideSide
	Fields []guideChange // every field that says something
}

// draftKey stands in a path where a version's number may stand, for the draft.
const draftKey = "draft"

func (s *site) guideHistoryPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	slug := r.PathValue("slug")
	if a, b := q.Get("a"), q.Get("b"); a != "" && b != "" {
		x, errA := strconv.Atoi(a)
		y, errB := strconv.Atoi(b)
		if errA == nil && errB == nil && x > y { // the older one comes first
			a, b = b, a
		}
		if errA == nil && (errB == nil || b == draftKey) {
			return seeOther(w, r, fmt.Sprintf("%s/history/%s/%s", guidePath(slug), a, b))
		}
	}
	room, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	page := guideHistory{guideRoom: room}
	page.Title = page.E("history_of", page.Name())
	if page.Versions, err = s.Knowledge.Versions(r.Context(), slug); err != nil {
		return err
	}
	if page.names, err = s.versionNames(r, page.Versions); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guidehistory", page)
}

// versionNames names who published and wrote versions.
func (s *site) versionNames(r *http.Request, versions []knowledge.Version) (map[string]string, error) {
	var ids []string
	for _, v := range versions {
		ids = append(append(ids, v.By), v.Writers...)
	}
	return s.staffNames(r, ids)
}

// PublishedBy names who published a version.
func (h guideHistory) PublishedBy(v knowledge.Version) string { return h.staffWords(v.By, h.names) }

// Wrote names who wrote a version; "" where it is who published it, alone.
func (h guideHistory) Wrote(v knowledge.Version) string {
	if len(v.Writers) == 1 && v.Writers[0] == v.By {
		return ""
	}
	var names []string
	for _, id := range v.Writers {
		names = append(names, h.staffWords(id, h.names))
	}
	return strings.Join(names, ", ")
}

// Before is the number of the version before one; 0 where it is the first.
func (guideHistory) Before(v knowledge.Version) int { return v.Version - 1 }

func (s *site) guideDifferencePage(w http.ResponseWriter, r *http.Request) error {
	room, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	page := guideDifference{guideRoom: room}
	page.Title = page.E("difference_of", page.Name())
	if page.A, err = s.guideSide(r, room, r.PathValue("a")); err != nil {
		return err
	}
	if page.B, err = s.guideSide(r, room, r.PathValue("b")); err != nil {
		return err
	}
	if page.Changes, err = s.guideChanges(r, room.frame, page.A.Guide, page.B.Guide); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guidediff", page)
}

// guideSide reads the version, or the draft, that a part of the path names.
func (s *site) guideSide(r *http.Request, room guideRoom, key string) (side guideSide, err error) {
	if key == draftKey {
		if !room.Drafted() {
			return side, errNotFound
		}
		side.Guide = room.Draft.Guide
		return side, nil
	}
	n, err := strconv.Atoi(key)
	if err != nil {
		return side, errNotFound
	}
	ok := false
	if n == 0 && !room.Published { // the draft of a new guide beside nothing
		return side, nil
	}
	if side.Guide, ok, err = s.Knowledge.GuideAt(r.Context(), room.Slug, n); err != nil {
		return side, err
	}
	if !ok {
		return side, errNotFound
	}
	side.Version = n
	return side, nil
}

// SideName says what a side is: «Версия 3», «Черновата».
func (f frame) SideName(side guideSide) string {
	if side.Version == 0 {
		return f.E("the_draft")
	}
	return f.E("version_n", side.Version)
}

func (s *site) guideVersionPage(w http.ResponseWriter, r *http.Request) error {
	room, err := s.guideRoom(w, r)
	if err != nil {
		return err
	}
	page := guideVersion{guideRoom: room}
	if page.This, err = s.guideSide(r, room, r.PathValue("a")); err != nil {
		return err
	}
	if page.This.Version == 0 {
		return errNotFound
	}
	page.Title = page.E("version_of", page.This.Version, page.Name())
	if page.Fields, err = s.guideChanges(r, room.frame, knowledge.Guide{}, page.This.Guide); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guideversion", page)
}

// errHasDraft means that somebody is at a draft of the guide already.
var errHasDraft = errors.New("the guide has a draft")

// beginDraft makes a draft of a change to what is published, where nobody is at one.
func beginDraft(tx pgx.Tx, r *http.Request, store *knowledge.Store, now, g knowledge.Guide, by knowledge.Editor) (knowledge.Draft, error) {
	_, drafted, err := store.Draft(r.Context(), now.Slug)
	if err != nil {
		return knowledge.Draft{}, err
	}
	if drafted {
		return knowledge.Draft{}, errHasDraft
	}
	return store.SaveDraft(r.Context(), tx, knowledge.Draft{Slug: now.Slug, Base: now.Version, Guide: g}, by)
}

// restoreGuide makes a draft of an old version. It is published as any other.
func restoreGuide(tx pgx.Tx, r *http.Request, store *knowledge.Store, slug string, _ int, by knowledge.Editor, act *staff.Act) error {
	n, err := strconv.Atoi(r.PathValue("a"))
	if err != nil {
		return errNotFound
	}
	old, ok, err := store.GuideAt(r.Context(), slug, n)
	if err != nil {
		return err
	}
	now, published, err := store.Guide(r.Context(), slug)
	if err != nil {
		return err
	}
	if !ok || !published {
		return errNotFound
	}
	act.Detail = map[string]any{"version": n}
	old.Why = phrasesFor(r).E("restored_why", n)
	_, err = beginDraft(tx, r, store, now, old, by)
	return err
}

// phrasesFor speaks the visitor's language where there is no page.
func phrasesFor(r *http.Request) frame { return frame{Language: visitOf(r).language} }
