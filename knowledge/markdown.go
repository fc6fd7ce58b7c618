package knowledge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ParseError is a fault in a guide's Markdown: the file and the line, from 1.
type ParseError struct {
	File string
	Line int
	What string
}

// Error names file, line and fault.
func (e *ParseError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What) }

// ParseGuide reads a guide from its Bulgarian file and, where there is one, its English file. Unknown keys and headings are faults.
// The error joins one *ParseError for each. What the guide says is checked by Validate.
func ParseGuide(bg, en File) (Guide, error) {
	document, err := parseDocument(bg, Bulgarian)
	if err != nil {
		return Guide{}, err
	}
	f := document.front
	g := Guide{
		Slug: f.Slug, Audience: f.Audience, Status: f.Status, TitleEnglish: f.TitleEnglish, Link: f.Link, Identification: f.Identification,
		Related: f.Related, ReplacedBy: f.ReplacedBy, Municipality: f.Of, ReviewBy: time.Time(f.ReviewBy), Text: map[Language]Text{Bulgarian: document.text()},
	}
	for _, s := range f.Sources {
		g.Sources = append(g.Sources, Source{URL: s.URL, Title: s.Title, Seen: time.Time(s.Seen), Checked: time.Time(s.Checked)})
	}
	for _, a := range f.Apart {
		g.Apart = append(g.Apart, Apart{Slug: a.Slug, How: inLanguages(a.How, a.HowEnglish)})
	}
	for _, l := range f.Local {
		g.Local = append(g.Local, Local{
			Municipality: l.Municipality, Link: l.Link, Contact: l.Contact, Office: l.Office,
			Fee: inLanguages(l.Fee, l.FeeEnglish), Note: inLanguages(l.Note, l.NoteEnglish),
		})
	}
	if en.Data == nil {
		return g, nil
	}
	document, err = parseDocument(en, English)
	if err != nil {
		return Guide{}, err
	}
	e := document.front
	fault := func(what string) error { return &ParseError{en.Name, document.front.line, what} }
	switch {
	case e.Slug != f.Slug:
		return Guide{}, fault(fmt.Sprintf("slug е %q, а в българския файл е %q", e.Slug, f.Slug))
	case e.Audience != "" || e.Status != "" || e.TitleEnglish != "" || e.Link != "" || e.Identification != nil || e.Related != nil || e.Apart != nil || e.ReplacedBy != "" || e.Local != nil || e.Of != "" || e.Sources != nil || !time.Time(e.ReviewBy).IsZero():
		return Guide{}, fault("съдържа нещо, което стои само в българския файл")
	case len(e.Fees) != len(f.Fees):
		return Guide{}, fault("таксите не са като в българския файл")
	}
	for i := range e.Fees {
		if e.Fees[i].Euro != f.Fees[i].Euro {
			return Guide{}, fault("таксите не са като в българския файл")
		}
	}
	g.Text[English] = document.text()
	if g.TitleEnglish == "" {
		g.TitleEnglish = e.Title
	}
	return g, nil
}

// File is a text with the name that faults are told under.
type File struct {
	Name string
	Line int // of its first line, where it is a part of a bigger file; 0 means 1
	Data []byte
}

// frontMatter is what is checked in a guide's file; the order is that of the files.
type frontMatter struct {
	Slug               string      `yaml:"slug"`
	Audience           Audience    `yaml:"audience,omitempty"`
	Status             Status      `yaml:"status,omitempty"`
	Title              string      `yaml:"title"`
	TitleEnglish       string      `yaml:"title_en,omitempty"`
	Authority          string      `yaml:"authority"`
	Contact            string      `yaml:"contact,omitempty"`
	Link               string      `yaml:"link,omitempty"`
	Identification     []Means     `yaml:"identification,omitempty,flow"`
	IdentificationNote string      `yaml:"identification_note,omitempty"`
	Fees               []feeYAML   `yaml:"fees,omitempty"`
	FeeNote            string      `yaml:"fee_note,omitempty"`
	Time               string      `yaml:"time,omitempty"`
	Names              []string    `yaml:"names,omitempty,flow"`
	Formerly           []string    `yaml:"formerly,omitempty,flow"`
	Related            []string    `yaml:"related,omitempty,flow"`
	Apart              []apartYAML `yaml:"apart,omitempty"`
	ReplacedBy         string      `yaml:"replaced_by,omitempty"`
	Local              []localYAML `yaml:"local,omitempty"`
	Of                 string      `yaml:"municipality,omitempty"`
	ReviewBy           dateYAML    `yaml:"review_by,omitempty"`
	Sources            []source    `yaml:"sources,omitempty"`
	line               int
}

type source struct {
	URL     string   `yaml:"url"`
	Title   string   `yaml:"title"`
	Seen    dateYAML `yaml:"seen,omitempty"`
	Checked dateYAML `yaml:"checked,omitempty"`
}

