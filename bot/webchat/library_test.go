package webchat

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"orientir/knowledge"
)

// someLibrary is a help point of the seed, with hours and two trainings of which one was cancelled.
func someLibrary(t *testing.T, b *bundle) (knowledge.HelpPoint, knowledge.Training) {
	t.Helper()
	list, err := b.store.SearchHelpPoints(t.Context(), "", 1)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	h, _, err := b.store.ReadHelpPoint(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	hours, err := knowledge.ParseHours("пон–пет 9:00–12:00, 13:00–17:30; съб 10:00–14:00")
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().AddDate(0, 0, 3)
	hours.Exceptions = []knowledge.Exception{{From: soon, To: soon, Reason: "ремонт"}}
	h.Hours, h.Offers, h.Languages, h.Phones = hours, []string{"wifi", "accessible-entrance"}, []string{"tr"}, []string{"092 62 12 29"}
	if _, err := b.store.SaveHelpPoint(t.Context(), "staff:1", h); err != nil {
		t.Fatal(err)
	}
	b.store.Refresh()
	places, minutes := 8, 90
	starts := time.Date(time.Now().Year()+1, 5, 12, 7, 0, 0, 0, time.UTC)
	training, err := b.store.AddTraining(t.Context(), knowledge.Training{HelpPoint: h.ID, Topic: "Имейл; просто, без страх", Description: "Носете телефона си.\nИма кафе.",
		StartsAt: starts, Minutes: &minutes, Places: &places, Taken: 1}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.store.AddTraining(t.Context(), knowledge.Training{HelpPoint: h.ID, Topic: "Отпаднало", StartsAt: starts.AddDate(0, 0, 1)}, "staff:1")
	if err == nil {
		err = pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
			_, _, err := knowledge.NewStore(tx).CancelTraining(t.Context(), other.Number, other.Version, "", "staff:1")
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return h, training
}

// read gets a page, which must have this status.
func (b *bundle) read(t *testing.T, path string, status int) string {
	t.Helper()
	response, body := b.call(t, http.MethodGet, path, "")
	if response.StatusCode != status {
		t.Fatalf("%s: %d, want %d\n%s", path, response.StatusCode, status, body)
	}
	return body
}

func TestLibraryPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, training := someLibrary(t, b)
	body := b.read(t, "/libraries/"+h.ID, http.StatusOK)
	for _, words := range []string{h.Name, "понеделник – петък", "9:00–12:00, 13:00–17:30 ч.", "неделя", "затворено", "ремонт", "Безплатен Wi-Fi", "Говорят и: турски",
		"Обади се: 092 62 12 29", `href="tel:092621229"`, "Имейл; просто, без страх", "7 свободни места", `name="data" value="course:join:` + strconv.FormatInt(training.Number, 10) + `"`, "trainings.ics"} {
		if !strings.Contains(body, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if strings.Contains(body, "Отпаднало") {
		t.Error("what was cancelled is offered")
	}
	if body = b.read(t, "/libraries/"+h.ID+"?lang=en", http.StatusOK); !strings.Contains(body, "Monday – Friday") || !strings.Contains(body, "7 places left") {
		t.Error("the English page is not in English")
	}
	b.read(t, "/libraries/nowhere", http.StatusNotFound)
	b.read(t, "/libraries/nowhere/trainings.ics", http.StatusNotFound)
}

// TestFeed reads the feed as calendars do (RFC 5545).
func TestFeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, training := someLibrary(t, b)
	body := b.read(t, "/libraries/"+h.ID+"/trainings.ics", http.StatusOK)
	for i, line := range strings.Split(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has %d octets: %q", i, len(line), line)
		}
	}
	calendar, err := ics.ParseCalendar(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	events := calendar.Events()
	if len(events) != 2 {
		t.Fatalf("%d events:\n%s", len(events), body)
	}
	value := func(e *ics.VEvent, p ics.ComponentProperty) string {
		if property := e.GetProperty(p); property != nil {
			return property.Value
		}
		return ""
	}
	e := events[0]
	starts, err1 := e.GetStartAt()
	ends, err2 := e.GetEndAt()
	if err1 != nil || err2 != nil || !starts.Equal(training.StartsAt) || ends.Sub(starts) != 90*time.Minute {
		t.Errorf("from %v to %v", starts, ends)
	}
	if got := value(e, ics.ComponentPropertySummary); got != "Имейл; просто, без страх" {
		t.Errorf("summary %q", got)
	}
	if got := value(e, ics.ComponentPropertyDescription); got != "Носете телефона си.\nИма кафе." {
		t.Errorf("description %q", got)
	}
	if got := value(e, ics.ComponentPropertyStatus); got != "CONFIRMED" {
		t.Errorf("status %q", got)
	}
	if got := value(events[1], ics.ComponentPropertyStatus); got != "CANCELLED" || value(events[1], ics.ComponentPropertyDtEnd) != "" {
		t.Errorf("status %q", got)
	}
	if e.Id() == events[1].Id() || !strings.HasPrefix(e.Id(), "training-") || value(e, ics.ComponentPropertyDtstamp) == "" {
		t.Errorf("ids %q and %q", e.Id(), events[1].Id())
	}
	if h.Position == nil || !regexp.MustCompile(`(?m)^GEO:[0-9.]+;[0-9.]+\r$`).MatchString(body) {
		t.Errorf("it isn't said where on the map:\n%s", body)
	}
	if !strings.Contains(body, "METHOD:PUBLISH\r\n") || !strings.HasPrefix(body, "BEGIN:VCALENDAR\r\n") {
		t.Errorf("%s", body)
	}
}

// TestLibraryPageInTheBrowser signs up from the library's page: one tap leads into the chat, with the place taken.
func TestLibraryPageInTheBrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, training := someLibrary(t, b)
	for _, width := range []int{360, 768, 1280} {
		w := open(t, width, 1500)
		for _, language := range []string{"", "?lang=en"} {
			w.do(chromedp.Navigate(b.URL + "/libraries/" + h.ID + language))
			w.is(`document.querySelector('.trainings button')`)
			w.axe(fmt.Sprintf("library %s at %d", language, width))
		}
		w.do(chromedp.Navigate(b.URL+"/libraries/"+h.ID), chromedp.Click(`.trainings button`, chromedp.NodeVisible))
		w.is(`document.body.innerText.includes('Записах Ви за „Имейл; просто, без страх“.')`)
	}
	list, err := b.conversations.Signups(t.Context(), training.Number)
	if err != nil || len(list) != 3 {
		t.Errorf("%d of three people have signed up, %v", len(list), err)
	}
}
