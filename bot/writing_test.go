package bot

import (
	"context"
	"testing"
	"time"

	"orientir/retrieval"
)

// pen is a model that writes until it is let go.
type pen struct{ begun, stop chan struct{} }

func writingHouse(t *testing.T, words string) (*house, pen) {
	p := pen{make(chan struct{}), make(chan struct{})}
	h := setup(t, func(o *EngineOptions) {
		o.Phrase = func(ctx context.Context, _ retrieval.Question, _ retrieval.Answer) (string, bool) {
			p.begun <- struct{}{}
			select {
			case <-p.stop:
			case <-ctx.Done():
			}
			return words, words != ""
		}
	})
	h.rhythm = rhythm{first: time.Millisecond, every: 5 * time.Millisecond}
	return h, p
}

func TestPersonSeesThatWordsAreWrittenForAsLongAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"Накратко: отидете на сайта.", ""} { // nothing is said where a model fails
		h, model := writingHouse(t, words)
		h.says("трябва ми съдебно")
		h.works()
		<-model.begun
		h.eventually("typed again and again", func() bool { return h.telegram.signs() >= 3 })
		model.stop <- struct{}{}
		h.phrases.Wait()
		after := h.telegram.signs()
		time.Sleep(10 * h.rhythm.every)
		if now := h.telegram.signs(); now != after {
			t.Errorf("%d signs after the wait", now-after)
		}
	}
}

func TestPageIsToldThatWordsAreWrittenAndThatTheyAreNot(t *testing.T) {
	t.Parallel()
	h, model := writingHouse(t, "")
	r := h.gets(Incoming{Kind: Text, Text: "трябва ми съдебно", Channel: "web"})
	if h.conversations.Writing(h.ctx, r.Conversation) {
		t.Error("before the question is answered")
	}
	h.works()
	<-model.begun
	h.eventually("shown on every replica", func() bool { return h.replica.conversations.Writing(h.ctx, r.Conversation) })
	model.stop <- struct{}{}
	h.phrases.Wait()
	if h.conversations.Writing(h.ctx, r.Conversation) || h.replica.conversations.Writing(h.ctx, r.Conversation) {
		t.Error("still shown after the wait")
	}
	if h.telegram.signs() > 0 {
		t.Error("shown on Telegram to who is on the web")
	}
}

func TestNoSignOfWritingOverALibrarianOrANewQuestion(t *testing.T) {
	t.Parallel()
	for name, moves := range map[string]func(*house){
		"a librarian": func(h *house) {
			if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
				t.Fatal(err)
			}
		},
		"a new question": func(h *house) { h.says("нещо друго") },
	} {
		h, model := writingHouse(t, "")
		h.rhythm.first = 50 * time.Millisecond
		h.says("трябва ми съдебно")
		h.works()
		<-model.begun
		moves(h)
		before := h.telegram.signs()
		time.Sleep(100 * time.Millisecond)
		if now := h.telegram.signs(); now > before+1 {
			t.Errorf("%s: %d signs", name, now-before)
		}
		model.stop <- struct{}{}
		h.phrases.Wait()
	}
}
