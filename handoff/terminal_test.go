package handoff

import (
	"context"
	"strings"
	"testing"
	"time"

	"orientir/bot"
	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// A librarian is answering somebody at a library's terminal who walks away.
func TestHandOverOfWhoeverLeavesATerminal(t *testing.T) {
	for name, comesBack := range map[string]bool{"and comes back with a code": true, "for good": false} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			elena := b.librarian("elena@example.bg", "vratsa")
			conversation, ticket := b.claimed("terminal", elena)
			b.exec(`UPDATE contacts SET library = 'vratsa', terminal_at = $1 WHERE key = 'terminal'`, b.now())
			code, err := b.conversations.NewCode(b.ctx, conversation)
			b.do(err)
			engine := bot.NewEngine(b.conversations, nil, knowledge.NewStore(b.pool), b.desk, nil, bot.EngineOptions{
				Forget: []func(context.Context, postgres.DB, int64) error{b.desk.Forget},
			})
			kept, err := engine.LeaveTerminal(b.ctx, "web", "terminal", true)
			b.do(err)
			if !kept {
				t.Fatal("the hand-over is lost")
			}
			if state, _, _, _ := b.state(ticket); state != "claimed" || b.holder(conversation) == "" {
				t.Errorf("the ticket is %s, held by %q", state, b.holder(conversation))
			}
			if last := b.last(conversation); !strings.Contains(last, "Екранът в библиотеката се затвори") {
				t.Errorf("the librarian reads %q", last)
			}
			if _, err := b.desk.Reply(b.ctx, ticket, elena, "Ето отговора."); err != nil {
				t.Errorf("the librarian can't answer: %v", err)
			}
			if comesBack {
				_, err := b.conversations.TakeByTyped(b.ctx, code.Typed, "phone", "address")
				b.do(err)
			}
			b.skip(bot.CodeLife)
			ctx, stop := context.WithCancel(b.ctx)
			ran := make(chan error, 1)
			go func() { ran <- engine.Run(ctx) }()
			gone := func() bool {
				_, ok, err := b.conversations.Conversation(b.ctx, conversation)
				b.do(err)
				return !ok
			}
			for deadline := time.Now().Add(20 * time.Second); !comesBack && !gone() && time.Now().Before(deadline); {
				time.Sleep(20 * time.Millisecond)
			}
			stop()
			b.do(<-ran)
			state, outcome, _, _ := b.state(ticket)
			switch {
			case comesBack && (gone() || state != "claimed" || b.last(conversation) != "Ето отговора."):
				t.Errorf("gone: %v; the ticket is %s", gone(), state)
			case !comesBack && (!gone() || state != "closed" || outcome != "withdrawn"):
				t.Errorf("gone: %v; the ticket is %s, %s", gone(), state, outcome)
			}
		})
	}
}
