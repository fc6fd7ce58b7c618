package retrieval

// addScaled adds w times row.
func addScaled(into, row []float32, w float32) {
	row = row[:len(into)]
	whole := len(into) &^ 3
	if whole > 0 {
		addScaledFours(&into[0], &row[0], whole, w)
	}
	for i := whole; i < len(into); i++ {
		into[i] += float32(w * row[i])
	}
}

// dot is the scalar product.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	whole := len(a) &^ 3
	if whole < len(a) || whole == 0 {
		return dotPlain(a, b)
	}
	return dotFours(&a[0], &b[0], whole)
}

// addScaledFours and dotFours take n numbers, a multiple of four above zero. SSE is in every amd64.

//go:noescape
func addScaledFours(into, row *float32, n int, w float32)

//go:noescape
func dotFours(a, b *float32, n int) float32
