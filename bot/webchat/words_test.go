package webchat

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"orientir/bot/i18n"
)

// TestEveryPhraseIsThereAndUsed holds the words to what templates and handlers say: no key without words, no words without use.
func TestEveryPhraseIsThereAndUsed(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, files := range []fs.FS{templateFiles, os.DirFS(".")} {
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
				return err
			}
			data, err := fs.ReadFile(files, path)
			source.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text := source.String()
	for _, language := range []string{"bg", "en"} {
		keys := i18n.Keys(language)
		for _, m := range regexp.MustCompile(`"(web\.[a-z0-9_]*[a-z0-9])"`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(keys, m[1]) && !slices.Contains(keys, m[1]+".one") {
				t.Errorf("%s lacks %s", language, m[1])
			}
		}
		// Keys that are put together: "web.example_" + n, "web.error_" + status + "_title", words of the script.
		composed := regexp.MustCompile(`^(example_\d|error_\d+_title|(seconds|minutes)\.(one|many))$`)
		for _, key := range keys {
			name, ours := strings.CutPrefix(key, "web.")
			if ours && !composed.MatchString(name) && !strings.Contains(text, `"`+key+`"`) && !strings.Contains(text, `"`+name+`"`) {
				t.Errorf("%s has %s, which nothing says", language, key)
			}
		}
	}
}