type apartYAML struct {
	Slug       string `yaml:"slug"`
	How        string `yaml:"how"`
	HowEnglish string `yaml:"how_en,omitempty"`
}

type localYAML struct {
	Municipality string `yaml:"municipality"`
	Link         string `yaml:"link,omitempty"`
	Contact      string `yaml:"contact,omitempty"`
	Office       string `yaml:"office,omitempty"`
	Fee          string `yaml:"fee,omitempty"`
	FeeEnglish   string `yaml:"fee_en,omitempty"`
	Note         string `yaml:"note,omitempty"`
	NoteEnglish  string `yaml:"note_en,omitempty"`
}

type feeYAML struct {
	Euro cents  `yaml:"eur"`
	What string `yaml:"what"`
}

// cents is an amount in euro cents, written «15.34».
type cents int64

var amountForm = regexp.MustCompile(`^[0-9]{1,7}(\.[0-9]{1,2})?$`)

// UnmarshalYAML reads an amount as it is written: a binary fraction would lose cents.
func (c *cents) UnmarshalYAML(node *yaml.Node) error {
	if !amountForm.MatchString(node.Value) {
		return fmt.Errorf("line %d: не е сума в евро: %q", node.Line, node.Value)
	}
	value, err := strconv.ParseFloat(node.Value, 64)
	*c = cents(math.Round(value * 100))
	return err
}

// MarshalYAML writes it back.
func (c cents) MarshalYAML() (any, error) {
	value := strconv.FormatInt(int64(c)/100, 10)
	if c%100 != 0 {
		value = fmt.Sprintf("%d.%02d", c/100, c%100)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: value}, nil
}

// dateYAML is a date, written 2027-05-25.
type dateYAML time.Time

// UnmarshalYAML reads a date and nothing else.
func (d *dateYAML) UnmarshalYAML(node *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, node.Value)
	if err != nil {
		return fmt.Errorf("line %d: не е дата като 2027-05-25: %q", node.Line, node.Value)
	}
	*d = dateYAML(t)
	return nil
}

// MarshalYAML writes it back.
func (d dateYAML) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: time.Time(d).Format(time.DateOnly)}, nil
}

// IsZero lets omitempty leave it out.
func (d dateYAML) IsZero() bool { return time.Time(d).IsZero() }

// section is a part of a guide under its heading.
type section struct {
	bg, en   string
	form     byte // 'p' paragraphs, '-' list, '1' numbered list
	required bool
}

// sections stand in this order in every file.
var sections = []section{
	{"Накратко", "In short", 'p', true},
	{"Кой може", "Who can use it", 'p', true},
	{"Изключения", "Exceptions", '-', true},
	{"Къде", "Where", 'p', true},
	{"Стъпки", "Steps", '1', true},
	{"Какво Ви трябва", "What you need", '-', true},
	{"Срокове", "Deadlines", '-', false},
	{"Добре е да знаете", "Good to know", '-', false},
}

func (s section) heading(l Language) string {
	if l == English {
		return s.en
	}
	return s.bg
}

// document is one file as read.
type document struct {
	front frontMatter
	parts [8][]string // of each section: its paragraphs or items
}

func (d document) text() Text {
	f := d.front
	t := Text{
		Title: f.Title, Authority: f.Authority, Contact: f.Contact, IdentificationNote: f.IdentificationNote, FeeNote: f.FeeNote, Time: f.Time, Names: f.Names, Formerly: f.Formerly,
		Summary: strings.Join(d.parts[0], "\n\n"), Who: strings.Join(d.parts[1], "\n\n"), Exceptions: d.parts[2], Where: strings.Join(d.parts[3], "\n\n"),
		Steps: d.parts[4], Needed: d.parts[5], Deadlines: d.parts[6], GoodToKnow: d.parts[7],
	}
	for _, fee := range f.Fees {
		t.Fees = append(t.Fees, Fee{Cents: int64(fee.Euro), What: fee.What})
	}
	return t
}

var (
	yamlLine = regexp.MustCompile(`line ([0-9]+): (.*)`)
	numbered = regexp.MustCompile(`^([0-9]+)\. +(.*)$`)
)

