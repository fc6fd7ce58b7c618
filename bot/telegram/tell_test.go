package telegram

import (
	"errors"
	"strings"
	"testing"

	"orientir/bot"
	"orientir/bot/telegram/telegramtest"
)

func TestTellIsPlainWordsToAPrivateChat(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	double.Person(71, "Мария", "bg")
	if err := b.Tell(t.Context(), 71, "Някой чака <b>: https://orientir.example/console/queue"); err != nil {
		t.Fatal(err)
	}
	if sent := double.Sent(71); len(sent) != 1 || sent[0].Text != "Някой чака <b>: https://orientir.example/console/queue" {
		t.Errorf("sent %+v", sent)
	}
	// The next one comes too soon, and who has blocked the bot gets none.
	var later *bot.RetryAfter
	if err := b.Tell(t.Context(), 71, "още"); !errors.As(err, &later) || later.D <= 0 {
		t.Errorf("too soon: %v", err)
	}
	var refused *bot.Refused
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 403, Words: "Forbidden: bot was blocked by the user"})
	if err := b.Tell(t.Context(), 72, "още"); !errors.As(err, &refused) || !refused.Blocked {
		t.Errorf("blocked: %v", err)
	}
}

func TestALongWordToTheStaffGoesInParts(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	double.Person(73, "Мария", "bg")
	words := "Първо\n\n" + strings.Repeat("– https://egov.bg/адрес\n", 200) + "\nНакрая"
	if err := b.Tell(t.Context(), 73, words); err != nil {
		t.Fatal(err)
	}
	sent := double.Sent(73)
	if len(sent) != 2 || !strings.HasPrefix(sent[0].Text, "Първо") || !strings.HasSuffix(sent[1].Text, "Накрая") {
		t.Errorf("%d parts: %+v", len(sent), sent)
	}
}
