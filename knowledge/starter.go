package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5"

	"orientir/knowledge/starter"
)

// LoadStarter brings the knowledge that ships with the program into the database. What people have changed or removed since stays so:
// of each item we remember what the starter said last, and only a new text of it is taken, and only where the present one is still
// the starter's. It is safe from several replicas at once, and does next to nothing where nothing is new.
func (s *Store) LoadStarter(ctx context.Context) (Report, error) {
	return s.loadStarter(ctx, starter.Files)
}

func (s *Store) loadStarter(ctx context.Context, files fs.FS) (Report, error) {
	items, err := readStarter(files)
	if err != nil {
		return Report{}, fmt.Errorf("read starter knowledge: %w", err)
	}
	var report Report
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('orientir starter knowledge'))`); err != nil {
			return fmt.Errorf("wait for other replicas: %w", err)
		}
		for _, kind := range starterKinds { // in the order in which they lean on each other
			r, err := loadKind(ctx, tx, kind, items[kind.name])
			if err != nil {
				return fmt.Errorf("load starter %s: %w", kind.name, err)
			}
			report.add(r)
		}
		return nil
	})
	s.forget()
	return report, wrap("load starter knowledge", err)
}

// starterItem is one thing that the starter knowledge holds: its key and its columns as JSON, as the statements of its kind read them.
type starterItem struct {
	key  string
	data any
	hash string
}

// starterKind says how the items of one table are loaded. Statements take the items as one JSON array $1; insert leaves alone what is there,
// update touches only what is still the starter's, and remove, where there is one, takes keys $1 and does the same.
type starterKind struct {
	name                   string
	insert, update, remove string
	guides                 bool
}

var starterKinds = []starterKind{
	{
		name: "host",
		insert: `INSERT INTO allowed_hosts (host, origin, changed_by) SELECT i.host, 'starter', 'starter' FROM jsonb_to_recordset($1) AS i(host text)
			ON CONFLICT (host) DO UPDATE SET removed = false WHERE allowed_hosts.removed AND allowed_hosts.origin = 'starter'`,
		remove: `UPDATE allowed_hosts SET removed = true, changed_by = 'starter', changed_at = now() WHERE host = ANY($1) AND origin = 'starter' AND NOT removed`,
	},
	{
		name: "place",
		insert: `INSERT INTO places (ekatte, kind, name, name_latin, municipality, district, lat, lon, origin)
			SELECT i.ekatte, i.kind, i.name, i.name_latin, i.municipality, i.district, i.lat, i.lon, 'starter'
			FROM jsonb_to_recordset($1) AS i(ekatte text, kind text, name text, name_latin text, municipality text, district text, lat float8, lon float8)
			ON CONFLICT DO NOTHING`,
		update: `UPDATE places p SET kind = i.kind, name = i.name, name_latin = i.name_latin, municipality = i.municipality, district = i.district, lat = i.lat, lon = i.lon
			FROM jsonb_to_recordset($1) AS i(ekatte text, kind text, name text, name_latin text, municipality text, district text, lat float8, lon float8)
			WHERE p.ekatte = i.ekatte AND p.origin = 'starter'`,
	},
	{
		name: "help-point",
		insert: `INSERT INTO help_points (id, kind, name, name_key, branch_of, ekatte, address, phone, email, site, lat, lon, accuracy, hours, offers, languages, source, origin, changed_by)
			SELECT i.id, i.kind, i.name, i.name_key, i.branch_of, i.ekatte, i.address, i.phone, i.email, i.site, i.lat, i.lon, i.accuracy, i.hours, i.offers, i.languages, i.source, 'starter', 'starter'
			FROM jsonb_to_recordset($1) AS i(id text, kind text, name text, name_key text, branch_of text, ekatte text, address text, phone text, email text, site text,
			     lat float8, lon float8, accuracy text, hours jsonb, offers text[], languages text[], source text)
			ON CONFLICT DO NOTHING`,
		update: `UPDATE help_points h SET kind = i.kind, name = i.name, name_key = i.name_key, ekatte = i.ekatte, address = i.address, phone = i.phone, email = i.email,
			     site = i.site, lat = i.lat, lon = i.lon, accuracy = i.accuracy, branch_of = i.branch_of, hours = i.hours, offers = i.offers,
			     languages = i.languages, source = i.source, changed_at = now()
			FROM jsonb_to_recordset($1) AS i(id text, kind text, name text, name_key text, branch_of text, ekatte text, address text, phone text, email text, site text,
			     lat float8, lon float8, accuracy text, hours jsonb, offers text[], languages text[], source text)
			WHERE h.id = i.id AND h.origin = 'starter'`,
	},
	{name: "guide", guides: true},
	{
		name: "sample",
		insert: `INSERT INTO sample_questions (question, expected, kind, language, signpost, origin, added_by)
			SELECT i.question, i.expected, i.kind, i.language, i.signpost, 'starter', 'starter'
			FROM ROWS FROM (jsonb_to_recordset($1) AS (question text, expected text[], kind text, language text, signpost text)) WITH ORDINALITY AS i(question, expected, kind, language, signpost, n)
			ORDER BY i.n
			ON CONFLICT DO NOTHING`,
		update: `UPDATE sample_questions q SET expected = i.expected, kind = i.kind, language = i.language, signpost = i.signpost
			FROM jsonb_to_recordset($1) AS i(question text, expected text[], kind text, language text, signpost text) WHERE q.question = i.question AND q.origin = 'starter'`,
		remove: `DELETE FROM sample_questions WHERE question = ANY($1) AND origin = 'starter'`,
	},
	{
		name: "term",
		insert: `INSERT INTO glossary (term, meaning, origin) SELECT i.term, i.meaning, 'starter' FROM jsonb_to_recordset($1) AS i(term text, meaning text)
			ON CONFLICT DO NOTHING`,
		update: `UPDATE glossary g SET meaning = i.meaning FROM jsonb_to_recordset($1) AS i(term text, meaning text) WHERE g.term = i.term AND g.origin = 'starter'`,
		remove: `DELETE FROM glossary WHERE term = ANY($1) AND origin = 'starter'`,
	},
	{
		name: "signpost",
		insert: `INSERT INTO signposts (title, authority, link, names, origin) SELECT i.title, i.authority, i.link, i.names, 'starter'
			FROM jsonb_to_recordset($1) AS i(title text, authority text, link text, names text[]) ON CONFLICT DO NOTHING`,
		update: `UPDATE signposts s SET authority = i.authority, link = i.link, names = i.names
			FROM jsonb_to_recordset($1) AS i(title text, authority text, link text, names text[]) WHERE s.title = i.title AND s.origin = 'starter'`,
		remove: `DELETE FROM signposts WHERE title = ANY($1) AND origin = 'starter'`,
	},
}

func loadKind(ctx context.Context, tx pgx.Tx, kind starterKind, items []starterItem) (Report, error) {
	var report Report
	// Nothing new is the common case: one hash over all tells.
	total := sha256.New()
	for i := range items {
		if items[i].hash == "" {
			data, err := json.Marshal(items[i].data)
			if err != nil {
				return report, err
			}
			items[i].hash = digest(data)
		}
		fmt.Fprintf(total, "%q %s\n", items[i].key, items[i].hash)
	}
	whole := hex.EncodeToString(total.Sum(nil)[:12])
	rows, err := tx.Query(ctx, `SELECT key, hash FROM starter_items WHERE kind = 'all' AND key = $1 AND hash = $2`, kind.name, whole)
	if err != nil {
		return report, err
	}
	if same, err := pgx.CollectRows(rows, pgx.RowToMap); err != nil || len(same) > 0 {
		report.Unchanged = len(items)
		return report, err
	}
	known := map[string]string{}
	rows, err = tx.Query(ctx, `SELECT key, hash FROM starter_items WHERE kind = $1`, kind.name)
	if err != nil {
		return report, err
	}
	var key, hash string
	if _, err := pgx.ForEachRow(rows, []any{&key, &hash}, func() error { known[key] = hash; return nil }); err != nil {
		return report, err
	}
	var fresh, changed []starterItem
	for _, item := range items {
		switch before, ok := known[item.key]; {
		case !ok:
			fresh = append(fresh, item)
		case before != item.hash:
			changed = append(changed, item)
		default:
			report.Unchanged++
		}
		delete(known, item.key)
	}
	gone := make([]string, 0, len(known))
	for key := range known {
		gone = append(gone, key)
	}
	apply := func(sql string, list []starterItem, count *int) error {
		if len(list) == 0 || sql == "" {
			return nil
		}
		data := make([]any, len(list))
		for i := range list {
			data[i] = list[i].data
		}
		encoded, err := json.Marshal(data)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sql, encoded)
		*count += int(tag.RowsAffected())
		report.Kept += len(list) - int(tag.RowsAffected())
		return err
	}
	if kind.guides {
		err = loadGuides(ctx, tx, fresh, changed, &report)
	} else if err = apply(kind.insert, fresh, &report.Added); err == nil {
		err = apply(kind.update, changed, &report.Changed)
	}
	if err != nil {
		return report, err
	}
	if len(gone) > 0 && kind.remove != "" {
		tag, err := tx.Exec(ctx, kind.remove, gone)
		if err != nil {
			return report, err
		}
		report.Removed = int(tag.RowsAffected())
	}
	return report, remember(ctx, tx, kind.name, whole, slices.Concat(fresh, changed), gone)
}

// remember notes what the starter holds now.
func remember(ctx context.Context, tx pgx.Tx, kind, whole string, items []starterItem, gone []string) error {
	keys, hashes := make([]string, len(items)), make([]string, len(items))
	for i, item := range items {
		keys[i], hashes[i] = item.key, item.hash
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO starter_items (kind, key, hash) SELECT $1, k, h FROM unnest($2::text[], $3::text[]) AS i(k, h)
		ON CONFLICT (kind, key) DO UPDATE SET hash = excluded.hash`, kind, keys, hashes)
	batch.Queue(`DELETE FROM starter_items WHERE kind = $1 AND key = ANY($2)`, kind, gone)
	batch.Queue(`INSERT INTO starter_items (kind, key, hash) VALUES ('all', $1, $2) ON CONFLICT (kind, key) DO UPDATE SET hash = excluded.hash`, kind, whole)
	return tx.SendBatch(ctx, batch).Close()
}

// loadGuides publishes new starter texts. A guide that exists under a fresh key was written by an editor, and stays.
func loadGuides(ctx context.Context, tx pgx.Tx, fresh, changed []starterItem, report *Report) error {
	for _, item := range slices.Concat(fresh, changed) {
		g := item.data.(Guide)
		var version int
		var origin string
		err := tx.QueryRow(ctx, `SELECT g.version, v.origin FROM guides g JOIN guide_versions v USING (slug, version) WHERE g.slug = $1 FOR UPDATE OF g`, g.Slug).
			Scan(&version, &origin)
		if err != nil && err != pgx.ErrNoRows {
			return fmt.Errorf("read guide %q: %w", g.Slug, err)
		}
		if err == nil && origin != "starter" {
			report.Kept++
			continue
		}
		g.Version, g.Why = version, "новият текст, с който идва програмата"
		if version == 0 {
			g.Why = "текстът, с който идва програмата"
		}
		if _, err := publish(ctx, tx, g, byline{"starter", "starter", nil}); err != nil {
			return err
		}
		if version == 0 {
			report.Added++
		} else {
			report.Changed++
		}
	}
	return nil
}
