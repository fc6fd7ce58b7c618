package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
)

// TestNobodyForgesALineOfTheLog writes what breaks lines, colours a terminal and turns letters around through the shipped logger, in every place
// where a stranger's words may stand: one line comes of each, with the words in it, of letters that a terminal shows.
func TestNobodyForgesALineOfTheLog(t *testing.T) {
	t.Parallel()
	hostile := "mark\r\n\n\x00time=2026-01-01T00:00:00Z level=ERROR msg=forged\x1b[31m\u009b31m\x7f\u202e\u2066\u200b\u2028\u2029\u0085\",\"level\":\"ERROR\xff"
	for _, format := range []string{"text", "json"} {
		for what, say := range map[string]func(*slog.Logger){
			"a message": func(l *slog.Logger) { l.Warn(hostile) },
			"a value":   func(l *slog.Logger) { l.Info("said", "path", hostile) },
			"an error":  func(l *slog.Logger) { l.Error("said", "err", fmt.Errorf("do it: %w", errors.New(hostile))) },
			"a group":   func(l *slog.Logger) { l.Info("said", slog.Group("of", "path", hostile)) },
			"With":      func(l *slog.Logger) { l.With("path", hostile).WithGroup("of").Info("said", "n", 1) },
			"anything":  func(l *slog.Logger) { l.Info("said", "list", []string{hostile}) },
		} {
			var out bytes.Buffer
			say(newLog(&out, format, false))
			line, whole := strings.CutSuffix(out.String(), "\n")
			if !whole || strings.Contains(line, "\n") || !strings.Contains(line, "mark") || !strings.Contains(line, "forged") {
				t.Errorf("%s, %s: no line with the words: %q", format, what, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%s, %s: a terminal would obey %q", format, what, line)
			}
			var record map[string]any
			switch format {
			case "json":
				if err := json.Unmarshal([]byte(line), &record); err != nil || strings.Count(line, `"level":"`) != 1 {
					t.Errorf("%s: %v in %s", what, err, line)
				}
			default:
				if !strings.HasPrefix(line, "time=") || strings.Count(line, " level=")-strings.Count(line, "Z level=ERROR msg=forged") != 1 {
					t.Errorf("%s: another record in %s", what, line)
				}
			}
		}
	}
}
