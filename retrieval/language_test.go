package retrieval

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestLanguageOfQuestions measures on the held-out questions, which the vocabulary has not seen, and on the own list of
// testdata/language.tsv: short, mixed and kindred messages.
func TestLanguageOfQuestions(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	for file, floor := range map[string]float64{"heldout": 0.995, "language": 0.97} {
		f, err := os.Open("testdata/" + file + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readQuestions(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		right, all := 0, 0
		confused := map[string]int{}
		var missed []string
		for _, r := range rows {
			all++
			got := v.Analyze(r.question).Language
			if got == r.language {
				right++
				continue
			}
			confused[r.language+" taken for "+got]++
			missed = append(missed, fmt.Sprintf("%s (%s): %s", r.question, r.language, got))
		}
		t.Logf("%s: %d of %d right (%.4f); %s\n%s", file, right, all, float64(right)/float64(all), mostCommon(confused, 20), strings.Join(missed, "\n"))
		if share := float64(right) / float64(all); share < floor {
			t.Errorf("%s: the language of %.4f is right, at least %.4f was", file, share, floor)
		}
	}
}
