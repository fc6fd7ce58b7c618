package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
)

// store is a receiver that remembers events, and fails while told to.
type store struct {
	mu      sync.Mutex
	events  []bot.Incoming
	failing bool
	stored  chan struct{}
}

// strange is a text that makes the store panic.
const strange = "странно"

func (s *store) Receive(_ context.Context, in bot.Incoming) (bot.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing {
		return bot.Receipt{}, errors.New("the database is away")
	}
	if in.Text == strange {
		panic("a strange message")
	}
	s.events = append(s.events, in)
	s.stored <- struct{}{}
	return bot.Receipt{}, nil
}

func (s *store) fail(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = on
}

func (s *store) texts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, e := range s.events {
		all = append(all, e.Text+e.Data)
	}
	return strings.Join(all, "|")
}

func (s *store) wait(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-s.stored:
		case <-time.After(20 * time.Second):
			t.Fatalf("only these were stored: %s", s.texts())
		}
	}
}

// setup starts a channel on a double; run starts its loop and gives the way to stop it.
func setup(t *testing.T, api telegramtest.Options, o Options) (*Bot, *telegramtest.Server, *store) {
	t.Helper()
	double := telegramtest.New(t, api)
	o.Token, o.APIURL, o.Log = double.Token, double.URL, slog.New(slog.DiscardHandler)
	b, err := New(postgrestest.New(t), redistest.New(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return b, double, &store{stored: make(chan struct{}, 1000)}
}

func run(t *testing.T, b *Bot, to receiver) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, to) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func TestPollingStoresBeforeItAcknowledges(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	person := double.Person(7, "Мария", "bg")
	to.fail(true)
	run(t, b, to)
	person.Say("едно")
	person.Say("две")
	time.Sleep(1500 * time.Millisecond) // long enough for several polls that fail to store
	if n := double.Pending(); n != 2 {
		t.Fatalf("%d updates are pending while nothing can be stored, want 2", n)
	}
	to.fail(false)
	to.wait(t, 2)
	person.Say("три")
	to.wait(t, 1)
	if got := to.texts(); got != "едно|две|три" {
		t.Errorf("stored %q", got)
	}
}

func TestUpdateOfTomorrowHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	person := double.Person(7, "Мария", "bg")
	person.Send(map[string]any{"text": "препратено", "forward_origin": map[string]any{"type": "of tomorrow"}})
	message := person.Say("обикновено")
	person.Edit(message, "поправено")
	person.ShareLocation(43.2, 23.55)
	run(t, b, to)
	to.wait(t, 4)
	if got := to.texts(); got != "препратено|обикновено|поправено|" {
		t.Errorf("stored %q", got)
	}
	if e := to.events[2]; e.Kind != bot.Edited || e.Replaces != to.events[1].MessageID {
		t.Errorf("the edit came as %+v", e)
	}
	if e := to.events[3]; e.Kind != bot.Location || e.Lat != 43.2 || e.Lon != 23.55 {
		t.Errorf("the location came as %+v", e)
	}
}

// An update that makes the program panic would take down one replica after the other: it is passed over.
func TestAnUpdateThatPanicsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	person := double.Person(7, "Мария", "bg")
	person.Say(strange)
	person.Say("обикновено")
	run(t, b, to)
	to.wait(t, 1)
	if got := to.texts(); got != "обикновено" {
		t.Errorf("stored %q", got)
	}
}

func TestOnlyOneReplicaPolls(t *testing.T) {
	t.Parallel()
	first, double, to := setup(t, telegramtest.Options{}, Options{})
	second, err := New(first.pool, first.pace, first.o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, first, to)
	run(t, second, to)
	person := double.Person(7, "Мария", "bg")
	for i := range 5 {
		person.Say(strconv.Itoa(i))
	}
	to.wait(t, 5)
	if got := to.texts(); got != "0|1|2|3|4" {
		t.Errorf("stored %q: two pollers, or out of order", got)
	}
}

func TestCommandsAndDescriptionsInBothLanguages(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{Unknown: []string{"setMyShortDescription"}}, Options{})
	run(t, b, to)
	double.Person(7, "Мария", "bg").Say("готово")
	to.wait(t, 1)
	// Beside the polls; a method that the server doesn't know is survived.
	for deadline := time.Now().Add(time.Minute); double.Description("setMyDescription", "en") == "" && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	for _, language := range []string{"", "bg", "en"} {
		list := double.Commands(language)
		if len(list) != len(commands) {
			t.Fatalf("%d commands in %q", len(list), language)
		}
		for _, c := range list {
			if strings.HasPrefix(c.Description, "telegram.") {
				t.Errorf("the command %s has no words in %q", c.Command, language)
			}
		}
		if double.Description("setMyDescription", language) == "" {
			t.Errorf("no description in %q", language)
		}
	}
}

