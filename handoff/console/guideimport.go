package console

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
)

// biggestUpload is how many bytes a file of guides may have here; «orientir import» takes bigger ones.
const biggestUpload = 16 << 20

// uploadTime is how long such a file may be on its way: the server's own bound is for forms, and on a slow line this takes minutes.
const uploadTime = 10 * time.Minute

// importShown is how many guides one page of what a file would change shows with their differences.
const importShown = 20

// guideImport is where a file of guides is given.
type guideImport struct {
	frame
	Ways   []knowledge.ImportHow
	How    knowledge.ImportHow
	Name   string // of a file that was not taken
	Faults []fieldFault
	More   int // further faults
}

// importWays are how an editor may take a file: with a second editor in the rules nothing is published at once.
func (s *site) importWays(r *http.Request) ([]knowledge.ImportHow, error) {
	rules, err := s.Knowledge.EditingRules(r.Context())
	if rules.SecondEditor {
		return []knowledge.ImportHow{knowledge.ImportForReview, knowledge.ImportAsDrafts}, err
	}
	return []knowledge.ImportHow{knowledge.ImportPublished, knowledge.ImportForReview, knowledge.ImportAsDrafts}, err
}

// importer gives who asks, or errForbidden: a municipality's editor changes what is the municipality's, one by one.
func (s *site) importer(r *http.Request) (knowledge.Editor, error) {
	by := s.editor(visitOf(r))
	if by.Municipality != "" {
		return by, errForbidden
	}
	return by, nil
}

func (s *site) importPage(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.importer(r); err != nil {
		return err
	}
	return s.showImport(w, r, "", "", nil, http.StatusOK)
}

func (s *site) showImport(w http.ResponseWriter, r *http.Request, name string, how knowledge.ImportHow, wrong *knowledge.ImportError, status int) error {
	ways, err := s.importWays(r)
	if err != nil {
		return err
	}
	page := guideImport{frame: s.frame(w, r, "import_title"), Ways: ways, How: how, Name: name}
	page.frame.Back = "/console/import"
	if !slices.Contains(ways, how) {
		page.How = ways[0]
	}
	if wrong != nil {
		page.Faults, page.More = page.importFaults(wrong), wrong.More
	}
	return s.render(w, status, "guideimport", page)
}

// readImport answers POST /console/import: it reads the file, and leads to what it would change.
func (s *site) readImport(w http.ResponseWriter, r *http.Request) error {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(uploadTime)); err != nil {
		return err
	}
	if err := control.SetWriteDeadline(time.Now().Add(2 * uploadTime)); err != nil { // the server's own begins with the request, not with the answer
		return err
	}
	by, err := s.importer(r)
	if err != nil {
		return err
	}
	ways, err := s.importWays(r)
	if err != nil {
		return err
	}
	end, ok := s.uploads.begin(visitOf(r).account.ID)
	if !ok {
		s.turnAway(w, r)
		return nil
	}
	defer end()
	var tooBig *http.MaxBytesError
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if !errors.As(err, &tooBig) && r.Context().Err() == nil {
			err = fmt.Errorf("%w: %w", errMalformed, err)
		}
		return err
	}
	if r.MultipartForm != nil { // the server removes what its own request holds, and this is a copy
		defer func() {
			if err := r.MultipartForm.RemoveAll(); err != nil {
				s.Log.Warn("a file to import stays on the disk", "err", err)
			}
		}()
	}
	how := knowledge.ImportHow(r.PostFormValue("how"))
	if !slices.Contains(ways, how) {
		how = ways[0]
	}
	refuse := func(name string, err error) error {
		var wrong *knowledge.ImportError
		if errors.As(err, &wrong) {
			return s.showImport(w, r, name, how, wrong, http.StatusUnprocessableEntity)
		}
		return err
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return refuse("", &knowledge.ImportError{Faults: []knowledge.ImportFault{{Column: "-", Key: "fault.missing"}}})
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	filed, err := s.readGuideFile(r, data)
	if err != nil {
		return refuse(header.Filename, err)
	}
	var id int64
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.import-read"}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, act *staff.Act) error {
		if err := postgres.Unhurried(r.Context(), tx); err != nil { // guides by the thousand are held to the rules meanwhile
			return err
		}
		plan, err := s.Knowledge.PlanGuides(r.Context(), tx, filed, how, by)
		if err != nil {
			return err
		}
		staged, err := s.Knowledge.StageImport(r.Context(), tx, header.Filename, how, filed, by)
		id, act.Subject = staged.ID, "guide:"+staged.Name
		act.Detail = map[string]any{"added": plan.Report().Added, "altered": plan.Report().Changed}
		return err
	})
	if err != nil {
		return refuse(header.Filename, err)
	}
	return seeOther(w, r, importPath(id))
}

