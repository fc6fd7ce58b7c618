package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/deploy/watch"
	"orientir/knowledge/privacy"
)

// Options of Conversations. The zero value works.
type Options struct {
	Log    *slog.Logger     // default: nothing is logged
	Now    func() time.Time // clock; default time.Now
	Pulled []string         // channels whose pages fetch their messages themselves; default "web"
	// Tracer is where traces go; nil: nowhere.
	Tracer trace.Tracer
	// Registerer is where metrics go; nil: nowhere.
	Registerer prometheus.Registerer
	// Mask hides personal numbers in what anybody writes and says which kinds it hid; default privacy.Mask, which knows no public phones.
	Mask func(ctx context.Context, text string) (string, []privacy.Kind, error)
}

// Conversations stores contacts, conversations and messages. The engine, the channels and the human side share one.
//
// A method that takes a tx changes things in the caller's transaction; the caller calls Wake after the commit.
type Conversations struct {
	pool   *pgxpool.Pool
	redis  *redis.Client
	log    *slog.Logger
	now    func() time.Time
	pulled []string
	reply  *prometheus.HistogramVec // channel
	tracer trace.Tracer
	mask   func(ctx context.Context, text string) (string, []privacy.Kind, error)
}

// NewConversations makes the store of conversations. redis carries wake-ups only.
func NewConversations(pool *pgxpool.Pool, redis *redis.Client, o Options) *Conversations {
	c := &Conversations{pool: pool, redis: redis, log: o.Log, now: o.Now, pulled: o.Pulled, mask: o.Mask, reply: newReplyMetric(o.Registerer), tracer: o.Tracer}
	if c.tracer == nil {
		c.tracer = watch.Silent()
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.pulled == nil {
		c.pulled = []string{"web"}
	}
	if c.mask == nil {
		c.mask = func(_ context.Context, text string) (string, []privacy.Kind, error) {
			masked, kinds := privacy.Mask(text)
			return masked, kinds, nil
		}
	}
	return c
}

// Mask hides personal numbers, as in everything that is stored of a conversation, and says which kinds it hid.
func (c *Conversations) Mask(ctx context.Context, text string) (masked string, kinds []privacy.Kind, err error) {
	masked, kinds, err = c.mask(ctx, text)
	if err != nil {
		return "", nil, fmt.Errorf("mask personal numbers: %w", err)
	}
	return masked, kinds, nil
}

// Topic is the wake-up topic of a conversation: something was stored in it.
func Topic(conversation int64) string { return "conversation:" + strconv.FormatInt(conversation, 10) }

const conversationColumns = `c.id, c.contact, k.channel, k.key, k.pseudonym, k.language, k.audience,
	COALESCE(k.place, '') AS place, COALESCE(k.library, '') AS library, k.terminal_at IS NOT NULL AS terminal, COALESCE(c.holder, '') AS holder, c.turn, c.answered_turn,
	k.blocked_at, c.created_at, c.updated_at`

// Of finds the conversation of a channel's contact; false where they never wrote, or were forgotten.
func (c *Conversations) Of(ctx context.Context, channel, contactKey string) (Conversation, bool, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+conversationColumns+`
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE k.channel = $1 AND k.key = $2`, channel, contactKey)
	return oneConversation(rows, err, "of a contact of "+channel)
}

// Conversation finds a conversation by its id.
func (c *Conversations) Conversation(ctx context.Context, id int64) (Conversation, bool, error) {
	return conversation(ctx, c.pool, id)
}

func conversation(ctx context.Context, db postgres.DB, id int64) (Conversation, bool, error) {
	rows, err := db.Query(ctx, `
		SELECT `+conversationColumns+`
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1`, id)
	return oneConversation(rows, err, strconv.FormatInt(id, 10))
}

func oneConversation(rows pgx.Rows, err error, key string) (Conversation, bool, error) {
	if err != nil {
		return Conversation{}, false, fmt.Errorf("read conversation %s: %w", key, err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Conversation])
	if errors.Is(err, pgx.ErrNoRows) {
		return Conversation{}, false, nil
	}
	if err != nil {
		return Conversation{}, false, fmt.Errorf("read conversation %s: %w", key, err)
	}
	return c, true, nil
}

// messageColumns reads a message as people may see it: of a shared location nothing but its settlement is left in text.
const messageColumns = `id, conversation, sender, kind, text, data, body, COALESCE(author, '') AS author, turn,
	COALESCE(external_id, '') AS external_id, created_at, handled_at, delivered_at, failed_at`

// Messages reads at most limit messages of a conversation that came after a message id, oldest first.
func (c *Conversations) Messages(ctx context.Context, conversation, after int64, limit int) ([]Message, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+messageColumns+`
		FROM messages
		WHERE conversation = $1 AND id > $2
		ORDER BY id
		LIMIT $3`, conversation, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read messages of conversation %d: %w", conversation, err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByName[Message])
	if err != nil {
		return nil, fmt.Errorf("read messages of conversation %d: %w", conversation, err)
	}
	return messages, nil
}

