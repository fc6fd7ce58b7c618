package group

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/telegram"
	"orientir/bot/telegram/telegramtest"
	"orientir/handoff"
	"orientir/handoff/staff"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

func TestWholeHandOverInAGroup(t *testing.T) {
	b := connected(t)
	conversation, ticket := b.person("p", "как да сменя адресната си регистрация")
	b.settle()
	topic := b.topic()
	if topic.Name != "⏳ Посетител 4821 · Враца · адресна регистрация" {
		t.Errorf("the topic is called %q", topic.Name)
	}
	head := b.group.Sent(topic.Thread)[0]
	has(t, head.Text, "Посетител 4821", "гр. Враца", "как да сменя адресната си регистрация", "Адресна регистрация\nПодава се в общината.", "Поиска човек.")
	if labels(head) != "Поемам" {
		t.Errorf("buttons %q", labels(head))
	}

	b.says(conversation, "чакам")
	has(t, b.press(b.mariaT, topic.Thread, "take"), "Разговорът е Ваш")
	if got := b.topic(); got.Name != "💬 Посетител 4821 · Враца · адресна регистрация" {
		t.Errorf("once claimed it is called %q", got.Name)
	}
	if got := labels(b.group.Sent(topic.Thread)[0]); got != "Приключи|Предай на колега…|Върни в опашката" {
		t.Errorf("once claimed the buttons are %q", got)
	}
	has(t, b.texts(topic.Thread), "Човекът\nчакам", "Поет · "+b.maria.Name)

	// Words of the holder go to the person and are not said twice; a colleague's stay here.
	said := b.mariaT.SayIn(b.group, topic.Thread, "Добър ден, с лична карта в общината.")
	noted := b.petyaT.SayIn(b.group, topic.Thread, "Може и онлайн!")
	b.settle()
	if got := b.heard(conversation); len(got) != 1 || got[0] != "Добър ден, с лична карта в общината." {
		t.Errorf("the person heard %q", got)
	}
	if b.group.Reaction(said) != wentOut || b.group.Reaction(noted) != isNote {
		t.Errorf("reactions %q and %q", b.group.Reaction(said), b.group.Reaction(noted))
	}
	notes, err := b.tickets.Notes(b.ctx, ticket)
	if err != nil || len(notes) != 1 || notes[0].Text != "Може и онлайн!" || notes[0].By != b.petya.ID {
		t.Errorf("notes %+v, %v", notes, err)
	}
	texts := b.texts(topic.Thread)
	has(t, texts, "✍ значи бележка")
	if strings.Contains(texts, "Добър ден") || strings.Contains(texts, "Може и онлайн") {
		t.Errorf("words are said again where they came from:\n%s", texts)
	}

	// The web desk and the topic are one conversation.
	b.says(conversation, "благодаря, <b>а</b> & колко струва?")
	if _, err := b.tickets.Reply(b.ctx, ticket, b.maria, "Безплатно е."); err != nil {
		t.Fatal(err)
	}
	if err := b.tickets.AddNote(b.ctx, ticket, b.petya, "проверих таксата"); err != nil {
		t.Fatal(err)
	}
	b.settle()
	has(t, b.texts(topic.Thread), "благодаря, <b>а</b> & колко струва?", b.maria.Name+", от бюрото\nБезплатно е.", "Бележка · "+b.petya.Name+"\nпроверих таксата")

	// Closing, in three taps, by the holder alone.
	has(t, b.press(b.petyaT, topic.Thread, "outcome"), "Само библиотекарят, който води разговора")
	b.press(b.mariaT, topic.Thread, "outcome")
	has(t, labels(b.group.Sent(topic.Thread)[0]), "Назад")
	b.press(b.mariaT, topic.Thread, "effort:answered:fine")
	has(t, labels(b.group.Sent(topic.Thread)[0]), "1|2|3|4|5|6", "✓ Упътването е добро")
	has(t, b.press(b.mariaT, topic.Thread, "close:answered:fine:2"), "Разговорът приключи")
	closed, _, err := b.tickets.Ticket(b.ctx, everything(), ticket)
	if err != nil || closed.State != handoff.Closed || closed.Outcome != handoff.Answered || closed.Effort != 2 || closed.Guide != handoff.Fine {
		t.Errorf("closed as %+v, %v", closed, err)
	}
	got := b.topic()
	if !got.Closed || !strings.HasPrefix(got.Name, "✓ ") || labels(b.group.Sent(topic.Thread)[0]) != "" {
		t.Errorf("after the closing: %+v, %q", got, labels(b.group.Sent(topic.Thread)[0]))
	}
	// What the person says to the bot later is none of the group's business.
	before := b.texts(topic.Thread)
	b.clock.add(time.Minute)
	b.says(conversation, "друг въпрос")
	b.settle()
	if after := b.texts(topic.Thread); after != before {
		t.Errorf("after the end the topic says %q", after)
	}
	if n := b.count(`SELECT count(*) FROM group_updates WHERE text <> ''`) + b.count(`SELECT count(*) FROM group_messages WHERE text <> ''`); n != 0 {
		t.Errorf("%d rows still hold words", n)
	}
}

