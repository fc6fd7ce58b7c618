package webchat

import (
	"testing"

	"orientir/bot"
)

func TestLibraryInAnotherLanguageThanThePageSpeaksOneLanguage(t *testing.T) {
	t.Parallel()
	page := voice{site: &site{}, chosen: "bg"}
	b := page.body(&bot.Body{Language: "en", HelpPoints: []bot.HelpPointCard{{Name: "Библиотека", Phone: "092 621163"}}}, 1, nil)
	if got := b.HelpPoints[0].Calls[0].Label; got != "Call 092 621163" {
		t.Errorf("in an English message the button says %q", got)
	}
}

func TestCardInAnotherLanguageThanThePageSpeaksOneLanguage(t *testing.T) {
	t.Parallel()
	page := voice{site: &site{}, chosen: "bg"}
	c := page.messageCard(&bot.Card{Slug: "criminal-record", Language: "en", Link: "https://cs.mjs.bg", Source: "https://cs.mjs.bg"}, 1)
	if got := c.Sources[0].Dates; got != "not yet confirmed by an editor" {
		t.Errorf("under an English card the source is %q", got)
	}
	if c.Page != "/guides/criminal-record?lang=en" {
		t.Errorf("an English card leads to %s", c.Page)
	}
}
