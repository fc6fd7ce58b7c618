package statistics

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/webchat"
)

// publishedOn is the day of the next month on which a month is published: hand-overs have been left alone for seven days by then, and who
// agreed to be asked later has mostly been asked.
const publishedOn = 10

// OpenMonths gives the months that are published, the newest first.
func (s *Store) OpenMonths(ctx context.Context) ([]webchat.OpenMonth, error) {
	rows, err := s.db.Query(ctx, `SELECT tables FROM figure_months ORDER BY month DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the published months: %w", err)
	}
	months, err := pgx.CollectRows(rows, pgx.RowTo[webchat.OpenMonth])
	if err != nil {
		return nil, fmt.Errorf("read the published months: %w", err)
	}
	return months, nil
}

// Publish publishes the months that are over and have not been published, each once and for good: two publications of one month could be
// subtracted from each other. now is by the clock in Bulgaria.
func (s *Store) Publish(ctx context.Context, now time.Time) error {
	var first *time.Time
	err := s.db.QueryRow(ctx, `
		SELECT date_trunc('month', least((SELECT min(day) FROM figure_questions), (SELECT min(day) FROM figure_tickets)))::date`).Scan(&first)
	if err != nil {
		return fmt.Errorf("look for months to publish: %w", err)
	}
	if first == nil {
		return nil
	}
	for month := *first; ; month = month.AddDate(0, 1, 0) {
		next := month.AddDate(0, 1, 0)
		if now.Before(time.Date(next.Year(), next.Month(), publishedOn, 0, 0, 0, 0, now.Location())) {
			return nil
		}
		var done bool
		if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM figure_months WHERE month = $1)`, month).Scan(&done); err != nil {
			return fmt.Errorf("look for months to publish: %w", err)
		}
		if done {
			continue
		}
		open, err := s.month(ctx, month, now)
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `INSERT INTO figure_months (month, published_at, tables) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING`, month, now, open)
		if err != nil {
			return fmt.Errorf("publish %s: %w", month.Format("2006-01"), err)
		}
	}
}

// forgotten stands for everybody who asked to be forgotten: each has another number for each day, and nobody can tell how many they are. For a
// threshold they are one person together, which is never too many; where people are counted they are left out.
const forgotten = -1

// fact is what is published of a question, or of a hand-over. Within a month each person has one region, one channel and one audience: the
// last that is known.
type fact struct {
	Person                    int64
	Day                       time.Time
	Channel, Region, Audience string
	Service                   string
	Outcome, Rating, Reason   string
	Step                      int
	Waited                    *int // seconds
}

func (f fact) key(dimension string) string {
	switch dimension {
	case "day":
		return f.Day.Format(time.DateOnly)
	case "service":
		return f.Service
	case "region":
		return f.Region
	case "channel":
		return f.Channel
	case "audience":
		return f.Audience
	}
	return f.Reason
}

// month counts what is published of a month. What came through the public API is left out: nobody knows of how many people it is.
func (s *Store) month(ctx context.Context, month, now time.Time) (webchat.OpenMonth, error) {
	open := webchat.OpenMonth{Month: month.Format("2006-01"), Published: now.UTC().Truncate(time.Second), Tables: []webchat.OpenTable{}}
	asked, err := s.facts(ctx, month, `
		SELECT person, day, channel, region, audience, service, outcome, rating, reason, step::int, NULL::int AS waited
		FROM figure_questions WHERE day >= $1 AND day < $1::date + interval '1 month' AND person <> 0 ORDER BY answer`)
	if err != nil {
		return open, err
	}
	handed, err := s.facts(ctx, month, `
		SELECT person, day, channel, region, audience, service, resolved AS outcome, rating, '' AS reason, 0 AS step, waited
		FROM figure_tickets WHERE day >= $1 AND day < $1::date + interval '1 month' AND person <> 0 ORDER BY ticket`)
	if err != nil {
		return open, err
	}
	settle(asked, handed)
	people := map[int64]bool{}
	for _, f := range asked {
		if f.Person != forgotten {
			people[f.Person] = true
		}
	}
	if n := len(people); n >= Threshold {
		open.People = &n
	} else {
		return open, nil
	}
	hidden := map[string]map[string]bool{} // rows that an earlier table has had to hide, by dimension
	for _, t := range openTables() {
		facts := asked
		if t.topic == "desk" {
			facts = handed
		}
		for _, dimension := range t.dimensions {
			unit := t.unit
			if t.topic == "funnel" && dimension == "service" {
				unit = "people-services"
			}
			table, rows, ok := t.table(dimension, unit, facts, hidden[dimension])
			if !ok {
				continue
			}
			open.Tables = append(open.Tables, table)
			if t.topic != "desk" { // what follows from it about the others is nothing
				if hidden[dimension] == nil {
					hidden[dimension] = map[string]bool{}
				}
				for _, key := range rows {
					hidden[dimension][key] = true
				}
			} else if wait, ok := waitTable(dimension, table, handed); ok {
				open.Tables = append(open.Tables, wait)
			}
		}
	}
	return open, nil
}