func TestEveryCallbackIsAnswered(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{})
	stop := run(t, b, to)
	double.Person(7, "Мария", "bg").Press(telegramtest.Sent{ID: 1}, "rate:good:5")
	to.wait(t, 1)
	stop() // waits for the answer
	if left := double.Unanswered(); len(left) > 0 {
		t.Errorf("callbacks without an answer: %v", left)
	}
	if got := to.texts(); got != "rate:good:5" {
		t.Errorf("stored %q", got)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	b, double, to := setup(t, telegramtest.Options{}, Options{Secret: "s3cret"})
	server := httptest.NewServer(b.Webhook(to))
	t.Cleanup(server.Close)
	b.o.WebhookURL = server.URL
	update := map[string]any{"update_id": 99, "message": map[string]any{"message_id": 1, "date": 1, "text": "фалшиво",
		"chat": map[string]any{"id": 7, "type": "private"}}}
	stop := run(t, b, to)
	double.Person(7, "Мария", "bg").Say("истинско")
	to.wait(t, 1)
	if address, secret := double.Webhook(); address != server.URL || secret != "s3cret" {
		t.Errorf("the webhook is %q with secret %q", address, secret)
	}
	for _, c := range []struct {
		name, secret string
		body         any
		status       int
	}{
		{"wrong secret", "guess", update, 401},
		{"no secret", "", update, 401},
		{"no update", "s3cret", "text", 400},
		{"not understood", "s3cret", map[string]any{"update_id": 98, "message": "of tomorrow"}, 200},
		{"right", "s3cret", update, 200},
	} {
		if status, err := telegramtest.Post(server.URL, c.secret, c.body); err != nil || status != c.status {
			t.Errorf("%s: status %d, %v; want %d", c.name, status, err, c.status)
		}
	}
	to.wait(t, 1)
	to.fail(true)
	if status, _ := telegramtest.Post(server.URL, "s3cret", update); status != 500 {
		t.Errorf("an update that could not be stored was acknowledged with %d", status)
	}
	stop()
	if got := to.texts(); got != "истинско|фалшиво" {
		t.Errorf("stored %q", got)
	}
}

func conversationOf(chat int64) bot.Conversation {
	return bot.Conversation{Channel: Channel, Key: strconv.FormatInt(chat, 10), Language: "bg"}
}

func TestSendingALongGuideAndALibrary(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	lat, lon, open := 43.2, 23.55, true
	steps := make([]string, 60)
	for i := range steps {
		steps[i] = fmt.Sprintf("Стъпка с <знаци> & „кавички“ номер %d. %s", i, strings.Repeat("Още думи. ", 12))
	}
	m := bot.Message{From: bot.Robot, Body: &bot.Body{
		Language: "bg", Text: "Ето какво намерих.",
		Guide: &bot.Card{Slug: "x", Language: "bg", Link: "https://cs.mjs.bg", SourceTitle: "Портал", Seen: "2024-03-11",
			Identification: []knowledge.Means{knowledge.KEP, knowledge.InPerson},
			Text: knowledge.Text{Title: "Услуга <b>", Summary: "Кратко.", Exceptions: []string{"Изключение."}, Steps: steps,
				Fees: []knowledge.Fee{{Cents: 1534, What: "обикновена"}}}},
		HelpPoints: []bot.HelpPointCard{{ID: "l", Name: "Библиотека", Place: "гр. Враца", Address: "ул. „Първа“ 1", Phone: "092 123", Lat: &lat, Lon: &lon, Open: &open, Hours: "Отворено до 17:30 ч."}},
		Buttons: []bot.Action{{Label: "Полезно", Data: "rate:good:1"}, {Label: "Не помогна", Data: "rate:bad:1"},
			{Label: "Поверителност", URL: "http://localhost:8080/privacy"}, {Label: "Твърде дълго", Data: strings.Repeat("x", 65)}},
	}}
	if _, err := b.Send(t.Context(), conversationOf(7), m); err != nil {
		t.Fatal(err)
	}
	sent := double.Sent(7)
	if len(sent) < 3 {
		t.Fatalf("%d messages, want a venue and at least two texts", len(sent))
	}
	if sent[0].Venue == nil || sent[0].Venue.Title != "Библиотека" {
		t.Errorf("the first message is no venue: %+v", sent[0])
	}
	var all strings.Builder
	for i, s := range sent {
		all.WriteString(s.Text + "\n")
		if i < len(sent)-1 && len(s.Buttons) > 0 {
			t.Errorf("message %d of %d has buttons", i, len(sent))
		}
	}
	for _, want := range []string{"Услуга <b>", "Изключение.", "60. Стъпка с <знаци> & „кавички“ номер 59", "КЕП", "15,34 €", "https://cs.mjs.bg", "11 март 2024", "непотвърдено", "Отворено до 17:30 ч.", "092 123"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	var labels []string
	for _, button := range sent[len(sent)-1].Buttons {
		labels = append(labels, button.Text)
	}
	if got := strings.Join(labels, "|"); got != "Отвори официалния сайт|Полезно|Не помогна" {
		t.Errorf("buttons %s", got)
	}
}

func library() bot.Message {
	lat, lon := 43.2, 23.55
	return bot.Message{ID: 5, From: bot.Robot, Body: &bot.Body{Text: "Ето:", Language: "bg",
		HelpPoints: []bot.HelpPointCard{{ID: "l", Name: "Библиотека", Place: "гр. Враца", Lat: &lat, Lon: &lon}}}}
}

func TestNoPartOfAMessageComesTwice(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 429, RetryAfter: 60})
	var later *bot.RetryAfter
	var half *bot.Half
	if _, err := b.Send(t.Context(), conversationOf(7), library()); !errors.As(err, &later) || later.D != time.Minute || !errors.As(err, &half) {
		t.Fatalf("a long limit between parts gives %v", err)
	}
	other, err := New(nil, redistest.New(t), b.o) // another replica, and the minute is over
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(chatPause) // Telegram's limit, which the double keeps by the clock
	rest := library()
	rest.ExternalID = half.Mark
	id, err := other.Send(t.Context(), conversationOf(7), rest)
	if err != nil {
		t.Fatal(err)
	}
	sent := double.Sent(7)
	if len(sent) != 2 || sent[0].Venue == nil || sent[1].Text == "" {
		t.Errorf("sent %+v, want the venue once and the text once", sent)
	}
	if id != strconv.Itoa(sent[0].ID) {
		t.Errorf("the message is %s, want its first part", id)
	}
}

