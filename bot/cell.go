package bot

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// afterSeparator is the beginning of a formula behind what a spreadsheet of another locale takes for the end of a cell or a row.
var afterSeparator = regexp.MustCompile(`([;\t\r\n][ \x{00a0}]*)([=+\-@])`)

// Cell makes a text harmless to a spreadsheet, which would run one that begins as a formula does: it gets an apostrophe in front
// (OWASP, «CSV Injection»).
func Cell(text string) string {
	_, first := utf8.DecodeRuneInString(text)
	text = text[:first] + afterSeparator.ReplaceAllString(text[first:], "$1'$2")
	if text != "" && strings.ContainsRune("=+-@\t\r\n", []rune(text)[0]) || strings.HasPrefix(strings.TrimLeft(text, " \u00a0\ufeff"), "=") {
		return "'" + text
	}
	return text
}
