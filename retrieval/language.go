package retrieval

import "strings"

// language tells what a message is written in: by letters that only one language has, else by which vocabulary makes
// its words likelier.
func (v *Vocabulary) language(m *message) string {
	text, tokens, latin := m.text, m.tokens, m.latin
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
	case cyrillic >= roman || cyrillic > 0 && v.frame(tokens) == CyrillicScript:
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
		switch tellTale[word] {
		case "en":
			en += tellTaleWorth
		case "tr":
			tr += 2 * tellTaleWorth // its vocabulary is small
		}
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

// tellTaleWorth is what a word weighs that only one of the languages has: a knowledge base need not have met it.
const tellTaleWorth = 4

// tellTale are everyday words of messages that belong to one language alone among those told apart.
var tellTale = func() map[string]string {
	m := map[string]string{}
	for language, words := range map[string]string{
		"bg": "здравейте здрасти къде какво трябва искам благодаря мерси няма нямам ще мога защо кога колко как треба каде што сум добијем",
		"ru": "здравствуйте привет спасибо пожалуйста хочу хотел где куда сколько нужно нужна нужны можно мне меня получить потерял потеряла если чтобы менять поменять права ребенок",
		"uk": "дякую вітаю скільки потрібно потрібна потрібні отримати довідку загубила загубив якщо щоб чи мені",
		"en": "hello hi yes bye thanks thank please passport my the is how what where help need expired",
		"tr": "merhaba teşekkürler teşekkür nasıl nerede pasaportumu pasaport kimlik kaybettim evet hayır lütfen istiyorum",
	} {
		for word := range set(words) {
			m[word] = language
		}
	}
	return m
}()

// frame tells which script the small words of a message are in, that hold it together: «КЕП за iPhone» is Bulgarian.
func (v *Vocabulary) frame(tokens []Token) Script {
	cyrillic := 0
	for _, t := range tokens {
		switch {
		case !stopWords[t.Text]:
		case t.Script == LatinScript:
			return LatinScript
		case t.Script == CyrillicScript:
			cyrillic++
		}
	}
	if cyrillic > 0 {
		return CyrillicScript
	}
	return OtherScript
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
			switch {
			case strings.Contains(t.Text, "ъ"):
				bg += 3
			case strings.HasSuffix(t.Text, "ть") || strings.HasSuffix(t.Text, "ться") || strings.HasSuffix(t.Text, "ого"):
				ru += 2
			case strings.HasSuffix(t.Text, "ио"): // изгубио: a Serb, whom the Bulgarian answer serves best
				bg += 3
			}
			switch tellTale[t.Text] {
			case "bg":
				bg += tellTaleWorth
			case "ru":
				ru += tellTaleWorth
			case "uk":
				uk += tellTaleWorth
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
