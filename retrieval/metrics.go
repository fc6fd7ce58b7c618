package retrieval

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orientir/deploy/watch"
)

type metrics struct {
	words   *prometheus.CounterVec   // result: said, silent, none, unreadable, or a fault (see faults)
	answers *prometheus.CounterVec   // outcome
	seconds *prometheus.HistogramVec // stage
}

// What became of words that a model was asked for, besides the faults of those that didn't pass.
const (
	wordsSaid       = "said"
	wordsSilent     = "silent"     // the guide doesn't answer the question, says the model
	wordsNone       = "none"       // it gave none in time
	wordsUnreadable = "unreadable" // not in the form that was asked for
)

// faults are the kinds of what is wrong with a model's words, by how unfaithful begins to say it. All else is a fact that
// doesn't stand in the guide, which is named by itself.
var faults = []struct{ begins, kind string }{
	{"language ", "language"},
	{"nothing", "empty"}, {"an empty sentence", "empty"},
	{"too ", "length"}, {"a long sentence", "length"},
	{"hidden characters", "hidden"},
	{"a sentence from nowhere", "source"}, {"cites ", "source"},
	{"a link of its own", "address"}, {"address ", "address"},
	{"speaks to a program", "orders"},
	{"not from there: ", "other-fact"}, {"the amount of another fee", "other-fact"},
	{"words of its own", "words"}, {"name ", "name"},
	{"says the opposite", "opposite"},
	{"leaves out ", "omission"},
}

// faultKind is a fault without the model's words, from a closed set: for the log and the metrics.
func faultKind(fault string) string {
	for _, f := range faults {
		if strings.HasPrefix(fault, f.begins) {
			return f.kind
		}
	}
	return "fact"
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_retrieval_answers_total", Help: "Questions put to the guides by the chat, the API and the desk, by outcome; failed where there was no answer.",
		}, []string{"outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orientir_retrieval_seconds", Help: "Stages of an answer: whole, read (the words), search (the database), beside (places, while it searches), vectors (another embedder), understand (a model), lay (places and libraries of the answer).",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"stage"}),
	}
	m.words = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orientir_model_words_total", Help: "Answers that a model was asked to put in words: said, silent, none, unreadable, or the kind of fault that kept them back.",
	}, []string{"result"})
	for _, outcome := range []Outcome{Answered, Clarify, Abstained, OutOfScope, Emergency, "failed"} {
		m.answers.WithLabelValues(string(outcome))
	}
	for _, result := range []string{wordsSaid, wordsSilent, wordsNone, wordsUnreadable, "fact"} {
		m.words.WithLabelValues(result)
	}
	for _, f := range faults {
		m.words.WithLabelValues(f.kind)
	}
	if r != nil {
		r.MustRegister(m.words, m.answers, m.seconds)
	}
	return m
}

// The stages of an answer.
const (
	stageWhole      = "whole"
	stageRead       = "read"
	stageSearch     = "search"
	stageBeside     = "beside"
	stageVectors    = "vectors"
	stageUnderstand = "understand"
	stageLay        = "lay"
)

// stage times a stage of an answer and makes it a span; the function that it gives ends it. Answers of a trial, thousands in a row, are not
// what people wait for.
func (a *Answerer) stage(ctx context.Context, s *serving, name string) (end func()) {
	if s.trial != nil {
		return func() {}
	}
	_, span := watch.Span(ctx, name)
	began := time.Now()
	return func() {
		span.End()
		a.metrics.seconds.WithLabelValues(name).Observe(time.Since(began).Seconds())
	}
}
