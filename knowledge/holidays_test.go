package knowledge

import (
	"strings"
	"testing"
	"time"
)

func TestHolidays(t *testing.T) {
	t.Parallel()
	// The free days as they were, and as article 154 of the Labour Code gives for ten years to come: the ten fixed days, Good Friday to Easter Monday,
	// and for each fixed day on a weekend the next working day. Written down year by year, not reckoned.
	for year, want := range map[int]string{
		2021: "01-01 03-03 04-30 05-01 05-02 05-03 05-04 05-06 05-24 09-06 09-22 12-24 12-25 12-26 12-27 12-28",
		2022: "01-01 01-03 03-03 04-22 04-23 04-24 04-25 05-01 05-02 05-06 05-24 09-06 09-22 12-24 12-25 12-26 12-27 12-28",
		2024: "01-01 03-03 03-04 05-01 05-03 05-04 05-05 05-06 05-24 09-06 09-22 09-23 12-24 12-25 12-26",

		2026: "01-01 03-03 04-10 04-11 04-12 04-13 05-01 05-06 05-24 05-25 09-06 09-07 09-22 12-24 12-25 12-26 12-28",
		2027: "01-01 03-03 04-30 05-01 05-02 05-03 05-04 05-06 05-24 09-06 09-22 12-24 12-25 12-26 12-27 12-28", // 1 May on Holy Saturday: 4 May is free
		2028: "01-01 01-03 03-03 04-14 04-15 04-16 04-17 05-01 05-06 05-08 05-24 09-06 09-22 12-24 12-25 12-26 12-27",
		2029: "01-01 03-03 03-05 04-06 04-07 04-08 04-09 05-01 05-06 05-07 05-24 09-06 09-22 09-24 12-24 12-25 12-26",
		2030: "01-01 03-03 03-04 04-26 04-27 04-28 04-29 05-01 05-06 05-24 09-06 09-22 09-23 12-24 12-25 12-26",
		2031: "01-01 03-03 04-11 04-12 04-13 04-14 05-01 05-06 05-24 05-26 09-06 09-08 09-22 12-24 12-25 12-26",
		2032: "01-01 03-03 04-30 05-01 05-02 05-03 05-04 05-06 05-24 09-06 09-22 12-24 12-25 12-26 12-27 12-28",
		2033: "01-01 01-03 03-03 04-22 04-23 04-24 04-25 05-01 05-02 05-06 05-24 09-06 09-22 12-24 12-25 12-26 12-27 12-28",
		2034: "01-01 01-02 03-03 04-07 04-08 04-09 04-10 05-01 05-06 05-08 05-24 09-06 09-22 12-24 12-25 12-26 12-27",
		2035: "01-01 03-03 03-05 04-27 04-28 04-29 04-30 05-01 05-06 05-07 05-24 09-06 09-22 09-24 12-24 12-25 12-26",
	} {
		var got []string
		for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if _, ok := Holiday(d); ok {
				got = append(got, d.Format("01-02"))
			}
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("%d:\n got %s\nwant %s", year, all, want)
		}
	}
}

func TestHolidaysHaveTheirNames(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]string{
		"2026-03-03": "Ден на Освобождението", "2026-04-10": "Разпети петък", "2026-04-11": "Велика събота", "2026-04-12": "Великден", "2026-04-13": "Великден",
		"2026-05-25": "Ден на светите братя Кирил и Методий", "2026-09-07": "Ден на Съединението", "2026-12-28": "Рождество Христово",
		"2027-05-01": "Ден на труда", "2027-05-04": "Ден на труда", "2030-09-23": "Ден на Независимостта", "2026-03-04": "", "2026-11-01": "",
	} {
		day, err := time.ParseInLocation(time.DateOnly, date, sofia())
		if err != nil {
			t.Fatal(err)
		}
		for _, hour := range []time.Duration{0, 12 * time.Hour, 23*time.Hour + 59*time.Minute} {
			if got, _ := Holiday(day.Add(hour)); got != want {
				t.Errorf("%s: %q, want %q", date, got, want)
			}
		}
	}
}

