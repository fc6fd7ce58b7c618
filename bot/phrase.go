package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/trace"

	"orientir/deploy/watch"
	"orientir/retrieval"
)

const (
	phrasesAtOnce = 4                // questions that a model thinks about; further ones keep the card alone
	phraseLife    = 30 * time.Second // from the card to the model's words, which come too late after that
)

// phrase lets a model add its words to an answer that is on the screen already. They are sent only while nothing else has been
// said: the turn and the holder must be the same. A stop of the program doesn't wait for the model: only the addition is lost.
func (e *Engine) phrase(ctx context.Context, w waiting, asked *askGuides) {
	if e.o.Phrase == nil || asked == nil || asked.answer.Outcome != retrieval.Answered {
		return
	}
	select {
	case e.phraseSlots <- struct{}{}:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(ctx, phraseLife)
	e.phrases.Go(func() {
		defer cancel()
		if w.trace != "" {
			var span trace.Span
			ctx, span = e.o.Tracer.Start(watch.Resume(ctx, w.trace), "words")
			defer span.End()
		}
		defer func() { <-e.phraseSlots }()
		text, ok := e.phraseShown(ctx, w, asked)
		if !ok {
			return
		}
		if err := e.addWords(ctx, w, Body{Text: text, Language: w.Language}); err != nil && ctx.Err() == nil {
			e.log.Error("add a model's words", "conversation", w.ID, "err", err)
		}
	})
}

// phraseShown waits for the model's words, and lets the person see that for as long as it does and no longer.
func (e *Engine) phraseShown(ctx context.Context, w waiting, asked *askGuides) (string, bool) {
	showing, stop := context.WithCancel(ctx)
	var shown sync.WaitGroup
	shown.Go(func() { e.showWriting(showing, w) })
	defer shown.Wait()
	defer stop()
	return e.o.Phrase(ctx, asked.Question, asked.answer)
}

// addWords says something more in the turn of w, or nothing where the conversation has moved on.
func (e *Engine) addWords(ctx context.Context, w waiting, body Body) error {
	said := false
	err := pgx.BeginFunc(ctx, e.conversations.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE conversations SET updated_at = $3
			WHERE id = $1 AND turn = $2 AND answered_turn = turn AND holder IS NULL`, w.ID, w.Turn, e.now())
		if err != nil {
			return fmt.Errorf("take the turn: %w", err)
		}
		if said = tag.RowsAffected() == 1; !said {
			return nil
		}
		_, err = e.conversations.write(ctx, tx, w.ID, Robot, "", body)
		return err
	})
	if err == nil && said {
		e.conversations.wakeOn(ctx, w.Channel, w.ID)
	}
	return err
}
