package console

import "testing"

func TestTypedHost(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"nap.bg":                       "nap.bg",
		" NAP.bg ":                     "nap.bg",
		"https://www.nap.bg/page?id=1": "nap.bg",
		"http://portal.nap.bg":         "portal.nap.bg",
		"www.nap.bg":                   "nap.bg",
		"https://nap.bg@evil.example/": "https://nap.bg@evil.example/",
		"https://nap.bg:8443/":         "https://nap.bg:8443/",
		"javascript:alert(1)":          "javascript:alert(1)",
	} {
		if got := typedHost(typed); got != want {
			t.Errorf("%q stands for %q, want %q", typed, got, want)
		}
	}
}
