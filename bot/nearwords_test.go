package bot

import (
	"strings"
	"testing"
	"time"

	"orientir/bot/i18n"
	"orientir/knowledge"
)

func TestDistanceWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		metres int
		bg, en string
	}{
		{0, "на около 50 м", "about 50 m away"},
		{348, "на около 350 м", "about 350 m away"},
		{974, "на около 950 м", "about 950 m away"},
		{975, "на около 1 км", "about 1 km away"},
		{1234, "на около 1,2 км", "about 1.2 km away"},
		{9949, "на около 9,9 км", "about 9.9 km away"},
		{9950, "на около 10 км", "about 10 km away"},
		{14499, "на около 14 км", "about 14 km away"},
	} {
		if got := DistanceWords(c.metres, "bg"); got != c.bg {
			t.Errorf("%d: got %q, want %q", c.metres, got, c.bg)
		}
		if got := DistanceWords(c.metres, "en"); got != c.en {
			t.Errorf("%d: got %q, want %q", c.metres, got, c.en)
		}
	}
}

func TestOpeningWords(t *testing.T) {
	t.Parallel()
	now := sofiaTime(t, "2026-11-25 12:10") // a Wednesday
	yes, no := true, false
	for _, c := range []struct {
		name   string
		n      knowledge.Nearby
		bg, en string
	}{
		{"unknown with a phone", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Phones: []string{"092 66 12 34"}}},
			"Не знам работното време, обадете се на 092 66 12 34", "I do not know the opening hours, please call 092 66 12 34"},
		{"unknown without a phone", knowledge.Nearby{},
			"Не знам работното време, проверете преди да тръгнете", "I do not know the opening hours, please check before you go"},
		{"open", knowledge.Nearby{OpenNow: &yes, ClosesAt: sofiaTime(t, "2026-11-25 17:30").UTC()}, "Отворено до 17:30 ч.", "Open until 17:30"},
		{"open around the clock", knowledge.Nearby{OpenNow: &yes}, "Отворено сега", "Open now"},
		{"after the lunch break", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-11-25 13:00")},
			"Сега е затворено. Отваря днес в 13:00 ч.", "Closed now. Opens today at 13:00"},
		{"tomorrow", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-11-26 09:00")},
			"Сега е затворено. Отваря утре в 9:00 ч.", "Closed now. Opens tomorrow at 9:00"},
		{"next Tuesday", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-12-01 09:05")},
			"Сега е затворено. Отваря във вторник в 9:05 ч.", "Closed now. Opens on Tuesday at 9:05"},
		{"in a week", knowledge.Nearby{OpenNow: &no, NextOpen: sofiaTime(t, "2026-12-02 09:00")},
			"Сега е затворено. Отваря на 2 декември 2026 г. в 9:00 ч.", "Closed now. Opens on 2 December 2026 at 9:00"},
		{"closed for good", knowledge.Nearby{OpenNow: &no}, "Сега е затворено", "Closed now"},
	} {
		if got := OpeningWords(c.n, now, "bg"); got != c.bg {
			t.Errorf("%s: got %q, want %q", c.name, got, c.bg)
		}
		if got := OpeningWords(c.n, now, "en"); got != c.en {
			t.Errorf("%s: got %q, want %q", c.name, got, c.en)
		}
	}
}

func TestAwayWords(t *testing.T) {
	t.Parallel()
	metres := func(m int) *int { return &m }
	mezdra := knowledge.HelpPoint{Place: knowledge.Place{Kind: "гр.", Name: "Мездра", NameLatin: "Mezdra", Municipality: "Мездра"}}
	for _, c := range []struct {
		name   string
		n      knowledge.Nearby
		bg, en string
	}{
		{"a walk", knowledge.Nearby{From: knowledge.FromPosition, DistanceM: metres(900), AwayM: 900}, "на около 900 м, около 15 мин. пеша", "about 900 m away, a walk of some 15 min"},
		{"next door", knowledge.Nearby{From: knowledge.FromPosition, DistanceM: metres(30), AwayM: 30}, "на около 50 м, около 1 мин. пеша", "about 50 m away, a walk of some 1 min"},
		{"too far to walk", knowledge.Nearby{From: knowledge.FromPosition, DistanceM: metres(6200), AwayM: 6200}, "на около 6,2 км по права линия", "about 6.2 km away in a straight line"},
		{"only its settlement is known, far away", knowledge.Nearby{HelpPoint: mezdra, From: knowledge.FromPosition, AwayM: 14_800},
			"на около 14 км по права линия, до средата на гр. Мездра", "about 14 km away in a straight line, to the middle of Mezdra"},
		{"only its settlement is known, and that is here", knowledge.Nearby{From: knowledge.FromPosition, AwayM: 1200}, "", ""},
		{"in the town that was named: nobody knows where the person is", knowledge.Nearby{From: knowledge.FromTown, Here: true, DistanceM: metres(700), AwayM: 700}, "", ""},
		{"in another town", knowledge.Nearby{From: knowledge.FromTown, AwayM: 14_300}, "на около 14 км по права линия", "about 14 km away in a straight line"},
		{"from a quarter", knowledge.Nearby{From: knowledge.FromQuarter, Here: true, DistanceM: metres(1200), AwayM: 1200},
			"на около 1,2 км по права линия от средата на квартала", "about 1.2 km away in a straight line from the middle of the quarter"},
		{"from a quarter, its own position unknown", knowledge.Nearby{From: knowledge.FromQuarter, Here: true, AwayM: 1200}, "", ""},
	} {
		if got := AwayWords(c.n, "bg"); got != c.bg {
			t.Errorf("%s: got %q, want %q", c.name, got, c.bg)
		}
		if got := AwayWords(c.n, "en"); got != c.en {
			t.Errorf("%s: got %q, want %q", c.name, got, c.en)
		}
	}
}

