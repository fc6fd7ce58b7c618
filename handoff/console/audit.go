package console

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

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

// Detail writes an entry's details on one line.
func (auditList) Detail(e staff.Entry) string {
	if len(e.Detail) == 0 {
		return ""
	}
	data, err := json.Marshal(e.Detail)
	if err != nil {
		return ""
	}
	return string(data)
}
