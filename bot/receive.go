package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/deploy/redis"
	"orientir/deploy/watch"
	"orientir/knowledge/privacy"
)

const (
	longest     = 2000 // letters of a message that the bot reads
	longestHeld = 8000 // letters of a message that a librarian reads, and that the database takes
	longestData = 64   // bytes of a button's action

	storePatience = 12 * time.Second // to store an event; its sender then hears so, or brings it again
)

// Receive masks an event, stores it in one transaction and wakes a worker. Once it returns without an error the channel may
// acknowledge the event: a crash loses nothing, and the same event again changes nothing.
func (e *Engine) Receive(ctx context.Context, in Incoming) (r Receipt, err error) {
	ctx, span := watch.Span(ctx, "store", attribute.String("channel", in.Channel), attribute.String("kind", string(in.Kind)))
	defer func() { watch.End(span, err) }()
	if in.Channel == "" || in.ContactKey == "" || in.EventID == "" {
		return Receipt{}, fmt.Errorf("receive an event of channel %q: it needs a contact key and an event id", in.Channel)
	}
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	if in.Kind == Blocked {
		return Receipt{}, e.blocked(ctx, in)
	}
	if !e.owed.has(in) && !e.allowed(ctx, in) {
		return e.slowDown(ctx, in)
	}
	defer func() { e.owed.note(in, err == nil) }()
	a, err := e.prepare(ctx, in)
	if err != nil {
		return Receipt{}, err
	}
	var receipt Receipt
	stored := false
	if a.sociable() {
		receipt, stored, err = e.together.keep(ctx, &a, watch.Carry(ctx))
	}
	if err == nil && !stored {
		receipt, err = e.keepAlone(ctx, &a)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("receive an event of channel %s: %w", in.Channel, err)
	}
	if !receipt.Duplicate {
		e.metrics.received.WithLabelValues(in.Channel, string(in.Kind)).Inc()
		// There is nothing to deliver but the warning of a hidden number; whoever looks at the conversation sees what came.
		if len(a.hidden) > 0 {
			e.conversations.wakeOn(ctx, in.Channel, receipt.Conversation)
		} else {
			e.conversations.wakeSeen(ctx, receipt.Conversation)
		}
	}
	// A duplicate wakes too: the first time may have ended before its wake-up.
	e.conversations.redis.Publish(ctx, "work", "")
	return receipt, nil
}

// arrival is an event made ready for storing: masked, shortened, the position named.
type arrival struct {
	Incoming
	kind       string
	text       string
	hidden     []privacy.Kind // personal numbers of these kinds were hidden
	settlement string         // of a shared position, in words; the position itself is erased when it has been used
}

// prepare does what needs no transaction.
func (e *Engine) prepare(ctx context.Context, in Incoming) (arrival, error) {
	a := arrival{Incoming: in, kind: string(in.Kind)}
	words := in.Text
	switch in.Kind {
	case Text, Edited, Contact, Unsupported:
	case Command:
		a.Data, words = in.Command, in.Argument
	case Button:
		words = ""
	case Location:
		words = ""
		if !(math.Abs(in.Lat) <= 90 && math.Abs(in.Lon) <= 180) { // not a number is no place either
			a.kind = string(Unsupported)
			break
		}
		place, ok, err := e.store.PlaceAt(ctx, in.Lat, in.Lon)
		if err != nil {
			return arrival{}, fmt.Errorf("name a shared location: %w", err)
		}
		if ok {
			a.settlement = PlaceWords(place, "bg")
		}
	default:
		return arrival{}, fmt.Errorf("receive an event of channel %s: unknown kind %q", in.Channel, in.Kind)
	}
	var err error
	if a.text, a.hidden, err = e.conversations.Mask(ctx, clean(words)); err != nil {
		return arrival{}, err
	}
	if a.Kind == Edited || mayGoOn(a) {
		if err := e.store.ReadyToMask(ctx); err != nil {
			return arrival{}, err
		}
	}
	a.Data = clean(a.Data)
	// «/8401012345» is a command to Telegram. What is no action of ours is help, whatever it was.
	if _, hidden := privacy.Mask(a.Data); len(a.Data) > longestData || len(hidden) > 0 {
		a.Data, a.hidden = "", append(a.hidden, hidden...)
	}
	return a, nil
}

// keepAlone stores an arrival by itself; so many others may be at it that it has to wait.
func (e *Engine) keepAlone(ctx context.Context, a *arrival) (r Receipt, err error) {
	select {
	case e.alone <- struct{}{}:
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
	defer func() { <-e.alone }()
	err = e.conversations.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) (err error) {
		r, err = e.keep(ctx, conn, a)
		return err
	})
	return r, err
}

