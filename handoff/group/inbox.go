package group

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/bot"
	"orientir/bot/telegram"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/handoff/staff"
)

// wakeTopic is the wake-up topic of this package.
const wakeTopic = "group"

// Options of the inbox and the desk; the zero value works.
type Options struct {
	Log *slog.Logger     // default: nothing is logged
	Now func() time.Time // clock; default time.Now
	// Presence shows that this process lives, so that what a dead one was at passes on (see Inherit); nil: it waits until leases run out.
	Presence *postgres.Presence
}

func (o Options) filled() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Inbox stores what happens in groups. It is telegram.Groups.
type Inbox struct {
	db            *pgxpool.Pool
	conversations *bot.Conversations
	redis         *redis.Client
	now           func() time.Time
}

var _ telegram.Groups = (*Inbox)(nil)

// NewInbox makes the inbox. A Desk works it off.
func NewInbox(db *pgxpool.Pool, conversations *bot.Conversations, redis *redis.Client, o Options) *Inbox {
	return &Inbox{db: db, conversations: conversations, redis: redis, now: o.filled().Now}
}

// Take masks and stores an update. Groups that are not connected are ignored but for «/connect CODE», and what is said outside our own topics
// is none of our business.
func (i *Inbox) Take(ctx context.Context, u telegram.GroupUpdate) error {
	var hash, rights []byte
	words := strings.TrimSpace(strings.ReplaceAll(u.Text, "\r\n", "\n"))
	switch u.Kind {
	case telegram.GroupCommand:
		name, typed, _ := strings.Cut(words, " ")
		if name != "connect" {
			return nil
		}
		words = "" // a code is kept as its hash alone
		if code, ok := staff.ReadCode(typed); ok {
			hash = code.Hash()
		}
	case telegram.GroupMember:
		var err error
		if rights, err = json.Marshal(u.Rights); err != nil {
			return fmt.Errorf("take update %d of a group: %w", u.ID, err)
		}
	}
	masked, hidden, err := i.conversations.Mask(ctx, strings.ReplaceAll(strings.ToValidUTF8(words, ""), "\x00", ""))
	if err != nil {
		return fmt.Errorf("take update %d of a group: %w", u.ID, err)
	}
	title, _, err := i.conversations.Mask(ctx, strings.ReplaceAll(strings.ToValidUTF8(u.Title, ""), "\x00", ""))
	if err != nil {
		return fmt.Errorf("take update %d of a group: %w", u.ID, err)
	}
	kinds := []string{}
	for _, k := range hidden {
		kinds = append(kinds, string(k))
	}
	tag, err := i.db.Exec(ctx, `
		INSERT INTO group_updates (id, chat, thread, kind, actor, language, title, message, text, hidden, data, callback, code_hash, rights, received_at)
		SELECT $1, $2, $3, $4, $5, $6, left($7, 256), $8, $9, $10, $11, $12, $13, $14, $15
		WHERE CASE $4
			WHEN 'command' THEN true
			WHEN 'member' THEN EXISTS (SELECT FROM telegram_groups WHERE chat = $2)
			WHEN 'button' THEN EXISTS (SELECT FROM group_topics WHERE `+pressedIn(2, 8, 3)+`)
			ELSE EXISTS (
				SELECT FROM group_topics p JOIN telegram_groups g USING (chat)
				WHERE p.chat = $2 AND p.thread = $3 AND p.state IN ('open', 'closed') AND g.disconnected_at IS NULL)
		END
		ON CONFLICT (id) DO NOTHING`,
		u.ID, u.Chat, u.Thread, u.Kind, u.User, u.Language, title, u.Message, masked, kinds, u.Data, u.Callback, hash, rights, i.now())
	if err != nil {
		return fmt.Errorf("take update %d of a group: %w", u.ID, err)
	}
	if tag.RowsAffected() > 0 {
		i.redis.Publish(ctx, wakeTopic, "")
	}
	return nil
}
