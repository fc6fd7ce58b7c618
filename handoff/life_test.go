package handoff

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// do fails the test where a step could not be made.
func (b *bundle) do(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// inTx runs something as the bot does: in its own transaction, the conversation locked.
func (b *bundle) inTx(conversation int64, do func(tx pgx.Tx) error) {
	b.Helper()
	b.do(pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.ctx, `SELECT FROM conversations WHERE id = $1 FOR NO KEY UPDATE`, conversation); err != nil {
			return err
		}
		return do(tx)
	}))
}

// claimed is a conversation whose ticket an account holds.
func (b *bundle) claimed(key string, a staff.Account) (conversation, ticket int64) {
	b.Helper()
	conversation = b.person(key)
	ticket = b.open(b.wish(conversation)).ID
	b.do(b.desk.Claim(b.ctx, ticket, a))
	return conversation, ticket
}

func (b *bundle) ticket(a staff.Account, id int64) Ticket {
	b.Helper()
	t, ok, err := b.desk.Ticket(b.ctx, a, id)
	if err != nil || !ok {
		b.Fatal("the ticket can't be seen", ok, err)
	}
	return t
}

func (b *bundle) notes(ticket int64) (notes []string) {
	b.Helper()
	all, err := b.desk.Notes(b.ctx, ticket)
	b.do(err)
	for _, n := range all {
		notes = append(notes, n.Kind+": "+n.Text)
	}
	return notes
}

func (b *bundle) last(conversation int64) string {
	b.Helper()
	heard := b.heard(conversation)
	return heard[len(heard)-1]
}

func TestTransferAsksAPersonAndTheGiverHoldsUntilThey(t *testing.T) {
	b := setup(t)
	maria, ivan, eva := b.librarian("maria@example.bg", "vratsa"), b.librarian("ivan@example.bg", "mezdra"), b.librarian("eva@example.bg", "vratsa")
	editor := b.account(staff.Profile{Email: "e@example.bg", Roles: []staff.Role{staff.Editor}})
	c, ticket := b.claimed("a", maria)
	told := len(b.heard(c))
	var fault *staff.Fault
	for _, to := range []Target{{Account: maria.ID}, {Account: editor.ID}, {Account: 999}} {
		if err := b.desk.Transfer(b.ctx, ticket, maria, to, ""); !errors.As(err, &fault) {
			t.Errorf("to %+v: %v", to, err)
		}
	}
	if err := b.desk.Transfer(b.ctx, ticket, eva, Target{Account: ivan.ID}, ""); !errors.Is(err, ErrNotYours) {
		t.Errorf("another gives it away: %v", err)
	}
	b.do(b.desk.Transfer(b.ctx, ticket, maria, Target{Account: ivan.ID}, "пита за КЕП, ЕГН 7523169263"))
	if seen := b.ticket(ivan, ticket); seen.AskedID != ivan.ID || seen.ClaimedBy != maria.ID {
		t.Errorf("who is asked sees %+v", seen)
	}
	if err := b.desk.Transfer(b.ctx, ticket, maria, Target{Account: eva.ID}, ""); !errors.Is(err, ErrAsked) {
		t.Errorf("a second is asked: %v", err)
	}
	if err := b.desk.Accept(b.ctx, ticket, eva); !errors.Is(err, ErrNotAsked) {
		t.Errorf("who was not asked: %v", err)
	}
	if len(b.heard(c)) != told {
		t.Errorf("the person was told of a request: %q", b.last(c))
	}
	if _, err := b.desk.Reply(b.ctx, ticket, maria, "Момент"); err != nil {
		t.Errorf("the giver still holds: %v", err)
	}
	b.do(b.desk.Decline(b.ctx, ticket, ivan, "не мога сега"))
	b.do(b.desk.Transfer(b.ctx, ticket, maria, Target{Account: eva.ID}, ""))
	b.skip(AskedFor + time.Second)
	b.do(b.desk.sweepHeld(b.ctx))
	if seen := b.ticket(maria, ticket); seen.AskedID != 0 || seen.ClaimedBy != maria.ID {
		t.Errorf("after the request lapsed: %+v", seen)
	}
	if err := b.desk.Accept(b.ctx, ticket, eva); !errors.Is(err, ErrNotAsked) {
		t.Errorf("too late: %v", err)
	}
	b.do(b.desk.Transfer(b.ctx, ticket, maria, Target{Account: eva.ID}, ""))
	b.do(b.desk.Accept(b.ctx, ticket, eva))
	if b.holder(c) != holderName(eva.ID) {
		t.Errorf("held by %q", b.holder(c))
	}
	if _, err := b.desk.Reply(b.ctx, ticket, maria, "аз пак"); !errors.Is(err, ErrNotYours) {
		t.Errorf("the giver writes on: %v", err)
	}
	if got := b.heard(c); len(got) != told+2 || got[len(got)-1] != i18n.T("bg", "console.notice_passed", eva.Name) {
		t.Errorf("the person reads %q", got)
	}
	if notes := b.notes(ticket); len(notes) != 2 || strings.Contains(notes[0], "7523169263") || notes[1] != "decline: не мога сега" {
		t.Errorf("notes %q", notes)
	}
	var kinds []string
	events, err := b.desk.Events(b.ctx, ticket)
	b.do(err)
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	if want := strings.Fields("opened claimed asked declined asked lapsed asked accepted"); !slices.Equal(kinds, want) {
		t.Errorf("story %v", kinds)
	}
}

