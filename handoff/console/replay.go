package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// replayPage shows what a draft does to the answers of all known questions.
type replayPage struct {
	guideRoom
	Replay retrieval.Replay // ID 0: none was made
	Runs   bool             // the visitor may begin and stop it
	Kind   retrieval.ReplayKind
	List   []answerChange
	Page   int // from 1
	Pages  int
}

const replayPageSize = 50

func (s *site) replayPage(w http.ResponseWriter, r *http.Request) error {
	page, err := s.replay(w, r)
	if err != nil {
		return err
	}
	if page.Kind = retrieval.ReplayKind(r.URL.Query().Get("kind")); !slices.Contains(retrieval.ReplayKinds(), page.Kind) {
		page.Kind = page.first()
	}
	page.Page, page.Pages = 1, max(1, (page.Replay.Counts[page.Kind]+replayPageSize-1)/replayPageSize)
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 {
		page.Page = min(n, page.Pages)
	}
	if page.Replay.ID != 0 {
		list, err := s.Replays.Questions(r.Context(), page.Replay.ID, page.Kind, (page.Page-1)*replayPageSize, replayPageSize)
		if err != nil {
			return err
		}
		words, err := s.replayed(r, page.frame, list)
		if err != nil {
			return err
		}
		page.List = answerChanges(words)
	}
	return s.render(w, http.StatusOK, "replay", page)
}

// replay reads a guide with its draft and its newest replay.
func (s *site) replay(w http.ResponseWriter, r *http.Request) (page replayPage, err error) {
	if page.guideRoom, err = s.guideRoom(w, r); err != nil {
		return page, err
	}
	page.Title, page.Back = page.R("title")+": "+page.Name(), page.To(page.Slug, "")
	if page.Replay, _, err = s.Replays.Of(r.Context(), page.Slug); err != nil {
		return page, err
	}
	err = s.mayReplay(r, s.DB, page.Slug)
	if page.Runs = err == nil; errors.Is(err, errForbidden) {
		err = nil
	}
	return page, err
}

// replayProgress renders how far a replay is, for the page that waits for it.
func (s *site) replayProgress(w http.ResponseWriter, r *http.Request) error {
	page, err := s.replay(w, r)
	if err != nil {
		return err
	}
	part, err := s.fragment("replay", "replay-state", page)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(part))
	return err
}

func (s *site) startReplay(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	d, ok, err := s.Knowledge.Draft(r.Context(), slug)
	if err != nil {
		return err
	}
	if !ok {
		s.setFlash(w, flash{Key: "replay.no_draft", Bad: true})
		return seeOther(w, r, replayPath(slug))
	}
	if d, err = s.Knowledge.AsReviewed(r.Context(), d); err != nil {
		return err
	}
	by := visitOf(r).account.ID
	act := staff.Act{By: by, Verb: "guide.replay", Subject: "guide:" + slug}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) error {
		if err := s.mayReplay(r, tx, slug); err != nil {
			return err
		}
		return s.Replays.Start(r.Context(), tx, d, staffID(by))
	})
	if err != nil {
		return err
	}
	return seeOther(w, r, replayPath(slug))
}

// mayReplay checks that the visitor may begin and stop the replay of a guide; errForbidden where not. Every editor may read it.
func (s *site) mayReplay(r *http.Request, db postgres.DB, slug string) error {
	err := s.Knowledge.MayReplay(r.Context(), db, slug, s.editor(visitOf(r)))
	var fault *knowledge.Fault
	if errors.As(err, &fault) {
		return errForbidden
	}
	return err
}

// errNoReplay keeps what changed nothing out of the log of changes.
var errNoReplay = errors.New("no replay is under way")

func (s *site) cancelReplay(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	err := s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "guide.replay-cancel", Subject: "guide:" + slug}, func(tx pgx.Tx, _ *staff.Act) error {
		if err := s.mayReplay(r, tx, slug); err != nil {
			return err
		}
		ok, err := s.Replays.Cancel(r.Context(), tx, slug)
		if err == nil && !ok {
			return errNoReplay
		}
		return err
	})
	if err != nil && !errors.Is(err, errNoReplay) {
		return err
	}
	return seeOther(w, r, replayPath(slug))
}

func replayPath(slug string) string { return guidePath(slug) + "/replay" }

// first is the first kind that has questions.
func (p replayPage) first() retrieval.ReplayKind {
	for _, kind := range retrieval.ReplayKinds() {
		if p.Replay.Counts[kind] > 0 {
			return kind
		}
	}
	return retrieval.Worse
}

// Kinds are the kinds of change to choose from.
func (replayPage) Kinds() []retrieval.ReplayKind { return retrieval.ReplayKinds() }

// Outdated says that the replay is of another draft or beside another version than there are now.
func (p replayPage) Outdated() bool {
	return p.Replay.ID != 0 && p.Drafted() && (p.Replay.Revision != p.Draft.Revision || p.Replay.Base != p.Guide.Version)
}

// Took is how long a replay took, in whole seconds, at least one.
func (p replayPage) Took() int {
	if p.Replay.StartedAt == nil || p.Replay.EndedAt == nil {
		return 0
	}
	return max(1, int(p.Replay.EndedAt.Sub(*p.Replay.StartedAt).Round(time.Second).Seconds()))
}

// Unchanged is how many questions keep their answer.
func (p replayPage) Unchanged() int { return p.Replay.Counts[retrieval.Same] }

// To is the address of a kind's list.
func (p replayPage) To(slug string, kind retrieval.ReplayKind) string {
	if kind == "" {
		return replayPath(slug)
	}
	return replayPath(slug) + "?" + url.Values{"kind": {string(kind)}}.Encode()
}

// Turn is the address of another page of the list, by how many pages away it is.
func (p replayPage) Turn(by int) string {
	return p.To(p.Slug, p.Kind) + "&page=" + strconv.Itoa(p.Page+by)
}

// Number writes a number as people do: «12 480».
func (f frame) Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return s
}

// R says a phrase about trying and replaying drafts.
func (f frame) R(key string, args ...any) string { return i18n.T(f.Language, "replay."+key, args...) }

// RN says such a phrase by number.
func (f frame) RN(key string, n int, args ...any) string {
	return i18n.N(f.Language, "replay."+key, n, args...)
}
