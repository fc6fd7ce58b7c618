package retrieval

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	words *prometheus.CounterVec // result: said, silent, none, unreadable, or a fault (see faults)
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
	m := metrics{words: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orientir_model_words_total", Help: "Answers that a model was asked to put in words: said, silent, none, unreadable, or the kind of fault that kept them back.",
	}, []string{"result"})}
	for _, result := range []string{wordsSaid, wordsSilent, wordsNone, wordsUnreadable, "fact"} {
		m.words.WithLabelValues(result)
	}
	for _, f := range faults {
		m.words.WithLabelValues(f.kind)
	}
	if r != nil {
		r.MustRegister(m.words)
	}
	return m
}
