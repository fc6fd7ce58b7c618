package telegram

import (
	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

// Bubble is one message as a chat of Telegram shows it, for the staff who write what it says.
type Bubble struct {
	HTML    string     // of b, i, a and blockquote alone; a line's end is a line's end
	Buttons [][]Button // rows under it
}

// Button is a button under a message.
type Button struct {
	Label string
	URL   string // "" for one that asks the bot
}

// Preview lays a message out as it would be sent. Places on the map are left out.
func Preview(m bot.Message) []Bubble {
	var bubbles []Bubble
	for _, p := range layOut(m) {
		if p.venue != nil || p.export {
			continue
		}
		b := Bubble{HTML: p.html}
		if under, ok := p.markup.(models.InlineKeyboardMarkup); ok {
			for _, row := range under.InlineKeyboard {
				var buttons []Button
				for _, button := range row {
					buttons = append(buttons, Button{button.Text, button.URL})
				}
				b.Buttons = append(b.Buttons, buttons)
			}
		}
		bubbles = append(bubbles, b)
	}
	return bubbles
}
