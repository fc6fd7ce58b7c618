package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"orientir/deploy/outgoing"
	"orientir/retrieval"
)

const (
	firstWait   = 200 * time.Millisecond // before the second try; it doubles with each, and half of it is left to chance
	shortestTry = 200 * time.Millisecond // what must be left of the deadline for a try to make sense
	mostBody    = 32 << 20               // bytes of a server's answer: a batch of embeddings is the largest
)

var (
	errCut     = errors.New("the answer was cut off")
	errNothing = errors.New("the server said nothing")
	errLong    = errors.New("the answer is too long")
)

// try calls f again while the server is busy (429), fails (5xx) or breaks off, within ctx. A pause that the server asks for
// is kept where the deadline allows it; where not, the call ends at once, and rest is that pause.
func (c *Client) try(ctx context.Context, f func(context.Context) error) (rest time.Duration, err error) {
	wait := firstWait
	for n := 1; ; n++ {
		var a attempt
		err = f(context.WithValue(ctx, attempted{}, &a))
		if err == nil || !passing(ctx, err) {
			return 0, err
		}
		if n >= c.options.Tries {
			return a.retryAfter, err
		}
		pause := max(wait/2+rand.N(wait/2+1), a.retryAfter)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause+shortestTry {
			return a.retryAfter, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return a.retryAfter, errors.Join(err, ctx.Err())
		case <-timer.C:
		}
		wait *= 2
	}
}

// passing tells errors that may be gone at the next try. A quota that is used up is none, though it comes as 429.
func passing(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, outgoing.ErrRefused) {
		return false
	}
	status, message := refusal(err)
	switch {
	case status == http.StatusTooManyRequests:
		return !strings.Contains(message, "insufficient_quota")
	case status == http.StatusRequestTimeout || status >= 500:
		return true
	case status != 0:
		return false
	}
	var network net.Error
	var broken *url.Error
	return errors.Is(err, errCut) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) || errors.As(err, &network)
}

// refusal is the status of a server's error answer and its words; 0 where the error is none.
func refusal(err error) (status int, message string) {
	var refused *openai.APIError
	var failed *openai.RequestError
	switch {
	case errors.As(err, &refused):
		return refused.HTTPStatusCode, fmt.Sprint(refused.Message, " ", refused.Type, " ", refused.Code, " ", param(refused))
	case errors.As(err, &failed):
		return failed.HTTPStatusCode, string(failed.Body)
	}
	return 0, ""
}

// quiet leaves of a server's error answer its status alone: servers repeat in their words what they were sent, and errors are
// logged.
func quiet(err error) error {
	if status, _ := refusal(err); status != 0 {
		return fmt.Errorf("the server answered with status %d", status)
	}
	return err
}

func param(e *openai.APIError) string {
	if e.Param == nil {
		return ""
	}
	return *e.Param
}

// fault says what a call's end tells of the server.
type fault int

const (
	fine    fault = iota // it answered, whatever it said
	faulty               // it failed, refused or was late
	neither              // the caller gave up
)

func faultOf(ctx context.Context, err error) fault {
	switch {
	case err == nil || errors.Is(err, errStopped) || errors.Is(err, errLong):
		return fine
	case errors.Is(ctx.Err(), context.Canceled):
		return neither
	}
	return faulty
}

// resultOf names a call's end in metrics.
func resultOf(ctx context.Context, err error) string {
	status, _ := refusal(err)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errStopped):
		return "stopped"
	case ctx.Err() != nil:
		return "late"
	case status == http.StatusTooManyRequests:
		return "busy"
	case status >= 400 && status < 500:
		return "refused"
	}
	return "failed"
}

// errStopped says that who watched an answer grow wanted no more of it.
var errStopped = retrieval.ErrStopped

// attempted is the context's key of an attempt.
type attempted struct{}

// attempt is what only the transport sees of a try.
type attempt struct {
	retryAfter time.Duration
	streamed   bool // the answer came as server-sent events
}

// doer is the HTTP client of the library, which keeps a response's headers to itself.
type doer struct{ client *http.Client }

func (d doer) Do(r *http.Request) (*http.Response, error) {
	response, err := d.client.Do(r)
	if err != nil {
		return response, err
	}
	response.Body = bounded{io.LimitReader(response.Body, mostBody), response.Body}
	if a, ok := r.Context().Value(attempted{}).(*attempt); ok {
		a.retryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
		a.streamed = strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream")
	}
	return response, nil
}

// bounded is a body of which only so much is read.
type bounded struct {
	io.Reader
	io.Closer
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds, or a date; 0 where it says neither.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds > 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
