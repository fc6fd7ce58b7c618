package handoff

import (
	"strings"
	"sync"
	"testing"
)

// asks lets two replicas ask at once.
func (m *mailbox) asks() {
	m.Helper()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := m.Yearly(m.ctx); err != nil {
				m.Error(err)
			}
		})
	}
	both.Wait()
}

func TestLibrariesAreAskedOnceAYear(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-21 11:00") // Saturday
	m := b.mailbox()
	a := b.librarian("v@example.bg", "vratsa")
	b.librarian("pool@example.bg")
	b.exec(`UPDATE staff SET created_at = '2026-01-01'`)
	b.exec(`UPDATE help_points SET confirmed_at = '2025-10-01', confirmed_by = 'staff:1' WHERE id = 'vratsa'`)
	m.asks()
	time.pass(40 * 3600e9) // Monday, 3:00
	m.asks()
	if len(m.sent()) != 0 {
		t.Fatalf("at the weekend and at night: %v", m.sent())
	}
	time.pass(8 * 3600e9)
	m.asks()
	time.pass(24 * 3600e9)
	m.asks()
	letters := m.server.Letters()
	if len(letters) != 1 || letters[0].To != "v@example.bg" || !strings.Contains(letters[0].Text, "https://orientir.example/console/libraries/vratsa") || !strings.Contains(letters[0].Text, "Всичко е вярно") {
		t.Fatalf("%+v", letters)
	}
	// Who doesn't answer is asked a year later; who confirms, a year after that.
	time.pass(365 * 24 * 3600e9)
	m.asks()
	if n := m.sent()["v@example.bg"]; n != 2 {
		t.Errorf("%d letters after a year", n)
	}
	b.exec(`UPDATE help_points SET confirmed_at = $1, confirmed_by = 'staff:1' WHERE id = 'vratsa'`, time.now)
	time.pass(363 * 24 * 3600e9) // a Monday again
	m.asks()
	if n := m.sent()["v@example.bg"]; n != 2 {
		t.Errorf("%d letters though it was confirmed", n)
	}
	b.exec(`INSERT INTO staff_telegram (staff, telegram) VALUES ($1, 77)`, a.ID)
	time.pass(7 * 24 * 3600e9)
	m.asks()
	if len(m.telegram) != 1 || !strings.HasPrefix(m.telegram[0], "77: Вярно ли е още всичко") {
		t.Errorf("by Telegram: %q, by mail: %v", m.telegram, m.sent())
	}
}

func TestWhoWantsNoNoticesIsNotAsked(t *testing.T) {
	b := setup(t)
	b.clock("2026-11-23 11:00")
	m := b.mailbox()
	b.librarian("new@example.bg", "vratsa")
	b.exec(`UPDATE staff SET created_at = '2026-11-22'`)
	b.librarian("quiet@example.bg", "vratsa")
	b.exec(`UPDATE staff SET created_at = '2026-01-01', notices = false WHERE email LIKE 'quiet%'`)
	m.asks()
	if len(m.sent()) != 0 {
		t.Errorf("%v", m.sent())
	}
}
