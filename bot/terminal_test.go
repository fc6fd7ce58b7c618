package bot

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// kept counts what the database holds of web contacts.
func (h *house) kept() (contacts, messages int) {
	h.t.Helper()
	if err := h.pool.QueryRow(h.ctx, `SELECT (SELECT count(*) FROM contacts WHERE channel = 'web'), (SELECT count(*) FROM messages)`).Scan(&contacts, &messages); err != nil {
		h.t.Fatal(err)
	}
	return contacts, messages
}

func (h *house) clears() {
	h.t.Helper()
	if err := h.clearTerminals(h.ctx); err != nil {
		h.t.Fatal(err)
	}
}

func TestLeavingATerminalLeavesNothing(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	h.code(id)
	if kept, err := h.LeaveTerminal(h.ctx, "web", "terminal", true); kept || err != nil {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	if contacts, messages := h.kept(); contacts != 0 || messages != 0 {
		t.Errorf("%d contacts and %d messages are left", contacts, messages)
	}
	if kept, err := h.LeaveTerminal(h.ctx, "web", "nobody", false); kept || err != nil {
		t.Errorf("a terminal where nothing was said: %v, %v", kept, err)
	}
}

func TestSilentTerminalIsForgotten(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	h.gets(Incoming{Channel: "web", ContactKey: "at home", Kind: Text, Text: "трябва ми съдебно"})
	h.works()
	h.clock.pass(terminalSilence - time.Second)
	if err := h.conversations.TerminalSeen(h.ctx, id); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(terminalSilence - time.Second)
	h.clears()
	if contacts, _ := h.kept(); contacts != 2 {
		t.Fatalf("a terminal that was on is forgotten: %d contacts", contacts)
	}
	h.clock.pass(2 * time.Second)
	h.clears()
	if contacts, _ := h.kept(); contacts != 1 {
		t.Fatalf("%d contacts are left, want the one at home", contacts)
	}
	if _, ok, err := h.conversations.Of(h.ctx, "web", "at home"); !ok || err != nil {
		t.Errorf("a device of somebody's own was forgotten: %v", err)
	}
}

func TestHandOverOutlivesItsTerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		contact string
		after   time.Duration // since the terminal was left
		closed  bool          // the librarian has closed the ticket
		kept    bool
		words   string
	}{
		"a contact was left: it waits for its answer":     {contact: "phone", after: 48 * time.Hour, kept: true, words: "Оставен е телефон"},
		"answered: nothing is kept":                       {contact: "phone", after: time.Hour, closed: true, words: "Оставен е телефон"},
		"no contact: as long as a code can bring it back": {after: CodeLife - time.Second, kept: true, words: "само ако човекът продължи с код"},
		"no contact, no code: nobody could be answered":   {after: CodeLife, words: "само ако човекът продължи с код"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			id := h.atTerminal("terminal")
			h.desk.open = map[int64]Wish{id: {}}
			h.desk.contact = test.contact
			if kept, err := h.LeaveTerminal(h.ctx, "web", "terminal", true); !kept || err != nil {
				t.Fatalf("kept: %v, %v", kept, err)
			}
			if _, ok, _ := h.conversations.Of(h.ctx, "web", "terminal"); ok {
				t.Error("the terminal can still read it")
			}
			said, err := h.conversations.outgoing(h.ctx, id, 0)
			if err != nil || !strings.Contains(said[len(said)-1].Text, test.words) {
				t.Errorf("the librarian reads %q (%v)", said[len(said)-1].Text, err)
			}
			if !h.desk.left {
				t.Error("the desk takes the person for one who waits")
			}
			h.clock.pass(test.after)
			if test.closed {
				h.desk.open = nil
			}
			h.clears()
			if contacts, _ := h.kept(); (contacts == 1) != test.kept {
				t.Errorf("%d contacts are left", contacts)
			}
			if test.kept == false && h.desk.open != nil && len(h.desk.open) > 0 {
				t.Error("the ticket stays open for nobody")
			}
		})
	}
}

func TestWhoSaysSoWithdrawsTheQuestionToo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	h.desk.open = map[int64]Wish{id: {}}
	if kept, err := h.LeaveTerminal(h.ctx, "web", "terminal", false); kept || err != nil {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	if contacts, _ := h.kept(); contacts != 0 || len(h.desk.open) != 0 {
		t.Errorf("%d contacts, %d tickets are left", contacts, len(h.desk.open))
	}
}

func TestCodeBringsBackWhatWasLeftForATicket(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	code := h.code(id)
	h.desk.open = map[int64]Wish{id: {}}
	if _, err := h.LeaveTerminal(h.ctx, "web", "terminal", true); err != nil {
		t.Fatal(err)
	}
	if _, err := h.conversations.TakeByTyped(h.ctx, code.Typed, "phone", "address"); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(24 * time.Hour)
	h.clears()
	if owner := h.ownerOf(id); owner != "phone" {
		t.Errorf("%s owns it", owner)
	}
}

// The code of a conversation that was forgotten meanwhile must not bring back what is left of it.
func TestForgottenConversationHasNoCode(t *testing.T) {
	t.Parallel()
	h := setup(t)
	code := h.code(h.atTerminal("terminal"))
	h.gets(Incoming{Channel: "web", ContactKey: "terminal", Kind: Command, Command: "forget"})
	h.works()
	if _, err := h.conversations.TakeByLink(h.ctx, code.Link, "phone"); !errors.Is(err, ErrNoCode) {
		t.Errorf("got %v", err)
	}
}

func TestTerminalKnowsItsLibrary(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.exec(`INSERT INTO help_points (id, kind, name, name_key, ekatte, address, phone, email, site, offers, source, origin, changed_by) VALUES
		('a-first', 'national', 'А, по-голяма библиотека', 'а', '12259', '', '', '', '', '{}', 'test', 'starter', 'test')`)
	id := h.atTerminal("terminal")
	h.gets(Incoming{Channel: "web", ContactKey: "terminal", Kind: Button, Data: "near"})
	h.works()
	said, err := h.conversations.outgoing(h.ctx, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	near := said[len(said)-1].Body
	if len(near.HelpPoints) != 2 || near.HelpPoints[0].ID != "rb-vratsa" || !strings.Contains(near.Text, "Вие сте тук: Регионална библиотека") {
		t.Errorf("the nearest are %+v: %s", near.HelpPoints, near.Text)
	}
	h.gets(Incoming{Channel: "web", ContactKey: "terminal", Kind: Button, Data: "human"})
	h.works()
	if h.desk.asked.HelpPoint != "rb-vratsa" || h.desk.asked.Place != "12259" {
		t.Errorf("the desk is asked for %+v", h.desk.asked)
	}
	h.gets(Incoming{Channel: "web", ContactKey: "terminal", Kind: Button, Data: "human:pool"})
	h.works()
	if h.desk.asked.HelpPoint != "" || !h.desk.asked.Pool {
		t.Errorf("who chose the national team gets %+v", h.desk.asked)
	}
}
