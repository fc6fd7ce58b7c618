package webchat

import (
	"context"
	"time"
)

// OpenFigures is what is published of the counting. handoff/statistics implements it.
type OpenFigures interface {
	// OpenMonths gives the months that are published, the newest first.
	OpenMonths(ctx context.Context) ([]OpenMonth, error)
}

// OpenMonth is what is published of one month, once and for good. Numbers that stand for fewer than five people are hidden, and as many
// others as are needed to keep them so.
type OpenMonth struct {
	Month     string      `json:"month"`     // 2006-01
	Published time.Time   `json:"published"` // when
	People    *int        `json:"people"`    // who asked; null: hidden, and then there are no tables
	Tables    []OpenTable `json:"tables"`
}

// OpenTable is one table of a month. Columns add up to the total, rows to the column's total; but for «wait», which are medians.
type OpenTable struct {
	Topic     string    `json:"topic"`     // questions | ratings | desk | funnel | reasons | wait
	Dimension string    `json:"dimension"` // day | service | region | channel | audience | reason
	Unit      string    `json:"unit"`      // questions | ratings | hand-overs | people | people-services | minutes
	Columns   []string  `json:"columns"`   // some may be of several, joined by «+», where one alone would have been too small
	Totals    []int     `json:"totals"`    // of the columns
	Total     int       `json:"total"`
	Split     bool      `json:"split"` // false: the rows can't be published
	Rows      []OpenRow `json:"rows"`
}

// OpenRow is a row of a table. null is hidden.
type OpenRow struct {
	Key    string `json:"key"` // "" unknown
	Values []*int `json:"values"`
	Total  *int   `json:"total"`
}

// Name is a table's name: «questions-by-region».
func (t OpenTable) Name() string { return t.Topic + "-by-" + t.Dimension }
