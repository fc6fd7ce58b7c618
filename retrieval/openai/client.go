// Package openai lets retrieval use any OpenAI-compatible server: its embeddings, and its completions. Nothing it returns
// is trusted: retrieval checks every word, and answers without it wherever the server fails, is late or is not to be asked.
//
// Completions have two uses, to understand a question and to write an answer, both as structured output: a JSON schema where
// the server takes one, an object or plain text with the schema in the instructions where it doesn't (see form). An answer is
// read as a stream, so that one that goes wrong is given up at its first wrong sentence.
//
// A call is tried again while the server is busy or fails, after a growing pause or the one that the server asks for, as far
// as the caller's deadline allows (see try). A use that fails several times in a row rests (see breaker). Tokens are taken
// from a budget, per contact and day, before they are spent (see Budget), and counted in metrics with what they cost.
//
// It owns no tables; the budget is kept in Redis, where it may be lost. Only cmd makes a client, where such a server is
// configured. openaitest has a scripted server for tests.
package openai

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sashabaranov/go-openai"

	"orientir/deploy/outgoing"
	"orientir/retrieval"
)

// Options say where the server is. An empty model means that this use is not wanted.
type Options struct {
	Log            *slog.Logger // default: nothing is logged
	Registerer     prometheus.Registerer
	Key            string
	BaseURL        string // "" is OpenAI's own
	ChatModel      string
	EmbeddingModel string
	Timeout        time.Duration // of one try; 0 means 20 s
	Tries          int           // of one call, while the server is busy or fails; 0 means 3
	BreakAfter     int           // calls of one use that fail in a row before it rests; 0 means 5
	BreakFor       time.Duration // how long it rests before it is tried once; 0 means 30 s
	Budget         Budget        // the zero value has no bounds
	Price          Price         // the zero value counts no costs
}

// Client is a retrieval.Embedder and a retrieval.Completer. It is safe for use by several goroutines.
type Client struct {
	api      *openai.Client
	options  Options
	metrics  metrics
	breakers map[string]*breaker // by use

	mu   sync.Mutex
	form form // how the chat model's server wants its requests, as far as it is known
}

var (
	_ retrieval.Embedder  = (*Client)(nil)
	_ retrieval.Completer = (*Client)(nil)
)

// embedding is the use beside retrieval's own two, in breakers and metrics.
const embedding = "embed"

// New gives a client; it opens nothing.
func New(o Options) *Client {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Tries <= 0 {
		o.Tries = 3
	}
	if o.BreakAfter <= 0 {
		o.BreakAfter = 5
	}
	if o.BreakFor <= 0 {
		o.BreakFor = 30 * time.Second
	}
	config := openai.DefaultConfig(o.Key)
	if o.BaseURL != "" {
		config.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	}
	own, _ := url.Parse(config.BaseURL) // without one nothing is trusted
	config.HTTPClient = doer{outgoing.Guard{}.Client(o.Timeout, own)}
	c := &Client{
		api: openai.NewClientWithConfig(config), options: o, form: richest, metrics: newMetrics(o.Registerer, o.Price),
		breakers: map[string]*breaker{},
	}
	for _, use := range []string{retrieval.Understanding, retrieval.Writing, embedding} {
		c.breakers[use] = &breaker{after: o.BreakAfter, rest: o.BreakFor, now: time.Now}
	}
	return c
}

// Name is the embedding model's name.
func (c *Client) Name() string { return c.options.EmbeddingModel }

// Embed gives one vector for each text, in their order.
func (c *Client) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var response openai.EmbeddingResponse
	err := c.call(ctx, embedding, c.options.EmbeddingModel, func(ctx context.Context, spent *tokens) (err error) {
		response, err = c.api.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Input: texts, Model: openai.EmbeddingModel(c.options.EmbeddingModel)})
		spent.in += int64(response.Usage.PromptTokens)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), quiet(err))
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

// call makes one call of a use: not at all while the use rests, again while the server fails, and its costs are counted.
func (c *Client) call(ctx context.Context, use, model string, f func(ctx context.Context, spent *tokens) error) error {
	b := c.breakers[use]
	probe, ok := b.enter()
	if !ok {
		c.metrics.calls.WithLabelValues(use, model, "resting").Inc()
		return errResting
	}
	began := time.Now()
	var spent tokens
	rest, err := c.try(ctx, func(ctx context.Context) error { return f(ctx, &spent) })
	fault := faultOf(ctx, err)
	b.leave(probe, fault != faulty, fault == neither, rest)
	c.metrics.calls.WithLabelValues(use, model, resultOf(ctx, err)).Inc()
	c.metrics.seconds.WithLabelValues(use, model).Observe(time.Since(began).Seconds())
	c.metrics.spend(use, model, spent)
	return err
}
