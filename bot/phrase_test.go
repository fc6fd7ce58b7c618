package bot

import (
	"context"
	"testing"
	"time"

	"orientir/retrieval"
)

func TestModelsWordsComeAfterTheCardAndOnlyWhileNothingElseWasSaid(t *testing.T) {
	t.Parallel()
	thinking, think := make(chan struct{}), make(chan struct{})
	h := setup(t, func(o *EngineOptions) {
		o.Phrase = func(context.Context, retrieval.Question, retrieval.Answer) (string, bool) {
			thinking <- struct{}{}
			<-think
			return "Накратко: отидете на сайта.", true
		}
	})

	h.says("трябва ми съдебно")
	h.works()
	<-thinking
	h.wants("the card doesn't wait for the model", "criminal-record")
	think <- struct{}{}
	h.phrases.Wait()
	h.wants("the model adds its words", "criminal-record", "Накратко: отидете на сайта.")

	h.says("съдебно")
	h.works()
	<-thinking
	if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
		t.Fatal(err)
	}
	think <- struct{}{}
	h.phrases.Wait()
	h.wants("but not over a librarian", "criminal-record", "Накратко: отидете на сайта.", "criminal-record")
}

func TestStopDoesNotWaitForAModel(t *testing.T) {
	t.Parallel()
	thinking := make(chan struct{}, 1)
	h := setup(t, func(o *EngineOptions) {
		o.Phrase = func(ctx context.Context, _ retrieval.Question, _ retrieval.Answer) (string, bool) {
			thinking <- struct{}{}
			<-ctx.Done()
			return "", false
		}
	})
	stop := h.runs(h.Engine)
	h.says("трябва ми съдебно")
	<-thinking
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("the program waits for the model")
	}
}

func TestAModelIsChargedToTheContactAndNotAskedWhileALibrarianHolds(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	if q := h.guides.last; q.Contact == "" || q.Alone {
		t.Errorf("the guides were asked %+v", q)
	}
	if err := h.conversations.Claim(h.ctx, h.pool, h.conversation().ID, "17"); err != nil {
		t.Fatal(err)
	}
	h.says("и къде да отида")
	h.works()
	if q := h.guides.last; !q.Alone {
		t.Errorf("while a librarian holds: %+v", q)
	}
}
