package statistics

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"orientir/bot"
)

// WriteTranscripts writes conversations as CSV in UTF-8, a header first; times are RFC 3339 in UTC, waits are seconds.
func WriteTranscripts(w io.Writer, found []Transcript) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"ticket", "opened_at", "taken_at", "closed_at", "wait_seconds", "help_point", "place", "channel", "language", "reason", "by",
		"state", "outcome", "effort", "guide", "rating", "messages", "question"}}
	for _, t := range found {
		wait := ""
		if t.TakenAt != nil {
			wait = strconv.Itoa(int(t.TakenAt.Sub(t.OpenedAt).Seconds()))
		}
		rows = append(rows, []string{number(t.Ticket), stamp(&t.OpenedAt), stamp(t.TakenAt), stamp(t.ClosedAt), wait, t.HelpPoint, t.Place, t.Channel, t.Language,
			t.Reason, t.By, t.State, t.Outcome, number(int64(t.Effort)), t.Guide, t.Rating, strconv.Itoa(t.Messages), t.Question})
	}
	return writeSafe(out, rows)
}

// WriteLines writes what was said as CSV, a header first.
func WriteLines(w io.Writer, lines []Line) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"ticket", "at", "from", "text"}}
	for _, l := range lines {
		rows = append(rows, []string{number(l.Ticket), stamp(&l.At), l.From, l.Text})
	}
	return writeSafe(out, rows)
}

func writeSafe(out *csv.Writer, rows [][]string) error {
	for _, row := range rows {
		for i, cell := range row {
			row[i] = bot.Cell(cell)
		}
	}
	return out.WriteAll(rows)
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// WriteCounts writes figures as CSV, a header first; waits are seconds. name names a group for people.
func WriteCounts(w io.Writer, d Dimension, counts []Count, name func(key string) string) error {
	rows := [][]string{append([]string{string(d), "name", "people", "questions", "answered", "choice", "abstained", "outside", "rated_good", "rated_bad",
		"handed_over", "taken", "resolved", "unresolved", "undecided", "helped", "not_helped", "wait_median_seconds", "wait_p90_seconds"}, steps...)}
	for _, c := range counts {
		row := []string{c.Key, name(c.Key)}
		for _, n := range []int{c.People, c.Questions, c.Answered, c.Choice, c.Abstained, c.Outside, c.Good, c.Bad, c.Handed, c.Taken, c.Resolved, c.Unresolved, c.Open(),
			c.Helped, c.NotHelped} {
			row = append(row, strconv.Itoa(n))
		}
		for _, wait := range []time.Duration{c.Median, c.P90} {
			if c.Taken == 0 {
				row = append(row, "")
				continue
			}
			row = append(row, strconv.Itoa(int(wait.Seconds())))
		}
		for _, n := range c.Steps {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return writeSafe(csv.NewWriter(w), rows)
}
