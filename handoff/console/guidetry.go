package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"orientir/knowledge"
	"orientir/retrieval"
)

// guideTry asks a guide's draft what people would ask.
type guideTry struct {
	guideRoom
	Question  string
	Place     string
	Audience  string
	GoesOn    bool // the guide is on the screen already
	Tried     *replayed
	NoAnswer  string // phrase of why there is none
	Audiences []string
}

// mostQuestion is how many characters a question may have; longer ones are cut.
const mostQuestion = 500

// tryPatience is how long an editor waits for an answer, while others try too.
const tryPatience = 10 * time.Second

func (s *site) tryPage(w http.ResponseWriter, r *http.Request) error {
	page, err := s.guideTry(w, r)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "guidetry", page)
}

func (s *site) guideTry(w http.ResponseWriter, r *http.Request) (page guideTry, err error) {
	page.Audiences = []string{"", string(knowledge.Citizen), string(knowledge.Business)}
	if page.guideRoom, err = s.guideRoom(w, r); err != nil {
		return page, err
	}
	page.Title, page.Back = page.R("try_title")+": "+page.Name(), guidePath(page.Slug)+"/try"
	page.Question = cutText(strings.TrimSpace(r.FormValue("question")), mostQuestion)
	return page, nil
}

// try answers a question as if the draft were published. With «part» it gives only what changes on the page.
func (s *site) try(w http.ResponseWriter, r *http.Request) error {
	page, err := s.guideTry(w, r)
	if err != nil {
		return err
	}
	page.Place, page.GoesOn = cutText(strings.TrimSpace(r.PostFormValue("place")), 100), r.PostFormValue("goes_on") != ""
	if page.Audience = r.PostFormValue("audience"); page.Audience != string(knowledge.Citizen) && page.Audience != string(knowledge.Business) {
		page.Audience = ""
	}
	status := http.StatusOK
	switch {
	case page.Question == "":
		page.NoAnswer, status = "try_empty", http.StatusUnprocessableEntity
	default:
		if page.NoAnswer, err = s.tried(r, &page); err != nil {
			return err
		}
	}
	if r.PostFormValue("part") == "" {
		return s.render(w, status, "guidetry", page)
	}
	part, err := s.fragment("guidetry", "tried", page)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write([]byte(part))
	return err
}

// tried fills in the answers, or gives the phrase of why there are none.
func (s *site) tried(r *http.Request, page *guideTry) (noAnswer string, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), tryPatience)
	defer cancel()
	g := page.Guide
	if page.Drafted() {
		d, err := s.Knowledge.AsReviewed(ctx, page.Draft)
		if err != nil {
			return "", err
		}
		g = d.Guide
	}
	masked, _, err := s.Knowledge.Mask(ctx, page.Question)
	if err != nil {
		return "", err
	}
	trial, err := s.Trials.Trial(ctx, g)
	switch {
	case errors.Is(err, retrieval.ErrNotReady):
		return "try_not_ready", nil
	case errors.Is(err, context.DeadlineExceeded):
		return "try_busy", nil
	case err != nil:
		return "", err
	}
	q := retrieval.Question{Text: masked, Place: page.Place, Audience: knowledge.Audience(page.Audience)}
	if page.GoesOn {
		q.Guide = page.Slug
	}
	one, err := trial.Try(ctx, q)
	if err = errors.Join(err, trial.Close()); err != nil {
		return "", err
	}
	one.Question = page.Question
	list, err := s.replayed(r, page.frame, []retrieval.ReplayedQuestion{one})
	if err != nil {
		return "", err
	}
	page.Tried = &list[0]
	return "", nil
}

// cutText is a text of so many characters at most.
func cutText(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
