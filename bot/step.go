package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"

	"orientir/deploy/watch"
	"orientir/retrieval"
)

// waiting is a leased conversation as a step finds it.
type waiting struct {
	Conversation
	state  state
	chosen bool // the person picked the language
	rows   []row
	trace  string // where the step was in its trace, for what follows it
	past   *Past  // the hand-over that ended lately; nil: none
}

// row is an incoming message that the dialog hasn't dealt with.
type row struct {
	ID    int64     `db:"id"`
	Kind  string    `db:"kind"`
	Text  string    `db:"text"`
	Data  string    `db:"data"`
	Lat   *float64  `db:"lat"`
	Lon   *float64  `db:"lon"`
	Turn  int64     `db:"turn"`
	Held  bool      `db:"held"`
	Trace string    `db:"trace"`
	At    time.Time `db:"created_at"`
}

// begun is a conversation with where its dialog stands.
type begun struct {
	Conversation
	Kept   []byte `db:"kept"`
	Chosen bool   `db:"chosen"`
}

// load reads the conversation first and its messages after: one that comes in between has raised the turn by the time of saving.
func (e *Engine) load(ctx context.Context, l lease) (w waiting, err error) {
	rows, err := e.conversations.pool.Query(ctx, `
		SELECT `+conversationColumns+`, c.state AS kept, k.language_chosen AS chosen
		FROM conversations c JOIN contacts k ON k.id = c.contact
		WHERE c.id = $1`, l.conversation)
	var found begun
	if err == nil {
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[begun])
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return w, errMoved
	}
	if err != nil {
		return w, fmt.Errorf("read conversation %d and its state: %w", l.conversation, err)
	}
	w.Conversation, w.chosen = found.Conversation, found.Chosen
	if err := json.Unmarshal(found.Kept, &w.state); err != nil { // of another version of the program: begin anew
		e.log.Warn("unreadable state of a dialog", "conversation", l.conversation, "err", err)
		w.state = state{Greeted: true}
	}
	if e.o.Aftercare != nil && w.Holder == "" {
		past, ok, err := e.o.Aftercare.Past(ctx, e.conversations.pool, l.conversation)
		if err != nil {
			return w, err
		}
		if ok {
			w.past = &past
		}
	}
	rows, err = e.conversations.pool.Query(ctx, `
		SELECT id, kind, text, data, lat, lon, turn, held, created_at, COALESCE(trace, '') AS trace
		FROM messages
		WHERE conversation = $1 AND sender = 'person' AND handled_at IS NULL
		ORDER BY id`, l.conversation)
	if err == nil {
		w.rows, err = pgx.CollectRows(rows, pgx.RowToStructByName[row])
	}
	if err != nil {
		return w, fmt.Errorf("read what waits in conversation %d: %w", l.conversation, err)
	}
	return w, nil
}

// gather takes the rows of one step: all texts that wait are one story; anything else stands alone.
func gather(rows []row) (event, []row) {
	first := rows[0]
	switch Kind(first.Kind) {
	case Command:
		return event{Kind: Command, Command: first.Data, Argument: first.Text}, rows[:1]
	case Button:
		return event{Kind: Button, Data: first.Data}, rows[:1]
	case Location:
		if first.Lat != nil && first.Lon != nil {
			return event{Kind: Location, Lat: *first.Lat, Lon: *first.Lon}, rows[:1]
		}
		return event{Kind: Unsupported}, rows[:1]
	case Contact:
		return event{Kind: Contact, Data: first.Data, Text: first.Text}, rows[:1]
	case Unsupported:
		return event{Kind: Unsupported}, rows[:1]
	}
	story := event{Kind: Text}
	var taken []row
	var words []string
	for _, r := range rows {
		if r.Held != first.Held { // what a librarian has read is not part of what came after
			continue
		}
		switch r.Kind {
		case "too-long":
			story.TooLong = true
		case string(Text), string(Edited):
			words = append(words, r.Text)
		default:
			continue
		}
		taken = append(taken, r)
	}
	story.Text = strings.Join(words, "\n")
	return story, taken
}

