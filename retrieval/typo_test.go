package retrieval

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slipsOfTheHand spoil a word as hands do; ok is false where it can't be spoiled so.
var slipsOfTheHand = []struct {
	name  string
	spoil func(w []rune, at int, r *rand.Rand) (string, bool)
	floor float64 // share that is to be read back; a little under what was measured, because the vocabulary grows
}{
	{"letter missing", func(w []rune, at int, r *rand.Rand) (string, bool) {
		return string(slices.Delete(w, at, at+1)), true
	}, 0.72},
	{"letter doubled", func(w []rune, at int, r *rand.Rand) (string, bool) {
		return string(slices.Insert(w, at, w[at])), true
	}, 0.97},
	{"letters swapped", func(w []rune, at int, r *rand.Rand) (string, bool) {
		if w[at] == w[at-1] {
			return "", false
		}
		w[at], w[at-1] = w[at-1], w[at]
		return string(w), true
	}, 0.95},
	{"neighbouring key", func(w []rune, at int, r *rand.Rand) (string, bool) {
		near := []rune(neighbours(w[at]))
		if len(near) == 0 {
			return "", false
		}
		w[at] = near[r.IntN(len(near))]
		return string(w), true
	}, 0.89},
	{"space inside", func(w []rune, at int, r *rand.Rand) (string, bool) {
		return string(w[:at]) + " " + string(w[at:]), len(w)-at > 1 && at > 1
	}, 0.84},
}

func TestSlipsOfTheHandAreReadBack(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	questions := heldOut(t, spelledInBulgarian)
	for _, slip := range slipsOfTheHand {
		r := rand.New(rand.NewPCG(1, 2))
		var words, right, left float64
		wrong := map[string]int{}
		for _, q := range questions {
			tokens := Tokens(Normalize(q))
			k := r.IntN(len(tokens))
			w := []rune(tokens[k].Text)
			if tokens[k].Script != CyrillicScript || len(w) < 5 || v.words[bulgarian][string(w)] == 0 {
				continue
			}
			spoiled, ok := slip.spoil(slices.Clone(w), 1+r.IntN(len(w)-2), r)
			if !ok || v.knows(spoiled) {
				continue
			}
			words++
			typed := make([]string, len(tokens))
			for i, token := range tokens {
				typed[i] = token.Text
			}
			typed[k] = spoiled
			got := v.Analyze(strings.Join(typed, " "))
			if len(got.Terms) > k && got.Terms[k].Stem == Stem(string(w)) {
				right++
				continue
			}
			if len(got.Terms) > k && got.Terms[k].Word == spoiled {
				left++
			}
			as := ""
			if len(got.Terms) > k {
				as = got.Terms[k].Word
			}
			wrong[fmt.Sprintf("%s→%s→%s", string(w), spoiled, as)]++
		}
		t.Logf("%s: %.0f words, %.3f read back, %.3f left as they were: %s", slip.name, words, right/words, left/words, mostCommon(wrong, 12))
		if right/words < slip.floor {
			t.Errorf("%s: %.3f of the words are read back, %.3f were before", slip.name, right/words, slip.floor)
		}
	}
}

func TestMergedWordsAreParted(t *testing.T) {
	t.Parallel()
	v := vocabularyForTest(t)
	questions := heldOut(t, spelledInBulgarian)
	for n, floor := range map[int]float64{2: 0.58, 3: 0.69} {
		r := rand.New(rand.NewPCG(3, 4))
		var tried, right float64
		wrong := map[string]int{}
		for _, q := range questions {
			tokens := Tokens(Normalize(q))
			if len(tokens) <= n {
				continue
			}
			k := r.IntN(len(tokens) - n)
			meant, merged := make([]string, 0, n), ""
			ok := true
			for _, token := range tokens[k : k+n] {
				ok = ok && token.Script == CyrillicScript && v.words[bulgarian][token.Text] > 1
				meant, merged = append(meant, token.Text), merged+token.Text
			}
			if !ok || v.knows(merged) {
				continue
			}
			tried++
			if got := v.Analyze(merged).words(); got == strings.Join(meant, " ") {
				right++
			} else {
				wrong[strings.Join(meant, " ")+"→"+got]++
			}
		}
		t.Logf("%d words in one: %.0f, %.3f parted: %s", n, tried, right/tried, mostCommon(wrong, 25))
		if right/tried < floor {
			t.Errorf("%d words in one: %.3f are parted, %.3f were before", n, right/tried, floor)
		}
	}
}

// A word that is spelt right is best left alone, even where the vocabulary lacks it: what it was taken for must at least
// be a form of the same word.
func TestRightSpellingIsNotSpoiled(t *testing.T) {
	t.Parallel()
	families := familiesForTest(t)
	v := vocabularyForTest(t)
	forms := map[string][]int{}
	for i, family := range families {
		for _, form := range family {
			forms[form] = append(forms[form], i)
		}
	}
	var unknown, changed, spoiled float64
	seen, wrong := map[string]bool{}, map[string]int{}
	for _, q := range heldOut(t, spelledInBulgarian) {
		for _, token := range Tokens(Normalize(q)) {
			w := token.Text
			if seen[w] || v.knows(w) || len(forms[w]) == 0 {
				continue
			}
			seen[w] = true
			unknown++
			got := v.Analyze(w).words()
			if got == w {
				continue
			}
			changed++
			if Stem(got) == Stem(w) || slices.ContainsFunc(forms[w], func(i int) bool { return slices.Contains(families[i], got) }) {
				continue
			}
			spoiled++
			wrong[w+"→"+got]++
		}
	}
	if spoiled/unknown > 0.13 {
		t.Errorf("%.3f of the right words are taken for others", spoiled/unknown)
	}
	t.Logf("%.0f words are right and unknown: %.3f changed, %.3f to another word: %s", unknown, changed/unknown, spoiled/unknown, mostCommon(wrong, 60))
}

// neighbours are the letters whose keys lie beside that of a letter, on the keyboards of both layouts.
func neighbours(r rune) string { return keyNeighbours[r] }

var keyNeighbours = neighboursOf("уеишщксдзц", "ьяаожгтнвмч", "юйъэфхпрлб", "явертъуиопшщ", "асдфгхйкл", "зьцжбнм")

func neighboursOf(rows ...string) map[rune]string {
	m := map[rune]string{}
	for _, row := range rows {
		letters := []rune(row)
		for i, r := range letters {
			if i > 0 {
				m[r] += string(letters[i-1])
			}
			if i+1 < len(letters) {
				m[r] += string(letters[i+1])
			}
		}
	}
	return m
}
