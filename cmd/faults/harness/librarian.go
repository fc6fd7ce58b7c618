package harness

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// librarian sits at the desk in a browser, takes who waits, answers and closes. Each page may come from another replica.
type librarian struct {
	house  *house
	ledger *ledger
	email  string
	name   string
	client *http.Client
}

func newLibrarian(h *house, l *ledger, email string) *librarian {
	jar, _ := cookiejar.New(nil) // never fails
	name, _, _ := strings.Cut(email, "@")
	return &librarian{h, l, email, name, &http.Client{Timeout: 20 * time.Second, Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

var claimPath = regexp.MustCompile(`/console/chats/(\d+)/claim`)

// work takes whoever waits until ctx ends.
func (b *librarian) work(ctx context.Context) {
	for ctx.Err() == nil {
		page, status, ok := b.page(ctx, "/console/queue")
		switch {
		case !ok:
		case strings.Contains(page, `name="password"`):
			b.submit(ctx, "/console/sign-in", url.Values{"email": {b.email}, "password": {password}})
		case status == http.StatusOK:
			if claim := claimPath.FindStringSubmatch(page); claim != nil {
				b.deal(ctx, claim[0], claim[1])
				continue
			}
		}
		rest(ctx, 700*time.Millisecond)
	}
}

// deal takes a chat, and sees to it that it is answered and closed where it is this librarian's. Whatever isn't answered to by the server is
// looked up before it is done again.
func (b *librarian) deal(ctx context.Context, claim, ticket string) {
	chat := strings.TrimSuffix(claim, "/claim")
	b.submit(ctx, claim, nil)
	words := "Отговор №" + ticket + " от " + b.name
	for ctx.Err() == nil {
		page, status, ok := b.page(ctx, chat)
		switch {
		case !ok || status >= 500:
			rest(ctx, 500*time.Millisecond)
		case strings.Contains(page, `name="password"`):
			b.submit(ctx, "/console/sign-in", url.Values{"email": {b.email}, "password": {password}})
		case !strings.Contains(page, chat+"/reply"): // somebody else's, closed, or nobody's any more
			if strings.Contains(page, chat+"/claim") {
				return
			}
			b.ledger.count(&b.ledger.taken)
			return
		case !strings.Contains(page, words):
			b.ledger.count(&b.ledger.claims)
			b.submit(ctx, chat+"/reply", url.Values{"text": {words}})
		default:
			b.submit(ctx, chat+"/close", url.Values{"outcome": {"answered"}, "effort": {"2"}, "guide": {"fine"}})
		}
	}
}

func (b *librarian) page(ctx context.Context, path string) (string, int, bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.house.any().URL+path, nil)
	if err != nil {
		return "", 0, false
	}
	return b.read(req)
}

func (b *librarian) submit(ctx context.Context, path string, form url.Values) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.house.any().URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.read(req)
}

func (b *librarian) read(req *http.Request) (string, int, bool) {
	resp, err := b.client.Do(req)
	if err != nil {
		return "", 0, false
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", 0, false
	}
	if resp.StatusCode >= 500 && !strings.Contains(string(page), "<main") {
		b.ledger.unkind("%s got %s: %d %.200s", b.name, req.URL.Path, resp.StatusCode, page)
	}
	return string(page), resp.StatusCode, true
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
