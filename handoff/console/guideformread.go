package console

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/knowledge"
)

// columnsOf are the names of the fields that make up the rows of a list.
func columnsOf(list string) []string {
	switch list {
	case "exceptions", "steps", "needed", "deadlines", "good_to_know":
		return []string{"text.bg." + list, "text.en." + list}
	case "fees":
		return []string{"fees.amount", "text.bg.fees", "text.en.fees"}
	case "related":
		return []string{"related"}
	case "apart":
		return []string{"apart.slug", "apart.bg", "apart.en"}
	case "local":
		return []string{"local.municipality", "local.link", "local.contact", "local.bg", "local.en", "local.office", "local.fee_bg", "local.fee_en"}
	case "sources":
		return []string{"sources.url", "sources.title", "sources.seen", "sources.checked"}
	}
	return nil
}

// typed reads the fields of a form.
type typed struct{ url.Values }

// line is a field without line ends and spaces around it.
func (t typed) line(name string) string { return tidy(t.Get(name)) }

// tidy puts a text on one line. A no-break space stays: somebody meant it.
func tidy(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }), " ")
}

// text is a field of paragraphs.
func (t typed) text(name string) string { return paragraphsOf(t.Get(name)) }

func paragraphsOf(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// lines are the lines of a field, without empty ones.
func (t typed) lines(name string) (list []string) {
	for line := range strings.Lines(t.Get(name)) {
		if line = tidy(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// at is one row of a column.
func (t typed) at(name string, row int) string {
	if v := t.Values[name]; row < len(v) {
		return tidy(v[row])
	}
	return ""
}

// rows are the numbers of a list's rows in which something stands.
func (t typed) rows(list string) (rows []int) {
	columns, most := columnsOf(list), 0
	for _, c := range columns {
		most = max(most, len(t.Values[c]))
	}
	for row := range most {
		if slices.ContainsFunc(columns, func(c string) bool { return t.at(c, row) != "" }) {
			rows = append(rows, row)
		}
	}
	return rows
}

// pairs are a list in both languages. A row that only one of them has stays empty in the other, up to that one's last, so that both stay beside each other.
func (t typed) pairs(list string) (bg, en []string) {
	for _, row := range t.rows(list) {
		bg, en = append(bg, t.at("text.bg."+list, row)), append(en, t.at("text.en."+list, row))
	}
	return trimEnd(bg), trimEnd(en)
}

// trimEnd leaves out empty rows at the end.
func trimEnd(list []string) []string {
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// typedGuide puts what was typed into a draft. What the form doesn't show stays as it is kept.
func (s *site) typedGuide(r *http.Request, values url.Values, kept knowledge.Draft) (knowledge.Draft, error) {
	t := typed{values}
	d := kept
	d.Revision, _ = strconv.Atoi(t.Get("revision"))
	d.Base, _ = strconv.Atoi(t.Get("base"))
	d.Notes = t.text("notes")
	g := kept.Guide
	g.Slug = kept.Slug
	g.Audience, g.Status = knowledge.Audience(t.Get("audience")), knowledge.Status(t.Get("status"))
	g.Link, g.Why = address(t.line("link")), t.line("why")
	g.Identification, g.Related, g.Apart, g.Local, g.Sources = nil, nil, nil, nil, nil
	// Those that were ticked before keep their order: the first is the one that people are told first.
	ticked := t.Values["identification"]
	for _, m := range kept.Guide.Identification {
		if slices.Contains(ticked, string(m)) {
			g.Identification = append(g.Identification, m)
		}
	}
	for _, m := range ticked {
		if !slices.Contains(g.Identification, knowledge.Means(m)) {
			g.Identification = append(g.Identification, knowledge.Means(m))
		}
	}
	var err error
	guide := func(words string) string {
		if err != nil || words == "" {
			return ""
		}
		var slug string
		slug, err = s.Knowledge.GuideOf(r.Context(), words)
		return slug
	}
	g.ReplacedBy = guide(t.line("replaced_by"))
	for _, row := range t.rows("related") {
		g.Related = append(g.Related, guide(t.at("related", row)))
	}
	for _, row := range t.rows("apart") {
		g.Apart = append(g.Apart, knowledge.Apart{Slug: guide(t.at("apart.slug", row)), How: inBoth(t.at("apart.bg", row), t.at("apart.en", row))})
	}
	for _, row := range t.rows("local") {
		g.Local = append(g.Local, knowledge.Local{
			Municipality: t.at("local.municipality", row), Link: address(t.at("local.link", row)), Contact: t.at("local.contact", row),
			Office: t.at("local.office", row), Fee: inBoth(t.at("local.fee_bg", row), t.at("local.fee_en", row)),
			Note: inBoth(t.at("local.bg", row), t.at("local.en", row)),
		})
	}
	for _, row := range t.rows("sources") {
		g.Sources = append(g.Sources, knowledge.Source{
			URL: address(t.at("sources.url", row)), Title: t.at("sources.title", row), Seen: readDay(t.at("sources.seen", row)), Checked: readDay(t.at("sources.checked", row)),
		})
	}
	g.ReviewBy = readDay(t.line("review_by"))
	g.Text = t.texts()
	if title := t.line("text.en.title"); title != englishTitle(kept.Guide) {
		g.TitleEnglish = title
	}
	d.Guide = g
	return d, err
}

// englishTitle is the English name as the form shows it.
func englishTitle(g knowledge.Guide) string {
	if title := g.Text[knowledge.English].Title; title != "" {
		return title
	}
	return g.TitleEnglish
}

// texts are the guide's texts in both languages. English with a title alone is no text: the guide keeps the title.
func (t typed) texts() map[knowledge.Language]knowledge.Text {
	bg, en := t.textIn("text.bg."), t.textIn("text.en.")
	bg.Exceptions, en.Exceptions = t.pairs("exceptions")
	bg.Steps, en.Steps = t.pairs("steps")
	bg.Needed, en.Needed = t.pairs("needed")
	bg.Deadlines, en.Deadlines = t.pairs("deadlines")
	bg.GoodToKnow, en.GoodToKnow = t.pairs("good_to_know")
	var inEnglish []knowledge.Fee
	for _, row := range t.rows("fees") {
		cents, words := amount(t.at("fees.amount", row))
		what := t.at("text.bg.fees", row)
		if words != "" && what != words && !strings.HasPrefix(what, words+" ") { // what was typed for an amount isn't lost
			what = strings.TrimSpace(words + " " + what)
		}
		bg.Fees = append(bg.Fees, knowledge.Fee{Cents: cents, What: what})
		inEnglish = append(inEnglish, knowledge.Fee{Cents: cents, What: t.at("text.en.fees", row)})
	}
	texts := map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: bg}
	only := knowledge.Text{Title: en.Title}
	some := len(knowledge.Diff(knowledge.Guide{Text: map[knowledge.Language]knowledge.Text{knowledge.English: only}}, knowledge.Guide{Text: map[knowledge.Language]knowledge.Text{knowledge.English: en}})) > 0
	if some || slices.ContainsFunc(inEnglish, func(f knowledge.Fee) bool { return f.What != "" }) {
		en.Fees = inEnglish
		texts[knowledge.English] = en
	}
	return texts
}

func (t typed) textIn(prefix string) knowledge.Text {
	names := func(name string) (list []string) {
		for _, n := range t.lines(prefix + name) {
			list = append(list, knowledge.EverydayName(n))
		}
		return list
	}
	return knowledge.Text{
		Title: t.line(prefix + "title"), Authority: t.line(prefix + "authority"), Contact: t.line(prefix + "contact"),
		Summary: t.text(prefix + "summary"), Who: t.text(prefix + "who"), Where: t.text(prefix + "where"),
		IdentificationNote: t.text(prefix + "identification_note"), FeeNote: t.text(prefix + "fee_note"), Time: t.line(prefix + "time"),
		Names: names("names"), Formerly: names("formerly"),
	}
}

var amountTyped = regexp.MustCompile(`^([0-9]{1,7})(?:[.,]([0-9]{1,2}))?(?: ?(?:€|eur|евро))?$`)

// amount reads an amount in euro, «15,34». What is none gives -1, which a check finds, and the words as they were typed.
func amount(words string) (cents int64, not string) {
	if strings.EqualFold(words, "безплатно") {
		return 0, ""
	}
	m := amountTyped.FindStringSubmatch(strings.ToLower(strings.TrimSpace(words)))
	if m == nil {
		return -1, words
	}
	value, _ := strconv.ParseFloat(m[1]+"."+m[2]+"0", 64)
	return int64(math.Round(value * 100)), ""
}

// amountWords writes an amount as it is typed; "" for one that isn't known.
func amountWords(cents int64) string {
	switch {
	case cents < 0:
		return ""
	case cents%100 == 0:
		return strconv.FormatInt(cents/100, 10)
	}
	return fmt.Sprintf("%d,%02d", cents/100, cents%100)
}

// address completes one that was typed as people say it, «egov.bg/x».
func address(typed string) string {
	if typed != "" && !strings.Contains(typed, ":") && strings.Contains(typed, ".") {
		return "https://" + typed
	}
	return typed
}

// readDay is the day that a field of dates holds; none where it holds something else.
func readDay(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day
}

// writeDay is a day as a field of dates holds it; "" for none.
func writeDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// inBoth is nil where nothing was typed.
func inBoth(bg, en string) map[knowledge.Language]string {
	words := map[knowledge.Language]string{}
	if bg != "" {
		words[knowledge.Bulgarian] = bg
	}
	if en != "" {
		words[knowledge.English] = en
	}
	if len(words) == 0 {
		return nil
	}
	return words
}