// readGuideFile reads one file at a time: the others wait, until their editor has gone.
func (s *site) readGuideFile(r *http.Request, data []byte) ([]knowledge.FiledGuide, error) {
	select {
	case s.importing <- struct{}{}:
		defer func() { <-s.importing }()
		return knowledge.ReadGuideFile(data)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func importPath(id int64) string { return "/console/import/" + strconv.FormatInt(id, 10) }

// importFaults puts what is wrong in a file into words.
func (f frame) importFaults(wrong *knowledge.ImportError) (list []fieldFault) {
	for _, fault := range wrong.Faults {
		words := f.IO("whole_file")
		if fault.Row > 0 {
			words = f.IO("row", fault.Row)
		}
		if fault.Column != "-" {
			name := fault.Column
			if key := "field_" + strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(name, "text.bg."), "text.en."), ".", "_"); i18n.Has(f.Language, "editor."+key) {
				name = f.fieldName(fault.Column)
			}
			words += ", " + name
		}
		key := strings.ReplaceAll(fault.Key, ".", "_")
		if i18n.Has(f.Language, "guidepage."+key) {
			words += ": " + f.IO(key)
		} else {
			words += ": " + f.E(key)
		}
		if fault.Value != "" {
			words += ": „" + fault.Value + "“"
		}
		list = append(list, fieldFault{"file", words})
	}
	return list
}

// IO says a phrase about guides that go in and out.
func (f frame) IO(key string, args ...any) string {
	return i18n.T(f.Language, "guidepage."+key, args...)
}

// ION says such a phrase by number.
func (f frame) ION(key string, n int, args ...any) string {
	return i18n.N(f.Language, "guidepage."+key, n, args...)
}

// exportGuides answers GET /console/import/export: all published guides, in one of the forms.
func (s *site) exportGuides(w http.ResponseWriter, r *http.Request) error {
	format := r.FormValue("format")
	kind, ok := map[string][2]string{
		"markdown": {"text/markdown; charset=utf-8", "guides.md"}, "zip": {"application/zip", "guides.zip"}, "jsonld": {"application/ld+json", "guides.jsonld"},
	}[format]
	if !ok {
		return errNotFound
	}
	w.Header().Set("Content-Type", kind[0])
	w.Header().Set("Content-Disposition", `attachment; filename="`+kind[1]+`"`)
	return s.Knowledge.ExportGuides(r.Context(), format, knowledge.CPSVOptions{Base: strings.TrimSuffix(s.PublicURL, "/")}, w)
}

// guideImportPlan is what a file would change.
type guideImportPlan struct {
	frame
	Staged    knowledge.StagedImport
	Plan      knowledge.GuidePlan
	Report    knowledge.Report
	Shown     []plannedChange
	Unchanged []string
	Page      int
	Pages     int
}

// plannedChange is what becomes of a guide. It carries a page of its own for the part that shows differences.
type plannedChange struct {
	frame
	Guide   knowledge.PlannedGuide
	Title   string
	Changes []guideChange
}

