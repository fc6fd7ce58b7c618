package knowledge

import (
	"slices"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

func TestPublicListFindsByEverydayNames(t *testing.T) {
	t.Parallel()
	s := NewStore(postgrestest.New(t))
	if _, err := s.LoadStarter(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := func(f PublicFilter) (slugs []string, total int) {
		t.Helper()
		guides, total, err := s.PublicGuides(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range guides {
			slugs = append(slugs, g.Slug)
		}
		return slugs, total
	}
	all, total := list(PublicFilter{Limit: 1000})
	if total != len(all) || total < 90 {
		t.Fatalf("%d guides, %d said", len(all), total)
	}
	for name, c := range map[string]struct {
		f    PublicFilter
		want string
	}{
		"an everyday name":        {PublicFilter{Find: "данък КОЛА"}, "local-taxes-pay"},
		"an old name":             {PublicFilter{Find: "пътен данък"}, "local-taxes-pay"},
		"an English title":        {PublicFilter{Find: "local taxes", Language: English}, "local-taxes-pay"},
		"words in any order":      {PublicFilter{Find: "такси местни"}, "local-taxes-pay"},
		"for both, for a citizen": {PublicFilter{Find: "местни данъци", Audience: Citizen}, "local-taxes-pay"},
	} {
		if got, _ := list(c.f); !slices.Contains(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, f := range map[string]PublicFilter{
		"no such words":    {Find: "зюмбюл 42"},
		"a sign of SQL":    {Find: "%' OR 1=1 --"},
		"behind the end":   {Offset: total + 1},
		"a wild character": {Find: "м_стни"},
	} {
		if got, _ := list(f); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	business, _ := list(PublicFilter{Audience: Business, Limit: 1000})
	if len(business) == 0 || len(business) >= total || slices.Contains(business, "kindergarten") {
		t.Errorf("for businesses: %d of %d, %v", len(business), total, business)
	}
	first, _ := list(PublicFilter{Limit: 7})
	second, _ := list(PublicFilter{Limit: 7, Offset: 7})
	if !slices.Equal(append(first, second...), all[:14]) {
		t.Errorf("the pages don't continue: %v, %v", first, second)
	}
}
