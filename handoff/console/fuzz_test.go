package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"orientir/knowledge"
)

// Where a sign-in leads is on the staff site, whatever the address says.
func FuzzOwnPath(f *testing.F) {
	for _, seed := range []string{"/console/queue", "//evil.example/console/", "/console/\\evil.example", "https://evil.example/console/", "/console/../../x", "/console//evil.example", "/\\/console/", "\t/console/", "/console/?next=//x", "/console/%2f%2fevil.example", "/console/\r\nSet-Cookie: a=b", "javascript:/console/"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://orientir.example/console/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := ownPath(to)
		at, err := base.Parse(got)
		if err != nil || at.Host != base.Host || at.Scheme != base.Scheme || !strings.HasPrefix(got, "/console/") || strings.ContainsAny(got, "\r\n\\") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

// Whatever comes in place of the form in which guides are written, it becomes texts that stay within what came, or nothing.
func FuzzGuideForm(f *testing.F) {
	for _, seed := range []string{
		"text.bg.title=%D0%90&text.en.title=A&fees.amount=15%2C34&text.bg.fees=%D1%82%D0%B0%D0%BA%D1%81%D0%B0&text.bg.steps=a&text.bg.steps=&text.bg.steps=b&text.en.steps=x", "fees.amount=9999999%2C99&fees.amount=%D0%B1%D0%B5%D0%B7%D0%BF%D0%BB%D0%B0%D1%82%D0%BD%D0%BE&fees.amount=-1",
		"text.bg.names=a%0Ab%0D%0A%0Ac&text.bg.formerly=%00", "sources.seen=2026-13-45&sources.url=x.bg&local.municipality=%D0%92%D1%80%D0%B0%D1%86%D0%B0", "%zz", "a;b", "text.bg.title=%ff%fe&text.bg.steps=%0d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		form := typed{values}
		texts := form.texts()
		bg := texts[knowledge.Bulgarian]
		for _, list := range []string{"exceptions", "steps", "needed", "deadlines", "good_to_know", "fees", "related", "apart", "local", "sources"} {
			for _, row := range form.rows(list) {
				for _, column := range columnsOf(list) {
					if strings.ContainsAny(form.at(column, row), "\r\n") {
						t.Errorf("two lines in one row of %s: %q", column, body)
					}
				}
			}
		}
		for _, fee := range bg.Fees {
			if fee.Cents < -1 || fee.Cents >= 1e9 {
				t.Errorf("a fee of %d cents in %q", fee.Cents, body)
			}
			if again, rest := amount(amountWords(fee.Cents)); fee.Cents >= 0 && (again != fee.Cents || rest != "") {
				t.Errorf("%d cents are written as %q and read as %d", fee.Cents, amountWords(fee.Cents), again)
			}
		}
		if data, err := json.Marshal(texts); err != nil || len(data) > 40*len(body)+4000 {
			t.Errorf("%d bytes become %d: %v", len(body), len(data), err)
		}
		for _, address := range []string{address(form.line("link")), ownPath(form.Get("back"))} {
			if bytes.ContainsAny([]byte(address), "\r\n") {
				t.Errorf("an address of two lines: %q", address)
			}
		}
		readDay(form.Get("review_by"))
		readMarks(form.Get("marks"))
	})
}

// What the staff type of dates, times and numbers, or what comes in its place, becomes something that is within its bounds and has words, or faults.
func FuzzDates(f *testing.F) {
	for _, seed := range []string{
		"topic=x&date=2027-01-15&from=10:00&to=12:00&places=10&taken=2", "topic=x&date=9999-12-31&from=24:00", "date=2027-02-30&from=25:61&places=99999999999999999999", "title_bg=%D0%B0&text_bg=%D0%B1&topic=x&date=0000-00-00&time=9:00&expires_at=9999-12-31",
		"from=2027-12-24&until=2027-12-26&mode=closed&reason=x", "from=2027-01-01&until=9999-01-01&mode=open&opens=9:00&closes=24:00&pause-from=12:00&pause-to=13:00", "from=2027-01-01&mode=open&opens=17:00&closes=9:00",
		"d0-mode=open&d0-from=9:00&d0-to=17:00&d1-mode=monday&d2-mode=keep&d2-keep=8:00-12:00,13:00-17:00&holidays=1", "d0-mode=keep&d0-keep=%ff", "words=x&from=2026-01-01&to=2026-13-01&before=-1", "%zz", "date=%00&from=%ff",
	} {
		f.Add(seed)
	}
	zone, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		f.Fatal(err)
	}
	s := &site{zone: zone}
	page := frame{Language: "bg", site: s}
	now := time.Now()
	f.Fuzz(func(t *testing.T, body string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		r := &http.Request{PostForm: values}
		has := func(what string, value any) {
			if data, err := json.Marshal(value); err != nil {
				t.Errorf("%q makes a %s that is not written: %s, %v", body, what, data, err)
			}
		}
		if m, faults := s.readTraining(page, typedTraining(r), knowledge.Training{}); len(faults) == 0 {
			if has("training", m); m.StartsAt.Before(now) || m.StartsAt.After(now.AddDate(2, 0, 1)) || m.Minutes != nil && (*m.Minutes < 1 || *m.Minutes > 24*60) || m.Places != nil && *m.Places < 1 || m.Taken < 0 {
				t.Errorf("%q is the training %+v", body, m)
			}
		}
		if n, faults := s.readNews(newsFrame{frame: page}, typedNews(r), knowledge.NewsItem{}); len(faults) == 0 {
			if n.State = knowledge.NewsPublished; len(n.Check(nil, now)) == 0 {
				has("piece of news", n)
			}
		}
		if e, faults := s.readDay(page, typedDay(r)); len(faults) == 0 {
			if has("day", e); e.To.Before(e.From) || e.To.Sub(e.From) > 2*366*24*time.Hour || page.Dates(e) == "" || !readAgain(e.Spans) {
				t.Errorf("%q is the day %+v", body, e)
			}
		}
		week := hoursForm{libraryFrame: libraryFrame{frame: page}}
		if h := week.typed(values); h != nil && len(week.Faults) == 0 {
			for _, day := range h.Week {
				if !readAgain(day) {
					t.Errorf("%q is the week %v", body, h.Week)
				}
			}
		}
	})
}

// readAgain says whether hours are such as can be written and read.
func readAgain(spans []knowledge.Span) bool {
	again, err := knowledge.ParseSpans(knowledge.FormatSpans(spans))
	return len(spans) == 0 || err == nil && reflect.DeepEqual(again, spans)
}
