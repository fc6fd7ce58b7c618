package knowledge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"orientir/deploy/outgoing"
)

// LinkFault says what is wrong with an address; the values are those of the table.
type LinkFault string

// The faults.
const (
	LinkWorks       LinkFault = ""
	LinkStatus      LinkFault = "status"      // the server says that the page isn't there, or may not be read
	LinkMoved       LinkFault = "host"        // it leads to another host
	LinkRetitled    LinkFault = "title"       // the page is called otherwise than when it was first seen
	LinkSlow        LinkFault = "timeout"     // no answer in time
	LinkUnreachable LinkFault = "unreachable" // no such name, no connection, no valid certificate
	LinkRefused     LinkFault = "refused"     // it leads into a private network, and was not asked for
	LinkLoops       LinkFault = "redirects"   // too many redirects, or one that can't be read
	LinkLong        LinkFault = "long"        // longer than an address may be, and was not asked for
)

// passing says whether a fault may be gone in an hour.
func (f LinkFault) passing(status int) bool {
	return f == LinkSlow || f == LinkUnreachable || f == LinkStatus && (status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout)
}

const (
	linkRedirects = 5
	linkBody      = 512 << 10 // bytes that are read of a page: its title stands at the beginning
	linkFinal     = 2000      // letters of an address elsewhere that are kept
	linkTitle     = 300       // letters of a title that are kept
	linkHost      = 253       // bytes of a host's name: longer ones there aren't
)

// fetched is how an address was found.
type fetched struct {
	fault              LinkFault
	status             int
	final              string
	host               string // that answered
	title              string
	etag, lastModified string
	same               bool          // 304: as it was
	wait               time.Duration // the server asks not to come back before
}

// fetcher asks for pages.
type fetcher struct {
	client *http.Client
	agent  string
	turn   func(ctx context.Context, host string) error // waits until a host may be asked
}

// newFetcher makes a fetcher. dial connects where it may: that of an outgoing.Guard, but in tests.
func newFetcher(agent string, timeout time.Duration, dial func(ctx context.Context, network, address string) (net.Conn, error), turn func(context.Context, string) error) *fetcher {
	return &fetcher{agent: agent, turn: turn, client: &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{ // no proxy: the address that is checked must be the one that answers
			DialContext: dial, TLSHandshakeTimeout: timeout / 2, ResponseHeaderTimeout: timeout,
			DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// fetch asks for a page, follows redirects on allowed hosts, and reads its title. allowed says of an address whether it may be asked for.
func (f *fetcher) fetch(ctx context.Context, l link, allowed func(string) bool) (fetched, error) {
	at, err := url.Parse(l.URL)
	if err != nil {
		return fetched{fault: LinkUnreachable, final: l.URL}, nil
	}
	at.Fragment = ""
	for hops := 0; ; hops++ {
		if err := f.turn(ctx, at.Hostname()); err != nil {
			return fetched{}, err
		}
		out, next, err := f.once(ctx, l, at, hops == 0)
		switch {
		case ctx.Err() != nil:
			return fetched{}, ctx.Err()
		case err != nil:
			return fetched{fault: faultOf(err), final: at.String()}, nil
		case next == nil:
			if bareHost(at.Hostname()) != bareHost(l.hostname()) && out.fault == LinkWorks {
				out.fault = LinkMoved
			}
			return out, nil
		case hops == linkRedirects:
			return fetched{fault: LinkLoops, status: out.status, final: at.String()}, nil
		case !allowed(next.String()): // where it leads is told, and not looked at
			return fetched{fault: LinkMoved, status: out.status, final: cut(next.String(), linkFinal)}, nil
		}
		at = next
	}
}

// once asks one address. next is where it redirects to; nil where it doesn't.
func (f *fetcher) once(ctx context.Context, l link, at *url.URL, first bool) (out fetched, next *url.URL, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return out, nil, err
	}
	r.Header.Set("User-Agent", f.agent)
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.5")
	r.Header.Set("Accept-Language", "bg,en;q=0.5")
	if first && l.FinalURL == l.URL && l.Fault == LinkWorks { // what is known is of this very page
		if l.Etag != "" {
			r.Header.Set("If-None-Match", l.Etag)
		}
		if l.LastModified != "" {
			r.Header.Set("If-Modified-Since", l.LastModified)
		}
	}
	response, err := f.client.Do(r)
	if err != nil {
		return out, nil, err
	}
	defer response.Body.Close()
	out = fetched{status: response.StatusCode, final: at.String(), host: strings.ToLower(at.Hostname()), etag: headerWord(response, "ETag"), lastModified: headerWord(response, "Last-Modified")}
	if first && at.String() == l.withoutFragment() {
		out.final = l.URL
	}
	switch {
	case response.StatusCode == http.StatusNotModified:
		out.same = true
		return out, nil, nil
	case response.StatusCode >= 300 && response.StatusCode < 400:
		to, err := at.Parse(response.Header.Get("Location"))
		if err != nil || response.Header.Get("Location") == "" || to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" || len(to.Hostname()) > linkHost {
			out.fault = LinkLoops
			return out, nil, nil
		}
		to.Fragment, to.User = "", nil
		return out, to, nil
	case response.StatusCode >= 400 || response.StatusCode < 200:
		out.fault, out.wait = LinkStatus, retryAfter(response)
		return out, nil, nil
	}
	out.title, err = titleOf(response)
	return out, nil, err
}

// headerWord is a header that goes back as it came, where it is short and plain.
func headerWord(r *http.Response, name string) string {
	if v := r.Header.Get(name); len(v) <= 200 && !strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' }) {
		return v
	}
	return ""
}

