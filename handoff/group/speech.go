package group

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/bot/telegram"
	"orientir/handoff"
)

// t says a phrase that everybody in a group reads: in Bulgarian.
func t(key string, args ...any) string { return i18n.T("bg", key, args...) }

const (
	mostName     = 110 // characters of a topic's name, without its sign; Telegram takes 128
	mostQuestion = 1000
	mostAnswer   = 600
)

// The signs before a topic's name: somebody waits, is being talked to, or it is over.
const (
	signWaiting = "⏳ "
	signClaimed = "💬 "
	signClosed  = "✓ "
)

// topicName names a topic by what is no personal data: «Посетител 4821 · Враца · адресна регистрация».
func topicName(ticket handoff.Ticket, subject string) string {
	parts := []string{ticket.Pseudonym()}
	if ticket.PlaceName != "" {
		parts = append(parts, ticket.PlaceName)
	}
	if subject != "" {
		first := []rune(subject)
		// An abbreviation keeps its capitals.
		if len(first) > 1 && unicode.IsLower(first[1]) {
			first[0] = unicode.ToLower(first[0])
		}
		parts = append(parts, string(first))
	}
	return named(cut(strings.Join(parts, " · "), mostName), ticket.State, false)
}

// named puts the sign of a state before a name.
func named(name string, s handoff.State, closed bool) string {
	for _, sign := range []string{signWaiting, signClaimed, signClosed} {
		name = strings.TrimPrefix(name, sign)
	}
	switch {
	case closed || s == handoff.Closed:
		return signClosed + name
	case s == handoff.Claimed:
		return signClaimed + name
	}
	return signWaiting + name
}

// subject is the title of the guide that the bot showed last before a ticket was opened: the person's own words may hold a name.
func (d *Desk) subject(ctx context.Context, ticket int64) (string, error) {
	messages, err := d.tickets.Transcript(ctx, ticket, 0)
	if err != nil {
		return "", err
	}
	subject := ""
	for _, m := range messages {
		if m.From == bot.Robot && m.Body != nil && m.Body.Guide != nil {
			subject = m.Body.Guide.Text.Title
		}
	}
	return subject, nil
}

// head is a topic's first message: who waits since when, what was asked, what the bot answered, and why here.
func (d *Desk) head(ctx context.Context, ticket, start int64) (string, error) {
	k, ok, err := d.tickets.Ticket(ctx, everything(), ticket)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fmt.Errorf("ticket %d of a topic is gone", ticket)
	}
	messages, err := d.tickets.Transcript(ctx, ticket, 0)
	if err != nil {
		return "", err
	}
	asked, answered := k.Summary, ""
	for _, m := range messages {
		if m.ID > start {
			break
		}
		switch {
		case m.From == bot.Person && m.Kind == string(bot.Text) && k.Summary == "":
			asked = m.Text
		case m.From == bot.Robot:
			if answer := shown(m); answer != "" && (answered == "" || m.Body != nil && m.Body.AnswerID != 0) {
				answered = answer
			}
		}
	}
	where := t("console.place_unknown")
	if k.PlaceName != "" {
		where = strings.TrimSpace(k.PlaceKind + " " + k.PlaceName)
		if k.Municipality != k.PlaceName {
			where = t("console.place_in", where, k.Municipality)
		}
	}
	lines := []string{
		telegram.Bold(k.Pseudonym()) + " " + telegram.Plain(t("group.head_since", k.OpenedAt.In(d.sofia).Format("15:04"))),
		telegram.Plain(strings.Join([]string{where, t("console.language_" + k.Language), t("console.channel_" + k.Channel)}, " · ")),
	}
	if asked = cut(asked, mostQuestion); asked != "" {
		lines = append(lines, "", telegram.Bold(t("group.head_asked")), telegram.Plain(asked))
	}
	if answered = cut(answered, mostAnswer); answered != "" {
		lines = append(lines, "", telegram.Bold(t("group.head_answered")), telegram.Plain(answered))
	}
	lines = append(lines, "", telegram.Plain(t("console.why_came_"+k.Reason)+" "+k.WhyWords(d.now(), "bg")))
	return strings.Join(lines, "\n"), nil
}

