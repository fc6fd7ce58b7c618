package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// pointPlan matches the rows of a file with the help points that there are, and says what becomes of each.
type pointPlan struct {
	d       *directory
	origins map[string]string        // of each help point
	byKey   map[[2]string]int        // settlement and folded name
	bySaid  map[[2]string]sourceSays // source and number in it
	taken   map[string]int           // ids and new names of this file → line
	faults  faultList                // of our own files, where one fault refuses all
	save    []map[string]any         // what is written of help points
	says    []map[string]any         // and of what sources say
}

// sourceSays is what a source said last of one of its own.
type sourceSays struct {
	Source, Key, HelpPoint string
	Said                   map[string]string
}

// importPoints adds and changes help points, matched by their number in the source, by id, then by name and place.
func importPoints(ctx context.Context, tx postgres.DB, records []pointRecord, o ImportOptions) (Report, error) {
	var report Report
	resolved, places, err := resolvePlaces(ctx, tx, records)
	if err != nil {
		return report, err
	}
	if len(places) > 0 {
		if _, err := savePlaces(ctx, tx, places); err != nil {
			return report, err
		}
	}
	plan, err := newPointPlan(ctx, tx)
	if err != nil {
		return report, err
	}
	var rows []ImportRow
	for _, record := range resolved {
		rows = append(rows, plan.row(record))
	}
	for _, record := range resolved {
		if main := record.point.BranchOf; main != "" && plan.taken[main] == 0 {
			if _, known := plan.d.byID[main]; !known {
				plan.faults.add(record.line, "branch_of", "fault.point", main)
			}
		}
	}
	if err := plan.faults.result(); err != nil {
		return report, err
	}
	for _, row := range rows {
		o.tell(&report, row)
	}
	return report, plan.write(ctx, tx)
}

