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
