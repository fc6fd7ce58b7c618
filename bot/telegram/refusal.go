package telegram

import (
	"errors"
	"regexp"
	"time"

	telegram "github.com/go-telegram/bot"

	"orientir/bot"
	"orientir/knowledge/privacy"
)

// refusal turns the library's errors into what delivery acts on; others are tried again.
func refusal(err error) error {
	var many *telegram.TooManyRequestsError
	switch {
	case errors.As(err, &many):
		return &bot.RetryAfter{D: time.Duration(max(many.RetryAfter, 1)) * time.Second, All: true}
	case errors.Is(err, telegram.ErrorForbidden):
		return &bot.Refused{Blocked: true, Reason: "blocked by the person"}
	case errors.Is(err, telegram.ErrorBadRequest):
		return &bot.Refused{Reason: reason(err)}
	}
	return scrub(err)
}

// quiet is an error of a call in words that quote nothing of it.
type quiet struct {
	words string
	err   error
}

func (q *quiet) Error() string { return q.words }
func (q *quiet) Unwrap() error { return q.err }

// scrub gives an error that can be logged: the library's own repeats what it could not read, and of half an answer to sendMessage that is the
// message, its chat and the person's name.
func scrub(err error) error {
	if err == nil {
		return nil
	}
	return &quiet{reason(err), err}
}

// quoted is what Telegram or the library repeats of a call: what stands from a brace on, or between quotation marks, to the last of them, and ids.
var quoted = regexp.MustCompile(`(?s)[{\[].*$|["'` + "`" + `«].*["'` + "`" + `»]|-?\d{6,}`)

// mostReason is how many letters of an error are kept.
const mostReason = 200

// reason is what an error of a call says, for the log and the desk.
func reason(err error) string {
	words := quoted.ReplaceAllString(err.Error(), "…")
	words, _ = privacy.Mask(words)
	if runes := []rune(words); len(runes) > mostReason {
		words = string(runes[:mostReason]) + "…"
	}
	return words
}
