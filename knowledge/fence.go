package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"orientir/deploy/postgres"
)

// fence keeps a municipality's editor to what is the municipality's: its door in a guide of the whole country, and guides of its own.
// after is what would be; before are what it may be like in everything else: none where the guide is new.
// Errors: *Fault that names the field.
func fence(ctx context.Context, tx postgres.DB, by Editor, after Guide, before ...Guide) error {
	if by.Municipality == "" {
		return nil
	}
	m, ok, err := readMunicipality(ctx, tx, by.Municipality)
	if err != nil {
		return err
	}
	if !ok { // an account with a municipality that there isn't may do nothing, rather than everything
		return &Fault{"municipality", "fault.not_yours", by.Municipality}
	}
	return m.fence(after, before...)
}

// fence is the rule of the same name. It is pure.
func (m Municipality) fence(after Guide, before ...Guide) error {
	others := func(g Guide) bool { return g.Municipality != m.Code }
	if !slices.ContainsFunc(before, others) { // its own, or new
		if others(after) {
			return &Fault{"municipality", "fault.not_yours", after.Municipality}
		}
		return nil
	}
	fields := make([]map[string]any, len(before))
	for i, g := range before {
		fields[i] = m.foreign(g)
	}
	return sameFields(m.foreign(after), fields...)
}

// sameFields checks that each field of a guide is as in one of others.
func sameFields(now map[string]any, fields ...map[string]any) error {
	names := maps.Clone(now)
	for _, f := range fields {
		maps.Copy(names, f)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.ContainsFunc(fields, func(f map[string]any) bool { return reflect.DeepEqual(f[name], now[name]) }) {
			return &Fault{Field: name, Key: "fault.not_yours"}
		}
	}
	return nil
}

// fenceDraft is the rule for a draft that is there: what isn't the municipality's is as in it. Where the guide was published since, fields
// that the draft hasn't changed may be as they are published now; no field may go back, or somebody else's work would be lost. It is pure.
func (m Municipality) fenceDraft(after, draft, base, published Guide) error {
	if draft.Municipality == m.Code || after.Municipality == m.Code {
		return m.fence(after, draft)
	}
	there, begun, caughtUp := m.foreign(draft), m.foreign(base), m.foreign(published)
	for _, fields := range []map[string]any{there, begun} {
		for name := range fields {
			if !reflect.DeepEqual(there[name], begun[name]) {
				caughtUp[name] = there[name]
			}
		}
	}
	return sameFields(m.foreign(after), there, caughtUp)
}

// Take gives the guide with what is the municipality's of another, and with its note of why.
func (m Municipality) Take(g, from Guide) Guide {
	if g.Municipality == m.Code {
		return from
	}
	g = m.onto(g, from.Local)
	g.Why = from.Why
	return g
}

// foreign is everything in a guide that is not the municipality's, by field as Fault names it. What is empty is left out, so that an
// empty list is like none.
func (m Municipality) foreign(g Guide) map[string]any {
	g.Local = slices.DeleteFunc(slices.Clone(g.Local), m.Owns)
	for i, l := range g.Local { // published before names were written in one way
		g.Local[i].Municipality = doorName(l.Municipality)
	}
	g = g.dated(Guide{}) // see keepDates
	text := g.Text
	g.Slug, g.Version, g.Why, g.PublishedBy, g.PublishedAt, g.Text = "", 0, "", "", time.Time{}, nil // of the version, not of the service
	out := map[string]any{}
	for name, value := range members(g) {
		out[snake(name)] = value
	}
	for language, t := range text {
		for name, value := range members(t) {
			out["text."+string(language)+"."+snake(name)] = value
		}
	}
	return out
}

// snake is a Go name as Fault writes it: «GoodToKnow» is «good_to_know».
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// members are the fields of a struct that say something, as JSON has them.
func members(value any) map[string]any {
	data, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("knowledge: a guide is no JSON: %v", err)) // only channels and functions are none
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		panic(fmt.Sprintf("knowledge: JSON that was written can't be read: %v", err))
	}
	pruned(out)
	return out
}

// pruned leaves out what is empty, so that an empty list is like none; nil where nothing is left.
func pruned(value any) any {
	switch v := value.(type) {
	case string:
		if v == "" {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = pruned(v[i])
		}
	case map[string]any:
		for k := range v {
			if v[k] = pruned(v[k]); v[k] == nil {
				delete(v, k)
			}
		}
		if len(v) == 0 {
			return nil
		}
	}
	return value
}

// mayChange checks that an editor may save g as the draft of a guide: beside what is the editor's, it is as in the draft that is there, or
// as published where there is none. A draft in review that holds somebody else's changes stays there: saving would take it back.
func (s *Store) mayChange(ctx context.Context, tx postgres.DB, slug string, g Guide, by Editor) error {
	if by.Municipality == "" {
		return nil
	}
	before, err := readGuides(ctx, tx, []string{slug})
	if err != nil {
		return err
	}
	d, ok, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil {
		return err
	}
	if !ok {
		return fence(ctx, tx, by, g, before...)
	}
	base, err := begunOn(ctx, tx, d)
	if err != nil {
		return err
	}
	if d.Stage == InReview {
		if err := fence(ctx, tx, by, d.Guide, base...); err != nil {
			return err
		}
	}
	if len(base) == 0 || len(before) == 0 { // new: nothing was published since
		return fence(ctx, tx, by, g, d.Guide)
	}
	m, ok, err := readMunicipality(ctx, tx, by.Municipality)
	if err != nil {
		return err
	}
	if !ok {
		return &Fault{"municipality", "fault.not_yours", by.Municipality}
	}
	return m.fenceDraft(g, d.Guide, base[0], before[0])
}

