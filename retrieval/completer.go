package retrieval

import "context"

// Completer puts an answer in words on a server. Package openai has one for any OpenAI-compatible server.
type Completer interface {
	// Complete answers a prompt under instructions, as plain text.
	Complete(ctx context.Context, instructions, prompt string) (string, error)
}

// phrase lets the completer put the answer in words.
func (a *Answerer) phrase(ctx context.Context, q Question, answer *Answer) {}
