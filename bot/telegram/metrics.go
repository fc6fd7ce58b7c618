package telegram

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	calls   *prometheus.CounterVec // method, result
	waits   prometheus.Counter     // seconds that Telegram asked to be left alone
	updates *prometheus.CounterVec // result: stored, failed, odd
}

// methods are those of the Bot API that this program calls; a call of another is counted as «other».
var methods = []string{
	"getUpdates", "setWebhook", "deleteWebhook", "getMe", "setMyCommands", "setMyDescription", "setMyShortDescription",
	"sendMessage", "sendVenue", "sendChatAction", "answerCallbackQuery", "editMessageReplyMarkup", "setMessageReaction",
	"getChat", "getChatMember", "createForumTopic", "closeForumTopic", "reopenForumTopic", "editForumTopic", "deleteForumTopic",
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_telegram_calls_total", Help: "Calls of the Bot API, by result: ok, limited (429), blocked (403), unauthorized (401, 404: the token), conflict (409: another program polls), refused (other 4xx), failed (5xx), unreachable.",
		}, []string{"method", "result"}),
		waits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orientir_telegram_retry_after_seconds_total", Help: "Seconds for which Telegram asked to be left alone, all requests together.",
		}),
		updates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_telegram_updates_total", Help: "Updates by what became of them: stored, failed (Telegram brings it again), odd (not wholly understood).",
		}, []string{"result"}),
	}
	for _, method := range []string{"sendMessage", "getUpdates"} {
		for _, result := range []string{"ok", "limited", "blocked", "unauthorized", "conflict", "refused", "failed", "unreachable"} {
			m.calls.WithLabelValues(method, result)
		}
	}
	for _, result := range []string{"stored", "failed", "odd"} {
		m.updates.WithLabelValues(result)
	}
	if r != nil {
		r.MustRegister(m.calls, m.waits, m.updates)
	}
	return m
}

// counting counts the calls that pass through it. The address holds the token: only the method is looked at.
type counting struct {
	next  http.RoundTripper
	calls *prometheus.CounterVec
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(r)
	if err != nil && ours(r) {
		return resp, err
	}
	result := "unreachable"
	if err == nil {
		result = resultOf(resp.StatusCode)
	}
	c.calls.WithLabelValues(methodOf(r.URL.Path), result).Inc()
	return resp, err
}

// ours says that a call failed because the program ended it: it is stopping, or its patience with a poll was over, which lasts as long as Telegram
// likes. Of any other call the client's time limit means that Telegram doesn't answer.
func ours(r *http.Request) bool {
	err := r.Context().Err()
	return errors.Is(err, context.Canceled) || err != nil && methodOf(r.URL.Path) == "getUpdates"
}

func methodOf(path string) string {
	method := path[strings.LastIndexByte(path, '/')+1:]
	if slices.Contains(methods, method) {
		return method
	}
	return "other"
}

func resultOf(status int) string {
	switch {
	case status < 400:
		return "ok"
	case status == http.StatusTooManyRequests:
		return "limited"
	case status == http.StatusForbidden:
		return "blocked"
	case status == http.StatusUnauthorized, status == http.StatusNotFound:
		return "unauthorized"
	case status == http.StatusConflict:
		return "conflict"
	case status < 500:
		return "refused"
	}
	return "failed"
}

// countingClient is a client whose calls are counted.
func countingClient(client *http.Client, calls *prometheus.CounterVec) *http.Client {
	through := *client
	next := through.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	through.Transport = counting{next, calls}
	return &through
}
