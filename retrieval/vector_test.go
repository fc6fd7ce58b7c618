package retrieval

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFourAtOnceGiveTheSameBits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		list := make([]float32, n)
		for i := range list {
			list[i] = float32(math.Ldexp(r.Float64()-0.5, r.IntN(60)-30))
		}
		return list
	}
	for n := range 70 {
		for offset := range 5 {
			a, b, w := random(n + offset)[offset:], random(n + offset)[offset:], r.Float32()-0.5
			if got, want := dot(a, b), dotPlain(a, b); math.Float32bits(got) != math.Float32bits(want) {
				t.Errorf("dot of %d is %g, not %g", n, got, want)
			}
			got, want := append([]float32{}, a...), append([]float32{}, a...)
			addScaled(got, b, w)
			addScaledPlain(want, b, w)
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
					t.Errorf("addScaled of %d gives %g at %d, not %g", n, got[i], i, want[i])
				}
			}
		}
	}
}

func BenchmarkDot(b *testing.B) {
	x, y := make([]float32, 64), make([]float32, 64)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			dotPlain(x, y)
		}
	})
	b.Run("four at once", func(b *testing.B) {
		for b.Loop() {
			dot(x, y)
		}
	})
}

func BenchmarkAddScaled(b *testing.B) {
	x, y := make([]float32, 64), make([]float32, 64)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			addScaledPlain(x, y, 0.5)
		}
	})
	b.Run("four at once", func(b *testing.B) {
		for b.Loop() {
			addScaled(x, y, 0.5)
		}
	})
}
