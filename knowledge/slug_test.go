package knowledge

import (
	"bytes"
	"strings"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

func TestNothingIsKnownByAPersonalNumber(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"id-card": true, "pension-2027": true, "6101057509": false, "egn-6101057509": false, "card-4111-1111-1111-1111": false, "Id": false, strings.Repeat("a", 41): false} {
		if isSlug(s, 40) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
	store := NewStore(postgrestest.New(t))
	file := "ekatte\tkind\tname\tname_latin\tmunicipality\tdistrict\tlat\tlon\n12260\tс.\tСело 6101057509\tSelo 6101057509\tВраца\tВраца\t43.21\t23.56\n"
	if _, err := store.Import(t.Context(), "places", strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := store.Export(t.Context(), "places", &out); err != nil || !strings.Contains(out.String(), "Село") || strings.Contains(out.String(), "6101057509") {
		t.Errorf("%v: %s", err, &out)
	}
}
