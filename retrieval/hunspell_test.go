package retrieval

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hunspellFiles is where Debian's hunspell-bg (`deploy/setup test` installs it) keeps the Bulgarian word list. Tests only
// measure with it.
const hunspellFiles = "/usr/share/hunspell/bg_BG"

// wordFamilies are the forms of each Bulgarian word that hunspell-bg knows: «документ, документа, документи…».
var wordFamilies = sync.OnceValues(func() ([][]string, error) {
	affixes, err := os.Open(hunspellFiles + ".aff")
	if err != nil {
		return nil, err
	}
	defer affixes.Close()
	words, err := os.Open(hunspellFiles + ".dic")
	if err != nil {
		return nil, err
	}
	defer words.Close()
	return expand(affixes, words)
})

func familiesForTest(t testing.TB) [][]string {
	t.Helper()
	families, err := wordFamilies()
	if os.IsNotExist(err) {
		t.Skip("hunspell-bg is not installed (deploy/setup test)")
	}
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// suffix is a rule of an affix file: strip one ending, add another.
type suffix struct{ strip, add string }

// expand reads a hunspell dictionary that has suffixes without conditions alone, as the Bulgarian one, and gives the
// lower-case forms of each word. Names, abbreviations and words with hyphens are left out.
func expand(affixes, words io.Reader) ([][]string, error) {
	rules := map[rune][]suffix{}
	for lines := bufio.NewScanner(affixes); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) == 5 && f[0] == "PFX" || len(f) == 5 && f[0] == "SFX" && f[4] != "." {
			return nil, fmt.Errorf("rule %q is none that this reader knows", lines.Text())
		}
		if len(f) != 5 || f[0] != "SFX" {
			continue
		}
		flag := []rune(f[1])[0]
		rules[flag] = append(rules[flag], suffix{strings.Trim(f[2], "0"), strings.Trim(f[3], "0")})
	}
	var families [][]string
	lines := bufio.NewScanner(words)
	for lines.Scan() {
		word, flags, _ := strings.Cut(strings.TrimSpace(lines.Text()), "/")
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r < 'а' || r > 'я' }) {
			continue
		}
		family := []string{word}
		for _, flag := range flags {
			for _, s := range rules[flag] {
				if stem, ok := strings.CutSuffix(word, s.strip); ok {
					family = append(family, stem+s.add)
				}
			}
		}
		slices.Sort(family)
		families = append(families, slices.Compact(family))
	}
	return families, lines.Err()
}

func TestExpandReadsHunspell(t *testing.T) {
	t.Parallel()
	affixes := "SET UTF-8\nSFX A Y 2\nSFX A 0 а .\nSFX A ен на .\n"
	families, err := expand(strings.NewReader(affixes), strings.NewReader("3\nболен/A\nАда/A\nи\n"))
	if err != nil || len(families) != 2 || !slices.Equal(families[0], []string{"болен", "болена", "болна"}) || !slices.Equal(families[1], []string{"и"}) {
		t.Errorf("%q, %v", families, err)
	}
	if _, err := expand(strings.NewReader("SFX A Y 1\nSFX A 0 а к\n"), strings.NewReader("")); err == nil {
		t.Error("a rule with a condition is read as if it had none")
	}
}
