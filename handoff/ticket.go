package handoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff/staff"
)

// Ticket is a person who waits for a librarian or talks to one, as the staff see it.
type Ticket struct {
	ID            int64
	Conversation  int64 // 0 where the person asked to be forgotten
	State         State
	Reason        string // asked | abstained | bad-ratings
	Summary       string // the masked question, or what the person wrote first while they waited; "" once closed
	Language      string // of the person: bg | en | tr
	Channel       string // telegram | web
	Number        int    // of the pseudonym
	PlaceKind     string // гр. | с. | ман.; "" where the place is unknown
	PlaceName     string
	Municipality  string
	HelpPoint     string // id; "" is the national pool
	HelpPointName string
	Why           string     // phrase key of why routing chose it; WhyWords says it
	WhyName       string     // the library that the reason names
	WhyUntil      *time.Time // when that library opens
	Left          bool       // the person left the question and waits for no answer at once
	OpenedAt      time.Time
	ClaimedBy     int64 // account; 0 while it waits
	ClaimedByName string
	ClaimedAt     *time.Time
	SecondID      int64 // a second librarian, who may write too; 0 none
	SecondName    string
	AskedID       int64 // of whom a transfer is asked; 0 nobody
	AskedName     string
	AskedAt       *time.Time
	Earlier       int64   // the ticket that this one goes on with; 0 none
	Outcome       Outcome // "" while open
	Effort        int     // READ scale; 0 unknown
	Guide         Verdict // "" where none was given
	Rating        string  // helped | not-helped: what the person thought of it; "" nothing yet
	RatingComment string  // masked
	Contact       string  // phone | email: the person left one to be called back, and the holder may see it; "" none
	Unanswered    int     // what the person wrote since a librarian last did
}

// Pseudonym is what the staff call the person: never a name that a channel gives.
func (t Ticket) Pseudonym() string { return bot.Pseudonym(t.Number) }

// WhyWords tells the staff why the ticket is with them, «Библиотека Враца отваря утре в 9:00 ч., затова при вас.»
func (t Ticket) WhyWords(now time.Time, language string) string {
	why := bot.Why{Key: t.Why, Name: t.WhyName}
	if t.WhyUntil != nil {
		why.Until = *t.WhyUntil
	}
	return bot.WhyWords(why, "console", now.In(sofia()), language)
}

// question is what the person asked, or wrote first while they waited; "" once a ticket is closed.
const question = `CASE WHEN t.summary = '' AND t.state <> 'closed' THEN coalesce((
		SELECT m.text FROM messages m
		WHERE m.conversation = t.conversation AND m.sender = 'person' AND m.kind = 'text' AND m.created_at >= t.opened_at
		ORDER BY m.id LIMIT 1), '')
	ELSE t.summary END`

const ticketColumns = `
	t.id, coalesce(t.conversation, 0) AS conversation, t.state, t.reason,
	` + question + ` AS summary,
	coalesce(k.language, t.language) AS language, coalesce(k.channel, '') AS channel, coalesce(k.pseudonym, 0) AS number,
	coalesce(p.kind, '') AS place_kind, coalesce(p.name, '') AS place_name, coalesce(p.municipality, '') AS municipality,
	coalesce(t.help_point, '') AS help_point, coalesce(h.name, '') AS help_point_name, t.why, t.why_name, t.why_until,
	t.left_at IS NOT NULL AS left, t.opened_at, coalesce(t.claimed_by, 0) AS claimed_by, coalesce(s.name, '') AS claimed_by_name, t.claimed_at,
	coalesce(t.joined_by, 0) AS second_id, coalesce(j.name, '') AS second_name,
	coalesce(t.asked_of, 0) AS asked_id, coalesce(o.name, '') AS asked_name, t.asked_at AS asked_at, coalesce(t.earlier, 0) AS earlier,
	coalesce(t.outcome, '') AS outcome, coalesce(t.effort, 0)::int AS effort, coalesce(t.guide, '') AS guide,
	coalesce(t.rating, '') AS rating, t.rating_comment, t.contact_kind AS contact,
	(SELECT count(*) FROM messages m
	 WHERE m.conversation = t.conversation AND m.sender = 'person' AND m.kind IN ('text', 'command', 'edited')
	   AND m.id > coalesce((SELECT max(l.id) FROM messages l WHERE l.conversation = t.conversation AND l.sender = 'librarian'), 0)
	   AND m.created_at >= coalesce(t.claimed_at, t.opened_at))::int AS unanswered`

