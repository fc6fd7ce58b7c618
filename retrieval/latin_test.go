package retrieval

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// latinPairs reads testdata/latin.tsv: what a hand typed in Latin letters, and the Bulgarian that was meant.
func latinPairs(t testing.TB) [][2]string {
	f, err := os.Open("testdata/latin.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var pairs [][2]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		typed, meant, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("line %q is not «typed, meant»", lines.Text())
		}
		pairs = append(pairs, [2]string{typed, meant})
	}
	return pairs[1:]
}

func TestLatinTypingByHand(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	right, pairs := 0, latinPairs(t)
	var missed []string
	for _, pair := range pairs {
		if got := v.Analyze(pair[0]).words(); got == pair[1] {
			right++
		} else {
			missed = append(missed, fmt.Sprintf("%s: %s, not %s", pair[0], pair[1], got))
		}
	}
	share := float64(right) / float64(len(pairs))
	t.Logf("%d of %d right (%.3f); not: %s", right, len(pairs), share, strings.Join(missed, "; "))
	if share < 0.96 {
		t.Errorf("%.3f of the pairs are understood", share)
	}
}

// latinHabits are how writers of Latin Bulgarian write a letter; each keeps to one habit.
var latinHabits = map[rune][]string{
	'а': {"a"}, 'б': {"b"}, 'в': {"v", "v", "w"}, 'г': {"g"}, 'д': {"d"}, 'е': {"e"}, 'ж': {"j", "zh", "v", "x"}, 'з': {"z"}, 'и': {"i"},
	'й': {"i", "j", "y"}, 'к': {"k"}, 'л': {"l"}, 'м': {"m"}, 'н': {"n"}, 'о': {"o"}, 'п': {"p"}, 'р': {"r"}, 'с': {"s"}, 'т': {"t"},
	'у': {"u"}, 'ф': {"f"}, 'х': {"h", "h", "x"}, 'ц': {"c", "ts"}, 'ч': {"4", "ch", "4"}, 'ш': {"6", "sh", "6"}, 'щ': {"6t", "sht", "st"},
	'ъ': {"y", "u", "a"}, 'ь': {"i", "y", ""}, 'ю': {"iu", "yu", "ju"}, 'я': {"q", "ia", "ya", "ja"},
}

// inLatin writes a text as one writer would.
func inLatin(text string, writer *rand.Rand) string {
	habits := map[rune]string{}
	for r := 'а'; r <= 'я'; r++ {
		if list := latinHabits[r]; len(list) > 0 {
			habits[r] = list[writer.IntN(len(list))]
		}
	}
	if habits['ж'] == habits['в'] || habits['ж'] == habits['х'] {
		habits['ж'] = "j"
	}
	var b strings.Builder
	for _, r := range text {
		if s, ok := habits[r]; ok {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// heldOut are the held-out questions that keep wants.
func heldOut(t testing.TB, keep func(evalRow) bool) []string {
	f, err := os.Open("testdata/heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := readQuestions(f)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, r := range rows {
		if keep(r) {
			list = append(list, r.question)
		}
	}
	return list
}

func spelledInBulgarian(r evalRow) bool {
	return r.language == "bg" && (r.kind == "plain" || r.kind == "story" || r.kind == "terse")
}

func TestLatinTypingOfQuestions(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	var words, right, known, rightKnown, stems float64
	wrong := map[string]int{}
	for i, question := range heldOut(t, spelledInBulgarian) {
		meant := Tokens(Normalize(question))
		for writer := range 3 {
			typed := inLatin(Normalize(question), rand.New(rand.NewPCG(uint64(i), uint64(writer))))
			gotWords, gotStems := map[string]bool{}, map[string]bool{}
			for _, term := range v.Analyze(typed).Terms {
				gotWords[term.Word], gotStems[term.Stem] = true, true
			}
			for _, m := range meant {
				if m.Script != CyrillicScript {
					continue
				}
				words++
				isKnown := v.words[bulgarian][m.Text] > 0
				if isKnown {
					known++
				}
				if gotWords[m.Text] {
					right++
					if isKnown {
						rightKnown++
					}
				} else if isKnown {
					wrong[m.Text]++
				}
				if gotStems[Stem(m.Text)] {
					stems++
				}
			}
		}
	}
	t.Logf("of %.0f words %.4f are read back as they were (%.4f of the known ones), %.4f to the same stem", words, right/words, rightKnown/known, stems/words)
	t.Log("not read back: " + mostCommon(wrong, 40))
	if right/words < 0.96 || rightKnown/known < 0.99 {
		t.Errorf("only %.4f of the words are read back, %.4f of the known ones", right/words, rightKnown/known)
	}
}

func mostCommon(counts map[string]int, n int) string {
	var list []string
	for w := range counts {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	var b strings.Builder
	for _, w := range list[:min(n, len(list))] {
		fmt.Fprintf(&b, "%s %d, ", w, counts[w])
	}
	return b.String()
}
