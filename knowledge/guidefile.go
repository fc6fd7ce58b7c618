package knowledge

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FiledGuide is a guide as a file has it, with its line in the file (of JSON-LD the number of its service), from 1.
type FiledGuide struct {
	Row   int
	Guide Guide
}

// What a file of guides may hold at most.
const (
	mostUnpacked  = 64 << 20 // bytes of all files in an archive
	mostFiles     = 12_000   // in an archive
	biggestInside = 1 << 20  // bytes of one file in an archive
)

// ReadGuideFile reads the guides of a file: Markdown of one or several, an archive (.zip) of such files, or CPSV-AP in JSON-LD. Personal numbers in them
// are masked. What a file carries is somebody else's until it is checked: its size and depth are bounded, and so is each field; markup and signs that
// can't be seen are faults. Whether a guide is complete and its links stand on known hosts is for Plan. The error is *ImportError.
func ReadGuideFile(data []byte) ([]FiledGuide, error) {
	var guides []FiledGuide
	var err error
	switch guideFormat(data) {
	case "zip":
		guides, err = readArchive(data)
	case "jsonld":
		var list []Guide
		list, err = ReadCPSV(bytes.TrimPrefix(data, []byte("\ufeff")))
		for i, g := range list {
			guides = append(guides, FiledGuide{i + 1, g})
		}
	default:
		guides, err = readMarkdowns("", data)
	}
	if err != nil {
		return nil, err
	}
	faults := &faultList{}
	seen := map[string]bool{}
	for i, filed := range guides {
		if seen[filed.Guide.Slug] {
			faults.add(filed.Row, "slug", "fault.twice", filed.Guide.Slug)
		}
		seen[filed.Guide.Slug] = true
		guides[i].Guide = filed.Guide.masked()
		for _, f := range guides[i].Guide.bounds() {
			faults.add(filed.Row, f.Field, f.Key, f.Value)
		}
	}
	return guides, faults.result()
}

// GuideFormats are the forms that guides go out and come in: Markdown of all in one text, an archive of Markdown files, CPSV-AP.
func GuideFormats() []string { return []string{"markdown", "zip", "jsonld"} }

// guideFormat knows a file's form by how it begins.
func guideFormat(data []byte) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(text, []byte("{")), bytes.HasPrefix(text, []byte("[")):
		return "jsonld"
	}
	return "markdown"
}

// nextGuide finds where a guide begins in a file of several.
var nextGuide = regexp.MustCompile(`(?m)^---\r?\nslug:`)

// readMarkdowns reads a text of guides, each in Bulgarian, some followed by their English text. name is told with faults, where there are several files.
func readMarkdowns(name string, data []byte) ([]FiledGuide, error) {
	faults := &faultList{}
	if !utf8.Valid(data) {
		faults.add(1, "-", "fault.text", name)
		return nil, faults.result()
	}
	starts := nextGuide.FindAllIndex(data, -1)
	if len(starts) == 0 || len(bytes.TrimSpace(bytes.TrimPrefix(data[:starts[0][0]], []byte("\ufeff")))) > 0 {
		faults.add(1, "-", "fault.markdown", name)
		return nil, faults.result()
	}
	var files []File
	line, counted := 1, 0
	for i, at := range starts {
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		line, counted = line+bytes.Count(data[counted:at[0]], []byte("\n")), at[0]
		files = append(files, File{Name: "guides", Line: line, Data: data[at[0]:end]})
	}
	var guides []FiledGuide
	for i := 0; i < len(files); i++ {
		bg, en := files[i], File{}
		if i+1 < len(files) && bytes.Contains(files[i+1].Data, []byte("\n## "+sections[0].en)) {
			en = files[i+1]
			i++
		}
		g, err := ParseGuide(bg, en)
		if err != nil {
			for _, fault := range parseErrors(err) {
				faults.add(fault.Line, "-", "fault.markdown", strings.TrimSpace(name+" "+fault.What))
			}
			continue
		}
		guides = append(guides, FiledGuide{bg.Line, g})
	}
	return guides, faults.result()
}

