package bot

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge"
)

// lesson adds a training at the house's library, days from its clock's today, at 14:00.
func (h *house) lesson(days, places int) knowledge.Training {
	h.t.Helper()
	sofia := h.clock.now().In(h.sofia)
	starts := time.Date(sofia.Year(), sofia.Month(), sofia.Day()+days, 14, 0, 0, 0, h.sofia)
	added, err := h.store.AddTraining(h.ctx, knowledge.Training{HelpPoint: "rb-vratsa", Topic: "Имейл за начинаещи", StartsAt: starts, Places: &places}, "staff:1")
	if err != nil {
		h.t.Fatal(err)
	}
	return added
}

// changes changes a training as a librarian does.
func (h *house) changes(change func(s *knowledge.Store) error) {
	h.t.Helper()
	if err := pgx.BeginFunc(h.ctx, h.pool, func(tx pgx.Tx) error { return change(knowledge.NewStore(tx)) }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) tells() {
	h.t.Helper()
	var both sync.WaitGroup
	for _, e := range []*Engine{h.Engine, h.replica} { // the lead is only a saving: two say it once as well
		both.Go(func() {
			if err := e.conversations.TellTrainings(h.ctx, e.store); err != nil {
				h.t.Error(err)
			}
		})
	}
	both.Wait()
}

// said is the last thing said, and how much has been said so far.
func (h *house) said() (string, int) {
	h.t.Helper()
	all := h.replies()
	if len(all) == 0 {
		return "", 0
	}
	return all[len(all)-1], len(all)
}

func TestNoMorePeopleThanPlaces(t *testing.T) {
	t.Parallel()
	h := setup(t)
	const people, places = 12, 5
	n := h.lesson(7, places+2)
	n.Taken = 2 // promised by phone
	h.changes(func(s *knowledge.Store) (err error) {
		_, n, err = s.ChangeTraining(h.ctx, n, "staff:1", SignedUp)
		return err
	})
	for i := range people {
		h.gets(Incoming{ContactKey: strconv.Itoa(100 + i), Kind: Button, Data: "course:join:" + digits(n.Number)})
	}
	var workers sync.WaitGroup
	for _, e := range []*Engine{h.Engine, h.replica, h.Engine, h.replica, h.Engine, h.replica} {
		workers.Go(func() {
			for {
				l, ok, err := e.lease(h.ctx)
				if err != nil || !ok {
					return
				}
				if _, err := e.answerOne(h.ctx, l); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	h.works()
	if got := h.count(`SELECT count(*) FROM training_signups`); got != places {
		t.Errorf("%d people have %d places", got, places)
	}
	if got := h.count(`SELECT count(*) FROM messages WHERE text LIKE '%Записах Ви%'`); got != places {
		t.Errorf("%d people were told that they have a place", got)
	}
	if got := h.count(`SELECT count(*) FROM messages WHERE text LIKE '%За „Имейл за начинаещи“ вече няма място%'`); got != people-places {
		t.Errorf("%d people were told that there is none", got)
	}
}

func TestSignUpNameWithdraw(t *testing.T) {
	t.Parallel()
	h := setup(t)
	n := h.lesson(7, 1)
	id := digits(n.Number)
	h.presses("course:join:" + id)
	h.works()
	h.says("Казвам се Мария Иванова 0888123456")
	h.works()
	list, err := h.conversations.Signups(h.ctx, n.Number)
	if err != nil || len(list) != 1 || list[0].Name != "Мария" {
		t.Fatalf("the librarian sees %+v %v", list, err)
	}
	h.gets(Incoming{ContactKey: "8", Kind: Button, Data: "course:join:" + id})
	h.works()
	if h.count(`SELECT count(*) FROM training_signups`) != 1 {
		t.Fatal("a second person has the only place")
	}
	h.presses("course:leave:" + id)
	h.works()
	h.gets(Incoming{ContactKey: "8", Kind: Button, Data: "course:join:" + id})
	h.works()
	list, err = h.conversations.Signups(h.ctx, n.Number)
	if err != nil || len(list) != 1 || list[0].Name != "" {
		t.Fatalf("the place that became free: %+v %v", list, err)
	}
}

func TestOnePersonHoldsFivePlacesAtMost(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for i := range mostSignups + 1 {
		h.presses("course:join:" + digits(h.lesson(7+i, 9).Number))
		h.works()
	}
	if got := h.count(`SELECT count(*) FROM training_signups`); got != mostSignups {
		t.Errorf("one person holds %d places", got)
	}
}

func TestATerminalHoldsNoPlaces(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := digits(h.lesson(7, 3).Number)
	h.presses("courses:at:rb-vratsa")
	h.works()
	h.exec(`UPDATE contacts SET terminal_at = now()`)
	h.presses("course:join:" + id)
	h.works()
	if words, _ := h.said(); h.count(`SELECT count(*) FROM training_signups`) != 0 || !strings.Contains(words, bg("library.shared")) {
		t.Errorf("a place is held by a screen that forgets: %q", words)
	}
	h.exec(`UPDATE contacts SET terminal_at = NULL`) // it went on on the person's own phone
	h.presses("course:join:" + id)
	h.works()
	if h.count(`SELECT count(*) FROM training_signups`) != 1 {
		t.Error("nor by a phone")
	}
}

func TestForgetGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.presses("course:join:" + digits(h.lesson(7, 3).Number))
	h.works()
	h.gets(Incoming{Kind: Command, Command: "forget"})
	h.works()
	if h.count(`SELECT count(*) FROM training_signups`) != 0 {
		t.Error("what was signed up for is still known")
	}
}

func TestReminderTheDayBeforeOnce(t *testing.T) {
	t.Parallel()
	h := setup(t) // Wednesday, 25 November, 12:10 in Sofia
	n := h.lesson(3, 3)
	h.presses("course:join:" + digits(n.Number))
	h.works()
	_, before := h.said()
	for _, hours := range []time.Duration{0, 24, 12, 8} { // the same day, two days before, the night before, 8:10 of the day before
		h.clock.pass(hours * time.Hour)
		h.tells()
	}
	if words, said := h.said(); said != before {
		t.Fatalf("at %s: %q", h.clock.now(), words)
	}
	h.clock.pass(4 * time.Hour)
	h.tells()
	h.clock.pass(time.Hour)
	h.tells()
	words, said := h.said()
	if said != before+1 || !strings.HasPrefix(words, "Напомням: утре е обучението „Имейл за начинаещи“.") || !strings.Contains(words, "в събота, 28 ноември 2026 г., 14:00 ч.") {
		t.Fatalf("%d replies, the last %q", said-before, words)
	}
	for h.sends() {
	}
	if sent := h.telegram.sent; !slices.Contains(sent, "7: "+words) {
		t.Errorf("it is not in the outbox: %q", sent)
	}
}

func TestWhoSignsUpTheDayBeforeNeedsNoReminder(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.presses("course:join:" + digits(h.lesson(1, 3).Number))
	h.works()
	words, before := h.said()
	if strings.Contains(words, bg("library.will_remind")) {
		t.Error("a reminder is promised that will not come")
	}
	h.tells()
	if _, said := h.said(); said != before {
		t.Error("they are reminded of what they have just done")
	}
}

func TestThoseWhoSignedUpHearOfChanges(t *testing.T) {
	t.Parallel()
	h := setup(t)
	n := h.lesson(7, 3)
	h.presses("course:join:" + digits(n.Number))
	h.works()
	_, before := h.said()
	n.Description = "Носете телефона си."
	h.changes(func(s *knowledge.Store) (err error) {
		_, n, err = s.ChangeTraining(h.ctx, n, "staff:1", SignedUp)
		return err
	})
	h.tells()
	if words, said := h.said(); said != before {
		t.Fatalf("of a word more nobody needs to hear: %q", words)
	}
	n.StartsAt, n.Word = n.StartsAt.Add(time.Hour), "Залата е заета дотогава."
	h.changes(func(s *knowledge.Store) (err error) {
		_, n, err = s.ChangeTraining(h.ctx, n, "staff:1", SignedUp)
		return err
	})
	h.tells()
	h.tells()
	words, said := h.said()
	if said != before+1 || !strings.Contains(words, "15:00 ч.") || !strings.Contains(words, "От библиотеката: Залата е заета дотогава.") {
		t.Fatalf("%d replies, the last %q", said-before, words)
	}
	h.changes(func(s *knowledge.Store) (err error) {
		_, n, err = s.CancelTraining(h.ctx, n.Number, n.Version, "Няма ток.", "staff:1")
		return err
	})
	h.tells()
	h.tells()
	words, said = h.said()
	if said != before+2 || !strings.Contains(words, "няма да се състои") || !strings.Contains(words, "Няма ток.") {
		t.Fatalf("%d replies, the last %q", said-before, words)
	}
	h.clock.pass(6 * 24 * time.Hour)
	h.tells()
	if words, again := h.said(); again != said {
		t.Errorf("they are reminded of what was cancelled: %q", words)
	}
}

func TestSignupsAreForgottenAfterAWeek(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.presses("course:join:" + digits(h.lesson(1, 3).Number))
	h.works()
	h.clock.pass(8 * 24 * time.Hour) // six days and twenty-two hours after it began
	h.tells()
	if h.count(`SELECT count(*) FROM training_signups`) != 1 {
		t.Fatal("forgotten too early")
	}
	h.clock.pass(4 * time.Hour)
	h.tells()
	if h.count(`SELECT count(*) FROM training_signups`) != 0 {
		t.Error("a week after, who had signed up is still known")
	}
}

func TestLibrariesShowThatTheyTeach(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.presses("near:12259")
	h.works()
	h.lesson(2, 3)
	h.presses("near:12259")
	h.works()
	if got := h.count(`SELECT count(*) FROM messages WHERE body::text LIKE '%courses:at:rb-vratsa%'`); got != 1 {
		t.Errorf("%d of two answers offer the trainings of the library, which has one since the first", got)
	}
	h.presses("courses:at:rb-vratsa")
	h.works()
	if words, _ := h.said(); !strings.Contains(words, "Имейл за начинаещи: в петък в 14:00 ч.") {
		t.Errorf("%q", words)
	}
}

func TestFirstName(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"Мария": "Мария", "мария": "Мария", "Мария Иванова": "Мария", "Казвам се Мария Иванова Петрова": "Мария", "аз съм баба Мими": "Баба Мими",
		"баба": "Баба", "Мария [телефон]": "Мария", "My name is John": "John", "Ана-Мария": "Ана-Мария", "": "", "42": "", "[ЕГН]": "",
		"искам да знам колко струва всичко това": "", "ще дойда със съпруга ми": "",
	} {
		got, ok := firstName(words)
		if got != want && !(want == "" && !ok) {
			t.Errorf("%q is called %q, want %q", words, got, want)
		}
	}
}
