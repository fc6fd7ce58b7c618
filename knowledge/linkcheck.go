package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/outgoing"
	"orientir/deploy/postgres"
)

// LinkOptions of a LinkChecker. The zero value works.
type LinkOptions struct {
	Log       *slog.Logger     // default: nothing is logged
	Now       func() time.Time // clock; default time.Now
	PublicURL string           // whom a server's owner finds behind the requests: stands in their user agent
	Every     time.Duration    // between two looks at an address that works; default a week
	Host      time.Duration    // between two requests to one host, of all replicas; default a second
	Timeout   time.Duration    // for one answer; default 20 s
	Idle      time.Duration    // until a look for new addresses where none is due; default a minute
	Outgoing  outgoing.Guard   // where it may connect to; default: the public Internet
	Unsafe    bool             // asks private addresses and any port, and follows redirects to any host: for tests alone
}

// LinkChecker asks about once a week for each address that published guides and signposts send people to, and notes what is wrong.
// It doesn't read robots.txt: that tells crawlers, which follow links on their own, and this asks once a week for pages that editors chose and
// that people are sent to, at most one a second of a host, says who it is and obeys Retry-After. A host that turns it away is left to editors.
// It owns link_checks and link_hosts. One replica works at a time; what one was at when it died, the next does ten minutes later.
type LinkChecker struct {
	pool  *pgxpool.Pool
	store *Store
	o     LinkOptions
	fetch *fetcher
}

const (
	linkWorkers  = 6                // addresses that are asked for at once, each of another host
	linkLease    = 10 * time.Minute // longer than an address with all its redirects may take
	linkAgain    = time.Hour        // until a fault that may pass is looked at again; then four times as long, a day at most
	linkPatience = 5 * time.Second  // that a worker waits for its turn at a host; what must wait longer is put off
	linkConfirm  = 2                // times in a row that such a fault must be seen before it counts
	linkRound    = time.Minute      // that a round takes at most: then it is looked again which addresses there are
)

// NewLinkChecker makes a checker on a migrated database. Run works.
func NewLinkChecker(pool *pgxpool.Pool, store *Store, o LinkOptions) *LinkChecker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for _, d := range []struct {
		value   *time.Duration
		without time.Duration
	}{{&o.Every, 7 * 24 * time.Hour}, {&o.Host, time.Second}, {&o.Timeout, 20 * time.Second}, {&o.Idle, time.Minute}} {
		if *d.value == 0 {
			*d.value = d.without
		}
	}
	agent := "OrientirLinkCheck/1.0"
	if o.PublicURL != "" {
		agent += " (+" + o.PublicURL + ")"
	}
	c := &LinkChecker{pool: pool, store: store, o: o}
	dial := o.Outgoing.DialContext(o.Timeout / 2)
	if o.Unsafe {
		dial = (&net.Dialer{Timeout: o.Timeout / 2}).DialContext
	}
	c.fetch = newFetcher(agent, o.Timeout, dial, c.turn)
	return c
}