func parseDocument(file File, language Language) (d document, err error) {
	first := max(file.Line, 1)
	var faults []error
	fault := func(line int, what string) { faults = append(faults, &ParseError{file.Name, line + first - 1, what}) }
	text := strings.ReplaceAll(strings.TrimPrefix(string(file.Data), "\ufeff"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	end := -1
	if lines[0] == "---" {
		end = slices.Index(lines[1:], "---") + 1
	}
	if end < 1 {
		fault(1, "няма заглавна част между два реда ---")
		return d, errors.Join(faults...)
	}
	d.front.line = first + 1
	// The empty line in place of the first --- keeps line numbers as they are in the file.
	decoder := yaml.NewDecoder(strings.NewReader("\n" + strings.Join(lines[1:end], "\n") + "\n"))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d.front); err != nil && !errors.Is(err, io.EOF) {
		found := yamlLine.FindAllStringSubmatch(err.Error(), -1)
		for _, m := range found {
			line, _ := strconv.Atoi(m[1])
			fault(line, m[2])
		}
		if found == nil {
			fault(2, err.Error())
		}
	}
	current, last := -1, -1
	open := false  // a paragraph or item goes on
	ended := false // its last line ends there
	for i := end + 1; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t")
		number := i + 1
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			current = slices.IndexFunc(sections, func(s section) bool { return s.heading(language) == heading })
			switch {
			case current < 0:
				fault(number, fmt.Sprintf("непознато заглавие „%s“", heading))
			case current <= last:
				fault(number, fmt.Sprintf("заглавието „%s“ стои два пъти или не на реда си", heading))
			default:
				last = current
			}
			open = false
			continue
		}
		if line == "" {
			open = false
			continue
		}
		if current < 0 {
			if last < 0 {
				fault(number, "текст преди първото заглавие")
				last = 0
			}
			continue
		}
		part := &d.parts[current]
		item, isItem := line, false
		switch sections[current].form {
		case '-':
			item, isItem = strings.CutPrefix(line, "- ")
		case '1':
			if m := numbered.FindStringSubmatch(line); m != nil {
				item, isItem = m[2], true
				if m[1] != strconv.Itoa(len(*part)+1) {
					fault(number, fmt.Sprintf("стъпка %s, а е ред на %d", m[1], len(*part)+1))
				}
			}
		default:
			isItem = !open
		}
		text, end := readLine(item, sections[current].form == 'p')
		switch {
		case isItem:
			*part = append(*part, text)
		case open && ended:
			(*part)[len(*part)-1] += "\n" + text
		case open:
			(*part)[len(*part)-1] += " " + text
		default:
			fault(number, fmt.Sprintf("не е точка от „%s“, нито продължение на точка", sections[current].heading(language)))
		}
		open, ended = isItem || open, end
	}
	for i, s := range sections {
		if s.required && len(d.parts[i]) == 0 {
			fault(len(lines), fmt.Sprintf("няма нищо под „%s“", s.heading(language)))
		}
	}
	return d, errors.Join(faults...)
}

// Markdown writes a guide as its file in one language, which ParseGuide reads back. It is nil where the guide has no text in it.
func (g Guide) Markdown(language Language) ([]byte, error) {
	t, ok := g.Text[language]
	if !ok {
		return nil, nil
	}
	front := frontMatter{
		Slug: g.Slug, Title: t.Title, Authority: t.Authority, Contact: t.Contact, IdentificationNote: t.IdentificationNote, FeeNote: t.FeeNote,
		Time: t.Time, Names: t.Names, Formerly: t.Formerly,
	}
	for _, fee := range t.Fees {
		front.Fees = append(front.Fees, feeYAML{cents(fee.Cents), fee.What})
	}
	if language == Bulgarian {
		front.Audience, front.Status, front.TitleEnglish, front.Link = g.Audience, g.Status, g.TitleEnglish, g.Link
		front.Identification, front.Related, front.ReviewBy = g.Identification, g.Related, dateYAML(g.ReviewBy)
		front.ReplacedBy, front.Of = g.ReplacedBy, g.Municipality
		for _, a := range g.Apart {
			front.Apart = append(front.Apart, apartYAML{a.Slug, a.How[Bulgarian], a.How[English]})
		}
		for _, l := range g.Local {
			front.Local = append(front.Local, localYAML{l.Municipality, l.Link, l.Contact, l.Office, l.Fee[Bulgarian], l.Fee[English], l.Note[Bulgarian], l.Note[English]})
		}
		for _, s := range g.Sources {
			front.Sources = append(front.Sources, source{s.URL, s.Title, dateYAML(s.Seen), dateYAML(s.Checked)})
		}
	}
	var out bytes.Buffer
	out.WriteString("---\n")
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(front); err != nil {
		return nil, fmt.Errorf("write guide %q: %w", g.Slug, err)
	}
	out.WriteString("---\n")
	parts := [8][]string{{t.Summary}, {t.Who}, t.Exceptions, {t.Where}, t.Steps, t.Needed, t.Deadlines, t.GoodToKnow}
	for i, s := range sections {
		if len(parts[i]) == 0 {
			continue
		}
		if i > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "## %s\n", s.heading(language))
		for n, part := range parts[i] {
			switch s.form {
			case '-':
				part = "- " + writeItem(part, "  ")
			case '1':
				part = fmt.Sprintf("%d. ", n+1) + writeItem(part, "   ")
			default:
				part = writeParagraphs(part)
			}
			out.WriteString(part + "\n")
		}
	}
	return out.Bytes(), nil
}
