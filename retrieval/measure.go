package retrieval

import (
	"math"
	"slices"
	"time"
)

// Measures over some rows. Hit1 to ConfidentlyWrong are shares of the answerable ones, NotAnswered and Signposted of
// the negatives, EmergenciesSeen of the rows of kind emergency.
type Measures struct {
	Rows             int     `json:"rows"`
	Answerable       int     `json:"answerable"`
	Negatives        int     `json:"negatives"`
	Emergencies      int     `json:"emergencies"`
	Hit1             float64 `json:"hit_1"`
	Hit3             float64 `json:"hit_3"`
	MRR              float64 `json:"mrr"`
	Refused          float64 `json:"refused"`
	ConfidentlyWrong float64 `json:"confidently_wrong"`
	NotAnswered      float64 `json:"not_answered"`
	Signposted       float64 `json:"signposted"`
	EmergenciesSeen  float64 `json:"emergencies_seen"`
	FalseAlarms      int     `json:"false_alarms"` // rows of other kinds that were taken for danger to life
}

// measureColumn is one of the shares, for tables and comparisons.
type measureColumn struct {
	name  string
	value func(Measures) float64
	of    func(Measures) int // rows that the share is of
	less  bool               // the smaller the better
}

var measureColumns = []measureColumn{
	{"hit@1", func(m Measures) float64 { return m.Hit1 }, func(m Measures) int { return m.Answerable }, false},
	{"hit@3", func(m Measures) float64 { return m.Hit3 }, func(m Measures) int { return m.Answerable }, false},
	{"MRR", func(m Measures) float64 { return m.MRR }, func(m Measures) int { return m.Answerable }, false},
	{"refused", func(m Measures) float64 { return m.Refused }, func(m Measures) int { return m.Answerable }, true},
	{"conf. wrong", func(m Measures) float64 { return m.ConfidentlyWrong }, func(m Measures) int { return m.Answerable }, true},
	{"not answered", func(m Measures) float64 { return m.NotAnswered }, func(m Measures) int { return m.Negatives }, false},
	{"signposted", func(m Measures) float64 { return m.Signposted }, func(m Measures) int { return m.Negatives }, false},
	{"emergencies", func(m Measures) float64 { return m.EmergenciesSeen }, func(m Measures) int { return m.Emergencies }, false},
}

// emergencyKind is the kind of rows that tell of danger to life.
const emergencyKind = "emergency"

// measure computes the report. It is pure.
func measure(outcomes []evalOutcome) Report {
	r := Report{Kinds: map[string]Measures{}, Languages: map[string]Measures{}, Rows: []Row{}}
	var counted []evalOutcome
	kinds, languages := map[string][]evalOutcome{}, map[string][]evalOutcome{}
	var took []time.Duration
	for _, o := range outcomes {
		took = append(took, o.took)
		r.Model = o.answer.Model
		if o.missing {
			r.NotCovered++
			continue
		}
		counted = append(counted, o)
		kinds[o.row.kind] = append(kinds[o.row.kind], o)
		languages[o.row.language] = append(languages[o.row.language], o)
		r.Rows = append(r.Rows, o.result())
	}
	r.Misses = r.misses()
	r.Overall = measuresOf(counted)
	for k, list := range kinds {
		r.Kinds[k] = measuresOf(list)
	}
	for l, list := range languages {
		r.Languages[l] = measuresOf(list)
	}
	r.Calibration, r.CalibrationError = calibration(counted)
	slices.Sort(took)
	r.P50, r.P95, r.P99 = quantile(took, 0.50), quantile(took, 0.95), quantile(took, 0.99)
	return r
}

func measuresOf(list []evalOutcome) Measures {
	m := Measures{Rows: len(list)}
	for _, o := range list {
		switch {
		case o.row.kind == emergencyKind:
			m.Emergencies++
			if o.answer.Outcome == Emergency {
				m.EmergenciesSeen++
			}
		case o.answer.Outcome == Emergency:
			m.FalseAlarms++
		}
		if len(o.row.expected) == 0 {
			m.Negatives++
			if !o.offered() {
				m.NotAnswered++
				if o.answer.Signpost != nil {
					m.Signposted++
				}
			}
			continue
		}
		m.Answerable++
		if rank := o.rank(); rank > 0 {
			m.MRR += 1 / float64(rank)
			if rank == 1 {
				m.Hit1++
			}
			if rank <= 3 {
				m.Hit3++
			}
		}
		if !o.offered() {
			m.Refused++
		}
		if o.answer.Outcome == Answered && o.rank() != 1 {
			m.ConfidentlyWrong++
		}
	}
	share := func(n int, counts ...*float64) {
		for _, c := range counts {
			*c /= float64(max(n, 1))
		}
	}
	share(m.Answerable, &m.Hit1, &m.Hit3, &m.MRR, &m.Refused, &m.ConfidentlyWrong)
	share(m.Negatives, &m.NotAnswered, &m.Signposted)
	share(m.Emergencies, &m.EmergenciesSeen)
	return m
}

// Bin is a row of the reliability table.
type Bin struct {
	Rows       int     `json:"rows"`
	Least      float64 `json:"least"`      // confidence in the bin
	Most       float64 `json:"most"`       // confidence in the bin
	Confidence float64 `json:"confidence"` // mean
	Right      float64 `json:"right"`      // share whose first guide is right
}

// calibrationBins is the contract's number of bins of equal mass.
const calibrationBins = 10

// calibration compares the confidence with «first guide right», in bins of equal mass over all rows; a row that should
// not be answered counts as not right. The error is the mean distance, weighted by the bins' rows (Naeini, Cooper,
// Hauskrecht, AAAI 2015, with bins of equal mass).
func calibration(list []evalOutcome) ([]Bin, float64) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b evalOutcome) int {
		switch {
		case a.answer.Confidence < b.answer.Confidence:
			return -1
		case a.answer.Confidence > b.answer.Confidence:
			return 1
		}
		return 0
	})
	bins := []Bin{}
	var total float64
	for b := range calibrationBins {
		from, to := b*len(sorted)/calibrationBins, (b+1)*len(sorted)/calibrationBins
		if from == to {
			continue
		}
		bin := Bin{Rows: to - from, Least: sorted[from].answer.Confidence, Most: sorted[to-1].answer.Confidence}
		for _, o := range sorted[from:to] {
			bin.Confidence += o.answer.Confidence
			if o.rank() == 1 {
				bin.Right++
			}
		}
		n := float64(bin.Rows)
		bin.Confidence, bin.Right = bin.Confidence/n, bin.Right/n
		total += math.Abs(bin.Confidence-bin.Right) * n / float64(len(sorted))
		bins = append(bins, bin)
	}
	return bins, total
}

// quantile of a sorted list, by the nearest-rank method.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
