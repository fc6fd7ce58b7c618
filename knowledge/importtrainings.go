package knowledge

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/deploy/postgres"
)

// trainingColumns are those of a file. All but help_point, topic and starts may be left out: what a file doesn't speak of stays as it is.
var trainingColumns = []string{"id", "help_point", "topic", "starts", "places", "minutes", "room", "description", "taken", "cancelled"}

// trainingTime is how a start is written, in local time.
const trainingTime = "2006-01-02 15:04"

// importTrainings adds and changes trainings. Those that the file names are held while it is taken, so that what a librarian saves or somebody signs up for
// meanwhile is neither overlooked nor overwritten. What is changed passes the checks of the librarians' form.
func importTrainings(ctx context.Context, tx postgres.DB, data []byte, o ImportOptions) (Report, error) {
	var report Report
	t, err := readTable(data, nil, trainingColumns...)
	if err == nil {
		err = t.need("help_point", "topic", "starts")
	}
	if err != nil {
		return report, err
	}
	s := NewStore(tx)
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return report, err
	}
	ids := make([]string, len(t.rows))
	for i, r := range t.rows {
		ids[i] = t.trainingID(r)
	}
	before, err := s.lockTrainings(ctx, ids)
	if err != nil {
		return report, err
	}
	var numbers []int64
	for _, old := range before {
		numbers = append(numbers, old.Number)
	}
	signedUp, err := s.signedUp(ctx, o.SignedUp, numbers...)
	if err != nil {
		return report, err
	}
	faults, now := &faultList{}, time.Now()
	seen := map[string]bool{}
	var save []Training
	for i, r := range t.rows {
		old, known := before[ids[i]]
		n, readable := t.training(r, ids[i], old, faults)
		if _, ok := d.byID[n.HelpPoint]; !ok {
			faults.add(r.line, "help_point", "fault.point", n.HelpPoint)
		}
		switch {
		case !isSlug(n.ID, 60):
			faults.add(r.line, "id", "fault.slug", n.ID)
		case readable && seen[n.ID]: // what can't be read may have no start to be known by
			faults.add(r.line, "id", "fault.twice", n.ID)
		}
		seen[n.ID] = seen[n.ID] || readable
		switch {
		case !readable:
			continue
		case known && sameTraining(old, n):
			report.Unchanged++
			continue
		case known && old.Cancelled(): // those signed up were told; what takes place after all is another training
			faults.add(r.line, "cancelled", "fault.cancelled", n.ID)
			continue
		case known:
			report.Changed++
		default:
			report.Added++
		}
		check := n.Check
		if !known && !n.StartsAt.After(now) {
			check = n.checkPast
		}
		for _, fault := range append(check(now), n.oversold(old, signedUp[old.Number])...) {
			// What has been may come from another house, or be corrected; what is to come doesn't move there.
			if fault.Key != "fault.past" || known && old.StartsAt.After(now) {
				faults.add(r.line, fault.Field, fault.Key, fault.Value)
			}
		}
		save = append(save, n)
	}
	if err := faults.result(); err != nil {
		return report, err
	}
	for _, n := range save {
		if old, known := before[n.ID]; known {
			_, err = s.updateTraining(ctx, old, n, "import")
		} else if _, added, failed := s.insertTraining(ctx, n, "import"); failed == nil && !added {
			err = fmt.Errorf("add training %q: %w", n.ID, ErrTrainingChanged) // a librarian has just added it
		} else {
			err = failed
		}
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

// checkPast gives the faults of one that has been and is not known here: only what can't be stored. It travels as the house that it comes from took it,
// perhaps with no places or more promised than there were, or with signs that no form takes now.
func (t Training) checkPast(now time.Time) Faults {
	if t.Places != nil && *t.Places >= 0 && *t.Places <= math.MaxInt32 {
		t.Places = nil
	}
	nul := strings.Contains(t.Topic+t.Description+t.Room, "\x00") // no text of the database holds one
	return slices.DeleteFunc(t.Check(now), func(f *Fault) bool { return f.Key == "fault.past" || f.Key == "fault.text" && !nul })
}

// trainingID is a row's id; the same hour at the same place is the same training.
func (t *table) trainingID(r tableRow) string {
	if id := t.cell(r, "id"); id != "" {
		return id
	}
	starts, _ := t.starts(r) // a fault is told where the row is read
	return t.cell(r, "help_point") + "-" + starts.Format("20060102-1504")
}

func (t *table) starts(r tableRow) (time.Time, error) {
	return time.ParseInLocation(trainingTime, t.cell(r, "starts"), sofia())
}

// training reads a row, over what is known of a training of the same id; false where a cell can't be read.
func (t *table) training(r tableRow, id string, old Training, faults *faultList) (n Training, readable bool) {
	readable = true
	wrong := func(column, key string) {
		faults.add(r.line, column, key, t.cell(r, column))
		readable = false
	}
	starts, err := t.starts(r)
	if err != nil {
		wrong("starts", "fault.date")
	}
	n = old
	n.ID, n.HelpPoint, n.Topic, n.StartsAt, n.Word = id, t.cell(r, "help_point"), t.cell(r, "topic"), starts, ""
	for column, into := range map[string]*string{"room": &n.Room, "description": &n.Description} {
		if t.has(column) {
			*into = t.cell(r, column)
		}
	}
	number := func(column string) *int {
		value, ok := t.count(r, column)
		if !ok {
			wrong(column, "fault.number")
		}
		return value
	}
	if t.has("places") {
		n.Places = number("places")
	}
	if t.has("minutes") {
		n.Minutes = number("minutes")
	}
	if t.has("taken") {
		n.Taken = 0
		if taken := number("taken"); taken != nil {
			n.Taken = *taken
		}
	}
	if t.has("cancelled") {
		switch cell := t.cell(r, "cancelled"); {
		case cell == "" || cell == "no":
			n.CancelledAt = nil
		case cell != "yes":
			wrong("cancelled", "fault.choice")
		case n.CancelledAt == nil:
			now := time.Now()
			n.CancelledAt = &now
		}
	}
	return n.masked(), readable
}

// count reads a number of people or minutes; nil where the cell is empty, false where it is no number.
func (t *table) count(r tableRow, column string) (*int, bool) {
	text := t.cell(r, column)
	if text == "" {
		return nil, true
	}
	n, err := strconv.Atoi(text)
	return &n, err == nil
}

func sameTraining(a, b Training) bool {
	return a.HelpPoint == b.HelpPoint && a.Topic == b.Topic && a.StartsAt.Equal(b.StartsAt) && equal(a.Places, b.Places) &&
		equal(a.Minutes, b.Minutes) && a.Room == b.Room && a.Description == b.Description && a.Taken == b.Taken && a.Cancelled() == b.Cancelled()
}

func equal(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

func exportTrainings(ctx context.Context, db postgres.DB) ([][]string, error) {
	list, err := NewStore(db).Trainings(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	out := [][]string{trainingColumns}
	count := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	for _, n := range list {
		cancelled := ""
		if n.Cancelled() {
			cancelled = "yes"
		}
		out = append(out, []string{n.ID, n.HelpPoint, n.Topic, n.StartsAt.In(sofia()).Format(trainingTime), count(n.Places), count(n.Minutes),
			n.Room, n.Description, strconv.Itoa(n.Taken), cancelled})
	}
	return out, nil
}
