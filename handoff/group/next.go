package group

import (
	"time"

	"orientir/bot/telegram"
)

// act is what Telegram is told next of a topic.
type act string

// The acts, in the order in which they matter.
const (
	actNone    act = ""
	actDelete  act = "delete"
	actCreate  act = "create"
	actHead    act = "head"
	actButtons act = "buttons"
	actReopen  act = "reopen"
	actSay     act = "say"
	actRename  act = "rename"
	actClose   act = "close"
	actGone    act = "gone" // nothing to tell: the topic never was, or was deleted by hand
)

// shownTopic is a topic as it should be, and as Telegram shows it.
type shownTopic struct {
	ID          int64
	Ticket      int64
	State       string
	Name        string
	Menu        string
	Thread      int    // 0 until it is made
	Head        int    // 0 until it is sent
	ShownName   string `db:"shown_name"`
	ShownMenu   string `db:"shown_menu"`
	ShownClosed bool   `db:"shown_closed"`
	Start       int64
	Pending     bool // something waits to be said
}

// next says what Telegram is told next. Each act brings what is shown a step nearer to what should be; a topic that is as it should
// be gives none. It reads and writes nothing.
func (p shownTopic) next() act {
	switch {
	case p.State == "deleted":
		return actNone
	case p.State == "deleting" && p.Thread == 0:
		return actGone
	case p.State == "deleting":
		return actDelete
	case p.Thread == 0 && p.State == "closed": // it was deleted by hand, or the ticket ended before there was a topic
		return actGone
	case p.Thread == 0:
		return actCreate
	case p.State == "open" && p.ShownClosed:
		return actReopen
	case p.Head == 0:
		return actHead
	case p.Menu != p.ShownMenu:
		return actButtons
	case p.Pending:
		return actSay
	case p.Name != p.ShownName:
		return actRename
	case p.State == "closed" && !p.ShownClosed:
		return actClose
	}
	return actNone
}

// The pace of a group: Telegram takes 20 messages a minute (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this) and
// one a second in a chat. One call less, in a little more than a minute, leaves room for clocks and for what answers «/connect».
const (
	mostCalls = 19
	perWindow = 61 * time.Second
	between   = time.Second
)

// paced says whether a group may be called now, after these earlier calls, the oldest first; else how long to wait. It gives the calls
// that still count.
func paced(calls []time.Time, now time.Time) (recent []time.Time, wait time.Duration) {
	for _, c := range calls {
		if c.After(now.Add(-perWindow)) {
			recent = append(recent, c)
		}
	}
	if n := len(recent); n > 0 {
		wait = max(wait, recent[n-1].Add(between).Sub(now))
		if n >= mostCalls {
			wait = max(wait, recent[n-mostCalls].Add(perWindow).Sub(now))
		}
	}
	return recent, wait
}

// waitingWords is something that waits to be said in a topic.
type waitingWords struct {
	ID   int64
	Who  string
	Text string
}

// together puts as much of what waits as one message holds into it, in order: a burst becomes one message, and nothing is dropped.
// Words of one person that follow each other stand under one name. It gives the ids of what is in it.
func together(all []waitingWords) (html string, ids []int64) {
	size, who := 0, ""
	for i, w := range all {
		part, plain := telegram.Plain(w.Text), telegram.Units(w.Text)
		if w.Who != "" && (i == 0 || w.Who != who) {
			part, plain = telegram.Bold(w.Who)+"\n"+part, plain+telegram.Units(w.Who)+1
		}
		if i > 0 {
			part, plain = "\n\n"+part, plain+2
		}
		if i > 0 && size+plain > telegram.GroupLimit {
			break
		}
		html, size, who = html+part, size+plain, w.Who
		ids = append(ids, w.ID)
	}
	return html, ids
}
