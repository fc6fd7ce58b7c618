package local

import "testing"

func TestMaybePostmaster(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want bool
	}{
		"a program that inherited the number":      {[]string{"/usr/bin/sleep", "60"}, false},
		"the child of a postmaster":                {[]string{"postgres: 15/main: checkpointer "}, false},
		"a postmaster of another directory":        {[]string{"/usr/lib/postgresql/15/bin/postgres", "-D", "/var/lib/postgresql/15/main"}, false},
		"a postmaster of an unknown directory":     {[]string{"postgres"}, true},
		"a postmaster of a relative directory":     {[]string{"/usr/bin/postmaster", "-D", "data"}, true},
		"a postmaster that ends after its «-D»":    {[]string{"postgres", "-D"}, true},
		"a process whose arguments can't be known": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := maybePostmaster(test.args); got != test.want {
				t.Fatalf("got %v, want %v", got, test.want)
			}
		})
	}
}
