package knowledge

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres/postgrestest"
)

// newsOf is an item in which nothing is wrong.
func newsOf(now time.Time) NewsItem {
	return NewsItem{
		TitleBG: "Съдимост онлайн", TextBG: "Вече се иска онлайн.", Link: "https://cs.mjs.bg/novo", Topics: []string{"services"}, Audience: Both,
		State: NewsScheduled, PublishAt: now.Add(time.Hour), ExpiresAt: now.Add(48 * time.Hour),
	}
}

func TestWhatIsWrongInNewsIsFound(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if faults := newsOf(now).Check([]string{"mjs.bg"}, now); len(faults) > 0 {
		t.Fatalf("good news have %v", faults)
	}
	for _, c := range []struct {
		field, key string
		change     func(n *NewsItem)
	}{
		{"title_bg", "fault.empty", func(n *NewsItem) { n.TitleBG = "" }},
		{"title_bg", "fault.long", func(n *NewsItem) { n.TitleBG = strings.Repeat("а", MaxNewsTitle+1) }},
		{"text_bg", "fault.empty", func(n *NewsItem) { n.TextBG = "" }},
		{"text_bg", "fault.text", func(n *NewsItem) { n.TextBG = "а\x1bб" }},
		{"text_en", "fault.empty", func(n *NewsItem) { n.TitleEN = "Online" }},
		{"title_en", "fault.empty", func(n *NewsItem) { n.TextEN = "Online" }},
		{"link", "fault.host", func(n *NewsItem) { n.Link = "https://mjs.bg.evil.top" }},
		{"topics", "fault.empty", func(n *NewsItem) { n.Topics = nil }},
		{"topics", "fault.choice", func(n *NewsItem) { n.Topics = []string{"weather"} }},
		{"audience", "fault.choice", func(n *NewsItem) { n.Audience = "cats" }},
		{"district", "fault.empty", func(n *NewsItem) { n.Municipality = "Враца" }},
		{"publish_at", "fault.date", func(n *NewsItem) { n.PublishAt = time.Time{} }},
		{"publish_at", "fault.far", func(n *NewsItem) { n.PublishAt, n.ExpiresAt = now.AddDate(3, 0, 0), now.AddDate(3, 1, 0) }},
		{"expires_at", "fault.date", func(n *NewsItem) { n.ExpiresAt = time.Time{} }},
		{"expires_at", "fault.past", func(n *NewsItem) { n.ExpiresAt = n.PublishAt }},
		{"expires_at", "fault.far", func(n *NewsItem) { n.ExpiresAt = now.AddDate(3, 0, 0) }},
	} {
		n := newsOf(now)
		c.change(&n)
		if !slices.ContainsFunc(n.Check([]string{"mjs.bg"}, now), func(f *Fault) bool { return f.Field == c.field && f.Key == c.key }) {
			t.Errorf("%s %s is not found in %+v", c.field, c.key, n)
		}
		n.State = NewsDraft
		if c.key == "fault.date" && len(n.Check([]string{"mjs.bg"}, now)) > 0 {
			t.Errorf("a draft may not lack %s", c.field)
		}
	}
}

