package main

import (
	"strings"
	"testing"
	"time"
)

func TestLoadConfigOfAFleet(t *testing.T) {
	t.Parallel()
	load := func(env map[string]string) (Config, error) {
		env["HOME"] = "/home/somebody"
		return LoadConfig(func(k string) string { return env[k] })
	}
	c, err := load(map[string]string{
		"DATABASE_URL": "postgres://db1:5432,db2:5433/orientir?target_session_attrs=read-write", "ORIENTIR_SEARCH_DATABASE_URL": "postgresql://db2/orientir",
		"REDIS_URL": "redis+sentinel://r1:26379,r2:26379/main/2", "ORIENTIR_DRAIN": "15",
	})
	if err != nil || c.Drain != 15*time.Second || c.SearchURL == "" {
		t.Errorf("%v: %v, %q", err, c.Drain, c.SearchURL)
	}
	for name, wrong := range map[string]string{"ORIENTIR_DRAIN": "soon", "ORIENTIR_SEARCH_DATABASE_URL": "db2", "REDIS_URL": "redis+everything://r1"} {
		if _, err := load(map[string]string{name: wrong}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, wrong, err)
		}
	}
}
