package webchat

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/knowledge"
	"orientir/knowledge/privacy"
	"orientir/retrieval"
)

// answerJSON is what POST /api/v1/ask and `orientir ask --json` give.
type answerJSON struct {
	Outcome    retrieval.Outcome   `json:"outcome"`
	Intent     retrieval.Intent    `json:"intent"`
	Confidence float64             `json:"confidence"`
	Text       string              `json:"text"`
	Guides     []retrieval.Ranked  `json:"guides"`
	Links      []retrieval.Link    `json:"links"`
	HelpPoints []helpPointJSON     `json:"help_points"`
	Language   knowledge.Language  `json:"language"`
	Signpost   *knowledge.Signpost `json:"signpost,omitempty"`
	Freshness  *freshnessJSON      `json:"freshness,omitempty"` // of the first guide, where answered
	Local      *localJSON          `json:"local,omitempty"`     // the door of the first guide in the municipality of the place
	Formerly   string              `json:"formerly,omitempty"`  // an old name that the question says
	Apart      []string            `json:"apart,omitempty"`     // how to choose between the guides, where clarify
	Masked     []privacy.Kind      `json:"masked,omitempty"`    // kinds of personal numbers that were hidden in the question
	Notice     string              `json:"notice,omitempty"`    // what a person should be told of that
}

// localJSON is a service's own site in one municipality.
type localJSON struct {
	Municipality string `json:"municipality"`
	Link         string `json:"link"`
	Contact      string `json:"contact,omitempty"`
	Office       string `json:"office,omitempty"`
	Fee          string `json:"fee,omitempty"`
	Note         string `json:"note,omitempty"`
}

// freshnessJSON says how far a guide can be relied on.
type freshnessJSON struct {
	State    string  `json:"state"`     // fresh | due: past its review date, a warning stands before it | expired: only its source is shown
	Checked  *string `json:"checked"`   // day on which an editor last opened a source; null: never
	ReviewBy *string `json:"review_by"` // day by which an editor reads its sources again; null: not set
	Warning  string  `json:"warning,omitempty"`
	Only     string  `json:"only,omitempty"` // says where it holds, where not in the whole country
}

func freshness(a retrieval.Answer) *freshnessJSON {
	if a.Guide == nil {
		return nil
	}
	day := func(t time.Time, ok bool) *string {
		if !ok {
			return nil
		}
		s := t.Format(time.DateOnly)
		return &s
	}
	out := &freshnessJSON{State: string(a.Age), ReviewBy: day(a.Guide.ReviewBy, !a.Guide.ReviewBy.IsZero()),
		Warning: retrieval.Warning(*a.Guide, a.Age, a.Language), Only: a.Only}
	if a.Age == knowledge.Fresh {
		out.State = "fresh"
	}
	out.Checked = day(a.Guide.Checked())
	return out
}

// AnswerJSON lays an answer out as the public API gives it; the terminal's --json is the same.
// hidden are the kinds of personal numbers that were masked in the question.
func AnswerJSON(a retrieval.Answer, hidden ...privacy.Kind) any {
	out := answerJSON{Outcome: a.Outcome, Intent: a.Intent, Confidence: a.Confidence, Text: a.Text, Guides: a.Guides, Links: a.Links,
		HelpPoints: toHelpPoints(a.HelpPoints), Language: a.Language, Signpost: a.Signpost, Formerly: a.Formerly, Apart: a.Apart, Freshness: freshness(a)}
	if l := a.Local; l != nil {
		out.Local = &localJSON{l.Name(), l.Link, l.Contact, l.Office, l.FeeIn(a.Language), l.In(a.Language)}
	}
	if out.Guides == nil {
		out.Guides = []retrieval.Ranked{}
	}
	if out.Links == nil {
		out.Links = []retrieval.Link{}
	}
	if out.Masked = hidden; len(hidden) > 0 {
		out.Notice = i18n.T(string(a.Language), "bot.notice_masked", bot.HiddenWords(hidden, string(a.Language)))
	}
	return out
}

