package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// statusGone counts who went away before the answer: it is told to nobody, and is no fault of ours. nginx calls it so too.
const statusGone = 499

// httpMetrics counts requests by the pattern of the route that took them, never by their address.
type httpMetrics struct {
	requests *prometheus.CounterVec   // route, method, status
	seconds  *prometheus.HistogramVec // route; streams apart
	streams  *prometheus.GaugeVec     // route
	panics   prometheus.Counter
}

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_http_requests_total", Help: "Requests that were answered, by route pattern, method and status. A stream counts when it ends.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orientir_http_request_seconds", Help: "From a request's header to the end of its answer, by route pattern; without streams.",
			Buckets: []float64{.005, .025, .1, .25, 1, 2.5, 10},
		}, []string{"route"}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_http_streams", Help: "Open streams of server-sent events, by route pattern.",
		}, []string{"route"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orientir_http_panics_total", Help: "Requests that ended in a panic.",
		}),
	}
	r.MustRegister(m.requests, m.seconds, m.streams, m.panics)
	return m
}

// count counts what passes to next. Each mux on the way notes its pattern in the request, the last one the finest.
func (m *httpMetrics) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		c := &countingWriter{ResponseWriter: w, request: r, streams: m.streams}
		defer func() {
			fault := recover()
			if fault != nil {
				if fault != http.ErrAbortHandler {
					m.panics.Inc()
				}
				c.noteStatus(http.StatusInternalServerError)
			}
			c.noteStatus(http.StatusOK)
			if c.status == http.StatusServiceUnavailable && errors.Is(r.Context().Err(), context.Canceled) {
				c.status = statusGone
			}
			route := routeOf(r)
			m.requests.WithLabelValues(route, methodLabel(r.Method), strconv.Itoa(c.status)).Inc()
			if c.stream != nil {
				c.stream.Dec()
			} else {
				m.seconds.WithLabelValues(route).Observe(time.Since(began).Seconds())
			}
			if fault != nil {
				panic(fault)
			}
		}()
		next.ServeHTTP(c, r)
	})
}

// routeOf is the pattern's path; its method is a label of its own.
func routeOf(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		return path
	}
	return r.Pattern
}

// methodLabel keeps to the methods that there are: a stranger may send any word.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// countingWriter notes the status, and whether it is a stream that begins.
type countingWriter struct {
	http.ResponseWriter
	request *http.Request
	streams *prometheus.GaugeVec
	status  int              // 0: none yet
	stream  prometheus.Gauge // where it counts; nil: no stream
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (c *countingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *countingWriter) noteStatus(status int) {
	if c.status != 0 || status < 200 && status != http.StatusSwitchingProtocols { // early hints come before the status
		return
	}
	c.status = status
	if strings.HasPrefix(c.Header().Get("Content-Type"), "text/event-stream") {
		c.stream = c.streams.WithLabelValues(routeOf(c.request))
		c.stream.Inc()
	}
}

func (c *countingWriter) WriteHeader(status int) {
	c.noteStatus(status)
	c.ResponseWriter.WriteHeader(status)
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.noteStatus(http.StatusOK)
	return c.ResponseWriter.Write(p)
}
