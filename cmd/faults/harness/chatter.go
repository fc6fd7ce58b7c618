package harness

import (
	"context"

	"orientir/bot/telegram/telegramtest"
)

// newChatter is a person on Telegram.
func newChatter(h *house, l *ledger, id int64, name string) *person {
	chat := make(chan telegramtest.Sent, 1<<14)
	h.chats.Store(id, chat)
	them := h.telegram.Person(id, name, "bg")
	gets := make(chan message, 1<<10)
	go func() {
		for sent := range chat {
			m := message{text: sent.Text, press: func(_ context.Context, action string) { them.Press(sent, action) }}
			for _, b := range sent.Buttons {
				m.actions = append(m.actions, b.Data)
			}
			gets <- m
		}
	}()
	return &person{name: name, house: h, ledger: l, gets: gets, pushed: true, say: func(_ context.Context, words string) { them.Say(words) }}
}
