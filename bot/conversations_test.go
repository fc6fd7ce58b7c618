package bot

import (
	"context"
	"errors"
	"testing"

	"orientir/deploy/postgres/postgrestest"
)

type quiet struct{}

func (quiet) Publish(context.Context, string, string)            {}
func (quiet) Subscribe(context.Context, ...string) <-chan string { return nil }

func TestOneClaimWinsAndOnlyTheHolderSpeaks(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t)
	c := NewConversations(pool, quiet{}, Options{})
	ctx := t.Context()
	if _, err := pool.Exec(ctx, `
		WITH k AS (INSERT INTO contacts (channel, key, created_at) VALUES ('web', 'a', now()) RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, now(), now() FROM k`); err != nil {
		t.Fatal(err)
	}
	found, ok, err := c.Of(ctx, "web", "a")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := c.Claim(ctx, pool, found.ID, "7"); err != nil {
		t.Fatal(err)
	}
	if err := c.Claim(ctx, pool, found.ID, "8"); !errors.Is(err, ErrHeld) {
		t.Errorf("the second claim gives %v", err)
	}
	if _, err := c.Say(ctx, pool, found.ID, "8", Body{Text: "не аз"}); !errors.Is(err, ErrNotHolder) {
		t.Errorf("another librarian speaks: %v", err)
	}
	if _, err := c.Say(ctx, pool, found.ID, "7", Body{Text: "Добър ден"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(ctx, pool, found.ID, "7"); err != nil {
		t.Fatal(err)
	}
	messages, err := c.Messages(ctx, found.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != 1 || messages[0].Body == nil || messages[0].Body.Text != "Добър ден" || messages[0].Author != "7" {
		t.Errorf("the transcript is %+v", messages)
	}
}