func (s *site) importPlanPage(w http.ResponseWriter, r *http.Request) error {
	by, err := s.importer(r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	staged, ok, err := s.Knowledge.StagedImport(r.Context(), s.DB, id, by)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	plan, err := s.Knowledge.PlanGuides(r.Context(), s.DB, staged.Filed, staged.How, by)
	var wrong *knowledge.ImportError
	if errors.As(err, &wrong) { // it was right when it was read: somebody has begun a draft, or taken a host away
		return s.showImport(w, r, staged.Name, staged.How, wrong, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	page := guideImportPlan{frame: s.frame(w, r, "import_title"), Staged: staged, Plan: plan, Report: plan.Report(), Page: 1}
	var differing []knowledge.PlannedGuide
	for _, g := range plan.Guides {
		if g.Outcome == knowledge.RowUnchanged {
			page.Unchanged = append(page.Unchanged, g.Guide.Slug)
		} else {
			differing = append(differing, g)
		}
	}
	page.Pages = max(1, (len(differing)+importShown-1)/importShown)
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 {
		page.Page = min(n, page.Pages)
	}
	from := (page.Page - 1) * importShown
	for _, g := range differing[from:min(len(differing), from+importShown)] {
		change := plannedChange{frame: page.frame, Guide: g, Title: g.Guide.Text[knowledge.Bulgarian].Title}
		if change.Title == "" {
			change.Title = g.Guide.Slug
		}
		before := g.Before
		if g.Outcome == knowledge.RowAdded {
			before = knowledge.Guide{}
		}
		if change.Changes, err = s.guideChanges(r, page.frame, before, g.Guide); err != nil {
			return err
		}
		page.Shown = append(page.Shown, change)
	}
	return s.render(w, http.StatusOK, "guideimportplan", page)
}

// New says whether the guide would be a new one.
func (c plannedChange) New() bool { return c.Guide.Outcome == knowledge.RowAdded }

// takeImport answers POST /console/import/{id}: what was shown is done, all of it or nothing.
func (s *site) takeImport(w http.ResponseWriter, r *http.Request) error {
	by, err := s.importer(r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	var report knowledge.Report
	var how knowledge.ImportHow
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.import"}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, act *staff.Act) error {
		staged, ok, err := s.Knowledge.StagedImport(r.Context(), tx, id, by)
		if err != nil {
			return err
		}
		if !ok {
			return errNotFound
		}
		if err := postgres.Unhurried(r.Context(), tx); err != nil { // as when it was read
			return err
		}
		plan, err := s.Knowledge.PlanGuides(r.Context(), tx, staged.Filed, staged.How, by)
		if err != nil {
			return err
		}
		if plan.Mark != r.PostFormValue("mark") {
			return knowledge.ErrStale
		}
		if err := s.Knowledge.TakePlan(r.Context(), tx, plan, by, i18n.T(string(knowledge.Bulgarian), "guidepage.why", staged.Name)); err != nil {
			return err
		}
		report, how = plan.Report(), staged.How
		act.Subject = "guide:" + staged.Name
		act.Detail = map[string]any{"added": report.Added, "altered": report.Changed, "guides": changedSlugs(plan)}
		_, err = s.Knowledge.DropImport(r.Context(), tx, id, by)
		return err
	})
	var wrong *knowledge.ImportError
	switch {
	case errors.Is(err, knowledge.ErrStale), errors.Is(err, knowledge.ErrStaleDraft), errors.As(err, &wrong):
		s.setFlash(w, flash{Key: "guidepage.changed_meanwhile", Bad: true})
		return seeOther(w, r, importPath(id))
	case errors.Is(err, knowledge.ErrNeedsSecond):
		s.setFlash(w, flash{Key: "guidepage.needs_second", Bad: true})
		return seeOther(w, r, "/console/import")
	case err != nil:
		return err
	}
	s.setFlash(w, flash{Key: "guidepage.did_" + string(how), Args: []string{strconv.Itoa(report.Added), strconv.Itoa(report.Changed)}})
	to := map[knowledge.ImportHow]string{knowledge.ImportForReview: "?view=review", knowledge.ImportAsDrafts: "?view=draft"}[how]
	return seeOther(w, r, "/console/guides"+to)
}

// changedSlugs are the guides that a plan adds or changes.
func changedSlugs(plan knowledge.GuidePlan) (slugs []string) {
	for _, g := range plan.Guides {
		if g.Outcome != knowledge.RowUnchanged {
			slugs = append(slugs, g.Guide.Slug)
		}
	}
	return slugs
}

func (s *site) dropImport(w http.ResponseWriter, r *http.Request) error {
	by, err := s.importer(r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	act := staff.Act{By: visitOf(r).account.ID, Verb: "guide.import-drop"}
	err = s.Staff.Door(r.Context(), act, func(tx pgx.Tx, _ *staff.Act) error {
		was, err := s.Knowledge.DropImport(r.Context(), tx, id, by)
		if err == nil && !was {
			return errNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	return seeOther(w, r, "/console/import")
}

// Before is the page before this one.
func (p guideImportPlan) Before() int { return p.Page - 1 }

// After is the next page.
func (p guideImportPlan) After() int { return p.Page + 1 }
