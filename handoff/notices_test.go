package handoff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"orientir/bot"
	"orientir/handoff/mail/mailtest"
)

// mailbox is the notices of a desk, with a mail server that takes the letters and a Telegram that takes what a test lets it take.
type mailbox struct {
	*bundle
	*Notices
	server   *mailtest.Server
	mu       sync.Mutex
	telegram []string // «chat: words»
	answers  []error
}

func (b *bundle) mailbox() *mailbox {
	b.Helper()
	m := &mailbox{bundle: b, server: mailtest.Start(b.T, mailtest.Options{StartTLS: true})}
	m.Notices = NewNotices(b.desk, NoticeOptions{PublicURL: "https://orientir.example", Mail: m.server.Sender, Telegram: func(_ context.Context, chat int64, words string) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if len(m.answers) > 0 {
			err := m.answers[0]
			m.answers = m.answers[1:]
			return err
		}
		m.telegram = append(m.telegram, fmt.Sprintf("%d: %s", chat, words))
		return nil
	}})
	return m
}

func (m *mailbox) tell() {
	m.Helper()
	if err := m.bundle.desk.look(m.ctx); err != nil {
		m.Fatal(err)
	}
	if err := m.Notices.Sweep(m.ctx); err != nil {
		m.Fatal(err)
	}
}

// sent counts the letters to each address.
func (m *mailbox) sent() map[string]int {
	n := map[string]int{}
	for _, l := range m.server.Letters() {
		n[l.To]++
	}
	return n
}

func TestStaffAreToldOnceAndNothingOfThePerson(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.librarian("v@example.bg", "vratsa")
	b.librarian("m@example.bg", "mezdra")
	b.librarian("pool@example.bg")
	c := b.person("a")
	b.exec(`INSERT INTO messages (conversation, sender, kind, text, body, turn, created_at)
		VALUES ($1, 'bot', 'reply', '', '{"guide": {"slug": "criminal-record", "text": {"Title": "Свидетелство за съдимост"}}}', 1, $2)`, c, time.now)
	b.open(b.wish(c))
	m.tell()
	if got := m.sent(); len(got) != 0 {
		t.Errorf("at once: %v", got)
	}
	time.pass(20e9)
	m.tell()
	m.tell()
	letters := m.server.Letters()
	if got := m.sent(); len(got) != 1 || got["v@example.bg"] != 1 {
		t.Fatalf("after 20 seconds: %v", got)
	}
	l := letters[0]
	want := "Здравейте, V!\n\nНякой чака библиотекар, а бюрото е затворено.\n– 10:00 ч., относно: „Свидетелство за съдимост“ (Библиотека Враца)\n\n" +
		"Отворете бюрото: https://orientir.example/console/queue\n\nНе искате такива съобщения? Изключете ги в профила си: https://orientir.example/console/account\n"
	if l.Subject != "Някой чака отговор в Ориентир" || strings.TrimSpace(l.Text) != strings.TrimSpace(want) || !l.Secure {
		t.Errorf("the letter: %+v", l)
	}
	for range 10 {
		time.pass(15 * 60e9)
		m.tell()
	}
	if got := m.sent(); got["v@example.bg"] != 1 {
		t.Errorf("told again: %v", got)
	}
}

func TestABurstIsOneMessage(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.librarian("v@example.bg", "vratsa")
	arrives := func() int64 {
		id := b.open(b.wish(b.person(fmt.Sprint(len(m.server.Letters()), time.now)))).ID
		time.pass(20e9)
		m.tell()
		return id
	}
	for range 12 {
		arrives()
	}
	if got := m.sent(); got["v@example.bg"] != 1 {
		t.Errorf("in four minutes: %v", got)
	}
	time.pass(7 * 60e9)
	m.tell()
	letters := m.server.Letters()
	if len(letters) != 2 || letters[1].Subject != "11 души чакат отговор в Ориентир" || strings.Count(letters[1].Text, "относно") != 10 {
		t.Errorf("after ten minutes: %d, %+v", len(letters), letters[len(letters)-1])
	}
}

func TestNobodyIsToldAtNightOrWhoIsThere(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-22 22:00") // Sunday; Vratsa opens on Monday at 9
	m := b.mailbox()
	b.librarian("v@example.bg", "vratsa")
	pool := b.librarian("pool@example.bg")
	off := b.librarian("off@example.bg", "vratsa")
	if err := b.staff.SetDesk(b.ctx, off.ID, false, 4); err != nil {
		t.Fatal(err)
	}
	b.open(b.wish(b.person("a")))
	wish := b.wish(b.person("c"))
	wish.Place = ""
	b.open(wish) // to the pool
	for time.now.Hour() != 9 {
		time.pass(20 * 60e9)
		if time.now.Hour() != 9 {
			m.tell()
		}
	}
	if got := m.sent(); len(got) != 0 {
		t.Fatalf("at night: %v", got)
	}
	m.tell()
	if got := m.sent(); len(got) != 0 {
		t.Fatalf("who opens the desk needs no letter: %v", got)
	}
	b.desk.Here(b.ctx, pool)
	time.pass(5 * 60e9)
	m.tell()
	if got := m.sent(); len(got) != 1 || got["v@example.bg"] != 1 {
		t.Errorf("five past nine: %v", got)
	}
	if text := m.server.Letters()[0].Text; !strings.Contains(text, "22 ноември 2026 г., 22:00 ч.") {
		t.Errorf("since when: %s", text)
	}
}

