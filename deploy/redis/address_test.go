package redis

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"one":         "redis://u:p@r1:6380/3",
		"socket":      "unix:///run/redis.sock?db=3",
		"cluster":     "redis+cluster://u:p@r1,r2:6380,[::1]:6381?pool_size=3",
		"sentinel":    "redis+sentinel://u:p@s1,s2:26380/main/3?sentinel_password=x",
		"cluster TLS": "rediss+cluster://r1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, db, err := connect(address)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if !KnownScheme(address) {
				t.Error("its scheme is not known")
			}
			switch c := client.(type) {
			case *redis.ClusterClient:
				o := c.Options()
				if name == "cluster" && (strings.Join(o.Addrs, " ") != "r1:6379 r2:6380 [::1]:6381" || o.Username != "u" || o.Password != "p" || o.PoolSize != 3) {
					t.Errorf("%v %s", o.Addrs, o.Username)
				}
				if name == "cluster TLS" && (o.TLSConfig == nil || o.TLSConfig.ServerName != "") {
					t.Error("no TLS, or one name for all servers")
				}
			case *redis.Client:
				if o := c.Options(); db != 3 || o.DB != 3 || name != "socket" && (o.Username != "u" || o.Password != "p") {
					t.Errorf("database %d, user %q", o.DB, o.Username)
				}
			}
		})
	}
	for _, wrong := range []string{
		"redis+sentinel://s1,s2", "redis+sentinel://,s2/main", "redis+cluster://r1/3", "redis+cluster://r1:x", "unix+cluster://r1",
		"redis+sentinel://u:tayna@s1/main/x", "redis://u:tayna@r1:x", "redis+cluster://u:tayna@r1?nonsense=1",
		"redis://u:tayna/7@r1", "redis+cluster://u:tayna/7@r1", "redis+sentinel://u:tayna#7@s1/main", "redis://u:tayna?7@r1", "redis://u:tayna%zz@r1",
	} {
		client, _, err := connect(wrong)
		if err == nil {
			client.Close()
			t.Errorf("%s is taken", wrong)
		} else if strings.Contains(err.Error(), "tayna") {
			t.Errorf("a password is told: %v", err)
		}
	}
}
