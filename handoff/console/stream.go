package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"orientir/handoff"
)

// sweepTime is how often a stream looks by itself, behind the wake-ups, which may be lost.
const sweepTime = 10 * time.Second

// eventStream writes server-sent events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func openStream(w http.ResponseWriter) (*eventStream, error) {
	e := &eventStream{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")  // a proxy in front of us passes each event on at once
	_ = e.control.SetReadDeadline(time.Time{}) // the server's own is for requests that end
	w.WriteHeader(http.StatusOK)
	return e, e.write(": hello\n\n")
}

// send writes one event. The data is JSON, which has no line breaks of its own.
func (e *eventStream) send(event, id string, data any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // no browser reads it as HTML, and a long list is half as long
	if err := encoder.Encode(data); err != nil {
		return fmt.Errorf("write event %s: %w", event, err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return e.write("event: " + event + "\n" + id + "data: " + body.String() + "\n")
}

func (e *eventStream) write(text string) error {
	// Not every server supports a deadline (a test recorder doesn't); a dead connection is then found later.
	_ = e.control.SetWriteDeadline(time.Now().Add(15 * time.Second))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}

// settleTime is how long a stream waits for the queue to come to rest: many desks must not draw it anew at each of many changes.
const settleTime = 200 * time.Millisecond

// takenEvent is who took whom, told at once.
type takenEvent struct {
	Ticket int64  `json:"ticket"`
	Who    string `json:"who"`
}

// follow calls look at once, at each wake-up and now and then, until it or the connection ends, or the session does. Of the queue's own
// wake-ups it tells at once who took whom, and calls look when they have settled. What look finds must not be older
// than since, the moment of the wake-up.
// Where a desk draws in turn, look calls drawn before it sends: a slow line must not keep the others waiting.
// An open stream also says that the account is at the desk. soon says when to look again in any case; 0, or nil, is not before the next of these.
func (s *site) follow(r *http.Request, e *eventStream, topics []string, look func(ctx context.Context, since time.Time, drawn func()) (bool, error), soon func() time.Duration) error {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	v := visitOf(r)
	queue, wake := s.Redis.Subscribe(ctx, "queue"), s.Redis.Subscribe(ctx, topics...) // before the first look, so that nothing falls between
	var settled <-chan time.Time
	sweep, beat := time.NewTicker(sweepTime), time.NewTicker(s.Heartbeat)
	defer sweep.Stop()
	defer beat.Stop()
	s.Desk.Here(ctx, v.account)
	since := time.Now()
	quiet := false // nothing to look at: the last wake-up was told whole, or has not settled
	due := false   // the whole queue is to be drawn anew, as soon as it is this desk's turn
	for {
		if !quiet {
			on, err := look(ctx, since, func() {})
			if err != nil || !on {
				return s.ended(ctx, r, err)
			}
		}
		quiet = false
		var turn chan<- struct{}
		if due {
			turn = s.drawing
		}
		var again <-chan time.Time
		if soon != nil && soon() > 0 {
			again = time.After(soon())
		}
		select {
		case <-ctx.Done():
			return nil
		case payload := <-queue:
			quiet, since = true, time.Now()
			if settled == nil {
				settled = time.After(settleTime)
			}
			if ticket, who, ok := handoff.TakenNews(payload); ok {
				if e.send("taken", "", takenEvent{ticket, who}) != nil {
					return nil
				}
			}
		case <-settled:
			settled = nil
			due, quiet = len(topics) == 0, len(topics) == 0
		case turn <- struct{}{}: // meanwhile this desk heard at once who took whom
			due, quiet = false, true
			drawn := sync.OnceFunc(func() { <-s.drawing })
			on, err := look(ctx, since, drawn)
			drawn()
			if err != nil || !on {
				return s.ended(ctx, r, err)
			}
		case <-wake:
			since = time.Now()
		case <-again:
		case <-sweep.C:
			since = time.Now().Add(-sweepTime / 2) // others have looked since then
		case <-beat.C:
			quiet = true
			_, _, ok, err := s.Staff.Session(ctx, v.token)
			if err != nil || !ok {
				return s.ended(ctx, r, err) // the browser comes back and is asked to sign in
			}
			s.Desk.Here(ctx, v.account)
			if err := e.write(": still here\n\n"); err != nil {
				return nil
			}
		}
	}
}

// ended logs why a stream broke off: its status is written, so no error page can say it.
func (s *site) ended(ctx context.Context, r *http.Request, err error) error {
	if err != nil && ctx.Err() == nil {
		s.Log.Error("stream failed", "path", r.URL.Path, "error", err)
	}
	return nil
}
