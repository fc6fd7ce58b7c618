package bot

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
	"orientir/deploy/redis/redistest"
	"orientir/knowledge"
)

// benchEngine is an engine on real servers that nobody runs.
func benchEngine(b *testing.B) (*Engine, *pgxpool.Pool) {
	b.Helper()
	pool := postgrestest.New(b)
	return NewEngine(NewConversations(pool, redistest.New(b), Options{}), &guides{}, knowledge.NewStore(pool), nil, []Channel{&telegram{}}, EngineOptions{}), pool
}

// BenchmarkReceive stores messages of five thousand people, from several at once, with the limits of each.
func BenchmarkReceive(b *testing.B) {
	e, _ := benchEngine(b)
	var n atomic.Int64
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			in := Incoming{Channel: "telegram", ContactKey: strconv.Itoa(i % 5000), EventID: "u" + strconv.Itoa(i), MessageID: strconv.Itoa(i), Kind: Text, Text: "трябва ми съдебно за нова работа"}
			if _, err := e.Receive(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTakePending takes a message to deliver where twenty thousand wait, as when more is answered than Telegram takes.
func BenchmarkTakePending(b *testing.B) {
	e, pool := benchEngine(b)
	for _, sql := range []string{
		`INSERT INTO contacts (channel, key, created_at) SELECT 'telegram', n, now() FROM generate_series(1, 20000) n`,
		`INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM contacts`,
		`INSERT INTO messages (conversation, sender, kind, text, body, turn, created_at) SELECT id, 'bot', 'reply', 'x', '{"text":"x"}', 0, now() FROM conversations`,
		`ANALYZE`,
	} {
		if _, err := pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		taken, err := e.takePending(b.Context(), 1)
		if err != nil || len(taken) != 1 {
			b.Fatalf("%d taken: %v", len(taken), err)
		}
	}
}
