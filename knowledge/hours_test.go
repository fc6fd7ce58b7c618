package knowledge

import (
	"testing"
	"time"
)

// local reads a local time.
func local(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(trainingTime, text, sofia())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func hours(t *testing.T, text string) *Hours {
	t.Helper()
	h, err := ParseHours(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHours(t *testing.T) {
	t.Parallel()
	library := hours(t, "пон–пет 9:00–12:00, 13:00–17:30; съб 10:00–14:00")
	var err error
	if library.Exceptions, err = ParseExceptions("2026-12-21–2026-12-31: затворено: ремонт; 2026-12-23: 9:00–12:00; 2026-09-22: 10:00–12:00"); err != nil {
		t.Fatal(err)
	}
	night := hours(t, "пт 20:00-24:00; сб 00:00-03:00")
	night.Holidays = true
	for _, c := range []struct {
		name   string
		hours  *Hours
		at     string
		closes string // "" where closed
		next   string // "" where open or unknown
	}{
		{"before opening", library, "2026-11-25 08:59", "", "2026-11-25 09:00"},
		{"opening minute", library, "2026-11-25 09:00", "2026-11-25 12:00", ""},
		{"last minute before the break", library, "2026-11-25 11:59", "2026-11-25 12:00", ""},
		{"the break", library, "2026-11-25 12:00", "", "2026-11-25 13:00"},
		{"after closing", library, "2026-11-25 17:30", "", "2026-11-26 09:00"},
		{"Saturday evening", library, "2026-11-28 15:00", "", "2026-11-30 09:00"},
		{"official holiday on a weekday", library, "2027-03-03 10:00", "", "2027-03-04 09:00"},
		{"holiday on Sunday frees Monday", library, "2026-09-07 10:00", "", "2026-09-08 09:00"},
		{"Good Friday to Easter Monday 2026", library, "2026-04-10 10:00", "", "2026-04-14 09:00"},
		{"an exception wins over a holiday", library, "2026-09-22 10:30", "2026-09-22 12:00", ""},
		{"closed for repair", library, "2026-12-22 10:00", "", "2026-12-23 09:00"},
		{"the later exception wins", library, "2026-12-23 10:00", "2026-12-23 12:00", ""},
		{"repair, new year, then open", library, "2026-12-28 10:00", "", "2027-01-02 10:00"},
		{"past midnight", night, "2026-11-27 23:30", "2026-11-28 03:00", ""},
		{"after midnight", night, "2026-11-28 02:00", "2026-11-28 03:00", ""},
		{"the night when clocks go forward", hours(t, "нд 2:00-5:00"), "2027-03-28 04:30", "2027-03-28 05:00", ""},
		{"the day of 23 hours", hours(t, "нд 9:00-17:00"), "2027-03-28 08:59", "", "2027-03-28 09:00"},
		{"the day of 25 hours", hours(t, "нд 9:00-17:00"), "2026-10-25 16:59", "2026-10-25 17:00", ""},
		{"never open", hours(t, "пон–нед затворено"), "2026-11-25 10:00", "", ""},
		{"unknown hours", nil, "2026-11-25 10:00", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := local(t, c.at)
			show := func(at time.Time, ok bool) string {
				if !ok {
					return ""
				}
				return at.Format(trainingTime)
			}
			if got := show(c.hours.ClosesAt(at)); got != c.closes {
				t.Errorf("closes %q, want %q", got, c.closes)
			}
			if got := show(c.hours.NextOpen(at)); got != c.next {
				t.Errorf("next open %q, want %q", got, c.next)
			}
			if c.hours.OpenAt(at.UTC()) != (c.closes != "") {
				t.Error("another zone gives another answer")
			}
		})
	}
}

func TestParseHours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"пон–пет 9:00–17:30; съб 10:00–14:00":   "пон–пет 9:00–17:30; съб 10:00–14:00",
		"Mo-Fr 09:00-12:00,13:00-17:30; PH off": "пон–пет 9:00–12:00, 13:00–17:30",
		"понеделник - петък: 8.30 - 17.00 ч.":   "пон–пет 8:30–17:00",
		"вт,чет 9–18":                           "вт 9:00–18:00; чет 9:00–18:00",
		"24/7":                                  "пон–нед 0:00–24:00",
		"пон-съб 9:00-18:00; нед почивка":       "пон–съб 9:00–18:00",
		"Fr-Mo 10:00-12:00":                     "пон 10:00–12:00; пет–нед 10:00–12:00",
		"":                                      "",
		"9:00–17:00":                            "",
		"пон–пет":                               "",
		"пон–пет 17:00–9:00":                    "",
		"пон–пет 9:00–25:00":                    "",
		"пон–пет 9:00–13:00, 12:00–17:00":       "",
		"пон 9:00–12:00; пон 13:00–17:00":       "",
		"Mo-Fr 09:00-17:00; PH 10:00-12:00":     "",
		"Apr-Sep Mo-Fr 09:00-17:00":             "",
		"по договаряне":                         "",
		"пон–пет 9:00–17:00 (без обяд)":         "",
	} {
		h, err := ParseHours(text)
		if got := h.String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
		if err == nil {
			if again, err := ParseHours(h.String()); err != nil || again.String() != h.String() {
				t.Errorf("%q is not read back: %v", h.String(), err)
			}
		}
	}
}

func TestExceptionsAreReadBack(t *testing.T) {
	t.Parallel()
	const text = "2026-12-21–2026-12-31: затворено: ремонт; 2026-12-23: 9:00–12:00, 13:00–15:00"
	list, err := ParseExceptions(text)
	if err != nil || FormatExceptions(list) != text {
		t.Errorf("%q, %v", FormatExceptions(list), err)
	}
	for _, wrong := range []string{"2026-12-21", "2026-13-01: затворено", "2026-12-31–2026-12-21: затворено", "2026-12-21: 12:00–9:00"} {
		if list, err := ParseExceptions(wrong); err == nil {
			t.Errorf("%q was read: %v", wrong, list)
		}
	}
}
