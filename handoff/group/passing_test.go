package group

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/telegram/telegramtest"
	"orientir/handoff"
	"orientir/handoff/staff"
)

const (
	labelsHeld  = "Приключи|Предай на колега…|Върни в опашката"
	labelsAsked = "Приемам|Отказвам|Оттегли молбата"
)

// held is a ticket of Vratsa's that Maria has taken in the group.
func held(t *testing.T) (b *bundle, ticket int64, thread int) {
	t.Helper()
	b = connected(t)
	_, ticket = b.person("p", "помощ")
	b.settle()
	thread = b.topic().Thread
	b.press(b.mariaT, thread, menuTake)
	return b, ticket, thread
}

// asks has Maria ask somebody at the web desk.
func (b *bundle) asks(ticket int64, whom staff.Account, note string) {
	b.Helper()
	if err := b.tickets.Transfer(b.ctx, ticket, b.maria, handoff.Target{Account: whom.ID}, note); err != nil {
		b.Fatal(err)
	}
	b.settle()
}

func (b *bundle) ticketNow(ticket int64) handoff.Ticket {
	b.Helper()
	k, ok, err := b.tickets.Ticket(b.ctx, everything(), ticket)
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	return k
}

func (b *bundle) menu(thread int) string { return labels(b.group.Sent(thread)[0]) }

func TestTransferIsAcceptedInTheGroup(t *testing.T) {
	b, ticket, thread := held(t)
	b.asks(ticket, b.petya, "ти знаеш това")
	texts := b.texts(thread)
	has(t, texts, "— "+b.maria.Name+" моли "+b.petya.Name+" да поеме разговора.", "Бележка на "+b.maria.Name+" при предаването\nти знаеш това", "Молбата важи 3 минути")
	if strings.Index(texts, " моли ") > strings.Index(texts, "ти знаеш") {
		t.Errorf("the note stands before what it is about:\n%s", texts)
	}
	if got := b.menu(thread); got != labelsAsked {
		t.Errorf("asked, the buttons are %q", got)
	}
	// Nobody else may answer, and the holder's old buttons don't hide the request.
	has(t, b.press(b.stranger, thread, dataAccept), "свържете своя Telegram")
	has(t, b.press(b.ivanT, thread, dataAccept), "Не обслужвате тази библиотека")
	for _, data := range []string{dataAccept, dataDecline} {
		has(t, b.press(b.mariaT, thread, data), "Само "+b.petya.Name+" може да отговори")
	}
	has(t, b.press(b.petyaT, thread, dataTakeBack), "Само библиотекарят, който води разговора")
	has(t, b.press(b.mariaT, thread, menuOutcome), "Вече чакате "+b.petya.Name)
	if k := b.ticketNow(ticket); k.ClaimedBy != b.maria.ID || k.AskedID != b.petya.ID || b.menu(thread) != labelsAsked {
		t.Fatalf("%+v, %q", k, b.menu(thread))
	}
	has(t, b.press(b.petyaT, thread, dataAccept), "Разговорът е Ваш")
	if k := b.ticketNow(ticket); k.ClaimedBy != b.petya.ID || k.AskedID != 0 {
		t.Errorf("accepted: %+v", k)
	}
	has(t, b.texts(thread), "Поет от колега · "+b.petya.Name)
	if got := b.menu(thread); got != labelsHeld {
		t.Errorf("accepted, the buttons are %q", got)
	}
	has(t, b.press(b.petyaT, thread, dataAccept), "вече не важи")
	has(t, b.press(b.mariaT, thread, menuOutcome), "Само библиотекарят, който води разговора")
}

func TestMenuFollowsARequest(t *testing.T) {
	b, ticket, thread := held(t)
	for _, end := range []struct {
		how  string
		do   func() error
		says string
	}{
		{"declined here", func() error { has(t, b.press(b.petyaT, thread, dataDecline), "Отказахте"); return nil }, "Колегата не го пое · " + b.petya.Name},
		{"taken back here", func() error { has(t, b.press(b.mariaT, thread, dataTakeBack), "Оттеглихте"); return nil }, b.maria.Name + " оттегли молбата."},
		{"declined on the web", func() error { return b.tickets.Decline(b.ctx, ticket, b.petya, "на обяд съм") }, "на обяд съм"},
		{"taken back on the web", func() error { return b.tickets.Decline(b.ctx, ticket, b.maria, "") }, b.maria.Name + " оттегли молбата."},
		{"lapsed", func() error { b.clock.add(handoff.AskedFor + time.Second); return b.tickets.Sweep(b.ctx) }, "не отговори навреме"},
	} {
		before := b.texts(thread)
		b.asks(ticket, b.petya, "")
		if got := b.menu(thread); got != labelsAsked {
			t.Errorf("before it is %s the buttons are %q", end.how, got)
		}
		if err := end.do(); err != nil {
			t.Fatal(end.how, err)
		}
		b.settle()
		has(t, strings.TrimPrefix(b.texts(thread), before), end.says)
		if k := b.ticketNow(ticket); b.menu(thread) != labelsHeld || k.ClaimedBy != b.maria.ID || k.AskedID != 0 {
			t.Errorf("%s: %q, %+v", end.how, b.menu(thread), k)
		}
		has(t, b.press(b.petyaT, thread, dataAccept), "вече не важи")
	}
	// Accepted on the web, and somebody of another library who is asked may answer here.
	b.asks(ticket, b.petya, "")
	if err := b.tickets.Accept(b.ctx, ticket, b.petya); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.menu(thread); got != labelsHeld {
		t.Errorf("accepted on the web: %q", got)
	}
	if err := b.tickets.Transfer(b.ctx, ticket, b.petya, handoff.Target{Account: b.ivan.ID}, ""); err != nil {
		t.Fatal(err)
	}
	b.settle()
	has(t, b.press(b.ivanT, thread, dataAccept), "Разговорът е Ваш")
}

