package telegram

import (
	"html"
	"strings"
	"unicode"
)

// textLimit is the most UTF-16 units that a message holds after its entities are parsed (core.telegram.org/bots/api#sendmessage).
const textLimit = 4096

// line is one line of a message, or several folded to one: the markup and what is left of it after parsing. No tag spans two.
type line struct {
	html  string
	plain string
}

func plainLine(s string) line { return line{html.EscapeString(s), s} }

func boldLine(s string) line { return line{"<b>" + html.EscapeString(s) + "</b>", s} }

// foldedLine is text of several lines that shows its beginning until it is tapped. It is never split but where it is too long
// for one message, and then it isn't folded.
func foldedLine(s string) line {
	return line{"<blockquote expandable>" + html.EscapeString(s) + "</blockquote>", s}
}

// paragraphs turns a plain text into blocks of lines, one block for each paragraph.
func paragraphs(text string) [][]line {
	var blocks [][]line
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var block []line
		for l := range strings.SplitSeq(p, "\n") {
			block = append(block, plainLine(strings.TrimRightFunc(l, unicode.IsSpace)))
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// split joins blocks to messages under the limit. It breaks at the end of a block where it can, else at the end of a
// line, and only a line that is too long by itself after a word.
func split(blocks [][]line, limit int) []string {
	var messages []string
	var out strings.Builder
	size := 0
	flush := func() {
		if size > 0 {
			messages = append(messages, out.String())
			out.Reset()
			size = 0
		}
	}
	add := func(separator string, l line) {
		if size == 0 {
			separator = ""
		}
		out.WriteString(separator + l.html)
		size += len(separator) + units(l.plain)
	}
	for _, block := range blocks {
		if size > 0 && size+2+blockSize(block) > limit {
			flush()
		}
		separator := "\n\n"
		for _, l := range block {
			for _, part := range fit(l, limit) {
				if size > 0 && size+len(separator)+units(part.plain) > limit {
					flush()
				}
				add(separator, part)
				separator = "\n"
			}
		}
	}
	flush()
	return messages
}

func blockSize(block []line) int {
	size := len(block) - 1
	for _, l := range block {
		size += units(l.plain)
	}
	return size
}

// fit cuts a line that no message can hold into lines that fit, after a word where there is one. Cut lines lose their markup.
func fit(l line, limit int) []line {
	if units(l.plain) <= limit {
		return []line{l}
	}
	var parts []line
	rest := []rune(l.plain)
	for len(rest) > 0 {
		n, size, space := 0, 0, 0
		for n < len(rest) {
			w := 1
			if rest[n] > 0xFFFF {
				w = 2
			}
			if size+w > limit {
				break
			}
			size += w
			n++
			if unicode.IsSpace(rest[n-1]) {
				space = n
			}
		}
		if n < len(rest) && space > 0 {
			n = space
		}
		parts = append(parts, plainLine(strings.TrimSpace(string(rest[:n]))))
		rest = rest[n:]
	}
	return parts
}