// shown is what the person saw of the bot's, in short.
func shown(m bot.Message) string {
	if m.Body != nil && m.Body.Guide != nil {
		return strings.TrimSpace(m.Body.Guide.Text.Title + "\n" + m.Body.Guide.Text.Summary)
	}
	return strings.TrimSpace(m.Text)
}

// spoken is a message of the conversation that is new to a topic.
type spoken struct {
	ID      int64
	From    bot.Sender
	Kind    string
	Text    string
	Data    string
	Body    *bot.Body
	Name    string // of the librarian
	Account int64
	At      time.Time
}

// lines puts a message into the group's words; what the desk's events say better, and buttons that mean nothing to others, are left out.
func (m spoken) lines() []line {
	l := line{at: m.At, text: strings.TrimSpace(m.Text)}
	switch m.From {
	case bot.Person:
		l.who = t("group.who_person")
		switch m.Kind {
		case "edited":
			l.who = t("group.who_person_edited")
		case "location":
			l.text = strings.TrimSpace(t("console.did_location") + " " + l.text)
		case "contact":
			if m.Data == "phone" || m.Data == "email" {
				l.text = t("group.left_contact")
			}
		case "unsupported":
			l.text = t("console.did_unsupported")
		case "too-long":
			l.text = t("console.did_too_long") + "\n" + l.text
		case "command", "button":
			return nil
		}
	case bot.Robot:
		l.who, l.text = t("console.who_bot"), cut(shown(bot.Message{Text: m.Text, Body: m.Body}), mostAnswer)
	case bot.Librarian:
		l.who = t("group.who_librarian", m.Name)
	default:
		return nil
	}
	if l.text == "" {
		return nil
	}
	return split(l)
}

// split cuts a line that no message can hold.
func split(l line) []line {
	var lines []line
	for _, piece := range telegram.Pieces(l.text, telegram.GroupLimit) {
		lines = append(lines, line{l.at, l.who, piece})
	}
	return lines
}

// happened is a step of a ticket that is new to a topic.
type happened struct {
	ID     int64
	At     time.Time
	Kind   string
	Detail string
	Name   string // who made it; "" the person or the program

	Asked   string // of an answered or an open request to take the ticket over: of whom it is or was asked; "" of other steps
	ByAsked bool   `db:"by_asked"` // the step is theirs
	Linked  bool   // they can answer here
}

// words say a step; "" where the topic shows it otherwise.
func (e happened) words() string {
	switch e.Kind {
	case "opened", "noted", "rated", "unblocked":
		return ""
	case "asked":
		words := "— " + t("group.asked", e.Name, e.Asked)
		if e.Linked {
			return words + "\n" + t("group.asked_answer", int(handoff.AskedFor.Minutes()))
		}
		return words + "\n" + t("group.asked_answer_away")
	case "declined":
		if !e.ByAsked {
			return "— " + t("group.taken_back", e.Name)
		}
	}
	words := t("console.event_" + e.Kind)
	if e.Name != "" {
		words += " · " + e.Name
	}
	if e.Kind == "closed" {
		if key := "console.ended_" + e.Detail; i18n.Has("bg", key) {
			words += ": " + t(key)
		}
	}
	return "— " + words
}

// forgetMessages deletes what was said in topics that are gone.
func (d *Desk) forgetMessages(ctx context.Context) error {
	_, err := d.db.Exec(ctx, `DELETE FROM group_messages m USING group_topics p WHERE p.id = m.topic AND p.state = 'deleted'`)
	if err != nil {
		return fmt.Errorf("forget what was said in topics: %w", err)
	}
	return nil
}

// drop marks topics to be deleted and erases what was still to be said in them. where is a condition on the topic p and its ticket t, with
// arguments from $1.
func drop(ctx context.Context, tx pgx.Tx, now time.Time, where string, arg any) error {
	_, err := tx.Exec(ctx, `
		WITH gone AS (
			UPDATE group_topics p SET state = 'deleting', closed_at = coalesce(p.closed_at, $2), menu = ''
			FROM tickets t WHERE t.id = p.ticket AND p.state IN ('open', 'closed') AND `+where+`
			RETURNING p.id, p.chat, p.thread),
		words AS (
			UPDATE group_updates u SET text = '', author = NULL FROM gone WHERE u.chat = gone.chat AND u.thread = gone.thread)
		DELETE FROM group_messages m USING gone WHERE m.topic = gone.id`, arg, now)
	return err
}
