package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"orientir/bot/i18n"
)

// TestDeskPhrasesExistAndAreSaid holds the phrases of the desk to what its pages say: those put together at run time begin with what the code names.
func TestDeskPhrasesExistAndAreSaid(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	var families []string
	for _, pattern := range []string{"*.html", "*.go", "../*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, m := range regexp.MustCompile(`\.(D|DN)[ (]"([a-z0-9_.-]+)"|"(desk)\.([a-z0-9_.-]+)"|quickKey\{\[\]string\{[^}]*\}, "()([a-z_]+)"`).FindAllStringSubmatch(string(data), -1) {
				switch {
				case m[6] != "":
					said["key_"+m[6]] = true
				case m[1] == "DN":
					said[m[2]+".one"], said[m[2]+".many"] = true, true
				case strings.HasSuffix(m[2]+m[4], "_"):
					families = append(families, m[2]+m[4])
				default:
					said[m[2]+m[4]] = true
				}
			}
			for _, m := range regexp.MustCompile(`\.D \(printf "([a-z_]+)%s"`).FindAllStringSubmatch(string(data), -1) {
				families = append(families, m[1])
			}
		}
	}
	if len(said) < 20 {
		t.Errorf("only %d phrases were found: the search is broken", len(said))
	}
	for key := range said {
		for _, language := range []string{"bg", "en"} {
			if !i18n.Has(language, "desk."+key) {
				t.Errorf("desk.%s is missing in %s", key, language)
			}
		}
	}
	for _, key := range i18n.Keys("bg") {
		name, ours := strings.CutPrefix(key, "desk.")
		if !ours || said[name] {
			continue
		}
		family := false
		for _, f := range families {
			family = family || strings.HasPrefix(name, f)
		}
		if !family {
			t.Errorf("desk.%s is said nowhere", name)
		}
	}
}
