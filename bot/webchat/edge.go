package webchat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"orientir/bot"
	"orientir/deploy/postgres"
)

// edge is who stands at the other end of a route: it decides the headers and how a fault is told.
type edge string

const (
	page  edge = "page"  // a person, in a browser's own window
	frame edge = "frame" // a person, in a frame of an allowed site
	asset edge = "asset" // a browser that fetches a script or a style
	api   edge = "api"   // a program, ours or anybody's: faults are problem+json
)

const (
	maxBody  = 16 << 10 // bytes of a request's body: 2,000 characters of Cyrillic, escaped, and their frame
	readTime = 10 * time.Second

	// answerTime is how long a request but a stream may take. The page's own script waits for 20 s; who asks a server that hangs is told before.
	answerTime = 18 * time.Second
)

// at puts a handler behind what its edge asks for.
func (s *site) at(e edge, l limit, serve handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.secure(w, e)
		if l != connections || r.Method == http.MethodPost { // streams, which are asked for by GET, have a life of their own
			ctx, cancel := context.WithTimeout(r.Context(), answerTime)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			// Not every server supports a deadline (a test recorder doesn't); the limit in bytes holds anyway.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTime))
		}
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				if s.Panicked != nil {
					s.Panicked()
				}
				s.fail(w, r, e, fmt.Errorf("panic: %v\n%s", fault, debug.Stack()))
			} else if fault != nil {
				panic(fault)
			}
		}()
		err := s.allow(r, l)
		if err == nil && l == questions {
			readAhead(r)
			err = s.among(r, s.searching, func() error { return serve(w, r) })
		} else if err == nil {
			err = serve(w, r)
		}
		if err != nil {
			s.fail(w, r, e, err)
		}
	})
}

// readAhead takes the body in before the request takes a turn: who sends it drop by drop must not keep others from theirs. What can't be read
// stays a fault for whoever reads it.
func readAhead(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = io.EOF
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), nothing{err}))
}

// nothing is a reader that has nothing but an error.
type nothing struct{ err error }

func (f nothing) Read([]byte) (int, error) { return 0, f.err }

// busyPause is after how long who was turned away is asked to try again.
const busyPause = 5 * time.Second

// among serves a request when it is its turn in a crowd.
func (s *site) among(r *http.Request, crowd *bot.Crowd, serve func() error) error {
	leave, ok := crowd.Enter(r.Context())
	if !ok {
		return &fault{Status: http.StatusServiceUnavailable, Key: "crowd.busy", Retry: busyPause}
	}
	defer leave()
	return serve()
}

// secure sets the headers that keep a page what it is: only our own scripts and styles run, nobody frames us but whom
// the settings allow, and nothing is fetched from elsewhere.
func (s *site) secure(w http.ResponseWriter, e edge) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()")
	if e == asset {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // where somebody opens it as a page
		return
	}
	ancestors := "'none'"
	if e == frame && len(s.EmbedOrigins) > 0 {
		ancestors = strings.Join(s.EmbedOrigins, " ")
	} else {
		h.Set("X-Frame-Options", "DENY") // for browsers older than frame-ancestors
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "+ancestors)
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if e == frame {
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // a site that isolates itself may have the chat too
		return
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// protect refuses what another site makes a browser send (the standard library's cross-origin protection).
func (s *site) protect(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.PublicURL); err == nil && u.Host != "" {
		// A proxy may have changed the Host that older browsers' Origin is compared with.
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			s.log.Warn("the public address is no origin", "address", s.PublicURL, "err", err)
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := edgeOf(r)
		s.secure(w, e)
		s.fail(w, r, e, &fault{Status: http.StatusForbidden, Key: "web.error_403"})
	}))
	return guard.Handler(next)
}

func edgeOf(r *http.Request) edge {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return api
	}
	return page
}

// fail tells a fault in the language and the form that the caller reads, and logs what is ours.
func (s *site) fail(w http.ResponseWriter, r *http.Request, e edge, err error) {
	var f *fault
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &refused) && slices.Contains(notText, refused.Code):
		f = invalid("", "web.fault_not_text")
	case errors.Is(err, errNotFound):
		f = &fault{Status: http.StatusNotFound, Key: "web.error_404"}
	case r.Context().Err() != nil: // the caller is gone, or the program is stopping
		f = &fault{Status: http.StatusServiceUnavailable, Key: "web.error_503"}
	case postgres.Away(err):
		s.log.Error("web request failed: the database is away", "route", r.Pattern, "error", err)
		f = &fault{Status: http.StatusServiceUnavailable, Key: "web.error_503"}
	default:
		s.log.ErrorContext(r.Context(), "web request failed", "route", r.Pattern, "error", err)
		f = &fault{Status: http.StatusInternalServerError, Key: "web.error_500"}
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", retryAfter(f.Retry))
	}
	if e == api {
		s.problem(w, r, f)
		return
	}
	s.faultPage(w, r, f)
}
