package retrieval

import "strings"

// savoy is the light stemmer exactly as Jacques Savoy published it («Searching Strategies for the Bulgarian Language»,
// 2007), to measure ours against.
func savoy(word string) string {
	w := []rune(word)
	if len(w) < 4 {
		return word
	}
	if len(w) > 5 && strings.HasSuffix(word, "ища") {
		return string(w[:len(w)-3])
	}
	ends := func(s string) bool { return strings.HasSuffix(string(w), s) }
	cut := func(n int) { w = w[:len(w)-n] }
	switch n := len(w); { // the article
	case n > 6 && ends("ият"):
		cut(3)
	case n > 5 && (ends("ът") || ends("то") || ends("те") || ends("та") || ends("ия")):
		cut(2)
	case n > 4 && ends("ят"):
		cut(2)
	}
	func() { // the plural
		n := len(w)
		if n > 6 {
			switch {
			case ends("овци"), ends("ове"):
				cut(3)
				return
			case ends("еве"):
				cut(3)
				w = append(w, 'й')
				return
			}
		}
		if n > 5 {
			switch {
			case ends("ища"):
				cut(3)
				return
			case ends("та"):
				cut(2)
				return
			case ends("ци"):
				cut(2)
				w = append(w, 'к')
				return
			case ends("зи"):
				cut(2)
				w = append(w, 'г')
				return
			case ends("е") && w[n-3] == 'я':
				w = append(append([]rune{}, w[:n-3]...), 'е', w[n-2])
				return
			}
		}
		if n > 4 {
			switch {
			case ends("си"):
				cut(2)
				w = append(w, 'х')
			case ends("и"):
				cut(1)
			}
		}
	}()
	if len(w) > 3 {
		if ends("я") {
			cut(1)
		}
		if ends("а") || ends("о") || ends("е") {
			cut(1)
		}
	}
	if n := len(w); n > 4 && ends("ен") {
		w = append(w[:n-2], 'н')
	}
	if n := len(w); n > 5 && w[n-2] == 'ъ' {
		w = append(w[:n-2], w[n-1])
	}
	return string(w)
}
