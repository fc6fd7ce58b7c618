package main

import "math"

// trend is how a figure moves over time: a line through the means of blocks (ordinary least squares), with the 95 % confidence interval of its
// slope. Samples that lie close together move together (a collector's saw-tooth); means of blocks of minutes hardly do, so that the interval can be
// believed.
type trend struct {
	mean, slope, margin float64 // slope and margin an hour
	blocks              int
}

const blocksWanted = 12

// trendOf takes equally spaced samples, every so many seconds. Fewer than three blocks have no interval.
func trendOf(samples []float64, seconds float64) trend {
	size := max(1, len(samples)/blocksWanted)
	var x, y []float64
	for at := 0; at+size <= len(samples); at += size {
		sum := 0.0
		for _, v := range samples[at : at+size] {
			sum += v
		}
		x, y = append(x, (float64(at)+float64(size-1)/2)*seconds/3600), append(y, sum/float64(size))
	}
	t := trend{blocks: len(x), margin: math.Inf(1)}
	n := float64(len(x))
	if n == 0 {
		return t
	}
	mx, my := 0.0, 0.0
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	t.mean = my
	sxx, sxy := 0.0, 0.0
	for i := range x {
		sxx, sxy = sxx+(x[i]-mx)*(x[i]-mx), sxy+(x[i]-mx)*(y[i]-my)
	}
	if len(x) < 3 || sxx == 0 {
		return t
	}
	t.slope = sxy / sxx
	rest := 0.0
	for i := range x {
		e := y[i] - my - t.slope*(x[i]-mx)
		rest += e * e
	}
	t.margin = student95(len(x)-2) * math.Sqrt(rest/(n-2)/sxx)
	return t
}

// verdict says flat where nothing speaks against it: the interval holds zero, or all of it is below flatShare of the mean an hour.
func (t trend) verdict() string {
	switch {
	case t.blocks < 3:
		return "too short"
	case t.slope-t.margin <= 0 && t.slope+t.margin >= 0, math.Abs(t.slope)+t.margin < flatShare*math.Abs(t.mean):
		return "flat"
	case t.slope > 0:
		return grows
	}
	return "shrinks"
}

const grows = "grows"

// flatShare of the mean in an hour is flat whatever the interval says.
const flatShare = 0.01

// student95 is the two-sided 95 % quantile of Student's t (any table of it).
func student95(degrees int) float64 {
	table := []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131}
	if degrees < 1 {
		return math.Inf(1)
	}
	if degrees <= len(table) {
		return table[degrees-1]
	}
	return 2.131 // a little wide for more, which errs on the side of «flat is not proven»
}
