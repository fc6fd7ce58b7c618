package webchat

import (
	"math"
	"strconv"
)

// A Chart is the geometry of one of our charts, which templates write as SVG in the page: it needs no script and prints. No words stand in
// the SVG, so that it may be stretched to any width; they stand beside it, and all numbers in the table behind it.
type Chart struct {
	Width, Height int // of the view box
	Top           int // what the upper edge stands for
	Parts         []ChartPart
}

// ChartPart is a rectangle. Class says what it is of: part-1, part-2 …
type ChartPart struct{ X, Y, W, H, Class string }

// ColumnsChart stacks the numbers of each column, the first lowest.
func ColumnsChart(columns [][]int) Chart {
	c := Chart{Width: 10 * max(1, len(columns)), Height: 100}
	for _, column := range columns {
		c.Top = max(c.Top, sum(column))
	}
	c.Top = round(c.Top)
	for i, column := range columns {
		y := 100.0
		for k, n := range column {
			if n <= 0 {
				continue
			}
			h := 100 * float64(n) / float64(c.Top)
			y -= h
			c.Parts = append(c.Parts, ChartPart{trimmed(float64(10*i) + 1), trimmed(y), "8", trimmed(h), partClass(k)})
		}
	}
	return c
}

// BarChart lays the numbers of one bar side by side; top is what the whole width stands for.
func BarChart(numbers []int, top int) Chart {
	c := Chart{Width: 1000, Height: 10, Top: max(1, top)}
	x := 0.0
	for k, n := range numbers {
		if n <= 0 {
			continue
		}
		w := 1000 * float64(n) / float64(c.Top)
		c.Parts = append(c.Parts, ChartPart{trimmed(x), "0", trimmed(w), "10", partClass(k)})
		x += w
	}
	return c
}

func partClass(k int) string { return "part-" + strconv.Itoa(k+1) }

// round gives the next number that is easily read on an edge: 1, 2 or 5 with zeros.
func round(n int) int {
	if n <= 1 {
		return 1
	}
	power := int(math.Pow(10, math.Floor(math.Log10(float64(n)))))
	for _, m := range []int{1, 2, 3, 4, 5, 6, 8, 10} {
		if m*power >= n {
			return m * power
		}
	}
	return 10 * power
}

func sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

func trimmed(x float64) string { return strconv.FormatFloat(x, 'f', -1, 32) }

// Thousands writes a number as Bulgarians do, «12 345», with spaces that don't break; one of four digits stays whole.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	if len(s) <= 4 {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return s
}
