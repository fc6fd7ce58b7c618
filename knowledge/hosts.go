package knowledge

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/publicsuffix"
)

// AllowedHosts gives the domains that links may stand on, each with all its subdomains, sorted.
func (s *Store) AllowedHosts(ctx context.Context) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT host FROM allowed_hosts WHERE NOT removed ORDER BY host`)
	if err != nil {
		return nil, fmt.Errorf("read allowed hosts: %w", err)
	}
	hosts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return hosts, wrap("read allowed hosts", err)
}

// AllowHost puts a domain on the list. A public suffix («bg»), an address or a name with other than Latin letters is refused with a *Fault.
// by is an opaque staff id; the caller sees to it that only an administrator does this, and audits it.
func (s *Store) AllowHost(ctx context.Context, host, by string) error {
	host = strings.ToLower(strings.TrimSpace(host))
	if !allowable(host) {
		return fmt.Errorf("allow host %q: %w", host, &Fault{Field: "host", Key: "fault.host"})
	}
	_, err := s.db.Exec(ctx, `
		INSERT INTO allowed_hosts (host, origin, changed_by) VALUES ($1, 'editor', $2)
		ON CONFLICT (host) DO UPDATE SET removed = false, origin = 'editor', changed_by = $2, changed_at = now() WHERE allowed_hosts.removed`, host, by)
	return wrap(fmt.Sprintf("allow host %q", host), err)
}

// DisallowHost takes a domain off the list; false where it was not on it. A restart doesn't bring it back.
func (s *Store) DisallowHost(ctx context.Context, host, by string) (bool, error) {
	tag, err := s.db.Exec(ctx, `
		UPDATE allowed_hosts SET removed = true, origin = 'editor', changed_by = $2, changed_at = now() WHERE host = $1 AND NOT removed`, host, by)
	if err != nil {
		return false, fmt.Errorf("disallow host %q: %w", host, err)
	}
	return tag.RowsAffected() == 1, nil
}

// LinkAllowed says whether an address stands on one of the hosts or a subdomain of one. Only http and https on their own ports,
// without user names; names that are not plain ASCII, or are punycode, are refused, because letters that look alike hide there.
func LinkAllowed(address string, hosts []string) bool {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.Port() != "" || u.Opaque != "" {
		return false
	}
	name := strings.ToLower(u.Hostname())
	if !allowable(name) {
		return false
	}
	for _, host := range hosts {
		// A whole label must fit: «e-uslugi.mvr.bg.evil.top» and «evilmvr.bg» do not.
		if name == host || strings.HasSuffix(name, "."+host) {
			return true
		}
	}
	return false
}

// allowable says whether a host has a registrable domain and hides nothing.
func allowable(host string) bool {
	for _, r := range host {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return false
		}
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.HasPrefix(label, "xn--") || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	_, err := publicsuffix.EffectiveTLDPlusOne(host)
	return err == nil
}
