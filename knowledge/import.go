package knowledge

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// ErrKind means that there is nothing of this kind to import or export.
var ErrKind = errors.New("unknown kind: guides, help-points, places, trainings, glossary or signposts")

// biggestImport is the size of a file, in bytes, above which it is refused: the whole world's settlements are smaller.
const biggestImport = 256 << 20

// Import takes a file of one kind, guides, help-points, places, trainings, glossary or signposts, whole or not at all: where any row is wrong the error is *ImportError
// and nothing has changed. What the file has and we have too is matched by id, then by name and place, so a second import changes nothing.
func (s *Store) Import(ctx context.Context, kind string, r io.Reader) (Report, error) {
	return s.ImportWith(ctx, kind, r, ImportOptions{})
}

// errDryRun ends a transaction whose changes nobody wants.
var errDryRun = errors.New("only looked")

// ImportWith is Import, looking only, or telling of each row.
func (s *Store) ImportWith(ctx context.Context, kind string, r io.Reader, o ImportOptions) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, biggestImport+1))
	if err != nil {
		return Report{}, fmt.Errorf("read %s to import: %w", kind, err)
	}
	if len(data) > biggestImport {
		return Report{}, fmt.Errorf("import %s: more than %d MiB", kind, biggestImport>>20)
	}
	var report Report
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		var err error
		switch kind {
		case "places":
			report, err = importPlaces(ctx, tx, data)
		case "help-points":
			var records []pointRecord
			if records, err = readPoints(data); err == nil {
				report, err = importPoints(ctx, tx, records, o)
			}
		case "trainings":
			report, err = importTrainings(ctx, tx, data, o)
		case "guides":
			report, err = importGuides(ctx, tx, data)
		case "glossary":
			report, err = importGlossary(ctx, tx, data)
		case "signposts":
			report, err = importSignposts(ctx, tx, data)
		default:
			err = ErrKind
		}
		if err == nil && o.DryRun {
			err = errDryRun
		}
		return err
	})
	s.forget()
	if errors.Is(err, errDryRun) {
		return report, nil
	}
	if err != nil {
		return Report{}, fmt.Errorf("import %s: %w", kind, err)
	}
	return report, nil
}

// Export is ExportAs with «csv».
func (s *Store) Export(ctx context.Context, kind string, w io.Writer) error {
	return s.ExportAs(ctx, kind, "csv", w)
}

// ExportAs writes all of one kind in a form that Import reads: «csv», «tsv», or of help points «geojson» and «osm». Guides are Markdown, one after the
// other, in any form.
func (s *Store) ExportAs(ctx context.Context, kind, format string, w io.Writer) error {
	var rows [][]string
	var err error
	switch kind {
	case "guides":
		return wrap("export guides", s.exportGuides(ctx, w))
	case "places":
		rows, err = exportPlaces(ctx, s.db)
	case "help-points":
		if format == "osm" {
			_, err = s.ExportOSM(ctx, w)
			return err
		}
		rows, err = exportPoints(ctx, s)
	case "trainings":
		rows, err = exportTrainings(ctx, s.db)
	case "glossary":
		rows, err = exportGlossary(ctx, s)
	case "signposts":
		rows, err = exportSignposts(ctx, s)
	default:
		err = ErrKind
	}
	switch {
	case err != nil:
	case format == "csv":
		err = csv.NewWriter(w).WriteAll(rows)
	case format == "tsv":
		err = writeTabs(w, rows)
	case format == "geojson" && kind == "help-points":
		err = writeFeatures(w, rows)
	default:
		err = fmt.Errorf("no form %q", format)
	}
	return wrap("export "+kind, err)
}

// ExportOSM writes all help points as an extract of OpenStreetMap, XML, and says how many of them have no position: they are in it, but not on the map.
func (s *Store) ExportOSM(ctx context.Context, w io.Writer) (unplaced int, err error) {
	points, err := s.pointsByID(ctx)
	if err == nil {
		unplaced, err = writeOSM(w, points)
	}
	return unplaced, wrap("export help-points", err)
}

// pointsByID reads all help points as they are now, in the order of their ids.
func (s *Store) pointsByID(ctx context.Context) ([]HelpPoint, error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(slices.Values(d.points), func(a, b HelpPoint) int { return strings.Compare(a.ID, b.ID) }), nil
}

