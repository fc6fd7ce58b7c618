package group

import (
	"context"
	"strings"
	"testing"
	"time"

	"orientir/bot/telegram"
	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/redis/redistest"
)

// TestRunOnARealClock lets the loops and the pace that Redis keeps work by themselves, as in the program.
func TestRunOnARealClock(t *testing.T) {
	b := setup(t)
	pace := redistest.New(t)
	double := telegramtest.New(t, telegramtest.Options{})
	o := Options{Log: quiet()}
	inbox := NewInbox(b.pool, b.conversations, pace, o)
	channel, err := telegram.New(b.pool, pace, telegram.Options{Token: double.Token, APIURL: double.URL, Groups: inbox, Log: quiet(), Secret: "s", WebhookURL: "https://example.bg/hook"})
	if err != nil {
		t.Fatal(err)
	}
	desk := New(inbox, b.tickets, b.staff, channel, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- desk.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	group := double.Group(chat, "Екип Враца")
	b.exec(`INSERT INTO telegram_groups (chat, title, help_point, connected_by, connected_at) VALUES ($1, 'Екип Враца', 'vratsa', $2, now())`, chat, b.admin.ID)
	conversation, _ := b.person("p", "помощ")
	until := func(what string, so func() bool) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	until("the topic and its first message", func() bool { return len(double.Sent(chat)) == 1 })
	head := double.Sent(chat)[0]
	take := func(u telegram.GroupUpdate) {
		u.Chat, u.Thread, u.User, u.Language = chat, head.Thread, 70, "bg"
		if err := inbox.Take(b.ctx, u); err != nil {
			t.Fatal(err)
		}
	}
	take(telegram.GroupUpdate{ID: 1, Kind: telegram.GroupPressed, Message: head.ID, Data: menuTake, Callback: "unknown"})
	take(telegram.GroupUpdate{ID: 2, Kind: telegram.GroupText, Message: 1000, Text: "Добър ден!"})
	until("the reply", func() bool { return len(b.heard(conversation)) == 1 })
	b.says(conversation, "благодаря")
	until("the person's words", func() bool {
		for _, m := range double.Sent(chat) {
			if strings.Contains(m.Text, "благодаря") {
				return true
			}
		}
		return false
	})
	until("the name", func() bool {
		all := group.Topics()
		return len(all) == 1 && strings.HasPrefix(all[0].Name, signClaimed)
	})
	if n := double.Refused(); n != 0 {
		t.Errorf("Telegram had to refuse %d calls", n)
	}
}
