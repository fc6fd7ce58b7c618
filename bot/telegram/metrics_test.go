package telegram

import "testing"

func TestACallIsCountedByItsMethodAndNeverByItsAddress(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/bot1:secret/sendMessage":       "sendMessage",
		"/bot1:secret/getUpdates":        "getUpdates",
		"/local/bot1:secret/getMe":       "getMe",
		"/bot1:secret/somethingNew":      "other",
		"/bot1:secret":                   "other",
		"/file/bot1:secret/photos/1.jpg": "other",
	} {
		if got := methodOf(path); got != want {
			t.Errorf("%s is counted as %q, want %q", path, got, want)
		}
	}
}

func TestAStatusOfTelegramHasAName(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "ok", 400: "refused", 401: "unauthorized", 403: "blocked", 404: "unauthorized", 409: "conflict", 429: "limited", 500: "failed", 502: "failed"} {
		if got := resultOf(status); got != want {
			t.Errorf("status %d is %q, want %q", status, got, want)
		}
	}
}
