package webchat

import (
	"html/template"
	"slices"
	"testing"
)

func TestSpoken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []template.HTML
	}{
		"words stay words":           {"Здравейте <b>!", []template.HTML{"Здравейте &lt;b&gt;!"}},
		"the emergency number":       {"Обадете се на 112.\n112 е безплатен.", []template.HTML{`Обадете се на <a href="tel:112">112</a>.`, `<a href="tel:112">112</a> е безплатен.`}},
		"helplines":                  {"телефон 0800 1 86 76 и 116 111", []template.HTML{`телефон <a href="tel:080018676">0800 1 86 76</a> и <a href="tel:116111">116 111</a>`}},
		"part of a longer number":    {"тел. 0700 112 55, № 1120", []template.HTML{"тел. 0700 112 55, № 1120"}},
		"an official address":        {"Вижте https://cs.mjs.bg/a?b=1&c=2.", []template.HTML{`Вижте <a href="https://cs.mjs.bg/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">https://cs.mjs.bg/a?b=1&amp;c=2</a>.`}},
		"another address":            {"https://evil.example и https://mjs.bg.evil.example", []template.HTML{"https://evil.example и https://mjs.bg.evil.example"}},
		"an address that breaks out": {`https://cs.mjs.bg/'onmouseover='x`, []template.HTML{`<a href="https://cs.mjs.bg/&#39;onmouseover=&#39;x" target="_blank" rel="noopener noreferrer">https://cs.mjs.bg/&#39;onmouseover=&#39;x</a>`}},
		"a page of our own":          {"http://orientir.example:8080/guides/id-card", []template.HTML{`<a href="http://orientir.example:8080/guides/id-card" target="_blank" rel="noopener noreferrer">http://orientir.example:8080/guides/id-card</a>`}},
		"not quite our own":          {"http://orientir.example:8080.evil.example/", []template.HTML{"http://orientir.example:8080.evil.example/"}},
		"nothing":                    {" \n ", nil},
		"a number inside an address": {"https://evil.example/112", []template.HTML{"https://evil.example/112"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := spoken(test.text, []string{"mjs.bg"}, "http://orientir.example:8080"); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
