package knowledge

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"orientir/deploy/postgres"
)

// trainingColumns are those of a file. All but help_point, topic and starts may be left out: what a file doesn't speak of stays as it is.
var trainingColumns = []string{"id", "help_point", "topic", "starts", "places", "minutes", "room", "description", "taken", "cancelled"}

// trainingTime is how a start is written, in local time.
const trainingTime = "2006-01-02 15:04"

func importTrainings(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	var report Report
	t, err := readTable(data, nil, trainingColumns...)
	if err == nil {
		err = t.need("help_point", "topic", "starts")
	}
	if err != nil {
		return report, err
	}
	d, err := NewStore(tx).loadDirectory(ctx)
	if err != nil {
		return report, err
	}
	existing, err := NewStore(tx).Trainings(ctx, time.Time{})
	if err != nil {
		return report, err
	}
	before := map[string]Training{}
	for _, old := range existing {
		before[old.ID] = old
	}
	faults := &faultList{}
	seen := map[string]bool{}
	var save []Training
	for _, r := range t.rows {
		n := t.training(r, before, faults)
		if _, ok := d.byID[n.HelpPoint]; !ok {
			faults.add(r.line, "help_point", "fault.point", n.HelpPoint)
		}
		switch {
		case !slugForm.MatchString(n.ID) || len(n.ID) > 60:
			faults.add(r.line, "id", "fault.slug", n.ID)
		case seen[n.ID]:
			faults.add(r.line, "id", "fault.twice", n.ID)
		}
		seen[n.ID] = true
		switch old, ok := before[n.ID]; {
		case !ok:
			n.Revision = 1
			report.Added++
		case sameTraining(old, n):
			report.Unchanged++
			continue
		default:
			n.Revision = old.Revision
			if n.heard(old) || n.Cancelled() != old.Cancelled() {
				n.Revision, n.Word = n.Revision+1, ""
			}
			report.Changed++
		}
		save = append(save, n)
	}
	if err := faults.result(); err != nil || len(save) == 0 {
		return report, err
	}
	encoded, err := json.Marshal(save)
	if err != nil {
		return report, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO trainings AS t (id, help_point, topic, description, room, starts_at, minutes, places, taken, cancelled_at, word, revision)
		SELECT i.id, i.help_point, i.topic, i.description, i.room, i.starts_at, i.minutes, i.places, i.taken, i.cancelled_at, i.word, i.revision
		FROM jsonb_to_recordset($1) AS i(id text, help_point text, topic text, description text, room text, starts_at timestamptz,
			minutes int, places int, taken int, cancelled_at timestamptz, word text, revision int)
		ON CONFLICT (id) DO UPDATE SET help_point = excluded.help_point, topic = excluded.topic, description = excluded.description,
			room = excluded.room, starts_at = excluded.starts_at, minutes = excluded.minutes, places = excluded.places, taken = excluded.taken,
			cancelled_at = excluded.cancelled_at, word = excluded.word, revision = excluded.revision,
			version = t.version + 1, changed_by = 'import', changed_at = now()`, encoded)
	return report, wrap("save trainings", err)
}

// training reads a row, over what is known of a training of the same id.
func (t *table) training(r tableRow, before map[string]Training, faults *faultList) Training {
	starts, err := time.ParseInLocation(trainingTime, t.cell(r, "starts"), sofia())
	if err != nil {
		faults.add(r.line, "starts", "fault.date", t.cell(r, "starts"))
	}
	id := t.cell(r, "id")
	if id == "" { // the same hour at the same place is the same training
		id = t.cell(r, "help_point") + "-" + starts.Format("20060102-1504")
	}
	n := before[id]
	n.ID, n.HelpPoint, n.Topic, n.StartsAt = id, t.cell(r, "help_point"), t.cell(r, "topic"), starts
	if n.Topic == "" {
		faults.add(r.line, "topic", "fault.empty", "")
	}
	for column, into := range map[string]*string{"room": &n.Room, "description": &n.Description} {
		if t.has(column) {
			*into = t.cell(r, column)
		}
	}
	for column, into := range map[string]**int{"places": &n.Places, "minutes": &n.Minutes} {
		if t.has(column) {
			*into = t.count(r, column, faults)
		}
	}
	if n.Minutes != nil && (*n.Minutes == 0 || *n.Minutes > minutesPerDay) {
		faults.add(r.line, "minutes", "fault.number", t.cell(r, "minutes"))
	}
	if t.has("taken") {
		n.Taken = 0
		if taken := t.count(r, "taken", faults); taken != nil {
			n.Taken = *taken
		}
		if n.Taken > maxPlaces {
			faults.add(r.line, "taken", "fault.number", t.cell(r, "taken"))
		}
	}
	if t.has("cancelled") {
		switch cell := t.cell(r, "cancelled"); {
		case cell == "" || cell == "no":
			n.CancelledAt = nil
		case cell != "yes":
			faults.add(r.line, "cancelled", "fault.choice", cell)
		case n.CancelledAt == nil:
			now := time.Now()
			n.CancelledAt = &now
		}
	}
	for column, long := range map[string]bool{
		"topic": utf8.RuneCountInString(n.Topic) > MaxTopic, "room": utf8.RuneCountInString(n.Room) > MaxRoom,
		"description": utf8.RuneCountInString(n.Description) > MaxDescription,
	} {
		if long {
			faults.add(r.line, column, "fault.long", "")
		}
	}
	return n.masked()
}

// count reads a number of people or minutes; nil where the cell is empty.
func (t *table) count(r tableRow, column string, faults *faultList) *int {
	text := t.cell(r, column)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 10*minutesPerDay {
		faults.add(r.line, column, "fault.number", text)
	}
	return &n
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
