package bot

import "strings"

// Plain is the message in plain paragraphs, without buttons: what the desk shows in a line and what is searched.
func (b Body) Plain() string {
	var parts []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(b.Title)
	add(b.Text)
	if g := b.Guide; g != nil {
		add(g.Text.Title)
		add(g.Only)
		add(g.Warning)
		if g.Lead != nil {
			add(g.Lead.Title + ": " + strings.Join(g.Lead.Lines, "; "))
		}
		if g.Local != nil {
			add(strings.Join(g.Local.Lines(g.Language), ", "))
		}
		add(g.Text.Summary)
		add(g.Link)
	}
	for _, c := range b.Choices {
		add("– " + c.Label)
	}
	add(b.NearTitle)
	for _, h := range b.HelpPoints {
		var words []string
		for _, w := range []string{h.Name, h.Place, h.Address, h.Phone, h.Hours, h.Note} {
			if w != "" {
				words = append(words, strings.TrimSuffix(w, "."))
			}
		}
		add(strings.Join(words, ", "))
	}
	return strings.Join(parts, "\n")
}
