package knowledge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres/postgrestest"
)

// pointStore gives a store with two places and two libraries.
func pointStore(t *testing.T) *Store {
	t.Helper()
	s := NewStore(postgrestest.New(t))
	for kind, file := range map[string]string{"places": "ekatte,kind,name,municipality,district,lat,lon\n12259,гр.,Враца,Враца,Враца,43.21,23.55\n47714,гр.,Мездра,Мездра,Враца,43.14,23.71\n"} {
		if _, err := s.Import(context.Background(), kind, strings.NewReader(file)); err != nil {
			t.Fatal(err)
		}
	}
	file := "id,name,ekatte,phone,hours\nvratsa,Библиотека,12259,092 1234; 092 1235,пон–пет 9:00–17:00\nmezdra,Библиотека,47714,,\n"
	if _, err := s.Import(context.Background(), "help-points", strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	return s
}

func readPoint(t *testing.T, s *Store, id string) HelpPoint {
	t.Helper()
	h, ok, err := s.ReadHelpPoint(context.Background(), id)
	if err != nil || !ok {
		t.Fatalf("%s: %v %v", id, ok, err)
	}
	return h
}

func TestALibraryKeepsItsOwnRecord(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := pointStore(t)
	h := readPoint(t, s, "vratsa")
	if !slices.Equal(h.Phones, []string{"092 1234", "092 1235"}) || !h.ConfirmedAt.IsZero() || h.Version != 1 {
		t.Fatalf("%+v", h)
	}
	h.Phones = []string{"092 1235", " 092 777 "}
	h.Position, h.Accuracy = &Position{43.2, 23.5}, Street
	h.BranchOf = "mezdra"
	h.Offers, h.Languages = []string{"wifi", "computers", "pik-help"}, []string{"rom", "tr"}
	h.Hours.Week[5] = []Span{{600, 720}, {780, 840}}
	h.Hours.Exceptions = []Exception{{From: time.Date(2026, 12, 24, 15, 0, 0, 0, sofia()), To: time.Date(2026, 12, 31, 0, 0, 0, 0, sofia()), Reason: " ремонт; в залата "}}
	changed, err := s.SaveHelpPoint(ctx, "staff:7", h)
	if want := []string{"branch_of", "phone", "position", "hours", "exceptions", "offers", "languages"}; err != nil || !slices.Equal(changed, want) {
		t.Fatalf("changed %v, %v", changed, err)
	}
	s.Refresh()
	got, _, _ := s.HelpPoint(ctx, "vratsa")
	if positionText(got) != "43.2, 23.5 (street)" || got.Phone() != "092 1235" || got.Phones[1] != "092 777" || got.BranchOf != "mezdra" || got.Version != 2 ||
		setText(got.Offers) != "computers; pik-help; wifi" || setText(got.Languages) != "rom; tr" ||
		FormatExceptions(got.Hours.Exceptions) != "2026-12-24–2026-12-31: затворено: ремонт, в залата" ||
		got.Hours.String() != "пон–пет 9:00–17:00; съб 10:00–12:00, 13:00–14:00" {
		t.Errorf("%+v %+v", got, got.Hours)
	}
	if changed, err := s.SaveHelpPoint(ctx, "staff:7", got); err != nil || len(changed) != 0 || readPoint(t, s, "vratsa").Version != 2 {
		t.Errorf("saved without a change: %v %v", changed, err)
	}
	if _, err := s.SaveHelpPoint(ctx, "staff:8", h); !errors.Is(err, ErrChanged) {
		t.Errorf("an old one was saved: %v", err)
	}
	if err := s.ConfirmHelpPoint(ctx, "staff:8", "vratsa", 1); !errors.Is(err, ErrChanged) {
		t.Errorf("an old one was confirmed: %v", err)
	}
	if _, err := s.SaveHelpPoint(ctx, "staff:8", HelpPoint{ID: "nowhere", Name: "Х", Kind: Municipal, Ekatte: "12259"}); !errors.Is(err, ErrNoHelpPoint) {
		t.Errorf("%v", err)
	}
	if err := s.ConfirmHelpPoint(ctx, "staff:8", "vratsa", 2); err != nil {
		t.Fatal(err)
	}
	if got = readPoint(t, s, "vratsa"); got.ConfirmedBy != "staff:8" || time.Since(got.ConfirmedAt) > time.Hour || !slices.Contains(got.Own, "name") || slices.Contains(got.Own, "email") {
		t.Errorf("%+v", got)
	}
}

func TestTwoLibrariansSaveAtOnceAndOneIsTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := pointStore(t)
	h := readPoint(t, s, "vratsa")
	tx, err := s.db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := h
	first.Email = "a@biblioteka.bg"
	if _, err := NewStore(tx).SaveHelpPoint(ctx, "staff:1", first); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		second := h
		second.Site = "https://biblioteka.bg"
		done <- pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
			_, err := NewStore(tx).SaveHelpPoint(ctx, "staff:2", second)
			return err
		})
	}()
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	if got := readPoint(t, s, "vratsa"); got.Email != "a@biblioteka.bg" || got.Site != "" {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsWrongInAHelpPointIsNamed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := pointStore(t)
	for _, c := range []struct {
		field, key string
		change     func(*HelpPoint)
	}{
		{"name", "fault.empty", func(h *HelpPoint) { h.Name = " " }},
		{"name", "fault.long", func(h *HelpPoint) { h.Name = strings.Repeat("а", 201) }},
		{"kind", "fault.choice", func(h *HelpPoint) { h.Kind = "кино" }},
		{"branch_of", "fault.point", func(h *HelpPoint) { h.BranchOf = "vratsa" }},
		{"branch_of", "fault.point", func(h *HelpPoint) { h.BranchOf = "nowhere" }},
		{"ekatte", "fault.place", func(h *HelpPoint) { h.Ekatte = "99999" }},
		{"phone", "fault.phone", func(h *HelpPoint) { h.Phones = []string{"обадете се"} }},
		{"phone", "fault.many", func(h *HelpPoint) { h.Phones = []string{"1111", "2222", "3333", "4444", "5555", "6666"} }},
		{"email", "fault.email", func(h *HelpPoint) { h.Email = "Мария <m@b.bg>" }},
		{"site", "fault.address", func(h *HelpPoint) { h.Site = "javascript:alert(1)" }},
		{"position", "fault.position", func(h *HelpPoint) { h.Position = &Position{50, 10} }},
		{"hours", "fault.hours", func(h *HelpPoint) { h.Hours.Week[0] = []Span{{600, 700}, {650, 800}} }},
		{"exceptions", "fault.date", func(h *HelpPoint) {
			h.Hours.Exceptions = []Exception{{From: time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}}
		}},
		{"offers", "fault.choice", func(h *HelpPoint) { h.Offers = []string{"coffee"} }},
		{"languages", "fault.choice", func(h *HelpPoint) { h.Languages = []string{"xx"} }},
	} {
		h := readPoint(t, s, "vratsa")
		c.change(&h)
		var fault *Fault
		if _, err := s.SaveHelpPoint(ctx, "staff:1", h); !errors.As(err, &fault) || fault.Field != c.field || fault.Key != c.key {
			t.Errorf("%s %s: %v", c.field, c.key, err)
		}
	}
	// What an import brought into one field hinders nobody in another.
	if _, err := s.db.Exec(ctx, `UPDATE help_points SET email = 'няма', address = repeat('а', 300) WHERE id = 'vratsa'`); err != nil {
		t.Fatal(err)
	}
	odd := readPoint(t, s, "vratsa")
	odd.Site = "https://biblioteka.bg"
	if changed, err := s.SaveHelpPoint(ctx, "staff:1", odd); err != nil || !slices.Equal(changed, []string{"site"}) {
		t.Errorf("beside what an import brought: %v, %v", changed, err)
	}
	odd = readPoint(t, s, "vratsa")
	odd.Address = strings.Repeat("б", 300)
	var long *Fault
	if _, err := s.SaveHelpPoint(ctx, "staff:1", odd); !errors.As(err, &long) || long.Field != "address" {
		t.Errorf("what is typed anew: %v", err)
	}
	h := readPoint(t, s, "mezdra")
	h.Ekatte = "12259"
	var fault *Fault
	if _, err := s.SaveHelpPoint(ctx, "staff:1", h); !errors.As(err, &fault) || fault.Key != "fault.twice" {
		t.Errorf("two of one name in one place: %v", err)
	}
}
