package handoff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

// Outcome says how a ticket ended.
type Outcome string

// The outcomes that a librarian gives; the program adds blocked, left, withdrawn, unstaffed and expired.
const (
	Answered        Outcome = "answered"
	SentLibrary     Outcome = "sent-library"
	SentInstitution Outcome = "sent-institution"
	NotHelped       Outcome = "not-helped"
)

// Outcomes lists what a librarian chooses from when closing.
func Outcomes() []Outcome { return []Outcome{Answered, SentLibrary, SentInstitution, NotHelped} }

// Verdict is what a librarian thought of the guides when closing.
type Verdict string

// The verdicts. Wrong and missing open a task for an editor.
const (
	Fine    Verdict = "fine"
	Wrong   Verdict = "wrong"
	Missing Verdict = "missing"
)

// Verdicts lists what a librarian chooses from when closing.
func Verdicts() []Verdict { return []Verdict{Fine, Wrong, Missing} }

// MostEffort is the top of the READ scale, which counts the librarian's effort and not the person's: 1 is an answer at hand, 6 is
// hours or days of research (B. G. Gerlich, G. L. Berard, «Introducing the READ Scale: Qualitative Statistics for Academic Reference
// Services», Georgia Library Quarterly 43(4), 2007).
const MostEffort = 6

// Closing is how a librarian ends a ticket.
type Closing struct {
	Outcome Outcome
	Effort  int     // 1..MostEffort, the READ scale
	Guide   Verdict // of the guides
	Slug    string  // the guide that is wrong or should have covered it; "" takes the one that the bot showed last
	Comment string  // for the editor, in the librarian's words; masked
}

func (c Closing) check() error {
	switch {
	case !slices.Contains(Outcomes(), c.Outcome):
		return &staff.Fault{Field: "outcome", Key: "console.fault_outcome"}
	case c.Effort < 1 || c.Effort > MostEffort:
		return &staff.Fault{Field: "effort", Key: "console.fault_effort"}
	case !slices.Contains(Verdicts(), c.Guide):
		return &staff.Fault{Field: "guide", Key: "console.fault_guide"}
	}
	return nil
}

// Close ends a ticket, gives the conversation back to the bot and says so to the person, with the way to rate it and to go on with the
// same librarian. A guide that is wrong or missing becomes an editor's task. Errors: *staff.Fault, ErrNotYours.
func (d *Desk) Close(ctx context.Context, ticket int64, a staff.Account, c Closing) error {
	if err := c.check(); err != nil {
		return err
	}
	c.Slug = strings.TrimSpace(c.Slug)
	m := move{event: event{step: stepClose}, ticket: ticket, account: a, closing: c, say: closedWords(ticket, a.Name)}
	_, err := d.step(ctx, "ticket.close", m, func(tx pgx.Tx, change *staff.Act, done moved) error {
		change.Detail = map[string]any{"outcome": c.Outcome, "effort": c.Effort, "guide": c.Guide}
		if c.Guide == Fine {
			return nil
		}
		return d.openTask(ctx, tx, ticket, done.conversation, c, done.question)
	})
	if err = yours(err); err != nil {
		return fmt.Errorf("close ticket %d: %w", ticket, err)
	}
	return nil
}

// closedWords are what the person reads when it is over: who answers now, whether it helped, and how to go on.
func closedWords(ticket int64, librarian string) func(language string) bot.Body {
	return func(language string) bot.Body { return bot.HandedBack(language, ticket, librarian) }
}
