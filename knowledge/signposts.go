package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// Signposts gives all signposts by title.
func (s *Store) Signposts(ctx context.Context) ([]Signpost, error) {
	rows, err := s.db.Query(ctx, `SELECT title, authority, link, names FROM signposts ORDER BY title`)
	if err != nil {
		return nil, fmt.Errorf("read signposts: %w", err)
	}
	signposts, err := pgx.CollectRows(rows, pgx.RowToStructByName[Signpost])
	return signposts, wrap("read signposts", err)
}

// PutSignpost adds a signpost, or changes the one with this title. Faults are told by an error that wraps one *Fault for each.
// by is an opaque staff id.
func (s *Store) PutSignpost(ctx context.Context, p Signpost, by string) error {
	hosts, err := s.AllowedHosts(ctx)
	if err != nil {
		return err
	}
	p = p.trimmed().masked()
	if err := p.validate(hosts); err != nil {
		return fmt.Errorf("put signpost %q: %w", p.Title, err)
	}
	return putSignpost(ctx, s.db, p, by)
}

func putSignpost(ctx context.Context, db postgres.DB, p Signpost, by string) error {
	_, err := db.Exec(ctx, `
		INSERT INTO signposts (title, authority, link, names, origin, changed_by, changed_at) VALUES ($1, $2, $3, $4, 'editor', $5, now())
		ON CONFLICT (title) DO UPDATE SET authority = $2, link = $3, names = $4, origin = 'editor', changed_by = $5, changed_at = now()`,
		p.Title, p.Authority, p.Link, p.Names, by)
	return wrap(fmt.Sprintf("put signpost %q", p.Title), err)
}

// RemoveSignpost removes a signpost; false where there is none. A restart doesn't bring one of the starter's back.
func (s *Store) RemoveSignpost(ctx context.Context, title string) (bool, error) {
	tag, err := s.db.Exec(ctx, `DELETE FROM signposts WHERE title = $1`, title)
	if err != nil {
		return false, fmt.Errorf("remove signpost %q: %w", title, err)
	}
	return tag.RowsAffected() == 1, nil
}

func (p Signpost) trimmed() Signpost {
	names := []string{}
	for _, name := range p.Names {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return Signpost{Title: strings.TrimSpace(p.Title), Authority: strings.TrimSpace(p.Authority), Link: strings.TrimSpace(p.Link), Names: names}
}

// masked is the signpost without personal numbers.
func (p Signpost) masked() Signpost {
	p.Title, p.Authority, p.Names = strict(p.Title), strict(p.Authority), strictAll(p.Names)
	return p
}

// empty says that a row of a file names a signpost to remove.
func (p Signpost) empty() bool { return p.Authority == "" && p.Link == "" && len(p.Names) == 0 }

func (p Signpost) validate(hosts []string) error {
	var faults Faults
	if p.Title == "" || len([]rune(p.Title)) > mostTitle {
		faults = append(faults, &Fault{Field: "title", Key: "fault.empty"})
	}
	if p.Authority == "" {
		faults = append(faults, &Fault{Field: "authority", Key: "fault.empty"})
	}
	if !LinkAllowed(p.Link, hosts) {
		faults = append(faults, &Fault{"link", "fault.host", p.Link})
	}
	if len(p.Names) == 0 {
		faults = append(faults, &Fault{Field: "names", Key: "fault.empty"})
	}
	for i, name := range p.Names {
		if slices.Contains(p.Names[:i], name) {
			faults = append(faults, &Fault{"names", "fault.twice", name})
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// mostTitle is the longest title of a signpost, in letters: it is read aloud in one sentence.
const mostTitle = 120

var signpostColumns = []string{"title", "authority", "link", "names"}

// importSignposts adds and changes signposts by title. A row with a title alone removes that one; signposts that the file doesn't name stay.
func importSignposts(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	var report Report
	t, err := readTable(data, nil, signpostColumns...)
	if err == nil {
		err = t.need(signpostColumns...)
	}
	if err != nil {
		return report, err
	}
	store := NewStore(tx)
	hosts, err := store.AllowedHosts(ctx)
	if err != nil {
		return report, err
	}
	present, err := store.Signposts(ctx)
	if err != nil {
		return report, err
	}
	before := map[string]Signpost{}
	for _, p := range present {
		before[p.Title] = p
	}
	faults := &faultList{}
	seen := map[string]bool{}
	var list []Signpost
	for _, r := range t.rows {
		p := Signpost{Title: t.cell(r, "title"), Authority: t.cell(r, "authority"), Link: t.cell(r, "link"), Names: splitList(t.cell(r, "names"))}.masked()
		if seen[p.Title] {
			faults.add(r.line, "title", "fault.twice", p.Title)
		}
		seen[p.Title] = true
		var wrong Faults
		if !(p.empty() && p.Title != "") && errors.As(p.validate(hosts), &wrong) {
			for _, f := range wrong {
				faults.add(r.line, f.Field, f.Key, f.Value)
			}
		}
		list = append(list, p)
	}
	if err := faults.result(); err != nil {
		return report, err
	}
	for _, p := range list {
		old, ok := before[p.Title]
		switch {
		case p.empty():
			if _, err := store.RemoveSignpost(ctx, p.Title); err != nil {
				return report, err
			}
			if ok {
				report.Removed++
			}
			continue
		case ok && old.Authority == p.Authority && old.Link == p.Link && slices.Equal(old.Names, p.Names):
			report.Unchanged++
			continue
		case ok:
			report.Changed++
		default:
			report.Added++
		}
		if err := putSignpost(ctx, tx, p, "import"); err != nil {
			return report, err
		}
	}
	return report, nil
}

func exportSignposts(ctx context.Context, s *Store) ([][]string, error) {
	list, err := s.Signposts(ctx)
	if err != nil {
		return nil, err
	}
	rows := [][]string{signpostColumns}
	for _, p := range list {
		rows = append(rows, []string{p.Title, p.Authority, p.Link, strings.Join(p.Names, "; ")})
	}
	return rows, nil
}
