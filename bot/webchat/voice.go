package webchat

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"orientir/bot/i18n"
)

// languages of the pages. A Turkish speaker gets a greeting, 112, the nearest library and a human; the rest is English.
var languages = []struct{ code, name, short string }{
	{"bg", "Български", "БГ"},
	{"en", "English", "EN"},
	{"tr", "Türkçe", "TR"},
}

// chosenLanguage is the one that a page's address asks for; Bulgarian where it asks for none, whatever the browser prefers:
// the computers of many Bulgarians, and of their libraries, are set to English.
func chosenLanguage(r *http.Request) string { return knownLanguage(r.FormValue("lang")) }

func knownLanguage(code string) string {
	for _, l := range languages {
		if l.code == code {
			return code
		}
	}
	return "bg"
}

// acceptedLanguage is the one that a caller of the API reads: English where Accept-Language names it first.
func acceptedLanguage(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "bg"
}

// voice is how a page speaks: each page and each part of one carries it.
type voice struct {
	site      *site
	chosen    string // bg | en | tr
	Embedded  bool
	FormToken string // the conversation's token in forms, as long as we don't know that the browser keeps our cookie
}

// Lang is the language of a page's own words.
func (v voice) Lang() string {
	if v.chosen == "tr" {
		return "en"
	}
	return v.chosen
}

// T says a phrase.
func (v voice) T(key string, args ...any) string { return i18n.T(v.Lang(), key, args...) }

// N says a phrase by number.
func (v voice) N(key string, n int) string { return i18n.N(v.Lang(), key, n) }

// Asset is the address of a static file.
func (v voice) Asset(name string) string { return v.site.assets.Address(name) }

// Href is a page's address in the chosen language.
func (v voice) Href(path string) string {
	if v.chosen == "bg" {
		return path
	}
	return path + "?lang=" + v.chosen
}

// Action is where a form of the chat goes without scripts.
func (v voice) Action() string { return v.Href("/") }

// tel is the address that a phone dials; "" where the words hold no number. Of several numbers it is the first. A stroke after
// a few digits parts the area from the number, «0910/93017»; after a whole number it begins another.
func tel(phone string) string {
	var number strings.Builder
	for _, r := range strings.TrimSpace(phone) {
		if r == ',' || r == ';' || r == '/' && number.Len() > longestArea {
			if number.Len() > 0 {
				break
			}
			continue
		}
		if r >= '0' && r <= '9' || r == '+' && number.Len() == 0 {
			number.WriteRune(r)
		}
	}
	if number.Len() < 3 {
		return ""
	}
	return "tel:" + number.String()
}

// longestArea is how many digits may stand before the stroke that parts an area code from a number: «+359910/93017».
const longestArea = 8

// host is the name of the site that an address leads to.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// paragraphs splits text at its line ends.
func paragraphs(text string) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// linked says a phrase of ours that holds links; its arguments are addresses of ours.
func linked(phrase string, addresses ...string) template.HTML {
	args := make([]any, len(addresses))
	for i, a := range addresses {
		args[i] = template.HTMLEscapeString(a)
	}
	return template.HTML(fmt.Sprintf(phrase, args...))
}
