package retrieval

import (
	"os"
	"strings"
	"testing"

	"orientir/knowledge"
)

// followUpsKeepTheSubject plays testdata/followups.tsv, which takes the whole starter knowledge: what is a subject of its
// own depends on the guides there are.
func followUpsKeepTheSubject(t *testing.T, a *Answerer) {
	data, err := os.ReadFile("testdata/followups.tsv")
	if err != nil {
		t.Fatal(err)
	}
	asked, wrong := 0, 0
	for line := range strings.Lines(string(data)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if len(columns) != 3 || strings.HasPrefix(line, "#") || columns[0] == "guide" {
			continue
		}
		guide, message, want := columns[0], columns[1], columns[2]
		asked++
		answer, err := a.Answer(t.Context(), Question{Text: message, Guide: guide})
		if err != nil {
			t.Fatal(err)
		}
		got := "new"
		switch {
		case answer.FollowUp && answer.Guide != nil && answer.Guide.Slug == guide:
			got = string(answer.Field)
			if answer.PlaceSaid && answer.Place.Outcome == knowledge.PlaceFound {
				got += "@" + answer.Place.Place.Name
			}
		case strings.HasPrefix(want, ">") && answer.Guide != nil:
			got = ">" + answer.Guide.Slug
		}
		if got != want {
			wrong++
			t.Logf("%s, %q: %s (%s %v), want %s", guide, message, got, answer.Outcome, answer.Guides, want)
		}
	}
	if asked < 100 || wrong > asked/20 {
		t.Errorf("%d of %d follow-ups are understood otherwise", wrong, asked)
	}
}
