package statistics

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Filter narrows the transcripts; the zero value is all of them.
type Filter struct {
	Words     string // each must stand in what was said; masked already
	HelpPoint string // id, "pool" for the national pool, "" for all
	Outcome   string // of closed ones; "open" for those that are not closed; "" for all
	From, To  time.Time
	Before    int64 // only tickets older than this id; 0 begins with the newest
	Limit     int   // default 50
}

// Transcript is one conversation with the desk, without its words.
type Transcript struct {
	Ticket    int64
	Number    int // of the pseudonym; 0 where the person asked to be forgotten
	OpenedAt  time.Time
	TakenAt   *time.Time // by the first librarian
	ClosedAt  *time.Time
	HelpPoint string // name; "" is the national pool
	Place     string // settlement, as stored; "" unknown
	Channel   string
	Language  string
	Reason    string
	By        string // who held it last
	State     string
	Outcome   string // "" while open
	Effort    int    // 0 unknown
	Guide     string // fine | wrong | missing | ""
	Rating    string // helped | not-helped | ""
	Messages  int    // of the person and of librarians, from the opening to the close
	Question  string // the person's first words around the opening
}

//go:embed transcripts.sql
var transcriptsSQL string

// Transcripts finds conversations, the newest first.
func (s *Store) Transcripts(ctx context.Context, f Filter) ([]Transcript, error) {
	// Planned anew each time: a plan for any filter reads every ticket for the few that one filter finds.
	rows, err := s.db.Query(ctx, transcriptsSQL, pgx.QueryExecModeCacheDescribe, f.args())
	if err != nil {
		return nil, fmt.Errorf("find transcripts: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Transcript])
	if err != nil {
		return nil, fmt.Errorf("find transcripts: %w", err)
	}
	return found, nil
}

func (f Filter) args() pgx.NamedArgs {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	patterns := []string{}
	for _, w := range strings.Fields(f.Words) {
		patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
	}
	var from, to *time.Time
	if !f.From.IsZero() {
		from = &f.From
	}
	if !f.To.IsZero() {
		to = &f.To
	}
	return pgx.NamedArgs{"patterns": patterns, "help_point": f.HelpPoint, "outcome": f.Outcome, "from": from, "to": to, "before": f.Before, "limit": f.Limit}
}

// Line is one thing that was said in a conversation with the desk.
type Line struct {
	Ticket int64
	At     time.Time
	From   string // person | bot | librarian | system
	Text   string // masked, as stored
}

// Lines gives what was said in tickets, from a day before each was opened until it was closed, oldest first.
func (s *Store) Lines(ctx context.Context, tickets []int64) ([]Line, error) {
	rows, err := s.db.Query(ctx, `
		SELECT t.id AS ticket, m.created_at AS at, m.sender AS from, m.text
		FROM tickets t JOIN messages m ON m.conversation = t.conversation
			AND m.created_at >= t.opened_at - interval '1 day' AND m.created_at <= coalesce(t.closed_at + interval '2 seconds', now())
		WHERE t.id = ANY ($1) AND m.text <> ''
		ORDER BY t.id DESC, m.id`, tickets)
	if err != nil {
		return nil, fmt.Errorf("read transcripts: %w", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[Line])
	if err != nil {
		return nil, fmt.Errorf("read transcripts: %w", err)
	}
	return lines, nil
}
