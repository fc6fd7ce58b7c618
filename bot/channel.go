package bot

import (
	"context"
	"fmt"
	"time"
)

// Channel carries messages out to people. Delivery calls Send for one message of a conversation at a time, in order,
// and for different conversations at once. The error decides what happens next: *RetryAfter waits, *Refused gives the
// message up and frees the next one, any other error is tried again with growing pauses.
type Channel interface {
	Name() string // as in Incoming.Channel
	// Send delivers one message and gives the channel's id of it. It may be called again for a message that was sent
	// when the program died before it could note so. ctx has the time of all calls that the message takes, and of the waits between them; each
	// call has a shorter one of the channel's own, and none is begun that ctx would cut off: it may have been heard. ctx ends too when the program stops:
	// a call under way then comes to its own end, and no other is begun. What was sent of a message in several parts is told by *Half.
	Send(ctx context.Context, c Conversation, m Message) (externalID string, err error)
}

// Half is a failure after the first parts of a message were sent. Err decides what happens next; whoever tries again, on whichever replica, finds Mark in
// the message's ExternalID, and begins behind it.
type Half struct {
	Mark string // the channel's own; never ""
	Err  error
}

func (e *Half) Error() string { return "sent in part: " + e.Err.Error() }

func (e *Half) Unwrap() error { return e.Err }

// RetryAfter is a channel's wish to be left alone for a while. It costs no try.
type RetryAfter struct {
	D   time.Duration
	All bool // the whole channel must wait, not this conversation alone
}

func (e *RetryAfter) Error() string { return fmt.Sprintf("the channel asks to wait %s", e.D) }

// Refused is a channel's refusal for good: the same message will never pass.
type Refused struct {
	Blocked bool   // the person blocked us: nothing is sent until they write again
	Reason  string // for the log and the desk; never message text
}

func (e *Refused) Error() string { return "the channel refused the message: " + e.Reason }
