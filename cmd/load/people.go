package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// questionsFile holds questions that the program has not learned from.
const questionsFile = "retrieval/testdata/heldout.tsv"

// begin starts the program, and what people need to ask it: questions, and so many connections of each client. The caller closes both.
func begin(ctx context.Context, o options, connections int) (asks []string, n *node, w *web, err error) {
	if asks, err = questions(questionsFile); err != nil {
		return nil, nil, nil, err
	}
	if n, err = startNode(ctx, o); err != nil {
		return nil, nil, nil, err
	}
	return asks, n, &web{base: n.url, clients: newClients(connections)}, nil
}

// questions reads the first column of a question file.
func questions(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the questions (run from the root of the repository): %w", err)
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		if q, _, ok := strings.Cut(line, "\t"); ok && q != "question" {
			all = append(all, q)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no questions in %s", file)
	}
	return all, nil
}

// web is how people's browsers speak to the program.
type web struct {
	base    string
	clients clients
	events  atomic.Int64
}

// send posts JSON from the nth address and gives the status; into takes the answer of a 2xx.
func (w *web) send(ctx context.Context, n int, path string, body any, into any, headers ...string) (int, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+path, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.clients.of(n).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && into != nil && resp.StatusCode/100 == 2 {
		err = json.Unmarshal(answer, into)
	}
	return resp.StatusCode, err
}

// kindOf is how a tally names an answer: well for a 2xx.
func kindOf(status int, err error) string {
	switch {
	case err != nil:
		return "no answer"
	case status/100 == 2:
		return well
	}
	return strconv.Itoa(status)
}

// begin begins a conversation with a message and gives its token.
func (w *web) begin(ctx context.Context, n int, event map[string]any) (string, error) {
	var begun struct{ Token string }
	if status, err := w.send(ctx, n, "/api/v1/conversations", map[string]any{}, &begun); err != nil || status/100 != 2 {
		return "", fmt.Errorf("begin a conversation: status %d: %w", status, err)
	}
	if status, err := w.say(ctx, n, begun.Token, event); err != nil || status/100 != 2 {
		return "", fmt.Errorf("say the first words: status %d: %w", status, err)
	}
	return begun.Token, nil
}

// say sends an event of a conversation.
func (w *web) say(ctx context.Context, n int, token string, event map[string]any) (int, error) {
	event["event_id"] = fmt.Sprintf("load-%08d", w.events.Add(1))
	event["language"] = "bg"
	return w.send(ctx, n, "/api/v1/conversations/messages", event, nil, "Orientir-Conversation", token)
}

func text(words string) map[string]any   { return map[string]any{"kind": "text", "text": words} }
func command(name string) map[string]any { return map[string]any{"kind": "command", "command": name} }
