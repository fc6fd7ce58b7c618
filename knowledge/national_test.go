package knowledge

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"orientir/deploy/postgres/postgrestest"
)

// nationalFile reads a file that stands beside the national list of settlements, where one is given.
func nationalFile(t testing.TB, name string) []byte {
	t.Helper()
	file := os.Getenv("ORIENTIR_TEST_SETTLEMENTS")
	if file == "" {
		t.Skip("ORIENTIR_TEST_SETTLEMENTS is not set")
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
	if err != nil {
		t.Skip(err)
	}
	return data
}

func TestNationalFilesAreImportedAsTheyAre(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := NewStore(postgrestest.New(t))
	if _, err := s.LoadStarter(ctx); err != nil {
		t.Fatal(err)
	}
	take := func(kind, name string) Report {
		t.Helper()
		start := time.Now()
		r, err := s.Import(ctx, kind, bytes.NewReader(nationalFile(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v in %v", name, r, time.Since(start))
		return r
	}
	again := func(kind, name string) {
		t.Helper()
		if r := take(kind, name); r.Added+r.Changed+r.Removed > 0 {
			t.Errorf("%s a second time: %+v", name, r)
		}
	}
	// Chitalishta before places: a register brings the villages that we don't know.
	take("help-points", "libraries.tsv")
	first := take("help-points", "chitalishta.tsv")
	again("help-points", "chitalishta.tsv")
	again("help-points", "libraries.tsv")
	take("places", "settlements.tsv")
	again("places", "settlements.tsv")
	again("help-points", "chitalishta.tsv")
	d, err := s.loadDirectory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// 94 of the 129 libraries are chitalishta of the register.
	if len(d.points) != 3670+129-94 || first.Added+first.Changed+first.Unchanged != 3670 {
		t.Errorf("%d help points, first import %+v", len(d.points), first)
	}
	g, err := s.loadGazetteer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.places) != 5256 {
		t.Errorf("%d places", len(g.places))
	}
	// A restart leaves all this alone.
	if r, err := s.LoadStarter(ctx); err != nil || r.Added+r.Changed+r.Removed > 0 {
		t.Errorf("restart: %+v %v", r, err)
	}
	for _, kind := range []string{"places", "help-points"} {
		var out bytes.Buffer
		if err := s.Export(ctx, kind, &out); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Import(ctx, kind, &out); err != nil || r.Added+r.Changed > 0 {
			t.Errorf("export of %s imported: %+v %v", kind, r, err)
		}
	}
	near, err := s.Near(ctx, Near{Ekatte: "12259"})
	if err != nil || len(near) != 3 || near[0].ID != "vratsa-regional-library" || near[0].DistanceM != nil || near[0].OpenNow != nil {
		t.Errorf("near Враца: %+v %v", near, err)
	}
	for _, n := range near {
		t.Log(n.Name, n.Place.Kind, n.Place.Name)
	}
}
