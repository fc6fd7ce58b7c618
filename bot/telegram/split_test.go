package telegram

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("дума ", 30) // 150 units
	cases := []struct {
		name   string
		blocks [][]line
		limit  int
		want   []string
	}{
		{"one message while it fits", [][]line{{plainLine("а"), plainLine("б")}, {plainLine("в")}}, 10, []string{"а\nб\n\nв"}},
		{"breaks at a block's end", [][]line{{plainLine("12345")}, {plainLine("67890")}}, 10, []string{"12345", "67890"}},
		{"then at a line's end", [][]line{{plainLine("12345"), plainLine("67890")}}, 8, []string{"12345", "67890"}},
		{"then after a word", [][]line{{plainLine("едно две три")}}, 9, []string{"едно две", "три"}},
		{"a word that is too long is cut", [][]line{{plainLine("123456789")}}, 4, []string{"1234", "5678", "9"}},
		{"markup doesn't count", [][]line{{boldLine("12345")}, {plainLine("678")}}, 10, []string{"<b>12345</b>\n\n678"}},
		{"escaped signs count once", [][]line{{plainLine("<<<<<<<<")}}, 8, []string{"&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;"}},
		{"signs beyond the basic plane count twice", [][]line{{plainLine("😀😀😀")}}, 4, []string{"😀😀", "😀"}},
		{"nothing gives nothing", nil, 10, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := split(c.blocks, c.limit); strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	for _, m := range split(paragraphs(strings.Repeat(long+"\n\n", 200)), textLimit) {
		if units(m) > textLimit {
			t.Errorf("a message of %d units", units(m))
		}
	}
}
