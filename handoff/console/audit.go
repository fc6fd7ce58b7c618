package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	Older    int64 // id to go on from; 0 where this is the end
}

const auditPageSize = 50

func (s *site) auditPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := auditList{frame: s.frame(w, r, "audit_title"), Area: q.Get("area"),
		Areas: []string{"account", "session", "ticket", "transcript", "task", "host", "canned", "group", "library", "training"}}
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
	return s.render(w, http.StatusOK, "audit", page)
}

// Subject puts what a change was about into words.
func (l auditList) Subject(e staff.Entry) string {
	area, id, _ := strings.Cut(e.Subject, ":")
	switch area {
	case "":
		return ""
	case "account":
		for _, a := range l.Accounts {
			if strconv.FormatInt(a.ID, 10) == id {
				return a.Name
			}
		}
	case "host", "library":
		return id
	}
	return l.T("subject_"+area, id)
}

// detail is one of an entry's details in words.
type detail struct{ Label, Words string }

// Detail puts an entry's details into words, ordered by name. What has no name in the page's language keeps its own.
func (l auditList) Detail(e staff.Entry) []detail {
	var list []detail
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		d := detail{Label: key, Words: l.value(key, e.Detail[key])}
		if name := "console.detail_" + key; i18n.Has(l.Language, name) {
			d.Label = l.P(name)
		}
		if d.Words != "" {
			list = append(list, d)
		}
	}
	return list
}

// value writes a detail: roles, outcomes and libraries by their names, anything of several parts as it was kept.
func (l auditList) value(key string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		family := map[string]string{"roles": "role_", "outcome": "ended_", "guide": "verdict_"}[key]
		if family != "" && i18n.Has(l.Language, "console."+family+v) {
			return l.T(family + v)
		}
		return v
	case bool:
		if v {
			return l.T("yes")
		}
		return l.T("no")
	case []any:
		words := make([]string, len(v))
		for i, part := range v {
			words[i] = l.value(key, part)
		}
		return strings.Join(words, ", ")
	}
	data, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(data)
}
