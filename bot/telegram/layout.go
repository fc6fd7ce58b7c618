package telegram

import (
	"html"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
	"orientir/bot/i18n"
)

// part is one message of Telegram's: a text or a place on the map, with a keyboard under the last.
type part struct {
	html   string
	venue  *venue
	export bool // the person's file, which the channel fetches when it is sent
	file   string
	data   []byte
	markup models.ReplyMarkup
}

type venue struct {
	lat, lon       float64
	title, address string
}

// callbackLimit is the most bytes of a button's data (core.telegram.org/bots/api#inlinekeyboardbutton).
const callbackLimit = 64

// layOut turns a message into what Telegram shows, in one part or several.
func layOut(m bot.Message) []part {
	body := m.Body
	if body == nil {
		body = &bot.Body{Text: m.Text}
	}
	language := body.Language
	var blocks [][]line
	if m.From == bot.Librarian {
		who := i18n.T(language, "telegram.librarian")
		if body.By != "" {
			who = i18n.T(language, "telegram.librarian_named", body.By)
		}
		blocks = append(blocks, []line{boldLine(who)})
	}
	if body.Title != "" {
		blocks = append(blocks, []line{boldLine(body.Title)})
	}
	if body.Text != "" {
		blocks = append(blocks, paragraphs(body.Text)...)
	}
	if body.Guide != nil {
		blocks = append(blocks, guide(body.Guide, language, body.Full)...)
	}
	if body.NearTitle != "" {
		blocks = append(blocks, []line{plainLine(body.NearTitle)})
	}
	for _, h := range body.HelpPoints {
		blocks = append(blocks, helpPoint(h, language))
	}
	var parts []part
	for _, text := range split(blocks, textLimit) {
		parts = append(parts, part{html: text})
	}
	if len(parts) > 0 {
		parts[len(parts)-1].markup = keyboard(body)
	}
	if body.Export {
		parts = append(parts, part{export: true})
	}
	for _, h := range body.HelpPoints {
		if h.Lat == nil || h.Lon == nil || h.Street {
			continue
		}
		address := h.Address
		if address == "" {
			address = h.Place
		}
		// The map comes before the buttons, so that these stay last in the chat.
		parts = append([]part{{venue: &venue{*h.Lat, *h.Lon, h.Name, address}}}, parts...)
		break
	}
	return parts
}

// day says a date of a card in words.
func day(date, language string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return bot.DateWords(t, language)
}

func helpPoint(h bot.HelpPointCard, language string) []line {
	place := h.Place
	if h.Address != "" {
		place += ", " + h.Address
	}
	block := []line{boldLine(h.Name), plainLine(place)}
	away := h.Away
	if away == "" && h.DistanceM != nil {
		away = bot.DistanceWords(*h.DistanceM, language)
	}
	for _, words := range []string{away, h.Hours, h.Note} {
		if words != "" {
			block = append(block, plainLine(words))
		}
	}
	phones := h.Phones
	if len(phones) == 0 && h.Phone != "" {
		phones = []string{h.Phone}
	}
	for _, phone := range phones[:min(len(phones), mostPhones)] {
		block = append(block, plainLine("☎ "+bot.DialWords(phone)))
	}
	if h.Offers != "" {
		block = append(block, plainLine(i18n.T(language, "common.offers", h.Offers)))
	}
	if link := h.MapLink(); link != "" {
		words := i18n.T(language, "web.map")
		block = append(block, line{`<a href="` + html.EscapeString(link) + `">` + html.EscapeString(words) + `</a>`, words})
	}
	return block
}

// mostPhones is how many numbers of a help point are shown.
const mostPhones = 2

// keyboard lays buttons out one in a row, so that long labels stay whole on a phone, but ratings side by side.
func keyboard(b *bot.Body) models.ReplyMarkup {
	if b.AskPlace && len(b.Choices) == 0 && len(b.Buttons) == 0 { // Telegram shows one kind of keyboard under a message
		return models.ReplyKeyboardMarkup{
			Keyboard:       [][]models.KeyboardButton{{{Text: i18n.T(b.Language, "telegram.share_location"), RequestLocation: true}}},
			ResizeKeyboard: true, OneTimeKeyboard: true,
		}
	}
	if b.AskContact {
		return models.ReplyKeyboardMarkup{
			Keyboard: [][]models.KeyboardButton{
				{{Text: i18n.T(b.Language, "telegram.share_contact"), RequestContact: true}},
				{{Text: i18n.T(b.Language, "bot.button_cancel")}},
			},
			ResizeKeyboard: true, OneTimeKeyboard: true,
		}
	}
	var rows [][]models.InlineKeyboardButton
	if g := b.Guide; g != nil && linkable(g.Link) {
		rows = append(rows, []models.InlineKeyboardButton{{Text: i18n.T(b.Language, "web.open_site"), URL: g.Link}})
	}
	var ratings []models.InlineKeyboardButton
	for _, a := range append(append([]bot.Action{}, b.Choices...), b.Buttons...) {
		switch {
		case a.URL != "" && linkable(a.URL):
			rows = append(rows, []models.InlineKeyboardButton{{Text: a.Label, URL: a.URL}})
		case a.URL != "" || len(a.Data) > callbackLimit || a.Data == "":
			continue // An address that only this machine reaches: Telegram refuses the whole message for it.
		case strings.HasPrefix(a.Data, "rate:"), strings.HasPrefix(a.Data, "desk:"):
			ratings = append(ratings, models.InlineKeyboardButton{Text: a.Label, CallbackData: a.Data})
		default:
			rows = append(rows, []models.InlineKeyboardButton{{Text: a.Label, CallbackData: a.Data}})
		}
	}
	if len(ratings) > 0 {
		rows = append(rows, ratings)
	}
	if len(rows) == 0 {
		return nil
	}
	return models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// linkable says whether Telegram takes an address under a button: http or https, and a host with a dot that isn't loopback.
func linkable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.Contains(u.Hostname(), ".") && !strings.HasPrefix(u.Hostname(), "127.")
}
