package handoff

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

func TestALibrarianSuggestsAGuide(t *testing.T) {
	e := setupWorklist(t)
	maria := e.librarian("maria@example.bg", "vratsa")
	ivan := e.librarian("ivan@example.bg", "vratsa")
	by := knowledge.Editor{ID: "staff:7"}
	conversation, ticket := e.claimed("p", maria)
	e.exec(`INSERT INTO messages (conversation, sender, kind, text, turn, created_at) VALUES ($1, 'person', 'text', 'казвам се Пенка Пенева', 1, $2)`, conversation, e.now())
	e.do(onlyError(e.desk.Reply(e.ctx, ticket, maria, "Ловният билет се вади в ловната дружинка. Питайте на 0888 123 456")))
	suggest := func(a staff.Account, title, words string) error {
		return e.list.SuggestGuide(e.ctx, a, by, ticket, "loven-bilet", title, words)
	}
	if err := suggest(maria, "Ловен билет", "дружинката го издава"); !errors.Is(err, ErrNotYours) {
		t.Errorf("from a conversation that still goes on: %v", err)
	}
	e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 3, Guide: Fine}))
	if err := suggest(ivan, "Ловен билет", "дружинката го издава"); !errors.Is(err, ErrNotYours) {
		t.Errorf("from another's conversation: %v", err)
	}
	var fault *staff.Fault
	if err := suggest(maria, "Ловен билет", " "); !errors.As(err, &fault) || fault.Field != "words" {
		t.Errorf("without words: %v", err)
	}
	if err := suggest(maria, " ", "дружинката"); !errors.As(err, &fault) || fault.Field != "guide-title" {
		t.Errorf("without a title: %v", err)
	}
	if begun, taken, err := e.list.Suggested(e.ctx, ticket); err != nil || begun || taken {
		t.Errorf("suggested by what was refused: %v %v %v", begun, taken, err)
	}
	e.publish(e.guide("loven-bilet", "Друго с това име"))
	e.do(suggest(maria, "Ловен билет", "Дружинката го издава, ЕГН 7523169263 не се дава"))
	if begun, taken, err := e.list.Suggested(e.ctx, ticket); err != nil || !begun || !taken {
		t.Errorf("not suggested: %v %v %v", begun, taken, err)
	}
	d, ok, err := e.store.Draft(e.ctx, "loven-bilet-2")
	if err != nil || !ok || d.Guide.Text[knowledge.Bulgarian].Title != "Ловен билет" || d.Stage != knowledge.Drafting {
		t.Fatal(ok, err, d)
	}
	said := e.replies("loven-bilet-2")
	if !strings.Contains(d.Notes, "Дружинката го издава") || !strings.Contains(said, "ловната дружинка") {
		t.Errorf("notes: %s, replies: %s", d.Notes, said)
	}
	for _, words := range []string{"0888", "7523", "Пенка"} {
		if strings.Contains(d.Notes+said, words) {
			t.Errorf("%q is in the notes: %s, or the replies: %s", words, d.Notes, said)
		}
	}
	if _, ok, err := e.store.Guide(e.ctx, "loven-bilet-2"); err != nil || ok {
		t.Error("published without an editor", err)
	}
	if err := suggest(maria, "Ловен билет", "още нещо"); !errors.Is(err, ErrProblemState) {
		t.Errorf("twice: %v", err)
	}
	// It is one more line of the editors' list, and is fixed when an editor publishes it.
	e.collect()
	e.collect()
	list := e.problems("working")
	if len(list) != 1 || list[0].Fix != "loven-bilet-2" || list[0].Name() != "Ловен билет" || list[0].ByName != maria.Name || list[0].People != 1 || len(e.problems("open")) != 0 {
		t.Fatalf("%+v", list)
	}
	e.publishDraft("loven-bilet-2")
	e.collect()
	if list := e.problems("fixed"); len(list) != 1 {
		t.Errorf("after it was published: %+v", list)
	}
}

// replies are what stands beside a draft.
func (e *editing) replies(slug string) (all string) {
	e.Helper()
	list, err := e.list.Replies(e.ctx, slug)
	if err != nil {
		e.Fatal(err)
	}
	for _, r := range list {
		all += strings.Join(r.Words, "\n") + "\n"
	}
	return all
}

