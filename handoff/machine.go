package handoff

import (
	"errors"
	"slices"
	"sync"
)

// State says where a ticket stands.
type State string

// The states of a ticket.
const (
	Waiting State = "waiting" // the bot holds the conversation and answers
	Claimed State = "claimed" // a librarian holds it, the bot is silent
	Closed  State = "closed"  // for good: a matter that is taken up again is a new ticket that knows the earlier one
)

// Step is what happens to a ticket.
type Step string

// The steps of a ticket's life.
const (
	stepOpen      Step = "open"
	stepReopen    Step = "reopen"
	stepClaim     Step = "claim"
	stepReply     Step = "reply"
	stepReturn    Step = "return"
	stepGone      Step = "gone"
	stepAsk       Step = "ask"
	stepAccept    Step = "accept"
	stepDecline   Step = "decline"
	stepLapse     Step = "lapse"
	stepSend      Step = "send"
	stepReroute   Step = "reroute"
	stepJoin      Step = "join"
	stepPart      Step = "part"
	stepTakeOver  Step = "take over"
	stepNote      Step = "note"
	stepClose     Step = "close"
	stepBlock     Step = "block"
	stepLeft      Step = "left"
	stepWithdraw  Step = "withdraw"
	stepUnstaffed Step = "unstaffed"
	stepExpire    Step = "expire"
	stepRate      Step = "rate"
)

// party is who may make a step.
type party string

const (
	thePerson          party = "the person"
	theProgram         party = "the program"
	whoSees            party = "who may see it"
	theHolder          party = "the holder"
	theSecond          party = "the second"
	holderOrSecond     party = "the holder, the second"
	theAsked           party = "who was asked"
	askedOrHolder      party = "who was asked, the holder"
	holderOrSupervisor party = "the holder, a supervisor"
)

// need is what must be so beside the state.
type need string

const (
	nobodyAsked   need = "nobody is asked"
	somebodyAsked need = "somebody is asked"
	alone         need = "no second"
	paired        need = "a second"
	holderAway    need = "the holder is away"
	librarian     need = "a librarian is there"
	unrated       need = "not rated yet"
)

// seat is who sits somewhere after a step.
type seat string

const (
	stays   seat = ""       // as before
	nobody  seat = "–"      // nobody
	actor   seat = "actor"  // who makes the step
	named   seat = "named"  // whom the step names
	second  seat = "second" // who was the second
	unasked seat = "unless asked"
)

// rule is one line of the table of a ticket's life: in one of these states, if that is so, this step may be made by these, and then
// the ticket stands there, these sit there, and the person is told this once. The code takes the from-states of its guarded updates,
// the event's kind and the notice from here; what no rule allows does not happen.
type rule struct {
	step    Step
	from    []State // none: there is no ticket yet
	needs   need
	may     party
	to      State
	holder  seat   // who holds the ticket and the conversation
	second  seat   // who may write too
	asked   seat   // of whom a transfer is asked
	outcome string // that the step gives a closed ticket; "" where who closes it says
	kind    string // of the ticket's event; "" leaves none
	told    string // phrase key of what the person reads; "" nothing from the desk
}

// rules is the table. Of two lines with one step, the first that fits is meant. It never changes; it is made once.
var rules = sync.OnceValue(func() []rule {
	waiting, claimed, open, closed := []State{Waiting}, []State{Claimed}, []State{Waiting, Claimed}, []State{Closed}
	return []rule{
		{step: stepOpen, may: thePerson, to: Waiting, holder: nobody, kind: "opened"}, // the bot's own words say where they stand
		{step: stepReopen, needs: librarian, may: thePerson, to: Claimed, holder: named, kind: "reopened", told: "console.notice_again"},
		{step: stepClaim, from: waiting, may: whoSees, to: Claimed, holder: actor, kind: "claimed", told: "console.notice_claimed"},
		{step: stepReply, from: claimed, may: holderOrSecond, to: Claimed}, // the reply itself is what the person reads
		{step: stepReturn, from: claimed, needs: paired, may: theHolder, to: Claimed, holder: second, second: nobody, asked: nobody, kind: "took-over", told: "console.notice_passed"},
		{step: stepReturn, from: claimed, may: theHolder, to: Waiting, holder: nobody, asked: nobody, kind: "returned", told: "console.notice_returned"},
		{step: stepGone, from: claimed, may: theProgram, to: Waiting, holder: nobody, second: nobody, asked: nobody, kind: "gone", told: "console.notice_gone"},
		{step: stepAsk, from: claimed, needs: nobodyAsked, may: theHolder, to: Claimed, asked: named, kind: "asked"},
		{step: stepAccept, from: claimed, needs: somebodyAsked, may: theAsked, to: Claimed, holder: actor, second: unasked, asked: nobody, kind: "accepted", told: "console.notice_passed"},
		{step: stepDecline, from: claimed, needs: somebodyAsked, may: askedOrHolder, to: Claimed, asked: nobody, kind: "declined"},
		{step: stepLapse, from: claimed, needs: somebodyAsked, may: theProgram, to: Claimed, asked: nobody, kind: "lapsed"},
		{step: stepSend, from: claimed, may: theHolder, to: Waiting, holder: nobody, second: nobody, asked: nobody, kind: "sent", told: "console.notice_sent"},
		{step: stepReroute, from: waiting, may: theProgram, to: Waiting, kind: "rerouted"},
		{step: stepJoin, from: claimed, needs: alone, may: whoSees, to: Claimed, second: actor, kind: "joined", told: "console.notice_joined"},
		{step: stepPart, from: claimed, may: theSecond, to: Claimed, second: nobody, kind: "parted", told: "console.notice_parted"},
		{step: stepTakeOver, from: claimed, needs: holderAway, may: theSecond, to: Claimed, holder: actor, second: nobody, asked: nobody, kind: "took-over", told: "console.notice_passed"},
		{step: stepNote, from: open, may: whoSees, kind: "noted"},
		{step: stepClose, from: claimed, may: theHolder, to: Closed, second: nobody, asked: nobody, kind: "closed", told: "console.notice_closed"},
		{step: stepBlock, from: open, may: holderOrSupervisor, to: Closed, second: nobody, asked: nobody, outcome: "blocked", kind: "blocked", told: "console.notice_blocked"},
		{step: stepLeft, from: claimed, may: theProgram, to: Closed, second: nobody, asked: nobody, outcome: "left", kind: "closed", told: "console.notice_closed"},
		{step: stepWithdraw, from: open, may: thePerson, to: Closed, second: nobody, asked: nobody, outcome: "withdrawn", kind: "closed"}, // the bot says so
		{step: stepUnstaffed, from: waiting, may: theProgram, to: Closed, outcome: "unstaffed", kind: "closed", told: "console.notice_unstaffed"},
		{step: stepExpire, from: waiting, may: theProgram, to: Closed, outcome: "expired", kind: "closed", told: "console.notice_expired"},
		{step: stepRate, from: closed, needs: unrated, may: thePerson, kind: "rated"}, // the bot thanks
	}
})

