package knowledge

import (
	"regexp"
	"strings"
)

// What editors type may hold line ends, and lines that Markdown would take for a heading or for the head of a file. They are written with a backslash,
// as CommonMark does: at the end of a line it is a line end that stays, before such a line it is nothing.

// marked finds a line that would be read as something else, with the backslashes that it may have already.
var marked = regexp.MustCompile(`^\\*(?:## |---)`)

// writeItem writes a text as one item or several paragraphs, so that readLine gives it back. indent is put before the lines after the first.
func writeItem(text, indent string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		line += strings.Repeat(`\`, len(line)-len(strings.TrimRight(line, `\`))) // a backslash of its own is two
		if i+1 < len(lines) {
			line += `\`
		}
		if indent == "" && marked.MatchString(line) {
			line = `\` + line
		}
		if i > 0 {
			line = indent + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// writeParagraphs writes a text whose paragraphs stand apart by an empty line.
func writeParagraphs(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = writeItem(p, "")
	}
	return strings.Join(paragraphs, "\n\n")
}

// readLine gives a line without what writeItem put in, and says whether a line end stays behind it. Items are no paragraphs: nothing is put before them.
func readLine(line string, paragraph bool) (text string, end bool) {
	line = strings.TrimSpace(line)
	if paragraph && strings.HasPrefix(line, `\`) && marked.MatchString(line) {
		line = line[1:]
	}
	bare := strings.TrimRight(line, `\`)
	count := len(line) - len(bare)
	return bare + strings.Repeat(`\`, count/2), count%2 == 1
}