// step makes one step: reads first, with no transaction open, then one transaction with every write and the replies.
// It gives the conversation as the step left it, and the question that the guides were asked, if there was one.
func (e *Engine) step(ctx context.Context, l lease) (w waiting, asked *askGuides, err error) {
	w, err = e.load(ctx, l)
	if err != nil {
		return w, nil, err
	}
	if len(w.rows) == 0 {
		return w, nil, e.save(ctx, l, w, nil, nil)
	}
	ev, taken := gather(w.rows)
	ctx, span := e.stepSpan(ctx, l, w, taken)
	defer func() { watch.End(span, err) }()
	w.trace = watch.Carry(ctx)
	d := &dialog{
		person: person{Language: w.Language, Chosen: w.chosen, Audience: w.Audience, Place: w.Place, Library: w.Library, Terminal: w.Terminal},
		state:  w.state, past: w.past, public: e.o.PublicURL, callbacks: e.o.Callbacks != nil, editors: e.o.Editors != nil, returns: e.conversations.Returns(w.Channel), now: e.now().In(e.sofia),
	}
	switch {
	case w.Holder != "":
		return w, nil, e.stepHeld(ctx, l, w, d, ev, taken)
	case taken[0].Held: // a librarian held it when this came, and has read it
		return w, nil, e.save(ctx, l, w, taken, func(context.Context, pgx.Tx) (*dialog, error) { return d, nil })
	case l.tries > e.o.Tries:
		d.state.Await = ""
		d.add(Body{Text: d.t("bot.failed"), Buttons: d.ways()})
		e.metrics.answered.WithLabelValues(w.Channel, "failed").Inc()
		return w, nil, e.save(ctx, l, w, taken, func(context.Context, pgx.Tx) (*dialog, error) { return d, nil })
	}
	next, asked, err := e.read(ctx, w, d, ev)
	if errors.Is(err, retrieval.ErrNotReady) && e.now().Sub(taken[0].At) < startUp {
		return w, nil, errors.Join(errNotYet, err)
	}
	if err != nil {
		return w, nil, err
	}
	err = e.save(ctx, l, w, taken, func(ctx context.Context, tx pgx.Tx) (*dialog, error) { return d, e.write(ctx, tx, w, d, next) })
	if err != nil {
		return w, nil, err
	}
	outcome := string(ev.Kind)
	if asked != nil {
		outcome = string(asked.answer.Outcome)
	}
	span.SetAttributes(attribute.String("outcome", outcome))
	e.metrics.answered.WithLabelValues(w.Channel, outcome).Inc()
	e.metrics.latency.WithLabelValues(w.Channel).Observe(max(0, e.now().Sub(taken[len(taken)-1].At).Seconds()))
	w.Language = d.person.Language
	return w, asked, nil
}

// stepHeld deals with what comes while a librarian holds the conversation. The bot keeps silent, but for danger to life.
// Ratings count, a choice of language holds, and who wants to be forgotten, withdraws, or wants to hear back, is heard. What is wrong with a
// guide is for the librarian.
func (e *Engine) stepHeld(ctx context.Context, l lease, w waiting, d *dialog, ev event, taken []row) error {
	next, aloud := d.contactHeld(ev)
	switch {
	case ev.Kind == Text, ev.Kind == Contact:
		danger, err := e.danger(ctx, l, d, aroundContact(ev.Text))
		if err != nil {
			return err
		}
		if danger {
			aloud = true
			d.add(Body{Text: d.t("bot.notice_danger")})
		}
	case aloud:
	case ev.Kind == Command && ev.Command == "mydata", ev.Kind == Button && (ev.Data == "mydata" || ev.Data == "mydata:file"):
		aloud = true
		if a := d.next(ev); a != nil { // a look at what is kept
			if err := e.look(ctx, w, d, a); err != nil {
				return err
			}
			next = d.next(a)
		}
	case ev.Kind == Command && ev.Command == "forget", ev.Kind == Button && (ev.Data == "forget" || ev.Data == "cancel" || strings.HasPrefix(ev.Data, "course:leave:") || ev.Data == "news:leave"):
		next, aloud = d.next(ev), true
	case ev.Kind == Button && (strings.HasPrefix(ev.Data, "hear:") || strings.HasPrefix(ev.Data, "wrong:keep") || ev.Data == "wrong:cancel"):
		next, aloud = d.next(ev), true
	case ev.Kind == Button && strings.HasPrefix(ev.Data, "wrong:"):
		aloud = true
		d.add(Body{Text: d.t("worklist.wrong_held")})
	case ev.Kind == Button && (strings.HasPrefix(ev.Data, "rate:") || strings.HasPrefix(ev.Data, "why:") || strings.HasPrefix(ev.Data, "desk:") || strings.HasPrefix(ev.Data, "later:") || strings.HasPrefix(ev.Data, "after:") || strings.HasPrefix(ev.Data, "lang:")):
		next = d.next(ev)
	}
	return e.save(ctx, l, w, taken, func(ctx context.Context, tx pgx.Tx) (*dialog, error) {
		if err := e.write(ctx, tx, w, d, next); err != nil {
			return nil, err
		}
		if !aloud {
			d.say, d.state.Await = nil, ""
		}
		return d, nil
	})
}

// danger says whether there is danger to life in words that are for a librarian. No model is asked. Where it can't be found out in so many
// tries, what came goes on to the librarian all the same.
func (e *Engine) danger(ctx context.Context, l lease, d *dialog, words string) (bool, error) {
	if !hasWords(words) {
		return false, nil
	}
	q := d.question(words)
	q.Alone = true
	answer, err := e.answerer.Answer(ctx, q)
	if err != nil && l.tries <= e.o.Tries {
		return false, fmt.Errorf("look for danger: %w", err)
	}
	return err == nil && answer.Outcome == retrieval.Emergency, nil
}

