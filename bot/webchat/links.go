package webchat

import (
	"context"
	"html/template"
	"regexp"
	"strings"

	"orientir/bot"
	"orientir/knowledge"
)

// pressable are the words of a message that one may press: the emergency number and the free helplines, and addresses of web pages.
var pressable = regexp.MustCompile(`\b112\b|\b116 ?[0-9]{3}\b|\b0800(?: ?[0-9]){5}\b|https?://[^\s<>"„“”«»]+`)

// spoken makes paragraphs of what we say: 112 and helplines can be dialled, and addresses on official hosts and of our own pages, which
// begin with home, can be opened. Other addresses stay words, because the chat leads to no other site.
func spoken(text string, hosts []string, home string) []template.HTML {
	var out []template.HTML
	for _, paragraph := range paragraphs(text) {
		var html strings.Builder
		rest := 0
		for _, at := range pressable.FindAllStringIndex(paragraph, -1) {
			word := strings.TrimRight(paragraph[at[0]:at[1]], ".,;:!?)")
			link := `<a href="` + tel(word) + `">`
			switch {
			case strings.HasPrefix(word, "http"):
				if !knowledge.LinkAllowed(word, hosts) && !(home != "" && strings.HasPrefix(word, home+"/")) {
					continue
				}
				link = `<a href="` + template.HTMLEscapeString(word) + `" target="_blank" rel="noopener noreferrer">`
			case endsInDigit(paragraph[:at[0]]) || startsWithDigit(paragraph[at[1]:]):
				continue // part of a longer number
			}
			html.WriteString(template.HTMLEscapeString(paragraph[rest:at[0]]) + link + template.HTMLEscapeString(word) + `</a>`)
			rest = at[0] + len(word)
		}
		html.WriteString(template.HTMLEscapeString(paragraph[rest:]))
		out = append(out, template.HTML(html.String()))
	}
	return out
}

func endsInDigit(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9'
}

func startsWithDigit(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// hosts are the official hosts, where a message of ours holds an address; nil otherwise.
func (s *site) hosts(ctx context.Context, m bot.Message) ([]string, error) {
	if m.From == bot.Person || m.Body == nil || !strings.Contains(m.Body.Text, "https://") {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return s.store.AllowedHosts(ctx)
}
