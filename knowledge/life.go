package knowledge

import "time"

// Life says where a guide stands between its first draft and its end. A draft of its next version doesn't change it.
type Life string

// The lives of a guide, in their order.
const (
	Unborn   Life = "new"       // only a draft, never published
	Current  Life = "published" // published, and not past its date
	Renewing Life = "renew"     // published, but to be read again: past its date, or without one
	Retired  Life = "retired"   // its service is gone, and it says where to go now
)

// RenewSoon is how long before its review date an editor is told that a guide is to be renewed.
const RenewSoon = 30 * 24 * time.Hour

// Life says where the guide stands on a day.
func (g Guide) Life(today time.Time) Life { return life(g.Version, g.Status, g.ReviewBy, today) }

func life(version int, status Status, reviewBy, today time.Time) Life {
	switch {
	case version == 0:
		return Unborn
	case status == Closed:
		return Retired
	case reviewBy.IsZero() || reviewBy.Format(time.DateOnly) < today.Format(time.DateOnly): // what is due today is not past
		return Renewing
	}
	return Current
}