// readArchive reads the Markdown files of a ZIP archive, <slug>.md with <slug>.en.md beside it, in any folder. What else is in it is a fault.
func readArchive(data []byte) ([]FiledGuide, error) {
	faults := &faultList{}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) > mostFiles {
		faults.add(0, "-", "fault.archive", "")
		return nil, faults.result()
	}
	texts, left := map[string][]byte{}, mostUnpacked
	for i, f := range z.File {
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(path.Base(f.Name), ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		slug := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.Name), ".md"), ".en")
		if path.Ext(f.Name) != ".md" || !slugForm.MatchString(slug) {
			faults.add(i+1, "-", "fault.markdown", f.Name)
			continue
		}
		// What the archive says of sizes is its own word: as much is read as is allowed, and no more.
		r, err := f.Open()
		if err != nil {
			faults.add(i+1, "-", "fault.archive", f.Name)
			continue
		}
		text, err := io.ReadAll(io.LimitReader(r, biggestInside+1))
		_ = r.Close()
		switch left -= len(text); {
		case err != nil:
			faults.add(i+1, "-", "fault.archive", f.Name)
		case len(text) > biggestInside, left < 0:
			faults.add(i+1, "-", "fault.large", f.Name)
			return nil, faults.result()
		case texts[path.Base(f.Name)] != nil:
			faults.add(i+1, "-", "fault.twice", f.Name)
		}
		texts[path.Base(f.Name)] = text
	}
	var guides []FiledGuide
	for _, name := range sortedKeys(texts) {
		slug := strings.TrimSuffix(name, ".md")
		if bulgarian, ok := strings.CutSuffix(slug, ".en"); ok {
			if texts[bulgarian+".md"] == nil {
				faults.add(1, "-", "fault.missing", bulgarian+".md")
			}
			continue
		}
		list, err := readMarkdowns(name, slices.Concat(texts[name], []byte("\n"), texts[slug+".en.md"]))
		var wrong *ImportError
		if errors.As(err, &wrong) {
			for _, f := range wrong.Faults {
				faults.add(f.Row, f.Column, f.Key, f.Value)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		guides = append(guides, list...)
	}
	if len(guides) == 0 && len(faults.err.Faults) == 0 {
		faults.add(0, "-", "fault.missing", "*.md")
	}
	return guides, faults.result()
}

// WriteArchive writes guides as a ZIP archive of Markdown files, which ReadGuideFile reads back.
func WriteArchive(w io.Writer, guides []Guide) error {
	z := zip.NewWriter(w)
	for _, g := range guides {
		for language, name := range map[Language]string{Bulgarian: g.Slug + ".md", English: g.Slug + ".en.md"} {
			text, err := g.Markdown(language)
			if err != nil {
				return err
			}
			if text == nil {
				continue
			}
			f, err := z.Create(name)
			if err != nil {
				return fmt.Errorf("write archive of guides: %w", err)
			}
			if _, err := f.Write(text); err != nil {
				return fmt.Errorf("write archive of guides: %w", err)
			}
		}
	}
	return wrap("write archive of guides", z.Close())
}

// ExportGuides writes the published guides: as «markdown», all in one text; as «zip», an archive of Markdown files; as «jsonld», CPSV-AP, with the
// address of the site and who publishes in o. «csv» and «tsv» are Markdown too.
func (s *Store) ExportGuides(ctx context.Context, format string, o CPSVOptions, w io.Writer) error {
	guides, err := s.Guides(ctx)
	if err != nil {
		return fmt.Errorf("export guides: %w", err)
	}
	switch format {
	case "jsonld":
		data, err := CPSV(guides, o)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return wrap("export guides", err)
	case "zip":
		return WriteArchive(w, guides)
	case "markdown", "csv", "tsv":
		for _, g := range guides {
			for _, language := range []Language{Bulgarian, English} {
				text, err := g.Markdown(language)
				if err != nil {
					return err
				}
				if _, err := w.Write(text); err != nil {
					return fmt.Errorf("export guides: %w", err)
				}
			}
		}
		return nil
	}
	return fmt.Errorf("export guides: no form %q", format)
}

// Bounds of what a guide from a file may hold, in characters and items. People's guides are far below.
const (
	longestLine  = 500
	longestText  = 5_000
	longestList  = 100
	mostDoors    = 400 // there are 265 municipalities
	longestLink  = 2_000
	mostRelation = 50
)

// markup finds what a browser would read as HTML.
var markup = regexp.MustCompile(`<[/!a-zA-Z][^>]*>`)

// bounds checks a guide's lengths and signs, which Validate leaves to forms.
func (g Guide) bounds() (faults Faults) {
	fault := func(field, key, value string) { faults = append(faults, &Fault{field, key, value}) }
	check := func(field, text string, longest int) {
		switch {
		case utf8.RuneCountInString(text) > longest:
			fault(field, "fault.long", text)
		case markup.MatchString(text):
			fault(field, "fault.markup", markup.FindString(text))
		case strings.ContainsFunc(text, unseen):
			fault(field, "fault.text", text)
		}
	}
	most := func(field string, count, most int) {
		if count > most {
			fault(field, "fault.long", fmt.Sprint(count))
		}
	}
	check("title_english", g.TitleEnglish, longestLine)
	check("link", g.Link, longestLink)
	check("municipality", g.Municipality, longestLine)
	most("related", len(g.Related), mostRelation)
	most("apart", len(g.Apart), mostRelation)
	most("local", len(g.Local), mostDoors)
	most("sources", len(g.Sources), longestList)
	for _, a := range g.Apart {
		for _, how := range a.How {
			check("apart.how", how, longestText)
		}
	}
	for _, l := range g.Local {
		check("local.link", l.Link, longestLink)
		for _, text := range []string{l.Municipality, l.Contact, l.Office, l.Note[Bulgarian], l.Note[English], l.Fee[Bulgarian], l.Fee[English]} {
			check("local", text, longestLine)
		}
	}
	for _, s := range g.Sources {
		check("sources.url", s.URL, longestLink)
		check("sources.title", s.Title, longestLine)
	}
	for _, language := range []Language{Bulgarian, English} {
		t, field := g.Text[language], "text."+string(language)+"."
		for name, text := range map[string]string{"title": t.Title, "authority": t.Authority, "contact": t.Contact, "time": t.Time} {
			check(field+name, text, longestLine)
		}
		for name, text := range map[string]string{"summary": t.Summary, "who": t.Who, "where": t.Where, "identification_note": t.IdentificationNote, "fee_note": t.FeeNote} {
			check(field+name, text, longestText)
		}
		most(field+"fees", len(t.Fees), longestList)
		for _, f := range t.Fees {
			check(field+"fees", f.What, longestLine)
		}
		for name, list := range map[string][]string{
			"exceptions": t.Exceptions, "steps": t.Steps, "needed": t.Needed, "deadlines": t.Deadlines, "good_to_know": t.GoodToKnow, "names": t.Names, "formerly": t.Formerly,
		} {
			most(field+name, len(list), longestList)
			for _, text := range list {
				check(field+name, text, longestText)
			}
		}
	}
	slices.SortStableFunc(faults, func(a, b *Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// unseen says whether a sign can't be seen: controls, and those that turn the direction of writing.
func unseen(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
