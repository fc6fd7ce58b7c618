package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Training is a course or a lesson at a help point.
type Training struct {
	ID        string    `json:"id"` // stable slug
	HelpPoint string    `json:"help_point"`
	Topic     string    `json:"topic"`
	StartsAt  time.Time `json:"starts_at"`
	Places    *int      `json:"places"` // for how many people; nil where unknown
}

// Trainings gives those that start at or after a time, soonest first.
func (s *Store) Trainings(ctx context.Context, from time.Time) ([]Training, error) {
	rows, err := s.db.Query(ctx, `SELECT id, help_point, topic, starts_at, places FROM trainings WHERE starts_at >= $1 ORDER BY starts_at, id`, from)
	if err != nil {
		return nil, fmt.Errorf("read trainings: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Training])
	return list, wrap("read trainings", err)
}

var trainingColumns = []string{"id", "help_point", "topic", "starts", "places"}

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
		n := Training{ID: t.cell(r, "id"), HelpPoint: t.cell(r, "help_point"), Topic: strict(t.cell(r, "topic"))}
		if _, ok := d.byID[n.HelpPoint]; !ok {
			faults.add(r.line, "help_point", "fault.point", n.HelpPoint)
		}
		if n.Topic == "" {
			faults.add(r.line, "topic", "fault.empty", "")
		}
		if n.StartsAt, err = time.ParseInLocation(trainingTime, t.cell(r, "starts"), sofia()); err != nil {
			faults.add(r.line, "starts", "fault.date", t.cell(r, "starts"))
		}
		if text := t.cell(r, "places"); text != "" {
			places, err := strconv.Atoi(text)
			if err != nil || places < 0 {
				faults.add(r.line, "places", "fault.number", text)
			}
			n.Places = &places
		}
		if n.ID == "" { // the same hour at the same place is the same training
			n.ID = n.HelpPoint + "-" + n.StartsAt.Format("20060102-1504")
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
			report.Added++
		case old.HelpPoint == n.HelpPoint && old.Topic == n.Topic && old.StartsAt.Equal(n.StartsAt) && equal(old.Places, n.Places):
			report.Unchanged++
			continue
		default:
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
		INSERT INTO trainings (id, help_point, topic, starts_at, places)
		SELECT i.id, i.help_point, i.topic, i.starts_at, i.places
		FROM jsonb_to_recordset($1) AS i(id text, help_point text, topic text, starts_at timestamptz, places int)
		ON CONFLICT (id) DO UPDATE SET help_point = excluded.help_point, topic = excluded.topic, starts_at = excluded.starts_at, places = excluded.places`, encoded)
	return report, wrap("save trainings", err)
}

func equal(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

func exportTrainings(ctx context.Context, db postgres.DB) ([][]string, error) {
	list, err := NewStore(db).Trainings(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	out := [][]string{trainingColumns}
	for _, n := range list {
		places := ""
		if n.Places != nil {
			places = strconv.Itoa(*n.Places)
		}
		out = append(out, []string{n.ID, n.HelpPoint, n.Topic, n.StartsAt.In(sofia()).Format(trainingTime), places})
	}
	return out, nil
}