func TestOrthodoxEaster(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"2019-04-28", "2020-04-19", "2021-05-02", "2022-04-24", "2023-04-16", "2024-05-05", "2025-04-20", "2026-04-12", "2027-05-02", "2028-04-16", "2029-04-08", "2030-04-28", "2031-04-13", "2032-05-02", "2033-04-24", "2034-04-09", "2035-04-29"} {
		day, err := time.Parse(time.DateOnly, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := OrthodoxEaster(day.Year()); !got.Equal(day) {
			t.Errorf("%s: got %s", want, got.Format(time.DateOnly))
		}
	}
}

// The last Sundays of March and October, when clocks change at 3:00 and at 4:00 (Directive 2000/84/EC).
func TestHoursAcrossTheChangeOfClocks(t *testing.T) {
	t.Parallel()
	day, night, late := hours(t, "нд 9:00-17:00"), hours(t, "съб 20:00-24:00; нд 0:00-5:00"), hours(t, "нд 3:30-6:00")
	round := hours(t, "24/7")
	for _, h := range []*Hours{day, night, late} {
		h.Holidays = true // Easter may fall there
	}
	for _, c := range []struct {
		date  string
		hours time.Duration // of the day
	}{
		{"2026-03-29", 23}, {"2027-03-28", 23}, {"2028-03-26", 23}, {"2029-03-25", 23}, {"2030-03-31", 23},
		{"2031-03-30", 23}, {"2032-03-28", 23}, {"2033-03-27", 23}, {"2034-03-26", 23}, {"2035-03-25", 23},
		{"2026-10-25", 25}, {"2027-10-31", 25}, {"2028-10-29", 25}, {"2029-10-28", 25}, {"2030-10-27", 25},
		{"2031-10-26", 25}, {"2032-10-31", 25}, {"2033-10-30", 25}, {"2034-10-29", 25}, {"2035-10-28", 25},
	} {
		start, end := local(t, c.date+" 00:00"), local(t, c.date+" 00:00").AddDate(0, 0, 1)
		if end.Sub(start) != c.hours*time.Hour {
			t.Fatalf("%s has %v", c.date, end.Sub(start))
		}
		// An ordinary day: from nine to five by the clock, eight hours long, and found from the evening before.
		opens, ok := day.NextOpen(start.Add(-2 * time.Hour))
		if !ok || opens.Format(trainingTime) != c.date+" 09:00" {
			t.Errorf("%s: opens at %v", c.date, opens)
		}
		closes, ok := day.ClosesAt(opens)
		if !ok || closes.Sub(opens) != 8*time.Hour || day.OpenAt(opens.Add(-time.Minute)) || day.OpenAt(closes) {
			t.Errorf("%s: closes at %v", c.date, closes)
		}
		// A night that runs through the change is an hour shorter or longer.
		if closes, ok := night.ClosesAt(start.Add(-time.Hour)); !ok || closes.Format(trainingTime) != c.date+" 05:00" || closes.Sub(start) != 5*time.Hour+(c.hours-24)*time.Hour {
			t.Errorf("%s: the night ends at %v", c.date, closes)
		}
		// Each minute of the day: open says the same as the clock, the doubled hour twice, the missing one never.
		minutes := 0
		for at := start; at.Before(end); at = at.Add(time.Minute) {
			clock := at.In(sofia()).Format("15:04")
			if got, want := day.OpenAt(at), "09:00" <= clock && clock < "17:00"; got != want {
				t.Fatalf("%s %s: open %v", c.date, clock, got)
			}
			if got, want := late.OpenAt(at), "03:30" <= clock && clock < "06:00"; got != want && c.hours == 23 {
				t.Fatalf("%s %s: open %v before the change", c.date, clock, got)
			}
			if round.OpenAt(at) {
				minutes++
			}
		}
		if minutes != int(c.hours)*60 {
			t.Errorf("%s: open for %d minutes round the clock", c.date, minutes)
		}
	}
}
