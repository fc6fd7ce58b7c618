package retrieval

import (
	"context"
	"strings"
	"testing"

	"orientir/knowledge"
)

// listening is a model that keeps what it is asked and says one thing.
type listening struct {
	says  string
	tasks []Task
}

func (l *listening) Complete(_ context.Context, t Task) (string, error) {
	l.tasks = append(l.tasks, t)
	return l.says, nil
}

func TestPhraseWritesFromTheGuideThatWasFound(t *testing.T) {
	t.Parallel()
	g := criminalRecord()
	door := knowledge.Local{Municipality: "Враца", Link: "https://vratsa.egov.bg", Contact: "092 62 31 61"}
	model := &listening{says: `{"language":"bg","answers":true,"sentences":[{"text":"За друг човек не може.","from":["exception.1"]},{"text":"За община Враца: [[link:2]].","from":["local.link"]}]}`}
	a := New(nil, nil, Options{Completer: model})
	answer := Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: &g, Local: &door, Field: FieldFee}
	q := Question{Text: "колко струва, ЕГН 7501020018", Contact: "contact:7"}
	words, ok := a.Phrase(t.Context(), q, answer)
	if !ok || words != "За друг човек не може. За община Враца: https://vratsa.egov.bg." {
		t.Errorf("%q, %v", words, ok)
	}
	task := model.tasks[0]
	if task.Use != Writing || task.Contact != "contact:7" || !strings.Contains(task.Prompt, `"asked_for":"fee"`) || !strings.Contains(task.Prompt, `"must":true`) {
		t.Errorf("asked %+v", task)
	}
	for _, hidden := range []string{"7501020018", "https://", "egov.bg"} {
		if strings.Contains(task.Prompt, hidden) {
			t.Errorf("the model sees %q", hidden)
		}
	}
}

func TestPhraseIsSilentWhereThereIsNothingToWriteFrom(t *testing.T) {
	t.Parallel()
	g := criminalRecord()
	bulgarian := criminalRecord()
	delete(bulgarian.Text, knowledge.English)
	for name, c := range map[string]struct {
		q Question
		a Answer
	}{
		"an abstention":                 {Question{}, Answer{Outcome: Abstained, Language: knowledge.Bulgarian}},
		"choices":                       {Question{}, Answer{Outcome: Clarify, Language: knowledge.Bulgarian}},
		"a guide in the other language": {Question{}, Answer{Outcome: Answered, Language: knowledge.English, Guide: &bulgarian}},
		"a question that asks no model": {Question{Alone: true}, Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: &g}},
	} {
		model := &listening{says: "{}"}
		if words, ok := New(nil, nil, Options{Completer: model}).Phrase(t.Context(), c.q, c.a); ok || len(model.tasks) > 0 {
			t.Errorf("%s: %q after %d tasks", name, words, len(model.tasks))
		}
	}
	if words, ok := New(nil, nil, Options{}).Phrase(t.Context(), Question{}, Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: &g}); ok {
		t.Errorf("%q without a model", words)
	}
}
