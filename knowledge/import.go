package knowledge

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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
		err := postgres.Unhurried(ctx, tx)
		if err != nil {
			return err
		}
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
			report, err = importGuides(ctx, tx, data, o)
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

// ExportAs writes all of one kind in a form that Import reads: «csv», «tsv», or of help points «geojson» and «osm». The forms of guides are
// those of ExportGuides.
func (s *Store) ExportAs(ctx context.Context, kind, format string, w io.Writer) error {
	var rows [][]string
	var err error
	switch kind {
	case "guides":
		return s.ExportGuides(ctx, format, CPSVOptions{}, w)
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