func TestNoteWords(t *testing.T) {
	t.Parallel()
	hours, err := knowledge.ParseHours("пон–пет 9:00–17:00")
	if err != nil {
		t.Fatal(err)
	}
	works := *hours
	works.Holidays = true
	date := func(text string) time.Time { return sofiaTime(t, text+" 00:00") }
	for _, c := range []struct {
		name, now string
		n         knowledge.Nearby
		bg, en    string
	}{
		{"the day before a holiday", "2027-03-02 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "Утре е 3 март, почива.", "Tomorrow is Liberation Day, it is closed."},
		{"a holiday", "2027-03-03 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "Днес е 3 март, почива.", "Today is Liberation Day, it is closed."},
		{"it works on holidays", "2027-03-03 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: &works}}, "", ""},
		{"unknown hours", "2027-03-02 11:00", knowledge.Nearby{}, "Утре е 3 март. Обадете се, преди да тръгнете.", "Tomorrow is Liberation Day. Please call before you go."},
		{"a holiday on a Sunday closes nothing more", "2026-09-05 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "", ""},
		{"the day off after it", "2026-09-06 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "Утре е почивен ден за 6 септември, почива.", "Tomorrow is Unification Day, it is closed."},
		{"Easter", "2026-04-09 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "Утре е Разпети петък, почива.", "Tomorrow is Orthodox Good Friday, it is closed."},
		{"an ordinary day", "2026-11-25 11:00", knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: hours}}, "", ""},
		{"a repair", "2026-11-25 11:00", knowledge.Nearby{Closure: &knowledge.Exception{From: date("2026-11-20"), To: date("2026-11-30"), Reason: "ремонт"}},
			"Затворено е до 30 ноември 2026 г.: ремонт", "Closed until 30 November 2026: ремонт"},
		{"a day's inventory", "2026-11-25 11:00", knowledge.Nearby{Closure: &knowledge.Exception{From: date("2026-11-25"), To: date("2026-11-25"), Reason: "инвентаризация"}},
			"Днес е затворено: инвентаризация", "Closed today: инвентаризация"},
	} {
		now := sofiaTime(t, c.now)
		if got := NoteWords(c.n, now, "bg"); got != c.bg {
			t.Errorf("%s: got %q, want %q", c.name, got, c.bg)
		}
		if got := NoteWords(c.n, now, "en"); got != c.en {
			t.Errorf("%s: got %q, want %q", c.name, got, c.en)
		}
	}
}

func TestOfferWords(t *testing.T) {
	t.Parallel()
	h := knowledge.HelpPoint{Offers: []string{"computers", "kep-help", "wifi"}, Languages: []string{"tr", "rom"}}
	if got := OfferWords(h, "bg"); got != "помощ с КЕП (електронен подпис), компютри, безплатен Wi-Fi, говорят и турски, ромски" {
		t.Error(got)
	}
	if got := OfferWords(knowledge.HelpPoint{}, "bg"); got != "" {
		t.Error(got)
	}
}

func TestEveryOfferLanguageAndHolidayHasWords(t *testing.T) {
	t.Parallel()
	for _, offer := range knowledge.Offers() {
		if got := OfferWords(knowledge.HelpPoint{Offers: []string{offer}}, "en"); got == "" || got[0] == 'c' && len(got) > 40 {
			t.Errorf("%s: %q", offer, got)
		}
	}
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2036; day = day.AddDate(0, 0, 1) {
		if name, ok := knowledge.Holiday(day); ok && holidayKey(name) == "" {
			t.Errorf("%s has no words", name)
		}
	}
}

func TestDialWords(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"092/62 41 21": "+359 92624121", "0888 123 456": "+359 888123456", "02 1234567": "+359 21234567", "0700 10 123": "0700 10 123",
		"+359 2 1234567": "+359 2 1234567", "112": "112", "116 111": "116 111", "00359 2 1234567": "00359 2 1234567",
	} {
		if got := DialWords(phone); got != want {
			t.Errorf("%s: %q, want %q", phone, got, want)
		}
	}
}

func TestEachOfferLanguageAndHolidayHasAName(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"bg", "en"} {
		var keys []string
		for _, offer := range knowledge.Offers() {
			keys = append(keys, "offer_"+strings.ReplaceAll(offer, "-", "_"))
		}
		for _, spoken := range knowledge.Languages() {
			keys = append(keys, "speaks_"+spoken)
		}
		for date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() < 2028; date = date.AddDate(0, 0, 1) {
			if name, holiday := knowledge.Holiday(date); holiday {
				keys = append(keys, "holiday_"+holidayKey(name))
			}
		}
		for _, key := range keys {
			if !i18n.Has(language, "common."+key) {
				t.Errorf("common.%s is missing in %s", key, language)
			}
		}
	}
	for _, c := range []struct{ got, want string }{
		{OfferName("kep-help", "bg"), "Помощ с КЕП (електронен подпис)"}, {OfferName("accessible-entrance", "en"), "Step-free entrance"},
		{LanguageName("rom", "bg"), "ромски"}, {LanguageName("bqn", "en"), "Bulgarian sign language"},
		{HolidayWords("Рождество Христово", "bg"), "Рождество Христово"}, {HolidayWords("Рождество Христово", "en"), "Christmas"},
		{HolidayWords("Ден на труда", "tr"), "Ден на труда"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
