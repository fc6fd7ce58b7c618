package statistics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cut is the part of the figures that is asked for. An empty field is all; Unknown asks for what is not known.
type Cut struct {
	From, To                           time.Time // days, both included
	Channel, Region, Audience, Service string
}

// Unknown is the value of a filter that asks for what has none: questions whose region is not known, or that no guide answered.
const Unknown = "-"

// Channels lists the channels that may be asked for.
func Channels() []string { return []string{"telegram", "web", "library", "api"} }

// Audiences lists the audiences that may be asked for.
func Audiences() []string { return []string{"citizen", "business", Unknown} }

// Dimension is what figures are split by.
type Dimension string

// The dimensions.
const (
	ByDay      Dimension = "day"
	ByMonth    Dimension = "month"
	ByService  Dimension = "service"
	ByRegion   Dimension = "region"
	ByChannel  Dimension = "channel"
	ByAudience Dimension = "audience"
	whole      Dimension = "" // not split
)

// Dimensions lists them in the order in which pages show them.
func Dimensions() []Dimension {
	return []Dimension{ByDay, ByMonth, ByService, ByRegion, ByChannel, ByAudience}
}

// longest is how many days are told apart; of more only months are.
const longest = 92

// Steps are how far a person came with a service; see the definition of each in doc.go.
var steps = []string{"knows", "understood", "wanted", "used", "satisfied", "recommends"}

// Steps lists the steps, the first first.
func Steps() []string { return slices.Clone(steps) }

// Count is the figures of one group.
type Count struct {
	Key       string // day as 2006-01-02, month as 2006-01, slug, district, channel or audience; "" unknown; of the whole ""
	People    int    // distinct contacts who asked
	Questions int
	Answered  int // with a guide, at once or after a choice
	Choice    int // guides were offered and none was chosen
	Abstained int // no guide was found
	Outside   int // no question for the guides: advice, danger, fraud
	Good, Bad int // ratings of answers

	Handed     int // who asked for a librarian
	Taken      int // whom one took
	Resolved   int // for good
	Unresolved int
	Helped     int // hand-overs that the person said had helped
	NotHelped  int
	Median     time.Duration // from asking to the first librarian, of those who were taken
	P90        time.Duration

	Steps [6]int // people who came so far, or further
}

// Open is how many hand-overs of the group are not decided yet: open, or closed less than seven days ago.
func (c Count) Open() int { return c.Handed - c.Resolved - c.Unresolved }

// Figures are the counts of a cut, split by each dimension.
type Figures struct {
	Total   Count
	By      map[Dimension][]Count // the biggest first; days in their order, without those on which nobody came
	Reasons []Reason
}

// Reason is why answers were called bad.
type Reason struct {
	Key   string // "" where none was given
	Count int
}

//go:embed count.sql
var countSQL string

//go:embed countdesk.sql
var countDeskSQL string

