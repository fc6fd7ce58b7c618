package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// readStarter reads all files of the starter knowledge. A fault in them is told with file and row; the tests see to it that there is none.
func readStarter(files fs.FS) (map[string][]starterItem, error) {
	items := map[string][]starterItem{}
	guides, err := readGuideFiles(files, "guides")
	if err != nil {
		return nil, err
	}
	items["guide"] = guides
	questions, err := fs.Glob(files, "questions/*.tsv")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	keep := func(sample Sample) error {
		if seen[sample.Text] {
			return fmt.Errorf("the question stands twice: %q", sample.Text)
		}
		seen[sample.Text] = true
		items["sample"] = append(items["sample"], starterItem{key: sample.Text, data: map[string]any{
			"question": sample.Text, "expected": filled(sample.Expected), "kind": sample.Kind, "language": sample.Language, "signpost": sample.Signpost,
		}})
		return sample.validate()
	}
	for _, name := range questions {
		err := readStarterTable(files, name, []string{"question", "expected", "kind", "language"}, func(row []string) error {
			return keep(sampleFromRow(row))
		})
		if err != nil {
			return nil, err
		}
	}
	err = readStarterTable(files, "signpost-questions.tsv", []string{"question", "signpost", "kind", "language"}, func(row []string) error {
		if row[1] == "" {
			return fmt.Errorf("no signpost: %q", row[0])
		}
		return keep(Sample{Text: row[0], Signpost: row[1], Kind: row[2], Language: row[3]})
	})
	if err != nil {
		return nil, err
	}
	err = readStarterTable(files, "hosts.tsv", []string{"host", "whose"}, func(row []string) error {
		items["host"] = append(items["host"], starterItem{key: row[0], data: map[string]any{"host": row[0]}})
		if !allowable(row[0]) {
			return &Fault{"host", "fault.host", row[0]}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = readStarterTable(files, "glossary.tsv", []string{"term", "meaning"}, func(row []string) error {
		items["term"] = append(items["term"], starterItem{key: row[0], data: map[string]any{"term": row[0], "meaning": row[1]}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = readStarterTable(files, "signposts.tsv", []string{"title", "authority", "link", "names"}, func(row []string) error {
		items["signpost"] = append(items["signpost"], starterItem{key: row[0], data: map[string]any{
			"title": row[0], "authority": row[1], "link": row[2], "names": splitList(row[3]),
		}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(files, "places.csv")
	if err != nil {
		return nil, err
	}
	places, err := readPlaces(data)
	if err != nil {
		return nil, fmt.Errorf("places.csv: %w", err)
	}
	for _, p := range places {
		items["place"] = append(items["place"], starterItem{key: p.Ekatte, data: p})
	}
	if data, err = fs.ReadFile(files, "help-points.csv"); err != nil {
		return nil, err
	}
	points, err := readPoints(data)
	if err != nil {
		return nil, fmt.Errorf("help-points.csv: %w", err)
	}
	for _, record := range points {
		items["help-point"] = append(items["help-point"], starterItem{key: record.point.ID, data: pointJSON(record.point)})
	}
	return items, nil
}

// readGuideFiles reads the guides of a folder, <slug>.md with <slug>.en.md beside it.
func readGuideFiles(files fs.FS, folder string) ([]starterItem, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.md"))
	if err != nil {
		return nil, err
	}
	var items []starterItem
	for _, name := range names {
		if strings.HasSuffix(name, ".en.md") {
			continue
		}
		g, data, err := readGuideFile(files, name, names)
		if err != nil {
			return nil, err
		}
		// The hash is of the text: a new field in Guide makes no new versions.
		items = append(items, starterItem{key: g.Slug, data: g, hash: digest(data)})
	}
	return items, nil
}

// readGuideFile reads a guide's Bulgarian file and, where names has it, the English one beside it. It gives both files' bytes too.
func readGuideFile(files fs.FS, name string, names []string) (g Guide, data []byte, err error) {
	bg, en := File{Name: name}, File{Name: strings.TrimSuffix(name, ".md") + ".en.md"}
	if bg.Data, err = fs.ReadFile(files, name); err != nil {
		return g, nil, err
	}
	if slices.Contains(names, en.Name) {
		if en.Data, err = fs.ReadFile(files, en.Name); err != nil {
			return g, nil, err
		}
	}
	if g, err = ParseGuide(bg, en); err != nil {
		return g, nil, err
	}
	if slug := strings.TrimSuffix(path.Base(name), ".md"); g.Slug != slug {
		return g, nil, &ParseError{name, 2, fmt.Sprintf("slug е %q, а файлът е на %q", g.Slug, slug)}
	}
	return g, slices.Concat(bg.Data, en.Data), nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// splitList splits «a; b; c».
func splitList(text string) []string {
	list := []string{}
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
