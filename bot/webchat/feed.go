package webchat

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	ics "github.com/arran4/golang-ical"

	"orientir/bot"
)

// feedKept is how long a training that is over stays in the feed.
const feedKept = 30 * 24 * time.Hour

// trainingsFeed answers GET /libraries/{id}/trainings.ics: a library's trainings for anybody's calendar (RFC 5545). It says nothing of
// who signed up. A cancelled training stays, marked as such, so that calendars strike it out.
func (s *site) trainingsFeed(w http.ResponseWriter, r *http.Request) error {
	h, ok, err := s.store.HelpPoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	list, err := s.store.TrainingsAt(r.Context(), h.ID, s.Now().Add(-feedKept))
	if err != nil {
		return err
	}
	l := s.layout(r, "/libraries/"+h.ID, h.Name)
	home := s.absolute(r, "/libraries/"+h.ID)
	host := "orientir"
	if u, err := url.Parse(home); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	calendar := ics.NewCalendarFor("Orientir")
	calendar.SetMethod(ics.MethodPublish)
	name := l.T("library.feed_name", h.Name)
	calendar.SetName(name)
	calendar.SetXWRCalName(name)
	calendar.SetXWRTimezone("Europe/Sofia")
	calendar.SetRefreshInterval("PT6H", ics.WithValue("DURATION"))
	for _, t := range list {
		e := calendar.AddEvent(fmt.Sprintf("training-%d@%s", t.Number, host))
		e.SetDtStampTime(t.ChangedAt)
		e.SetLastModifiedAt(t.ChangedAt)
		e.SetSequence(t.Version - 1)
		e.SetStartAt(t.StartsAt)
		if t.Minutes != nil {
			e.SetEndAt(t.EndsAt())
		}
		e.SetSummary(t.Topic)
		if t.Description != "" {
			e.SetDescription(t.Description)
		}
		e.SetLocation(bot.TrainingPlace(t, h, l.Lang()))
		if h.Position != nil {
			e.SetProperty(ics.ComponentPropertyGeo, fmt.Sprintf("%.5f;%.5f", h.Position.Lat, h.Position.Lon))
		}
		e.SetURL(home)
		e.SetStatus(ics.ObjectStatusConfirmed)
		if t.Cancelled() {
			e.SetStatus(ics.ObjectStatusCancelled)
		}
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=900")
	w.Header().Set("Content-Disposition", `inline; filename="`+h.ID+`.ics"`)
	_, err = w.Write([]byte(calendar.Serialize(ics.WithNewLineWindows)))
	if err != nil {
		return fmt.Errorf("write the trainings of %q: %w", h.ID, err)
	}
	return nil
}