// Claim gives a conversation from the bot to a librarian. From then on only Say and Notice reach the person.
// ErrHeld where somebody else was quicker, or the conversation is gone.
func (c *Conversations) Claim(ctx context.Context, tx postgres.DB, conversation int64, holder string) error {
	tag, err := tx.Exec(ctx, `
		UPDATE conversations SET holder = $2, updated_at = $3
		WHERE id = $1 AND holder IS NULL`, conversation, holder, c.now())
	if err != nil {
		return fmt.Errorf("claim conversation %d: %w", conversation, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("claim conversation %d: %w", conversation, ErrHeld)
	}
	return nil
}

// Release gives a conversation back to the bot. ErrNotHolder where another holds it.
func (c *Conversations) Release(ctx context.Context, tx postgres.DB, conversation int64, holder string) error {
	tag, err := tx.Exec(ctx, `
		UPDATE conversations SET holder = NULL, updated_at = $3
		WHERE id = $1 AND holder = $2`, conversation, holder, c.now())
	if err != nil {
		return fmt.Errorf("release conversation %d: %w", conversation, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("release conversation %d: %w", conversation, ErrNotHolder)
	}
	return nil
}

// Pass gives a conversation from one librarian to another, with no moment between in which the bot could speak. ErrNotHolder where
// another holds it.
func (c *Conversations) Pass(ctx context.Context, tx postgres.DB, conversation int64, from, to string) error {
	tag, err := tx.Exec(ctx, `
		UPDATE conversations SET holder = $3, updated_at = $4
		WHERE id = $1 AND holder = $2`, conversation, from, to, c.now())
	if err != nil {
		return fmt.Errorf("pass conversation %d: %w", conversation, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("pass conversation %d: %w", conversation, ErrNotHolder)
	}
	return nil
}

// Say adds a librarian's words, only while that librarian holds the conversation; else ErrNotHolder.
// The words are masked like everybody's.
func (c *Conversations) Say(ctx context.Context, tx postgres.DB, conversation int64, holder string, body Body) (int64, error) {
	return c.SayBeside(ctx, tx, conversation, holder, holder, body)
}

// SayBeside is Say for a librarian who writes beside the holder. The holder must still be the one that is named.
func (c *Conversations) SayBeside(ctx context.Context, tx postgres.DB, conversation int64, holder, author string, body Body) (int64, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE conversations SET answered_turn = turn, updated_at = $3
		WHERE id = $1 AND holder = $2`, conversation, holder, c.now())
	if err != nil {
		return 0, fmt.Errorf("say in conversation %d: %w", conversation, err)
	}
	if tag.RowsAffected() == 0 {
		return 0, fmt.Errorf("say in conversation %d: %w", conversation, ErrNotHolder)
	}
	if body.Text, _, err = c.Mask(ctx, body.Text); err != nil {
		return 0, fmt.Errorf("say in conversation %d: %w", conversation, err)
	}
	return c.write(ctx, tx, conversation, Librarian, author, body)
}

// Notice adds a system line in the person's language, whoever holds the conversation; tx is a transaction. Keep it to the notices that may pass
// a librarian: danger to life, a masked number, librarian gone, conversation closed, and what became of a ticket.
func (c *Conversations) Notice(ctx context.Context, tx postgres.DB, conversation int64, phraseKey string, args ...any) (int64, error) {
	id, err := c.NoticeBody(ctx, tx, conversation, func(language string) Body { return Body{Text: i18n.T(language, phraseKey, args...)} })
	if err != nil {
		return 0, fmt.Errorf("notice %s: %w", phraseKey, err)
	}
	return id, nil
}

// NoticeBody is Notice with more than a line: buttons, a date. say makes it in the person's language.
func (c *Conversations) NoticeBody(ctx context.Context, tx postgres.DB, conversation int64, say func(language string) Body) (int64, error) {
	// The lock makes ids in a conversation rise in the order of commits: a stream that has sent one never sees a lower one come.
	var language string
	err := tx.QueryRow(ctx, `
		SELECT k.language FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1
		FOR UPDATE OF c`, conversation).Scan(&language)
	if err != nil {
		return 0, fmt.Errorf("notice in conversation %d: %w", conversation, err)
	}
	body := say(language)
	body.Language = language
	return c.write(ctx, tx, conversation, System, "", body)
}

// noticeNow adds a system line in a transaction of its own, and wakes who should hear of it.
func (c *Conversations) noticeNow(ctx context.Context, conversation int64, phraseKey string) (id int64, err error) {
	err = pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		id, err = c.Notice(ctx, tx, conversation, phraseKey)
		return err
	})
	if err == nil {
		c.Wake(ctx, conversation)
	}
	return id, err
}

// write adds an outgoing row; delivery or a stream takes it from there.
func (c *Conversations) write(ctx context.Context, tx postgres.DB, conversation int64, from Sender, author string, body Body) (int64, error) {
	return c.answer(ctx, tx, conversation, from, author, body, nil)
}

// answer is write with when the question came that it is the first answer to; nil: it is none.
func (c *Conversations) answer(ctx context.Context, tx postgres.DB, conversation int64, from Sender, author string, body Body, asked *time.Time) (int64, error) {
	kind := "reply"
	if from == System {
		kind = "notice"
	}
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO messages (conversation, sender, kind, text, body, author, turn, pulled, created_at, asked_at, trace)
		SELECT c.id, $2, $3, left($4, 8000), $5, NULLIF($6, ''), c.turn, k.channel = ANY($7), $8, $9, NULLIF($10, '')
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1
		RETURNING id`, conversation, from, kind, body.Plain(), body, author, c.pulled, c.now(), asked, watch.Carry(ctx)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("write to conversation %d: %w", conversation, err)
	}
	return id, nil
}

// Wake tells delivery, streams and desks that a conversation changed. Call it after the commit.
func (c *Conversations) Wake(ctx context.Context, conversation int64) {
	c.redis.Publish(ctx, Topic(conversation), "")
	c.redis.Publish(ctx, "deliver", "")
}

// wakeOn is Wake where the channel is known: what a page fetches itself is not for delivery.
func (c *Conversations) wakeOn(ctx context.Context, channel string, conversation int64) {
	if slices.Contains(c.pulled, channel) {
		c.wakeSeen(ctx, conversation)
		return
	}
	c.Wake(ctx, conversation)
}

// SeenTopic wakes who looks at conversations of all kinds where one changed without anything to deliver. Delivery doesn't hear it: there are many,
// and among them a wake-up that is for delivery would be lost.
const SeenTopic = "seen"

// wakeSeen tells whoever looks at a conversation, but not delivery.
func (c *Conversations) wakeSeen(ctx context.Context, conversation int64) {
	c.redis.Publish(ctx, Topic(conversation), "")
	c.redis.Publish(ctx, SeenTopic, "")
}

// Delivered notes that messages reached the person: a pulled channel calls it for what its stream wrote.
// Rows that were delivered before stay as they are.
func (c *Conversations) Delivered(ctx context.Context, messages []int64) error {
	rows, err := c.pool.Query(ctx, `
		UPDATE messages m SET delivered_at = $2
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE m.id = ANY($1) AND c.id = m.conversation AND m.sender <> 'person' AND m.delivered_at IS NULL AND m.failed_at IS NULL
		RETURNING c.contact, k.channel, m.asked_at, m.created_at, COALESCE(m.trace, '') AS trace`, messages, c.now())
	if err != nil {
		return fmt.Errorf("mark %d messages delivered: %w", len(messages), err)
	}
	type arrived struct {
		Contact int64
		Channel string
		Asked   *time.Time `db:"asked_at"`
		Saved   time.Time  `db:"created_at"`
		Trace   string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[arrived])
	if err != nil {
		return fmt.Errorf("mark %d messages delivered: %w", len(messages), err)
	}
	if len(list) == 0 {
		return nil
	}
	var contacts []int64
	for _, a := range list {
		contacts = append(contacts, a.Contact)
		c.replied(a.Channel, a.Asked)
		c.arrivedSpan(ctx, a.Channel, a.Trace, a.Saved)
	}
	return c.sayGoodbye(ctx, contacts)
}

// WaitReply waits until everything that the person sent has been dealt with, for a page that works without scripts, and gives
// what was said to them after a message id. When ctx ends first it gives what there is.
func (c *Conversations) WaitReply(ctx context.Context, conversation, after int64) ([]Message, error) {
	awake, stop := context.WithCancel(ctx)
	defer stop()
	wake := c.redis.Subscribe(awake, Topic(conversation))
	sweep := time.NewTicker(500 * time.Millisecond) // behind the wake-up, which may be lost
	defer sweep.Stop()
	for {
		var waiting bool
		reading, read := context.WithTimeout(context.WithoutCancel(ctx), lookPatience)
		err := c.pool.QueryRow(reading, `
			SELECT EXISTS (SELECT 1 FROM messages WHERE conversation = $1 AND sender = 'person' AND handled_at IS NULL)`,
			conversation).Scan(&waiting)
		if err != nil {
			read()
			return nil, fmt.Errorf("wait for a reply in conversation %d: %w", conversation, err)
		}
		if !waiting || ctx.Err() != nil {
			defer read()
			return c.outgoing(reading, conversation, after)
		}
		read()
		select {
		case <-ctx.Done():
		case <-wake:
		case <-sweep.C:
		}
	}
}

func (c *Conversations) outgoing(ctx context.Context, conversation, after int64) ([]Message, error) {
	rows, err := c.pool.Query(ctx, `
		SELECT `+messageColumns+`
		FROM messages
		WHERE conversation = $1 AND id > $2 AND sender <> 'person'
		ORDER BY id`, conversation, after)
	if err != nil {
		return nil, fmt.Errorf("read replies of conversation %d: %w", conversation, err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByName[Message])
	if err != nil {
		return nil, fmt.Errorf("read replies of conversation %d: %w", conversation, err)
	}
	return messages, nil
}
