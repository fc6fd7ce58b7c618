package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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
	control := dialPublic
	if o.Unsafe {
		control = nil
	}
	c.fetch = newFetcher(agent, o.Timeout, control, c.turn)
	return c
}

// Run checks links until ctx ends.
func (c *LinkChecker) Run(ctx context.Context) error {
	return postgres.Lead(ctx, c.pool, "links", func(ctx context.Context) error {
		for {
			err := c.Round(ctx)
			if err != nil && ctx.Err() == nil {
				c.o.Log.Error("checking links failed", "err", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(c.o.Idle):
			}
		}
	})
}

// Round looks which addresses there are, and asks for all that are due.
func (c *LinkChecker) Round(ctx context.Context) error {
	if err := c.gather(ctx); err != nil {
		return err
	}
	hosts, err := c.store.AllowedHosts(ctx)
	if err != nil {
		return err
	}
	allowed := func(address string) bool { return c.o.Unsafe || LinkAllowed(address, hosts) }
	var workers sync.WaitGroup
	faults := make([]error, linkWorkers)
	for i := range linkWorkers {
		workers.Go(func() {
			for faults[i] == nil && ctx.Err() == nil {
				var l link
				var ok bool
				if l, ok, faults[i] = c.take(ctx); faults[i] != nil || !ok {
					return
				}
				faults[i] = c.check(ctx, l, allowed)
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
	rows, err := c.pool.Query(ctx, `SELECT DISTINCT g.url FROM guide_links g WHERE NOT EXISTS (SELECT FROM link_checks l WHERE l.url = g.url)`)
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
	batch.Queue(`DELETE FROM link_checks l WHERE NOT EXISTS (SELECT FROM guide_links g WHERE g.url = l.url)`)
	batch.Queue(`DELETE FROM link_hosts WHERE next_at < $1::timestamptz - interval '1 day'`, c.o.Now())
	return wrap("gather links", c.pool.SendBatch(ctx, batch).Close())
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
	AcceptedStatus int // 0: none
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

// take leases an address that is due, of a host that may be asked now where there is one; false where none is due.
func (c *LinkChecker) take(ctx context.Context) (link, bool, error) {
	now := c.o.Now()
	rows, err := c.pool.Query(ctx, `
		UPDATE link_checks SET due_at = $2
		WHERE url = (
			SELECT l.url FROM link_checks l LEFT JOIN link_hosts h ON h.host = l.host
			WHERE l.due_at <= $1
			ORDER BY coalesce(h.next_at, '-infinity') > $1, coalesce(h.next_at, '-infinity'), l.due_at
			LIMIT 1
			FOR UPDATE OF l SKIP LOCKED)
		RETURNING url, fault, tries, final_url, title, known_title, etag, last_modified, accepted_url, coalesce(accepted_status, 0) AS accepted_status`, now, now.Add(linkLease))
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
		_, err := c.pool.Exec(ctx, `UPDATE link_checks SET due_at = $2 WHERE url = $1`, l.URL, c.o.Now().Add(busy.wait))
		return wrap(fmt.Sprintf("put off link %q", l.URL), err)
	}
	if err != nil {
		return err
	}
	if found.wait > 0 {
		if _, err := c.pool.Exec(ctx, `UPDATE link_hosts SET next_at = greatest(next_at, clock_timestamp() + $2::interval) WHERE host = $1`, l.hostname(), found.wait); err != nil {
			return fmt.Errorf("leave host of %q alone: %w", l.URL, err)
		}
	}
	return c.note(ctx, l, found)
}

// note writes down how an address was found, and when to ask again.
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
		WHERE url = $1`, l.URL, now.Add(next), now, f.fault, tries, f.status, f.final, f.title, known, f.etag, f.lastModified, counts)
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
