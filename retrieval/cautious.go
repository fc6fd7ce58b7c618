package retrieval

// What a knowledge base too small to learn from starts with: the embedder's own doubt and the nearest neighbour decide.
var (
	cautiousRight      = []float64{-2.5, -1.5, 1, 0.5, 0, 1, -1, 2.5, 0, 2, 0.5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}
	cautiousAnswerable = []float64{-2, -1.5, 0, 0, 0, 1, -1, 2.5, 0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}
)
