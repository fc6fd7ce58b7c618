package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff"
)

// KeepTopics is how long a topic stays after its ticket has closed.
const KeepTopics = 7 * 24 * time.Hour

// plan makes a topic for each open ticket whose library works in a group, and follows what has happened to those that have one.
// It calls nobody: each topic's change is one transaction, and a sender carries it out.
func (d *Desk) plan(ctx context.Context) error {
	began, err := d.begin(ctx)
	if err != nil {
		return err
	}
	rows, err := d.db.Query(ctx, `
		SELECT p.id FROM group_topics p JOIN tickets t ON t.id = p.ticket JOIN telegram_groups g USING (chat)
		WHERE p.state IN ('open', 'closed') AND (
			t.conversation IS NULL
			OR p.state = 'open' AND (
				t.state = 'closed' OR g.disconnected_at IS NOT NULL
				OR EXISTS (SELECT FROM messages m WHERE m.conversation = t.conversation AND m.id > p.message)
				OR EXISTS (SELECT FROM ticket_events e WHERE e.ticket = t.id AND e.id > p.event)
				OR EXISTS (SELECT FROM ticket_notes n WHERE n.ticket = t.id AND n.id > p.note))
			OR p.state = 'closed' AND (
				p.closed_at < $1
				OR t.state <> 'closed' AND g.disconnected_at IS NULL AND t.help_point IS NOT DISTINCT FROM g.help_point))
		ORDER BY p.id`, d.now().Add(-KeepTopics))
	if err != nil {
		return fmt.Errorf("look for changed topics: %w", err)
	}
	changed, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for changed topics: %w", err)
	}
	for _, id := range changed {
		if err := d.follow(ctx, id); err != nil {
			return err
		}
	}
	if began || len(changed) > 0 {
		d.redis.Publish(ctx, sendTopic, "")
	}
	return nil
}

// untold is an SQL expression: the last event of a ticket t that a topic made or opened now passes over; a request that is open is still
// told. It is read with the state that the topic begins with: what happens later is news that plan follows.
const untold = `coalesce((SELECT max(e.id) FROM ticket_events e WHERE e.ticket = t.id AND (t.asked_of IS NULL OR e.id < (
	SELECT max(a.id) FROM ticket_events a WHERE a.ticket = t.id AND a.kind = 'asked'))), 0)`

// lastNote is an SQL expression: the last note on a ticket t.
const lastNote = `coalesce((SELECT max(n.id) FROM ticket_notes n WHERE n.ticket = t.id), 0)`

// absent is a topic that is missing.
type absent struct {
	Ticket, Chat int64
	Status       handoff.State
	Asked        string
	Event, Note  int64
}