// keep stores an arrival in one transaction, which takes two round trips for most, more where there is something to hide or to
// change: everything that comes in passes here, and what isn't stored isn't acknowledged.
// The conversation's row is locked from the first on, so that its messages stand in one order.
func (e *Engine) keep(ctx context.Context, conn *pgxpool.Conn, came *arrival) (r Receipt, err error) {
	a := *came
	defer func() { came.hidden = a.hidden }() // together with the message before there may be more to hide
	now := e.now()
	var held bool
	var await string
	open := &pgx.Batch{}
	open.Queue("BEGIN")
	open.Queue(onePlan)
	open.Queue(`SET LOCAL lock_timeout = '3s'`) // whoever has the person's row for longer may be gone, and others need this one's place
	open.Queue(`
		WITH contact AS (
			INSERT INTO contacts (channel, key, language, place, created_at, library, terminal_at)
			VALUES ($1, $2, $3, (SELECT ekatte FROM places WHERE ekatte = $4), $5, (SELECT id FROM help_points WHERE id = $6), CASE WHEN $6 <> '' THEN $5::timestamptz END)
			ON CONFLICT (channel, key) DO UPDATE
				SET blocked_at = NULL, forgotten_at = NULL, place = COALESCE(contacts.place, EXCLUDED.place),
					terminal_at = CASE WHEN contacts.terminal_at IS NOT NULL THEN $5::timestamptz END
			RETURNING id)
		INSERT INTO conversations (contact, created_at, updated_at) SELECT id, $5::timestamptz, $5::timestamptz FROM contact
		ON CONFLICT (contact) DO UPDATE SET updated_at = EXCLUDED.updated_at
		RETURNING contact, id, holder IS NOT NULL, COALESCE(state ->> 'await', '')`,
		a.Channel, a.ContactKey, LanguageOf(a.Language), a.Place, now, a.Library).
		QueryRow(func(row pgx.Row) error { return row.Scan(&r.Contact, &r.Conversation, &held, &await) })
	done := false
	defer func() {
		if !done {
			rollBack(ctx, conn)
		}
	}()
	if err := conn.SendBatch(ctx, open).Close(); err != nil {
		return r, fmt.Errorf("keep the contact and the conversation: %w", err)
	}
	commit := func() error {
		_, err := conn.Exec(ctx, "COMMIT")
		done = err == nil
		return err
	}
	if a.Kind == Edited {
		found, err := e.keepEdit(ctx, conn, &a, held, &r)
		if err != nil {
			return r, err
		}
		if found {
			return r, commit()
		}
	}
	if a, err = e.takeContact(ctx, conn, a, await, r.Conversation); err != nil {
		return r, fmt.Errorf("keep a contact: %w", err)
	}
	a.shorten(held)
	if err := e.maskAcross(ctx, conn, &a, r.Conversation, now); err != nil {
		return r, err
	}
	store := &pgx.Batch{}
	var rows messageRows
	rows.add(a, r.Conversation, held, e.dueAt(a, held, now), watch.Carry(ctx))
	rows.queue(store, now, func(kept Receipt) { r.Message, r.Duplicate = kept.Message, kept.Duplicate })
	warned := len(a.hidden) > 0
	if !warned {
		store.Queue("COMMIT")
	}
	if err := conn.SendBatch(ctx, store).Close(); err != nil {
		return r, fmt.Errorf("keep the message: %w", err)
	}
	if !warned {
		done = true
		return r, nil
	}
	if !r.Duplicate {
		if err := e.warnMasked(ctx, conn, a, held, r.Conversation); err != nil {
			return r, err
		}
	}
	return r, commit()
}

// shorten cuts a text that nobody reads to its end.
func (a *arrival) shorten(held bool) {
	if !held && utf8.RuneCountInString(a.text) > longest && a.kind == string(Text) {
		a.kind, a.text = "too-long", cut(a.text, longest)
	}
}

// dueAt is when a worker should look at an arrival: at once, or when the person has had time to write more.
func (e *Engine) dueAt(a arrival, held bool, now time.Time) time.Time {
	if a.Kind == Text && !held {
		return now.Add(e.o.Debounce[a.Channel])
	}
	return now
}

// rollBack ends a transaction that came to nothing, whatever state ctx is in; a connection that can't even do that is thrown away.
func rollBack(ctx context.Context, conn *pgxpool.Conn) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = conn.Exec(ending, "ROLLBACK")
}

