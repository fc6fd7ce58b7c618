package bot

import (
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
	"orientir/retrieval"
)

// NewCard is a guide as a message carries it, in a person's language or else in Bulgarian. It begins with what was asked for.
func NewCard(g knowledge.Guide, language string, asked retrieval.Field) Card {
	t, in := g.In(knowledge.Language(language))
	c := Card{
		Slug: g.Slug, Version: g.Version, Link: g.Link, Identification: g.Identification,
		Text: t, Language: string(in), Closed: g.Status == knowledge.Closed, Asked: asked, Lead: newLead(g, t, string(in), asked),
	}
	if len(g.Sources) > 0 {
		s := g.Sources[0]
		c.Source, c.SourceTitle = s.URL, s.Title
		if !s.Seen.IsZero() {
			c.Seen = s.Seen.Format(time.DateOnly)
		}
	}
	if checked, ok := g.Checked(); ok {
		c.Checked = checked.Format(time.DateOnly)
	}
	return c
}

// NewShownCard is NewCard of a guide as it may be shown now (see knowledge.Store.Shown).
func NewShownCard(g knowledge.Guide, age knowledge.Age, language string, asked retrieval.Field) Card {
	if age == knowledge.Expired {
		asked = ""
	}
	c := NewCard(g, language, asked)
	c.Warning, c.Expired = retrieval.Warning(g, age, knowledge.Language(language)), age == knowledge.Expired
	return c
}

// NewDoor is a guide's own site in a municipality as a message carries it; nil where there is none.
func NewDoor(l *knowledge.Local, language string) *Door {
	if l == nil {
		return nil
	}
	name := l.Name()
	switch {
	case name == "Столична": // nobody calls their town so
		name = "София (Столична)"
		if language != "bg" {
			name = "Sofia (Stolichna)"
		}
	case language != "bg":
		name = Latin(name)
	}
	in := knowledge.Language(language)
	return &Door{Municipality: name, Link: l.Link, Contact: l.Contact, Office: l.Office, Fee: l.FeeIn(in), Note: l.In(in)}
}

// Lines are a door's words, its title first.
func (d Door) Lines(language string) []string {
	lines := []string{i18n.T(language, "bot.local_door", d.Municipality)}
	for _, l := range []string{d.Link, d.Contact, labelled(language, "sources.local_office", d.Office), labelled(language, "sources.local_fee", d.Fee), d.Note} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// labelled puts words in a phrase; "" stays so.
func labelled(language, key, words string) string {
	if words == "" {
		return ""
	}
	return i18n.T(language, key, words)
}

// NewHelpPointCard is a help point as a message carries it. now is read in Europe/Sofia and decides the words on opening.
func NewHelpPointCard(n knowledge.Nearby, now time.Time, language string) HelpPointCard {
	c := HelpPointCard{
		ID: n.ID, Name: n.Name, Place: PlaceWords(n.Place, language), Address: n.Address, Phone: n.Phone(), Site: n.Site,
		Open: n.OpenNow, Hours: OpeningWords(n, now, language), Phones: n.Phones, Street: n.Accuracy == knowledge.Street,
		Away: AwayWords(n, language), Note: NoteWords(n, now, language), Offers: OfferWords(n.HelpPoint, language),
	}
	if n.Position != nil {
		lat, lon := n.Position.Lat, n.Position.Lon
		c.Lat, c.Lon = &lat, &lon
	}
	return c
}