// ask answers POST /api/v1/ask: one question, one answer, no conversation. The question is masked before anything sees it.
func (s *site) ask(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Question string `json:"question"`
		Language string `json:"language"`
		Audience string `json:"audience"`
		Place    string `json:"place"`
	}
	if err := readJSON(r, &q); err != nil {
		return err
	}
	q.Question = strings.TrimSpace(q.Question)
	switch {
	case q.Question == "":
		return invalid("question", "web.fault_question_empty")
	case utf8.RuneCountInString(q.Question) > maxText:
		return invalid("question", "web.fault_text_long", maxText)
	case q.Language != "" && q.Language != string(knowledge.Bulgarian) && q.Language != string(knowledge.English):
		return invalid("language", "web.fault_language")
	case q.Audience != "" && q.Audience != string(knowledge.Citizen) && q.Audience != string(knowledge.Business):
		return invalid("audience", "web.fault_audience")
	case len(q.Place) > maxPlace:
		return invalid("place", "web.fault_place_long")
	}
	masked, hidden, err := s.store.Mask(r.Context(), q.Question)
	if err != nil {
		return err
	}
	place, hiddenInPlace, err := s.store.Mask(r.Context(), q.Place)
	if err != nil {
		return err
	}
	question := retrieval.Question{Text: masked, Language: knowledge.Language(q.Language), Audience: knowledge.Audience(q.Audience), Place: place,
		Contact: "address:" + s.address(r)}
	a, err := s.answerer.Answer(r.Context(), question)
	if errors.Is(err, retrieval.ErrNotReady) {
		return &fault{Status: http.StatusServiceUnavailable, Key: "web.error_503_detail", Retry: time.Minute}
	}
	if err != nil {
		return err
	}
	s.record(context.WithoutCancel(r.Context()), question, a)
	return writeJSON(w, http.StatusOK, AnswerJSON(a, append(hidden, hiddenInPlace...)...))
}

// Answers of the API are kept together: of what was answered within recordPause in one transaction, mostRecords at most.
// recordTime is how long that may take.
const (
	recordPause = 200 * time.Millisecond
	recordTime  = 10 * time.Second
	mostRecords = 200
)

// records are the answers of the API that wait to be kept. Nobody waits for them, unless the database can't follow. They are kept
// for the editors' work list alone: one that fails is logged, and a stop of the program may lose those of the last pause.
type records struct {
	mu      sync.Mutex
	waiting []answered
}

type answered struct {
	question retrieval.Question
	answer   retrieval.Answer
}

func (s *site) record(ctx context.Context, q retrieval.Question, a retrieval.Answer) {
	if s.DB == nil {
		return
	}
	s.records.mu.Lock()
	first := len(s.records.waiting) == 0
	s.records.waiting = append(s.records.waiting, answered{q, a})
	full := len(s.records.waiting) >= mostRecords
	s.records.mu.Unlock()
	switch {
	case full:
		s.keep(ctx)
	case first:
		time.AfterFunc(recordPause, func() { s.keep(ctx) })
	}
}

// keep writes down what waits: all together, and where that fails one by one, so that one that can't be kept costs no other.
func (s *site) keep(ctx context.Context) {
	s.records.mu.Lock()
	list := s.records.waiting
	s.records.waiting = nil
	s.records.mu.Unlock()
	if len(list) == 0 { // there were so many that somebody wrote them down before the pause was over
		return
	}
	together, stop := context.WithTimeout(ctx, recordTime)
	defer stop()
	err := pgx.BeginFunc(together, s.DB, func(tx pgx.Tx) error {
		for _, one := range list {
			if _, err := s.answerer.Record(together, tx, one.question, one.answer, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	ctx, stop = context.WithTimeout(ctx, recordTime)
	defer stop()
	for _, one := range list {
		if _, err := s.answerer.Record(ctx, s.DB, one.question, one.answer, 0); err != nil {
			s.log.Error("an answer of the API is not recorded", "error", err)
		}
	}
}
