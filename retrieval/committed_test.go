package retrieval

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testdata/record.tsv is what was measured when somebody last looked: a line for each measure of each group of rows of
// each question file. A change that makes one of them worse by more than the tolerance fails; one that is meant, or makes
// them better, renews the record, and the difference is read with the change:
//
//	ORIENTIR_RECORD=1 ./deploy/test ./retrieval -run Quality
//
// The figures are the same on every machine of one architecture and with any number of processors: training adds in a
// fixed order, and the vectors are searched widely enough that the index finds what a scan finds. On another architecture
// products and sums may be fused and math.Exp rounds otherwise, so a few rows fall on the other side of a threshold; the
// record names its architecture, and elsewhere twice as much is tolerated.
const recordFile = "testdata/record.tsv"

// tolerated is how much worse a measure may be than the record says. Where a group is so small that one row is more than
// that, one row is tolerated.
const tolerated = 0.01

// recordLine is a measure as the record keeps it.
type recordLine struct {
	file, group, measure string
	rows                 int // that the share is of
	value                float64
}

func (l recordLine) key() string { return l.file + " " + l.group + " " + l.measure }

// worse tells how much a measure lost against the record, and whether that is too much.
func (l recordLine) worse(now recordLine, architecture string) (float64, bool) {
	loss := l.value - now.value
	if slices.ContainsFunc(measureColumns, func(c measureColumn) bool { return c.name == l.measure && c.less }) || l.measure == calibrationMeasure {
		loss = -loss
	}
	most := tolerated
	if now.rows > 0 {
		most = max(most, 1/float64(now.rows))
	}
	if architecture != runtime.GOARCH {
		most *= 2
	}
	return loss, loss > most+1e-4 // the record is rounded
}

const calibrationMeasure = "calibration error"

func recordLines(file string, r Report) []recordLine {
	var list []recordLine
	for _, d := range differences(r, r) { // each measure of each group
		list = append(list, recordLine{file, d.Group, d.Measure, d.Rows, d.After})
	}
	return list
}

const recordHeader = "file\tgroup\tmeasure\trows\tvalue"

func writeRecord(lines []recordLine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# measured on %s; renewed by ORIENTIR_RECORD=1 ./deploy/test ./retrieval -run Quality\n%s\n", runtime.GOARCH, recordHeader)
	for _, l := range lines {
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%.4f\n", l.file, l.group, l.measure, l.rows, l.value)
	}
	return b.String()
}

func readRecord(text string) (lines []recordLine, architecture string, err error) {
	head, rest, _ := strings.Cut(text, "\n")
	if _, err := fmt.Sscanf(head, "# measured on %s", &architecture); err != nil {
		return nil, "", fmt.Errorf("first line %q: %w", head, err)
	}
	architecture = strings.TrimSuffix(architecture, ";")
	header, rest, _ := strings.Cut(rest, "\n")
	if header != recordHeader {
		return nil, "", fmt.Errorf("second line %q", header)
	}
	for row := range strings.Lines(rest) {
		f := strings.Split(strings.TrimSpace(row), "\t")
		if len(f) != 5 {
			return nil, "", fmt.Errorf("line %q", row)
		}
		l := recordLine{file: f[0], group: f[1], measure: f[2]}
		if l.rows, err = strconv.Atoi(f[3]); err != nil {
			return nil, "", err
		}
		if l.value, err = strconv.ParseFloat(f[4], 64); err != nil {
			return nil, "", err
		}
		lines = append(lines, l)
	}
	return lines, architecture, nil
}

// faultsAgainst lists what is worse than the record, or of other rows than it was measured on.
func faultsAgainst(record, now []recordLine, architecture string) []string {
	measured := map[string]recordLine{}
	for _, l := range now {
		measured[l.key()] = l
	}
	var faults []string
	for _, l := range record {
		n, ok := measured[l.key()]
		switch {
		case !ok:
			faults = append(faults, l.key()+" is in the record and not measured any more")
			continue
		case n.rows != l.rows:
			faults = append(faults, fmt.Sprintf("%s is a share of %d rows, of %d in the record: the questions changed", l.key(), n.rows, l.rows))
		default:
			if loss, bad := l.worse(n, architecture); bad {
				faults = append(faults, fmt.Sprintf("%s is %.3f, %.3f in the record: worse by %.3f", l.key(), n.value, l.value, loss))
			}
		}
		delete(measured, l.key())
	}
	for _, l := range now {
		if _, ok := measured[l.key()]; ok {
			faults = append(faults, l.key()+" is not in the record")
		}
	}
	return faults
}

// holdToRecord fails where the runs are worse than the committed record, or renews it where that is asked for.
func holdToRecord(t *testing.T, now []recordLine) {
	t.Helper()
	if os.Getenv("ORIENTIR_RECORD") != "" {
		if err := os.WriteFile(recordFile, []byte(writeRecord(now)), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s is renewed: read its difference before you commit it", recordFile)
		return
	}
	data, err := os.ReadFile(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	record, architecture, err := readRecord(string(data))
	if err != nil {
		t.Fatalf("%s: %v", recordFile, err)
	}
	if faults := faultsAgainst(record, now, architecture); len(faults) > 0 {
		t.Errorf("against %s:\n%s\nwhere that is meant: ORIENTIR_RECORD=1 ./deploy/test ./retrieval -run Quality, and commit the difference", recordFile, strings.Join(faults, "\n"))
	}
}

func TestTheRecordNoticesWhatGotWorse(t *testing.T) {
	t.Parallel()
	line := func(measure string, rows int, value float64) recordLine {
		return recordLine{"x.tsv", "all", measure, rows, value}
	}
	for name, c := range map[string]struct {
		record, now recordLine
		fails       bool
	}{
		"the same":                        {line("hit@1", 1000, 0.80), line("hit@1", 1000, 0.80), false},
		"better":                          {line("hit@1", 1000, 0.80), line("hit@1", 1000, 0.90), false},
		"a hundredth":                     {line("hit@1", 1000, 0.80), line("hit@1", 1000, 0.79), false},
		"more than a hundredth":           {line("hit@1", 1000, 0.80), line("hit@1", 1000, 0.788), true},
		"one row of twenty":               {line("hit@1", 20, 0.80), line("hit@1", 20, 0.75), false},
		"two rows of twenty":              {line("hit@1", 20, 0.80), line("hit@1", 20, 0.70), true},
		"more refused":                    {line("refused", 1000, 0.02), line("refused", 1000, 0.04), true},
		"fewer refused":                   {line("refused", 1000, 0.04), line("refused", 1000, 0.02), false},
		"worse calibrated":                {line(calibrationMeasure, 0, 0.03), line(calibrationMeasure, 0, 0.05), true},
		"other questions":                 {line("hit@1", 1000, 0.80), line("hit@1", 990, 0.80), true},
		"recorded and not measured again": {line("hit@1", 1000, 0.80), line("hit@3", 1000, 0.80), true},
	} {
		read, architecture, err := readRecord(writeRecord([]recordLine{c.record}))
		if err != nil || architecture != runtime.GOARCH {
			t.Fatalf("%s: %q, %v", name, architecture, err)
		}
		if faults := faultsAgainst(read, []recordLine{c.now}, architecture); (len(faults) > 0) != c.fails {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
