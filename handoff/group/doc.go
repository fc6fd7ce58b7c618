// Package group is the desk on Telegram: librarians who work in a forum group of their library, one topic for each ticket.
//
// An update of a group goes through it file by file: inbox.go masks and stores it before it is acknowledged, work.go takes it up,
// take.go, words.go, passing.go and closing.go do what it asks for through handoff.Desk. What happens to a ticket, here or at the web
// desk, goes the other way: plan.go follows the ticket, its messages, events and notes, and says in one transaction what the topic should be and
// what is to be said in it; next.go decides (pure) what Telegram is told next, and send.go tells it, at Telegram's pace.
// Nothing is lost in a crash; between a call to Telegram and noting it, a crash may repeat that one message.
// A topic is closed with its ticket, and deleted a week later or as soon as the person asks to be forgotten.
//
// It owns telegram_groups, telegram_group_codes, group_topics, group_messages and group_updates. It reads handoff's tickets,
// ticket_events and ticket_notes, bot's messages, and staff's names and links. Every change that staff make goes through staff.Store.Door. bot/telegram calls
// its inbox, handoff/console shows its groups, cmd runs it.
package group
