package webchat

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"orientir/bot"
	"orientir/bot/i18n"
)

// messageView is one message of the transcript as a page shows it.
type messageView struct {
	voice
	ID         int64
	From       string
	Speaker    string    // who speaks, in words
	Machine    string    // when, for the machine
	Clock      string    // when, for people
	Missed     bool      // a librarian's answer that came while the person was away
	Paragraphs []string  // of what the person wrote
	Body       *bodyView // of what we said; nil for what the person wrote
}

// bodyView is what we said: text, card, choices, help points, buttons.
type bodyView struct {
	voice
	Title      string // of a piece of news
	Paragraphs []template.HTML
	Language   string
	Card       *card
	Choices    []button
	NearTitle  string
	HelpPoints []helpPoint
	AskPlace   bool
	Buttons    []button
	Export     bool   // offers the file of all that is kept
	EventID    string // makes a form that is sent twice count once
}

// Lang is the language of the words where it is not the page's.
func (b bodyView) Lang() string {
	if b.Language == "" || b.Language == b.voice.Lang() {
		return ""
	}
	return b.Language
}

// button is an action or a link among a message's buttons.
type button struct {
	Label   string
	Data    string
	Href    template.URL // instead of Data
	Outside bool         // leads to another site
}

// awayAfter is how long an answer waits for its page until it is said to have come while the person was away.
const awayAfter = time.Minute

// message lays out one message, with links to what it names on the given hosts. It gives false for what people needn't see: a button they pressed, a place they shared.
func (v voice) message(m bot.Message, hosts []string) (messageView, bool) {
	at := m.At.In(v.site.zone)
	out := messageView{voice: v, ID: m.ID, From: string(m.From), Machine: at.Format(time.RFC3339), Clock: at.Format("15:04")}
	switch m.From {
	case bot.Person:
		if m.Text == "" || m.Kind == string(bot.Button) && (strings.HasPrefix(m.Data, "rate:") || strings.HasPrefix(m.Data, "desk:")) {
			return messageView{}, false
		}
		out.Speaker, out.Paragraphs = v.T("web.you"), paragraphs(m.Text)
		return out, true
	case bot.Librarian:
		out.Missed = m.Delivered == nil && v.site.Now().Sub(m.At) > awayAfter
		out.Speaker = v.T("web.librarian")
		if m.Body != nil && m.Body.By != "" {
			out.Speaker = v.T("web.librarian_named", m.Body.By)
		}
	case bot.System:
		out.Speaker = v.T("web.notice")
	default:
		out.Speaker = v.T("web.program")
	}
	if m.Body == nil {
		out.Paragraphs = paragraphs(m.Text)
		return out, true
	}
	out.Body = v.body(m.Body, m.ID, hosts)
	return out, true
}

func (v voice) body(b *bot.Body, message int64, hosts []string) *bodyView {
	out := &bodyView{voice: v, Title: b.Title, Paragraphs: spoken(b.Text, hosts, strings.TrimSuffix(v.site.PublicURL, "/")), Language: b.Language, AskPlace: b.AskPlace, EventID: newEventID()}
	if b.Guide != nil {
		out.Card = v.messageCard(b.Guide, message)
	}
	out.NearTitle, out.Export = b.NearTitle, b.Export
	out.Choices = buttons(b.Choices)
	out.Buttons = buttons(b.Buttons)
	library := v
	if b.Language != "" {
		library.chosen = knownLanguage(b.Language) // a library's own words are in the language of what is said of it
	}
	for _, h := range b.HelpPoints {
		out.HelpPoints = append(out.HelpPoints, library.helpPoint(h))
	}
	return out
}

// buttons leaves out an address that is neither a web page nor a phone.
func buttons(actions []bot.Action) []button {
	var out []button
	for _, a := range actions {
		b := button{Label: a.Label, Data: a.Data}
		if a.URL != "" {
			u, err := url.Parse(a.URL)
			if err != nil || u.Scheme != "https" && u.Scheme != "tel" {
				continue
			}
			b.Href, b.Outside = template.URL(u.String()), u.Scheme == "https"
		}
		out = append(out, b)
	}
	return out
}

// mostPhones is how many numbers of a help point can be called from its card.
const mostPhones = 2

// helpPoint is a library as a page shows it.
type helpPoint struct {
	voice
	Name, Place, Address string
	State                string // open | shut | unknown, for the style; Hours say it in words
	Hours                string
	Distance             string
	Note                 string // a holiday, a closure
	Offers               string
	Calls                []button
	Map                  string // "" where only the settlement is known
	Site                 string
}

func (v voice) helpPoint(h bot.HelpPointCard) helpPoint {
	out := helpPoint{voice: v, Name: h.Name, Place: h.Place, Address: h.Address, Hours: h.Hours, State: "unknown"}
	if h.Open != nil {
		out.State = "shut"
		if *h.Open {
			out.State = "open"
		}
	}
	out.Distance, out.Note, out.Map = h.Away, h.Note, h.MapLink()
	if out.Distance == "" && h.DistanceM != nil {
		out.Distance = bot.DistanceWords(*h.DistanceM, v.Lang())
	}
	if h.Offers != "" {
		out.Offers = v.T("common.offers", h.Offers)
	}
	phones := h.Phones
	if len(phones) == 0 {
		phones = []string{h.Phone}
	}
	for _, phone := range phones[:min(len(phones), mostPhones)] {
		if address := tel(phone); address != "" {
			out.Calls = append(out.Calls, button{Label: i18n.T(v.chosen, "web.call", phone), Href: template.URL(address)})
		}
	}
	if u, err := url.Parse(h.Site); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		out.Site = u.String()
	}
	return out
}

// html renders a message as the part of a page that a script puts into the conversation.
func (s *site) html(v messageView) (string, error) {
	var part bytes.Buffer
	if err := s.pages["message"].ExecuteTemplate(&part, "message", v); err != nil {
		return "", fmt.Errorf("render message %d: %w", v.ID, err)
	}
	return part.String(), nil
}

// newEventID names an event of a form, so that sending it twice counts once.
func newEventID() string { return "form-" + rand.Text() }
