package group

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"orientir/bot/i18n"
	"orientir/handoff"
)

var (
	whole   = regexp.MustCompile(`"((?:group|console)\.[a-z0-9_-]*[a-z0-9])"`)
	ofUser  = regexp.MustCompile(`u\.t\("([a-z0-9_-]*[a-z0-9])"`)
	ofPlace = regexp.MustCompile(`tellOnce\(ctx, p, u, "([a-z0-9_-]+)"`)
)

// TestWhatTheGroupSaysExists finds the keys that the package names, and those that it puts together.
func TestWhatTheGroupSaysExists(t *testing.T) {
	t.Parallel()
	var keys []string
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources", err)
	}
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range whole.FindAllStringSubmatch(string(source), -1) {
			if !strings.Contains(string(source), `Verb: "`+m[1]+`"`) { // a word of the audit log
				keys = append(keys, m[1])
			}
		}
		for _, m := range append(ofUser.FindAllStringSubmatch(string(source), -1), ofPlace.FindAllStringSubmatch(string(source), -1)...) {
			keys = append(keys, "group."+m[1])
		}
	}
	for _, f := range []Fault{Removed, NotAdmin, NoTopics, NoDelete, NotForum} {
		keys = append(keys, "group.lacks_"+string(f), "console.groups_fault_"+string(f))
	}
	for _, o := range handoff.Outcomes() {
		keys = append(keys, "console.ended_"+string(o))
	}
	for _, v := range handoff.Verdicts() {
		keys = append(keys, "group.button_guide_"+string(v))
	}
	for _, kind := range []string{"claimed", "returned", "gone", "rerouted", "closed", "contact", "contact-gone", "reopened", "asked", "accepted",
		"declined", "lapsed", "sent", "joined", "parted", "took-over", "blocked"} {
		keys = append(keys, "console.event_"+kind)
	}
	for _, reason := range []string{"asked", "abstained", "bad-ratings"} {
		keys = append(keys, "console.why_came_"+reason)
	}
	for _, key := range keys {
		for _, language := range []string{"bg", "en"} {
			if !i18n.Has(language, key) {
				t.Errorf("%s is not said in %s", key, language)
			}
		}
	}
}
