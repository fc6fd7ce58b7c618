package handoff

import (
	"strings"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// noticeRow is a ticket as a member of the staff is told of it: nothing of the person, and of the question only the guide's title.
type noticeRow struct {
	Ticket   int64
	Tries    int
	OpenedAt time.Time
	Left     bool
	Library  string // "" is the national pool
	Guide    string // title of the guide that was shown before; "" none
	Reason   string
}

// topic says what it is about: a guide's title, or that there was none.
func (r noticeRow) topic(language string) string {
	switch {
	case r.Guide != "":
		return "„" + r.Guide + "“"
	case r.Reason == "abstained":
		return i18n.T(language, "notice.topic_none")
	}
	return i18n.T(language, "notice.topic_unknown")
}

// staffLanguage is what the staff read where they have chosen no language.
const staffLanguage = "bg"

// digest is one message to a member of the staff about everybody who waits.
type digest struct {
	To        staff.Account
	Rows      []noticeRow
	PublicURL string
	Now       time.Time // in Europe/Sofia
}

// shownRows is how many tickets a message lists.
const shownRows = 10

// Subject is the letter's subject and the message's first line.
func (d digest) Subject() string { return d.count("subject") }

func (d digest) count(key string) string {
	if len(d.Rows) == 1 {
		return i18n.T(staffLanguage, "notice."+key+"_one")
	}
	return i18n.T(staffLanguage, "notice."+key+"_many", len(d.Rows))
}

// Text is plain text with a link to the desk.
func (d digest) Text() string {
	const language = staffLanguage
	lines := []string{i18n.T(language, "notice.greeting", d.To.Name), "", d.count("begin")}
	for _, r := range d.Rows[:min(len(d.Rows), shownRows)] {
		library := r.Library
		if library == "" {
			library = i18n.T(language, "console.pool")
		}
		key := "notice.row"
		if r.Left {
			key = "notice.left"
		}
		lines = append(lines, i18n.T(language, key, since(r.OpenedAt, d.Now, language), r.topic(language), library))
	}
	if len(d.Rows) > shownRows {
		lines = append(lines, "– …")
	}
	return strings.Join(append(lines, "",
		i18n.T(language, "notice.desk", d.PublicURL+"/console/queue"), "",
		i18n.T(language, "notice.off", d.PublicURL+"/console/account")), "\n") + "\n"
}

// since says when a ticket was opened: the time of today, or the date.
func since(at, now time.Time, language string) string {
	at = at.In(now.Location())
	if sameDay(at, now) {
		return bot.ClockWords(at, language)
	}
	return bot.DateWords(at, language) + ", " + bot.ClockWords(at, language)
}
