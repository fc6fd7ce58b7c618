package handoff

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// checkHolders: a conversation has the holder that its open ticket names, and else the bot; never two tickets are open.
func (c *chaos) checkHolders() {
	rows, err := c.pool.Query(c.ctx, `
		SELECT c.id, coalesce(c.holder, ''), coalesce(string_agg(CASE WHEN t.state = 'claimed' THEN 'staff:' || t.claimed_by END, ' '), ''), count(t.id)
		FROM conversations c LEFT JOIN tickets t ON t.conversation = c.id AND t.state <> 'closed'
		GROUP BY c.id`)
	c.do(err)
	type row struct {
		Conversation  int64
		Holder, Named string
		Open          int
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	c.do(err)
	for _, r := range all {
		if r.Holder != r.Named || r.Open > 1 {
			c.breaks("conversation %d is held by %q, its ticket by %q, of %d open", r.Conversation, r.Holder, r.Named, r.Open)
		}
	}
}

// told is a step of a ticket as its event tells it.
type told struct {
	Ticket, Conversation int64
	Kind                 string
	By                   int64
	Detail               string
}

// stories reads the events of all tickets, in their order.
func (c *chaos) stories() []told {
	rows, err := c.pool.Query(c.ctx, `
		SELECT e.ticket, coalesce(t.conversation, 0), e.kind, coalesce(e.staff, 0), e.detail
		FROM ticket_events e JOIN tickets t ON t.id = e.ticket ORDER BY e.id`)
	c.do(err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[told])
	c.do(err)
	return all
}

// asEvent is the step that left an event; false for what is no step of the table.
func (e told) asEvent(p telling) (event, bool) {
	steps := map[string]Step{
		"opened": stepOpen, "reopened": stepReopen, "claimed": stepClaim, "returned": stepReturn, "gone": stepGone, "asked": stepAsk, "accepted": stepAccept,
		"declined": stepDecline, "lapsed": stepLapse, "sent": stepSend, "rerouted": stepReroute, "joined": stepJoin, "parted": stepPart, "took-over": stepTakeOver,
		"noted": stepNote, "blocked": stepBlock, "rated": stepRate, "closed": stepClose,
	}
	ev := event{step: steps[e.Kind], by: e.By, sees: true, supervisor: e.Kind == "blocked", holderAway: true}
	if account, ok := strings.CutPrefix(e.Detail, "account:"); ok {
		ev.named, _ = strconv.ParseInt(account, 10, 64)
	}
	switch {
	case e.Kind == "took-over" && e.By == p.holder:
		ev.step = stepReturn
	case e.Kind == "closed" && e.By == 0:
		ev.step = map[string]Step{"withdrawn": stepWithdraw, "left": stepLeft, "unstaffed": stepUnstaffed, "expired": stepExpire}[e.Detail]
	}
	return ev, ev.step != ""
}

// checkStories plays each ticket's events to the plain telling: each must be one that may be made, and the end what the database holds.
func (c *chaos) checkStories() {
	lives := map[int64]*telling{}
	for _, e := range c.stories() {
		if lives[e.Ticket] == nil {
			lives[e.Ticket] = &telling{}
		}
		p := lives[e.Ticket]
		ev, ok := e.asEvent(*p)
		if !ok {
			if e.Kind != "contact" && e.Kind != "contact-gone" && e.Kind != "unblocked" {
				c.breaks("ticket %d: an event %q that nobody knows", e.Ticket, e.Kind)
			}
			continue
		}
		if was := *p; !p.does(ev) {
			c.breaks("ticket %d: %s by %d was made of %+v", e.Ticket, ev.step, ev.by, was)
		}
	}
	rows, err := c.pool.Query(c.ctx, `
		SELECT id, state, coalesce(claimed_by, 0), coalesce(joined_by, 0), coalesce(asked_of, 0), rating IS NOT NULL FROM tickets`)
	c.do(err)
	type row struct {
		ID                    int64
		State                 string
		Holder, Second, Asked int64
		Rated                 bool
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	c.do(err)
	for _, r := range all {
		is := telling{r.State, r.Holder, r.Second, r.Asked, r.Rated}
		switch p := lives[r.ID]; {
		case p == nil:
			c.breaks("ticket %d has no story", r.ID)
		case *p != is:
			c.breaks("ticket %d is %+v, its story ends with %+v", r.ID, is, *p)
		}
	}
}

// words are what the person should have read of the desk for an event; "" nothing.
func (c *chaos) words(e told, p telling) string {
	say := func(key string, args ...any) string { return i18n.T("bg", key, args...) }
	name := func(id int64) string {
		i := slices.IndexFunc(c.accounts, func(a staff.Account) bool { return a.ID == id })
		if i < 0 {
			return "?"
		}
		return c.accounts[i].Name
	}
	switch e.Kind {
	case "claimed", "joined":
		return say("console.notice_"+e.Kind, name(e.By))
	case "reopened":
		return say("console.notice_again", name(p.holder))
	case "accepted", "took-over":
		return say("console.notice_passed", name(p.holder))
	case "parted":
		return say("console.notice_parted", name(e.By), name(p.holder))
	case "returned", "gone":
		return say("console.notice_" + e.Kind)
	case "sent":
		if e.Detail == "pool" {
			return say("console.notice_sent_pool")
		}
		return say("console.notice_sent", map[string]string{"vratsa": "Библиотека Враца", "mezdra": "Библиотека Мездра"}[e.Detail])
	case "blocked":
		return blockedBegins
	case "unblocked":
		return say("console.notice_unblocked")
	case "closed":
		switch e.Detail {
		case "withdrawn":
			return ""
		case "unstaffed", "expired":
			return say("console.notice_" + e.Detail)
		}
		return bot.HandedBack("bg", 0, "").Text
	}
	return ""
}

// blockedBegins is how the notice of a block begins, which goes on with a date.
const blockedBegins = "Библиотекарят прекрати разговора."

// checkSaid: each step that tells the person did so once and in its place, the bot was silent while a librarian held, and no librarian
// spoke while none did.
func (c *chaos) checkSaid() {
	want := map[int64][]string{}
	lives, known := map[int64]*telling{}, map[string]bool{}
	for _, e := range c.stories() {
		if lives[e.Ticket] == nil {
			lives[e.Ticket] = &telling{}
		}
		if ev, ok := e.asEvent(*lives[e.Ticket]); ok {
			lives[e.Ticket].does(ev)
		}
		if words := c.words(e, *lives[e.Ticket]); words != "" {
			known[words] = true
			if e.Conversation != 0 {
				want[e.Conversation] = append(want[e.Conversation], words)
			}
		}
	}
	rows, err := c.pool.Query(c.ctx, `
		SELECT m.conversation, m.id, m.sender, m.text, EXISTS (SELECT FROM tickets t WHERE t.conversation = m.conversation)
		FROM messages m WHERE m.sender <> 'person' ORDER BY m.conversation, m.id`)
	c.do(err)
	type row struct {
		Conversation, ID int64
		Sender, Text     string
		Tickets          bool
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	c.do(err)
	got, held := map[int64][]string{}, map[int64]bool{}
	begins := func(text, key string) bool {
		head, _, _ := strings.Cut(i18n.T("bg", key), "%s")
		_, tail, _ := strings.Cut(i18n.T("bg", key), "%s")
		return head != "" && strings.HasPrefix(text, head) || head == "" && strings.HasSuffix(text, tail)
	}
	for _, m := range all {
		switch {
		case m.Sender == "bot" && held[m.Conversation]:
			c.breaks("conversation %d: the bot says %q over a librarian (message %d)", m.Conversation, m.Text, m.ID)
		case m.Sender == "librarian" && !held[m.Conversation]:
			c.breaks("conversation %d: a librarian says %q where none holds (message %d)", m.Conversation, m.Text, m.ID)
		}
		if m.Sender != "system" {
			continue
		}
		text := m.Text
		if strings.HasPrefix(text, blockedBegins) {
			text = blockedBegins
		}
		switch {
		case begins(text, "console.notice_claimed"), begins(text, "console.notice_again"):
			held[m.Conversation] = true
		case text == i18n.T("bg", "console.notice_returned"), text == i18n.T("bg", "console.notice_gone"), begins(text, "console.notice_sent"), text == i18n.T("bg", "console.notice_sent_pool"),
			text == blockedBegins, text == bot.HandedBack("bg", 0, "").Text, text == i18n.T("bg", "bot.cancelled"), text == i18n.T("bg", "bot.forgotten"):
			held[m.Conversation] = false
		}
		if known[text] {
			got[m.Conversation] = append(got[m.Conversation], text)
		}
	}
	for conversation, words := range want {
		if !slices.Equal(words, got[conversation]) {
			c.breaks("conversation %d reads of the desk %q, and should %q", conversation, got[conversation], words)
		}
	}
}

// checkNothingLost: what people sent and the program acknowledged is there once and was dealt with, and so is what librarians were told
// they had said; of those who asked to be forgotten, at most once.
func (c *chaos) checkNothingLost() {
	count := func(sql string) map[string]int {
		rows, err := c.pool.Query(c.ctx, sql)
		c.do(err)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		c.do(err)
		times := map[string]int{}
		for _, one := range all {
			times[one]++
		}
		return times
	}
	events := count(`SELECT event_id FROM messages WHERE event_id IS NOT NULL AND handled_at IS NOT NULL`)
	for id, key := range c.sent {
		if n := events[id]; n > 1 || n == 0 && !forgets(key) {
			c.breaks("what %s sent is there %d times", key, n)
		}
	}
	said := count(`SELECT text FROM messages WHERE sender = 'librarian'`)
	kept := count(`SELECT t.id::text FROM tickets t JOIN conversations v ON v.id = t.conversation JOIN contacts k ON k.id = v.contact WHERE k.key < 'person-5'`)
	for words, ticket := range c.replies {
		if n := said[words]; n > 1 || n == 0 && kept[strconv.FormatInt(ticket, 10)] > 0 {
			c.breaks("%q of ticket %d is there %d times", words, ticket, n)
		}
	}
}

// tally counts what a query of one column gives.
func (c *chaos) tally(sql string) string {
	var counts string
	c.do(c.pool.QueryRow(c.ctx, `
		SELECT coalesce(string_agg(what || ' ' || n, ', ' ORDER BY what), '') FROM (SELECT what, count(*) AS n FROM (`+sql+`) AS all_of (what) GROUP BY what) AS each`).Scan(&counts))
	return counts
}

// checkEveryWaitEnds: when the librarians do nothing any more, whoever waits or is held comes to an end by the program alone, and reads it.
func (c *chaos) checkEveryWaitEnds() {
	for _, d := range []time.Duration{SilentAfter + time.Minute, leftAfter + time.Minute, SilentAfter + time.Minute, expiredAfter + time.Minute} {
		c.skip(d)
		c.do(c.desk.Sweep(c.ctx))
	}
	var open int
	c.do(c.pool.QueryRow(c.ctx, `SELECT count(*) FROM tickets WHERE state <> 'closed'`).Scan(&open))
	if open > 0 {
		c.breaks("%d tickets never end", open)
	}
	c.checkHolders()
	c.checkStories()
	c.checkSaid()
	c.Logf("tickets ended: %s; their steps: %s", c.tally(`SELECT outcome FROM tickets`), c.tally(`SELECT kind FROM ticket_events`))
}
