package harness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"orientir/bot/i18n"
)

// How long a person waits before they count as left without an answer: leases and pauses after crashes add up to less.
const (
	answerPatience = 150 * time.Second
	deskPatience   = 240 * time.Second
)

// lie is what a lying model says; nobody may read it.
const lie = "лъжа на 777 лева"

// message is what somebody sees: its words, and what its buttons do.
type message struct {
	text    string
	actions []string
	press   func(ctx context.Context, action string) // nil where it comes too late for it
}

func (m message) action(prefix string) (string, bool) {
	for _, a := range m.actions {
		if strings.HasPrefix(a, prefix) {
			return a, true
		}
	}
	return "", false
}

// person asks, waits for the answer, and asks again.
type person struct {
	name   string
	house  *house
	ledger *ledger
	say    func(ctx context.Context, words string) // returns once it is on its way, or ctx ends
	gets   <-chan message
	pushed bool // messages are sent to them; else they fetch them
	turn   int
	waits  bool // for an answer
	more   int  // answers that may still come to what was sent in one go
}

func (p *person) channel() string {
	if p.pushed {
		return "telegram"
	}
	return "web"
}

// found is what a message means to the person.
type found struct {
	answer, apology, reply, closed bool
	offer                          string
	message                        message
}

var (
	replies  = regexp.MustCompile(`Отговор №(\d+) от (\w+)`)
	newsItem = regexp.MustCompile(`Новина №\d+`)
)

// take looks at a message that came.
func (p *person) take(m message) (f found) {
	f.message = m
	if strings.Contains(m.text, lie) {
		p.ledger.count(&p.ledger.lies)
		p.ledger.breaks("%s read a lie: %.200s", p.name, m.text)
	}
	if away := i18n.T("bg", "telegram.away"); strings.Contains(m.text, away) {
		p.ledger.told("on Telegram: " + away)
		return f
	}
	if item := newsItem.FindString(m.text); item != "" {
		if p.ledger.first(p.name, item) {
			p.ledger.sawNews(item, p.channel())
		} else {
			p.ledger.doubled(p.name, item+" again")
		}
		return f
	}
	if r := replies.FindStringSubmatch(m.text); r != nil {
		p.ledger.reply(r[1], r[2])
		f.reply = p.ledger.saw(p.name, r[0], p.pushed)
		return f
	}
	if action, ok := m.action("desk:good:"); ok {
		f.closed = p.ledger.saw(p.name, action, p.pushed)
		return f
	}
	if action, ok := m.action("human:yes"); ok {
		f.offer = action
		return f
	}
	if action, ok := m.action("rate:good:"); ok {
		fresh := p.ledger.saw(p.name, action, p.pushed)
		f.answer = fresh && p.waits
		if fresh && !p.waits {
			if p.more--; p.more < 0 {
				p.more = 0
				p.ledger.doubled(p.name, "another answer, "+action)
			}
		}
		return f
	}
	f.apology = p.waits && strings.Contains(m.text, i18n.T("bg", "bot.failed"))
	return f
}

// until waits for a message that means something; false where it doesn't come.
func (p *person) until(ctx context.Context, patience time.Duration, means func(found) bool) (found, bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return found{}, false
		case <-timer.C:
			return found{}, false
		case m := <-p.gets:
			if f := p.take(m); means(f) {
				return f, true
			}
		}
	}
}

// live asks until asking ends, and waits for what was asked until ctx does.
func (p *person) live(ctx, asking context.Context, wantsDesk bool, idle chan<- struct{}) {
	for asking.Err() == nil {
		if wantsDesk && p.turn%8 == 4 {
			p.turn++
			p.talk(ctx)
		} else {
			p.ask(ctx)
		}
		pause := 200 + rand.IntN(1200)
		if p.pushed { // more than a message a second in one chat the program holds back by itself, as Telegram asks
			pause = 1500 + rand.IntN(3000)
		}
		p.until(asking, time.Duration(pause)*time.Millisecond, func(found) bool { return false })
	}
	idle <- struct{}{}
	// What comes late is looked at too.
	p.until(ctx, time.Hour, func(found) bool { return false })
}

func (p *person) ask(ctx context.Context) {
	words := p.house.questions[p.turn%len(p.house.questions)]
	w := p.ledger.asked(words)
	p.waits = true
	if p.pushed && p.turn%5 == 1 { // several messages in one go, that a server may bring in any order
		for _, part := range []string{"Добър ден, пиша за пръв път", "Ще питам нещо"} {
			part = fmt.Sprintf("%s (%s, %d)", part, p.name, p.turn)
			p.ledger.tells(part)
			p.say(ctx, part)
		}
		p.more = min(p.more+2, 2)
	}
	p.turn++
	p.say(ctx, words)
	f, ok := p.until(ctx, answerPatience, func(f found) bool { return f.answer || f.apology })
	p.waits = false
	if !ok {
		p.ledger.lost(w, p.name)
		return
	}
	p.ledger.answered(w, f.apology)
}

// talk asks for a person, and talks with them until they close.
func (p *person) talk(ctx context.Context) {
	w := p.ledger.wanted("a librarian")
	stage := "offer"
	p.say(ctx, "/librarian")
	f, ok := p.until(ctx, answerPatience, func(f found) bool { return f.offer != "" })
	if ok {
		stage = "reply"
		f.message.press(ctx, f.offer)
		_, ok = p.until(ctx, deskPatience, func(f found) bool { return f.reply })
	}
	if ok {
		stage = "end"
		_, ok = p.until(ctx, deskPatience, func(f found) bool { return f.closed })
	}
	if !ok {
		p.ledger.lost(w, fmt.Sprintf("%s (%s)", p.name, stage))
		return
	}
	p.ledger.answered(w, false)
}
