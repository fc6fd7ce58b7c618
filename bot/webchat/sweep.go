package webchat

import (
	"context"
	"sync"
	"time"

	"orientir/bot"
)

// sweepChunk is how many conversations one statement looks at: ten thousand open chats are ten short statements.
const sweepChunk = 1000

// sweep looks at the database for all quiet streams of the process at once, behind the wake-ups, which may be lost: ten thousand open chats that
// each looked by themselves asked it thousands of times a second. It runs while there is a stream.
type sweep struct {
	conversations *bot.Conversations
	every         time.Duration
	patience      time.Duration // with the database, for a chunk: one that hangs must not hold all streams
	failed        func(error)

	mu      sync.Mutex
	watched map[*watch]struct{}
	stop    context.CancelFunc // of the round that runs; nil: none does
}

// watch is what one stream has told of its conversation.
type watch struct {
	conversation int64
	changed      chan struct{} // the stream is to look; holds one

	mu   sync.Mutex
	told bot.Mark
}

// enter watches a conversation until leave is called. Nothing counts as changed before the first tell.
func (s *sweep) enter(conversation int64) (w *watch, leave func()) {
	w = &watch{conversation: conversation, changed: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		s.watched = map[*watch]struct{}{}
	}
	s.watched[w] = struct{}{}
	if s.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		s.stop = stop
		go s.run(ctx)
	}
	return w, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watched, w)
		if len(s.watched) == 0 {
			s.stop()
			s.stop, s.watched = nil, nil // a map keeps the room of its greatest day
		}
	}
}

// tell notes what the stream has told.
func (w *watch) tell(m bot.Mark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = m
}

// behind says that a conversation has gone on, or away, since the stream told of it.
func (w *watch) behind(now bot.Mark, there bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told.Key != "" && (!there || now.Key != w.told.Key || now.Holder != w.told.Holder || now.Newest > w.told.Newest)
}

func (s *sweep) run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.round(ctx); err != nil && ctx.Err() == nil {
			s.failed(err)
		}
	}
}

// round looks at each watched conversation once.
func (s *sweep) round(ctx context.Context) error {
	s.mu.Lock()
	all := make([]*watch, 0, len(s.watched))
	for w := range s.watched {
		all = append(all, w)
	}
	s.mu.Unlock()
	for len(all) > 0 {
		some := all[:min(sweepChunk, len(all))]
		all = all[len(some):]
		ids := make([]int64, len(some))
		for i, w := range some {
			ids[i] = w.conversation
		}
		marks, err := s.look(ctx, ids)
		if err != nil {
			return err
		}
		for _, w := range some {
			if now, there := marks[w.conversation]; w.behind(now, there) {
				select {
				case w.changed <- struct{}{}:
				default:
				}
			}
		}
	}
	return nil
}

func (s *sweep) look(ctx context.Context, conversations []int64) (map[int64]bot.Mark, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	return s.conversations.Marks(ctx, conversations)
}
