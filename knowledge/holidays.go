package knowledge

import (
	"sync"
	"time"
)

// Holiday says whether a date is an official holiday in Bulgaria, and which.
//
// Labour Code, article 154: the fixed days of paragraph 1; Good Friday to Easter Monday of the Orthodox Church;
// and paragraph 2 (since 2017): where a holiday other than Easter falls on Saturday or Sunday, the first working day or the first two after it are free.
// Days that the government moves by decree are exceptions of the single library.
func Holiday(t time.Time) (name string, ok bool) {
	year, ok := holidayYears.Load(t.Year())
	if !ok {
		year, _ = holidayYears.LoadOrStore(t.Year(), reckonHolidays(t.Year()))
	}
	name = year.([]string)[t.YearDay()]
	return name, name != ""
}

// holidayYears remembers what was reckoned of a year: a search for what is open asks thousands of times.
var holidayYears sync.Map

// reckonHolidays gives the holidays of a year by the day of the year, from 1.
func reckonHolidays(year int) []string {
	names := make([]string, 367)
	for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		names[day.YearDay()], _ = reckonHoliday(day)
	}
	return names
}

// reckonHoliday reckons one date, at midnight UTC.
func reckonHoliday(date time.Time) (name string, ok bool) {
	if name, ok := fixedHoliday(date); ok {
		return name, true
	}
	if name, ok := easterHoliday(date); ok {
		return name, true
	}
	// A working day is free for a holiday on a weekend before it. There may be several: walk back over everything that is
	// not worked, count what is owed, and hand out one working day for each.
	if weekend(date) {
		return "", false
	}
	owed := ""
	count := 0
	start := date.AddDate(0, 0, -10) // no chain of free days is longer
	for d := start; !d.After(date); d = d.AddDate(0, 0, 1) {
		name, fixed := fixedHoliday(d)
		_, easter := easterHoliday(d)
		switch {
		case weekend(d):
			if fixed {
				count++
				owed = name
			}
		case fixed || easter:
		case count > 0:
			if d.Equal(date) {
				return owed, true
			}
			count--
		}
	}
	return "", false
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

func fixedHoliday(t time.Time) (string, bool) {
	switch int(t.Month())*100 + t.Day() {
	case 101:
		return "Нова година", true
	case 303:
		return "Ден на Освобождението", true
	case 501:
		return "Ден на труда", true
	case 506:
		return "Гергьовден", true
	case 524:
		return "Ден на светите братя Кирил и Методий", true
	case 906:
		return "Ден на Съединението", true
	case 922:
		return "Ден на Независимостта", true
	case 1224:
		return "Бъдни вечер", true
	case 1225, 1226:
		return "Рождество Христово", true
	}
	return "", false
}

func easterHoliday(t time.Time) (string, bool) {
	switch OrthodoxEaster(t.Year()) {
	case t.AddDate(0, 0, 2):
		return "Разпети петък", true
	case t.AddDate(0, 0, 1):
		return "Велика събота", true
	case t, t.AddDate(0, 0, -1):
		return "Великден", true
	}
	return "", false
}

// OrthodoxEaster gives the date of Easter of the Orthodox Church, at midnight UTC, for 1900 to 2099
// (Meeus, Astronomical Algorithms, chapter 8: Julian Easter, and 13 days to the Gregorian calendar).
func OrthodoxEaster(year int) time.Time {
	a, b, c := year%4, year%7, year%19
	d := (19*c + 15) % 30
	e := (2*a + 4*b - d + 34) % 7
	month, day := (d+e+114)/31, (d+e+114)%31+1
	return time.Date(year, time.Month(month), day+13, 0, 0, 0, 0, time.UTC)
}
