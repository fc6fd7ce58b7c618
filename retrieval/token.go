package retrieval

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// Token is a word or a number of a normalised text.
type Token struct {
	Text   string
	Script Script

	at, end int // bytes of the text
}

// Script is the alphabet of a token.
type Script uint8

// The scripts that analysis tells apart. Digits alone are Number.
const (
	OtherScript Script = iota
	CyrillicScript
	LatinScript
	Number
)

// maxTokens bounds the work on one message; what follows is not read.
const maxTokens = 120

// Tokens cuts a normalised text into words and numbers. Cyrillic letters and digits part («18години» is two tokens),
// while a digit among Latin letters stays, because 4 and 6 are letters there (4estit, 6kola). Abbreviations and codes
// come in one form, however they are spelt («обр.7», «образец 7»; «Д6», «д-6»).
func Tokens(s string) []Token { return spellOut(s, cut(s, maxTokens)) }

// allTokens is Tokens without a bound, for texts that an editor wrote.
func allTokens(s string) []Token { return spellOut(s, cut(s, math.MaxInt)) }

// cut gives at most so many tokens.
func cut(s string, most int) []Token {
	tokens := make([]Token, 0, 16)
	start, script, glued := -1, OtherScript, false
	end := func(i int) {
		if start >= 0 && len(tokens) < most {
			tokens = append(tokens, Token{Text: s[start:i], Script: script, at: start, end: i})
		}
		start, script, glued = -1, OtherScript, false
	}
	for i, r := range s {
		switch {
		case unicode.IsDigit(r):
			switch {
			case start < 0:
				start, script = i, Number
			case script == Number || script == LatinScript:
			default:
				end(i)
				start, script = i, Number
			}
		case unicode.IsLetter(r):
			kind := scriptOf(r)
			switch {
			case start < 0:
				start, script = i, kind
			case script == kind:
			case script == Number && kind == LatinScript && (s[i-1] == '4' || s[i-1] == '6') && !glued:
				script = LatinScript
			default:
				end(i)
				start, script = i, kind
			}
		case (r == '\'' || r == '’' || r == 'ʼ') && start >= 0 && script != Number && followedByLetter(s[i+utf8.RuneLen(r):]):
			// don't, об'єкт: one word; the mark is dropped when the word is looked up
			glued = true
		default:
			end(i)
		}
	}
	end(len(s))
	return tokens
}

func followedByLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func scriptOf(r rune) Script {
	switch {
	case r >= 'а' && r <= 'я' || unicode.Is(unicode.Cyrillic, r):
		return CyrillicScript
	case r < 0x250 || unicode.Is(unicode.Latin, r):
		return LatinScript
	}
	return OtherScript
}
