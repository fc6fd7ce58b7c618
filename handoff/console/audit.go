package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// auditList is the audit log.
type auditList struct {
	frame
	Entries  []staff.Entry
	Accounts []staff.Account
	Areas    []string
	By       int64
	Area     string
	Older    int64             // id to go on from; 0 where this is the end
	Names    map[string]string // of the libraries that the entries tell of, by id
}

const auditPageSize = 50

// mostGuidesTold is how many guides of an import an entry names on the page; the log has them all.
const mostGuidesTold = 50

func (s *site) auditPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := auditList{frame: s.frame(w, r, "audit_title"), Area: q.Get("area"),
		Areas: []string{"account", "session", "ticket", "transcript", "task", "problem", "host", "link", "canned", "group", "library", "training", "guide", "rules", "news"}}
	page.By, _ = strconv.ParseInt(q.Get("by"), 10, 64)
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64)
	var err error
	if page.Accounts, err = s.Staff.Accounts(r.Context()); err != nil {
		return err
	}
	page.Entries, err = s.Staff.Audit(r.Context(), staff.AuditFilter{By: page.By, Area: page.Area, Before: before, Limit: auditPageSize + 1})
	if err != nil {
		return err
	}
	if len(page.Entries) > auditPageSize {
		page.Entries = page.Entries[:auditPageSize]
		page.Older = page.Entries[auditPageSize-1].ID
	}
	if page.Names, err = s.libraryNames(r, librariesIn(page.Entries)); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "audit", page)
}

// libraryDetails are the details that may hold the id of a library, or several.
var libraryDetails = []string{"from", "to", "library", "libraries"}

// librariesIn collects what may be the id of a library, so that one query finds their names.
func librariesIn(entries []staff.Entry) (ids []string) {
	for _, e := range entries {
		if id, ok := strings.CutPrefix(e.Subject, "library:"); ok {
			ids = append(ids, id)
		}
		for _, key := range libraryDetails {
			switch v := e.Detail[key].(type) {
			case string:
				ids = append(ids, v)
			case []any:
				for _, one := range v {
					ids = append(ids, fmt.Sprint(one))
				}
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Subject puts what a change was about into words.
func (l auditList) Subject(e staff.Entry) string {
	area, id, _ := strings.Cut(e.Subject, ":")
	switch area {
	case "", "rules": // there is one set of rules
		return ""
	case "account":
		return l.account(id)
	case "host", "link", "guide":
		return id
	case "library":
		if name := l.Names[id]; name != "" {
			return name
		}
	}
	return l.T("subject_"+area, id)
}

// account names an account by its number.
func (l auditList) account(id string) string {
	for _, a := range l.Accounts {
		if strconv.FormatInt(a.ID, 10) == id {
			return a.Name
		}
	}
	return l.T("subject_account", id)
}

// detail is one of an entry's details in words, a line for each of several changes.
type detail struct{ Label, Words string }

// Detail puts an entry's details into words, ordered by name. What has no name in the page's language keeps its own.
func (l auditList) Detail(e staff.Entry) []detail {
	var list []detail
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		d := detail{Label: key, Words: l.value(e.Verb, key, e.Detail[key])}
		if name := "console.detail_" + key; i18n.Has(l.Language, name) {
			d.Label = l.P(name)
		}
		if d.Words != "" {
			list = append(list, d)
		}
	}
	return list
}

// value writes a detail for people; of several parts each. What it knows nothing of it writes as it was kept.
func (l auditList) value(verb, key string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return l.text(verb, key, v)
	case bool:
		if v {
			return l.T("yes")
		}
		return l.T("no")
	case float64:
		if key == "effort" {
			return l.T(fmt.Sprintf("effort_%.0f", v))
		}
	case []any:
		more := ""
		if key == "guides" && len(v) > mostGuidesTold {
			v, more = v[:mostGuidesTold], fmt.Sprintf(" … +%d", len(v)-mostGuidesTold)
		}
		words, between := make([]string, len(v)), ", "
		for i, part := range v {
			words[i] = l.value(verb, key, part)
		}
		if key == "changes" {
			between = "\n"
		}
		return strings.Join(words, between) + more
	case map[string]any:
		if key == "changes" {
			return l.change(v)
		}
	}
	data, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(data)
}

// text writes a detail that was kept as text: what has a name by that, a moment as people write it.
func (l auditList) text(verb, key, value string) string {
	families := map[string][]string{
		"roles": {"console.role_"}, "outcome": {"console.ended_"}, "guide": {"console.verdict_"}, "purpose": {"console.purpose_"},
		"kind": {"console.kind_"}, "scope": {"console.scope_"}, "done": {"sources."}, "way": {"signin.way_"}, "step": {"signin.step_"},
	}
	if key == "why" { // a phrase's key; those of a queue's own page speak to who works there
		value = strings.TrimPrefix(value, "console.why_")
		families["why"] = []string{"console.moved_", "console.why_"}
	}
	for _, family := range families[key] {
		if i18n.Has(l.Language, family+value) {
			return l.P(family + value)
		}
	}
	if key == "outcome" && value == "open" { // what a search asked for
		return l.D("transcript_open")
	}
	if id, ok := strings.CutPrefix(value, "account:"); ok && key == "to" {
		return l.account(id)
	}
	if key == "fields" { // of a guide
		return l.formLabel(value)
	}
	if value == "" && strings.HasPrefix(verb, "ticket.") && (key == "from" || key == "to") {
		return l.T("pool")
	}
	if name := l.Names[value]; name != "" && slices.Contains(libraryDetails, key) {
		return name
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return l.When(at)
	}
	if day, err := time.ParseInLocation(time.DateOnly, value, l.site.zone); err == nil {
		return l.Day(day)
	}
	return value
}

// change writes what became of one field: «Телефони: 092 1 → 092 2».
func (l auditList) change(c map[string]any) string {
	field, _ := c["field"].(string)
	before, _ := c["before"].(string)
	after, _ := c["after"].(string)
	label := field
	if i18n.Has(l.Language, "library.field_"+field) {
		label = l.L("field_" + field)
	}
	return fmt.Sprintf("%s: %s → %s", label, l.fieldWords(field, before), l.fieldWords(field, after))
}
