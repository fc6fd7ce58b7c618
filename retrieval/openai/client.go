// Package openai lets retrieval use any OpenAI-compatible server: its embeddings, and its completions.
// It owns no tables. Only cmd makes one, where such a server is configured; nothing it returns is trusted.
package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"orientir/retrieval"
)

// Options say where the server is. An empty model means that this use is not wanted.
type Options struct {
	Key            string
	BaseURL        string // "" is OpenAI's own
	ChatModel      string
	EmbeddingModel string
	Timeout        time.Duration // of one try; 0 means 20 s
	Tries          int           // of one call, while the server is busy or fails; 0 means 2
}

// Client is a retrieval.Embedder and a retrieval.Completer. It is safe for use by several goroutines.
type Client struct {
	api     *openai.Client
	options Options
}

var (
	_ retrieval.Embedder  = (*Client)(nil)
	_ retrieval.Completer = (*Client)(nil)
)

// New gives a client; it opens nothing.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Tries <= 0 {
		o.Tries = 2
	}
	config := openai.DefaultConfig(o.Key)
	if o.BaseURL != "" {
		config.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	}
	config.HTTPClient = &http.Client{Timeout: o.Timeout}
	return &Client{api: openai.NewClientWithConfig(config), options: o}
}

// Name is the embedding model's name.
func (c *Client) Name() string { return c.options.EmbeddingModel }

// Embed gives one vector for each text, in their order.
func (c *Client) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var response openai.EmbeddingResponse
	err := c.try(ctx, func() (err error) {
		response, err = c.api.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: texts, Model: openai.EmbeddingModel(c.options.EmbeddingModel)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	vectors := make([][]float32, len(texts))
	for _, d := range response.Data {
		if d.Index < 0 || d.Index >= len(vectors) || vectors[d.Index] != nil || len(d.Embedding) == 0 {
			return nil, fmt.Errorf("embed %d texts: the server's answer has a strange entry %d", len(texts), d.Index)
		}
		vectors[d.Index] = d.Embedding
	}
	for i, v := range vectors {
		if len(v) == 0 || len(v) != len(vectors[0]) {
			return nil, fmt.Errorf("embed %d texts: the vector of text %d is missing or of another length", len(texts), i)
		}
	}
	return vectors, nil
}

// mostWords is the longest completion in tokens: a few short paragraphs.
const mostWords = 500

// Complete answers a prompt under instructions.
func (c *Client) Complete(ctx context.Context, instructions, prompt string) (string, error) {
	var response openai.ChatCompletionResponse
	err := c.try(ctx, func() (err error) {
		response, err = c.api.CreateChatCompletion(ctx, openai.ChatCompletionRequest{
			Model:     c.options.ChatModel,
			MaxTokens: mostWords,
			Messages: []openai.ChatCompletionMessage{
				{Role: openai.ChatMessageRoleSystem, Content: instructions},
				{Role: openai.ChatMessageRoleUser, Content: prompt},
			},
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("complete with %s: %w", c.options.ChatModel, err)
	}
	if len(response.Choices) == 0 || strings.TrimSpace(response.Choices[0].Message.Content) == "" {
		return "", fmt.Errorf("complete with %s: the server said nothing", c.options.ChatModel)
	}
	if response.Choices[0].FinishReason == openai.FinishReasonLength {
		return "", fmt.Errorf("complete with %s: the answer was cut off", c.options.ChatModel)
	}
	return strings.TrimSpace(response.Choices[0].Message.Content), nil
}

// firstWait is the pause after the first failed try; it doubles with each.
const firstWait = 200 * time.Millisecond

// try calls f again while the server is busy (429) or fails (5xx), within ctx.
func (c *Client) try(ctx context.Context, f func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := f()
		var refused *openai.APIError
		var failed *openai.RequestError
		again := errors.As(err, &refused) && (refused.HTTPStatusCode == http.StatusTooManyRequests || refused.HTTPStatusCode >= 500) ||
			errors.As(err, &failed) && (failed.HTTPStatusCode == http.StatusTooManyRequests || failed.HTTPStatusCode >= 500)
		if err == nil || !again || n >= c.options.Tries {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		case <-timer.C:
		}
		wait *= 2
	}
}
