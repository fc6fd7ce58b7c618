package handoff

import (
	"errors"
	"testing"

	"orientir/handoff/staff"
)

func TestReadyAnswersAreWhoseTheyAre(t *testing.T) {
	b := setup(t)
	maria := b.librarian("maria@example.bg", "vratsa")
	ivan := b.librarian("ivan@example.bg", "vratsa")
	pool := b.librarian("pool@example.bg")
	boss := b.account(staff.Profile{Email: "boss@example.bg", Roles: []staff.Role{staff.Supervisor}})
	save := func(a staff.Account, c Canned) error {
		t.Helper()
		c.Language, c.Text = "bg", "текст"
		_, err := b.desk.SaveCanned(b.ctx, a, c)
		return err
	}
	for _, c := range []struct {
		name string
		by   staff.Account
		save Canned
		may  bool
	}{
		{"one's own", maria, Canned{Scope: Own, Title: "моят"}, true},
		{"the same name of another", ivan, Canned{Scope: Own, Title: "моят"}, true},
		{"the same name once more", ivan, Canned{Scope: Own, Title: "моят"}, false},
		{"one's library's", maria, Canned{Scope: Library, HelpPoint: "vratsa", Title: "на библиотеката"}, true},
		{"another library's", pool, Canned{Scope: Library, HelpPoint: "vratsa", Title: "чужд"}, false},
		{"another library's, by a supervisor", boss, Canned{Scope: Library, HelpPoint: "vratsa", Title: "от ръководителя"}, true},
		{"a library that isn't there", boss, Canned{Scope: Library, HelpPoint: "none", Title: "никой"}, false},
		{"a library without a name", boss, Canned{Scope: Library, Title: "никой"}, false},
		{"shared, by a librarian", maria, Canned{Scope: Shared, Title: "общ"}, false},
		{"shared, by a supervisor", boss, Canned{Scope: Shared, Title: "общ"}, true},
		{"no scope", boss, Canned{Title: "общ"}, false},
	} {
		err := save(c.by, c.save)
		var fault *staff.Fault
		if (err == nil) != c.may || err != nil && !errors.As(err, &fault) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	titles := func(a staff.Account) (all []Canned, list string) {
		t.Helper()
		all, err := b.desk.CannedAnswers(b.ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			list += c.Title + "; "
		}
		return all, list
	}
	if _, got := titles(pool); got != "общ; " {
		t.Errorf("the national team reads %q", got)
	}
	own, got := titles(ivan)
	if got != "моят; на библиотеката; от ръководителя; общ; " {
		t.Errorf("a librarian reads %q", got)
	}
	if _, got := titles(boss); got != "на библиотеката; от ръководителя; общ; " {
		t.Errorf("a supervisor reads %q", got)
	}
	mine := own[0]
	for _, other := range []staff.Account{maria, boss, pool} {
		mine.Title = "отвлечен"
		if _, err := b.desk.SaveCanned(b.ctx, other, mine); err == nil {
			t.Errorf("%s changed another's own answer", other.Name)
		}
		if err := b.desk.RemoveCanned(b.ctx, other, mine.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s removed another's own answer: %v", other.Name, err)
		}
	}
	mine.Title, mine.Text, mine.Scope, mine.HelpPoint = "за всички тук", "ЕГН 7501010010 се крие", Library, "vratsa"
	hidden, err := b.desk.SaveCanned(b.ctx, ivan, mine)
	if err != nil || len(hidden) != 1 {
		t.Fatalf("%v, hidden %v", err, hidden)
	}
	if all, got := titles(maria); got != "моят; за всички тук; на библиотеката; от ръководителя; общ; " || all[1].Owner != 0 {
		t.Errorf("after the change a colleague reads %q", got)
	}
	if err := b.desk.RemoveCanned(b.ctx, maria, mine.ID); err != nil {
		t.Error(err)
	}
}
