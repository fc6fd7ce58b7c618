package telegram

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/telegram/telegramtest"
	"orientir/deploy/postgres"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// nothing is a library of guides that knows one, about boats.
type nothing struct{ guide knowledge.Guide }

func (n nothing) Answer(_ context.Context, q retrieval.Question) (retrieval.Answer, error) {
	a := retrieval.Answer{Outcome: retrieval.Abstained, Intent: retrieval.WantsAnswer, Language: "bg", Detected: "bg", Model: "test"}
	if strings.Contains(q.Text, "лодка") {
		a.Outcome, a.Guide, a.Guides = retrieval.Answered, &n.guide, []retrieval.Ranked{{Slug: "boat", Title: "Регистрация на лодка", Version: 4, Score: 0.9}}
	}
	return a, nil
}

func (nothing) Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO answers (conversation, question, language, detected, outcome, intent, confidence, guides, evidence, model)
		VALUES ($1, $2, 'bg', 'bg', $3, $4, 0.5, '[]', '[]', 'test') RETURNING id`, conversation, q.Text, a.Outcome, a.Intent).Scan(&id)
	return id, err
}

// room are editors who hear.
type room struct {
	reports chan bot.Report
	hearers chan int64
}

func (r room) Report(_ context.Context, _ postgres.DB, said bot.Report) (bot.Reported, error) {
	r.reports <- said
	return bot.ReportKept, nil
}

func (r room) HearBack(_ context.Context, _ postgres.DB, _, answer int64) (bool, error) {
	r.hearers <- answer
	return true, nil
}

// A person says what is wrong with a guide, wants to hear of what has none, and hears of it with its warning.
func TestWhatIsWrongAndHearingBackOnTelegram(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	guide := knowledge.Guide{
		Slug: "boat", Version: 4, Audience: knowledge.Citizen, Link: "https://egov.bg", Status: knowledge.Active, Identification: []knowledge.Means{knowledge.KEP},
		ReviewBy: time.Date(2026, 5, 25, 0, 0, 0, 0, time.UTC), Sources: []knowledge.Source{{URL: "https://egov.bg", Title: "Портал"}},
		Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {Title: "Регистрация на лодка", Authority: "Агенция", Summary: "Вписва лодката.", Who: "Всеки.", Where: "Онлайн."}},
	}
	client := redistest.New(t)
	conversations := bot.NewConversations(b.pool, client, bot.Options{})
	editors := room{make(chan bot.Report, 9), make(chan int64, 9)}
	engine := bot.NewEngine(conversations, nothing{guide}, knowledge.NewStore(b.pool), nil, []bot.Channel{b},
		bot.EngineOptions{Sweep: 100 * time.Millisecond, Debounce: map[string]time.Duration{"telegram": time.Millisecond}, Limits: bot.Limits{Off: true}, Editors: editors})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run the engine: %v", err)
		}
	})
	run(t, b, engine)
	person := double.Person(7, "Мария", "bg")
	sent := 0
	next := func() telegramtest.Sent {
		t.Helper()
		sent++
		double.WaitSent(t, 7, sent)
		return double.Sent(7)[sent-1]
	}
	press := func(under telegramtest.Sent, label string) {
		t.Helper()
		for _, button := range under.Buttons {
			if button.Text == label {
				person.Press(under, button.Data)
				return
			}
		}
		t.Fatalf("no button %q under %q: %+v", label, under.Text, under.Buttons)
	}
	person.Say("искам лодка")
	press(next(), "Нещо не е вярно")
	if asked := next(); !strings.Contains(asked.Text, "Кое не е вярно?") {
		t.Errorf("it asks %q", asked.Text)
	}
	person.Say("таксата е 4 евро")
	if thanks := next(); !strings.Contains(thanks.Text, "ще поправим упътването") {
		t.Errorf("it says %q", thanks.Text)
	}
	if said := <-editors.reports; said.Guide != "boat" || said.Version != 4 || said.Text != "таксата е 4 евро" {
		t.Errorf("the editors hear %+v", said)
	}
	person.Say("разрешително за фойерверки")
	press(next(), "Пишете ми, когато има отговор")
	if willing := next(); !strings.Contains(willing.Text, "Само веднъж") {
		t.Errorf("it says %q", willing.Text)
	}
	answer := <-editors.hearers
	c, _, err := conversations.Of(t.Context(), Channel, "7")
	if err != nil {
		t.Fatal(err)
	}
	err = pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		told, err := conversations.TellFound(t.Context(), tx, c.ID, "разрешително за фойерверки", answer, retrieval.Answer{Outcome: retrieval.Answered, Guide: &guide, Age: knowledge.Due})
		if err == nil && !told {
			err = errors.New("nobody was told")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	conversations.Wake(t.Context(), c.ID)
	found := next()
	for _, words := range []string{"„разрешително за фойерверки“", "Вече имам упътване", "Регистрация на лодка", "25 май 2026 г."} {
		if !strings.Contains(found.Text, words) {
			t.Errorf("what is told lacks %q:\n%s", words, found.Text)
		}
	}
	press(found, "Нещо не е вярно")
	next()
}

// A group that is written to too much waits by itself: people are answered.
func TestAGroupsLimitHoldsNoPrivateAnswer(t *testing.T) {
	t.Parallel()
	b, double, _ := setup(t, telegramtest.Options{}, Options{})
	double.Group(-100, "Библиотекари")
	double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 429, RetryAfter: 60})
	var later *bot.RetryAfter
	if _, err := b.SendTopic(t.Context(), -100, 0, "нов разговор", nil); !errors.As(err, &later) || later.All {
		t.Fatalf("the group is told %v", err)
	}
	if _, err := b.Send(t.Context(), conversationOf(7), bot.Message{From: bot.Robot, Body: &bot.Body{Text: "здравейте", Language: "bg"}}); err != nil {
		t.Errorf("an answer waits: %v", err)
	}
}