// Figures counts a cut, all of it at one moment. Compiling the queries would take longer than they do.
func (s *Store) Figures(ctx context.Context, c Cut) (f Figures, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL jit = off; SET LOCAL work_mem = '32MB'`); err != nil {
			return fmt.Errorf("count the figures: %w", err)
		}
		f, err = New(tx).figures(ctx, c)
		return err
	})
	return f, err
}

func (s *Store) figures(ctx context.Context, c Cut) (Figures, error) {
	split := []Dimension{whole}
	for _, d := range Dimensions() {
		if days := c.To.Sub(c.From).Hours() / 24; d == ByDay && days > longest || d == ByMonth && days <= longest {
			continue
		}
		split = append(split, d)
	}
	var f Figures
	var err error
	if f.By, err = s.count(ctx, c, split...); err != nil {
		return f, err
	}
	if total := f.By[whole]; len(total) == 1 {
		f.Total = total[0]
	}
	delete(f.By, whole)
	rows, err := s.db.Query(ctx, `
		SELECT reason AS key, count(*)::int AS count FROM figure_questions q
		WHERE rating = 'bad' AND `+within+`
		GROUP BY reason ORDER BY count DESC, key`, c.args())
	if err != nil {
		return f, fmt.Errorf("count reasons: %w", err)
	}
	if f.Reasons, err = pgx.CollectRows(rows, pgx.RowToStructByName[Reason]); err != nil {
		return f, fmt.Errorf("count reasons: %w", err)
	}
	return f, nil
}

// within is what a fact must be to count.
const within = `day BETWEEN @from AND @to
	AND (@channel = '' OR channel = @channel) AND (@region = '' OR region = nullif(@region, '-') OR @region = '-' AND region = '')
	AND (@audience = '' OR audience = nullif(@audience, '-') OR @audience = '-' AND audience = '')
	AND (@service = '' OR service = nullif(@service, '-') OR @service = '-' AND service = '')`

func (c Cut) args() pgx.NamedArgs {
	return pgx.NamedArgs{"from": c.From.Format(time.DateOnly), "to": c.To.Format(time.DateOnly),
		"channel": c.Channel, "region": c.Region, "audience": c.Audience, "service": c.Service}
}

// By counts a cut by one dimension.
func (s *Store) By(ctx context.Context, c Cut, d Dimension) ([]Count, error) {
	by, err := s.count(ctx, c, d)
	return by[d], err
}

// count counts by each of these dimensions. The facts of the cut are read once for all of them.
func (s *Store) count(ctx context.Context, c Cut, split ...Dimension) (map[Dimension][]Count, error) {
	by := map[Dimension][]Count{}
	for _, d := range split {
		by[d] = []Count{}
	}
	rows, err := s.db.Query(ctx, counting("figure_questions", countSQL, split), c.args())
	if err != nil {
		return nil, fmt.Errorf("count questions by %v: %w", split, err)
	}
	var n Count
	var d Dimension
	at := map[Dimension]map[string]int{}
	place := func() *Count {
		i, ok := at[d][n.Key]
		if !ok {
			if at[d] == nil {
				at[d] = map[string]int{}
			}
			i = len(by[d])
			at[d][n.Key], by[d] = i, append(by[d], Count{Key: n.Key})
		}
		return &by[d][i]
	}
	_, err = pgx.ForEachRow(rows, []any{&d, &n.Key, &n.People, &n.Questions, &n.Answered, &n.Choice, &n.Abstained, &n.Outside, &n.Good, &n.Bad,
		&n.Steps[0], &n.Steps[1], &n.Steps[2], &n.Steps[3], &n.Steps[4], &n.Steps[5]}, func() error {
		*place() = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count questions by %v: %w", split, err)
	}
	rows, err = s.db.Query(ctx, counting("figure_tickets", countDeskSQL, split), c.args())
	if err != nil {
		return nil, fmt.Errorf("count hand-overs by %v: %w", split, err)
	}
	var median, p90 float64
	_, err = pgx.ForEachRow(rows, []any{&d, &n.Key, &n.Handed, &n.Taken, &n.Resolved, &n.Unresolved, &n.Helped, &n.NotHelped, &median, &p90}, func() error {
		l := place() // a new one for who asked for a librarian, and the guides nothing
		l.Handed, l.Taken, l.Resolved, l.Unresolved, l.Helped, l.NotHelped = n.Handed, n.Taken, n.Resolved, n.Unresolved, n.Helped, n.NotHelped
		l.Median, l.P90 = seconds(median), seconds(p90)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count hand-overs by %v: %w", split, err)
	}
	for d, list := range by {
		sortCounts(d, list)
	}
	return by, nil
}

// counting makes the statement that counts the facts of a table by each of these dimensions.
func counting(table, each string, split []Dimension) string {
	parts := make([]string, len(split))
	for i, d := range split {
		key := string(d) // a column of the facts
		switch d {
		case whole:
			key = "''::text"
		case ByDay:
			key = "to_char(day, 'YYYY-MM-DD')"
		}
		parts[i] = strings.NewReplacer("/*key*/", key, "/*dimension*/", string(d)).Replace(each)
	}
	return `WITH facts AS MATERIALIZED (SELECT *, to_char(day, 'YYYY-MM') AS month FROM ` + table + ` WHERE ` + within + `) ` + strings.Join(parts, "\nUNION ALL\n")
}

// sortCounts puts days in their order, and of all else the biggest first, the unknown last.
func sortCounts(d Dimension, list []Count) {
	slices.SortFunc(list, func(a, b Count) int {
		switch {
		case d == ByDay || d == ByMonth:
		case (a.Key == "") != (b.Key == ""):
			return strings.Compare(b.Key, a.Key)
		case a.Questions != b.Questions:
			return b.Questions - a.Questions
		}
		return strings.Compare(a.Key, b.Key)
	})
}

// Regions lists the districts that facts may stand in.
func (s *Store) Regions(ctx context.Context) ([]string, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT district FROM places ORDER BY district`)
	if err != nil {
		return nil, fmt.Errorf("read the districts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the districts: %w", err)
	}
	return list, nil
}
