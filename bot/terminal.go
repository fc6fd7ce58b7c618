package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// A terminal is a screen in a library that people use one after the other. What is said there is forgotten when its person
// goes: at «Край», after the page's own two quiet minutes, and, where the terminal was switched off, by the sweep below.
//
// A hand-over is not lost with it. While a ticket is open the conversation is only taken out of the terminal's reach: whoever
// holds a code may still go on with it, the librarian may answer a contact that was left, and it is forgotten once nothing
// of that is possible any more.
const (
	terminalSilence = 5 * time.Minute  // without a sign of life: the terminal is off, or has lost the network
	terminalSweep   = 30 * time.Second // how often silent terminals are looked for
	terminalRound   = time.Minute      // of one sweep; what it has no time for is the next one's
)

// TerminalSeen notes that the terminal of a conversation is still on. Of a conversation on a person's own device it does nothing.
func (c *Conversations) TerminalSeen(ctx context.Context, conversation int64) error {
	_, err := c.pool.Exec(ctx, `
		UPDATE contacts k SET terminal_at = $2
		FROM conversations c
		WHERE c.id = $1 AND k.id = c.contact AND k.terminal_at IS NOT NULL`, conversation, c.now())
	if err != nil {
		return fmt.Errorf("note that the terminal of conversation %d is on: %w", conversation, err)
	}
	return nil
}

// LeaveTerminal ends a conversation at a terminal, as /forget does and at once. With keep, and an open ticket, it is kept for
// the ticket's sake, out of reach of whoever knows its key; kept says so. A key that nobody wrote under is left at once.
func (e *Engine) LeaveTerminal(ctx context.Context, channel, key string, keep bool) (kept bool, err error) {
	c, ok, err := e.conversations.Of(ctx, channel, key)
	if err != nil || !ok {
		return false, err
	}
	return e.leave(ctx, c, keep, `k.key = $2`, key)
}

// leave forgets a conversation, or keeps it for its open ticket. still is what must hold of its contact, k, when it is locked.
func (e *Engine) leave(ctx context.Context, c Conversation, keep bool, still string, arg any) (kept bool, err error) {
	changed, open := true, false // unless changed nobody has anything new to hear; open: the desk's queue changes with it
	err = pgx.BeginFunc(ctx, e.conversations.pool, func(tx pgx.Tx) error {
		var left *time.Time
		// The contact before its conversation, as Receive does.
		err := tx.QueryRow(ctx, `SELECT left_at FROM contacts k WHERE k.id = $1 AND `+still+` FOR NO KEY UPDATE`, c.Contact, arg).Scan(&left)
		if errors.Is(err, pgx.ErrNoRows) { // somebody came back, or took it along
			kept, changed = true, false
			return nil
		}
		if err == nil {
			_, err = tx.Exec(ctx, `SELECT FROM conversations WHERE id = $1 FOR UPDATE`, c.ID)
		}
		if err != nil {
			return err
		}
		var ticket Ticket
		if e.desk != nil {
			if ticket, open, err = e.desk.Status(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		switch {
		case !keep || !open:
			return e.forget(ctx, tx, waiting{Conversation: c})
		case left == nil:
			kept = true
			if _, _, err := e.desk.LeaveQuestion(ctx, tx, c.ID); err != nil {
				return err
			}
			return e.conversations.putAside(ctx, tx, c, ticket.Contact != "")
		case ticket.Contact != "" || left.After(e.now().Add(-CodeLife)):
			kept, changed = true, false
			return nil
		}
		return e.forget(ctx, tx, waiting{Conversation: c}) // nobody can come back to it, and nobody can be answered
	})
	if err != nil {
		return false, fmt.Errorf("leave conversation %d at its terminal: %w", c.ID, err)
	}
	if !kept {
		err = e.conversations.sayGoodbye(ctx, []int64{c.Contact}) // nobody is there to hear one
	}
	switch {
	case changed && open:
		e.conversations.Wake(ctx, c.ID)
		e.conversations.redis.Publish(ctx, "queue", "")
	case changed: // no librarian's list had it, and nothing is to be delivered: many may go at once when their time is over
		e.conversations.wakeSeen(ctx, c.ID)
	}
	return kept, err
}

// putAside takes a conversation out of the terminal's reach and tells whoever reads on that nobody sits there.
func (c *Conversations) putAside(ctx context.Context, tx pgx.Tx, gone Conversation, contact bool) error {
	_, err := tx.Exec(ctx, `
		UPDATE contacts SET key = 'left:' || gen_random_uuid(), terminal_at = NULL, left_at = $2
		WHERE id = $1`, gone.Contact, c.now())
	if err != nil {
		return err
	}
	phrase := "kiosk.left"
	if contact {
		phrase = "kiosk.left_contact"
	}
	_, err = c.Notice(ctx, tx, gone.ID, phrase)
	return err
}

// watchTerminals clears after terminals that went silent, until ctx ends.
func (e *Engine) watchTerminals(ctx context.Context) error {
	tick := time.NewTicker(terminalSweep)
	defer tick.Stop()
	for {
		if err := postgres.Within(ctx, terminalRound, e.clearTerminals); err != nil && ctx.Err() == nil {
			e.log.Error("clear after silent terminals", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// clearTerminals makes one round: conversations of silent terminals, those that were kept for a ticket, old codes.
func (e *Engine) clearTerminals(ctx context.Context) error {
	now := e.now()
	silent := now.Add(-terminalSilence)
	rows, err := e.conversations.pool.Query(ctx, `
		SELECT `+conversationColumns+`
		FROM contacts k JOIN conversations c ON c.contact = k.id
		WHERE k.forgotten_at IS NULL AND (k.terminal_at < $1 OR k.left_at IS NOT NULL)
		ORDER BY k.left_at IS NOT NULL, c.id -- silent terminals first: who sat there may be gone
		LIMIT 500`, silent)
	if err != nil {
		return fmt.Errorf("look for silent terminals: %w", err)
	}
	gone, err := pgx.CollectRows(rows, pgx.RowToStructByName[Conversation])
	if err != nil {
		return fmt.Errorf("look for silent terminals: %w", err)
	}
	var faults []error
	for _, c := range gone {
		_, err := e.leave(ctx, c, true, `k.forgotten_at IS NULL AND (k.terminal_at < $2 OR k.left_at IS NOT NULL)`, silent)
		faults = append(faults, err)
	}
	return errors.Join(append(faults, e.conversations.dropCodes(ctx, now))...)
}

// ownLibrary is the library at whose terminal the person sits, where it is among those that are looked for; else nil.
func (e *Engine) ownLibrary(ctx context.Context, a *lookNear, p person) (*knowledge.HelpPoint, error) {
	if !p.Terminal || p.Library == "" || a.Position != nil || a.CallOnly {
		return nil, nil
	}
	h, ok, err := e.store.HelpPoint(ctx, p.Library)
	if err != nil || !ok || h.Ekatte != a.Ekatte {
		return nil, err
	}
	return &h, nil
}

// ownFirst brings a library to the front and keeps the three first; false where it is not among them.
func ownFirst(near []knowledge.Nearby, id string) ([]knowledge.Nearby, bool) {
	i := slices.IndexFunc(near, func(n knowledge.Nearby) bool { return n.ID == id })
	if i < 0 {
		return near[:min(3, len(near))], false
	}
	own := near[i]
	own.DistanceM = nil // nobody needs the way to where they are
	near = slices.Insert(slices.Delete(near, i, i+1), 0, own)
	return near[:min(3, len(near))], true
}
