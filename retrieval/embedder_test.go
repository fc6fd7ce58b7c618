package retrieval

import (
	"context"
	"errors"
	"hash/fnv"
	"sync/atomic"
	"testing"
	"time"
)

// hashing is a remote embedder whose vectors count hashed letters. It fails while down.
type hashing struct {
	down  atomic.Bool
	calls atomic.Int32
}

func (h *hashing) Name() string { return "hashing" }

func (h *hashing) Embed(_ context.Context, texts []string) ([][]float32, error) {
	h.calls.Add(1)
	if h.down.Load() {
		return nil, errors.New("the server is away")
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		v := make([]float32, 64)
		letters := []rune(text)
		for j := range len(letters) - 2 {
			sum := fnv.New32a()
			sum.Write([]byte(string(letters[j : j+3])))
			v[sum.Sum32()%64]++
		}
		vectors[i] = v
	}
	return vectors, nil
}

func TestRemoteVectorsServeOnceTheyAreWhole(t *testing.T) {
	t.Parallel()
	pool, store := smallBase(t)
	// Another replica has learned long ago; the embedder is set only now.
	if err := New(pool, store, Options{}).Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	remote := &hashing{}
	a := New(pool, store, Options{Embedder: remote})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if s := a.serving.Load(); s != nil && s.remote != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the remote vectors never serve")
		}
		time.Sleep(20 * time.Millisecond)
	}
	var chunks, own int
	err := pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE model = $1), count(*) FILTER (WHERE model = $2) FROM chunks`,
		a.serving.Load().remote.ID, a.serving.Load().model.ID).Scan(&chunks, &own)
	if err != nil || chunks == 0 || chunks != own {
		t.Errorf("%d chunks with remote vectors beside %d built-in ones, %v", chunks, own, err)
	}
	if got := ask(t, a, Question{Text: "изтече ми личната карта"}); got.Outcome != Answered || got.Guides[0].Slug != "id-card-passport" {
		t.Errorf("with remote vectors: %s %v", got.Outcome, got.Guides)
	}
	remote.down.Store(true)
	if got := ask(t, a, Question{Text: "трябва ми съдебно за нова работа"}); got.Outcome != Answered || got.Guides[0].Slug != "criminal-record" {
		t.Errorf("with the embedder away: %s %v", got.Outcome, got.Guides)
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
