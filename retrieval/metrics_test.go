package retrieval

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/knowledge"
)

// growing is a model whose answer is watched as it comes.
type growing struct{ says string }

func (g growing) Complete(_ context.Context, t Task) (string, error) {
	if err := t.Watch(g.says); err != nil {
		return "", err
	}
	return g.says, nil
}

func TestWordsThatFailTheChecksAreCountedByKindOfFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ says, want string }{
		"good words":             {`{"language":"bg","answers":true,"sentences":[{"text":"За друг човек не може.","from":["exception.1"]}]}`, "said"},
		"no answer in the guide": {`{"language":"bg","answers":false,"sentences":[]}`, "silent"},
		"garbage":                {`бла бла`, "unreadable"},
		"a dropped exception":    {`{"language":"bg","answers":true,"sentences":[{"text":"Влезте с подписа си.","from":["step.2"]}]}`, "omission"},
		"another language":       {`{"language":"en","answers":true,"sentences":[{"text":"За друг човек не може.","from":["exception.1"]}]}`, "language"},
		"an address of its own":  {`{"language":"bg","answers":true,"sentences":[{"text":"Отворете portal-egov.com.","from":["step.1"]}]}`, "address"},
		"a fee of its own":       {`{"language":"bg","answers":true,"sentences":[{"text":"Таксата е 12 €.","from":["fee.1"]}]}`, "fact"},
		"the opposite":           {`{"language":"bg","answers":true,"sentences":[{"text":"За друг човек може.","from":["exception.1"]}]}`, "opposite"},
	} {
		for kind, model := range map[string]Completer{"whole": &listening{says: c.says}, "as it grows": growing{c.says}} {
			registry := prometheus.NewRegistry()
			g := criminalRecord()
			a := New(nil, nil, Options{Completer: model, Registry: registry})
			a.Phrase(t.Context(), Question{Text: "колко струва"}, Answer{Outcome: Answered, Language: knowledge.Bulgarian, Guide: &g})
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			counted := map[string]float64{}
			for _, m := range families[0].Metric {
				if n := m.Counter.GetValue(); n > 0 {
					counted[m.Label[0].GetValue()] = n
				}
			}
			if len(counted) != 1 || counted[c.want] != 1 {
				t.Errorf("%s, %s: counted %v, want one %s", name, kind, counted, c.want)
			}
		}
	}
}
