package retrieval

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"orientir/knowledge"
)

// A message is understood, whatever it is, as no more words than are read.
func FuzzAnalyze(f *testing.F) {
	for _, seed := range []string{"трябва ми съдебно за нова работа", "iztekla mi e lichnata karta", "6kola 4estit", "nghgfz jdhsg", "\xff\xfe", "\u202eабв", strings.Repeat("а", 3000), strings.Repeat("а ", 2000), "обр.7 Д6 д-6", "ŸžßİI\u0301", "öäü2", "d'6", "٣٤", "👩‍👩‍👧", "\x00"} {
		f.Add(seed)
	}
	v := vocabularyForTest(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8192 {
			t.Skip("messages are shorter")
		}
		a := v.Analyze(text)
		if len(a.Terms) > 6*maxTokens || a.Language == "" {
			t.Errorf("%d terms in %q", len(a.Terms), a.Language)
		}
		for _, term := range a.Terms {
			if term.Typed == "" || utf8.ValidString(text) && !utf8.ValidString(term.Word+term.Stem) {
				t.Errorf("%+v", term)
			}
		}
	})
}

// A question file gives questions, or says which line is wrong.
func FuzzQuestions(f *testing.F) {
	for _, seed := range []string{"question\texpected\tkind\tlanguage\nа\tb|c\tplain\tbg\n", "\ufeffkind\tlanguage\tquestion\texpected\r\nx\ty\tz\t-\r\n", "question\n", "", "question\texpected\tkind\tlanguage\n\t\t\t\n", "question\texpected\tkind\tlanguage\na", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		rows, err := readQuestions(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, r := range rows {
			if r.question == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}

// Whatever a model replies, nothing goes out but words with the guide's own links.
func FuzzModelReply(f *testing.F) {
	for _, seed := range []string{
		`{"language":"bg","answers":true,"sentences":[{"text":"Отворете портала [[link:1]].","from":["step:1"]}]}`, `{"language":"bg","answers":true,"sentences":[{"text":"Идете на https://evil.example","from":["summary"]}]}`,
		"мисля си… {\"language\":\"bg\",\"answers\":false,\"sentences\":[]} край", "```json\n{}\n```", `{"subject":"съдимост<script>","place":"Враца","field":"fee"}`, `{"language":"bg","answers":true,"sentences":[{"text":"<b>Таксата</b> е 15,34 €.","from":["fee:1"]}]}`, `{"sentences":`, `{"language":"bg","answers":true,"sentences":null}`, "\xff", strings.Repeat("{", 2000),
	} {
		f.Add(seed)
	}
	g := knowledge.Guide{Slug: "criminal-record", Version: 1, Audience: knowledge.Citizen, Status: knowledge.Active, Link: "https://cs.mjs.bg", Identification: []knowledge.Means{knowledge.KEP}, Text: map[knowledge.Language]knowledge.Text{knowledge.Bulgarian: {
		Title: "Електронно свидетелство за съдимост", Authority: "Министерство на правосъдието", Summary: "Документ, който показва дали имате присъди.", Who: "Всеки пълнолетен.", Exceptions: []string{"Ако сте роден в чужбина, идете в бюро „Съдимост“."},
		Where: "На портала.", Steps: []string{"Отворете портала.", "Влезте с подписа си."}, Needed: []string{"Електронен подпис."}, Fees: []knowledge.Fee{{Cents: 1534, What: "обикновена поръчка"}}, Time: "веднага",
	}}}
	c := cite(g, knowledge.Bulgarian, nil, nil)
	f.Fuzz(func(t *testing.T, said string) {
		if len(said) > 1<<16 {
			t.Skip("a client reads no more")
		}
		var u understanding
		if json.Unmarshal(object(said), &u) == nil {
			if u = u.tidy(); strings.ContainsAny(u.Subject+u.Place, "<>\"'&;:/\\") || len([]rune(u.Subject)) > mostSubjectLetter {
				t.Errorf("%q is understood as %+v", said, u)
			}
		}
		watch := c.watch()
		_ = watch(said[:len(said)/2])
		_ = watch(said)
		var d draft
		if json.Unmarshal(object(said), &d) != nil || !d.Answers || c.unfaithful(d) != "" {
			return
		}
		text := c.text(d)
		if bare := strings.ReplaceAll(text, g.Link, ""); strings.Contains(bare, "://") || strings.ContainsAny(bare, "<>") || strings.Contains(bare, "www.") {
			t.Errorf("%q goes out as %q", said, text)
		}
	})
}

// What an earlier run left is compared with a later one, whatever it holds, or refused.
func FuzzReport(f *testing.F) {
	for _, seed := range []string{`{}`, `{"overall":{"rows":1},"rows":[{"question":"а","expected":["b"],"guides":["b"],"outcome":"answered","confidence":0.9}]}`, `{"overall":{"rows":2}}`, `{"rows":[{},{}]}`, `{"kinds":null,"rows":[{"confidence":1e308,"rank":-1}]}`, `[]`, `{"rows":[{"question":"\ud800"}]} x`} {
		f.Add([]byte(seed))
	}
	now := Report{Rows: []Row{{Question: "а", Expected: []string{"b"}}, {Question: "а", Expected: []string{"b"}}}}
	f.Fuzz(func(t *testing.T, file []byte) {
		before, err := ReadReport(bytes.NewReader(file))
		if err != nil {
			return
		}
		c := Compare(before, now)
		if c.OnlyAfter < 0 || c.OnlyAfter > len(now.Rows) || c.OnlyBefore < 0 || len(c.Better)+len(c.Worse) > min(len(now.Rows), len(before.Rows)) {
			t.Errorf("%q: %+v", file, c)
		}
		if err := c.Print(io.Discard); err != nil {
			t.Error(err)
		}
		_ = Compare(now, before).Print(io.Discard)
	})
}
