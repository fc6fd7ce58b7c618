package retrieval

import (
	"strings"

	"orientir/knowledge"
)

// StateLines are what a guide says of how the person's own file stands: where it can be seen, by which number. Nothing where
// the service doesn't show it.
func StateLines(t knowledge.Text) []string {
	var lines []string
	for _, text := range append([]string{t.Summary, t.Where}, append(append([]string{}, t.Steps...), t.GoodToKnow...)...) {
		for sentence := range strings.SplitSeq(text, ". ") {
			if lower := strings.ToLower(sentence); ofState(lower) {
				lines = append(lines, strings.TrimSuffix(strings.TrimSpace(sentence), ".")+".")
			}
		}
	}
	return lines[:min(len(lines), 3)]
}

// ofState tells a sentence about how far something has come: «докъде е стигнала молбата», «дали болничният е приет».
func ofState(sentence string) bool {
	for _, words := range []string{"докъде", "какъв етап", "хода на", "кога ще платят", "кога са пуснати", "how far", "what stage", "which stage", "progress of", "status of your"} {
		if strings.Contains(sentence, words) {
			return true
		}
	}
	for _, whether := range []string{"дали ", "whether "} {
		_, rest, found := strings.Cut(sentence, whether)
		for _, done := range []string{"приет", "стигнал", "готов", "изплат", "пуснат", "вписан", "accepted", "reached", "ready", "been paid"} {
			if found && strings.Contains(rest, done) {
				return true
			}
		}
	}
	return false
}
