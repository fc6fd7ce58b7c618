package bot

import (
	"context"
	"time"

	"orientir/deploy/postgres"
)

// Desk is the human side as the bot needs it. handoff implements it: an arrow that would run up is this interface.
type Desk interface {
	// Offer says where a ticket of this conversation would go, before anything is opened.
	Offer(ctx context.Context, db postgres.DB, w Wish) (Offer, error)
	// Open opens a ticket in the caller's transaction. One conversation has at most one open ticket; a second call gives the first.
	Open(ctx context.Context, tx postgres.DB, w Wish) (Ticket, error)
	// Cancel closes the conversation's open ticket, if any, because the person withdrew or asked to be forgotten.
	Cancel(ctx context.Context, tx postgres.DB, conversation int64) error
	// LeaveQuestion notes that the person waits for no answer at once; false where the conversation has no ticket that waits.
	LeaveQuestion(ctx context.Context, tx postgres.DB, conversation int64) (Ticket, bool, error)
	// Status tells what became of the conversation's newest open ticket.
	Status(ctx context.Context, db postgres.DB, conversation int64) (Ticket, bool, error)
}

// Wish is what a person wants from the desk.
type Wish struct {
	Conversation int64
	Place        string // ekatte, "" where unknown
	HelpPoint    string // id that the person chose; "" lets routing choose
	Pool         bool   // the person chose the national pool
	Shown        bool   // HelpPoint or Pool is what routing chose and the person said yes to
	Reason       string // asked | abstained | bad-ratings
	Language     string
	Summary      string // the person's question, masked
}

// Offer is where a ticket would go and what the person should know before.
type Offer struct {
	BlockedUntil time.Time // a librarian has blocked the person until then: nothing can be opened; zero: nobody has

	Staffed   bool        // false: no active account serves anywhere; nothing can be opened
	HelpPoint string      // id of the library that will read it; "" is the national pool
	Name      string      // as people read it
	Others    []OfferedTo // other libraries that serve, nearest first, at most three
	Pool      bool        // the national pool has active staff
	OpenNow   *bool       // nil where the hours are unknown
	Phone     string      // the library's, to call first; "" unknown
	NextOpen  time.Time
	Holiday   string        // the official holiday because of which it is closed, in Bulgarian; "" none
	Closure   string        // why it is closed today, as the library wrote it; "" no reason given
	Present   bool          // somebody who serves it is at the desk now
	Busy      bool          // all of them talk to as many people as they can
	Ahead     int           // people who wait there now
	Usual     time.Duration // within which four of five were answered lately; 0 where there are too few to say
	Why       Why           // why routing chose it
}

// Why is why routing chose where a ticket waits: a phrase for the staff, whose key in area console is also one of area bot for people.
// Its first argument is Name, its second Until, where they are set.
type Why struct {
	Key   string    // of area console: «console.why_own»
	Name  string    // the library that can't answer now; "" is the national pool, where the phrase names one
	Until time.Time // when that library opens
}

// OfferedTo is a library that a person may choose instead.
type OfferedTo struct{ ID, Name string }

// Ticket is a waiting or claimed hand-over as the bot sees it.
type Ticket struct {
	ID       int64
	Claimed  bool
	Position int // in the queue, 1 is next; 0 once claimed
	OpenedAt time.Time
	Contact  string        // phone | email: that the person left one to be called back; "" none
	Left     bool          // the person left the question and waits for no answer at once
	Usual    time.Duration // within which four of five were answered lately; 0 where there are too few to say, or that time is over
}
