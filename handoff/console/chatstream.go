package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"orientir/bot"
	"orientir/handoff"
)

// lineEvent is a message or a note on a stream, new or changed.
type lineEvent struct {
	ID   string `json:"id"` // «m-12», «n-3»
	From string `json:"from"`
	HTML string `json:"html"`
	Text string `json:"text"` // for a notification
}

// follower is one open chat page that goes on by itself.
type follower struct {
	*site
	frame   frame
	ticket  handoff.Ticket
	out     *eventStream
	after   int64            // the newest message told
	note    int64            // the newest note told
	pending map[int64]string // delivery of what is not there yet, as last told
	state   string           // as last told
	typing  bool
	read    int64
	rail    string    // as last told
	since   time.Time // what is older than this is not new enough
}

// chatStream answers with the messages after Last-Event-ID, those of the past and those to come, with changes of their delivery, with
// notes, with what the person does, with the account's other conversations, and with «state» when the page is another page now.
func (s *site) chatStream(w http.ResponseWriter, r *http.Request) error {
	t, err := s.ticketOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = q.Get("after")
	}
	c := &follower{site: s, frame: s.frame(w, r, "chat_title"), ticket: t, state: ticketState(t), pending: map[int64]string{}}
	c.after, _ = strconv.ParseInt(last, 10, 64)
	c.note, _ = strconv.ParseInt(q.Get("note"), 10, 64)
	if was := q.Get("state"); was != "" {
		c.state = was
	}
	if c.out, err = openStream(w); err != nil {
		return nil
	}
	if err := c.rememberPending(r.Context()); err != nil {
		return s.ended(r.Context(), r, err)
	}
	var topics []string
	if t.Conversation != 0 {
		topics = append(topics, bot.Topic(t.Conversation))
	}
	return s.follow(r, c.out, topics, c.look, c.soon)
}

// look tells what is new. It says false where the connection or the right to see it has ended.
func (c *follower) look(ctx context.Context, since time.Time, _ func()) (bool, error) {
	c.since = since
	account, ok, err := c.Staff.Account(ctx, c.frame.Account.ID) // roles and libraries may have changed
	if err != nil || !ok || !account.Active {
		return false, err
	}
	c.frame.Account = account
	now, ok, err := c.Desk.Ticket(ctx, account, c.ticket.ID)
	if err != nil || !ok {
		return false, err
	}
	for _, tell := range []func(context.Context, handoff.Ticket) (bool, error){c.tellLines, c.tellNotes, c.tellSigns, c.tellRail} {
		if on, err := tell(ctx, now); err != nil || !on {
			return on, err
		}
	}
	if is := ticketState(now); is != c.state {
		c.state = is
		return c.out.send("state", "", is) == nil, nil
	}
	return true, nil
}

// soon says when a sign of typing must be looked after, before the next wake-up; 0 where there is none.
func (c *follower) soon() time.Duration {
	if c.typing {
		return bot.TypingLook
	}
	return 0
}

func (c *follower) tellLines(ctx context.Context, t handoff.Ticket) (bool, error) {
	from := c.after
	for id := range c.pending {
		from = min(from, id-1)
	}
	messages, err := c.Desk.Transcript(ctx, t.ID, from)
	if err != nil {
		return false, err
	}
	lines, err := c.lines(ctx, c.frame, t.Pseudonym(), messages)
	if err != nil {
		return false, err
	}
	for _, l := range lines {
		was, waits := c.pending[l.ID]
		if l.ID <= c.after && (!waits || was == l.Delivery) {
			continue
		}
		c.after = max(c.after, l.ID)
		if l.Delivery == "pending" {
			c.pending[l.ID] = l.Delivery
		} else {
			delete(c.pending, l.ID)
		}
		if on, err := c.tellLine(l, strconv.FormatInt(c.after, 10)); err != nil || !on {
			return on, err
		}
	}
	if n := len(messages); n > 0 {
		c.after = max(c.after, messages[n-1].ID)
	}
	return true, nil
}

func (c *follower) tellLine(l line, eventID string) (bool, error) {
	html, err := c.fragment("chat", "line", lineOf{c.frame, l, c.ticket.Channel})
	if err != nil {
		return false, err
	}
	return c.out.send("line", eventID, lineEvent{l.Anchor(), string(l.From), html, c.frame.Short(l.Text, 120)}) == nil, nil
}

func (c *follower) tellNotes(ctx context.Context, t handoff.Ticket) (bool, error) {
	notes, err := c.Desk.Notes(ctx, t.ID)
	if err != nil {
		return false, err
	}
	for _, n := range notes {
		if n.ID <= c.note {
			continue
		}
		c.note = n.ID
		if on, err := c.tellLine(noteLine(c.frame, n), ""); err != nil || !on {
			return on, err
		}
	}
	return true, nil
}

// tellSigns tells whether the person types and what they have read. Telegram tells its bots neither.
func (c *follower) tellSigns(ctx context.Context, t handoff.Ticket) (bool, error) {
	if t.Conversation == 0 || t.State != handoff.Claimed {
		return true, nil
	}
	if typing := c.Conversations.Typing(ctx, t.Conversation, bot.Person); typing != c.typing {
		c.typing = typing
		if c.out.send("typing", "", typing) != nil {
			return false, nil
		}
	}
	read, err := c.Conversations.ReadUpTo(ctx, t.Conversation, bot.Person)
	if err != nil {
		return false, err
	}
	if read > c.read {
		c.read = read
		return c.out.send("read", "", read) == nil, nil
	}
	return true, nil
}

// tellRail tells of the queue and of the account's other conversations.
func (c *follower) tellRail(ctx context.Context, t handoff.Ticket) (bool, error) {
	rail, err := c.railOf(ctx, c.frame, t.ID, c.since)
	if err != nil {
		return false, err
	}
	html, err := c.fragment("chat", "rail", rail)
	if err != nil || html == c.rail {
		return true, err
	}
	c.rail = html
	return c.out.send("rail", "", railEvent{html, rail.Waiting, rail.Unanswered()}) == nil, nil
}

// rememberPending notes which of the messages already shown have not reached the person.
func (c *follower) rememberPending(ctx context.Context) error {
	messages, err := c.Desk.Transcript(ctx, c.ticket.ID, 0)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.ID <= c.after && m.From == bot.Librarian && m.Delivered == nil && m.Failed == nil {
			c.pending[m.ID] = "pending"
		}
	}
	return nil
}

// ticketState is what makes a chat page another page: who holds it, who is beside, who is asked, and whether it is open.
func ticketState(t handoff.Ticket) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return string(t.State) + ":" + number(t.ClaimedBy) + ":" + number(t.SecondID) + ":" + number(t.AskedID)
}

// State is the page's ticketState.
func (c chat) State() string { return ticketState(c.Ticket) }

// LastNote is the newest note shown.
func (c chat) LastNote() int64 {
	var last int64
	for _, l := range c.Lines {
		if l.From == fromNote {
			last = max(last, l.ID)
		}
	}
	return last
}
