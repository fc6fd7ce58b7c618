package webchat

import (
	"fmt"
	"io"
	"io/fs"
	"time"

	"orientir/bot"
)

// Preview draws a message as the chat's page does, for the staff who write what it says. Its styles are served by the site under /static/.
type Preview struct{ site *site }

// NewPreview fails only where the program itself is broken.
func NewPreview() (*Preview, error) {
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("draw previews: %w", err)
	}
	s := &site{Options: Options{Now: time.Now}}
	if s.assets, err = LoadAssets(static, "/static/"); err != nil {
		return nil, fmt.Errorf("draw previews: %w", err)
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, fmt.Errorf("draw previews: %w", err)
	}
	if s.zone, err = time.LoadLocation("Europe/Sofia"); err != nil {
		return nil, fmt.Errorf("draw previews: %w", err)
	}
	return &Preview{s}, nil
}

// Page writes a page with the message alone, in the language of its body: bg or en.
func (p *Preview) Page(w io.Writer, title string, m bot.Message) error {
	v := voice{site: p.site, chosen: "bg"}
	if m.Body != nil {
		v.chosen = knownLanguage(m.Body.Language)
	}
	view, _ := v.message(m, nil)
	page := struct {
		layout
		Message messageView
	}{layout{voice: v, Title: title, SkipTo: "content", Hidden: true, Styles: []string{"chat.css", "message.css", "card.css"}}, view}
	if err := p.site.pages["preview"].ExecuteTemplate(w, "page", page); err != nil {
		return fmt.Errorf("draw a preview: %w", err)
	}
	return nil
}