func TestWhoHasNoTelegramAnswersOnTheWeb(t *testing.T) {
	b, ticket, thread := held(t)
	boris := b.account("boris@example.bg", []staff.Role{staff.Librarian}, "vratsa")
	b.asks(ticket, boris, "")
	has(t, b.texts(thread), "Отговорът идва от сайта за екипа")
	if got := b.menu(thread); got != "Оттегли молбата" {
		t.Errorf("the buttons are %q", got)
	}
}

// TestRequestOlderThanTheTopic connects the group while somebody is asked already.
func TestRequestOlderThanTheTopic(t *testing.T) {
	b := setup(t)
	_, ticket := b.person("p", "помощ")
	if err := b.tickets.Claim(b.ctx, ticket, b.maria); err != nil {
		t.Fatal(err)
	}
	b.asks(ticket, b.petya, "")
	code, err := b.desk.Code(b.ctx, b.admin.ID, "vratsa")
	if err != nil {
		t.Fatal(err)
	}
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	thread := b.topic().Thread
	has(t, b.texts(thread), b.maria.Name+" моли "+b.petya.Name)
	if got := b.menu(thread); got != labelsAsked {
		t.Errorf("the buttons are %q", got)
	}
}

// TestCrashAnswersARequestOnce has a worker die after a request was answered and before it could say so: the next says it, and leaves a
// newer request alone.
func TestCrashAnswersARequestOnce(t *testing.T) {
	b, ticket, thread := held(t)
	for _, c := range []struct {
		name  string
		asked staff.Account
		by    *telegramtest.Person
		data  string
		newer bool // another request is made in between
		says  string
	}{
		{"declined", b.petya, b.petyaT, dataDecline, true, "Отказахте"},
		{"declined by who sees the ticket no longer", b.ivan, b.ivanT, dataDecline, false, "Отказахте"},
		{"taken back", b.petya, b.mariaT, dataTakeBack, false, "Оттеглихте"},
		{"taken back, and asked again", b.petya, b.mariaT, dataTakeBack, true, "Оттеглихте"},
	} {
		b.asks(ticket, c.asked, "")
		query := c.by.PressIn(b.group, b.group.Sent(thread)[0], c.data)
		b.arrive()
		u, ok, err := b.desk.takeUpdate(b.ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if _, _, err := b.desk.press(b.ctx, u); err != nil {
			t.Fatal(err)
		}
		if k := b.ticketNow(ticket); k.AskedID != 0 {
			t.Fatalf("%s: still asked, %+v", c.name, k)
		}
		if c.newer {
			if err := b.tickets.Transfer(b.ctx, ticket, b.maria, handoff.Target{Account: c.asked.ID}, ""); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.add(workLease + time.Second) // the lease runs out, and another takes the update up
		b.settle()
		has(t, b.double.WaitAnswer(t, query), c.says)
		if k := b.ticketNow(ticket); c.newer != (k.AskedID == c.asked.ID) {
			t.Errorf("%s: %+v", c.name, k)
		}
		if c.newer {
			if err := b.tickets.Decline(b.ctx, ticket, b.maria, ""); err != nil {
				t.Fatal(err)
			}
			b.settle()
		}
	}
}

// TestTicketMovesOnWhileItsTopicBegins has a request end, and a claim land, between what a topic begins with and its row.
func TestTicketMovesOnWhileItsTopicBegins(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, then func(b *bundle, ticket int64) error
		buttons      string
		says         string
	}{
		{"a request is declined", func(b *bundle, ticket int64) error {
			if err := b.tickets.Claim(b.ctx, ticket, b.maria); err != nil {
				return err
			}
			return b.tickets.Transfer(b.ctx, ticket, b.maria, handoff.Target{Account: b.petya.ID}, "")
		}, func(b *bundle, ticket int64) error { return b.tickets.Decline(b.ctx, ticket, b.petya, "") }, labelsHeld, "Колегата не го пое"},
		{"it is claimed", func(*bundle, int64) error { return nil },
			func(b *bundle, ticket int64) error { return b.tickets.Claim(b.ctx, ticket, b.maria) }, labelsHeld, "Поет · "},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := connected(t)
			_, ticket := b.person("p", "помощ")
			if err := c.before(b, ticket); err != nil {
				t.Fatal(err)
			}
			missing, err := b.desk.missing(b.ctx)
			if err != nil || len(missing) != 1 {
				t.Fatal(missing, err)
			}
			if err := c.then(b, ticket); err != nil {
				t.Fatal(err)
			}
			if err := b.desk.beginTopic(b.ctx, missing[0]); err != nil {
				t.Fatal(err)
			}
			b.settle()
			topic := b.topic()
			if got := b.menu(topic.Thread); got != c.buttons || !strings.HasPrefix(topic.Name, signClaimed) {
				t.Errorf("%q under %q", got, topic.Name)
			}
			has(t, b.texts(topic.Thread), c.says)
		})
	}
}

