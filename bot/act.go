package bot

import (
	"time"

	"orientir/knowledge"
	"orientir/retrieval"
)

// act is something that the dialog needs done before it can go on: a look at the guides, a ticket. Its exported fields say what
// is wanted; the engine fills in the lower-case ones and hands it back to dialog.next.
//
// Acts that write run in the transaction that saves the step, after the turn and the holder have been found unchanged.
type act interface{ writes() bool }

type (
	// askGuides asks retrieval.
	askGuides struct {
		Question retrieval.Question
		Quiet    bool // only danger to life is answered
		answer   retrieval.Answer
	}
	// record notes an answer that was given, on what evidence.
	record struct {
		Question retrieval.Question
		Answer   retrieval.Answer
		id       int64
	}
	// showGuide reads a guide that the person chose.
	showGuide struct {
		Slug  string
		Full  bool // the person asked for all of it
		Quiet bool // say nothing where there is no such guide
		guide knowledge.Guide
		found bool
		age   knowledge.Age          // of guide
		only  knowledge.Municipality // that guide holds in alone; the zero value is the whole country
		moved *knowledge.Guide       // the closed guide that was chosen, where guide is the one that its work went to
	}
	// findPlace looks for a settlement in the person's words.
	findPlace struct {
		Words string
		Else  *askGuides // what the guides said of the same words, where they were asked
		match knowledge.PlaceMatch
	}
	// lookNear looks for help points around a settlement, or around a position, which is then forgotten.
	lookNear struct {
		Ekatte   string
		Position *knowledge.Position
		CallOnly bool // the person was told to call: one library is enough
		OpenOne  bool // what is open stands first
		Quiet    bool // say nothing where the place is unknown
		here     bool // the first of near is the library at whose terminal the person sits
		place    knowledge.Place
		known    bool // place is one
		near     []knowledge.Nearby
		open     *knowledge.Nearby // the nearest that is open, where the nearest is not
		courses  map[string]bool   // those of them that have trainings to come
	}
	// offerDesk asks where a ticket would go.
	offerDesk struct {
		Wish    wish
		Changed bool // the person chose another receiver
		offer   Offer
	}
	// openTicket opens a ticket.
	openTicket struct {
		Wish   wish
		ticket Ticket
		opened bool // false: there is nobody to open it for any more
	}
	// ticketStatus asks what became of the open ticket.
	ticketStatus struct {
		Else    *offerDesk // where there is none; nil tells so
		Contact bool       // where there is one: ask for a contact to be called back
		Stay    bool       // the person was offered other ways and goes on waiting
		ticket  Ticket
		found   bool
	}
	// cancelTicket withdraws the open ticket, if any.
	cancelTicket struct {
		Shown     bool // an offer was on the screen
		cancelled bool
	}
	// leaveQuestion leaves the open ticket's question: the person waits for no answer at once.
	leaveQuestion struct {
		ticket Ticket
		left   bool // there is such a ticket
	}
	// dropContact erases the contact that was left on the open ticket.
	dropContact struct{ dropped bool }
	// rate stores what the person thinks of an answer.
	rate struct {
		Answer  int64
		Good    bool
		known   bool   // the answer is one of this conversation's
		changed bool   // it says something new
		About   string // the guide under which the button stood; "" where it did not say
		Guide   string // that is on the screen
		later   bool   // the person may be asked now whether to ask later what became of it
	}
	// giveReason stores why an answer was bad.
	giveReason struct {
		Answer int64
		Reason string
		known  bool
	}
	// comment stores the person's own words about an answer.
	comment struct {
		Answer int64
		Text   string
	}
	// rateDesk stores what the person thinks of a hand-over.
	rateDesk struct {
		Ticket int64
		Helped bool
		fresh  bool // nothing was said of it before
	}
	// commentDesk stores the person's own words about a hand-over.
	commentDesk struct {
		Ticket int64
		Text   string
	}
	// reopen goes on with the librarian of a past hand-over.
	reopen struct {
		Ticket  int64
		ticket  Ticket
		past    Past      // zero: it ended too long ago
		already bool      // a ticket was open
		blocked time.Time // until when nothing can be opened; zero: it can
		nobody  bool      // nobody is on the staff any more
	}
	// report stores what is wrong with the guide that was shown under an answer.
	report struct {
		Answer int64
		Guide  string // slug; "" takes the one that was shown last under the answer
		Text   string
		became Reported
	}
	// hearBack stores that the person wants to hear when the question of an answer has one.
	hearBack struct {
		Answer int64
		kept   bool
	}
	// forget erases everything that is kept of the person.
	forget struct{}
)

func (*askGuides) writes() bool     { return false }
func (*record) writes() bool        { return true }
func (*showGuide) writes() bool     { return false }
func (*findPlace) writes() bool     { return false }
func (*lookNear) writes() bool      { return false }
func (*offerDesk) writes() bool     { return false }
func (*openTicket) writes() bool    { return true }
func (*ticketStatus) writes() bool  { return false }
func (*cancelTicket) writes() bool  { return true }
func (*leaveQuestion) writes() bool { return true }
func (*dropContact) writes() bool   { return true }
func (*rate) writes() bool          { return true }
func (*giveReason) writes() bool    { return true }
func (*comment) writes() bool       { return true }
func (*report) writes() bool        { return true }
func (*hearBack) writes() bool      { return true }
func (*forget) writes() bool        { return true }
func (*rateDesk) writes() bool      { return true }
func (*commentDesk) writes() bool   { return true }
func (*reopen) writes() bool        { return true }
