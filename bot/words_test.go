package bot

import (
	"testing"
	"time"

	"orientir/knowledge"
)

func sofiaTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, sofia(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func sofia(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestDistanceWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		metres int
		bg, en string
	}{
		{0, "на 50 м", "50 m away"},
		{348, "на 350 м", "350 m away"},
		{974, "на 950 м", "950 m away"},
		{975, "на 1,0 км", "1.0 km away"},
		{1234, "на 1,2 км", "1.2 km away"},
		{9949, "на 9,9 км", "9.9 km away"},
		{9950, "на 10 км", "10 km away"},
		{14499, "на 14 км", "14 km away"},
	} {
		if got := DistanceWords(c.metres, "bg"); got != c.bg {
			t.Errorf("%d: got %q, want %q", c.metres, got, c.bg)
		}
		if got := DistanceWords(c.metres, "en"); got != c.en {
			t.Errorf("%d: got %q, want %q", c.metres, got, c.en)
		}
	}
}

func TestFeeAndDateWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{FeeWords(1534, "bg"), "15,34 €"},
		{FeeWords(1534, "en"), "€15.34"},
		{FeeWords(500, "bg"), "5,00 €"},
		{FeeWords(0, "bg"), "безплатно"},
		{DateWords(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), "bg"), "22 ноември 2026 г."},
		{DateWords(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), "en"), "2 November 2026"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestOpeningWords(t *testing.T) {
	t.Parallel()
	now := sofiaTime(t, "2026-11-25 12:10") // a Wednesday
	yes, no := true, false
	for _, c := range []struct {
		name   string
		n      knowledge.Nearby
		bg, en string
	}{
		{"unknown with a phone", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Phones: []string{"092 66 12 34"}}},
			"Не знам работното време, обадете се на 092 66 12 34", "I do not know the opening hours, please call 092 66 12 34"},
		{"unknown without a phone", knowledge.Nearby{},
			"Не знам работното време, проверете преди да тръгнете", "I do not know the opening hours, please check before you go"},
		{"open", knowledge.Nearby{OpenNow: &yes, ClosesAt: sofiaTime(t, "2026-11-25 17:30").UTC()}, "Отворено до 17:30 ч.", "Open until 17:30"},
		{"open around the clock", knowledge.Nearby{OpenNow: &yes}, "Отворено сега", "Open now"},
		{"after the lunch break", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-11-25 13:00")},
			"Сега е затворено. Отваря днес в 13:00 ч.", "Closed now. Opens today at 13:00"},
		{"tomorrow", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-11-26 09:00")},
			"Сега е затворено. Отваря утре в 9:00 ч.", "Closed now. Opens tomorrow at 9:00"},
		{"next Tuesday", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-12-01 09:05")},
			"Сега е затворено. Отваря във вторник в 9:05 ч.", "Closed now. Opens on Tuesday at 9:05"},
		{"in a week", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-12-02 09:00")},
			"Сега е затворено. Отваря на 2 декември 2026 г. в 9:00 ч.", "Closed now. Opens on 2 December 2026 at 9:00"},
		{"closed for good", knowledge.Nearby{OpenNow: &no}, "Сега е затворено", "Closed now"},
	} {
		if got := OpeningWords(c.n, now, "bg"); got != c.bg {
			t.Errorf("%s: got %q, want %q", c.name, got, c.bg)
		}
		if got := OpeningWords(c.n, now, "en"); got != c.en {
			t.Errorf("%s: got %q, want %q", c.name, got, c.en)
		}
	}
}

func TestPlaceWords(t *testing.T) {
	t.Parallel()
	banya := knowledge.Place{Kind: "с.", Name: "Баня", NameLatin: "Banya", Municipality: "Карлово", District: "Пловдив"}
	for _, c := range []struct{ got, want string }{
		{PlaceWords(banya, "bg"), "с. Баня, общ. Карлово"},
		{PlaceWords(banya, "en"), "Banya, Karlovo municipality"},
		{PlaceWords(knowledge.Place{Kind: "гр.", Name: "Враца", Municipality: "Враца"}, "bg"), "гр. Враца"},
		{PlaceWords(knowledge.Place{Kind: "гр.", Name: "София", Municipality: "Столична"}, "bg"), "гр. София"},
		{FullPlaceWords(banya, "bg"), "с. Баня, общ. Карлово, обл. Пловдив"},
		{FullPlaceWords(banya, "en"), "Banya, Karlovo municipality, Plovdiv region"},
		{FullPlaceWords(knowledge.Place{Kind: "с.", Name: "Равно поле", Municipality: "Елин Пелин", District: "Софийска област"}, "bg"),
			"с. Равно поле, общ. Елин Пелин, Софийска област"},
		{Latin("София"), "Sofia"},
		{Latin("Горна Оряховица"), "Gorna Oryahovitsa"},
		{Latin("Елин Пелин"), "Elin Pelin"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