// What a librarian wrote to one person is not kept with a draft: it goes when the person is forgotten, and thirty days after.
func TestADraftKeepsNothingOfOnePerson(t *testing.T) {
	e := setupWorklist(t)
	maria := e.librarian("maria@example.bg", "vratsa")
	for who, slug := range map[string]string{"forgotten": "loven-bilet", "stays": "ribolov"} {
		_, ticket := e.claimed(who, maria)
		e.do(onlyError(e.desk.Reply(e.ctx, ticket, maria, "г-жо Иванова, решението за сина Ви е готово")))
		e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 3, Guide: Fine}))
		e.do(e.list.SuggestGuide(e.ctx, maria, knowledge.Editor{ID: "staff:7"}, ticket, slug, "Билет", "издава се от дружинката"))
		if said := e.replies(slug); !strings.Contains(said, "Иванова") {
			t.Errorf("beside the draft: %q", said)
		}
	}
	conversation := e.contact("forgotten")
	found, _, _ := e.conversations.Conversation(e.ctx, conversation)
	e.inTx(conversation, func(tx pgx.Tx) error {
		return errors.Join(e.list.Forget(e.ctx, tx, found.Contact), e.desk.Forget(e.ctx, tx, found.Contact), e.conversations.Forget(e.ctx, tx, found.Contact))
	})
	if said := e.replies("loven-bilet"); said != "" {
		t.Errorf("of who is forgotten: %q", said)
	}
	var kept bool
	if err := e.pool.QueryRow(e.ctx, `SELECT EXISTS (SELECT FROM guide_drafts d WHERE d::text LIKE '%Иванова%')`).Scan(&kept); err != nil || kept {
		t.Error("a draft keeps what was written to one person", err)
	}
	e.skip(31 * 24 * time.Hour)
	if said := e.replies("ribolov"); said != "" {
		t.Errorf("after thirty days: %q", said)
	}
}

func TestNothingIsSuggestedOfWhatTheEditorsHave(t *testing.T) {
	e := setupWorklist(t)
	maria := e.librarian("maria@example.bg", "vratsa")
	e.publish(e.guide("boat", "Лодка"))
	closed := func(who string, guide Verdict, slug string) int64 {
		_, ticket := e.claimed(who, maria)
		e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 3, Guide: guide, Slug: slug, Comment: "таксата е " + who}))
		return ticket
	}
	wrong, missing := closed("p", Wrong, "boat"), closed("q", Missing, "")
	refused := func(what string, ticket int64, want bool) {
		t.Helper()
		if begun, taken, err := e.list.Suggested(e.ctx, ticket); err != nil || begun || taken != want {
			t.Errorf("%s: begun %v, taken %v, %v", what, begun, taken, err)
		}
		if !want {
			return
		}
		if err := e.list.SuggestGuide(e.ctx, maria, knowledge.Editor{ID: "staff:7"}, ticket, "boat-two", "Лодка", "дума"); !errors.Is(err, ErrProblemState) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a guide that is wrong, before it is collected", wrong, true)
	refused("a guide that is missing, before it is collected", missing, false)
	e.collect()
	refused("a guide that is wrong", wrong, true)
	refused("a guide that is missing", missing, false)
	e.exec(`UPDATE problems SET state = 'aside', reason = 'x' WHERE guide = ''`)
	refused("what was put aside", missing, true)
}

func TestASuggestionJoinsWhatTheClosingFound(t *testing.T) {
	e := setupWorklist(t)
	maria := e.librarian("maria@example.bg", "vratsa")
	e.asks("a", "как се вади ловен билет")
	_, ticket := e.claimed("p", maria)
	e.exec(`UPDATE tickets SET summary = 'ловен билет как се вади' WHERE id = $1`, ticket)
	e.do(e.desk.Close(e.ctx, ticket, maria, Closing{Outcome: Answered, Effort: 3, Guide: Missing, Comment: "няма упътване"}))
	e.collect()
	id := e.problems("open")[0].ID
	e.do(e.list.SuggestGuide(e.ctx, maria, knowledge.Editor{ID: "staff:7"}, ticket, "loven-bilet", "Ловен билет", "дружинката го издава"))
	e.collect()
	if list := e.problems("working"); len(list) != 1 || list[0].ID != id || list[0].People != 2 {
		t.Errorf("%+v", list)
	}
	d, _, err := e.store.Draft(e.ctx, "loven-bilet")
	if err != nil || !strings.Contains(d.Notes, "няма упътване") || !strings.Contains(d.Notes, "дружинката го издава") {
		t.Errorf("%v %s", err, d.Notes)
	}
}
