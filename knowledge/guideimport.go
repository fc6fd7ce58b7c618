package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"orientir/deploy/postgres"
)

// ImportHow says what becomes of guides from a file.
type ImportHow string

// The ways. Published at once, or made drafts of: sent for review, or for editors to go on with, which may be incomplete.
const (
	ImportPublished ImportHow = "publish"
	ImportForReview ImportHow = "review"
	ImportAsDrafts  ImportHow = "draft"
)

// PlannedGuide is what becomes of one guide of a file.
type PlannedGuide struct {
	FiledGuide               // Version is the one that it changes, 0: it is new
	Before     Guide         // as it is published now
	Outcome    RowOutcome    // added, changed or unchanged
	Changes    []GuideChange // none where it is new
	Draft      Draft         // that somebody is at; Revision 0: nobody
}

// GuidePlan is what a file of guides would change. Guides that the file doesn't name stay.
type GuidePlan struct {
	How    ImportHow
	Guides []PlannedGuide // in the order of the file
	Mark   string         // of what it was made against: another where any of the guides changed meanwhile
}

// Report counts what becomes of the guides.
func (p GuidePlan) Report() (r Report) {
	for _, g := range p.Guides {
		switch g.Outcome {
		case RowAdded:
			r.Added++
		case RowChanged:
			r.Changed++
		default:
			r.Unchanged++
		}
	}
	return r
}

// PlanGuides finds out what a file of guides would change, changes nothing and keeps nobody from their drafts: TakePlan finds out what changed since. The error is *ImportError where a guide is not fit for how it is to be taken:
// links must stand on known hosts always, and drafts alone may lack something. *Fault where the editor is a municipality's, who can't import.
func (s *Store) PlanGuides(ctx context.Context, tx postgres.DB, filed []FiledGuide, how ImportHow, by Editor) (GuidePlan, error) {
	plan := GuidePlan{How: how}
	if by.Municipality != "" {
		return plan, fmt.Errorf("plan an import of guides: %w", &Fault{"municipality", "fault.not_yours", by.Municipality})
	}
	hosts, err := NewStore(tx).AllowedHosts(ctx)
	if err != nil {
		return plan, err
	}
	slugs := []string{}
	for _, f := range filed {
		slugs = append(slugs, f.Guide.Slug)
	}
	present, err := readGuides(ctx, tx, slugs)
	if err != nil {
		return plan, err
	}
	before := map[string]Guide{}
	for _, g := range present {
		before[g.Slug] = g
	}
	drafts, err := readDrafts(ctx, tx, slugs)
	if err != nil {
		return plan, err
	}
	faults, mark := &faultList{}, sha256.New()
	for _, f := range filed {
		old, ok := before[f.Guide.Slug]
		p := PlannedGuide{FiledGuide: f, Before: old, Outcome: RowAdded, Draft: drafts[f.Guide.Slug]}
		p.Guide.Version = old.Version
		if ok {
			p.Changes = Diff(old.named(), p.Guide.named())
			if p.Outcome = RowChanged; len(p.Changes) == 0 {
				p.Outcome = RowUnchanged
			}
		}
		fmt.Fprintf(mark, "%s %d %d\n", p.Guide.Slug, old.Version, p.Draft.Revision)
		plan.Guides = append(plan.Guides, p)
		if p.Outcome == RowUnchanged {
			continue
		}
		var wrong Faults
		if errors.As(p.Guide.Validate(hosts), &wrong) {
			for _, fault := range wrong {
				if how != ImportAsDrafts || !missing(fault) {
					faults.add(f.Row, fault.Field, fault.Key, fault.Value)
				}
			}
		}
		if how != ImportPublished && p.Draft.Revision > 0 {
			faults.add(f.Row, "slug", "fault.draft", p.Guide.Slug)
		}
	}
	plan.Mark = hex.EncodeToString(mark.Sum(nil)[:12])
	return plan, faults.result()
}

// missing says whether a fault is that something is not there yet.
func missing(f *Fault) bool {
	return f.Key == "fault.empty" || f.Value == "" && (f.Key == "fault.host" || f.Key == "fault.choice")
}

