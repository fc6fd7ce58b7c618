package retrieval

// addScaled and dot are where learning spends its time. On amd64 they work on four numbers at once (vector_amd64.s), and give what these give to the
// last bit: the same knowledge is learned to the same weights on every machine. The
// conversions keep other processors from rounding once where it takes two.

// addScaledPlain adds w times row.
func addScaledPlain(into, row []float32, w float32) {
	row = row[:len(into)]
	i := 0
	for ; i+4 <= len(into); i += 4 {
		a, b := (*[4]float32)(into[i:]), (*[4]float32)(row[i:])
		a[0] += float32(w * b[0])
		a[1] += float32(w * b[1])
		a[2] += float32(w * b[2])
		a[3] += float32(w * b[3])
	}
	for ; i < len(into); i++ {
		into[i] += float32(w * row[i])
	}
}

// dotPlain sums in four lanes, and the lanes two by two.
func dotPlain(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := (*[4]float32)(a[i:]), (*[4]float32)(b[i:])
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
	}
	for ; i < len(a); i++ {
		s0 += float32(a[i] * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
