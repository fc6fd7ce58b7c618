package knowledge

import (
	"context"
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
	if key := addressFault(p.Link, hosts); key != "" {
		faults = append(faults, &Fault{"link", key, cut(p.Link, shownAddress)})
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
	t, err := readTable(data, nil, signpostColumns...)
	if err == nil {
		err = t.need(signpostColumns...)
	}
	if err != nil {
		return Report{}, err
	}
	store := NewStore(tx)
	hosts, err := store.AllowedHosts(ctx)
	if err != nil {
		return Report{}, err
	}
	present, err := store.Signposts(ctx)
	if err != nil {
		return Report{}, err
	}
	return entries[Signpost]{
		column: "title",
		name:   func(p Signpost) string { return p.Title },
		read: func(t *table, r tableRow) Signpost {
			return Signpost{Title: t.cell(r, "title"), Authority: t.cell(r, "authority"), Link: t.cell(r, "link"), Names: splitList(t.cell(r, "names"))}.masked()
		},
		bare:     Signpost.empty,
		validate: func(p Signpost) error { return p.validate(hosts) },
		same: func(a, b Signpost) bool {
			return a.Authority == b.Authority && a.Link == b.Link && slices.Equal(a.Names, b.Names)
		},
		put:    func(p Signpost) error { return putSignpost(ctx, tx, p, "import") },
		remove: func(title string) (bool, error) { return store.RemoveSignpost(ctx, title) },
	}.take(t, present)
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
