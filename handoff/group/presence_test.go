package group

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"orientir/bot/telegram/telegramtest"
	"orientir/handoff"
	"orientir/handoff/staff"
)

// present has the desk look until it notices that accounts are there.
func (b *bundle) present(accounts ...staff.Account) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan error, 1)
	go func() { done <- b.tickets.Run(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		seen := 0
		for _, a := range accounts {
			if b.tickets.Present(a.ID) {
				seen++
			}
		}
		if seen == len(accounts) {
			break
		}
		if time.Now().After(deadline) {
			b.Fatal("who is there is not seen")
		}
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func TestWhoWorksInTheGroupIsPresent(t *testing.T) {
	b := connected(t)
	b.open()
	b.person("p", "помощ")
	b.settle()
	thread := b.topic().Thread
	b.press(b.mariaT, thread, menuTake)
	b.petyaT.SayIn(b.group, thread, "Може и онлайн!")
	b.ivanT.SayIn(b.group, thread, "И при нас е така.") // who does not serve the library
	b.settle()
	b.present(b.maria, b.petya)
	if b.tickets.Present(b.ivan.ID) {
		t.Error("who wrote in a group of others counts as present")
	}
	// Once the library has closed, who holds is still with their person, and waits for nobody else.
	b.shut()
	b.tickets.Here(b.ctx, b.ivan)
	b.present(b.maria, b.ivan)
	if b.tickets.Present(b.petya.ID) || b.tickets.PresentAt(b.maria.ID, "vratsa") {
		t.Error("they wait for the next topic while the library is closed")
	}
	b.press(b.mariaT, thread, dataReturn)
	late := b.account("late@example.bg", []staff.Role{staff.Librarian}, "mezdra")
	b.tickets.Here(b.ctx, late)
	b.present(late)
	if b.tickets.Present(b.maria.ID) {
		t.Error("who gave the ticket back is present while the library is closed")
	}
}

// TestHolderOfAnotherLibraryIsPresent has Ivan of Mezdra accept a ticket of Vratsa's in Vratsa's group, and work there.
func TestHolderOfAnotherLibraryIsPresent(t *testing.T) {
	b, ticket, thread := held(t)
	b.shut()
	b.asks(ticket, b.ivan, "")
	has(t, b.press(b.ivanT, thread, dataAccept), "Разговорът е Ваш")
	if err := b.tickets.Join(b.ctx, ticket, b.petya); err != nil {
		t.Fatal(err)
	}
	b.present(b.ivan)
	if err := b.tickets.TakeOver(b.ctx, ticket, b.petya); !errors.Is(err, handoff.ErrHolderHere) {
		t.Errorf("the second takes over from who is there: %v", err)
	}
}

// TestWorkCountsWhereTheGroupIs has people of two libraries work in a topic of Vratsa's whose ticket has gone to Mezdra.
func TestWorkCountsWhereTheGroupIs(t *testing.T) {
	b, ticket, thread := held(t)
	b.open()
	var both []staff.Account
	var people []*telegramtest.Person
	for i := range 3 {
		both = append(both, b.account(fmt.Sprintf("both%d@example.bg", i), []staff.Role{staff.Librarian}, "vratsa", "mezdra"))
		people = append(people, b.linked(int64(80+i), both[i]))
	}
	if err := b.tickets.Transfer(b.ctx, ticket, b.maria, handoff.Target{HelpPoint: "mezdra"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.tickets.Claim(b.ctx, ticket, both[0]); err != nil {
		t.Fatal(err)
	}
	people[0].SayIn(b.group, thread, "Добър ден!")
	people[1].SayIn(b.group, thread, "Може и онлайн.")
	has(t, b.press(people[2], thread, menuTake), "Вече го пое")
	b.present(both...)
	for i, a := range both {
		if !b.tickets.PresentAt(a.ID, "vratsa") || b.tickets.PresentAt(a.ID, "mezdra") {
			t.Errorf("%d: at Vratsa %v, at Mezdra %v", i, b.tickets.PresentAt(a.ID, "vratsa"), b.tickets.PresentAt(a.ID, "mezdra"))
		}
	}
}

// TestWhoIsAtAnotherLibraryIsNotToChoose has somebody of two libraries work in the group of the other.
func TestWhoIsAtAnotherLibraryIsNotToChoose(t *testing.T) {
	b, _, thread := held(t)
	b.open()
	both := b.account("both@example.bg", []staff.Role{staff.Librarian}, "vratsa", "mezdra")
	b.tickets.HereInGroup(b.ctx, both, "mezdra")
	b.present(both)
	has(t, b.press(b.mariaT, thread, menuPass), "Никой друг от библиотеката не е на линия")
}
