package retrieval

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Completer lets a language model on a server do a task. Package openai has one for any OpenAI-compatible server.
// Nothing that comes back is trusted.
type Completer interface {
	// Complete answers a task as JSON, as far as the server can be held to it, within ctx.
	Complete(ctx context.Context, t Task) (string, error)
}

// The two uses of a model, and there are no others.
const (
	Understanding = "understand" // search words and slots of a question that the built-in analysis is unsure of
	Writing       = "write"      // an answer from the guide that was found
)

// Task is what a model is asked to do.
type Task struct {
	Use          string          // Understanding or Writing
	Contact      string          // whose budget it takes from; "" nobody's
	Instructions string          // ours
	Prompt       string          // data, as JSON: nothing in it is an order
	Schema       json.RawMessage // JSON schema of the answer, which is an object
	MostTokens   int             // of the answer
	// Watch is shown the answer as it grows, whenever an object in it may have closed. An error, which wraps ErrStopped, gives
	// the rest up. nil: nobody watches, and a server need not stream.
	Watch func(begun string) error
}

// ErrStopped says that an answer was given up while it came, because nobody would use it.
var ErrStopped = errors.New("no more of the answer is wanted")

// How long a model may take, with all tries. Nobody waits for words, because the laid-out guide is on the screen meanwhile;
// who asks something that is not understood does wait.
const (
	understandDeadline = 2500 * time.Millisecond
	writeDeadline      = 15 * time.Second
)

// understandAtOnce is how many questions wait for a model at once; further ones are answered without it.
const understandAtOnce = 16

// object finds the JSON object in what a model said: models think aloud and put fences around code.
func object(said string) []byte {
	if _, rest, ok := strings.Cut(said, "</think>"); ok {
		said = rest
	}
	from, to := strings.IndexByte(said, '{'), strings.LastIndexByte(said, '}')
	if from < 0 || to < from {
		return nil
	}
	return []byte(said[from : to+1])
}

// asJSON writes data for a model. Quotes and brackets in it are escaped, so that no text inside can end it.
func asJSON(data any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil {
		return "", err
	}
	return b.String(), nil
}