// keepDates gives g with the review date and the days of its sources as the draft that is there has them, or else as they are published, where a
// municipality's editor saves a guide that isn't the municipality's: they change by themselves while a form is open, so that they can't be
// compared, and are nobody's to type there.
func (s *Store) keepDates(ctx context.Context, tx postgres.DB, slug string, g Guide, by Editor) (Guide, error) {
	if by.Municipality == "" || g.Municipality != "" {
		return g, nil
	}
	d, drafted, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil {
		return g, err
	}
	if drafted { // its dates may be a colleague's work
		return g.dated(d.Guide), nil
	}
	published, err := readGuides(ctx, tx, []string{slug})
	if err != nil || len(published) == 0 {
		return g, err
	}
	return g.dated(published[0]), nil
}

// dated gives the guide with the dates of another.
func (g Guide) dated(from Guide) Guide {
	g.ReviewBy, g.Sources = from.ReviewBy, slices.Clone(g.Sources)
	for i, c := range g.Sources {
		g.Sources[i].Checked = time.Time{}
		if j := slices.IndexFunc(from.Sources, func(f Source) bool { return f.URL == c.URL }); j >= 0 {
			g.Sources[i].Checked = from.Sources[j].Checked
		}
	}
	return g
}

// mayPublish checks that all that a draft changes is the editor's to change.
func (s *Store) mayPublish(ctx context.Context, tx postgres.DB, d Draft, by Editor) error {
	if by.Municipality == "" {
		return nil
	}
	base, err := begunOn(ctx, tx, d)
	if err != nil {
		return err
	}
	return fence(ctx, tx, by, d.Guide, base...)
}

// MayPublish gives those of editors to whom all that a draft changes belongs.
func (s *Store) MayPublish(ctx context.Context, d Draft, editors []Editor) (may []Editor, err error) {
	base, err := begunOn(ctx, s.db, d)
	if err != nil {
		return nil, err
	}
	all, err := s.Municipalities(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string]Municipality{}
	for _, m := range all {
		by[m.Code] = m
	}
	doors := len(base) == 1 && onlyDoors(d.Guide, base[0])
	known := map[string]bool{"": true}
	for _, e := range editors {
		m, there := by[e.Municipality]
		if _, ok := known[e.Municipality]; !ok {
			known[e.Municipality] = there && (doors || m.Code == d.Guide.Municipality) && m.fence(d.Guide, base...) == nil
		}
		if known[e.Municipality] {
			may = append(may, e)
		}
	}
	return may, nil
}

// onlyDoors says whether two guides differ in doors of municipalities alone, whichever: where not, none need be asked one by one.
func onlyDoors(a, b Guide) bool {
	a.Local, b.Local = nil, nil
	return sameFields(Municipality{}.foreign(a), Municipality{}.foreign(b)) == nil
}

// mayUndo checks the same of the draft that a guide has, before it is taken back.
func (s *Store) mayUndo(ctx context.Context, tx postgres.DB, slug string, by Editor) error {
	if by.Municipality == "" {
		return nil
	}
	d, ok, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil || !ok { // the change itself will say that it is gone
		return err
	}
	return s.mayPublish(ctx, tx, d, by)
}

// MayReplay checks that a guide's draft, or the guide itself where it has none, is the editor's to speak for, before its replay is begun or stopped.
// Reading a replay is every editor's. Errors: *Fault that names the field.
func (s *Store) MayReplay(ctx context.Context, tx postgres.DB, slug string, by Editor) error {
	if by.Municipality == "" {
		return nil
	}
	d, ok, err := readDraft(ctx, tx, slug, "")
	if err != nil {
		return err
	}
	if ok {
		return s.mayPublish(ctx, tx, d, by)
	}
	published, err := readGuides(ctx, tx, []string{slug})
	if err != nil || len(published) == 0 {
		return err
	}
	return ownedBy(ctx, tx, published[0], by)
}

// begunOn is the version that a draft was begun on; none where the guide is new.
func begunOn(ctx context.Context, tx postgres.DB, d Draft) ([]Guide, error) {
	if d.New() {
		return nil, nil
	}
	g, ok, err := guideAt(ctx, tx, d.Slug, d.Base)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("draft of %q was begun on version %d, which there isn't", d.Slug, d.Base)
	}
	return []Guide{g}, nil
}

// rebaseLocal makes a draft of what is published now and of what the municipality has in it.
func (s *Store) rebaseLocal(ctx context.Context, tx postgres.DB, slug string, revision int, by Editor) error {
	d, ok, err := readDraft(ctx, tx, slug, "FOR UPDATE")
	if err != nil {
		return err
	}
	if !ok || d.Revision != revision {
		return ErrStaleDraft
	}
	if err := s.mayPublish(ctx, tx, d, by); err != nil {
		return err
	}
	m, _, err := readMunicipality(ctx, tx, by.Municipality)
	if err != nil {
		return err
	}
	published, err := readGuides(ctx, tx, []string{slug})
	if err != nil || len(published) == 0 || d.Guide.Municipality == m.Code { // its own guide is rebased as it is
		return err
	}
	g := m.onto(published[0], d.Guide.Local)
	g.Why = d.Guide.Why
	data, err := json.Marshal(g.masked())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE guide_drafts SET guide = $3 WHERE slug = $1 AND revision = $2`, slug, revision, data)
	return err
}

// onto puts the municipality's own of these doors in the place of what the guide has of it.
func (m Municipality) onto(g Guide, doors []Local) Guide {
	g.Local = slices.DeleteFunc(slices.Clone(g.Local), m.Owns)
	for _, l := range doors {
		if m.Owns(l) {
			g.Local = append(g.Local, l)
		}
	}
	return g
}
