package webchat

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"orientir/bot"
	"orientir/knowledge"
)

// libraryPage is the public page of a help point.
type libraryPage struct {
	layout
	Card      bot.HelpPointCard
	Library   knowledge.HelpPoint
	Map       string // address of a map; "" where only the settlement is known
	Week      []bot.WeekLine
	Days      []dayOff
	Offers    []string
	Languages string
	Trainings []trainingLine
	Confirmed string // when somebody there said that all of it is right, in words
	Feed      string // path of the trainings as iCalendar
}

// dayOff is a closure or other hours, in words.
type dayOff struct{ Dates, Hours, Reason string }

// trainingLine is a training to come, in words.
type trainingLine struct {
	Topic, Description, When, Room, Left string
	Join                                 string // the button's action; "" where there is no place left
	EventID                              string // of the form that leads into the chat
}

// library answers GET /libraries/{id}: when it is open, how to find it, what it teaches. The chat's help points lead here.
func (s *site) library(w http.ResponseWriter, r *http.Request) error {
	h, ok, err := s.store.HelpPoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	now := s.Now().In(s.zone)
	l := s.layout(r, "/libraries/"+h.ID, h.Name)
	l.Styles = []string{"card.css", "library.css"}
	l.public(r)
	card := bot.NewHelpPointCard(h.Seen(now), now, l.Lang())
	l.Description = card.Name + ", " + card.Place
	page := libraryPage{
		layout: l, Card: card, Library: h, Week: bot.WeekWords(h.Hours, l.Lang()), Feed: "/libraries/" + h.ID + "/trainings.ics",
	}
	if h.Position != nil {
		page.Map = fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.5f&mlon=%.5f#map=17/%.5f/%.5f", h.Position.Lat, h.Position.Lon, h.Position.Lat, h.Position.Lon)
	}
	for _, e := range bot.ExceptionsToCome(h.Hours, now) {
		page.Days = append(page.Days, dayOff{bot.ExceptionWords(e, l.Lang()), bot.SpanWords(e.Spans, l.Lang()), e.Reason})
	}
	for _, o := range h.Offers {
		page.Offers = append(page.Offers, bot.OfferName(o, l.Lang()))
	}
	var languages []string
	for _, language := range h.Languages {
		languages = append(languages, bot.LanguageName(language, l.Lang()))
	}
	page.Languages = strings.Join(languages, ", ")
	if !h.ConfirmedAt.IsZero() {
		page.Confirmed = bot.DateWords(h.ConfirmedAt.In(s.zone), l.Lang())
	}
	if page.Trainings, err = s.trainingLines(r, h, now, l.Lang()); err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "library", page)
}

// OpenNow says whether it is open; unknown is not.
func (p libraryPage) OpenNow() bool { return p.Card.Open != nil && *p.Card.Open }

// Tel is the address that a phone dials.
func (libraryPage) Tel(phone string) template.URL { return template.URL(tel(phone)) }

// trainingLines are the trainings to come of a library that take place.
func (s *site) trainingLines(r *http.Request, h knowledge.HelpPoint, now time.Time, language string) ([]trainingLine, error) {
	list, err := s.store.TrainingsAt(r.Context(), h.ID, now)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(list))
	for i, t := range list {
		numbers[i] = t.Number
	}
	counts, err := s.conversations.SignedUp(r.Context(), numbers)
	if err != nil {
		return nil, err
	}
	var lines []trainingLine
	for _, t := range list {
		if t.Cancelled() {
			continue
		}
		line := trainingLine{
			Topic: t.Topic, Description: t.Description, When: bot.TrainingTime(t, s.zone, language), Room: t.Room,
			Left: bot.LeftWords(t, counts[t.Number], language), Join: fmt.Sprintf("course:join:%d", t.Number), EventID: newEventID(),
		}
		if left, limited := t.Left(counts[t.Number]); limited && left == 0 {
			line.Join = ""
		}
		lines = append(lines, line)
	}
	return lines, nil
}