// life is where a ticket stands, as far as the table goes.
type life struct {
	State  State // "" there is none yet
	Holder int64 // of a closed ticket, who held it last
	Second int64
	Asked  int64
	Rated  bool
}

// holds is who holds the conversation; 0 is the bot.
func (l life) holds() int64 {
	if l.State != Claimed {
		return 0
	}
	return l.Holder
}

// event is a step that somebody would make.
type event struct {
	step       Step
	by         int64 // account; 0 is the person or the program
	sees       bool  // the account may see the ticket
	supervisor bool
	named      int64 // of whom a transfer is asked, or with whom a matter is taken up again
	holderAway bool  // the holder is not at the desk
}

// Why a step may not be made.
var (
	errState = errors.New("a ticket in this state does not take the step")
	errParty = errors.New("it is another's step")
	errNeed  = errors.New("what the step needs is not so")
)

// next gives the ticket's life after a step, and the rule that it followed. It reads and writes nothing.
func (l life) next(e event) (life, rule, error) {
	err := errState
	for _, r := range rules() {
		if r.step != e.step || !(len(r.from) == 0 && l.State == "" || slices.Contains(r.from, l.State)) {
			continue
		}
		switch {
		case !l.allows(r.may, e):
			err = errParty
		case !l.has(r.needs, e):
			if err == errState {
				err = errNeed
			}
		default:
			return l.after(r, e), r, nil
		}
	}
	return l, rule{}, err
}

func (l life) allows(may party, e event) bool {
	holder := e.by != 0 && l.State == Claimed && e.by == l.Holder
	isSecond := e.by != 0 && e.by == l.Second
	isAsked := e.by != 0 && e.by == l.Asked
	switch may {
	case thePerson, theProgram:
		return true
	case whoSees:
		return e.by != 0 && e.sees
	case theHolder:
		return holder
	case theSecond:
		return isSecond
	case holderOrSecond:
		return holder || isSecond
	case theAsked:
		return isAsked
	case askedOrHolder:
		return isAsked || holder
	case holderOrSupervisor:
		return holder || e.by != 0 && e.supervisor
	}
	return false
}

func (l life) has(n need, e event) bool {
	switch n {
	case nobodyAsked:
		return l.Asked == 0 && e.named != 0 && e.named != l.Holder
	case somebodyAsked:
		return l.Asked != 0
	case alone:
		return l.Second == 0 && e.by != l.Holder
	case paired:
		return l.Second != 0
	case holderAway:
		return e.holderAway
	case librarian:
		return e.named != 0
	case unrated:
		return !l.Rated
	}
	return true
}

func (l life) after(r rule, e event) life {
	sit := func(s seat, now int64) int64 {
		switch s {
		case nobody:
			return 0
		case actor:
			return e.by
		case named:
			return e.named
		case second:
			return l.Second
		case unasked: // who was asked holds now, and can't be their own second
			if l.Second == e.by {
				return 0
			}
		}
		return now
	}
	after := life{Holder: sit(r.holder, l.Holder), Second: sit(r.second, l.Second), Asked: sit(r.asked, l.Asked), Rated: l.Rated || r.step == stepRate, State: l.State}
	if r.to != "" {
		after.State = r.to
	}
	return after
}

// from lists the states in which a step is taken at all.
func from(step Step) []State {
	var states []State
	for _, r := range rules() {
		if r.step == step {
			for _, s := range r.from {
				if !slices.Contains(states, s) {
					states = append(states, s)
				}
			}
		}
	}
	return states
}
