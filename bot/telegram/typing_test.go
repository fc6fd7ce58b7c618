package telegram

import (
	"testing"
	"time"

	"orientir/bot"
	"orientir/bot/telegram/telegramtest"
)

func TestTypingIsShownWithoutAMessage(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	if err := b.Typing(t.Context(), bot.Conversation{Key: "7"}); err != nil {
		t.Fatal(err)
	}
	if n := double.Calls("sendChatAction"); n != 1 || len(double.Sent(7)) > 0 {
		t.Errorf("%d signs, %d messages", n, len(double.Sent(7)))
	}
	double.Fail(telegramtest.Fault{Method: "sendChatAction", Code: 429, RetryAfter: 3})
	time.Sleep(burstPer)
	if err := b.Typing(t.Context(), bot.Conversation{Key: "7"}); err == nil {
		t.Error("a refusal is no success")
	}
}
