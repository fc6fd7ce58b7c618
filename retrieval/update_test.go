package retrieval

import (
	"testing"

	"golang.org/x/sync/errgroup"
)

func TestProcessesThatStartAtOnceLearnOnce(t *testing.T) {
	t.Parallel()
	pool, store := smallBase(t)
	var starting errgroup.Group
	for range 3 {
		starting.Go(func() error { return New(pool, store, Options{}).Update(t.Context()) })
	}
	if err := starting.Wait(); err != nil {
		t.Fatal(err)
	}
	var ever int
	if err := pool.QueryRow(t.Context(), `SELECT last_value FROM pg_sequences WHERE sequencename = 'models_id_seq'`).Scan(&ever); err != nil || ever != 1 {
		t.Fatalf("%d models were learned, %v; want one", ever, err)
	}
}
