package handoff

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
)

// AllOpen lists the open tickets of all libraries, who waits longest first: what many open desks show, read once for all of them.
func (d *Desk) AllOpen(ctx context.Context) ([]Ticket, error) {
	rows, err := d.db.Query(ctx, `
		SELECT `+ticketColumns+` FROM `+ticketTables+`
		WHERE t.state <> 'closed' AND t.conversation IS NOT NULL
		ORDER BY t.id`)
	if err != nil {
		return nil, fmt.Errorf("read the whole queue: %w", err)
	}
	queue, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, fmt.Errorf("read the whole queue: %w", err)
	}
	return queue, nil
}

// SeenBy says whether an account may see a ticket: the same rule as the condition on tickets that the database is asked with.
func (t Ticket) SeenBy(a staff.Account) bool {
	return a.Is(staff.Supervisor) || slices.Contains([]int64{t.ClaimedBy, t.SecondID, t.AskedID}, a.ID) || a.Serves(t.HelpPoint)
}