func (s *Store) facts(ctx context.Context, month time.Time, sql string) ([]fact, error) {
	rows, err := s.db.Query(ctx, sql, month)
	if err != nil {
		return nil, fmt.Errorf("read the facts of %s: %w", month.Format("2006-01"), err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[fact])
	if err != nil {
		return nil, fmt.Errorf("read the facts of %s: %w", month.Format("2006-01"), err)
	}
	for i := range list {
		list[i].Person = max(list[i].Person, forgotten)
	}
	return list, nil
}

// settle gives each person one region, one channel and one audience. The forgotten ones are many, and keep what they have.
func settle(lists ...[]fact) {
	last := map[int64]fact{}
	for _, list := range slices.Backward(lists) { // what was asked knows more than what was handed over
		for _, f := range list {
			if f.Person == forgotten {
				continue
			}
			known := last[f.Person]
			known.Channel = f.Channel
			if f.Region != "" {
				known.Region = f.Region
			}
			if f.Audience != "" {
				known.Audience = f.Audience
			}
			last[f.Person] = known
		}
	}
	for _, list := range lists {
		for i := range list {
			if list[i].Person == forgotten {
				continue
			}
			known := last[list[i].Person]
			list[i].Channel, list[i].Region, list[i].Audience = known.Channel, known.Region, known.Audience
		}
	}
}

// openTable says how a topic's facts become the columns of its tables.
type openTable struct {
	topic, unit string
	dimensions  []string
	columns     []string
	column      func(fact) int // rest: it is of those that are counted, and of no column; apart: it isn't
	people      bool           // people are counted, each in the last of their columns
}

// What a fact may be to a topic that has no column for it.
const (
	rest  = -1 // anybody can tell how many there are, by subtracting from an earlier table: they may not be too few either
	apart = -2
)

// openTables lists what is published, in the order in which one may give away the other: each comes after what it is a part of.
func openTables() []openTable {
	by := []string{"service", "region", "channel", "audience"}
	return []openTable{
		{topic: "questions", unit: "questions", dimensions: append([]string{"day"}, by...), columns: []string{"answered", "unanswered"}, column: func(f fact) int {
			if f.Outcome == "answered" {
				return 0
			}
			return 1
		}},
		{topic: "ratings", unit: "ratings", dimensions: by, columns: []string{"good", "bad"}, column: func(f fact) int {
			if f.Outcome != "answered" {
				return apart
			}
			return slices.Index([]string{"good", "bad"}, f.Rating) // -1 is the rest
		}},
		{topic: "reasons", unit: "ratings", dimensions: []string{"reason"}, columns: []string{"bad"}, column: func(f fact) int {
			if f.Outcome == "answered" && f.Rating == "bad" {
				return 0
			}
			return apart
		}},
		{topic: "funnel", unit: "people", dimensions: by, columns: append([]string{"nothing"}, steps...), people: true, column: func(f fact) int { return f.Step }},
		{topic: "desk", unit: "hand-overs", dimensions: by, columns: []string{"resolved", "unresolved"}, column: func(f fact) int {
			if f.Outcome == "yes" {
				return 0
			}
			return 1
		}},
	}
}

// table makes one table and gives the rows of which something is hidden. hide names rows that may not be told whatever they hold; with
// everyRow none can be. false: all of it stands for too few people.
func (t openTable) table(dimension, unit string, facts []fact, hide map[string]bool) (webchat.OpenTable, []string, bool) {
	g := t.gather(dimension, facts)
	columns := g.merge()
	if columns == nil || few(g.restOfAll()) {
		return webchat.OpenTable{}, nil, false
	}
	out, hidden := t.lay(g, columns, hide)
	if !out.Split && len(columns) > 1 { // without its columns more of a table can be told
		out, hidden = t.lay(g, [][2]int{{0, len(t.columns)}}, hide)
	}
	out.Dimension, out.Unit = dimension, unit
	return out, hidden, true
}

// everyRow stands among hidden rows for all, those too that nobody hears of.
const everyRow = "\x00"

func few(people int) bool { return people > 0 && people < Threshold }

// lay lays a table out with these columns and hides of it what must be hidden.
func (t openTable) lay(g gathered, columns [][2]int, hide map[string]bool) (out webchat.OpenTable, hidden []string) {
	sh, totals, total := g.sheet(columns)
	out = webchat.OpenTable{Topic: t.topic, Totals: totals, Total: total, Rows: []webchat.OpenRow{}}
	for _, c := range columns {
		out.Columns = append(out.Columns, strings.Join(t.columns[c[0]:c[1]], "+"))
	}
	for r, key := range sh.keys {
		if !hide[key] && !few(len(g.rest[key])) {
			continue
		}
		for c := range sh.cells[r] {
			sh.cells[r][c].hidden = sh.cells[r][c].value > 0
		}
		if sh.totals != nil {
			sh.totals[r].hidden = sh.totals[r].value > 0
		}
	}
	if out.Split = !hide[everyRow] && sh.protect(); !out.Split {
		return out, []string{everyRow}
	}
	for r, key := range sh.keys {
		row := webchat.OpenRow{Key: key}
		some := false
		for _, c := range sh.cells[r] {
			row.Values = append(row.Values, c.shown())
			some = some || c.hidden
		}
		if row.Total = row.Values[0]; sh.totals != nil {
			row.Total = sh.totals[r].shown()
			some = some || sh.totals[r].hidden
		}
		if some {
			hidden = append(hidden, key)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, hidden
}

func (c cell) shown() *int {
	if c.hidden {
		return nil
	}
	return &c.value
}
