package privacy

import "strings"

// Across masks in a message what is personal only together with the message before it: a number that was begun there, and one whose word
// («ЕГН-то ми е», «номерът на личната карта») stands there. Both may be masked already. A number that stands in both leaves its mask in the
// first, as far as it stood there.
func Across(before, text string, public ...*Public) (maskedBefore, masked string, kinds []Kind) {
	const between = "\n"
	found := map[Kind]bool{}
	for {
		joined := []rune(before + between + text)
		begins := len([]rune(before)) + len([]rune(between))
		var first, second []span
		for _, s := range find(string(joined), public) {
			switch {
			case s.to <= begins: // the first message's own, and looked at then
				continue
			case s.from >= begins:
				second = append(second, span{s.from - begins, s.to - begins, s.kind})
			default:
				first = append(first, span{s.from, begins - len([]rune(between)), s.kind})
				second = append(second, span{0, s.to - begins, s.kind})
			}
			found[s.kind] = true
		}
		if len(second) == 0 {
			break
		}
		before, text = replace([]rune(before), first), replace([]rune(text), second)
	}
	for _, k := range Kinds() {
		if found[k] {
			kinds = append(kinds, k)
		}
	}
	return before, strings.TrimSpace(text), kinds
}