// keepEdit puts the new words into a message that has not been answered yet; an answer under way is thrown away.
// It isn't done where a librarian holds the conversation and has read the old words: the new ones are then a message of their own.
func (e *Engine) keepEdit(ctx context.Context, tx postgres.DB, a *arrival, held bool, r *Receipt) (done bool, err error) {
	var old written
	err = tx.QueryRow(ctx, `
		SELECT id, text, created_at FROM messages
		WHERE conversation = $1 AND external_id = $2 AND sender = 'person' AND handled_at IS NULL AND kind IN ('text', 'too-long')
		FOR UPDATE`, r.Conversation, a.Replaces).Scan(&old.id, &old.text, &old.created)
	if errors.Is(err, pgx.ErrNoRows) {
		return !held, nil
	}
	if err != nil {
		return true, fmt.Errorf("find the edited message: %w", err)
	}
	if err := e.maskEdit(ctx, tx, a, r.Conversation, old); err != nil {
		return true, err
	}
	words := a.text
	kind := string(Text)
	if !held && utf8.RuneCountInString(words) > longest {
		kind, words = "too-long", cut(words, longest)
	}
	r.Message = old.id
	if _, err := tx.Exec(ctx, `UPDATE messages SET text = $2, kind = $3 WHERE id = $1`, old.id, cut(words, longestHeld), kind); err != nil {
		return true, fmt.Errorf("keep the edited message: %w", err)
	}
	_, err = tx.Exec(ctx, `
		UPDATE conversations SET lease = lease + 1, leased_until = NULL, leaser = NULL, due_at = $2 WHERE id = $1`,
		r.Conversation, e.now().Add(e.o.Debounce[a.Channel]))
	if err != nil {
		return true, fmt.Errorf("answer the edited message anew: %w", err)
	}
	if old.text == words {
		return true, nil
	}
	return true, e.warnMasked(ctx, tx, *a, held, r.Conversation)
}

func (e *Engine) warnMasked(ctx context.Context, tx postgres.DB, a arrival, held bool, conversation int64) error {
	if len(a.hidden) == 0 {
		return nil
	}
	return e.conversations.warnMasked(ctx, tx, conversation, a.hidden, held && e.o.Callbacks != nil)
}

// wordsToKeep is the text of the row, as long as the database takes it; of a location the name of its settlement.
func (a arrival) wordsToKeep() string {
	if a.kind == string(Location) && a.settlement != "" {
		return i18n.T("bg", "bot.shared_place", a.settlement)
	}
	return cut(a.text, longestHeld)
}

func (a arrival) dataToKeep() string {
	if a.Kind == Button || a.Kind == Command || a.kind == string(Contact) {
		return a.Data
	}
	return ""
}

// degrees keeps a position, to about ten metres, only until the bot has used it; never where a librarian would read it.
func (a arrival) degrees(x float64, held bool) *float64 {
	if a.kind != string(Location) || held {
		return nil
	}
	x = math.Round(x*1e4) / 1e4
	return &x
}

// ownID is the channel's id of the person's own message; a button sits on one of ours.
func (a arrival) ownID() string {
	if a.Kind == Button {
		return ""
	}
	return a.MessageID
}

// blocked notes that the person blocked us. They are known again as soon as they write.
func (e *Engine) blocked(ctx context.Context, in Incoming) error {
	_, err := e.conversations.pool.Exec(ctx, `
		UPDATE contacts SET blocked_at = $3 WHERE channel = $1 AND key = $2 AND blocked_at IS NULL`,
		in.Channel, in.ContactKey, e.now())
	if err != nil {
		return fmt.Errorf("mark a contact of channel %s blocked: %w", in.Channel, err)
	}
	return nil
}

// allowed counts an event against the contact's limits. To be forgotten is always allowed.
func (e *Engine) allowed(ctx context.Context, in Incoming) bool {
	if e.o.Limits.Off || in.Kind == Command && in.Command == "forget" {
		return true
	}
	return e.conversations.redis.AllowAll(ctx, "contact:"+in.Channel+":"+in.ContactKey,
		redis.Turns{Limit: e.o.Limits.PerMinute, Per: time.Minute}, redis.Turns{Limit: e.o.Limits.PerHour, Per: time.Hour})
}

// slowDown asks a contact once a minute to wait. The event itself is not stored.
func (e *Engine) slowDown(ctx context.Context, in Incoming) (Receipt, error) {
	r := Receipt{Limited: true}
	e.metrics.received.WithLabelValues(in.Channel, "limited").Inc()
	c, known, err := e.conversations.Of(ctx, in.Channel, in.ContactKey)
	if err != nil || !known {
		return r, err
	}
	r.Contact, r.Conversation = c.Contact, c.ID
	if first, _ := e.conversations.redis.Allow(ctx, "slow-down:"+in.Channel+":"+in.ContactKey, 1, time.Minute); !first {
		return r, nil
	}
	r.Message, err = e.conversations.noticeNow(ctx, c.ID, "bot.slow_down")
	return r, err
}

// LanguageOf is the language that a channel's hint («en-GB») suggests to begin with.
func LanguageOf(hint string) string {
	switch language, _, _ := strings.Cut(strings.ToLower(hint), "-"); language {
	case "en", "tr":
		return language
	}
	return "bg"
}

// clean makes words storable: valid UTF-8 without NUL, and no longer than anybody reads.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	return cut(s, 2*longestHeld)
}

func rise(b bool) int {
	if b {
		return 1
	}
	return 0
}
