// Package i18n holds what the bot and the pages say, per language, in <area>.<language>.yaml files beside this one.
// It owns no table. The bot, its channels and the staff site call it; a test holds the languages to the same keys.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed *.yaml
var files embed.FS

// phrases reads the embedded files once; they are part of the program, so a fault in them stops it.
var phrases = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		parts := strings.Split(strings.TrimSuffix(name, ".yaml"), ".")
		if len(parts) != 2 {
			panic("i18n: file name " + name + " is not <area>.<language>.yaml")
		}
		area, language := parts[0], parts[1]
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		var m map[string]string
		if err := yaml.Unmarshal(data, &m); err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", name, err))
		}
		if all[language] == nil {
			all[language] = map[string]string{}
		}
		for k, v := range m {
			all[language][area+"."+k] = strings.TrimSpace(v)
		}
	}
	return all
})

// T says the phrase of a key, «area.name», in a language; where the language lacks it, in Bulgarian, and then in English:
// who lives here and reads neither is likelier to get by in Bulgarian.
// Arguments fill the phrase's verbs as in fmt.Sprintf. An unknown key gives the key itself, which a test forbids.
func T(language, key string, args ...any) string {
	for _, l := range []string{language, "bg", "en"} {
		if p, ok := phrases()[l][key]; ok {
			if len(args) == 0 {
				return p
			}
			return fmt.Sprintf(p, args...)
		}
	}
	return key
}

// N says the phrase key+".one" or key+".many" by number; the number is the first argument.
func N(language, key string, n int, args ...any) string {
	form := ".many"
	if n == 1 {
		form = ".one"
	}
	return T(language, key+form, append([]any{n}, args...)...)
}

// Has reports whether a language itself has the phrase of a key.
func Has(language, key string) bool {
	_, ok := phrases()[language][key]
	return ok
}

// Keys lists the keys that a language has.
func Keys(language string) []string {
	var keys []string
	for k := range phrases()[language] {
		keys = append(keys, k)
	}
	return keys
}
