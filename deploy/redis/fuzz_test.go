package redis

import (
	"strings"
	"testing"
)

// An address of Redis is one that can be connected to, or its fault is told without the password.
func FuzzAddress(f *testing.F) {
	for _, seed := range [][3]string{{"redis://u:", "", "@r1:6380/3"}, {"unix:///run/redis.sock?db=3&password=", "", ""}, {"redis+cluster://u:", "/", "@r1,r2:6380,[::1]:6381?pool_size=3"}, {"redis+sentinel://u:", "#", "@s1,s2:26380/main/x"},
		{"rediss+sentinel://s1/main?sentinel_password=", "%zz", ""}, {"redis://u:", "?", "@r1:x"}, {"redis+cluster://u:", "@", "@:1"}, {"redis://", ":", "@[::1/0"}, {"redis://u:", ",", "@r1:99999"}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	const secret = "tayna7kx"
	f.Fuzz(func(t *testing.T, before, inside, after string) {
		scheme, rest, ok := strings.Cut(before, "://")
		if !ok || !KnownScheme(before) || len(before)+len(inside)+len(after) > 2000 {
			return
		}
		client, _, err := connect(before + secret + inside + after)
		if err == nil {
			client.Close()
			return
		}
		// What stands after a user's name, or a word for a password, is one.
		if user, _, more := strings.Cut(rest, ":"); scheme != "unix" && more && !strings.ContainsAny(user, "@/?#[,") && strings.Contains(after, "@") && strings.Count(rest, ":") == 1 && strings.HasSuffix(rest, ":") {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q: a password is told: %v", before+secret+inside+after, err)
			}
		}
	})
}