const ticketTables = `
	tickets t
	LEFT JOIN conversations c ON c.id = t.conversation
	LEFT JOIN contacts k ON k.id = c.contact
	LEFT JOIN places p ON p.ekatte = coalesce(k.place, t.place)
	LEFT JOIN help_points h ON h.id = t.help_point
	LEFT JOIN staff s ON s.id = t.claimed_by
	LEFT JOIN staff j ON j.id = t.joined_by
	LEFT JOIN staff o ON o.id = t.asked_of`

// visible is the condition on tickets that an account may see: a supervisor all, a librarian those of own libraries,
// of the pool where they serve it, and whatever they hold, are in or are asked to take over. Its arguments are those of seer, from $1.
const visible = `($1 OR t.claimed_by = $2 OR t.joined_by = $2 OR t.asked_of = $2 OR t.help_point = ANY ($3) OR (t.help_point IS NULL AND $4))`

func seer(a staff.Account) []any {
	libraries := []string{}
	if a.Is(staff.Librarian) {
		libraries = append(libraries, a.Libraries...)
	}
	return []any{a.Is(staff.Supervisor), a.ID, libraries, a.ServesPool()}
}

// Queue lists the open tickets that an account may see: own ones first, then who waits longest.
func (d *Desk) Queue(ctx context.Context, a staff.Account) ([]Ticket, error) {
	rows, err := d.db.Query(ctx, `
		SELECT `+ticketColumns+` FROM `+ticketTables+`
		WHERE t.state <> 'closed' AND t.conversation IS NOT NULL AND `+visible+`
		ORDER BY (t.claimed_by = $2) DESC NULLS LAST, t.state DESC, t.id`, seer(a)...)
	if err != nil {
		return nil, fmt.Errorf("read queue of account %d: %w", a.ID, err)
	}
	queue, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, fmt.Errorf("read queue of account %d: %w", a.ID, err)
	}
	return queue, nil
}

// Ticket gives a ticket that the account may see; false for any other.
func (d *Desk) Ticket(ctx context.Context, a staff.Account, id int64) (Ticket, bool, error) {
	rows, err := d.db.Query(ctx, `
		SELECT `+ticketColumns+` FROM `+ticketTables+`
		WHERE t.id = $5 AND `+visible, append(seer(a), id)...)
	if err != nil {
		return Ticket{}, false, fmt.Errorf("read ticket %d: %w", id, err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Ticket])
	if errors.Is(err, pgx.ErrNoRows) {
		return Ticket{}, false, nil
	}
	if err != nil {
		return Ticket{}, false, fmt.Errorf("read ticket %d: %w", id, err)
	}
	return t, true, nil
}

// Event is a step of a ticket's story.
type Event struct {
	At     time.Time
	Kind   string // a row of ticket_event_kinds
	By     int64  // account; 0 is the person or the program
	ByName string
	Detail string
}

// Events tells a ticket's story, oldest first.
func (d *Desk) Events(ctx context.Context, ticket int64) ([]Event, error) {
	rows, err := d.db.Query(ctx, `
		SELECT e.at, e.kind, coalesce(e.staff, 0) AS by, coalesce(s.name, '') AS by_name, e.detail
		FROM ticket_events e LEFT JOIN staff s ON s.id = e.staff
		WHERE e.ticket = $1 ORDER BY e.id`, ticket)
	if err != nil {
		return nil, fmt.Errorf("read story of ticket %d: %w", ticket, err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[Event])
	if err != nil {
		return nil, fmt.Errorf("read story of ticket %d: %w", ticket, err)
	}
	return events, nil
}
