package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Schemes are how an address may begin.
var schemes = []string{"redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"}

// KnownScheme says whether an address begins as one of ours.
func KnownScheme(address string) bool {
	scheme, _, ok := strings.Cut(address, "://")
	for _, known := range schemes {
		if ok && scheme == known {
			return true
		}
	}
	return false
}

// How long servers may take. What they answer may be done without, and somebody waits.
const (
	dialTime     = 2 * time.Second
	exchangeTime = time.Second
	retries      = 1
)

// connect makes a client for an address, and gives the number of the database. It doesn't connect yet. The addresses are
//
//	redis://USER:PASSWORD@HOST:6379/DB                            one server; rediss:// with TLS, unix:///PATH?db=DB a socket
//	redis+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/NAME/DB  the sentinels of the master called NAME
//	redis+cluster://USER:PASSWORD@HOST:6379,HOST:6379             some nodes of a cluster
//
// each with what go-redis takes after a question mark, and the latter two also as rediss+…:// with TLS. Who the sentinels ask for a password
// says sentinel_username and sentinel_password there.
func connect(address string) (redis.UniversalClient, int, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	base, kind, _ := strings.Cut(scheme, "+")
	switch kind {
	case "sentinel":
		return connectSentinel(base, rest)
	case "cluster":
		return connectCluster(base, rest)
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, 0, faultOf(err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTime, exchangeTime, exchangeTime
	o.MaxRetries, o.ContextTimeoutEnabled = retries, true
	return redis.NewClient(o), o.DB, nil
}

func connectSentinel(scheme, rest string) (redis.UniversalClient, int, error) {
	u, query, err := severalHosts(scheme, rest, "26379")
	if err != nil {
		return nil, 0, err
	}
	name, db, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if name == "" {
		return nil, 0, errors.New("the name of the master is missing: redis+sentinel://HOST:26379/NAME")
	}
	who := u.User
	sentinel := url.UserPassword(query.Get("sentinel_username"), query.Get("sentinel_password"))
	query.Del("sentinel_username")
	query.Del("sentinel_password")
	query.Set("master_name", name)
	u.User, u.Path, u.RawQuery = sentinel, "/"+db, query.Encode()
	o, err := redis.ParseFailoverURL(u.String())
	if err != nil {
		return nil, 0, faultOf(err)
	}
	o.Username = who.Username()
	o.Password, _ = who.Password()
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTime, exchangeTime, exchangeTime
	o.MaxRetries, o.ContextTimeoutEnabled = retries, true
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each server answers to its own name
	}
	return redis.NewFailoverClient(o), o.DB, nil
}

func connectCluster(scheme, rest string) (redis.UniversalClient, int, error) {
	u, query, err := severalHosts(scheme, rest, "6379")
	if err != nil {
		return nil, 0, err
	}
	if strings.Trim(u.Path, "/") != "" {
		return nil, 0, errors.New("a cluster has no databases with a number: nothing may follow the hosts but ?")
	}
	u.Path, u.RawQuery = "", query.Encode()
	o, err := redis.ParseClusterURL(u.String())
	if err != nil {
		return nil, 0, faultOf(err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTime, exchangeTime, exchangeTime
	o.MaxRetries, o.ContextTimeoutEnabled = retries, true
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = ""
	}
	return redis.NewClusterClient(o), 0, nil
}

// severalHosts reads an address that names several: the first stays in the URL, the others go where go-redis wants them.
func severalHosts(scheme, rest, port string) (*url.URL, url.Values, error) {
	if scheme != "redis" && scheme != "rediss" {
		return nil, nil, fmt.Errorf("unknown scheme %q", scheme)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	start := strings.LastIndex(rest[:end], "@") + 1
	hosts := strings.Split(rest[start:end], ",")
	for i, host := range hosts {
		if host == "" || strings.HasPrefix(host, ":") {
			return nil, nil, errors.New("a host is missing")
		}
		if _, number, err := net.SplitHostPort(host); err != nil {
			hosts[i] = net.JoinHostPort(strings.Trim(host, "[]"), port)
		} else if _, err := strconv.ParseUint(number, 10, 16); err != nil {
			return nil, nil, errNoAddress // what looks like a port may be the end of a password
		}
	}
	u, err := url.Parse(scheme + "://" + rest[:start] + hosts[0] + rest[end:])
	if err != nil {
		return nil, nil, faultOf(err)
	}
	query := u.Query()
	for _, host := range hosts[1:] {
		query.Add("addr", host)
	}
	return u, query, nil
}

// errNoAddress stands for what net/url says of an address: it repeats a part, which may be one of a password.
var errNoAddress = errors.New("no address can be read in it; in a password %, /, ?, #, @ and : are written %25, %2F, %3F, %23, %40 and %3A")

// faultOf leaves out the address, which may hold a password.
func faultOf(err error) error {
	var parsing *url.Error
	if errors.As(err, &parsing) {
		return errNoAddress
	}
	return err
}
