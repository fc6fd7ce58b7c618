package knowledge

import (
	"strings"
	"unicode"

	"github.com/pmezard/go-difflib/difflib"
)

// LineKind says what became of a line of a field.
type LineKind string

// The kinds of lines.
const (
	SameLine    LineKind = "same"
	AddedLine   LineKind = "added"
	RemovedLine LineKind = "removed"
	MovedLine   LineKind = "moved"     // stands elsewhere in the list, its words are the same
	ChangedLine LineKind = "changed"   // in some words: Parts tells which
	Rewritten   LineKind = "rewritten" // so much that its words side by side would confuse
)

// Line is one line of a field as it was and as it is.
type Line struct {
	Kind   LineKind
	Before string
	After  string
	Parts  []Part // of a changed line
}

// alike is the least share of common letters of two lines that are taken for one that was changed; below rewriteBelow its words are not shown mixed.
const (
	alike        = 0.45
	rewriteBelow = 0.55
)

// Lines compares the values of a field, in the order in which a reader goes through them. What was changed a little stands in one line, what was moved is told
// once, where it is now. It is pure.
func Lines(before, after []string) (lines []Line) {
	if len(before) == 1 && len(after) == 1 && before[0] != after[0] { // a field of one value is that field, however much it changed
		return []Line{changed(before[0], after[0])}
	}
	for _, op := range difflib.NewMatcherWithJunk(before, after, false, nil).GetOpCodes() {
		if op.Tag == 'e' {
			for _, v := range before[op.I1:op.I2] {
				lines = append(lines, Line{Kind: SameLine, Before: v, After: v})
			}
			continue
		}
		lines = append(lines, paired(before[op.I1:op.I2], after[op.J1:op.J2])...)
	}
	return moved(lines)
}

// paired finds which lines of two stretches are the same line changed, keeping the order of both.
func paired(before, after []string) (lines []Line) {
	// best[i][j] is the most likeness that can be had of before[i:] and after[j:].
	best := make([][]float64, len(before)+1)
	like := make([][]float64, len(before))
	for i := range best {
		best[i] = make([]float64, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		like[i] = make([]float64, len(after))
		for j := len(after) - 1; j >= 0; j-- {
			like[i][j] = likeness(before[i], after[j])
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if like[i][j] >= alike {
				best[i][j] = max(best[i][j], like[i][j]+best[i+1][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(before) && j < len(after) {
		switch {
		case like[i][j] >= alike && best[i][j] == like[i][j]+best[i+1][j+1]:
			lines = append(lines, changed(before[i], after[j]))
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			lines = append(lines, Line{Kind: RemovedLine, Before: before[i]})
			i++
		default:
			lines = append(lines, Line{Kind: AddedLine, After: after[j]})
			j++
		}
	}
	for ; i < len(before); i++ {
		lines = append(lines, Line{Kind: RemovedLine, Before: before[i]})
	}
	for ; j < len(after); j++ {
		lines = append(lines, Line{Kind: AddedLine, After: after[j]})
	}
	return lines
}

// moved turns a line that was removed here and added there into one that was moved there.
func moved(lines []Line) []Line {
	removed := map[string]int{}
	for _, l := range lines {
		if l.Kind == RemovedLine {
			removed[l.Before]++
		}
	}
	gone := map[string]int{}
	for i := range lines {
		if l := &lines[i]; l.Kind == AddedLine && removed[l.After] > 0 {
			removed[l.After]--
			gone[l.After]++
			l.Kind, l.Before = MovedLine, l.After
		}
	}
	left := lines[:0]
	for _, l := range lines {
		if l.Kind == RemovedLine && gone[l.Before] > 0 {
			gone[l.Before]--
			continue
		}
		left = append(left, l)
	}
	return left
}

func changed(before, after string) Line {
	if likeness(before, after) < rewriteBelow {
		return Line{Kind: Rewritten, Before: before, After: after}
	}
	return Line{Kind: ChangedLine, Before: before, After: after, Parts: readable(Words(before, after))}
}

// likeness is the share of letters and digits in words that two lines have in common, from 0 to 1.
func likeness(a, b string) float64 {
	common, all := 0, 0
	for _, p := range Words(a, b) {
		n := 0
		for _, r := range p.Text {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				n++
			}
		}
		if p.Before && p.After {
			common += 2 * n
			n *= 2
		}
		all += n
	}
	if all == 0 {
		return 0
	}
	return float64(common) / float64(all)
}

// readable joins changes that only a space or a comma keeps apart: three words that were exchanged read as one change, not as three.
func readable(parts []Part) (out []Part) {
	var old, new strings.Builder
	flush := func() {
		if old.Len() > 0 {
			out = append(out, Part{old.String(), true, false})
		}
		if new.Len() > 0 {
			out = append(out, Part{new.String(), false, true})
		}
		old.Reset()
		new.Reset()
	}
	for i, p := range parts {
		bridge := p.Before && p.After && old.Len()+new.Len() > 0 && i+1 < len(parts) && !strings.ContainsFunc(p.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		if p.Before && p.After && !bridge {
			flush()
			out = append(out, p)
			continue
		}
		if p.Before {
			old.WriteString(p.Text)
		}
		if p.After {
			new.WriteString(p.Text)
		}
	}
	flush()
	return out
}
