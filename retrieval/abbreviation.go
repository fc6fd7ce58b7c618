package retrieval

import (
	"strings"
	"unicode/utf8"
)

// Abbreviations as people and forms write them, and the words that they stand for. In either script: who types Latin
// abbreviates too.
var (
	// beforeNumber are the ones of things that are counted: «чл. 62», «обр.7».
	beforeNumber = pairsOf(`
чл член, член член, chl член, 4l член, cl член, chlen член, 4len член, ал алинея, al алинея, алинея алинея, т точка, пар параграф,
обр образец, образец образец, obr образец, obrazec образец, obrazets образец, прил приложение, приложение приложение,
pril приложение, prilojenie приложение, prilozhenie приложение, разд раздел, раздел раздел`)
	// afterNumber are the ones of measures: «65 г.», «100лв».
	afterNumber = pairsOf(`г години, g години, год години, god години, мес месеца, mes месеца, лв лева, lv лева, ч часа, мин минути, хил хиляди, бр броя, км километра, km километра`)
	// beforePoint are words cut short that mean one thing only where a point follows.
	beforePoint = pairsOf(`тел телефон, общ община, обл област, удост удостоверение, свид свидетелство, заявл заявление, декл декларация, док документ, докум документи, рег регистрация, бълг български`)
	// contracted are words written by their ends.
	contracted = pairsOf(`д-р доктор, г-н господин, г-жа госпожа, св-во свидетелство, свид-во свидетелство, д-во дружество, др-во дружество, у-ние удостоверение,
уд-ние удостоверение, уд-е удостоверение, удост-е удостоверение, уд-ия удостоверения, м-во министерство, у-ще училище, гр-во гражданство, гр-н гражданин, з-ние заявление,
d-r доктор, д-я декларация, д-ция декларация, р-ция регистрация, м-ц месец, ц-р център`)
)

func pairsOf(list string) map[string]string {
	m := map[string]string{}
	for item := range strings.SplitSeq(list, ",") {
		short, whole, _ := strings.Cut(strings.TrimSpace(item), " ")
		m[short] = whole
	}
	return m
}

// spellOut gives abbreviations, initials and codes one form: «чл.» is член, «М.П.С.» is мпс, «д-6» is д6. The tokens are
// those of s.
func spellOut(s string, tokens []Token) []Token {
	kept := make([]Token, 0, len(tokens)+1)
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		// initials first, because their points would cut them into letters
		if last := initials(s, tokens[i:]); last > 0 {
			for _, more := range tokens[i+1 : i+last+1] {
				t.Text += more.Text
			}
			t.end = tokens[i+last].end
			kept = append(kept, t)
			i += last
			continue
		}
		if letters := strings.TrimRight(t.Text, "0123456789"); t.Script == LatinScript && letters != t.Text && beforeNumber[letters] != "" { // obr7, chl50
			kept = append(kept, Token{beforeNumber[letters], CyrillicScript, t.at, t.at + len(letters)})
			tokens[i] = Token{t.Text[len(letters):], Number, t.at + len(letters), t.end}
			i--
			continue
		}
		next := Token{}
		gap := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
			gap = s[t.end:next.at]
		}
		switch {
		case hyphen(gap) && contracted[t.Text+"-"+next.Text] != "":
			t.Text, t.end, t.Script = contracted[t.Text+"-"+next.Text], next.end, CyrillicScript
			i++
		case next.Script == Number && len(gap) < 5 && beforeNumber[t.Text] != "" && !strings.ContainsAny(gap, ",;:!?"):
			t.Text, t.Script = beforeNumber[t.Text], CyrillicScript
		case next.Script == Number && (gap == "" || hyphen(gap)) && codeLike(t, next):
			t.Text, t.end = t.Text+next.Text, next.end
			i++
		case t.Script == Number && len(kept) > 0 && kept[len(kept)-1].Text == "член" && gap == "" && utf8.RuneCountInString(next.Text) == 1:
			t.Text, t.end = t.Text+cyrillicLetter(next.Text), next.end // чл. 97а
			i++
		case len(kept) > 0 && kept[len(kept)-1].Script == Number && afterNumber[t.Text] != "" && t.at-kept[len(kept)-1].end < 2:
			t.Text, t.Script = afterNumber[t.Text], CyrillicScript
		case t.end < len(s) && s[t.end] == '.' && beforePoint[t.Text] != "":
			t.Text = beforePoint[t.Text]
		}
		kept = append(kept, t)
	}
	return kept
}

// initials tells how many more tokens belong to the first: single letters of one script with nothing but points between.
func initials(s string, tokens []Token) int {
	last := 0
	for k, t := range tokens {
		if t.Script != tokens[0].Script || t.Script == Number || utf8.RuneCountInString(t.Text) != 1 {
			break
		}
		if k > 0 && s[tokens[k-1].end:t.at] != "." {
			break
		}
		last = k
	}
	if last > 0 && (tokens[last].end == len(s) || s[tokens[last].end] != '.') && last < 2 {
		return 0 // «и.о» may be anything; «т.е.» and «м.п.с» are initials
	}
	return last
}

func hyphen(s string) bool { return s == "-" || s == "‐" || s == "–" }

// codeLike tells letters and a number that are one name: Д6, УП-2, E112. Ordinary small words before a number are none.
func codeLike(t, number Token) bool {
	return t.Script != Number && utf8.RuneCountInString(t.Text) <= 3 && len(number.Text) <= 3 && !stopWords[t.Text] && !strings.ContainsAny(t.Text, "0123456789")
}

// isCode tells a token of letters and a number.
func isCode(word string) bool {
	letters := strings.TrimRight(word, "0123456789")
	return letters != "" && len(letters) < len(word) && !strings.ContainsAny(letters, "0123456789") && utf8.RuneCountInString(letters) <= 3
}

// cyrillicLetter writes the Latin letter of a paragraph as the law does.
func cyrillicLetter(s string) string {
	switch s {
	case "a":
		return "а"
	case "b":
		return "б"
	case "v", "w":
		return "в"
	}
	return s
}
