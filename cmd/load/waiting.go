package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// mostTold is how many chats that still wait a report describes.
const mostTold = 20

// standing says where the conversations of chats that still wait stand in the database: is the answer late, was it made and not heard, or is it nobody's?
func (c *crowd) standing(ctx context.Context, db *pgxpool.Pool) ([]string, error) {
	var keys []string
	for _, one := range c.chats {
		if one.asked.Load() == 0 || len(keys) == mostTold {
			continue
		}
		token, err := base64.RawURLEncoding.DecodeString(one.token)
		if err != nil {
			return nil, fmt.Errorf("read a chat's token: %w", err)
		}
		hash := sha256.Sum256(token) // what the program keeps of it
		keys = append(keys, hex.EncodeToString(hash[:]))
	}
	rows, err := db.Query(ctx, `
		SELECT format('Conversation %s still waits: due %s, leased until %s by %s, tries %s; %s of its messages wait for an answer, and its last one, %s, is of the %s.',
			c.id, coalesce(c.due_at::text, 'never'), coalesce(c.leased_until::text, '–'), coalesce(c.leaser::text, 'nobody'), c.tries,
			(SELECT count(*) FROM messages m WHERE m.conversation = c.id AND m.sender = 'person' AND m.handled_at IS NULL), last.id, last.sender)
		FROM contacts k JOIN conversations c ON c.contact = k.id,
			LATERAL (SELECT id, sender FROM messages m WHERE m.conversation = c.id ORDER BY id DESC LIMIT 1) last
		WHERE k.channel = 'web' AND k.key = ANY($1) ORDER BY c.id`, keys)
	if err != nil {
		return nil, fmt.Errorf("look where what waits stands: %w", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look where what waits stands: %w", err)
	}
	return lines, nil
}
