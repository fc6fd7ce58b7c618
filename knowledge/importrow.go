package knowledge

import (
	"fmt"
	"strings"
)

// ImportOptions say how a file is taken. The zero value takes it and tells only the sums.
type ImportOptions struct {
	DryRun   bool            // find out what would change, and change nothing
	Format   string          // that a file of guides must have, one of GuideFormats; "": any
	Row      func(ImportRow) // is told what becomes of each row of help points and of each guide, in the order of the file; nil hears nothing
	SignedUp SignedUp        // counts who has signed up for trainings; nil: nobody can have
}

// RowOutcome says what becomes of a row.
type RowOutcome string

// The outcomes of a row.
const (
	RowAdded     RowOutcome = "added"
	RowChanged   RowOutcome = "changed"
	RowUnchanged RowOutcome = "unchanged"
	RowAmbiguous RowOutcome = "ambiguous" // it may be one that we have: not taken, a person must say which
	RowFault     RowOutcome = "fault"     // it can't be taken as it is; the other rows are, because the file is somebody else's
)

// ImportRow is what becomes of one row of a file of help points, or of one guide.
type ImportRow struct {
	Line    int    // of the table, or the number of the feature or element, from 1
	Key     string // the row's number in its own source, «node/123»; "" where it has none
	Name    string
	Outcome RowOutcome
	ID      string // of the help point, or the guide's slug; "" where the row is not taken
	Changes []FieldChange
	Notes   []string // why, and what was left as it is; in Bulgarian, for the terminal
}

// FieldChange is a field with what stood there and what stands there now; "" is unknown.
type FieldChange struct{ Field, Old, New string }

// String is a row of the report, as the terminal shows it.
func (r ImportRow) String() string {
	words := map[RowOutcome]string{
		RowAdded: "нов", RowChanged: "променен", RowUnchanged: "без промяна", RowAmbiguous: "неясен", RowFault: "грешен",
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d\t%s\t%s\t%s", r.Line, words[r.Outcome], r.ID, r.Name)
	for _, c := range r.Changes {
		fmt.Fprintf(&out, "\n\t%s: «%s» → «%s»", c.Field, c.Old, c.New)
	}
	for _, note := range r.Notes {
		out.WriteString("\n\t" + note)
	}
	return out.String()
}

// changes are the fields in which two help points differ, with both texts.
func changes(old, h HelpPoint) (list []FieldChange) {
	for _, f := range pointFields {
		if a, b := f.text(old), f.text(h); a != b {
			list = append(list, FieldChange{f.name, a, b})
		}
	}
	return list
}

// tell counts a row and hands it on.
func (o ImportOptions) tell(report *Report, row ImportRow) {
	switch row.Outcome {
	case RowAdded:
		report.Added++
	case RowChanged:
		report.Changed++
	case RowUnchanged:
		report.Unchanged++
	case RowAmbiguous:
		report.Ambiguous++
	case RowFault:
		report.Faults++
	}
	if o.Row != nil {
		o.Row(row)
	}
}
