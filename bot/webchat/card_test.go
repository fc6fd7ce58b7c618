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

func TestPhoneIsDialledWhole(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"092 621163": "tel:092621163", "0910/93017": "tel:091093017", "03145/2209; 03145/3376": "tel:031452209", "0724/824-22": "tel:072482422",
		"02 9882811/9883131": "tel:029882811", "0888123456, 0899123456": "tel:0888123456", "+359 910/93017": "tel:+35991093017", "няма": "", "": "",
	} {
		if got := tel(words); got != want {
			t.Errorf("%q dials %q, want %q", words, got, want)
		}
	}
}