func TestTransferToALibraryKeepsThePlace(t *testing.T) {
	b := setup(t)
	maria, ivan := b.librarian("maria@example.bg", "vratsa"), b.librarian("ivan@example.bg", "mezdra")
	c, ticket := b.claimed("a", maria)
	later := b.person("b")
	w := b.wish(later)
	w.HelpPoint = "mezdra"
	b.open(w)
	var fault *staff.Fault
	for _, to := range []Target{{}, {HelpPoint: "nowhere"}, {Pool: true}} { // nobody serves the pool
		if err := b.desk.Transfer(b.ctx, ticket, maria, to, ""); !errors.As(err, &fault) {
			t.Errorf("to %+v: %v", to, err)
		}
	}
	b.do(b.desk.Transfer(b.ctx, ticket, maria, Target{HelpPoint: "mezdra"}, "трябва им скица от общината"))
	if s, _, _ := b.desk.Status(b.ctx, b.pool, c); s.Claimed || s.Position != 1 {
		t.Errorf("before who came later: %+v", s)
	}
	if b.holder(c) != "" || b.last(c) != i18n.T("bg", "console.notice_sent", "Библиотека Мездра") {
		t.Errorf("held by %q, reads %q", b.holder(c), b.last(c))
	}
	b.do(b.desk.Claim(b.ctx, ticket, ivan))
	if notes := b.notes(ticket); !slices.Equal(notes, []string{"transfer: трябва им скица от общината"}) {
		t.Errorf("notes %q", notes)
	}
}

func TestASecondLibrarianWritesTooAndMayTakeOver(t *testing.T) {
	b := setup(t)
	maria, ivan, eva := b.librarian("maria@example.bg", "vratsa"), b.librarian("ivan@example.bg", "vratsa"), b.librarian("eva@example.bg", "vratsa")
	stranger := b.librarian("s@example.bg", "mezdra")
	c, ticket := b.claimed("a", maria)
	if err := b.desk.Join(b.ctx, ticket, stranger); !errors.Is(err, ErrNotFound) {
		t.Errorf("who may not see it joins: %v", err)
	}
	b.do(b.desk.Join(b.ctx, ticket, ivan))
	if b.last(c) != i18n.T("bg", "console.notice_joined", ivan.Name) {
		t.Errorf("the person reads %q", b.last(c))
	}
	if err := b.desk.Join(b.ctx, ticket, eva); !errors.Is(err, ErrTwo) {
		t.Errorf("a third: %v", err)
	}
	if _, err := b.desk.Reply(b.ctx, ticket, ivan, "И аз съм тук"); err != nil {
		t.Fatal(err)
	}
	messages, err := b.conversations.Messages(b.ctx, c, 0, 100)
	b.do(err)
	if m := messages[len(messages)-1]; m.Author != holderName(ivan.ID) || m.Body.By != ivan.Name {
		t.Errorf("whose words: %+v", m)
	}
	for _, err := range []error{b.desk.Close(b.ctx, ticket, ivan, helped), b.desk.Return(b.ctx, ticket, ivan)} {
		if !errors.Is(err, ErrNotYours) {
			t.Errorf("the second ends it: %v", err)
		}
	}
	b.desk.Here(b.ctx, maria)
	b.do(b.desk.look(b.ctx))
	if err := b.desk.TakeOver(b.ctx, ticket, ivan); !errors.Is(err, ErrHolderHere) {
		t.Errorf("the holder is at the desk: %v", err)
	}
	b.do(b.desk.Leave(b.ctx, ticket, ivan))
	if b.last(c) != i18n.T("bg", "console.notice_parted", ivan.Name, maria.Name) {
		t.Errorf("the person reads %q", b.last(c))
	}
	b.do(b.desk.Join(b.ctx, ticket, eva))
	b.do(b.desk.Return(b.ctx, ticket, maria))
	if b.holder(c) != holderName(eva.ID) || b.last(c) != i18n.T("bg", "console.notice_passed", eva.Name) {
		t.Errorf("given back while a second is there: held by %q, reads %q", b.holder(c), b.last(c))
	}
	b.do(b.desk.Join(b.ctx, ticket, ivan))
	b.do(b.desk.TakeOver(b.ctx, ticket, ivan)) // Eva never was at the desk
	if seen := b.ticket(ivan, ticket); seen.ClaimedBy != ivan.ID || seen.SecondID != 0 || b.holder(c) != holderName(ivan.ID) {
		t.Errorf("taken over: %+v", seen)
	}
}