// begin makes the rows of topics that are missing.
func (d *Desk) begin(ctx context.Context) (bool, error) {
	missing, err := d.missing(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range missing {
		if err := d.beginTopic(ctx, m); err != nil {
			return false, err
		}
	}
	return len(missing) > 0, nil
}

func (d *Desk) missing(ctx context.Context) ([]absent, error) {
	rows, err := d.db.Query(ctx, `
		SELECT t.id AS ticket, g.chat, t.state AS status, `+askedMenu+` AS asked, `+untold+` AS event, `+lastNote+` AS note
		FROM tickets t JOIN telegram_groups g ON g.help_point IS NOT DISTINCT FROM t.help_point
		WHERE t.state <> 'closed' AND t.conversation IS NOT NULL AND g.disconnected_at IS NULL AND g.fault = ''
		  AND NOT EXISTS (SELECT FROM group_topics p WHERE p.ticket = t.id AND p.chat = g.chat)
		ORDER BY t.id`)
	if err != nil {
		return nil, fmt.Errorf("look for tickets without a topic: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[absent])
	if err != nil {
		return nil, fmt.Errorf("look for tickets without a topic: %w", err)
	}
	return all, nil
}

func (d *Desk) beginTopic(ctx context.Context, m absent) error {
	t, ok, err := d.tickets.Ticket(ctx, everything(), m.Ticket)
	if err != nil || !ok {
		return err
	}
	subject, err := d.subject(ctx, t.ID)
	if err != nil {
		return err
	}
	t.State = m.Status // the name's sign, as the menu
	// Another replica may be at it too: the row is made once.
	_, err = d.db.Exec(ctx, `
		INSERT INTO group_topics (ticket, chat, name, menu, start, message, event, note)
		SELECT t.id, $2, $3, $4, last.message, last.message, $5, $6
		FROM tickets t, LATERAL (SELECT coalesce(max(id), 0) AS message FROM messages WHERE conversation = t.conversation) last
		WHERE t.id = $1 AND t.conversation IS NOT NULL
		ON CONFLICT (ticket, chat) DO NOTHING`, m.Ticket, m.Chat, topicName(t, subject), menuOf(m.Status, m.Asked), m.Event, m.Note)
	if err != nil {
		return fmt.Errorf("begin a topic of ticket %d: %w", m.Ticket, err)
	}
	return nil
}

// followed is a topic whose row is locked, with what its ticket says.
type followed struct {
	ID           int64
	Ticket       int64
	Chat         int64
	Thread       int64
	State        string
	ClosedAt     *time.Time `db:"closed_at"`
	Name         string
	Menu         string
	Message      int64
	Event        int64
	Note         int64
	Conversation int64
	Status       handoff.State
	Asked        string     // the menu of who is asked to take it over; "" nobody is
	Untold       int64      // as the expression has it
	LastEvent    int64      `db:"last_event"` // what came after the row was read is for the next time, as the state was read with it
	LastNote     int64      `db:"last_note"`
	Ended        *time.Time // when the ticket closed
	Here         bool       // the ticket is still this group's library's
	Connected    bool
}

// follow brings one topic up to date.
func (d *Desk) follow(ctx context.Context, id int64) error {
	err := pgx.BeginFunc(ctx, d.db, func(tx pgx.Tx) error {
		p, err := lockTopic(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) { // another replica is at it
			return nil
		}
		if err != nil {
			return err
		}
		if p.Event > p.LastEvent { // another replica was quicker and saw more
			return nil
		}
		return d.change(ctx, tx, p)
	})
	if err != nil {
		return fmt.Errorf("follow topic %d: %w", id, err)
	}
	return nil
}

func lockTopic(ctx context.Context, tx pgx.Tx, id int64) (followed, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, p.ticket, p.chat, coalesce(p.thread, 0) AS thread, p.state, p.closed_at, p.name, p.menu, p.message, p.event, p.note,
			coalesce(t.conversation, 0) AS conversation, t.state AS status, `+askedMenu+` AS asked, `+untold+` AS untold,
			coalesce((SELECT max(e.id) FROM ticket_events e WHERE e.ticket = t.id), 0) AS last_event, `+lastNote+` AS last_note, t.closed_at AS ended,
			t.help_point IS NOT DISTINCT FROM g.help_point AS here, g.disconnected_at IS NULL AS connected
		FROM group_topics p JOIN tickets t ON t.id = p.ticket JOIN telegram_groups g USING (chat)
		WHERE p.id = $1 AND p.state IN ('open', 'closed')
		FOR UPDATE OF p SKIP LOCKED`, id)
	if err != nil {
		return followed{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[followed])
}

func (d *Desk) change(ctx context.Context, tx pgx.Tx, p followed) error {
	now := d.now()
	switch {
	case p.Conversation == 0, p.State == "closed" && p.ClosedAt.Before(now.Add(-KeepTopics)):
		return drop(ctx, tx, now, `p.id = $1`, p.ID)
	case p.State == "closed" && p.Status != handoff.Closed && p.Here && p.Connected: // it came back from another library
		return d.revive(ctx, tx, p)
	case p.State == "closed":
		return nil
	}
	lines, err := d.news(ctx, tx, &p)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if _, err := tx.Exec(ctx, `INSERT INTO group_messages (topic, who, text, created_at) VALUES ($1, $2, $3, $4)`, p.ID, l.who, l.text, now); err != nil {
			return err
		}
	}
	closing := p.Status == handoff.Closed || !p.Connected || p.Status == handoff.Waiting && !p.Here
	menu := menuOf(p.Status, p.Asked)
	// A menu that the holder has opened stays while they hold.
	if menu == menuHeld && known(p.Menu) {
		menu = p.Menu
	}
	state, closedAt := "open", (*time.Time)(nil)
	if closing {
		state, closedAt, menu = "closed", &now, menuNone
	}
	_, err = tx.Exec(ctx, `
		UPDATE group_topics SET message = $2, event = $3, note = $4, menu = $5, state = $6, closed_at = $7, name = $8 WHERE id = $1`,
		p.ID, p.Message, p.Event, p.Note, menu, state, closedAt, named(p.Name, p.Status, closing))
	return err
}

// revive opens a topic again, and leaves out what happened elsewhere.
func (d *Desk) revive(ctx context.Context, tx pgx.Tx, p followed) error {
	_, err := tx.Exec(ctx, `
		UPDATE group_topics SET state = 'open', closed_at = NULL, menu = $2, name = $3,
			message = coalesce((SELECT max(id) FROM messages WHERE conversation = $4), message), event = $5, note = $6
		WHERE id = $1`, p.ID, menuOf(p.Status, p.Asked), named(p.Name, p.Status, false), p.Conversation, p.Untold, p.LastNote)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO group_messages (topic, text, created_at) VALUES ($1, $2, $3)`, p.ID, t("group.came_back"), d.now())
	return err
}

// line is one thing to say in a topic.
type line struct {
	at   time.Time
	who  string
	text string
}

// news reads what happened since the topic was last brought up to date, in order, and moves its cursors.
func (d *Desk) news(ctx context.Context, tx pgx.Tx, p *followed) ([]line, error) {
	messages, err := d.newMessages(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	notes, err := d.newNotes(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	events, err := d.newEvents(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	lines := slices.Concat(messages, events, notes) // a note comes with its step, and after it
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	return lines, nil
}

func (d *Desk) newMessages(ctx context.Context, tx pgx.Tx, p *followed) ([]line, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.id, m.sender AS "from", m.kind, m.text, m.data, m.body, coalesce(s.name, '') AS name,
			CASE WHEN m.sender = 'librarian' THEN coalesce(s.id, 0) ELSE 0 END AS account, m.created_at AS at
		FROM messages m LEFT JOIN staff s ON m.author = 'staff:' || s.id
		WHERE m.conversation = $1 AND m.id > $2 AND ($3::timestamptz IS NULL OR m.created_at <= $3)
		ORDER BY m.id`, p.Conversation, p.Message, p.Ended)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[spoken])
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, m := range all {
		p.Message = m.ID
		if m.From == bot.Librarian {
			words := m.Text
			if m.Body != nil {
				words = m.Body.Text
			}
			if echo, err := d.echo(ctx, tx, p, m.Account, words); err != nil {
				return nil, err
			} else if echo {
				continue
			}
		}
		lines = append(lines, m.lines()...)
	}
	return lines, nil
}

func (d *Desk) newNotes(ctx context.Context, tx pgx.Tx, p *followed) ([]line, error) {
	rows, err := tx.Query(ctx, `
		SELECT n.id, n.at, n.staff AS account, s.name, n.kind, n.text FROM ticket_notes n JOIN staff s ON s.id = n.staff
		WHERE n.ticket = $1 AND n.id > $2 AND n.id <= $3 ORDER BY n.id`, p.Ticket, p.Note, p.LastNote)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		ID, Account int64
		At          time.Time
		Name        string
		Kind, Text  string
	}])
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, n := range all {
		p.Note = n.ID
		echo, err := d.echo(ctx, tx, p, n.Account, n.Text)
		if err != nil {
			return nil, err
		}
		if !echo {
			who := t("group.who_note", n.Name)
			if n.Kind == "transfer" {
				who = t("desk.note_transfer", n.Name)
			}
			lines = append(lines, split(line{n.At, who, n.Text})...)
		}
	}
	return lines, nil
}

func (d *Desk) newEvents(ctx context.Context, tx pgx.Tx, p *followed) ([]line, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.id, e.at, e.kind, e.detail, coalesce(s.name, '') AS name,
			coalesce(o.name, '') AS asked, coalesce(o.id = e.staff, false) AS by_asked, EXISTS (SELECT FROM staff_telegram l WHERE l.staff = o.id) AS linked
		FROM ticket_events e LEFT JOIN staff s ON s.id = e.staff
		LEFT JOIN LATERAL (
			SELECT split_part(a.detail, ':', 2)::bigint AS account FROM ticket_events a
			WHERE a.ticket = e.ticket AND a.kind = 'asked' AND a.id <= e.id AND e.kind IN ('asked', 'declined')
			ORDER BY a.id DESC LIMIT 1) q ON true
		LEFT JOIN staff o ON o.id = q.account
		WHERE e.ticket = $1 AND e.id > $2 AND e.id <= $3 ORDER BY e.id`, p.Ticket, p.Event, p.LastEvent)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[happened])
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, e := range all {
		p.Event = e.ID
		if words := e.words(); words != "" {
			lines = append(lines, line{at: e.At, text: words})
		}
	}
	return lines, nil
}

// echo says whether words of a librarian came from this very topic, where everybody has read them. Each update is passed over once.
func (d *Desk) echo(ctx context.Context, tx pgx.Tx, p *followed, account int64, words string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE group_updates SET author = NULL, text = CASE WHEN done_at IS NULL THEN text ELSE '' END
		WHERE id = (
			SELECT id FROM group_updates WHERE chat = $1 AND thread = $2 AND author = $3 AND text = $4 ORDER BY id LIMIT 1)`,
		p.Chat, p.Thread, account, words)
	if err != nil {
		return false, err
	}
	return tag.RowsAffected() > 0, nil
}
