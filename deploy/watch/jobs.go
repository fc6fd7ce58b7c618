package watch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Jobs counts how background jobs go; it is a postgres.Jobs.
type Jobs struct {
	leads   *prometheus.GaugeVec
	rounds  *prometheus.CounterVec
	success *prometheus.GaugeVec
	seconds *prometheus.GaugeVec
}

// NewJobs makes one and registers its metrics.
func NewJobs(r prometheus.Registerer) *Jobs {
	j := &Jobs{
		leads: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_job_leader", Help: "1 where this process has the lead of the job, else 0.",
		}, []string{"task"}),
		rounds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orientir_job_rounds_total", Help: "Rounds of the job that this process made, by result: ok, failed.",
		}, []string{"task", "result"}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_job_success_timestamp_seconds", Help: "When a round of the job last ended well in this process, in Unix seconds.",
		}, []string{"task"}),
		seconds: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orientir_job_round_seconds", Help: "How long the last round of the job took in this process.",
		}, []string{"task"}),
	}
	r.MustRegister(j.leads, j.rounds, j.success, j.seconds)
	return j
}

// Leads notes whether this process has a job's lead. A job that has just begun is taken as well, so that one that never ends a round shows.
func (j *Jobs) Leads(job string, yes bool) {
	lead := 0.0
	if yes {
		lead = 1
		j.success.WithLabelValues(job).SetToCurrentTime()
	}
	j.leads.WithLabelValues(job).Set(lead)
	for _, result := range []string{"ok", "failed"} {
		j.rounds.WithLabelValues(job, result)
	}
}

// Done notes a round.
func (j *Jobs) Done(job string, took time.Duration, err error) {
	j.seconds.WithLabelValues(job).Set(took.Seconds())
	if err != nil {
		j.rounds.WithLabelValues(job, "failed").Inc()
		return
	}
	j.rounds.WithLabelValues(job, "ok").Inc()
	j.success.WithLabelValues(job).SetToCurrentTime()
}
