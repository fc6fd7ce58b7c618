package telegram

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"orientir/bot"
)

// gate is a receiver that stores when it is let.
type gate struct{ came, stores chan struct{} }

func (g gate) Receive(context.Context, bot.Incoming) (bot.Receipt, error) {
	g.came <- struct{}{}
	<-g.stores
	return bot.Receipt{}, nil
}

func TestAnUpdateThatCannotBeStoredYetIsToBeBroughtAgain(t *testing.T) {
	t.Parallel()
	b, err := New(nil, nil, Options{Token: "1:a", Secret: "s3cret", Crowd: bot.CrowdOptions{AtOnce: 1, Waiting: 1, Patience: 20 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	to := gate{make(chan struct{}, 2), make(chan struct{})}
	hook := b.Webhook(to)
	post := func(id string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/telegram/webhook", strings.NewReader(`{"update_id":`+id+`,"message":{"message_id":1,"date":1,"text":"кога","chat":{"id":7,"type":"private"}}}`))
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "s3cret")
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		return w
	}
	first := make(chan int, 1)
	go func() { first <- post("1").Code }()
	<-to.came
	if refused := post("2"); refused.Code != 503 || refused.Header().Get("Retry-After") == "" {
		t.Errorf("an update that found no turn got %d, again after %q", refused.Code, refused.Header().Get("Retry-After"))
	}
	close(to.stores)
	if status := <-first; status != 200 {
		t.Errorf("the first update got %d", status)
	}
	if again := post("2"); again.Code != 200 {
		t.Errorf("brought again it got %d", again.Code)
	}
}
