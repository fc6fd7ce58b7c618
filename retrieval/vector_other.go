//go:build !amd64

package retrieval

func addScaled(into, row []float32, w float32) { addScaledPlain(into, row, w) }

func dot(a, b []float32) float32 { return dotPlain(a, b) }