// TestTicketMovesOnWhileItsTopicFollows has a request end between what a topic's row is locked with and what it says.
func TestTicketMovesOnWhileItsTopicFollows(t *testing.T) {
	b, ticket, thread := held(t)
	b.asks(ticket, b.petya, "")
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		var id int64
		if err := tx.QueryRow(b.ctx, `SELECT id FROM group_topics`).Scan(&id); err != nil {
			return err
		}
		p, err := lockTopic(b.ctx, tx, id)
		if err != nil {
			return err
		}
		if err := b.tickets.Decline(b.ctx, ticket, b.petya, ""); err != nil {
			return err
		}
		return b.desk.change(b.ctx, tx, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.menu(thread); got != labelsHeld {
		t.Errorf("the buttons are %q", got)
	}
	has(t, b.texts(thread), "Колегата не го пое")
}

// TestRequestComesBackWithItsTopic disconnects a group, and connects it again while somebody is asked.
func TestRequestComesBackWithItsTopic(t *testing.T) {
	b, ticket, thread := held(t)
	if err := b.desk.Disconnect(b.ctx, b.admin.ID, chat); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.asks(ticket, b.petya, "")
	code, err := b.desk.Code(b.ctx, b.admin.ID, "vratsa")
	if err != nil {
		t.Fatal(err)
	}
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	has(t, b.texts(thread), b.maria.Name+" моли "+b.petya.Name)
	if got := b.menu(thread); got != labelsAsked {
		t.Errorf("the buttons are %q", got)
	}
}

func TestTransferBeginsInTheGroup(t *testing.T) {
	b, ticket, thread := held(t)
	has(t, b.press(b.mariaT, thread, menuPass), "Никой друг от библиотеката не е на линия")
	if got := b.menu(thread); got != labelsHeld {
		t.Errorf("with nobody to ask the buttons are %q", got)
	}
	there := []staff.Account{b.maria, b.ivan, b.petya}
	for i := range 9 {
		there = append(there, b.account(fmt.Sprintf("q%d@example.bg", i), []staff.Role{staff.Librarian}, "vratsa"))
	}
	for _, a := range there {
		b.tickets.Here(b.ctx, a)
	}
	b.present(there...)
	b.press(b.mariaT, thread, menuPass)
	got := strings.Split(b.menu(thread), "|")
	if len(got) != mostColleagues+1 || got[0] != b.petya.Name || got[8] != "Назад" || strings.Contains(b.menu(thread), b.ivan.Name) || strings.Contains(b.menu(thread), b.maria.Name) {
		t.Errorf("to choose from: %q", got)
	}
	b.press(b.mariaT, thread, menuHeld)
	b.press(b.mariaT, thread, menuPass)
	ask := fmt.Sprintf("%s:%d", dataAsk, b.petya.ID)
	has(t, b.press(b.petyaT, thread, ask), "Само библиотекарят, който води разговора")
	has(t, b.press(b.mariaT, thread, ask), "Помолихме "+b.petya.Name)
	if k := b.ticketNow(ticket); k.AskedID != b.petya.ID || b.menu(thread) != labelsAsked {
		t.Errorf("%+v, %q", k, b.menu(thread))
	}
	has(t, b.press(b.mariaT, thread, fmt.Sprintf("%s:%d", dataAsk, b.ivan.ID)), "Вече чакате "+b.petya.Name)
	has(t, b.press(b.mariaT, thread, dataAsk+":x"), "вече е приключил")
	has(t, b.press(b.petyaT, thread, dataAccept), "Разговорът е Ваш")
}
