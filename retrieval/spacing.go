package retrieval

import (
	"math"
	"strings"
	"unicode/utf8"
)

// rejoined puts words together that a space inside parted («лич на карта»): where one of the pieces is no word and the
// whole is one.
func (v *Vocabulary) rejoined(s string, tokens []Token) []Token {
	for i := 0; i+1 < len(tokens); i++ {
		for n := 3; n > 1; n-- {
			if i+n <= len(tokens) && v.oneWord(s, tokens[i:i+n]) {
				whole := tokens[i]
				for _, t := range tokens[i+1 : i+n] {
					whole.Text += t.Text
					whole.end = t.end
				}
				tokens[i] = whole
				tokens = append(tokens[:i+1], tokens[i+n:]...)
				break
			}
		}
	}
	return tokens
}

func (v *Vocabulary) oneWord(s string, pieces []Token) bool {
	unknown, whole := 0, ""
	for i, t := range pieces {
		if t.Script != CyrillicScript || i > 0 && s[pieces[i-1].end:t.at] != " " {
			return false
		}
		if !v.knows(t.Text) {
			unknown++
		}
		whole += t.Text
	}
	return unknown > 0 && utf8.RuneCountInString(whole) > 4 && v.words[bulgarian][whole] > 1
}

const (
	mostParts  = 4  // words that may have been typed without spaces
	longest    = 20 // letters of one of them
	spaceWorth = 2  // what leaving out a space costs, as a logarithm
	oneLetter  = "висея"
	rareWorth  = 3 // what costs more: a word of one letter, or what looks like one word with a prefix
	affixWorth = 2 // or with an ending
)

// Words that are written like the beginnings and endings of others: «за пази» is mostly «запази».
var (
	prefixes = set("в във до за из на над о от по под пре при про раз с със у без")
	clitics  = set("че ни то та те ме ли ми си го ви ти да")
)

// parts gives the words that were typed without spaces between them, and the logarithm of how likely that is.
func (v *Vocabulary) parts(word string, visits *int) ([]string, float64) {
	r := []rune(word)
	if len(r) < 5 || len(r) > 40 {
		return nil, math.Inf(-1)
	}
	type way struct {
		score float64
		from  int
		words int
	}
	ways := make([]way, len(r)+1)
	for i := 1; i <= len(r); i++ {
		ways[i].score = math.Inf(-1)
		for j := max(0, i-longest); j < i; j++ {
			if j > 0 && (ways[j].words == 0 || ways[j].words == mostParts) || *visits <= 0 {
				continue
			}
			*visits--
			part := string(r[j:i])
			n := v.words[bulgarian][part]
			if n < 2 || i-j < 4 && (n < 40 || !stopWords[part] && n < 80) || i-j == 1 && !strings.Contains(oneLetter, part) {
				continue // short words must be frequent: anything can be cut into rare ones
			}
			score := v.logP(bulgarian, part)
			if i-j == 1 {
				score -= rareWorth
			}
			if j > 0 {
				score += ways[j].score - spaceWorth
			}
			if score > ways[i].score {
				ways[i] = way{score, j, ways[j].words + 1}
			}
		}
	}
	end := ways[len(r)]
	if end.words < 2 {
		return nil, math.Inf(-1)
	}
	if end.words == 2 && prefixes[string(r[:end.from])] {
		end.score -= rareWorth
	} else if end.words == 2 && clitics[string(r[end.from:])] {
		end.score -= affixWorth
	}
	list := make([]string, end.words)
	for i, k := len(r), end.words-1; k >= 0; k-- {
		list[k] = string(r[ways[i].from:i])
		i = ways[i].from
	}
	return list, end.score
}
