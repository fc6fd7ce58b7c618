package bot

import (
	"strings"
	"testing"
	"time"
)

func TestDuplicateEventIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	h := setup(t)
	first := h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", EventID: "42"})
	h.works()
	again := h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", EventID: "42"})
	if !again.Duplicate || again.Message != first.Message {
		t.Errorf("the second receipt is %+v, the first %+v", again, first)
	}
	h.works()
	h.wants("twice the same event", "criminal-record")
	if turn := h.conversation().Turn; turn != 1 {
		t.Errorf("the turn is %d", turn)
	}
}

func TestEventIDsOfTwoPeopleDoNotMeet(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Text, Text: "здравейте", EventID: "42"})
	if r := h.gets(Incoming{Kind: Text, Text: "здравейте", EventID: "42", ContactKey: "8"}); r.Duplicate {
		t.Error("another person's event was taken for a duplicate")
	}
}

func TestPersonalNumberIsHiddenBeforeItIsStored(t *testing.T) {
	t.Parallel()
	h := setup(t)
	r := h.says("ЕГН-то ми е 6101057509, трябва ми съдебно")
	messages, err := h.conversations.Messages(h.ctx, r.Conversation, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(messages[0].Text, "6101057509") {
		t.Errorf("stored %q", messages[0].Text)
	}
	h.wants("before any answer", bg("bot.notice_masked", "ЕГН"))
	h.gets(Incoming{Kind: Command, Command: "nearest", Argument: "6101057509"})
	h.wants("in a command", bg("bot.notice_masked", "ЕГН"), bg("bot.notice_masked", "ЕГН"))
}

// An edit is the second way for a number to come in: before the answer, and to a librarian who has read the old words.
func TestNumbersAreMaskedInAnEdit(t *testing.T) {
	t.Parallel()
	h := setup(t)
	r := h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", MessageID: "m1"})
	h.gets(Incoming{Kind: Edited, Text: "трябва ми съдебно, ЕГН 6101057509", Replaces: "m1"})
	h.works()
	h.wants("edited in time", bg("bot.notice_masked", "ЕГН"), "criminal-record")
	h.gets(Incoming{Kind: Edited, Text: "съдебно за 6101057509", Replaces: "m1"}) // too late: it isn't kept
	h.gets(Incoming{Kind: Text, Text: "и още нещо", MessageID: "m2"})
	h.works()
	if err := h.conversations.Claim(h.ctx, h.pool, r.Conversation, "17"); err != nil {
		t.Fatal(err)
	}
	h.gets(Incoming{Kind: Edited, Text: "ЕГН-то ми е 6101057509", Replaces: "m2"})
	h.works()
	messages, err := h.conversations.Messages(h.ctx, r.Conversation, 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	marked := 0
	for _, m := range messages {
		if strings.Contains(m.Text, "6101057509") {
			t.Errorf("stored %q", m.Text)
		}
		if m.From == Person && strings.Contains(m.Text, "скрито") {
			marked++
		}
	}
	if marked != 2 {
		t.Errorf("%d of the two edits that are kept are masked", marked)
	}
	for _, asked := range h.guides.asked {
		if strings.Contains(asked, "6101057509") {
			t.Errorf("the guides were asked %q", asked)
		}
	}
}

// A number that an edit splits over two messages, whichever of them is edited.
func TestNumbersAreMaskedAcrossAnEdit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, edited, becomes string }{
		"the second goes on with the first": {"моето ЕГН е 610105", "чакайте", "second", "7509"},
		"the first begins the second":       {"чакайте", "7509", "first", "моето ЕГН е 610105"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			r := h.gets(Incoming{Kind: Text, Text: c.first, MessageID: "first"})
			h.gets(Incoming{Kind: Text, Text: c.second, MessageID: "second"})
			h.gets(Incoming{Kind: Edited, Text: c.becomes, Replaces: c.edited})
			messages, err := h.conversations.Messages(h.ctx, r.Conversation, 0, 50)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, m := range messages {
				if m.From == Person {
					said = append(said, m.Text)
				}
			}
			if got := strings.Join(said, "; "); got != "моето ЕГН е [ЕГН скрито]; [ЕГН скрито]" {
				t.Errorf("kept: %s", got)
			}
			h.works()
			h.wants("warned once", bg("bot.notice_masked", "ЕГН"), bg("bot.empty"))
		})
	}
}

func TestEditIsAnsweredAnewOnlyBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Text, Text: "трябва ми нещо", MessageID: "m1"})
	h.guides.during = func() { // the edit comes while the old words are being answered
		h.gets(Incoming{Kind: Edited, Text: "трябва ми съдебно", Replaces: "m1"})
	}
	h.works()
	h.wants("edited in time", "criminal-record")
	h.gets(Incoming{Kind: Edited, Text: "нещо съвсем друго", Replaces: "m1"})
	h.works()
	h.wants("edited too late", "criminal-record")
}

func TestOddMessagesGetAKindWord(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Command, Command: "start"})
	h.works()
	h.gets(Incoming{Kind: Unsupported})
	h.works()
	h.says("   ")
	h.works()
	h.says(strings.Repeat("много думи ", 200))
	h.works()
	h.says("с нула\x00 и лош \xff знак")
	h.works()
	h.wants("odd ones", "Ориентир", bg("bot.unsupported"), bg("bot.empty"), bg("bot.too_long"), bg("bot.abstained"))
}

func TestTooManyMessagesAreToldOnce(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *EngineOptions) { o.Limits = Limits{PerMinute: 2, PerHour: 100} })
	h.says("едно")
	h.says("две")
	for range 3 {
		if r := h.says("още"); !r.Limited {
			t.Error("a message over the limit was taken")
		}
	}
	h.wants("over the limit", bg("bot.slow_down"))
	h.gets(Incoming{Kind: Command, Command: "forget"}) // always allowed
	h.works()
	h.wants("forgotten all the same", bg("bot.forgotten"))
}

// The database can't store, and the channel brings the same event again and again: that is not the person's haste.
func TestWhatIsBroughtAgainCountsOnce(t *testing.T) {
	t.Parallel()
	h := setup(t, func(o *EngineOptions) { o.Limits = Limits{PerMinute: 3, PerHour: 100} })
	h.exec(`ALTER TABLE messages ADD CONSTRAINT full_disk CHECK (text <> 'съдебно')`)
	question := Incoming{Channel: "telegram", ContactKey: "7", EventID: "q", Kind: Text, Text: "съдебно"}
	for range 5 {
		if r, err := h.Receive(h.ctx, question); err == nil {
			t.Fatalf("acknowledged: %+v", r)
		}
	}
	h.exec(`ALTER TABLE messages DROP CONSTRAINT full_disk`)
	if r, err := h.Receive(h.ctx, question); err != nil || r.Limited || r.Message == 0 {
		t.Errorf("in the end: %+v, %v", r, err)
	}
	for range 2 {
		h.says("още")
	}
	if r := h.says("още"); !r.Limited {
		t.Error("what came once counts for nothing")
	}
}

func TestLocationIsKeptOnlyAsItsSettlement(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Command, Command: "start"})
	h.works()
	r := h.gets(Incoming{Kind: Location, Lat: 43.2101, Lon: 23.5555})
	h.works()
	h.wants("near the location", "Ориентир", "Това е най-близката библиотека до гр. Враца")
	var erased bool
	var text string
	if err := h.pool.QueryRow(h.ctx, `SELECT lat IS NULL AND lon IS NULL, text FROM messages WHERE id = $1`, r.Message).Scan(&erased, &text); err != nil {
		t.Fatal(err)
	}
	if !erased || text != "Местоположение – гр. Враца" {
		t.Errorf("kept the position: %v, text %q", !erased, text)
	}
	if place := h.conversation().Place; place != "12259" {
		t.Errorf("the place is %q", place)
	}
}

func TestUnknownPlaceOfAKioskIsNoPlace(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.gets(Incoming{Kind: Text, Text: "здравейте", Place: "99999"})
	if place := h.conversation().Place; place != "" {
		t.Errorf("the place is %q", place)
	}
	h.gets(Incoming{Kind: Text, Text: "здравейте", Place: "12259"})
	if place := h.conversation().Place; place != "12259" {
		t.Errorf("the place is %q", place)
	}
}

func TestBlockedContactIsKnownAgainWhenTheyWrite(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.gets(Incoming{Kind: Blocked})
	if h.sends() {
		t.Error("something is sent to somebody who blocked us")
	}
	h.clock.pass(time.Hour)
	h.says("пак съм аз")
	if h.conversation().BlockedAt != nil {
		t.Error("still blocked")
	}
}
