package retrieval

import (
	"os"
	"strings"
	"testing"
)

// TestDangerIsHeardAndNothingElse holds the rules to testdata/emergencies.tsv, with words as the starter vocabulary reads them.
func TestDangerIsHeardAndNothingElse(t *testing.T) {
	t.Parallel()
	r, err := builtInRules()
	if err != nil {
		t.Fatal(err)
	}
	v := vocabularyForTest(t)
	data, err := os.ReadFile("testdata/emergencies.tsv")
	if err != nil {
		t.Fatal(err)
	}
	asked, right := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(data)) {
		want, message, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || want == "want" || strings.HasPrefix(line, "#") {
			continue
		}
		a := v.Analyze(message)
		got, why := "-", ""
		if rule, ok := first(r.emergencies, a); ok {
			got, why = "112", rule.name
		} else if rule, ok, _ := r.intent(a); ok && rule.topic == "fraud" {
			got = "fraud"
		}
		asked[want]++
		if got == want {
			right[want]++
		} else {
			t.Logf("%q is taken for %s %s, want %s: %s (%s)", message, got, why, want, a.words(), a.Language)
		}
	}
	for want, least := range map[string]float64{"112": 0.95, "fraud": 0.95, "-": 0.98} {
		if share := float64(right[want]) / float64(max(1, asked[want])); asked[want] < 20 || share < least {
			t.Errorf("of %d messages for %s, %d are recognised: %.3f, at least %.2f", asked[want], want, right[want], share, least)
		}
	}
}