func TestASupervisorWhoHoldsIsAtTheDesk(t *testing.T) {
	b := setup(t)
	b.librarian("maria@example.bg", "vratsa")
	boss := b.account(staff.Profile{Email: "boss@example.bg", Roles: []staff.Role{staff.Supervisor}})
	b.desk.Here(b.ctx, boss)
	present := func() bool {
		t.Helper()
		b.do(b.desk.look(b.ctx))
		return b.desk.Present(boss.ID)
	}
	if present() {
		t.Error("who serves nowhere and holds nothing counts as present")
	}
	b.claimed("a", boss)
	if !present() {
		t.Error("the holder has the desk open and counts as away")
	}
	b.desk.Gone(b.ctx, boss.ID)
	if present() {
		t.Error("the holder has left and counts as present")
	}
}

func TestNotesAreMaskedAndNeverThePersons(t *testing.T) {
	b := setup(t)
	maria, stranger := b.librarian("maria@example.bg", "vratsa"), b.librarian("s@example.bg", "mezdra")
	c := b.person("a")
	ticket := b.open(b.wish(c)).ID
	if err := b.desk.AddNote(b.ctx, ticket, stranger, "не е моя работа"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a stranger's note: %v", err)
	}
	var fault *staff.Fault
	for _, bad := range []string{" ", strings.Repeat("я", MaxNote+1)} {
		if err := b.desk.AddNote(b.ctx, ticket, maria, bad); !errors.As(err, &fault) {
			t.Errorf("note %.9q: %v", bad, err)
		}
	}
	b.do(b.desk.AddNote(b.ctx, ticket, maria, "каза, че ЕГН е 7523169263"))
	if notes := b.notes(ticket); len(notes) != 1 || strings.Contains(notes[0], "7523") {
		t.Errorf("notes %q", notes)
	}
	if heard := b.heard(c); len(heard) != 0 {
		t.Errorf("the person reads %q", heard)
	}
}

