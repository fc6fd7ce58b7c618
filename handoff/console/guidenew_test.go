package console

import "testing"

func TestAnAddressHoldsNoNumberOfATitle(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Ловен билет за 2027 г.":          "loven-bilet-za-2027-g",
		"Hunting licence":                 "hunting-licence",
		"Дете с ЕГН 6101057509":           "dete-s-egn-egn-skrito",
		"Карта 4111 1111 1111 1111, нова": "karta-nomer-na-karta-skrit-nova",
		"–": "",
	} {
		if got := slugOf(title); got != want {
			t.Errorf("%q is at %q, want %q", title, got, want)
		}
	}
}
