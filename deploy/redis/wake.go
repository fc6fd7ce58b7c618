package redis

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// backlog is how many wake-ups a listener may lag behind. It has something to look at then anyway, so more are dropped.
const backlog = 16

// Publish wakes the listeners of topic, in this process at once and in others soon. It never blocks and never fails:
// a wake-up may be lost, and what it stands for is in the database. topic holds no NUL byte.
func (c *Client) Publish(_ context.Context, topic, payload string) {
	c.hub.deliver(topic, payload)
	select {
	case c.out <- c.self + "\x00" + topic + "\x00" + payload:
	default: // Redis is away and thousands wait already; the others' sweeps will find what this one was about
		c.lost.Add(1)
	}
}

// Subscribe gives a channel of the payloads published on any of the topics, in this process or another, until ctx ends;
// the channel is then closed. An empty payload also means «something may have been missed: look». A listener that lags
// behind loses wake-ups, never the state of the database. Thousands of listeners share one connection.
func (c *Client) Subscribe(ctx context.Context, topics ...string) <-chan string {
	return c.hub.listen(ctx, topics)
}

// channel is the one Redis channel that all replicas share: each hears everything and picks what it has listeners for,
// which needs no bookkeeping of who listens where. The database number is in the name because channels, unlike keys,
// are shared between the databases of one Redis. A cluster passes it on between its nodes.
func (c *Client) channel() string { return fmt.Sprintf("%swake:%d", c.prefix, c.db) }

// together is how many wake-ups go to the other replicas in one exchange at most.
const together = 256

// send carries this process's wake-ups to the other replicas. What gathers while some are on their way goes together afterwards, each once:
// under load many say the same.
func (c *Client) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case message := <-c.out:
			messages := c.gather(message)
			c.try(ctx, func(ctx context.Context) error {
				_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
					for _, message := range messages {
						pipe.Publish(ctx, c.channel(), message)
					}
					return nil
				})
				return err
			})
		}
	}
}

// gather takes what else waits to be sent, without what is said already.
func (c *Client) gather(first string) []string {
	messages, said := []string{first}, map[string]bool{first: true}
	for len(messages) < together {
		select {
		case message := <-c.out:
			if !said[message] {
				messages, said[message] = append(messages, message), true
			}
		default:
			return messages
		}
	}
	return messages
}

// receive hands out what other replicas send. The library reconnects by itself and announces each new subscription:
// what was sent in between is lost, so everybody looks.
func (c *Client) receive(ctx context.Context) error {
	subscription := c.rdb.Subscribe(ctx, c.channel())
	defer subscription.Close()
	events := subscription.ChannelWithSubscriptions(redis.WithChannelSendTimeout(time.Second))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event := <-events:
			switch event := event.(type) {
			case *redis.Subscription:
				c.hub.wakeAll()
			case *redis.Message:
				parts := strings.SplitN(event.Payload, "\x00", 3)
				if len(parts) == 3 && parts[0] != c.self {
					c.hub.deliver(parts[1], parts[2])
				}
			}
		}
	}
}

// hub knows the listeners of this process by topic.
type hub struct {
	mu     sync.RWMutex
	topics map[string]map[chan string]struct{}
}

func (h *hub) listen(ctx context.Context, topics []string) <-chan string {
	listener := make(chan string, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics == nil {
		h.topics = map[string]map[chan string]struct{}{}
	}
	for _, topic := range topics {
		if h.topics[topic] == nil {
			h.topics[topic] = map[chan string]struct{}{}
		}
		h.topics[topic][listener] = struct{}{}
	}
	context.AfterFunc(ctx, func() { h.leave(listener, topics) })
	return listener
}

// leave closes the listener's channel under the lock, so that nobody is sending on it.
func (h *hub) leave(listener chan string, topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, topic := range topics {
		delete(h.topics[topic], listener)
		if len(h.topics[topic]) == 0 {
			delete(h.topics, topic)
		}
	}
	close(listener)
}

func (h *hub) deliver(topic, payload string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for listener := range h.topics[topic] {
		offer(listener, payload)
	}
}

func (h *hub) wakeAll() {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, listeners := range h.topics {
		for listener := range listeners {
			offer(listener, "")
		}
	}
}

func offer(listener chan string, payload string) {
	select {
	case listener <- payload:
	default:
	}
}