func TestABlockedPersonCantAskForALibrarianForAWhile(t *testing.T) {
	b := setup(t)
	maria := b.librarian("maria@example.bg", "vratsa")
	boss := b.account(staff.Profile{Email: "boss@example.bg", Roles: []staff.Role{staff.Supervisor}})
	c, ticket := b.claimed("a", maria)
	b.do(b.desk.Block(b.ctx, ticket, maria, "обижда и заплашва"))
	until := b.now().Add(BlockedFor)
	if b.holder(c) != "" || b.last(c) != bot.DeskBlocked("bg", until).Text {
		t.Errorf("held by %q, reads %q", b.holder(c), b.last(c))
	}
	if state, outcome, _, _ := b.state(ticket); state != "closed" || outcome != "blocked" {
		t.Error(state, outcome)
	}
	offer, err := b.desk.Offer(b.ctx, b.pool, b.wish(c))
	if err != nil || offer.BlockedUntil.IsZero() || offer.Staffed {
		t.Errorf("offer %+v, %v", offer, err)
	}
	if _, err := b.desk.Open(b.ctx, b.pool, b.wish(c)); !errors.Is(err, ErrBlocked) {
		t.Errorf("opened: %v", err)
	}
	if _, ok, err := b.desk.Past(b.ctx, b.pool, c); ok || err != nil {
		t.Errorf("goes on with who was blocked by: %v, %v", ok, err)
	}
	blocks, err := b.desk.Blocks(b.ctx)
	if err != nil || len(blocks) != 1 || blocks[0].Reason != "обижда и заплашва" || blocks[0].Ticket != ticket {
		t.Fatalf("blocks %+v, %v", blocks, err)
	}
	if err := b.desk.Unblock(b.ctx, blocks[0].ID, maria); !errors.Is(err, ErrNotFound) {
		t.Errorf("a librarian lifts it: %v", err)
	}
	b.do(b.desk.Unblock(b.ctx, blocks[0].ID, boss))
	if err := b.desk.Unblock(b.ctx, blocks[0].ID, boss); !errors.Is(err, ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	again := b.open(b.wish(c)).ID
	b.do(b.desk.Block(b.ctx, again, boss, "пак обижда")) // a supervisor needn't hold it
	b.skip(BlockedFor + time.Minute)
	third := b.open(b.wish(c)).ID
	b.do(b.desk.Block(b.ctx, third, boss, "и още"))
	found, _, _ := b.conversations.Conversation(b.ctx, c)
	b.inTx(c, func(tx pgx.Tx) error { return b.desk.Forget(b.ctx, tx, found.Contact) })
	if blocks, err := b.desk.Blocks(b.ctx); err != nil || len(blocks) != 0 {
		t.Errorf("of who asked to be forgotten is left %+v, %v", blocks, err)
	}
}

func TestClosingOpensATaskForAnEditor(t *testing.T) {
	b := setup(t)
	maria := b.librarian("maria@example.bg", "vratsa")
	c, ticket := b.claimed("a", maria)
	var fault *staff.Fault
	for _, bad := range []Closing{{Outcome: Answered, Effort: 7, Guide: Fine}, {Outcome: Answered, Effort: 1, Guide: "good"}, {Outcome: Answered, Effort: 2, Guide: Wrong}, {Outcome: Answered, Effort: 2, Guide: Missing, Slug: "nonsense"}} {
		if err := b.desk.Close(b.ctx, ticket, maria, bad); !errors.As(err, &fault) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if state, _, _, _ := b.state(ticket); state != "claimed" {
		t.Fatal("a fault closed it")
	}
	b.do(b.desk.Close(b.ctx, ticket, maria, Closing{Outcome: NotHelped, Effort: 3, Guide: Missing, Comment: " за чужденци без ЕГН 7523169263\r\nго няма "}))
	type task struct {
		ID, Ticket                   int64
		Kind                         Verdict
		Slug, Question, Words, State string
	}
	tasks := func() []task {
		t.Helper()
		rows, err := b.pool.Query(b.ctx, `SELECT id, ticket, kind, slug, question, words, state FROM guide_tasks ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[task])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := tasks(); len(list) != 1 || list[0].Kind != Missing || list[0].Question != "трябва ми съдебно" || strings.Contains(list[0].Words, "7523") ||
		!strings.HasSuffix(list[0].Words, "\nго няма") || list[0].Ticket != ticket || list[0].State != "open" {
		t.Fatalf("tasks %+v", list)
	}
	if seen := b.ticket(maria, ticket); seen.Effort != 3 || seen.Guide != Missing || seen.Outcome != NotHelped || seen.Summary != "" {
		t.Errorf("ticket %+v", seen)
	}
	found, _, _ := b.conversations.Conversation(b.ctx, c)
	b.inTx(c, func(tx pgx.Tx) error { return b.desk.Forget(b.ctx, tx, found.Contact) })
	if list := tasks(); len(list) != 1 || list[0].Question != "" || list[0].Words == "" {
		t.Errorf("after the person is forgotten: %+v", list)
	}
	// A wrong guide without a name is the one that was shown last.
	c, ticket = b.claimed("b", maria)
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, body, turn, created_at) VALUES ($1, 'bot', 'reply', '', '{"guide": {"slug": "id-card"}, "language": "bg"}', 1, $2)`, c, b.now())
	b.do(b.desk.Close(b.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 1, Guide: Wrong}))
	if list := tasks(); len(list) != 2 || list[1].Slug != "id-card" {
		t.Errorf("tasks %+v", list)
	}
}

func TestAHandOverIsRatedOnce(t *testing.T) {
	b := setup(t)
	maria := b.librarian("maria@example.bg", "vratsa")
	c, ticket := b.claimed("a", maria)
	other := b.person("b")
	rate := func(conversation int64, helped bool) (fresh bool) {
		t.Helper()
		b.inTx(conversation, func(tx pgx.Tx) (err error) {
			fresh, err = b.desk.RateDesk(b.ctx, tx, conversation, ticket, helped)
			return err
		})
		return fresh
	}
	if rate(c, true) {
		t.Error("rated before it ended")
	}
	b.do(b.desk.Close(b.ctx, ticket, maria, helped))
	if rate(other, true) {
		t.Error("rated by another")
	}
	if !rate(c, false) || rate(c, true) {
		t.Error("the first word counts, and only that")
	}
	b.inTx(c, func(tx pgx.Tx) error {
		return b.desk.CommentDesk(b.ctx, tx, c, ticket, "не отговори на въпроса")
	})
	if seen := b.ticket(maria, ticket); seen.Rating != "not-helped" || seen.RatingComment != "не отговори на въпроса" {
		t.Errorf("ticket %+v", seen)
	}
}

func TestAMatterIsTakenUpAgainWithTheSameLibrarian(t *testing.T) {
	b := setup(t)
	maria := b.librarian("maria@example.bg", "vratsa")
	b.librarian("ivan@example.bg", "vratsa")
	c, first := b.claimed("a", maria)
	if _, err := b.desk.Reply(b.ctx, first, maria, "Заповядайте връзката"); err != nil {
		t.Fatal(err)
	}
	b.do(b.desk.Close(b.ctx, first, maria, helped))
	b.skip(3 * 24 * time.Hour)
	b.says(c, "нещо съвсем друго, казано на програмата")
	b.skip(2 * 24 * time.Hour)
	again := func() (ticket bot.Ticket, past bot.Past) {
		t.Helper()
		b.inTx(c, func(tx pgx.Tx) (err error) {
			ticket, past, err = b.desk.Reopen(b.ctx, tx, b.wish(c), first)
			return err
		})
		return ticket, past
	}
	// She is away: the usual routing, with what was said before.
	ticket, past := again()
	if past.Librarian != maria.Name || past.Present || ticket.Claimed {
		t.Errorf("she is away: %+v, %+v", ticket, past)
	}
	if seen := b.ticket(maria, ticket.ID); seen.Earlier != first || seen.State != Waiting {
		t.Errorf("ticket %+v", seen)
	}
	messages, err := b.desk.Transcript(b.ctx, ticket.ID, 0)
	b.do(err)
	var said []string
	for _, m := range messages {
		said = append(said, m.Text)
	}
	if all := strings.Join(said, "|"); !strings.Contains(all, "Заповядайте връзката") || strings.Contains(all, "на програмата") {
		t.Errorf("the transcript shows %q", said)
	}
	b.inTx(c, func(tx pgx.Tx) error { return b.desk.Cancel(b.ctx, tx, c) })
	// She is at the desk.
	b.desk.Here(b.ctx, maria)
	b.do(b.desk.look(b.ctx))
	if p, ok, err := b.desk.Past(b.ctx, b.pool, c); err != nil || !ok || !p.Present || p.Ticket != first {
		t.Errorf("past %+v, %v, %v", p, ok, err)
	}
	ticket, past = again()
	if !past.Present || !ticket.Claimed || b.holder(c) != holderName(maria.ID) || b.last(c) != i18n.T("bg", "console.notice_again", maria.Name) {
		t.Errorf("%+v, %+v, held by %q, reads %q", ticket, past, b.holder(c), b.last(c))
	}
	if same, _ := again(); same.ID != ticket.ID {
		t.Errorf("a second tap opens %+v", same)
	}
	if _, ok, err := b.desk.Past(b.ctx, b.pool, c); ok || err != nil {
		t.Errorf("a past beside an open ticket: %v", err)
	}
	b.do(b.desk.Close(b.ctx, ticket.ID, maria, helped))
	// With as many people as she takes at once she is not free.
	b.exec(`UPDATE staff SET chat_limit = 1 WHERE id = $1`, maria.ID)
	b.claimed("z", maria)
	if p, _, _ := b.desk.Past(b.ctx, b.pool, c); p.Present {
		t.Error("she talks to as many as she takes")
	}
	b.skip(8 * 24 * time.Hour)
	if ticket, past = again(); past.Ticket != 0 || ticket.ID != 0 {
		t.Errorf("after eight days: %+v, %+v", ticket, past)
	}
}
