package knowledge

import (
	"bytes"
	"context"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
)

func nearDirectory() *directory {
	here := Place{Ekatte: "1", Name: "Тук", Lat: 43.0, Lon: 25.0}
	there := Place{Ekatte: "2", Name: "Там", Lat: 43.0, Lon: 25.1}
	always := &Hours{Holidays: true}
	for day := range always.Week {
		always.Week[day] = []Span{{540, 1020}}
	}
	return newDirectory([]HelpPoint{ // by kind and name, as loaded
		{ID: "regional", Kind: Regional, Ekatte: "2", Place: there},
		{ID: "municipal", Kind: Municipal, Ekatte: "1", Place: here, Hours: always},
		{ID: "building", Kind: Chitalishte, Ekatte: "1", Place: here, Position: &Position{43.001, 25.0}},
		{ID: "settlement", Kind: Chitalishte, Ekatte: "1", Place: here},
	})
}

func TestNearRanksByWhatIsKnown(t *testing.T) {
	t.Parallel()
	d := nearDirectory()
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, sofia())
	ids := func(list []Nearby) (out []string) {
		for _, n := range list {
			out = append(out, n.ID)
		}
		return out
	}
	for _, c := range []struct {
		name string
		from Position
		near Near
		want string
	}{
		{"named settlement: its libraries, the bigger first", Position{43, 25}, Near{Ekatte: "1", Limit: 9}, "[municipal building settlement regional]"},
		{"from a position: the building is a little away", Position{43, 25}, Near{Position: &Position{43, 25}, Limit: 9}, "[municipal settlement building regional]"},
		{"beside the building", Position{43.001, 25}, Near{Position: &Position{43.001, 25}, Limit: 2}, "[building municipal]"},
		{"no limit is three", Position{43, 25.1}, Near{Ekatte: "2"}, "[regional municipal settlement]"},
		{"only what is surely open", Position{43, 25}, Near{Ekatte: "1", OpenOnly: true, At: at, Limit: 9}, "[municipal]"},
		{"closed at night", Position{43, 25}, Near{Ekatte: "1", OpenOnly: true, At: at.Add(10 * time.Hour), Limit: 9}, "[]"},
	} {
		if got := ids(d.near(c.from, c.near)); !equalText(got, c.want) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	for _, n := range d.near(Position{43, 25}, Near{Position: &Position{43, 25}, Limit: 9, At: at}) {
		if (n.DistanceM != nil) != (n.ID == "building") || (n.OpenNow != nil) != (n.ID == "municipal") {
			t.Errorf("%s: distance %v, open %v: unknown must stay unknown", n.ID, n.DistanceM, n.OpenNow)
		}
		if n.ID == "building" && (*n.DistanceM < 110 || *n.DistanceM > 112) {
			t.Errorf("distance %d, want 111", *n.DistanceM)
		}
		if n.ID == "municipal" && n.ClosesAt.Format(trainingTime) != "2026-11-25 17:00" {
			t.Errorf("closes at %v", n.ClosesAt)
		}
	}
}

func equalText(list []string, want string) bool {
	var out bytes.Buffer
	out.WriteByte('[')
	for i, s := range list {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(s)
	}
	out.WriteByte(']')
	return out.String() == want
}

func TestMetres(t *testing.T) {
	t.Parallel()
	// Sofia to Varna: some 377 km.
	if m := metres(Position{42.6977, 23.3219}, Position{43.2141, 27.9147}); m < 375_000 || m > 380_000 {
		t.Errorf("%.0f m", m)
	}
}

func BenchmarkNear(b *testing.B) {
	ctx := context.Background()
	s := NewStore(postgrestest.New(b))
	if _, err := s.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	for kind, name := range map[string]string{"places": "settlements.tsv", "help-points": "chitalishta.tsv"} {
		if _, err := s.Import(ctx, kind, bytes.NewReader(nationalFile(b, name))); err != nil {
			b.Fatal(err)
		}
	}
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		from := Position{41.3 + float64(len(took)%280)/100, 22.5 + float64(len(took)%580)/100}
		start := time.Now()
		if _, err := s.Near(ctx, Near{Position: &from, Limit: 5}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	percentiles(b, took)
}
