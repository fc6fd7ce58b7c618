package knowledge

import (
	"encoding/json"
	"time"
)

// hoursJSON is the form of hours in the database.
type hoursJSON struct {
	Week       [7][][2]int     `json:"week"`
	Exceptions []exceptionJSON `json:"exceptions"`
	Holidays   bool            `json:"holidays"`
}

type exceptionJSON struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Spans  [][2]int `json:"spans"`
	Reason string   `json:"reason"`
}

// MarshalJSON writes the form that the database checks.
func (h *Hours) MarshalJSON() ([]byte, error) {
	out := hoursJSON{Holidays: h.Holidays, Exceptions: []exceptionJSON{}}
	for day, spans := range h.Week {
		out.Week[day] = pairs(spans)
	}
	for _, e := range h.Exceptions {
		out.Exceptions = append(out.Exceptions, exceptionJSON{e.From.Format(time.DateOnly), e.To.Format(time.DateOnly), pairs(e.Spans), e.Reason})
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads it.
func (h *Hours) UnmarshalJSON(data []byte) error {
	var in hoursJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*h = Hours{Holidays: in.Holidays}
	for day, list := range in.Week {
		h.Week[day] = spans(list)
	}
	for _, e := range in.Exceptions {
		from, err := time.Parse(time.DateOnly, e.From)
		if err != nil {
			return err
		}
		to, err := time.Parse(time.DateOnly, e.To)
		if err != nil {
			return err
		}
		h.Exceptions = append(h.Exceptions, Exception{from, to, spans(e.Spans), e.Reason})
	}
	return nil
}

func pairs(list []Span) [][2]int {
	out := make([][2]int, len(list))
	for i, s := range list {
		out[i] = [2]int{s.From, s.To}
	}
	return out
}

func spans(list [][2]int) []Span {
	var out []Span
	for _, p := range list {
		out = append(out, Span{p[0], p[1]})
	}
	return out
}
