package webchat

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"orientir/bot"
)

// openDocument is the file of all that is published.
type openDocument struct {
	Title       string                       `json:"title"`
	Licence     string                       `json:"licence"`
	Attribution string                       `json:"attribution"`
	Source      string                       `json:"source"` // the page that explains it
	Threshold   int                          `json:"threshold"`
	Note        string                       `json:"note"`
	Months      []OpenMonth                  `json:"months"` // the newest first
	Services    map[string]map[string]string `json:"services"`
}

// statsJSON answers GET /stats.json.
func (s *site) statsJSON(w http.ResponseWriter, r *http.Request) error {
	months, err := s.openMonths(r.Context())
	if err != nil {
		return err
	}
	v := voice{site: s, chosen: chosenLanguage(r)}
	doc := openDocument{Title: v.T("figures.open_title"), Licence: openLicence, Attribution: v.T("common.product"), Source: s.absolute(r, "/stats"),
		Threshold: leastPeople, Note: v.T("figures.method_hidden_what"), Months: months}
	if doc.Months == nil {
		doc.Months = []OpenMonth{}
	}
	var tables []OpenTable
	for _, m := range months {
		tables = append(tables, m.Tables...)
	}
	if doc.Services, err = s.openTitles(r.Context(), tables); err != nil {
		return err
	}
	openToAll(w, "application/json")
	return json.NewEncoder(w).Encode(doc)
}

// leastPeople is of how many people a published number is, at least.
const leastPeople = 5

// statsCSV answers GET /stats.csv: every published number is a row, of one month or one table where the address names it.
func (s *site) statsCSV(w http.ResponseWriter, r *http.Request) error {
	months, err := s.openMonths(r.Context())
	if err != nil {
		return err
	}
	v := voice{site: s, chosen: chosenLanguage(r)}
	month, only := r.FormValue("month"), r.FormValue("table")
	var tables []OpenTable
	for _, m := range months {
		tables = append(tables, m.Tables...)
	}
	titles, err := s.openTitles(r.Context(), tables)
	if err != nil {
		return err
	}
	openToAll(w, "text/csv")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="orientir-%s.csv"`, s.Now().In(s.zone).Format(time.DateOnly)))
	_, _ = w.Write([]byte("\ufeff")) // spreadsheets know by it that Cyrillic follows
	out := csv.NewWriter(w)
	_ = out.Write([]string{"month", "table", "unit", "key", "name", "column", "value", "hidden"})
	for _, m := range months {
		if month != "" && m.Month != month {
			continue
		}
		line := func(table, unit, key, name, column string, n *int) {
			value, hidden := "", "1"
			if n != nil {
				value, hidden = strconv.Itoa(*n), "0"
			}
			_ = out.Write([]string{m.Month, table, unit, key, name, column, value, hidden})
		}
		if only == "" {
			line("people", "people", "*", v.T("figures.sum"), "total", m.People)
		}
		for _, t := range m.Tables {
			if only != "" && t.Name() != only {
				continue
			}
			for i := range t.Columns {
				line(t.Name(), t.Unit, "*", v.T("figures.sum"), t.Columns[i], &t.Totals[i])
			}
			for _, row := range t.Rows {
				key, name := bot.Cell(row.Key), bot.Cell(v.rowName(t.Dimension, row.Key, titles))
				for i, value := range row.Values {
					line(t.Name(), t.Unit, key, name, t.Columns[i], value)
				}
				if len(t.Columns) > 1 {
					line(t.Name(), t.Unit, key, name, "total", row.Total)
				}
			}
		}
	}
	out.Flush()
	return nil
}

// openToAll says that a file is open data, which the pages of others may read too.
func openToAll(w http.ResponseWriter, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind+"; charset=utf-8")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Link", "<"+openLicence+`>; rel="license"`)
}
