package knowledge

import (
	"strings"
	"unicode"
)

// token is one word of what a person typed.
type token struct {
	text    string   // small letters
	keys    []string // readings, folded
	dot     bool     // a full stop follows at once: an abbreviation, perhaps
	capital bool     // begins with a capital letter, in a text that isn't all capitals
	first   bool     // begins a sentence, where a capital letter says nothing
	comma   bool     // a comma or a dash stands before it
}

// tokenize splits a text into words.
func tokenize(text string) (tokens []token) {
	const longest = 2000 // letters; nobody writes where they live after that
	const longestWord = 40
	capitals := strings.ToUpper(text) == text
	runes := []rune(text)
	runes = runes[:min(len(runes), longest)]
	first, comma := true, false
	for i := 0; i < len(runes); {
		if !wordRune(runes[i]) {
			first = first || strings.ContainsRune(".!?\n", runes[i])
			comma = comma || strings.ContainsRune(",;:–—", runes[i])
			i++
			continue
		}
		start := i
		for i < len(runes) && wordRune(runes[i]) {
			i++
		}
		word := strings.ToLower(string(runes[start:i]))
		dot := i < len(runes) && runes[i] == '.'
		var keys []string
		if i-start <= longestWord {
			keys = spellings(word)
		}
		tokens = append(tokens, token{
			text: word, keys: keys, dot: dot, first: first, comma: comma, capital: !capitals && unicode.IsUpper(runes[start]),
		})
		first, comma = false, false
		if dot && i-start <= 4 && i+1 < len(runes) { // «гр. Враца»: no end of a sentence
			i++
		}
	}
	return tokens
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' }

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// What people say around a place. These are constants that Go can't write as such.
var (
	kinds = map[string]string{
		"гр": "гр.", "град": "гр.", "gr": "гр.", "grad": "гр.", "town": "гр.", "city": "гр.",
		"с": "с.", "село": "с.", "s": "с.", "selo": "с.", "village": "с.", "ман": "ман.",
	}
	notSettlement = set(`кв квартал квартала кв-л жк ж к ул улица улицата бул булевард пл площад блок бл вх местност м спирка метростанция kv ul bul jk zhk
		васил георги христо хан цар княз княгиня свети св света баба дядо проф акад д-р`)
	locative = set(`в във от до край из към при близо v vav vyv ot do kym kam iz krai near in from around во біля у`)
	living   = set(`живея живеем живеят живее живеете съм сме намирам намираме пребивавам пребивава родом жител жители библиотека библиотеката библиотеки
		читалище читалището идвам местя преместих преместихме настанен настанени близо най-близката най-близкото jiveq jivea zhiveya jiveia jiveem sam sym sme biblioteka bibliotekata
		live living library libraries based am located живу живем живём живемо мешкаю проживаю проживаем`)
	being       = set(`съм сме sam sym sme am`)
	born        = set(`роден родена родени роди родих born родился родилась народився`)
	regionWords = set(`общ община общината обл област областта окръг район obsht obshtina obl oblast region municipality district в във от до край`)
	polite      = set(`моля благодаря здравейте здравей добър добро ден вечер утро ало ами аз съм сме живея живеем библиотека библиотеката в във от za моето нашето
		населено място please hello hi the library biblioteka аз ние тук`)
	verbs = set(`върна`) // «как да се върна» folds like «Варна»
	// everyday are names of towns that are everyday words or somebody's name, and endings of villages that are words.
	everyday = set(`Баня Бяла Септември Роман Белене Левски Раковски Съединение Първомай Елена Лом Батак Завет Рила Искър Средец Твърдица Любимец Приморско Кула
		Девин Борово Люлин Тракия Бояна Охрид Надежда Младост Изток Център Летница Сопот Шабла Априлци Каспичан Правец Ветрен Меричлери Земен Доспат
		ново първо право здраво готово отново наново слово дърво ляво първене четене плащане намерено лечение`)
)
