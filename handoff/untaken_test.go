package handoff

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
)

// clock is the desk's time in a test, which the test moves.
type clock struct{ now time.Time }

func (b *bundle) clock(at string) *clock {
	b.Helper()
	start, err := time.ParseInLocation("2006-01-02 15:04", at, sofia())
	if err != nil {
		b.Fatal(err)
	}
	c := &clock{start}
	b.desk.now = func() time.Time { return c.now }
	return c
}

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func (b *bundle) sweep() {
	b.Helper()
	if err := b.desk.look(b.ctx); err != nil {
		b.Fatal(err)
	}
	if err := b.desk.Sweep(b.ctx); err != nil {
		b.Fatal(err)
	}
}

// buttons are what the last message to a person offers.
func (b *bundle) buttons(conversation int64) []string {
	b.Helper()
	messages, err := b.conversations.Messages(b.ctx, conversation, 0, 100)
	if err != nil {
		b.Fatal(err)
	}
	var data []string
	if last := messages[len(messages)-1]; last.Body != nil {
		for _, action := range last.Body.Buttons {
			data = append(data, action.Data)
		}
	}
	return data
}

func TestWhoWaitsIsOfferedOtherWaysOnce(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00") // Monday, the library is open
	a := b.librarian("v@example.bg", "vratsa")
	b.desk.Here(b.ctx, a)
	c := b.person("a")
	ticket := b.open(b.wish(c))
	time.pass(89e9)
	b.sweep()
	if heard := b.heard(c); len(heard) != 0 {
		t.Fatalf("after 89 seconds: %q", heard)
	}
	time.pass(1e9)
	b.sweep()
	heard := b.heard(c)
	if want := "Още никой не е поел въпроса Ви. Библиотекарят вижда, че чакате.\nКак да продължим?"; len(heard) != 1 || heard[0] != want {
		t.Fatalf("after 90 seconds: %q", heard)
	}
	if got := b.buttons(c); !slices.Equal(got, []string{"wait:stay", "wait:leave", "near:open"}) {
		t.Errorf("buttons %q", got)
	}
	for range 5 {
		time.pass(60e9)
		b.sweep()
	}
	if heard := b.heard(c); len(heard) != 1 {
		t.Errorf("said again: %q", heard[1:])
	}
	if err := b.desk.Claim(b.ctx, ticket.ID, a); err != nil {
		t.Fatal(err)
	}
	if heard := b.heard(c); len(heard) != 2 {
		t.Errorf("after the claim: %q", heard)
	}
}

