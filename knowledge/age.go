package knowledge

import (
	"slices"
	"time"
)

// Age says how far a published guide can still be relied on.
type Age string

// The ages. A guide whose service is gone never expires: where to go now stays right.
const (
	Fresh   Age = ""        // within its review date
	Due     Age = "due"     // past it: it answers with a warning
	Expired Age = "expired" // past it for longer than the editors' rules allow: it only points at its source
)

// Age says how old the guide is on a day, where it is good for grace after its review date.
func (g Guide) Age(today time.Time, grace time.Duration) Age {
	if g.ReviewBy.IsZero() {
		return Fresh
	}
	day := today.Format(time.DateOnly)
	switch {
	case g.ReviewBy.Format(time.DateOnly) >= day: // what is due today is not past
		return Fresh
	case g.Status == Closed || g.ReviewBy.Add(grace).Format(time.DateOnly) >= day:
		return Due
	}
	return Expired
}

// Pointer is the guide with nothing left that may have become wrong: its names, whose it is, its official address and its sources.
func (g Guide) Pointer() Guide {
	texts := map[Language]Text{}
	for l, t := range g.Text {
		texts[l] = Text{Title: t.Title, Authority: t.Authority, Names: t.Names, Formerly: t.Formerly}
	}
	return Guide{
		Slug: g.Slug, Audience: g.Audience, Status: g.Status, Version: g.Version, TitleEnglish: g.TitleEnglish, Link: g.Link, Municipality: g.Municipality,
		Sources: slices.Clone(g.Sources), ReviewBy: g.ReviewBy, PublishedAt: g.PublishedAt, PublishedBy: g.PublishedBy, Text: texts,
	}
}
