package console

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/handoff"
	"orientir/handoff/staff"
	"orientir/handoff/statistics"
)

// transcriptList is the conversations with the desk, to search.
type transcriptList struct {
	frame
	Found     []statistics.Transcript
	Words     string
	Library   string
	Outcome   string
	From, To  string // days, 2006-01-02
	Libraries []libraryChoice
	Outcomes  []string
	Older     string // address of the next page; "" at the end
}

const (
	transcriptPageSize = 50
	mostExported       = 10_000 // conversations in one file
	wordsBack          = 30     // days for which words are looked for where no days are given: each conversation of the time is read
)

// outcomes are all ways in which a ticket ends, and «open».
var outcomes = []string{"answered", "sent-library", "sent-institution", "not-helped", "blocked", "left", "withdrawn", "unstaffed", "expired"}

// transcriptFilter reads what to look for. The words are masked, as what they are looked for in is.
func (s *site) transcriptFilter(r *http.Request, q url.Values) (statistics.Filter, error) {
	words, _, err := s.Knowledge.Mask(r.Context(), strings.TrimSpace(q.Get("words")))
	if err != nil {
		return statistics.Filter{}, err
	}
	f := statistics.Filter{Words: words, HelpPoint: q.Get("library"), Outcome: q.Get("outcome")}
	f.From, _ = time.ParseInLocation(time.DateOnly, q.Get("from"), s.zone)
	if to, err := time.ParseInLocation(time.DateOnly, q.Get("to"), s.zone); err == nil {
		f.To = to.AddDate(0, 0, 1)
	}
	if f.Words != "" && f.From.IsZero() && f.To.IsZero() {
		f.From = s.today().AddDate(0, 0, -wordsBack)
	}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	return f, nil
}

func (s *site) transcriptsPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := s.transcriptFilter(r, q)
	if err != nil {
		return err
	}
	f.Limit = transcriptPageSize + 1
	page := transcriptList{frame: s.frame(w, r, "transcripts_title"), Words: f.Words, Library: f.HelpPoint, Outcome: f.Outcome,
		To: q.Get("to"), Outcomes: slices.Concat([]string{"open"}, outcomes)}
	if !f.From.IsZero() {
		page.From = f.From.Format(time.DateOnly)
	}
	if len(q) > 0 { // the bare list shows no more than the queue did
		if err := s.recordReading(r, "search", f, 0); err != nil {
			return err
		}
	}
	counts := statistics.New(s.DB)
	if page.Found, err = counts.Transcripts(r.Context(), f); err != nil {
		return err
	}
	if len(page.Found) > transcriptPageSize {
		page.Found = page.Found[:transcriptPageSize]
		q.Set("before", strconv.FormatInt(page.Found[transcriptPageSize-1].Ticket, 10))
		page.Older = "/console/transcripts?" + q.Encode()
	}
	libraries, err := counts.Libraries(r.Context(), time.Time{})
	if err != nil {
		return err
	}
	for _, l := range libraries {
		if l.HelpPoint == "" {
			l.HelpPoint, l.Name = "pool", page.T("pool")
		}
		page.Libraries = append(page.Libraries, libraryChoice{l.HelpPoint, l.Name})
	}
	return s.render(w, http.StatusOK, "transcripts", page)
}

// exportTranscripts sends what was found as a CSV file: the conversations, or what was said in them.
func (s *site) exportTranscripts(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if ok, err := s.proved(w, r); !ok { // ten thousand conversations go out at once
		return err
	}
	f, err := s.transcriptFilter(r, r.PostForm)
	if err != nil {
		return err
	}
	f.Before, f.Limit = 0, mostExported
	counts := statistics.New(s.DB)
	found, err := counts.Transcripts(r.Context(), f)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	file.WriteString("\ufeff") // spreadsheets know by it that Cyrillic follows
	name := "conversations"
	if r.PostForm.Get("what") == "words" {
		name = "words"
		ids := make([]int64, len(found))
		for i, t := range found {
			ids[i] = t.Ticket
		}
		lines, err := counts.Lines(r.Context(), ids)
		if err == nil {
			err = statistics.WriteLines(&file, lines)
		}
		if err != nil {
			return err
		}
	} else if err := statistics.WriteTranscripts(&file, found); err != nil {
		return err
	}
	if err := s.recordReading(r, "export", f, len(found)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="orientir-%s-%s.csv"`, name, time.Now().In(s.zone).Format(time.DateOnly)))
	_, _ = file.WriteTo(w)
	return nil
}

// recordReading writes into the audit log that transcripts were looked through, or carried out, and by what: never the words themselves.
func (s *site) recordReading(r *http.Request, how string, f statistics.Filter, found int) error {
	detail := map[string]any{}
	if f.Words != "" {
		detail["words"] = len(strings.Fields(f.Words))
	}
	if f.HelpPoint != "" {
		detail["library"] = f.HelpPoint
	}
	if f.Outcome != "" {
		detail["outcome"] = f.Outcome
	}
	if !f.From.IsZero() {
		detail["from"] = f.From.Format(time.DateOnly)
	}
	if !f.To.IsZero() { // the filter ends with the beginning of the day after
		detail["to"] = f.To.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	by := visitOf(r).account.ID
	change := staff.Act{By: by, Verb: "transcript.search", Detail: detail}
	if how == "export" {
		detail["found"] = found
		change = staff.Act{By: by, Verb: "transcript.export", Detail: detail}
	}
	return s.Staff.Door(r.Context(), change, func(pgx.Tx, *staff.Act) error { return nil })
}

// recordLook writes into the audit log that somebody reads a conversation that is over and was not theirs.
func (s *site) recordLook(r *http.Request, t handoff.Ticket) error {
	a := visitOf(r).account
	if t.State != handoff.Closed || t.ClaimedBy == a.ID {
		return nil
	}
	change := staff.Act{By: a.ID, Verb: "transcript.read", Subject: fmt.Sprintf("ticket:%d", t.ID)}
	return s.Staff.Door(r.Context(), change, func(pgx.Tx, *staff.Act) error { return nil })
}

// Person names who a transcript is of.
func (l transcriptList) Person(t statistics.Transcript) string {
	if t.Number == 0 {
		return l.D("transcript_forgotten")
	}
	return bot.Pseudonym(t.Number)
}

// Ended names how a transcript ended.
func (l transcriptList) Ended(outcome string) string {
	if outcome == "" || outcome == "open" {
		return l.D("transcript_open")
	}
	return l.T("ended_" + outcome)
}
