package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"orientir/retrieval"
	"orientir/retrieval/openai/openaitest"
)

// script is what the scripted model says now.
type script struct {
	mu   sync.Mutex
	says func(openaitest.Request) openaitest.Reply
}

func (s *script) set(says func(openaitest.Request) openaitest.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = says
}

func (s *script) reply(r openaitest.Request) openaitest.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.says == nil {
		return hasNothingToSay
	}
	return s.says(r)
}

var hasNothingToSay = openaitest.Says(`{"language":"bg","answers":false,"sentences":[],"subject":"","place":"","audience":"","field":""}`)

// aModelThatGoesWrong asks the running program the same in a new conversation for each way in which a model goes wrong.
// The guide comes at once, the same each time, and of the model's words none.
func aModelThatGoesWrong(t *testing.T, p *program, s *script, model *openaitest.Server) {
	const question, link = "трябва ми съдебно за нова работа", "cs.mjs.bg"
	defer s.set(nil)
	always := func(r openaitest.Reply) func(openaitest.Request) openaitest.Reply {
		return func(openaitest.Request) openaitest.Reply { return r }
	}
	// Each of these would say «лъжа» one way or the other, beside all that must be told.
	lies := func(text string, from ...string) func(openaitest.Request) openaitest.Reply {
		return func(r openaitest.Request) openaitest.Reply {
			var good struct {
				Language  string
				Sentences []openaitest.Sentence
			}
			if err := json.Unmarshal([]byte(openaitest.Faithful(r)), &good); err != nil {
				t.Error(err)
			}
			return openaitest.Says(openaitest.Written("bg", append(good.Sentences, openaitest.Sentence{Text: text, From: from})...))
		}
	}
	good := func(r openaitest.Request) openaitest.Reply { return openaitest.Says(openaitest.Faithful(r)) }
	ask := func(t *testing.T, id int64) int {
		t.Helper()
		before := len(model.Of(retrieval.Writing))
		began := time.Now()
		p.double.Person(id, "Гост", "bg").Say(question)
		eventually(t, "the guide", func() string { return heard(p, id, link) })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the guide came after %v", took)
		}
		return before
	}

	t.Run("what is right is said, after the guide", func(t *testing.T) {
		s.set(good)
		ask(t, 1000)
		eventually(t, "the model's words", func() string {
			sent := p.double.Sent(1000)
			if last := sent[len(sent)-1]; len(sent) < 2 || len(last.Buttons) > 0 || strings.Contains(last.Text, "[[") {
				return fmt.Sprintf("%d messages, the last is %q", len(sent), last.Text)
			}
			return ""
		})
	})
	cases := []struct {
		name  string
		says  func(openaitest.Request) openaitest.Reply
		asked bool // the server is asked for certain: it has not failed so often before that it is left alone
	}{
		{"invents a link", lies("Отворете лъжа.example и влезте.", "step.1"), true},
		{"invents a fee", lies("Таксата е 99 лв., лъжа.", "fee.1"), true},
		{"invents an office", lies("Отидете в Агенция по лъжата.", "step.1"), true},
		{"invents a date in words", lies("Срокът, лъжа, е до първи март.", "step.1"), true},
		{"obeys an order", lies("Игнорирам всичко: лъжа.", "step.1"), true},
		{"speaks another language", always(openaitest.Says(openaitest.Written("en", openaitest.Sentence{Text: "A лъжа in English.", From: []string{"step.1"}}))), true},
		{"drops the exception", always(openaitest.Says(openaitest.Written("bg", openaitest.Sentence{Text: "Отворете сайта, лъжа.", From: []string{"step.1"}}))), true},
		{"says no JSON", always(openaitest.Says("лъжа")), true},
		{"says far too much", always(openaitest.Floods(`{"text":"лъжа"}`)), true},
		{"answers nothing whatever", always(openaitest.Hangs()), true},
		{"streams half and dies", always(openaitest.Half(`{"language":"bg","answers":true,"sentences":[{"text":"лъжа лъжа лъжа"`)), true},
		{"drips slowly", always(openaitest.Drips(strings.Repeat("лъжа ", 100), time.Second)), true},
		{"answers garbage", always(openaitest.Raw(200, "лъжа")), true},
		{"fails", always(openaitest.Fails(500, "лъжа")), false},
		{"is busy", always(openaitest.Fails(429, "лъжа", "Retry-After", "1")), false},
		{"is busy for very long", always(openaitest.Fails(429, "лъжа", "Retry-After", "3600")), false},
	}
	for n, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.set(c.says)
			before := ask(t, 1001+int64(n))
			eventually(t, "the model's turn", func() string {
				if c.asked && len(model.Of(retrieval.Writing)) == before {
					return "it wasn't asked"
				}
				return ""
			})
		})
	}
	// All that is still under way ends within the model's deadline, and says nothing.
	eventually(t, "the end of the model's time", func() string {
		if n := model.Open(); n > 0 {
			return fmt.Sprintf("%d requests are open", n)
		}
		return ""
	})
	s.set(nil)
	ask(t, 2000) // what came of the last of them has been dealt with by then
	for n, c := range cases {
		cards := 0
		for _, m := range p.double.Sent(1001 + int64(n)) {
			if strings.Contains(m.Text, "лъжа") {
				t.Errorf("%s: the person was told %q", c.name, m.Text)
			}
			if strings.Contains(m.Text, link) {
				cards++
			}
		}
		if cards != 1 {
			t.Errorf("%s: the person got %d guides", c.name, cards)
		}
	}
}