func newPointPlan(ctx context.Context, tx postgres.DB) (*pointPlan, error) {
	p := &pointPlan{origins: map[string]string{}, byKey: map[[2]string]int{}, bySaid: map[[2]string]sourceSays{}, taken: map[string]int{}}
	var err error
	if p.d, err = NewStore(tx).loadDirectory(ctx); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT id, origin FROM help_points`)
	if err != nil {
		return nil, fmt.Errorf("read help points: %w", err)
	}
	var id, origin string
	if _, err := pgx.ForEachRow(rows, []any{&id, &origin}, func() error { p.origins[id] = origin; return nil }); err != nil {
		return nil, fmt.Errorf("read help points: %w", err)
	}
	if rows, err = tx.Query(ctx, `SELECT source, key, help_point, said FROM help_point_sources`); err != nil {
		return nil, fmt.Errorf("read the sources of help points: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[sourceSays])
	if err != nil {
		return nil, fmt.Errorf("read the sources of help points: %w", err)
	}
	for _, s := range list {
		p.bySaid[[2]string{s.Source, s.Key}] = s
	}
	for i, h := range p.d.points {
		p.byKey[nameAndPlace(h)] = i
	}
	return p, nil
}

func nameAndPlace(h HelpPoint) [2]string { return [2]string{h.Ekatte, pointKey(h.Name)} }

// row says what becomes of one row, and keeps what is to be written.
func (p *pointPlan) row(record pointRecord) ImportRow {
	h := record.point
	row := ImportRow{Line: record.line, Key: record.key, Name: h.Name, Notes: record.notes}
	refuse := func(outcome RowOutcome, why string) ImportRow {
		row.Outcome, row.Notes = outcome, append([]string{why}, row.Notes...)
		return row
	}
	if record.fault != "" {
		return refuse(RowFault, record.fault)
	}
	before, like := p.match(record)
	if like != "" {
		return refuse(RowAmbiguous, like)
	}
	said := p.bySaid[[2]string{record.source, record.key}]
	var old HelpPoint
	if before >= 0 {
		old = p.d.points[before]
		var kept []string
		h, kept = merge(old, record, p.origins[old.ID] == "editor", said.Said)
		if len(kept) > 0 {
			row.Notes = append(row.Notes, "остава, както е написано в библиотеката: "+strings.Join(kept, ", "))
		}
	} else if h.ID == "" {
		h.Place = record.place
		h.ID = newPointID(h, func(id string) bool { _, known := p.d.byID[id]; return known || p.taken[id] > 0 })
	}
	name := strings.Join([]string{h.Ekatte, pointKey(record.point.Name)}, " ")
	first := p.taken[h.ID]
	if first == 0 && before < 0 {
		first = p.taken[name]
	}
	other, clash := p.byKey[nameAndPlace(h)]
	clash = clash && p.d.points[other].ID != h.ID // renamed into another one
	if first > 0 || clash {
		if record.register {
			return refuse(RowAmbiguous, fmt.Sprintf("същото име и място като ред %d", first))
		}
		p.faults.add(record.line, "name", "fault.twice", record.point.Name)
		return row
	}
	p.taken[h.ID], p.taken[name] = record.line, record.line
	row.ID, row.Changes = h.ID, changes(old, h)
	p.hear(record, h.ID, said)
	switch {
	case before < 0:
		row.Outcome = RowAdded
		if record.source == osmSource { // a map may draw one library as a point and as a building
			p.d.byID[h.ID] = len(p.d.points)
			p.d.points = append(p.d.points, h)
		}
	case len(row.Changes) == 0:
		row.Outcome = RowUnchanged
		return row
	default:
		row.Outcome = RowChanged
	}
	columns := pointJSON(h)
	columns["origin"] = map[bool]string{true: "import", false: "editor"}[record.register]
	p.save = append(p.save, columns)
	return row
}

// match finds the help point that a row is about: -1 where it is a new one. Where it may be one that we have, like says which.
func (p *pointPlan) match(record pointRecord) (index int, like string) {
	h := record.point
	if said, ok := p.bySaid[[2]string{record.source, record.key}]; ok && record.key != "" {
		if i, ok := p.d.byID[said.HelpPoint]; ok {
			return i, ""
		}
	}
	if i, ok := p.d.byID[h.ID]; ok && h.ID != "" {
		return i, ""
	}
	if i, ok := p.byKey[nameAndPlace(h)]; ok {
		return i, ""
	}
	if record.source != osmSource { // in a register every number is one, and our own files name what they mean
		return -1, ""
	}
	return p.alike(h)
}

// sameBuilding is how near, in metres, two positions must be for one building, whatever the names.
const sameBuilding = 60

// alike looks in a settlement for the help point that a map calls by another name: the same proper name makes it one, anything less asks.
func (p *pointPlan) alike(h HelpPoint) (index int, like string) {
	core := properName(h)
	var same, perhaps []int
	for i, other := range p.d.points {
		if other.Ekatte != h.Ekatte {
			continue
		}
		its := properName(other)
		near := h.Position != nil && other.Position != nil && metres(*h.Position, *other.Position) <= sameBuilding
		switch {
		case core != "" && core == its:
			same = append(same, i)
		case near, core == "" || its == "", strings.Contains(" "+core+" ", " "+its+" "), strings.Contains(" "+its+" ", " "+core+" "):
			perhaps = append(perhaps, i)
		}
	}
	switch {
	case len(same) == 1:
		return same[0], ""
	case len(same) > 1:
		return -1, "прилича на няколко: " + p.ids(same)
	case len(perhaps) > 0:
		return -1, "може да е " + p.ids(perhaps) + "; внесете го с id, ако е, или го добавете сами, ако не е"
	}
	return -1, ""
}

func (p *pointPlan) ids(list []int) string {
	var ids []string
	for _, i := range list[:min(len(list), 5)] {
		ids = append(ids, p.d.points[i].ID)
	}
	return strings.Join(ids, ", ")
}

// generic are the words of a library's name that many have.
var generic = set(`библиотека библиотеката народна регионална градска общинска селска столична национална читалищна читалище нч народно при филиал клон на към и св свети филиал
	library public municipal city regional national branch гр с град село`)

// properName is what is left of a name without what many have, and without the place's own name: «христо ботев».
func properName(h HelpPoint) string {
	place := plain(h.Place.Name)
	var words []string
	for word := range strings.FieldsSeq(plain(h.Name)) {
		if !generic[word] && word != place && !isYear(word) {
			words = append(words, foldCyrillic(word))
		}
	}
	return strings.Join(words, " ")
}

// isYear tells «1873г»: registers write when a chitalishte was founded, maps don't.
func isYear(word string) bool {
	word = strings.TrimSuffix(word, "г")
	return isPostcode(word) && (word[:2] == "18" || word[:2] == "19" || word[:2] == "20")
}

// hear keeps what a source says of one of its own, where that is new.
func (p *pointPlan) hear(record pointRecord, id string, before sourceSays) {
	if record.key == "" {
		return
	}
	said := map[string]string{}
	for _, f := range pointFields {
		if text := f.text(record.point); text != "" && record.states[f.name] {
			said[f.name] = text
		}
	}
	if before.HelpPoint == id && mapsEqual(before.Said, said) {
		return
	}
	p.says = append(p.says, map[string]any{"source": record.source, "key": record.key, "help_point": id, "said": said})
}

func mapsEqual(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// merge takes from a record what the file states. Of our own files that is every column that is there. Of a register it is only what we lack, or what
// is still the register's own earlier word, which goes where the register takes it back. A register's dates are taken only on its own week: they say
// nothing of another. What people at the desk wrote is never taken over; kept names it.
func merge(old HelpPoint, record pointRecord, edited bool, said map[string]string) (h HelpPoint, kept []string) {
	h, from := old, record.point
	theirs := said == nil && old.Source == from.Source && !edited // of the time before we noted what a source says
	ownDates := slices.Contains(old.Own, "exceptions") && exceptionsText(old) != ""
	for _, f := range pointFields {
		now, ours := f.text(from), f.text(old)
		always := !record.register && (f.name == "name" || f.name == "ekatte") // a row of ours names them all the same
		if now != ours && f.name == "exceptions" && record.register && (slices.Contains(old.Own, "hours") || weekText(h) != weekText(from)) {
			now, from.Hours = "", nil
		}
		if !always && !record.states[f.name] || now == ours {
			continue
		}
		earlier := said != nil && said[f.name] == ours
		take := !record.register || !slices.Contains(namedFields, f.name) && (earlier || now != "" && (ours == "" || theirs))
		switch {
		case !take:
		case slices.Contains(old.Own, f.name), f.name == "hours" && now == "" && ownDates: // dates can't stand without a week
			kept = append(kept, f.name)
		default:
			f.copy(&h, from)
		}
	}
	return h, kept
}

// namedFields are what a register doesn't change in what it didn't bring.
var namedFields = []string{"name", "kind", "ekatte", "branch_of", "source"}

// write keeps what was planned.
func (p *pointPlan) write(ctx context.Context, tx postgres.DB) error {
	if len(p.save) > 0 {
		data, err := json.Marshal(p.save)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO help_points (id, kind, name, name_key, branch_of, ekatte, address, phone, email, site, lat, lon, accuracy, hours, offers, languages, source, origin, changed_by)
			SELECT i.id, i.kind, i.name, i.name_key, i.branch_of, i.ekatte, i.address, i.phone, i.email, i.site, i.lat, i.lon, i.accuracy, i.hours, i.offers, i.languages, i.source,
			     i.origin, 'import'
			FROM jsonb_to_recordset($1) AS i(id text, kind text, name text, name_key text, branch_of text, ekatte text, address text, phone text, email text, site text,
			     lat float8, lon float8, accuracy text, hours jsonb, offers text[], languages text[], source text, origin text)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, name_key = excluded.name_key, ekatte = excluded.ekatte, address = excluded.address,
				phone = excluded.phone, email = excluded.email, site = excluded.site, lat = excluded.lat, lon = excluded.lon, accuracy = excluded.accuracy,
				branch_of = excluded.branch_of, languages = excluded.languages, hours = excluded.hours, offers = excluded.offers, source = excluded.source,
				changed_by = excluded.changed_by, changed_at = now(), origin = CASE WHEN help_points.origin = 'editor' THEN 'editor' ELSE excluded.origin END`,
			data)
		if err != nil {
			return fmt.Errorf("save help points: %w", err)
		}
	}
	if len(p.says) == 0 {
		return nil
	}
	data, err := json.Marshal(p.says)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO help_point_sources (source, key, help_point, said)
		SELECT i.source, i.key, i.help_point, i.said FROM jsonb_to_recordset($1) AS i(source text, key text, help_point text, said jsonb)
		ON CONFLICT (source, key) DO UPDATE SET help_point = excluded.help_point, said = excluded.said`, data)
	return wrap("save what sources say of help points", err)
}

// pointJSON gives the columns of a help point as the statements read them.
func pointJSON(h HelpPoint) map[string]any {
	out := map[string]any{
		"id": h.ID, "kind": string(h.Kind), "name": h.Name, "name_key": pointKey(h.Name), "ekatte": h.Ekatte, "address": h.Address, "phone": joinPhones(h.Phones),
		"email": h.Email, "site": h.Site, "offers": filled(h.Offers), "languages": filled(h.Languages), "source": h.Source, "accuracy": string(h.accuracy()),
	}
	if h.BranchOf != "" {
		out["branch_of"] = h.BranchOf
	}
	if h.Position != nil {
		out["lat"], out["lon"] = h.Position.Lat, h.Position.Lon
	}
	if h.Hours != nil {
		out["hours"] = h.Hours
	}
	return out
}