// Run checks links until ctx ends.
func (c *LinkChecker) Run(ctx context.Context) error {
	return postgres.Lead(ctx, c.pool, "links", func(ctx context.Context) error {
		tick := time.NewTicker(c.o.Idle)
		defer tick.Stop()
		for {
			if err := postgres.Round(ctx, "links", c.Round); err != nil && ctx.Err() == nil {
				c.o.Log.Error("checking links failed", "err", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C: // it waits already where the round took as long
			}
		}
	})
}

// Round looks which addresses there are, and asks for those that are due, for a minute at most. The hosts take turns, and each has one
// worker at a time, so that no worker waits where another asks.
func (c *LinkChecker) Round(ctx context.Context) error {
	if err := c.gather(ctx); err != nil {
		return err
	}
	hosts, err := c.store.AllowedHosts(ctx)
	if err != nil {
		return err
	}
	allowed := func(address string) bool { return c.o.Unsafe || LinkAllowed(address, hosts) }
	due, err := c.dueHosts(ctx)
	if err != nil {
		return err
	}
	queue := make(chan string, len(due)) // of hosts
	for _, host := range due {
		queue <- host
	}
	end := time.Now().Add(linkRound)
	var workers sync.WaitGroup
	faults := make([]error, linkWorkers)
	for i := range linkWorkers {
		workers.Go(func() {
			for faults[i] == nil && ctx.Err() == nil && time.Now().Before(end) {
				select {
				case host := <-queue:
					var l link
					var ok bool
					if l, ok, faults[i] = c.take(ctx, host); faults[i] == nil && ok {
						faults[i] = c.check(ctx, l, allowed)
						queue <- host
					}
				default: // each host that is left has a worker
					return
				}
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(faults...)
}

// gather takes in the addresses that are new, and drops those that nobody is sent to any more.
func (c *LinkChecker) gather(ctx context.Context) error {
	rows, err := c.pool.Query(ctx, `SELECT url FROM guide_links EXCEPT SELECT url FROM link_checks`)
	if err != nil {
		return fmt.Errorf("find new links: %w", err)
	}
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find new links: %w", err)
	}
	hosts := make([]string, len(fresh))
	for i, address := range fresh {
		hosts[i] = link{URL: address}.hostname()
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO link_checks (url, host, due_at) SELECT u, h, $3 FROM unnest($1::text[], $2::text[]) AS i(u, h) ON CONFLICT DO NOTHING`, fresh, hosts, c.o.Now())
	batch.Queue(`DELETE FROM link_checks WHERE url IN (SELECT url FROM link_checks EXCEPT SELECT url FROM guide_links)`)
	batch.Queue(`DELETE FROM link_hosts WHERE next_at < $1::timestamptz - interval '1 day'`, c.o.Now())
	return wrap("gather links", c.pool.SendBatch(ctx, batch).Close())
}

// dueHosts are the hosts with an address that is due, those that have waited longest first.
func (c *LinkChecker) dueHosts(ctx context.Context) ([]string, error) {
	rows, err := c.pool.Query(ctx, `SELECT host FROM link_checks WHERE due_at <= $1 GROUP BY host ORDER BY min(due_at), host`, c.o.Now())
	if err != nil {
		return nil, fmt.Errorf("find hosts to ask: %w", err)
	}
	hosts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return hosts, wrap("find hosts to ask", err)
}

// link is an address that is to be asked for, with what was known of it.
type link struct {
	URL            string
	Fault          LinkFault
	Tries          int
	FinalURL       string
	Title          string
	KnownTitle     string
	Etag           string
	LastModified   string
	AcceptedURL    string
	AcceptedStatus int       // 0: none
	Lease          time.Time // until when it is taken: another time means that somebody else took it, or wants it asked for anew
}

// long says whether an address is too long to be published. Such a one isn't asked for, and has no host.
func (l link) long() bool { return len(l.URL) > mostAddress }

func (l link) hostname() string {
	u, err := url.Parse(l.URL)
	if err != nil || l.long() {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func (l link) withoutFragment() string {
	address, _, _ := strings.Cut(l.URL, "#")
	return address
}

// take leases an address of a host that is due, the one that has waited longest; false where none is.
func (c *LinkChecker) take(ctx context.Context, host string) (link, bool, error) {
	now := c.o.Now()
	rows, err := c.pool.Query(ctx, `
		UPDATE link_checks SET due_at = $2
		WHERE url = (
			SELECT url FROM link_checks WHERE host = $3 AND due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING url, fault, tries, final_url, title, known_title, etag, last_modified, accepted_url, coalesce(accepted_status, 0) AS accepted_status, due_at AS lease`,
		now, now.Add(linkLease), host)
	if err != nil {
		return link{}, false, fmt.Errorf("take a link: %w", err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[link])
	if errors.Is(err, pgx.ErrNoRows) {
		return link{}, false, nil
	}
	return l, err == nil, wrap("take a link", err)
}

// turn waits until a host may be asked, and takes the turn. It is told by the database, so that all replicas together keep the pace.
func (c *LinkChecker) turn(ctx context.Context, host string) error {
	for {
		var wait time.Duration
		err := c.pool.QueryRow(ctx, `
			WITH taken AS (
				INSERT INTO link_hosts AS h (host, next_at) VALUES ($1, clock_timestamp() + $2::interval)
				ON CONFLICT (host) DO UPDATE SET next_at = excluded.next_at WHERE h.next_at <= clock_timestamp()
				RETURNING host)
			SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN interval '0'
				ELSE greatest(interval '5 milliseconds', coalesce((SELECT next_at FROM link_hosts WHERE host = $1), clock_timestamp()) - clock_timestamp()) END`,
			strings.ToLower(host), c.o.Host).Scan(&wait)
		if err != nil {
			return fmt.Errorf("wait for a turn: %w", err)
		}
		switch {
		case wait == 0:
			return nil
		case wait > linkPatience:
			return &hostBusy{wait}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// hostBusy says that a host may not be asked for so long.
type hostBusy struct{ wait time.Duration }

func (b *hostBusy) Error() string { return "the host may not be asked yet" }

// check asks for an address and notes how it was found.
func (c *LinkChecker) check(ctx context.Context, l link, allowed func(string) bool) error {
	if l.long() {
		return c.note(ctx, l, fetched{fault: LinkLong})
	}
	limited, cancel := context.WithTimeout(ctx, linkLease/2)
	defer cancel()
	found, err := c.fetch.fetch(limited, l, allowed)
	if ctx.Err() != nil {
		return ctx.Err() // it is asked for again when the lease ends
	}
	if errors.Is(err, context.DeadlineExceeded) {
		found, err = fetched{fault: LinkSlow, final: l.URL}, nil
	}
	var busy *hostBusy
	if errors.As(err, &busy) {
		_, err := c.pool.Exec(ctx, `UPDATE link_checks SET due_at = $2 WHERE url = $1 AND due_at = $3`, l.URL, c.o.Now().Add(busy.wait), l.Lease)
		return wrap(fmt.Sprintf("put off link %q", l.URL), err)
	}
	if err != nil {
		return err
	}
	if found.wait > 0 {
		if _, err := c.pool.Exec(ctx, `UPDATE link_hosts SET next_at = greatest(next_at, clock_timestamp() + $2::interval) WHERE host = $1`, found.host, found.wait); err != nil {
			return fmt.Errorf("leave host %q alone: %w", found.host, err)
		}
	}
	return c.note(ctx, l, found)
}

// note writes down how an address was found, and when to ask again. What was found is dropped where somebody wants the address asked for anew
// meanwhile, or has accepted it: it is due already.
func (c *LinkChecker) note(ctx context.Context, l link, f fetched) error {
	now := c.o.Now()
	if f.same {
		f.title = l.Title
		if f.etag == "" {
			f.etag = l.Etag
		}
		if f.lastModified == "" {
			f.lastModified = l.LastModified
		}
	}
	f.fault = l.judge(f)
	tries, next, counts := 0, c.o.Every, f.fault != LinkWorks
	if counts {
		tries = l.Tries + 1
		if f.fault.passing(f.status) {
			next = max(min(linkAgain<<(2*min(tries-1, 5)), 24*time.Hour), f.wait)
			counts = tries >= linkConfirm
		}
	}
	known := l.KnownTitle
	if known == "" && f.fault == LinkWorks {
		known = f.title
	}
	_, err := c.pool.Exec(ctx, `
		UPDATE link_checks SET due_at = $2, checked_at = $3, fault = $4, tries = $5, status = NULLIF($6, 0), final_url = $7, title = $8, known_title = $9,
			etag = $10, last_modified = $11, broken_since = CASE WHEN $12 THEN coalesce(broken_since, $3) WHEN $4 = '' THEN NULL ELSE broken_since END
		WHERE url = $1 AND due_at = $13`, l.URL, now.Add(next), now, f.fault, tries, f.status, f.final, f.title, known, f.etag, f.lastModified, counts, l.Lease)
	return wrap(fmt.Sprintf("note link %q", l.URL), err)
}

// judge says what is wrong with an address, beside what the way to it told. What an editor has taken as right is right.
func (l link) judge(f fetched) LinkFault {
	switch {
	case f.fault == LinkMoved && l.AcceptedURL != "" && f.final == l.AcceptedURL:
		return LinkWorks
	case f.fault == LinkStatus && f.status == l.AcceptedStatus:
		return LinkWorks
	case f.fault == LinkWorks && l.KnownTitle != "" && !strings.EqualFold(l.KnownTitle, f.title):
		return LinkRetitled
	}
	return f.fault
}
