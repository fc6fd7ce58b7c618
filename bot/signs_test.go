package bot

import "testing"

func TestLibrariansTypingReachesThePersonOnTheirChannel(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно") // on Telegram
	web := h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", Channel: "web"}).Conversation
	for _, c := range []int64{h.conversation().ID, web} {
		if err := h.ShowTyping(h.ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if h.telegram.signs() != 0 || h.conversations.Typing(h.ctx, web, Librarian) {
		t.Error("typing is shown where no librarian holds the conversation")
	}
	for _, c := range []int64{h.conversation().ID, web} {
		if err := h.conversations.Claim(h.ctx, h.pool, c, "staff:1"); err != nil {
			t.Fatal(err)
		}
		if err := h.ShowTyping(h.ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if h.telegram.signs() != 1 {
		t.Errorf("%d signs on Telegram", h.telegram.signs())
	}
	h.eventually("shown on every replica", func() bool { return h.replica.conversations.Typing(h.ctx, web, Librarian) })
	if h.conversations.Typing(h.ctx, web, Person) {
		t.Error("the person is said to type too")
	}
	h.conversations.Rests(h.ctx, web, Librarian)
	if h.conversations.Typing(h.ctx, web, Librarian) {
		t.Error("still typing after the words were sent")
	}
}

func TestReadReceiptIsOfTheNewestMessageOfTheOtherSide(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("едно")
	c := h.conversation().ID
	if err := h.conversations.Claim(h.ctx, h.pool, c, "staff:1"); err != nil {
		t.Fatal(err)
	}
	var said []int64
	for _, text := range []string{"първо", "второ"} {
		id, err := h.conversations.Say(h.ctx, h.pool, c, "staff:1", Body{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, id)
	}
	upTo := func(who Sender) int64 {
		t.Helper()
		id, err := h.conversations.ReadUpTo(h.ctx, c, who)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if got := upTo(Person); got != 0 {
		t.Errorf("nothing was read, but %d", got)
	}
	h.conversations.Read(h.ctx, c, Person, said[0])
	if got := upTo(Person); got != said[0] {
		t.Errorf("read up to %d, want %d", got, said[0])
	}
	h.conversations.Read(h.ctx, c, Person, said[1])
	h.conversations.Read(h.ctx, c, Person, said[1]+1000) // no message of this conversation
	if got := upTo(Person); got != said[1] {
		t.Errorf("read up to %d, want %d", got, said[1])
	}
	if got := upTo(Librarian); got != 0 {
		t.Errorf("the librarian read nothing, but %d", got)
	}
}