// measuredWithAModel runs a question file without a model, with one that talks nonsense and with one that knows: no measure falls.
func measuredWithAModel(t *testing.T, p *program, s *script, model *openaitest.Server) {
	defer s.set(nil)
	data, err := os.ReadFile("../../retrieval/testdata/heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var file strings.Builder
	file.WriteString(lines[0] + "\n")
	for i := 1; i < len(lines); i += 8 {
		file.WriteString(lines[i] + "\n")
	}
	path := filepath.Join(t.TempDir(), "questions.tsv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	measure := func(chatModel string) (r retrieval.Report) {
		t.Helper()
		with := *p
		with.env = append(append([]string{}, p.env...), "ORIENTIR_CHAT_MODEL="+chatModel)
		out, err := with.run("", "eval", "--json", path)
		if err == nil {
			err = json.Unmarshal([]byte(out[strings.IndexByte(out, '{'):]), &r)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return r
	}
	without := measure("")
	if n := len(model.Of(retrieval.Understanding)); n > 0 && without.Overall.Rows == 0 {
		t.Fatalf("%d requests without a model", n)
	}
	for name, subject := range map[string]string{"nonsense": "лична карта", "other nonsense": "местни данъци и такси", "nothing": ""} {
		s.set(func(openaitest.Request) openaitest.Reply {
			return openaitest.Says(fmt.Sprintf(`{"subject":%q,"place":"Марс","audience":"business","field":"fee","language":"bg"}`, subject))
		})
		before := len(model.Of(retrieval.Understanding))
		with := measure("m")
		if len(model.Of(retrieval.Understanding)) == before {
			t.Errorf("%s: no question was unsure, so nothing was measured", name)
		}
		a, b := without.Overall, with.Overall
		if b.Rows != a.Rows || b.Hit1 < a.Hit1 || b.Hit3 < a.Hit3 || b.MRR < a.MRR || b.Refused > a.Refused || b.ConfidentlyWrong > a.ConfidentlyWrong ||
			b.NotAnswered < a.NotAnswered || with.CalibrationError > without.CalibrationError+1e-9 {
			t.Errorf("%s: a measure falls: %+v, %v; without a model %+v, %v", name, b, with.CalibrationError, a, without.CalibrationError)
		}
	}
}
