package webchat

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestAskRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct {
		body, field string
		status      int
	}{
		"not JSON":             {`question=съдебно`, "", 400},
		"two values":           {`{"question":"а"} {}`, "", 400},
		"no question":          {`{}`, "question", 400},
		"spaces":               {`{"question":"  "}`, "question", 400},
		"too long":             {`{"question":"` + strings.Repeat("ж", 2001) + `"}`, "question", 400},
		"larger than any body": {`{"question":"` + strings.Repeat("ж", maxBody) + `"}`, "", 413},
		"unknown language":     {`{"question":"съдебно","language":"fr"}`, "language", 400},
		"unknown audience":     {`{"question":"съдебно","audience":"robot"}`, "audience", 400},
		"place too long":       {`{"question":"съдебно","place":"` + strings.Repeat("ж", 300) + `"}`, "place", 400},
	} {
		response, body := b.call(t, "POST", "/api/v1/ask", test.body, "Accept-Language", "en")
		var problem struct {
			Type, Title, Detail, Instance string
			Status                        int
			Errors                        []struct{ Field, Detail string }
		}
		if err := json.Unmarshal([]byte(body), &problem); err != nil {
			t.Errorf("%s: %v in %s", name, err, body)
			continue
		}
		if response.StatusCode != test.status || problem.Status != test.status || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
		if problem.Title == "" || problem.Detail == "" || problem.Instance != "/api/v1/ask" || strings.Contains(body, "web.") {
			t.Errorf("%s: %s", name, body)
		}
		if test.field != "" && (len(problem.Errors) != 1 || problem.Errors[0].Field != test.field) {
			t.Errorf("%s: the field is not named: %s", name, body)
		}
	}
	if response, _ := b.call(t, "POST", "/api/v1/conversations/messages", `{}`, "Content-Type", "text/plain", "Orientir-Conversation", newToken()); response.StatusCode != 415 {
		t.Errorf("a message as text/plain: %d", response.StatusCode)
	}
}

func TestAskAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	response, body := b.call(t, "POST", "/api/v1/ask", `{"question":"най-близката библиотека във Враца","audience":"citizen","extra":1}`)
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"outcome", "intent", "confidence", "text", "guides", "links", "help_points", "language"} {
		if value, ok := answer[field]; !ok || value == nil {
			t.Errorf("%s is missing in %s", field, body)
		}
	}
}

// Nobody waits for the record of an answer, but it comes, and masked.
func TestAskIsRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if response, body := b.call(t, "POST", "/api/v1/ask", `{"question":"съдебно за 7523169263"}`); response.StatusCode != 200 {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	var question string
	for t.Context().Err() == nil {
		err := b.pool.QueryRow(t.Context(), `SELECT question FROM answers WHERE conversation IS NULL`).Scan(&question)
		if err == nil {
			break
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.HasPrefix(question, "съдебно за ") || strings.Contains(question, "7523169263") {
		t.Errorf("recorded: %q", question)
	}
}

func TestHelpPoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	type answer struct {
		Outcome string
		Place   *placeJSON
		Points  []map[string]any `json:"help_points"`
		Places  []placeJSON
	}
	get := func(query string) (int, answer, string) {
		response, body := b.call(t, "GET", "/api/v1/help-points?"+query, "")
		var a answer
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, a, body
	}
	_, a, body := get("place=живея+във+Враца")
	if a.Outcome != "found" || a.Place == nil || a.Place.Ekatte != "12259" || len(a.Points) != 2 {
		t.Fatalf("in words: %s", body)
	}
	if first := a.Points[0]; first["id"] != "vratsa" || first["open_now"] != true || first["phone"] != "092 62 12 29" || first["hours"] == nil {
		t.Errorf("the nearest: %s", body)
	}
	if second := a.Points[1]; second["distance_m"] != nil || second["open_now"] != nil || second["hours"] != nil || second["phone"] != nil || second["lat"] != nil {
		t.Errorf("what is unknown must be null: %s", body)
	}
	if _, a, body = get("lat=43.14&lon=23.71&limit=1"); a.Outcome != "found" || a.Place.Ekatte != "47714" || len(a.Points) != 1 || a.Points[0]["id"] != "mezdra" {
		t.Errorf("at a position: %s", body)
	}
	if _, a, body = get("place=Враца&open_at=2026-11-25T10:00"); len(a.Points) != 1 || a.Points[0]["id"] != "vratsa" {
		t.Errorf("open at a time: unknown is never open: %s", body)
	}
	if _, a, body = get("place=Ксифилинос"); a.Outcome != "unknown" || a.Points != nil {
		t.Errorf("unknown: %s", body)
	}
	for _, query := range []string{"", "place=Враца&lat=1&lon=1", "lat=43", "lat=x&lon=23", "lat=91&lon=23", "lat=NaN&lon=23", "place=Враца&limit=0",
		"place=Враца&limit=21", "place=Враца&open_at=yesterday", "place=" + strings.Repeat("a", 500)} {
		if status, _, body := get(query); status != 400 {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}
