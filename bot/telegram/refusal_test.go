package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	telegram "github.com/go-telegram/bot"
)

// TestErrorsRepeatNothingOfAMessage holds what is logged and kept of a failed call: no words, no name, no chat, no token.
func TestErrorsRepeatNothingOfAMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"half an answer":    {fmt.Errorf(`error decode response body for method sendMessage, {"ok":true,"result":{"chat":{"id":123456789,"first_name":"Мария"},"text":"тайна, %w`, errors.New("unexpected end of JSON input")), "error decode response body for method sendMessage, …"},
		"a quoted text":     {fmt.Errorf("%w, Bad Request: can't parse entities: unsupported start tag \"тайна\" at byte 7", telegram.ErrorBadRequest), "bad request, Bad Request: can…"},
		"an address":        {errors.New(`Post "https://api.telegram.org/bot123456:тайна/sendMessage": dial tcp 127.0.0.1:443: connection refused`), "connection refused"},
		"a chat by its id":  {errors.New("group chat was upgraded to -1001234567890"), "upgraded to …"},
		"what it always is": {errors.New("error response from telegram for method sendMessage, 502 Bad Gateway"), "502 Bad Gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scrub(c.err)
			if !strings.Contains(got.Error(), c.want) || strings.Contains(got.Error(), "тайна") || strings.Contains(got.Error(), "Мария") || strings.Contains(got.Error(), "123456") {
				t.Errorf("%q", got)
			}
			if !errors.Is(got, c.err) {
				t.Error("it is another error now")
			}
		})
	}
	if scrub(nil) != nil || !errors.Is(refusal(fmt.Errorf("send: %w", context.Canceled)), context.Canceled) {
		t.Error("an end is no end any more")
	}
}