// writeTabs writes tab separated text, where quotes mean themselves: what would break a row is a space.
func writeTabs(w io.Writer, rows [][]string) error {
	space := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = space.Replace(cell)
		}
		if _, err := io.WriteString(w, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func exportPoints(ctx context.Context, s *Store) ([][]string, error) {
	points, err := s.pointsByID(ctx)
	if err != nil {
		return nil, err
	}
	out := [][]string{pointColumns}
	for _, h := range points {
		lat, lon, accuracy, hours, holidays, exceptions := "", "", "", "", "", ""
		if h.Position != nil {
			lat, lon, accuracy = degrees(h.Position.Lat), degrees(h.Position.Lon), string(h.accuracy())
		}
		if h.Hours != nil {
			hours, exceptions = h.Hours.String(), FormatExceptions(h.Hours.Exceptions)
			holidays = map[bool]string{true: "yes", false: "no"}[h.Hours.Holidays]
		}
		out = append(out, []string{h.ID, string(h.Kind), h.Name, h.BranchOf, h.Ekatte, h.Place.Kind + " " + h.Place.Name, h.Place.Municipality, h.Place.District, h.Address,
			joinPhones(h.Phones), h.Email, h.Site, lat, lon, accuracy, hours, holidays, exceptions, strings.Join(h.Offers, "; "), strings.Join(h.Languages, "; "), h.Source})
	}
	return out, nil
}

func (s *Store) exportGuides(ctx context.Context, w io.Writer) error {
	guides, err := s.Guides(ctx)
	if err != nil {
		return err
	}
	for _, g := range guides {
		for _, language := range []Language{Bulgarian, English} {
			text, err := g.Markdown(language)
			if err != nil {
				return err
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextGuide finds where a guide begins in a file of several.
var nextGuide = regexp.MustCompile(`(?m)^---\r?\nslug:`)

// importGuides publishes the guides of a Markdown file that holds one or several, each in Bulgarian, some followed by their English text.
// The editor who ran the import is the author.
func importGuides(ctx context.Context, tx postgres.DB, data []byte) (Report, error) {
	var report Report
	hosts, err := NewStore(tx).AllowedHosts(ctx)
	if err != nil {
		return report, err
	}
	present, err := readGuides(ctx, tx, nil)
	if err != nil {
		return report, err
	}
	before := map[string]Guide{}
	for _, g := range present {
		before[g.Slug] = g
	}
	faults := &faultList{}
	starts := nextGuide.FindAllIndex(data, -1)
	if len(starts) == 0 || len(bytes.TrimSpace(bytes.TrimPrefix(data[:starts[0][0]], []byte("\ufeff")))) > 0 {
		faults.add(1, "-", "fault.markdown", "")
		return report, faults.result()
	}
	var files []File
	for i, at := range starts {
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		files = append(files, File{Name: "guides", Line: 1 + bytes.Count(data[:at[0]], []byte("\n")), Data: data[at[0]:end]})
	}
	seen := map[string]bool{}
	for i := 0; i < len(files); i++ {
		bg, en := files[i], File{}
		if i+1 < len(files) && bytes.Contains(files[i+1].Data, []byte("\n## "+sections[0].en)) {
			en = files[i+1]
			i++
		}
		g, err := ParseGuide(bg, en)
		if err != nil {
			for _, fault := range parseErrors(err) {
				faults.add(fault.Line, "-", "fault.markdown", fault.What)
			}
			continue
		}
		if seen[g.Slug] {
			faults.add(bg.Line, "slug", "fault.twice", g.Slug)
		}
		seen[g.Slug] = true
		if all := (Faults)(nil); errors.As(g.Validate(hosts), &all) {
			for _, fault := range all {
				faults.add(bg.Line, fault.Field, fault.Key, fault.Value)
			}
			continue
		}
		g = g.masked()
		old, ok := before[g.Slug]
		if ok && sameGuide(old, g) {
			report.Unchanged++
			continue
		}
		g.Version, g.Why = old.Version, "внесено от файл"
		if len(faults.err.Faults) > 0 {
			continue
		}
		if _, err := publish(ctx, tx, g, byline{"import", "import", ""}); err != nil {
			return report, err
		}
		if ok {
			report.Changed++
		} else {
			report.Added++
		}
	}
	return report, faults.result()
}

// parseErrors takes the joined errors of ParseGuide apart.
func parseErrors(err error) (all []*ParseError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			all = append(all, parseErrors(e)...)
		}
		return all
	}
	var fault *ParseError
	if errors.As(err, &fault) {
		return []*ParseError{fault}
	}
	return []*ParseError{{Line: 1, What: err.Error()}}
}

// sameGuide says whether two guides say the same, whoever published them and when.
func sameGuide(a, b Guide) bool {
	for _, language := range []Language{Bulgarian, English} {
		x, err1 := a.Markdown(language)
		y, err2 := b.Markdown(language)
		if err1 != nil || err2 != nil || !bytes.Equal(x, y) {
			return false
		}
	}
	return true
}