// retryAfter is how long a busy server wants to be left alone, a day at most.
func retryAfter(r *http.Response) time.Duration {
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 24*3600)) * time.Second
}

// faultOf names what kept an answer from coming.
func faultOf(err error) LinkFault {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, outgoing.ErrRefused):
		return LinkRefused
	case errors.As(err, &timeout) && timeout.Timeout():
		return LinkSlow
	}
	return LinkUnreachable
}

// titleOf reads the title of a page, in whatever letters it is written; "" of what is no page or has none. What was cut off counts as it is.
func titleOf(r *http.Response) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind != "text/html" && kind != "application/xhtml+xml" {
		return "", nil
	}
	body, err := charset.NewReader(io.LimitReader(r.Body, linkBody), r.Header.Get("Content-Type"))
	if errors.Is(err, io.EOF) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read a page: %w", err)
	}
	tokens := html.NewTokenizer(body)
	tokens.SetMaxBuf(linkBody)
	for depth := 0; ; {
		switch tokens.Next() {
		case html.ErrorToken:
			if err := tokens.Err(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, html.ErrBufferExceeded) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return "", err
			}
			return "", nil
		case html.StartTagToken:
			name, _ := tokens.TagName()
			switch atom.Lookup(name) {
			case atom.Svg, atom.Math: // a picture's title is not the page's
				depth++
			case atom.Title:
				if depth == 0 && tokens.Next() == html.TextToken {
					return plainTitle(string(tokens.Text())), nil
				}
			case atom.Body:
				return "", nil
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			if a := atom.Lookup(name); (a == atom.Svg || a == atom.Math) && depth > 0 {
				depth--
			}
		}
	}
}

// plainTitle is a title on one line, masked and not too long.
func plainTitle(s string) string {
	s = strict(strings.ToValidUTF8(strings.Join(strings.Fields(strings.ReplaceAll(html.UnescapeString(s), "\x00", "")), " "), ""))
	return cut(s, linkTitle)
}

// cut leaves the first letters of s, as many as most says.
func cut(s string, most int) string {
	if letters := []rune(s); len(letters) > most {
		return string(letters[:most])
	}
	return s
}

// bareHost is a host without the «www.» that is the same everywhere.
func bareHost(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }
