package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sashabaranov/go-openai"

	"orientir/retrieval"
)

// mostForms is how often one call may be written anew because the server refused its form.
const mostForms = 5

// Complete answers a task within its budget, as JSON where the server keeps to it. The caller checks what comes.
func (c *Client) Complete(ctx context.Context, t retrieval.Task) (string, error) {
	settle, ok := c.options.Budget.take(ctx, t.Contact, estimate(len(t.Instructions)+len(t.Prompt)+len(t.Schema))+int64(t.MostTokens))
	if !ok {
		c.metrics.calls.WithLabelValues(t.Use, c.options.ChatModel, "spent").Inc()
		return "", fmt.Errorf("complete with %s: %w", c.options.ChatModel, errSpent)
	}
	var text string
	var total tokens
	defer func() { settle(total.in + total.out) }()
	err := c.call(ctx, t.Use, c.options.ChatModel, func(ctx context.Context, spent *tokens) (err error) {
		text, err = c.inSomeForm(ctx, t, spent)
		total = *spent
		return err
	})
	if err != nil {
		return "", fmt.Errorf("complete with %s: %w", c.options.ChatModel, quiet(err))
	}
	return text, nil
}

// inSomeForm asks in the richest form that the server is known to take, and learns from a refusal.
func (c *Client) inSomeForm(ctx context.Context, t retrieval.Task, spent *tokens) (text string, err error) {
	c.mu.Lock()
	f := c.form
	c.mu.Unlock()
	asked := f
	for range mostForms {
		text, err = c.ask(ctx, f, t, spent)
		status, message := refusal(err)
		a, _ := ctx.Value(attempted{}).(*attempt)
		next, left := f, false
		switch {
		case refuses(status, message):
			next, left = f.without(message)
		case f.stream && status == 0 && errors.Is(err, errNothing) && a != nil && !a.streamed:
			next.stream, next.usage, left = false, false, true // it doesn't stream, and didn't say so
		}
		if !left {
			break
		}
		f = next
	}
	if err == nil && f != asked {
		c.mu.Lock()
		c.form = f
		c.mu.Unlock()
		c.options.Log.Info("the model's server takes another form of request", "model", c.options.ChatModel,
			"output", int(f.output), "max_completion_tokens", f.limit == maxCompletionTokens, "stream", f.stream)
	}
	return text, err
}

// ask makes one request.
func (c *Client) ask(ctx context.Context, f form, t retrieval.Task, spent *tokens) (string, error) {
	request := f.request(c.options.ChatModel, t)
	if f.stream {
		return c.read(ctx, request, t, spent)
	}
	response, err := c.api.CreateChatCompletion(ctx, request)
	if err != nil {
		return "", err
	}
	if len(response.Choices) == 0 {
		return "", errNothing
	}
	text := response.Choices[0].Message.Content
	spent.add(response.Usage, request, text)
	switch {
	case response.Choices[0].FinishReason == openai.FinishReasonLength:
		return "", errLong
	case len(text) > mostBytes(t):
		return "", errLong
	case strings.TrimSpace(text) == "":
		return "", errNothing
	}
	return text, nil
}

// mostBytes bounds an answer where the server doesn't: no vocabulary has tokens of more than eight bytes on average.
func mostBytes(t retrieval.Task) int { return 8 * t.MostTokens }

// read reads a stream to its end, or until it is too long or who watches it has seen enough.
func (c *Client) read(ctx context.Context, request openai.ChatCompletionRequest, t retrieval.Task, spent *tokens) (string, error) {
	stream, err := c.api.CreateChatCompletionStream(ctx, request)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	var text strings.Builder
	var usage openai.Usage
	var finished openai.FinishReason
	defer func() { spent.add(usage, request, text.String()) }()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if inner := new(openai.APIError); errors.As(err, &inner) && inner.HTTPStatusCode == 0 { // an error in the midst of a stream
				inner.HTTPStatusCode = http.StatusBadGateway
			}
			return "", err
		}
		if part.Usage != nil {
			usage = *part.Usage
		}
		if len(part.Choices) == 0 {
			continue
		}
		choice := part.Choices[0]
		text.WriteString(choice.Delta.Content)
		if choice.FinishReason != "" {
			finished = choice.FinishReason
		}
		if text.Len() > mostBytes(t) {
			return "", errLong
		}
		if t.Watch != nil && strings.Contains(choice.Delta.Content, "}") {
			if err := t.Watch(text.String()); err != nil {
				return "", err
			}
		}
	}
	switch {
	case finished == openai.FinishReasonLength:
		return "", errLong
	case strings.TrimSpace(text.String()) == "" && finished == "":
		return "", errNothing
	case finished == "":
		return "", errCut
	case strings.TrimSpace(text.String()) == "":
		return "", errNothing
	}
	return text.String(), nil
}

// add counts what one request spent: as the server says, or by estimate.
func (t *tokens) add(u openai.Usage, request openai.ChatCompletionRequest, text string) {
	if u.TotalTokens > 0 || u.PromptTokens > 0 {
		t.in += int64(u.PromptTokens)
		t.out += int64(u.CompletionTokens)
		return
	}
	for _, m := range request.Messages {
		t.in += estimate(len(m.Content))
	}
	t.out += estimate(len(text))
}
