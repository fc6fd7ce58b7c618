package i18n

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var verb = regexp.MustCompile(`%(\[\d\])?[.0-9]*[a-z]`)

func TestLanguagesAgree(t *testing.T) {
	t.Parallel()
	bulgarian := Keys("bg")
	if len(bulgarian) == 0 {
		t.Fatal("no Bulgarian phrases")
	}
	for _, key := range bulgarian {
		if !Has("en", key) {
			t.Errorf("%s is missing in English", key)
		}
	}
	for _, language := range []string{"en", "tr"} {
		for _, key := range Keys(language) {
			if !Has("bg", key) {
				t.Errorf("%s.%s has no Bulgarian original", language, key)
				continue
			}
			want, got := verb.FindAllString(phrases()["bg"][key], -1), verb.FindAllString(phrases()[language][key], -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s takes %v in Bulgarian and %v in %s", key, want, got, language)
			}
		}
	}
}

func TestMissingPhraseFallsBackToBulgarian(t *testing.T) {
	t.Parallel()
	if got, want := T("tr", "bot.followup_fee"), T("bg", "bot.followup_fee"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

var used = regexp.MustCompile(`"((?:bot|common|library)\.[a-z0-9_-]*[a-z0-9])"`)

// TestWhatTheBotSaysExists finds the keys that the bot's code names.
func TestWhatTheBotSaysExists(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources", err)
	}
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range used.FindAllStringSubmatch(string(source), -1) {
			if !Has("bg", match[1]) && !Has("bg", match[1]+".many") {
				t.Errorf("%s says %s, which no language has", name, match[1])
			}
		}
	}
}