func TestNewsAreSavedByOneEditorAtATime(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	save := func(by string, own Municipality, n NewsItem) (before, after NewsItem, err error) {
		err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			before, after, err = NewStore(tx).SaveNews(t.Context(), by, own, n)
			return err
		})
		return before, after, err
	}
	s, now := NewStore(pool), time.Now().Truncate(time.Second)
	draft := newsOf(now)
	draft.State, draft.Topics, draft.PublishAt, draft.ExpiresAt = NewsDraft, nil, time.Time{}, time.Time{}
	draft.TextBG = "Носете ЕГН 7501020018."
	_, first, err := save("staff:1", Municipality{}, draft)
	if err != nil || first.Version != 1 || first.State != NewsDraft || strings.Contains(first.TextBG, "7501020018") || !first.PublishAt.IsZero() {
		t.Fatalf("saved %+v, %v", first, err)
	}
	full := newsOf(now)
	full.ID, full.Version, full.Send = first.ID, first.Version, true
	if _, full, err = save("staff:2", Municipality{}, full); err != nil || full.Version != 2 || full.ChangedBy != "staff:2" {
		t.Fatalf("changed %+v, %v", full, err)
	}
	if saved, _, err := save("staff:1", Municipality{}, first); !errors.Is(err, ErrNewsChanged) || saved.ChangedBy != "staff:2" {
		t.Errorf("an old form is saved over %+v: %v", saved, err)
	}
	if due, err := s.PublishDueNews(t.Context(), now); err != nil || len(due) > 0 {
		t.Errorf("published before its hour: %v %v", due, err)
	}
	due, err := s.PublishDueNews(t.Context(), now.Add(time.Hour))
	if err != nil || len(due) != 1 || due[0].State != NewsPublished {
		t.Fatalf("due %v %v", due, err)
	}
	// Who had it open when its hour came saves words over it, and collides with nobody; what else they changed is refused, not dropped.
	for what, change := range map[string]func(n *NewsItem){
		"its hour":       func(n *NewsItem) { n.PublishAt = n.PublishAt.Add(4 * time.Hour) },
		"its topics":     func(n *NewsItem) { n.Topics = nil },
		"its audience":   func(n *NewsItem) { n.Audience = Business },
		"its region":     func(n *NewsItem) { n.District, n.Municipality = "Враца", "Мездра" },
		"its being sent": func(n *NewsItem) { n.Send = !n.Send },
	} {
		late := full
		change(&late)
		if kept, _, err := save("staff:2", Municipality{}, late); !errors.Is(err, ErrNewsOut) || kept.State != NewsPublished {
			t.Errorf("%s is changed after it came out: %v", what, err)
		}
	}
	full.TextBG = "От днес е безплатно."
	if _, full, err = save("staff:2", Municipality{}, full); err != nil || full.State != NewsPublished || full.TextBG != "От днес е безплатно." {
		t.Fatalf("saved from a form that was open: %+v, %v", full, err)
	}
	due[0] = full
	// What is out keeps for whom it is: only its words may change.
	out := due[0]
	out.TitleBG, out.Audience, out.District, out.Send = "Поправено", Business, "Враца", false
	_, out, err = save("staff:1", Municipality{}, out)
	if err != nil || out.TitleBG != "Поправено" || out.Audience != Both || out.District != "" || !out.Send || out.State != NewsPublished {
		t.Errorf("corrected %+v, %v", out, err)
	}
	if _, err := s.WithdrawNews(t.Context(), "staff:1", Municipality{}, out.ID, out.Version-1); !errors.Is(err, ErrNewsChanged) {
		t.Errorf("withdrawn from an old page: %v", err)
	}
	if _, err := s.WithdrawNews(t.Context(), "staff:1", Municipality{}, out.ID, out.Version); err != nil {
		t.Error(err)
	}
	if read, err := s.News(t.Context(), NewsFilter{Now: now.Add(2 * time.Hour), Language: Bulgarian}); err != nil || len(read) > 0 {
		t.Errorf("what was withdrawn is read: %v %v", read, err)
	}
}

func TestAMunicipalitysEditorWritesItsNewsAlone(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	mezdra := Municipality{Code: "VRC21", Name: "Мездра", District: "Враца"}
	save := func(own Municipality, n NewsItem) (after NewsItem, err error) {
		err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			_, after, err = NewStore(tx).SaveNews(t.Context(), "staff:1", own, n)
			return err
		})
		return after, err
	}
	var fault *Fault
	national := newsOf(time.Now())
	if _, err := save(mezdra, national); !errors.As(err, &fault) || fault.Key != "fault.foreign" {
		t.Errorf("national news by a municipality's editor: %v", err)
	}
	local := national
	local.District, local.Municipality = "Враца", "Мездра"
	local, err := save(mezdra, local)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := save(Municipality{}, national)
	if err != nil {
		t.Fatal(err)
	}
	taken.District, taken.Municipality = "Враца", "Мездра"
	if _, err := save(mezdra, taken); !errors.As(err, &fault) {
		t.Errorf("somebody else's news are made a municipality's: %v", err)
	}
	s := NewStore(pool)
	if _, err := s.WithdrawNews(t.Context(), "staff:1", Municipality{Code: "VRC10", Name: "Враца", District: "Враца"}, local.ID, local.Version); !errors.As(err, &fault) {
		t.Errorf("another municipality's news are withdrawn: %v", err)
	}
	if list, err := s.EditorsNews(t.Context(), NewsFilter{Of: mezdra}); err != nil || len(list) != 1 || list[0].ID != local.ID {
		t.Errorf("its news are %v %v", list, err)
	}
}