func TestPlaceThatCannotBeShownIsStillNamed(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{Unknown: []string{"sendVenue"}}, Options{})
	for _, chat := range []int64{7, 8} {
		if chat == 8 {
			double.Fail(telegramtest.Fault{Method: "sendVenue", Code: 400})
		}
		if _, err := b.Send(t.Context(), conversationOf(chat), library()); err != nil {
			t.Errorf("chat %d: %v", chat, err)
		}
		if sent := double.Sent(chat); len(sent) != 1 || !strings.Contains(sent[0].Text, "Библиотека") {
			t.Errorf("chat %d: sent %+v", chat, sent)
		}
	}
}

func TestSendingTellsWhatDeliveryMustDo(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	text := bot.Message{From: bot.Robot, Body: &bot.Body{Text: "здравейте", Language: "bg"}}
	send := func(chat int64) error {
		_, err := b.Send(t.Context(), conversationOf(chat), text)
		return err
	}

	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 429, RetryAfter: 3})
	var later *bot.RetryAfter
	if err := send(1); !errors.As(err, &later) || later.D != 3*time.Second || !later.All {
		t.Errorf("a 429 gives %v", err)
	}
	b.pace = redistest.New(t) // these seconds are over
	double.Person(2, "Иван", "bg").Block()
	var refused *bot.Refused
	if err := send(2); !errors.As(err, &refused) || !refused.Blocked {
		t.Errorf("a person who blocked the bot gives %v", err)
	}
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 400})
	if err := send(3); !errors.As(err, &refused) || refused.Blocked {
		t.Errorf("a 400 gives %v", err)
	}
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 502})
	if err := send(4); err == nil || errors.As(err, &later) && later.D == 0 {
		t.Errorf("a 502 gives %v", err)
	}
	if err := send(5); err != nil {
		t.Error(err)
	}
	if err := send(5); !errors.As(err, &later) {
		t.Errorf("a second message within a second gives %v", err)
	}
	if n := double.Calls("sendMessage"); n != 5 {
		t.Errorf("%d calls: the pace was left to Telegram to enforce", n)
	}
}

func TestAskingForAPlaceKeepsTheOtherWays(t *testing.T) {
	t.Parallel()
	if k, ok := keyboard(&bot.Body{AskPlace: true}).(models.ReplyKeyboardMarkup); !ok || !k.Keyboard[0][0].RequestLocation {
		t.Errorf("alone it gives %+v, want a button that shares the location", k)
	}
	way := bot.Action{Label: "Говори с библиотекар", Data: "human"}
	if k, ok := keyboard(&bot.Body{AskContact: true, Language: "bg", Buttons: []bot.Action{way}}).(models.ReplyKeyboardMarkup); !ok || !k.Keyboard[0][0].RequestContact || k.Keyboard[1][0].Text != "Откажи" {
		t.Errorf("who is asked for a phone can't share it, or can't say no: %+v", k)
	}
	if k, ok := keyboard(&bot.Body{AskPlace: true, Buttons: []bot.Action{way}}).(models.InlineKeyboardMarkup); !ok || k.InlineKeyboard[0][0].CallbackData != "human" {
		t.Errorf("beside a way out it gives %+v, want the way out", k)
	}
}

// The pace that we keep by ourselves is never over what Telegram takes.
func TestManyChatsStayWithinThePace(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	var group sync.WaitGroup
	for chat := range int64(60) {
		group.Go(func() {
			if _, err := b.Send(t.Context(), conversationOf(100+chat), bot.Message{From: bot.Robot, Body: &bot.Body{Text: "новина", Language: "bg"}}); err != nil {
				t.Errorf("chat %d: %v", chat, err)
			}
		})
	}
	group.Wait()
	if n := double.Calls("sendMessage"); n != 60 {
		t.Errorf("%d calls for 60 messages", n)
	}
}