func TestWhoMayClaim(t *testing.T) {
	b := connected(t)
	conversation, ticket := b.person("p", "трябва ми помощ")
	b.settle()
	thread := b.topic().Thread
	has(t, b.press(b.stranger, thread, "take"), "свържете своя Telegram")
	has(t, b.press(b.ivanT, thread, "take"), "Не обслужвате тази библиотека")
	if got, _, err := b.tickets.Ticket(b.ctx, everything(), ticket); err != nil || got.State != handoff.Waiting {
		t.Fatalf("%+v, %v", got, err)
	}
	b.stranger.SayIn(b.group, thread, "ехо")
	b.stranger.SayIn(b.group, thread, "ехо")
	b.settle()
	if n := strings.Count(b.texts(thread), "свържете своя Telegram"+""); n > 1 || b.count(`SELECT count(*) FROM ticket_notes`) != 0 {
		t.Errorf("the stranger was told %d times", n)
	}
	// Two press at once: one wins, the other hears who.
	first := b.mariaT.PressIn(b.group, b.group.Sent(thread)[0], "take")
	second := b.petyaT.PressIn(b.group, b.group.Sent(thread)[0], "take")
	b.settle()
	has(t, b.double.WaitAnswer(t, first), "Разговорът е Ваш")
	has(t, b.double.WaitAnswer(t, second), "Вече го пое "+b.maria.Name)
	// Whose role is taken away speaks to nobody any more, though the ticket is still theirs.
	if _, err := b.staff.Change(b.ctx, b.admin.ID, b.maria, staff.Profile{Email: b.maria.Email, Name: b.maria.Name, Roles: []staff.Role{staff.Editor}}); err != nil {
		t.Fatal(err)
	}
	b.mariaT.SayIn(b.group, thread, "Още съм тук.")
	has(t, b.press(b.mariaT, thread, "outcome"), "Не обслужвате тази библиотека")
	if got := b.heard(conversation); len(got) != 0 || !strings.Contains(b.texts(thread), "Човекът не вижда Вашите съобщения: не обслужвате") {
		t.Errorf("the person heard %q", got)
	}
	// An old button of a conversation that is over says so.
	if err := b.tickets.Close(b.ctx, ticket, b.maria, handoff.Closing{Outcome: handoff.Answered, Effort: 1, Guide: handoff.Fine}); err != nil {
		t.Fatal(err)
	}
	has(t, b.press(b.petyaT, thread, "take"), "вече е приключил")
}

func TestPersonalNumbersAreMaskedOnTheWayOut(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.press(b.mariaT, thread, "take")
	b.mariaT.SayIn(b.group, thread, "Вашето ЕГН 7501020018 ли е?")
	b.settle()
	if got := b.heard(conversation); len(got) != 1 || strings.Contains(got[0], "7501020018") {
		t.Errorf("the person heard %q", got)
	}
	has(t, b.texts(thread), "Скрих от съобщението към човека: ЕГН")
	if n := b.count(`SELECT count(*) FROM group_updates WHERE text LIKE '%7501020018%'`); n != 0 {
		t.Error("the number is stored")
	}
}

