package statistics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"orientir/bot/webchat"
)

// randomMonth lays the facts of October: so many people who ask a few questions each, of which some are rated, and some ask for a librarian.
func (w world) randomMonth(r *rand.Rand, people int) {
	w.Helper()
	pick := func(list ...string) string { return list[int(float64(len(list))*math.Pow(r.Float64(), 2))] } // the first ones more often
	answer := r.IntN(1 << 30)
	for p := 1; p <= people+people/4; p++ {
		forgotten := p > people // another number for each day
		channel, region, audience := pick("web", "telegram", "library"), pick("", "Враца", "София (град)", "Видин", "Варна", "Ямбол"), pick("", "citizen", "business")
		for range 1 + r.IntN(4) {
			answer++
			day := time.Date(2026, 10, 1+r.IntN(31), 0, 0, 0, 0, time.UTC)
			person := p
			if forgotten {
				person = -100*p - day.Day()
			}
			service, outcome, rating, reason, step := pick("id-card", "passport", "heating", "kindergarten", "address", "pension"), "answered", pick("", "", "good", "bad"), "", 1+r.IntN(6)
			if r.IntN(5) == 0 {
				service, outcome, rating, step = "", "abstained", "", 0
			}
			if rating == "bad" {
				reason = pick("unclear", "outdated", "")
			}
			w.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
			if r.IntN(8) == 0 {
				w.exec(`INSERT INTO figure_tickets (ticket, day, person, channel, region, audience, service, waited, resolved, rating)
					VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')`, answer, day, person, channel, region, audience, service, r.IntN(900), pick("yes", "no"))
			}
		}
	}
	w.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
		SELECT -n, '2026-10-05', 0, 'api', '', '', 'id-card', 'answered', '', '', 1 FROM generate_series(1, 30) n`)
}

// TestWhatIsPublishedGivesNobodyAway reads what is published as anybody can, and solves all its sums for what is hidden.
func TestWhatIsPublishedGivesNobodyAway(t *testing.T) {
	w := newWorld(t)
	hidden, shown, tables := 0, 0, 0
	for seed := range uint64(12) {
		w.exec(`TRUNCATE figure_questions, figure_tickets, figure_months`)
		w.randomMonth(rand.New(rand.NewPCG(seed, 3)), 6+int(seed*seed)) // six people to a hundred and more
		if err := w.s.Publish(t.Context(), time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		months, err := w.s.OpenMonths(t.Context())
		if err != nil || len(months) != 1 {
			t.Fatal(months, err)
		}
		data, _ := json.Marshal(months[0])
		var month webchat.OpenMonth
		if err := json.Unmarshal(data, &month); err != nil {
			t.Fatal(err)
		}
		if month.People == nil {
			t.Fatalf("seed %d: %d people are hidden", seed, 6+seed*seed)
		}
		for _, table := range month.Tables {
			tables++
			if table.Topic == "wait" {
				continue
			}
			truth := w.truth(table)
			var total int
			for i, n := range table.Totals {
				total += n
				if people := truth("", i, ofAll); few(people) {
					t.Errorf("seed %d, %s: the total of %s stands for %d people", seed, table.Name(), table.Columns[i], people)
				}
			}
			if total != table.Total {
				t.Errorf("seed %d, %s: the columns are %d, in all %d", seed, table.Name(), total, table.Total)
			}
			for _, cell := range known(table) {
				people := truth(cell.key, cell.column, 0)
				if few(people) {
					t.Errorf("seed %d, %s: of %q, %d is known, and stands for %d people\n%s", seed, table.Name(), cell.key, cell.column, people, data)
				}
				shown++
			}
			for _, row := range table.Rows {
				for _, v := range row.Values {
					if v == nil {
						hidden++
					}
				}
			}
		}
		w.subtractAcross(month)
	}
	if hidden < 100 || shown < 300 || tables < 100 {
		t.Errorf("%d hidden, %d known in %d tables: the test tries too little", hidden, shown, tables)
	}
}

const ofAll = 1

// truth counts the people behind a cell of a table, from the facts; column -1 is the row's total.
func (w world) truth(table webchat.OpenTable) func(key string, column, all int) int {
	w.Helper()
	asked, err := w.s.facts(w.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), `
		SELECT person, day, channel, region, audience, service, outcome, rating, reason, step::int, NULL::int AS waited FROM figure_questions WHERE day >= $1 AND person <> 0`)
	if err != nil {
		w.Fatal(err)
	}
	handed, err := w.s.facts(w.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), `
		SELECT person, day, channel, region, audience, service, resolved AS outcome, rating, '' AS reason, 0 AS step, waited FROM figure_tickets WHERE day >= $1`)
	if err != nil {
		w.Fatal(err)
	}
	list := openTables()
	t := list[slices.IndexFunc(list, func(t openTable) bool { return t.topic == table.Topic })]
	facts := asked
	if t.topic == "desk" {
		facts = handed
	}
	g := t.gather(table.Dimension, facts)
	return func(key string, column, all int) int {
		people := map[int64]bool{}
		for k, row := range g.rows {
			if all == 0 && k != key {
				continue
			}
			for i, name := range t.columns {
				if column < 0 || slices.Contains(strings.Split(table.Columns[column], "+"), name) {
					for p := range row[i].people {
						people[p] = true
					}
				}
			}
		}
		return len(people)
	}
}

type knownCell struct {
	key    string
	column int // -1: the row's total
}

// known gives the cells of a table that are published, or follow from its sums: it solves them (Gauss and Jordan).
func known(table webchat.OpenTable) (list []knownCell) {
	at := map[knownCell]int{}
	var cells []knownCell
	var equations [][]float64
	unknown := func(key string, column int) int {
		c := knownCell{key, column}
		if i, ok := at[c]; ok {
			return i
		}
		at[c] = len(cells)
		cells = append(cells, c)
		return at[c]
	}
	columns := make([]map[int]float64, len(table.Columns))
	for i := range columns {
		columns[i] = map[int]float64{}
	}
	wholes := map[int]float64{}
	var sums []map[int]float64
	for _, row := range table.Rows {
		across := map[int]float64{}
		for c, v := range row.Values {
			if v == nil {
				i := unknown(row.Key, c)
				columns[c][i], across[i] = 1, 1
			} else {
				list = append(list, knownCell{row.Key, c})
			}
		}
		if len(table.Columns) == 1 {
			continue
		}
		if row.Total == nil {
			i := unknown(row.Key, -1)
			across[i], wholes[i] = -1, 1
		} else {
			list = append(list, knownCell{row.Key, -1})
		}
		sums = append(sums, across)
	}
	for _, sum := range append(append(sums, columns...), wholes) {
		e := make([]float64, len(cells))
		for i, x := range sum {
			e[i] = x
		}
		equations = append(equations, e)
	}
	rank := 0
	for c := range cells {
		pivot := -1
		for r := rank; r < len(equations); r++ {
			if math.Abs(equations[r][c]) > 1e-9 {
				pivot = r
				break
			}
		}
		if pivot < 0 {
			continue
		}
		equations[rank], equations[pivot] = equations[pivot], equations[rank]
		by := equations[rank][c]
		for k := range equations[rank] {
			equations[rank][k] /= by
		}
		for r := range equations {
			if f := equations[r][c]; r != rank && math.Abs(f) > 1e-9 {
				for k := range equations[r] {
					equations[r][k] -= f * equations[rank][k]
				}
			}
		}
		rank++
	}
	for _, e := range equations[:rank] { // a row with one unknown left is its value
		only, count := 0, 0
		for c, x := range e {
			if math.Abs(x) > 1e-9 {
				only, count = c, count+1
			}
		}
		if count == 1 {
			list = append(list, cells[only])
		}
	}
	return list
}

// subtractAcross takes one table from another: answers with a guide less those that were rated, people less those whom something was shown.
func (w world) subtractAcross(month webchat.OpenMonth) {
	w.Helper()
	tables := map[string]webchat.OpenTable{}
	for _, t := range month.Tables {
		tables[t.Name()] = t
	}
	for _, dimension := range []string{"service", "region", "channel", "audience"} {
		questions, ratings := tables["questions-by-"+dimension], tables["ratings-by-"+dimension]
		answered := slices.Index(questions.Columns, "answered")
		if answered < 0 {
			continue
		}
		rated := map[string]int{}
		for _, row := range ratings.Rows {
			if row.Total != nil {
				rated[row.Key] = *row.Total
			}
		}
		for _, row := range questions.Rows {
			n, known := rated[row.Key]
			if row.Values[answered] == nil || !known {
				continue
			}
			var people int
			if err := w.pool.QueryRow(w.Context(), `
				SELECT count(DISTINCT greatest(person, -1)) FROM figure_questions WHERE person <> 0 AND outcome = 'answered' AND rating = '' AND `+dimension+` = $1`, row.Key).Scan(&people); err != nil {
				w.Fatal(err)
			}
			if few(people) {
				w.Errorf("%s %q: %d answers, %d rated: the rest is of %d people", dimension, row.Key, *row.Values[answered], n, people)
			}
		}
	}
	funnel := tables["funnel-by-region"]
	if len(funnel.Columns) > 0 && (funnel.Total != *month.People || !strings.HasPrefix(funnel.Columns[0], "nothing")) {
		w.Errorf("%d people in all, %d in the funnel", *month.People, funnel.Total)
	}
}

func TestAMonthIsPublishedOnceAndForGood(t *testing.T) {
	w := newWorld(t)
	w.randomMonth(rand.New(rand.NewPCG(1, 1)), 60)
	w.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
		SELECT 5000 + n, '2026-08-05', n, 'web', '', '', 'id-card', 'answered', '', '', 1 FROM generate_series(1, 4) n`)
	publish := func(at time.Time) []webchat.OpenMonth {
		t.Helper()
		if err := w.s.Publish(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		months, err := w.s.OpenMonths(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return months
	}
	if months := publish(time.Date(2026, 11, 9, 23, 0, 0, 0, time.UTC)); len(months) != 2 || months[0].Month != "2026-09" {
		t.Errorf("before the tenth: %+v", months)
	}
	months := publish(time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC))
	if len(months) != 3 || months[0].Month != "2026-10" || months[0].People == nil || *months[0].People != 60 || len(months[0].Tables) < 15 {
		t.Fatalf("on the tenth: %+v", months)
	}
	if four := months[2]; four.Month != "2026-08" || four.People != nil || len(four.Tables) != 0 {
		t.Errorf("a month of four people: %+v", four)
	}
	before, _ := json.Marshal(months)
	w.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
		VALUES (9999, '2026-10-05', 9999, 'web', '', '', 'id-card', 'answered', '', '', 1)`)
	if after, _ := json.Marshal(publish(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))); string(after) != string(before) {
		t.Error("a published month has changed: one can be subtracted from the other")
	}
}

// Somebody who asked on many days and then to be forgotten is not taken for many people.
func TestWhoIsForgottenIsNotManyPeople(t *testing.T) {
	w := newWorld(t)
	contact, conversation := w.somebody("telegram", "12259", "citizen")
	for day := 1; day <= Threshold; day++ {
		w.asks(conversation, time.Date(2026, 10, day, 10, 0, 0, 0, time.UTC), "answered", "rare-disease")
	}
	w.refresh(noon)
	if err := w.s.Forget(t.Context(), w.pool, contact); err != nil {
		t.Fatal(err)
	}
	month, err := w.s.month(t.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), noon)
	if err != nil || month.People != nil || len(month.Tables) > 0 {
		t.Errorf("of one person is told %+v, %v", month, err)
	}
	// Beside others, too, they are at most one, and in the row of their region alone nobody.
	w.exec(`INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
		SELECT -n, '2026-10-05', n, 'web', 'Видин', '', 'id-card', 'answered', '', '', 1 FROM generate_series(5001, 5007) n`)
	month, err = w.s.month(t.Context(), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), noon)
	if err != nil || month.People == nil || *month.People != 7 {
		t.Fatalf("beside seven others: %+v, %v", month, err)
	}
	for _, table := range month.Tables {
		for _, row := range table.Rows {
			if row.Key == "rare-disease" && row.Total != nil && *row.Total > 0 {
				t.Errorf("%s tells %d of what one person asked", table.Name(), *row.Total)
			}
		}
	}
}

// Of an odd number of people a median is what one of them waited: it is no exact minute.
func TestWaitsAreRounded(t *testing.T) {
	t.Parallel()
	for want, list := range map[int][]int{0: {0}, 5: {61, 1, 299}, 10: {301, 600}, 15: {4, 602, 99999}} {
		if got := median(list); got != want {
			t.Errorf("the median of %v is %d minutes, want %d", list, got, want)
		}
	}
}
