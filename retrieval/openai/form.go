package openai

import (
	"net/http"
	"strings"

	"github.com/sashabaranov/go-openai"

	"orientir/retrieval"
)

// form is how much of the interface a server takes. It starts with all of it; what a server refuses is left out from then on.
type form struct {
	output output
	limit  limit
	stream bool
	usage  bool // of a stream
}

// output is how a server is held to a schema.
type output int

const (
	plainText  output = iota // by the instructions alone
	jsonObject               // to an object
	jsonSchema               // to the schema
)

// limit is the field that bounds an answer's length.
type limit int

const (
	maxTokens           limit = iota // what servers knew first; deprecated by OpenAI, refused for models that reason
	maxCompletionTokens              // what took its place
)

var (
	richest  = form{output: jsonSchema, limit: maxCompletionTokens, stream: true, usage: true}
	plainest = form{output: plainText, limit: maxTokens}
)

// refuses tells whether a server's error answer is about the form of a request.
func refuses(status int, message string) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return true
	}
	// Some servers fail instead where they can't make a grammar of a schema.
	return status >= 500 && (mentions(message, "json_schema", "response_format", "grammar"))
}

// without gives the form that a refusal leaves: without what it names, or where it names nothing the plainest of all;
// false where nothing is left to leave out.
func (f form) without(message string) (form, bool) {
	next := f
	switch {
	case f.usage && mentions(message, "stream_options", "include_usage"):
		next.usage = false
	case f.limit == maxCompletionTokens && mentions(message, "max_completion_tokens"):
		next.limit = maxTokens
	case f.limit == maxTokens && f != plainest && mentions(message, "max_tokens"):
		next.limit = maxCompletionTokens
	case f.output != plainText && mentions(message, "json_schema", "json_object", "response_format", "grammar", "schema", "structured"):
		next.output--
	case f.stream && mentions(message, "stream"):
		next.stream, next.usage = false, false
	case mentions(message, "context_length", "context length", "maximum context", "content_filter", "content_policy", "model_not_found"):
		return f, false
	default:
		next = plainest
	}
	return next, next != f
}

func mentions(message string, words ...string) bool {
	message = strings.ToLower(message)
	for _, w := range words {
		if strings.Contains(message, w) {
			return true
		}
	}
	return false
}

// request writes a task in this form.
func (f form) request(model string, t retrieval.Task) openai.ChatCompletionRequest {
	instructions := t.Instructions
	if f.output != jsonSchema {
		instructions += "\n\nAnswer with one JSON object and nothing else. It must fit this JSON schema:\n" + string(t.Schema)
	}
	r := openai.ChatCompletionRequest{
		Model: model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: instructions},
			{Role: openai.ChatMessageRoleUser, Content: t.Prompt},
		},
	}
	switch f.output {
	case jsonSchema:
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: t.Use, Schema: t.Schema, Strict: true},
		}
	case jsonObject:
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	if f.limit == maxCompletionTokens {
		r.MaxCompletionTokens = t.MostTokens
	} else {
		r.MaxTokens = t.MostTokens
	}
	if f.stream && f.usage {
		r.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	return r
}
