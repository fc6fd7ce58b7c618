package retrieval

import "strings"

// language tells what a message is written in: by letters that only one language has, else by which vocabulary makes
// its words likelier.
func (v *Vocabulary) language(text string, tokens []Token, latin []latinWord) string {
	var cyrillic, roman, other int
	for _, t := range tokens {
		switch t.Script {
		case CyrillicScript:
			cyrillic += len(t.Text) / 2
		case LatinScript:
			roman += len(t.Text)
		case OtherScript:
			other++
		}
	}
	switch {
	case cyrillic+roman == 0 || other > 2 && other*3 > cyrillic+roman:
		return "und"
	case cyrillic >= roman:
		return v.cyrillicLanguage(text, tokens)
	}
	if turkishLetters(text) {
		return "tr"
	}
	var bg, en, tr float64
	for i, t := range tokens {
		if t.Script != LatinScript {
			continue
		}
		word := strings.ReplaceAll(t.Text, "'", "")
		en += v.logP(english, word)
		tr += v.logP(turkish, word)
		switch w := latin[i]; {
		case strings.ContainsAny(word, "46") && strings.Trim(word, "0123456789") != "":
			bg += -4
			en += -2
		case w.bg != "":
			bg += v.logP(bulgarian, w.bg) - float64(w.cost)
		case englishLook(word):
			bg += unseen - 1
		default:
			bg += unseen + 2
		}
	}
	switch {
	case tr > en+2 && tr > bg+2:
		return "tr"
	case en > bg+1.5: // who types Latin here mostly means Bulgarian
		return "en"
	}
	return "bg-latn"
}

// englishLook tells runs of letters that English words have and Bulgarian ones, typed in Latin letters, hardly.
func englishLook(word string) bool {
	for _, run := range []string{"th", "wh", "gh", "ck", "ee", "ea", "ing", "tion", "qu", "ph"} {
		if strings.Contains(word, run) {
			return true
		}
	}
	return false
}

func turkishLetters(text string) bool {
	return strings.ContainsAny(strings.ToLower(text), "şğıçö") || strings.Contains(text, "İ")
}

func (v *Vocabulary) cyrillicLanguage(text string, tokens []Token) string {
	lower := strings.ToLower(text)
	if strings.ContainsAny(lower, "їєґі") {
		return "uk"
	}
	if strings.ContainsAny(lower, "ыэё") {
		return "ru"
	}
	var bg, ru, uk float64
	for _, t := range tokens {
		if t.Script == CyrillicScript {
			bg += v.logP(bulgarian, t.Text)
			ru += v.logP(russian, t.Text)
			uk += v.logP(ukrainian, t.Text)
			if strings.Contains(t.Text, "ъ") {
				bg += 3
			}
		}
	}
	switch {
	case ru > bg+2 && ru >= uk:
		return "ru"
	case uk > bg+2:
		return "uk"
	}
	return "bg"
}