// named fills in the English title for lists as a file does, so that an export that comes back changes nothing.
func (g Guide) named() Guide {
	if en, ok := g.Text[English]; ok && g.TitleEnglish == "" {
		g.TitleEnglish = en.Title
	}
	return g
}

// TakePlan does what a plan says, in the caller's transaction: all of it, or nothing. why is noted with each version; "" is «внесено от файл».
// Errors: ErrStale, ErrStaleDraft where a guide changed since the plan was made; ErrNeedsSecond where it would publish, and the editors' rules ask for a
// second editor (the terminal, whose id is «import», is bound by none); Faults.
func (s *Store) TakePlan(ctx context.Context, tx postgres.DB, plan GuidePlan, by Editor, why string) error {
	if by.Municipality != "" {
		return fmt.Errorf("import guides: %w", &Fault{"municipality", "fault.not_yours", by.Municipality})
	}
	rules, err := editingRules(ctx, tx)
	if err != nil {
		return err
	}
	if plan.How == ImportPublished && rules.SecondEditor && by.ID != importer {
		return fmt.Errorf("import guides: %w", ErrNeedsSecond)
	}
	if why == "" {
		why = "внесено от файл"
	}
	for _, p := range plan.Guides {
		if p.Outcome == RowUnchanged {
			continue
		}
		g := p.Guide
		g.Why = why
		if plan.How == ImportPublished {
			line := byline{"import", by.ID, []string{by.ID}}
			if by.ID == importer {
				line.written = nil
			}
			if _, err := publish(ctx, tx, g.masked(), line); err != nil {
				return err
			}
			continue
		}
		d, err := s.SaveDraft(ctx, tx, Draft{Slug: g.Slug, Base: g.Version, Guide: g, Notes: why}, by)
		if err != nil {
			return err
		}
		if plan.How == ImportForReview {
			if err := s.SendDraft(ctx, tx, d.Slug, d.Revision, by); err != nil {
				return err
			}
		}
	}
	return nil
}

// importer is the opaque id of the terminal.
const importer = "import"

// importGuides publishes the guides of a file.
func importGuides(ctx context.Context, tx postgres.DB, data []byte, o ImportOptions) (Report, error) {
	if o.Format != "" && o.Format != guideFormat(data) {
		faults := &faultList{}
		faults.add(0, "-", "fault.choice", guideFormat(data))
		return Report{}, faults.result()
	}
	filed, err := ReadGuideFile(data)
	if err != nil {
		return Report{}, err
	}
	s, by := NewStore(tx), Editor{ID: importer}
	plan, err := s.PlanGuides(ctx, tx, filed, ImportPublished, by)
	if err != nil {
		return Report{}, err
	}
	for _, p := range plan.Guides {
		if o.Row == nil {
			break
		}
		row := ImportRow{Line: p.Row, Name: p.Guide.Text[Bulgarian].Title, Outcome: p.Outcome, ID: p.Guide.Slug}
		for _, c := range p.Changes {
			row.Changes = append(row.Changes, FieldChange{c.Field, strings.Join(c.Before, " | "), strings.Join(c.After, " | ")})
		}
		if p.Draft.Revision > 0 && p.Outcome != RowUnchanged {
			row.Notes = append(row.Notes, "някой работи по чернова: ще трябва да я събере с новия текст")
		}
		o.Row(row)
	}
	return plan.Report(), s.TakePlan(ctx, tx, plan, by, "")
}

// readDrafts gives the drafts of these guides, by slug.
func readDrafts(ctx context.Context, tx postgres.DB, slugs []string) (map[string]Draft, error) {
	rows, err := tx.Query(ctx, `SELECT slug, revision FROM guide_drafts WHERE slug = ANY($1)`, slugs)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	defer rows.Close()
	drafts := map[string]Draft{}
	for rows.Next() {
		var d Draft
		if err := rows.Scan(&d.Slug, &d.Revision); err != nil {
			return nil, fmt.Errorf("read drafts: %w", err)
		}
		drafts[d.Slug] = d
	}
	return drafts, wrap("read drafts", rows.Err())
}
