package openai

import (
	"encoding/json"
	"strings"
	"testing"

	"orientir/retrieval/openai/openaitest"
)

func TestEmbedKeepsTheOrderOfTexts(t *testing.T) {
	t.Parallel()
	s := openaitest.New(t, always(openaitest.Raw(200, `{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}]}`)))
	v, err := New(Options{Key: "key", BaseURL: s.URL + "/", EmbeddingModel: "bg-embed"}).Embed(t.Context(), []string{"а", "б"})
	if err != nil || len(v) != 2 || v[0][0] != 1 || v[1][1] != 1 {
		t.Fatalf("Embed = %v, %v", v, err)
	}
	var asked struct {
		Model string
		Input []string
	}
	r := s.Requests()[0]
	if err := json.Unmarshal([]byte(r.Body), &asked); err != nil {
		t.Fatal(err)
	}
	if r.Path != "/embeddings" || asked.Model != "bg-embed" || strings.Join(asked.Input, " ") != "а б" {
		t.Fatalf("%s got %+v", r.Path, asked)
	}
}

func TestEmbedRefusesStrangeAnswers(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a vector missing":       `{"data":[{"index":0,"embedding":[1]}]}`,
		"lengths differ":         `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`,
		"an index out of range":  `{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`,
		"the same index twice":   `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		"an empty vector":        `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}`,
		"something else than it": `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.New(t, always(openaitest.Raw(200, body)))
			if v, err := New(Options{BaseURL: s.URL, EmbeddingModel: "m"}).Embed(t.Context(), []string{"a", "b"}); err == nil {
				t.Fatalf("Embed = %v, want an error", v)
			}
		})
	}
}

func always(r openaitest.Reply) func(openaitest.Request) openaitest.Reply {
	return func(openaitest.Request) openaitest.Reply { return r }
}

// inTurn gives the replies one after the other; the last stays.
func inTurn(replies ...openaitest.Reply) func(openaitest.Request) openaitest.Reply {
	return func(r openaitest.Request) openaitest.Reply { return replies[min(r.N, len(replies))-1] }
}