func TestGroupThatIsNotReady(t *testing.T) {
	b := setup(t)
	code, err := b.desk.Code(b.ctx, b.admin.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	b.mariaT.SayIn(b.group, 0, "здравейте") // not connected: nobody's business
	b.mariaT.SayIn(b.group, 0, "/connect 22222222")
	b.settle()
	b.group.Demote()
	b.group.Forum(false)
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	if n := b.count(`SELECT count(*) FROM group_updates`); n != 2 {
		t.Errorf("%d updates were stored, not the two commands", n)
	}
	sent := b.group.Sent(0)
	has(t, sent[0].Text, "не е верен или е изтекъл")
	has(t, sent[1].Text, "включете темите", "направете ме администратор", "същия код пак")
	b.group.Promote(false, true)
	b.group.Forum(true)
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	has(t, b.group.Sent(0)[2].Text, "управлявам теми")
	b.group.Promote(true, true)
	b.mariaT.SayIn(b.group, 0, "/connect "+code.String())
	b.settle()
	has(t, b.group.Sent(0)[3].Text, "Националният екип")
	groups, err := b.desk.Groups(b.ctx)
	if err != nil || len(groups) != 1 || groups[0].HelpPoint != "" || groups[0].Title != "Екип Враца" {
		t.Errorf("%+v, %v", groups, err)
	}
	if err := b.desk.Disconnect(b.ctx, b.admin.ID, chat); err != nil {
		t.Fatal(err)
	}
	if groups, err := b.desk.Groups(b.ctx); err != nil || len(groups) != 0 {
		t.Errorf("%+v, %v", groups, err)
	}
}

func TestRightsAreLostAndComeBack(t *testing.T) {
	b := connected(t)
	conversation, ticket := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	faulty := func(a staff.Account) Fault {
		t.Helper()
		all, err := b.desk.Faulty(b.ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return ""
		}
		return all[0].Fault
	}
	// Telegram says so.
	b.group.Demote()
	b.settle()
	if faulty(b.maria) != NotAdmin || faulty(b.admin) != NotAdmin || faulty(b.ivan) != "" {
		t.Errorf("at the desks: %q, %q, %q", faulty(b.maria), faulty(b.admin), faulty(b.ivan))
	}
	// The web desk goes on, and the group catches up.
	if err := b.tickets.Claim(b.ctx, ticket, b.maria); err != nil {
		t.Fatal(err)
	}
	b.says(conversation, "ало")
	b.settle()
	if strings.Contains(b.texts(thread), "ало") {
		t.Error("something is sent to a group in which the bot may not work")
	}
	b.group.Promote(true, true)
	b.settle()
	if faulty(b.maria) != "" {
		t.Errorf("still %q", faulty(b.maria))
	}
	has(t, b.texts(thread), "ало", "Поет · ")

	// Telegram doesn't say that topics were turned off: the next call finds out, and a question now and then that they are back.
	b.group.Forum(false)
	b.says(conversation, "още ли сте там")
	b.settle()
	if faulty(b.maria) != NotForum {
		t.Errorf("topics are off: %q", faulty(b.maria))
	}
	b.group.Forum(true)
	b.clock.add(probeEvery)
	if err := b.desk.probe(b.ctx); err != nil {
		t.Fatal(err)
	}
	b.settle()
	has(t, b.texts(thread), "още ли сте там")

	b.group.Kick()
	b.says(conversation, "и пак")
	b.settle()
	if faulty(b.maria) != Removed {
		t.Errorf("removed: %q", faulty(b.maria))
	}
}

func TestTopicDeletedByHandIsMadeAgain(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	b.group.Remove(b.topic().Thread)
	b.says(conversation, "ало")
	b.settle()
	topic := b.topic()
	has(t, b.texts(topic.Thread), "ало")
	has(t, b.press(b.mariaT, topic.Thread, "take"), "Разговорът е Ваш")
}

func TestForgettingDeletesTheTopic(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	b.says(conversation, "това не бива да остава")
	if err := b.desk.plan(b.ctx); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		var contact int64
		if err := tx.QueryRow(b.ctx, `SELECT contact FROM conversations WHERE id = $1`, conversation).Scan(&contact); err != nil {
			return err
		}
		for _, forget := range []func() error{
			func() error { return b.inbox.Forget(b.ctx, tx, contact) },
			func() error { return b.tickets.Forget(b.ctx, tx, contact) },
			func() error { return b.conversations.Forget(b.ctx, tx, contact) },
		} {
			if err := forget(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := b.count(`SELECT count(*) FROM group_messages`); n != 0 {
		t.Errorf("%d things are still to be said", n)
	}
	b.settle()
	if all := b.group.Topics(); len(all) != 0 || len(b.double.Sent(chat)) != 1 {
		t.Errorf("left: %+v", all)
	}
}

func TestContactThatIsDeletedOtherwiseTakesTheTopicAlong(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	b.exec(`DELETE FROM contacts WHERE id = (SELECT contact FROM conversations WHERE id = $1)`, conversation)
	b.settle()
	if all := b.group.Topics(); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
}

func TestTopicGoesAWeekAfterItsTicket(t *testing.T) {
	b := connected(t)
	_, ticket := b.person("p", "помощ")
	b.settle()
	b.press(b.mariaT, b.topic().Thread, "take")
	if err := b.tickets.Close(b.ctx, ticket, b.maria, handoff.Closing{Outcome: handoff.Answered, Effort: 1, Guide: handoff.Fine}); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.clock.add(KeepTopics - time.Hour)
	b.settle()
	b.topic()
	b.clock.add(2 * time.Hour)
	b.settle()
	if all := b.group.Topics(); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
}

func TestTransferToAnotherLibraryClosesTheTopic(t *testing.T) {
	b := connected(t)
	_, ticket := b.person("p", "помощ")
	b.settle()
	b.press(b.mariaT, b.topic().Thread, "take")
	if err := b.tickets.Transfer(b.ctx, ticket, b.maria, handoff.Target{HelpPoint: "mezdra"}, "при вас е"); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.topic(); !got.Closed {
		t.Errorf("after the transfer: %+v", got)
	}
	if err := b.tickets.Claim(b.ctx, ticket, b.ivan); err != nil {
		t.Fatal(err)
	}
	if err := b.tickets.Transfer(b.ctx, ticket, b.ivan, handoff.Target{HelpPoint: "vratsa"}, "не е при нас"); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.topic(); got.Closed || !strings.HasPrefix(got.Name, signWaiting) || labels(b.group.Sent(got.Thread)[0]) != "Поемам" {
		t.Errorf("when it came back: %+v", got)
	}
}

// TestPaceIsKept holds the group to Telegram's 20 messages a minute while people write without end. The double refuses what is too much.
func TestPaceIsKept(t *testing.T) {
	b := connected(t)
	var conversations []int64
	for _, key := range []string{"p1", "p2", "p3"} {
		c, _ := b.person(key, "въпрос на "+key)
		conversations = append(conversations, c)
	}
	b.settle()
	for n := range 60 {
		for i, c := range conversations {
			b.says(c, strings.Repeat("дума ", 5)+"#"+string(rune('a'+i))+string(rune('A'+n%26))+string(rune('0'+n/26))+"#")
		}
		b.turn()
	}
	b.settle()
	all := ""
	for _, topic := range b.group.Topics() {
		all += b.texts(topic.Thread)
	}
	for n := range 60 {
		for i := range conversations {
			if mark := "#" + string(rune('a'+i)) + string(rune('A'+n%26)) + string(rune('0'+n/26)) + "#"; strings.Count(all, mark) != 1 {
				t.Fatalf("%s was said %d times", mark, strings.Count(all, mark))
			}
		}
	}
	if refused := b.double.Refused(); refused != 0 {
		t.Errorf("Telegram had to refuse %d calls", refused)
	}
	sent := b.double.Sent(chat)
	for i := range sent {
		in := 0
		for _, m := range sent[i:] {
			if m.At.Before(sent[i].At.Add(time.Minute)) {
				in++
			}
		}
		if in > 20 {
			t.Fatalf("%d messages within a minute", in)
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	b := connected(t)
	b.person("p", "помощ")
	b.double.Fail(telegramtest.Fault{Method: "createForumTopic", Code: 429, RetryAfter: 40})
	began := b.clock.now()
	b.turn()
	calls := b.double.Calls("createForumTopic")
	b.settle()
	b.topic()
	if waited := b.clock.now().Sub(began); waited < 40*time.Second || b.double.Calls("createForumTopic") != calls+1 {
		t.Errorf("called again after %s, %d calls", waited, b.double.Calls("createForumTopic"))
	}
}

// TestCrashRepeatsAtMostOneMessage cuts the answer to a message off: it was said, and nobody knows.
func TestCrashRepeatsAtMostOneMessage(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.double.Fail(telegramtest.Fault{Method: "sendMessage", Code: 502, Carry: true})
	b.says(conversation, "едно")
	b.turn()
	b.says(conversation, "две")
	b.settle()
	texts := b.texts(thread)
	if one, two := strings.Count(texts, "едно"), strings.Count(texts, "две"); one != 2 || two != 1 {
		t.Errorf("said %d and %d times:\n%s", one, two, texts)
	}
}

// TestCrashSendsNoReplyTwice has a worker die after the person got a reply and before that was noted.
func TestCrashSendsNoReplyTwice(t *testing.T) {
	b := connected(t)
	conversation, ticket := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.press(b.mariaT, thread, "take")
	b.mariaT.SayIn(b.group, thread, "Добър ден!")
	b.petyaT.SayIn(b.group, thread, "бележка")
	b.arrive()
	for range 2 {
		u, ok, err := b.desk.takeUpdate(b.ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := b.desk.do(b.ctx, u); err != nil {
			t.Fatal(err)
		}
		// It dies here: the lease runs out, and another takes the update up.
		b.clock.add(workLease + time.Second)
		again, ok, err := b.desk.takeUpdate(b.ctx)
		if err != nil || !ok || again.ID != u.ID {
			t.Fatal(again.ID, u.ID, ok, err)
		}
		if err := b.desk.deal(b.ctx, again); err != nil {
			t.Fatal(err)
		}
	}
	b.settle()
	if got := b.heard(conversation); len(got) != 1 {
		t.Errorf("the person heard %q", got)
	}
	if notes, err := b.tickets.Notes(b.ctx, ticket); err != nil || len(notes) != 1 {
		t.Errorf("notes %+v, %v", notes, err)
	}
}

func TestTheSameWordsTwiceAreTwoMessages(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.press(b.mariaT, thread, "take")
	b.mariaT.SayIn(b.group, thread, "Да.")
	b.mariaT.SayIn(b.group, thread, "Да.")
	b.settle()
	if got := b.heard(conversation); len(got) != 2 {
		t.Errorf("the person heard %q", got)
	}
	if strings.Contains(b.texts(thread), "Да.") {
		t.Errorf("an echo:\n%s", b.texts(thread))
	}
}

func TestTheSameUpdateAgainChangesNothing(t *testing.T) {
	b := connected(t)
	conversation, _ := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.press(b.mariaT, thread, "take")
	u := telegram.GroupUpdate{ID: 5, Kind: telegram.GroupText, Chat: chat, Thread: thread, User: 70, Message: 9, Text: "Да.", At: b.clock.now()}
	for range 2 {
		if err := b.inbox.Take(b.ctx, u); err != nil {
			t.Fatal(err)
		}
		b.settle()
	}
	if got := b.heard(conversation); len(got) != 1 {
		t.Errorf("the person heard %q", got)
	}
}

// TestAQuickHand presses before the sender has noted which message carries the button.
func TestAQuickHand(t *testing.T) {
	b := connected(t)
	_, ticket := b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.exec(`UPDATE group_topics SET head = NULL`)
	has(t, b.press(b.mariaT, thread, "take"), "Разговорът е Ваш")
	if got, _, err := b.tickets.Ticket(b.ctx, everything(), ticket); err != nil || got.ClaimedBy != b.maria.ID {
		t.Errorf("%+v, %v", got, err)
	}
}
