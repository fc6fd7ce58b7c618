package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"orientir/handoff"
)

// closingForm is how a conversation is ended: one tap on an outcome, the rest remembered from the last time.
type closingForm struct {
	Outcomes []handoff.Outcome
	Efforts  []int
	Verdicts []handoff.Verdict
	Effort   int           // chosen already: what the account chose the last time
	Shown    []guideChoice // guides that were shown in the conversation, the newest first
	Opened   bool          // the details are open, because something in them is to be put right
	Typed    handoff.Closing
}

// guideChoice is a guide to name.
type guideChoice struct{ Slug, Title string }

// closingFor makes the form for a chat.
func (s *site) closingFor(ctx context.Context, page *chat) (closingForm, error) {
	form := closingForm{Outcomes: handoff.Outcomes(), Verdicts: handoff.Verdicts(), Effort: 1, Typed: handoff.Closing{Guide: handoff.Fine}}
	for n := range handoff.MostEffort {
		form.Efforts = append(form.Efforts, n+1)
	}
	err := s.DB.QueryRow(ctx, `
		SELECT effort FROM tickets WHERE claimed_by = $1 AND state = 'closed' AND effort IS NOT NULL
		ORDER BY closed_at DESC LIMIT 1`, page.Account.ID).Scan(&form.Effort)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return form, fmt.Errorf("read the last effort of account %d: %w", page.Account.ID, err)
	}
	seen := map[string]bool{}
	for i := len(page.Lines) - 1; i >= 0; i-- {
		if c := page.Lines[i].Card; c != nil && !seen[c.Slug] {
			seen[c.Slug] = true
			form.Shown = append(form.Shown, guideChoice{c.Slug, c.Text.Title})
		}
	}
	form.Opened = page.FaultAt("effort") || page.FaultAt("guide") || page.FaultAt("slug") || page.FaultAt("comment")
	return form, nil
}

func (s *site) close(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	effort, _ := strconv.Atoi(r.PostFormValue("effort"))
	err = s.Desk.Close(r.Context(), id, visitOf(r).account, handoff.Closing{
		Outcome: handoff.Outcome(r.PostFormValue("outcome")), Effort: effort, Guide: handoff.Verdict(r.PostFormValue("guide")),
		Slug: r.PostFormValue("slug"), Comment: r.PostFormValue("comment"),
	})
	return s.afterStep(w, r, err, "chat_closed", "/console/queue")
}