// TestWorkInAGroupEndsNoNoticesOfOtherLibraries has somebody of two libraries work in the group of one while somebody waits at the other.
func TestWorkInAGroupEndsNoNoticesOfOtherLibraries(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	a := b.librarian("v@example.bg", "vratsa", "mezdra")
	wish := b.wish(b.person("a"))
	wish.HelpPoint = "mezdra"
	if _, _, _, at := b.state(b.open(wish).ID); at != "mezdra" {
		t.Fatalf("it waits at %q", at)
	}
	time.pass(20e9)
	s, _, err := b.desk.situation(b.ctx, b.pool, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.find(b.ctx, s); err != nil { // nobody was there when it fell due
		t.Fatal(err)
	}
	b.desk.HereInGroup(b.ctx, a, "vratsa")
	m.tell()
	if got := m.sent(); got["v@example.bg"] != 1 {
		t.Errorf("told: %v, %v", got, b.strings(`SELECT coalesce(way, '') FROM staff_notices`))
	}
}

func TestWhatWasTakenMeanwhileIsNotTold(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-22 22:00")
	m := b.mailbox()
	a := b.librarian("v@example.bg", "vratsa")
	ticket := b.open(b.wish(b.person("a")))
	time.pass(60e9)
	m.tell()
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	time.pass(12 * 3600e9)
	m.tell()
	if got := m.sent(); len(got) != 0 {
		t.Errorf("told of a ticket that is taken: %v", got)
	}
}

func TestTelegramComesBeforeMail(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	a := b.librarian("v@example.bg", "vratsa")
	b.exec(`INSERT INTO staff_telegram (staff, telegram) VALUES ($1, 77)`, a.ID)
	arrives := func() {
		t.Helper()
		b.open(b.wish(b.person(fmt.Sprint(time.now))))
		time.pass(11 * 60e9)
		m.tell()
	}
	arrives()
	if len(m.telegram) != 1 || !strings.HasPrefix(m.telegram[0], "77: Някой чака отговор в Ориентир\n\nЗдравейте") || len(m.sent()) != 0 {
		t.Fatalf("by Telegram: %q, by mail: %v", m.telegram, m.sent())
	}
	// A limit is waited for, and nothing goes by mail meanwhile.
	m.answers = []error{&bot.RetryAfter{D: 30e9}}
	arrives()
	if len(m.telegram) != 1 || len(m.sent()) != 0 {
		t.Errorf("during the limit: %q, %v", m.telegram, m.sent())
	}
	time.pass(30e9)
	m.tell()
	if len(m.telegram) != 2 {
		t.Errorf("after the limit: %q", m.telegram)
	}
	// Who has blocked the bot reads it in the mail.
	m.answers = []error{&bot.Refused{Blocked: true}}
	arrives()
	if len(m.telegram) != 2 || m.sent()["v@example.bg"] != 1 {
		t.Errorf("blocked: %q, %v", m.telegram, m.sent())
	}
}

func TestALetterThatFailsIsTriedAgainNotForEver(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.librarian("v@example.bg", "vratsa")
	m.server.Refuse(451, "later")
	b.open(b.wish(b.person("a")))
	time.pass(20e9)
	m.tell()
	if got := m.sent(); len(got) != 0 {
		t.Fatalf("the server took it: %v", got)
	}
	time.pass(2 * 60e9)
	m.tell()
	if got := m.sent(); got["v@example.bg"] != 1 {
		t.Errorf("the second try: %v", got)
	}
	m.server.Refuse(550, "no such person")
	b.open(b.wish(b.person("c")))
	for range 5 {
		time.pass(15 * 60e9)
		m.tell()
	}
	ways := b.strings(`SELECT way FROM staff_notices ORDER BY ticket`)
	if got := m.sent(); got["v@example.bg"] != 1 || !slices.Equal(ways, []string{"mail", "none"}) {
		t.Errorf("refused for good: %v, %v", got, ways)
	}
}

func TestReplicasTellOnce(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	m := b.mailbox()
	b.librarian("v@example.bg", "vratsa")
	b.open(b.wish(b.person("a")))
	b.open(b.wish(b.person("c")))
	time.pass(60e9)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			if err := m.Notices.Sweep(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
	if letters := m.server.Letters(); len(letters) != 1 || letters[0].Subject != "2 души чакат отговор в Ориентир" {
		t.Errorf("%+v", letters)
	}
}

func TestWritable(t *testing.T) {
	t.Parallel()
	sunday := time.Date(2026, 11, 22, 22, 0, 0, 0, sofia())
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, sofia())
	for _, c := range []struct {
		name string
		q    queue
		want time.Time
	}{
		{"open", queue{open: isOpen}, sunday},
		{"unknown hours, in the office", queue{open: isUnsure}, sunday},
		{"unknown hours, at night", queue{}, monday.Add(noticeOpening)},
	} {
		if got := writable(c.q, sunday); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func (b *bundle) strings(sql string, args ...any) (all []string) {
	b.Helper()
	if err := b.pool.QueryRow(b.ctx, `SELECT array_agg(s) FROM (`+sql+`) q (s)`, args...).Scan(&all); err != nil {
		b.Fatal(err)
	}
	return all
}