func TestNobodyHearsThatNobodyCameFromTwoReplicasAtOnceOrAfterAClaim(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	a := b.librarian("v@example.bg", "vratsa")
	b.desk.Here(b.ctx, a)
	waits, talks := b.person("a"), b.person("c")
	b.open(b.wish(waits))
	taken := b.open(b.wish(talks))
	if err := b.desk.Claim(b.ctx, taken.ID, a); err != nil {
		t.Fatal(err)
	}
	time.pass(120e9)
	if err := b.desk.look(b.ctx); err != nil {
		t.Fatal(err)
	}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			if err := b.desk.sweepUntaken(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
	if heard := b.heard(waits); len(heard) != 1 {
		t.Errorf("who waits heard %q", heard)
	}
	if heard := b.heard(talks); len(heard) != 1 || !strings.Contains(heard[0], "Включи се") {
		t.Errorf("who talks to a librarian heard %q", heard)
	}
}

func TestAQuestionThatIsLeftIsNotAskedAbout(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	b.librarian("v@example.bg", "vratsa")
	c := b.person("a")
	ticket := b.open(b.wish(c))
	leave := func() (left bool) {
		t.Helper()
		err := pgx.BeginFunc(b.ctx, b.pool, func(tx pgx.Tx) (err error) {
			var now bot.Ticket
			now, left, err = b.desk.LeaveQuestion(b.ctx, tx, c)
			if left && (!now.Left || now.ID != ticket.ID) {
				t.Errorf("left: %+v", now)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	if !leave() || !leave() {
		t.Error("a ticket that waits can be left, also twice")
	}
	for range 20 {
		time.pass(3600e9)
		b.sweep()
	}
	if heard := b.heard(c); len(heard) != 0 {
		t.Errorf("heard %q", heard)
	}
	if err := b.desk.Cancel(b.ctx, b.pool, c); err != nil {
		t.Fatal(err)
	}
	if leave() {
		t.Error("there is nothing to leave any more")
	}
}

func TestTheLibraryClosesForTheDay(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 16:50")
	b.librarian("v@example.bg", "vratsa")
	c := b.person("a")
	b.open(b.wish(c))
	time.pass(5 * 60e9)
	b.sweep()
	heard := b.heard(c)
	if want := "Още никой не е поел въпроса Ви. Отворено е, но сега никой не е на линия.\nКак да продължим?"; len(heard) != 1 || heard[0] != want {
		t.Fatalf("while it is open: %q", heard)
	}
	time.pass(10 * 60e9)
	b.sweep()
	heard = b.heard(c)
	want := "Библиотека Враца затвори за днес. Отваря в понеделник в 9:00 ч.\nВъпросът Ви остава, докато тази страница е отворена. Ако тръгвате, натиснете „Остави въпроса“."
	want = strings.Replace(want, "в понеделник в 9:00 ч.", "на 30 ноември 2026 г. в 9:00 ч.", 1)
	if len(heard) != 2 || heard[1] != want {
		t.Fatalf("after closing: %q", heard)
	}
	for range 48 {
		time.pass(3600e9)
		b.sweep()
	}
	if heard := b.heard(c); len(heard) != 2 {
		t.Errorf("said again: %q", heard[2:])
	}
}

func TestWhoAskedAtNightHearsNoClosing(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-22 22:00") // Sunday
	b.librarian("v@example.bg", "vratsa")
	c := b.person("a")
	b.open(b.wish(c))
	time.pass(2 * 60e9)
	b.sweep()
	time.pass(3600e9)
	b.sweep()
	if heard := b.heard(c); len(heard) != 1 || !strings.Contains(heard[0], "Сега е затворено. Отваря утре в 9:00 ч.") {
		t.Errorf("heard %q", heard)
	}
}

func TestUnknownHoursAreSaidBeforeWaitingAndWhileNobodyComes(t *testing.T) {
	b := setup(t)
	b.exec(`UPDATE help_points SET phone = '0910 93017; 0910 93018' WHERE id = 'mezdra'`)
	b.librarian("m@example.bg", "mezdra")
	for _, at := range []string{"2026-11-23 10:00", "2026-11-22 22:00"} { // in office hours, and at night
		time := b.clock(at)
		c := b.person(at)
		if o, err := b.desk.Offer(b.ctx, b.pool, b.wish(c)); err != nil || o.HelpPoint != "mezdra" || o.OpenNow != nil || o.Phone != "0910 93017" {
			t.Errorf("%s: %+v, %v", at, o, err)
		}
		b.open(b.wish(c))
		time.pass(2 * 60e9)
		b.sweep()
		want := "Още никой не е поел въпроса Ви. Сега никой не е на линия. Не знам работното време на библиотеката, обадете се на 0910 93017.\nКак да продължим?"
		if heard := b.heard(c); len(heard) != 1 || heard[0] != want {
			t.Errorf("%s: %q", at, heard)
		}
	}
}

func TestNextRingSeesATicketThatNobodyTakes(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	v, m, p := b.librarian("v@example.bg", "vratsa"), b.librarian("m@example.bg", "mezdra"), b.librarian("pool@example.bg")
	c := b.person("a")
	at := func(want string) {
		t.Helper()
		var got, why, name string
		if err := b.pool.QueryRow(b.ctx, `SELECT coalesce(help_point, 'pool'), why, why_name FROM tickets WHERE conversation = $1`, c).Scan(&got, &why, &name); err != nil {
			t.Fatal(err)
		}
		if got = strings.TrimSpace(got + " " + why + " " + name); got != want {
			t.Errorf("the ticket is at %q, want %q", got, want)
		}
	}
	b.open(b.wish(c))
	at("vratsa console.why_own")
	b.desk.Here(b.ctx, m)
	time.pass(59e9)
	b.sweep()
	at("vratsa console.why_own")
	time.pass(1e9)
	b.sweep()
	at("mezdra console.why_absent Библиотека Враца")
	if heard := b.heard(c); len(heard) != 0 {
		t.Errorf("nothing is said yet: %q", heard)
	}
	time.pass(30e9)
	b.sweep()
	heard := b.heard(c)
	if want := "Още никой не е поел въпроса Ви.\nВъпросът Ви вече е при друг екип: Библиотека Мездра. Сега там има библиотекар.\nКак да продължим?"; len(heard) != 1 || heard[0] != want {
		t.Errorf("heard %q", heard)
	}
	// Mezdra looks on and doesn't take it; Vratsa has come, but had its turn.
	b.desk.Here(b.ctx, v)
	b.desk.Here(b.ctx, p)
	time.pass(4 * 60e9)
	b.sweep()
	at("pool console.why_untaken Библиотека Мездра")
	time.pass(10 * 60e9)
	b.sweep()
	at("pool console.why_untaken Библиотека Мездра")
	if heard := b.heard(c); len(heard) != 1 {
		t.Errorf("the second move is not told: %q", heard)
	}
}

func TestWhatThePersonChoseStaysThere(t *testing.T) {
	b := setup(t)
	time := b.clock("2026-11-23 10:00")
	b.librarian("v@example.bg", "vratsa")
	b.desk.Here(b.ctx, b.librarian("m@example.bg", "mezdra"))
	wish := b.wish(b.person("a"))
	wish.HelpPoint = "vratsa"
	if err := b.desk.look(b.ctx); err != nil {
		t.Fatal(err)
	}
	ticket := b.open(wish)
	time.pass(3600e9)
	b.sweep()
	if _, _, _, at := b.state(ticket.ID); at != "vratsa" {
		t.Errorf("went to %q", at)
	}
}

func TestOfferCountsRoomAndWho(t *testing.T) {
	b := setup(t)
	b.clock("2026-11-23 10:00")
	a := b.librarian("v@example.bg", "vratsa")
	b.desk.Here(b.ctx, a)
	b.exec(`UPDATE staff SET chat_limit = 1`)
	offer := func() bot.Offer {
		t.Helper()
		if err := b.desk.look(b.ctx); err != nil {
			t.Fatal(err)
		}
		o, err := b.desk.Offer(b.ctx, b.pool, b.wish(b.person(t.Name()+time.Now().String())))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := offer(); !o.Present || o.Busy || o.Ahead != 0 {
		t.Errorf("free: %+v", o)
	}
	first := b.open(b.wish(b.person("a")))
	if o := offer(); !o.Busy || o.Ahead != 1 {
		t.Errorf("one waits for the only place: %+v", o)
	}
	if err := b.desk.Claim(b.ctx, first.ID, a); err != nil {
		t.Fatal(err)
	}
	if o := offer(); !o.Busy || o.Ahead != 0 {
		t.Errorf("the only place is taken: %+v", o)
	}
	// The limit is for routing: who wants to take more may.
	second := b.open(b.wish(b.person("c")))
	if err := b.desk.Claim(b.ctx, second.ID, a); err != nil {
		t.Error(err)
	}
}

func TestOfferNamesTheHoliday(t *testing.T) {
	b := setup(t)
	b.exec(`UPDATE help_points SET hours = '{"week": [[[540, 1020]], [[540, 1020]], [[540, 1020]], [[540, 1020]], [[540, 1020]], [], []],
		"exceptions": [{"from": "2026-12-14", "to": "2026-12-18", "hours": [], "reason": "ремонт"}]}' WHERE id = 'vratsa'`)
	b.librarian("v@example.bg", "vratsa")
	for _, c := range []struct{ at, holiday, closure, next string }{
		{"2026-12-24 10:00", "Бъдни вечер", "", "2026-12-29 09:00"},
		{"2026-12-28 10:00", "Рождество Христово", "", "2026-12-29 09:00"},
		{"2026-12-26 10:00", "", "", "2026-12-29 09:00"}, // Saturday: closed anyway
		{"2026-12-15 10:00", "", "ремонт", "2026-12-21 09:00"},
		{"2026-12-01 07:00", "", "", "2026-12-01 09:00"},
		{"2026-12-01 10:00", "", "", ""},
	} {
		b.clock(c.at)
		o, err := b.desk.Offer(b.ctx, b.pool, b.wish(1))
		if err != nil {
			t.Fatal(err)
		}
		next := ""
		if !o.NextOpen.IsZero() {
			next = o.NextOpen.In(sofia()).Format("2006-01-02 15:04")
		}
		if o.Holiday != c.holiday || o.Closure != c.closure || next != c.next || *o.OpenNow != (c.next == "") {
			t.Errorf("%s: %+v, next %s", c.at, o, next)
		}
	}
}

func TestWhyWords(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, sofia())
	ticket := Ticket{Why: "console.why_closed", WhyName: "Библиотека Враца", WhyUntil: &monday}
	for _, c := range []struct {
		language string
		now      time.Time
		want     string
	}{
		{"bg", monday.Add(-12 * time.Hour), "Библиотека Враца отваря утре в 9:00 ч., затова при вас."},
		{"en", monday.Add(-time.Hour), "Библиотека Враца opens today at 9:00, so it came to you."},
		{"bg", monday, "Библиотека Враца беше затворена, затова при вас."},
	} {
		if got := ticket.WhyWords(c.now.UTC(), c.language); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := (Ticket{Why: "console.why_untaken"}).WhyWords(monday, "bg"); got != "В националния екип никой не пое въпроса, затова при вас." {
		t.Errorf("of the pool: %q", got)
	}
	if got := (Ticket{Why: "console.why_own"}).WhyWords(monday, "bg"); strings.Contains(got, "%") || got == "" {
		t.Errorf("own: %q", got)
	}
}