// read performs acts until one wants to write, or the step is done. asked is the last question to the guides, if there was one.
func (e *Engine) read(ctx context.Context, w waiting, d *dialog, ev event) (next act, asked *askGuides, err error) {
	next = d.next(ev)
	for n := 0; next != nil && !next.writes(); n++ {
		if n > 8 {
			return nil, nil, fmt.Errorf("the dialog of conversation %d goes in circles at %T", w.ID, next)
		}
		if err := e.look(ctx, w, d, next); err != nil {
			return nil, nil, err
		}
		if a, ok := next.(*askGuides); ok && !a.Quiet {
			asked = a
		}
		next = d.next(next)
	}
	return next, asked, nil
}

// save keeps a step in one transaction: only where the turn and the holder are still the same and nobody else has taken the
// lease over; else errMoved. change says what is to be said and known from now on.
func (e *Engine) save(ctx context.Context, l lease, w waiting, taken []row, change func(context.Context, pgx.Tx) (*dialog, error)) (err error) {
	ctx, span := watch.Span(ctx, "save")
	defer func() { watch.End(span, err) }()
	now := e.now()
	var queue, more bool
	var kept any // state, where the dialog stands now; nil: where it stood
	turn := int64(0)
	err = pgx.BeginFunc(ctx, e.conversations.pool, func(tx pgx.Tx) error {
		// The contact first, as Receive does: otherwise a message that comes now and this step could wait for each other.
		if _, err := tx.Exec(ctx, `SELECT FROM contacts WHERE id = $1 FOR NO KEY UPDATE`, w.Contact); err != nil {
			return fmt.Errorf("lock the contact: %w", err)
		}
		tag, err := tx.Exec(ctx, `
			UPDATE conversations SET leased_until = NULL, leaser = NULL, tries = 0, breaks = 0, updated_at = $5
			WHERE id = $1 AND lease = $2 AND turn = $3 AND COALESCE(holder, '') = $4`, w.ID, l.number, w.Turn, w.Holder, now)
		if err != nil {
			return fmt.Errorf("take the turn: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errMoved
		}
		if change != nil {
			d, err := change(ctx, tx)
			if err != nil {
				return err
			}
			queue, kept = d.queue, d.state
			for _, r := range taken {
				turn = max(turn, r.Turn)
			}
			if err := e.keepStep(ctx, tx, w, taken, d); err != nil {
				return err
			}
		}
		return tx.QueryRow(ctx, `
			UPDATE conversations c SET state = COALESCE($3::jsonb, state), answered_turn = GREATEST(answered_turn, $4), due_at = CASE WHEN EXISTS (
				SELECT 1 FROM messages WHERE conversation = c.id AND sender = 'person' AND handled_at IS NULL) THEN $2::timestamptz END
			WHERE id = $1
			RETURNING due_at IS NOT NULL`, w.ID, now, kept, turn).Scan(&more)
	})
	if errors.Is(err, errMoved) {
		return errMoved
	}
	if err != nil {
		return fmt.Errorf("save a step of conversation %d: %w", w.ID, err)
	}
	e.conversations.wakeOn(ctx, w.Channel, w.ID)
	if more {
		e.conversations.redis.Publish(ctx, "work", "")
	}
	if queue {
		e.conversations.redis.Publish(ctx, "queue", "")
	}
	return nil
}

// keepStep stores what was said, what the person chose, and that the rows have been dealt with.
func (e *Engine) keepStep(ctx context.Context, tx pgx.Tx, w waiting, taken []row, d *dialog) error {
	from := Robot
	if w.Holder != "" {
		from = System
	}
	for i, body := range d.say {
		var asked *time.Time
		if i == 0 && from == Robot && len(taken) > 0 {
			asked = &taken[len(taken)-1].At
		}
		if _, err := e.conversations.answer(ctx, tx, w.ID, from, "", body, asked); err != nil {
			return err
		}
	}
	var ids []int64
	for _, r := range taken {
		ids = append(ids, r.ID)
	}
	now := e.now()
	// A shared position has been used now; its settlement is in the text.
	if _, err := tx.Exec(ctx, `
		UPDATE messages SET handled_at = $2, lat = NULL, lon = NULL
		WHERE id = ANY($1)`, ids, now); err != nil {
		return fmt.Errorf("mark %d messages handled: %w", len(ids), err)
	}
	if d.person.Language != w.Language || d.person.Chosen != w.chosen || d.person.Place != w.Place || d.person.Audience != w.Audience {
		if _, err := tx.Exec(ctx, `
			UPDATE contacts SET language = $2, language_chosen = $3, place = NULLIF($4, ''), audience = $5
			WHERE id = $1`, w.Contact, d.person.Language, d.person.Chosen, d.person.Place, d.person.Audience); err != nil {
			return fmt.Errorf("keep what the person chose: %w", err)
		}
	}
	return nil
}
