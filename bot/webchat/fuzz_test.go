package webchat

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"orientir/bot"
	"orientir/knowledge"
)

// What a page or a program sends is an event within its bounds, or a fault.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		`{"event_id":"event-000001","kind":"text","text":"здравейте","language":"bg","place":"12259","library":"vratsa"}`, `{"event_id":"event-000001","kind":"location","lat":43.2,"lon":1e308}`,
		`{"event_id":"event-000001","kind":"button","data":"rate:good:1"}`, `{"event_id":"event-000001","kind":"command","command":"forget"}`, `{"event_id":"a","kind":"text"}`, `{"event_id":"event-000001","kind":"text","text":"\u0000\ud800"}`, `{}{}`, `null`, `[`, ``,
	} {
		f.Add([]byte(seed))
	}
	s := &site{Options: Options{Now: time.Now}}
	f.Fuzz(func(t *testing.T, body []byte) {
		var e event
		if readJSON(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)), &e) != nil {
			return
		}
		in, err := s.incoming("key", e)
		if err != nil {
			return
		}
		if in.Channel != Channel || in.ContactKey != "key" || len(in.EventID) > 64 || utf8.RuneCountInString(in.Text) > maxText || len(in.Data) > 64 || in.Kind == "" ||
			in.Kind == bot.Text && strings.TrimSpace(in.Text) == "" || in.Kind == bot.Location && !onEarth(in.Lat, in.Lon) || in.Place != "" && len(in.Place) != 5 || len(in.Library) > 40 {
			t.Errorf("%+v", in)
		}
	})
}

// A stream begins after a message that may be, or not at all.
func FuzzLastEventID(f *testing.F) {
	for _, seed := range []string{"", "0", "17", "-1", "9223372036854775808", "1e3", " 1", "１", "1\x00"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, header, after string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Last-Event-ID", header)
		r.URL.RawQuery = "after=" + after
		id, err := lastEventID(r)
		if id < 0 || err != nil && id != 0 {
			t.Errorf("%q, %q: %d, %v", header, after, id, err)
		}
		if n, wrong := strconv.ParseInt(header, 10, 64); err == nil && header != "" && (wrong != nil || n != id) {
			t.Errorf("%q is %d", header, id)
		}
	})
}

// Nobody but a proxy that we trust says for whom they speak, and nobody at all makes an address of what is none.
func FuzzCaller(f *testing.F) {
	for _, seed := range [][2]string{{"10.0.0.1:80", "192.0.2.1"}, {"10.0.0.1:80", "192.0.2.1, 10.0.0.2"}, {"10.0.0.1:80", ",,x, ::ffff:10.0.0.3"}, {"203.0.113.1:1", "1.2.3.4"}, {"@", "1.2.3.4"}, {"[fe80::1%eth0]:1", "::1"}, {"10.0.0.1:80", "10.0.0.1,10.0.0.1"}} {
		f.Add(seed[0], seed[1])
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got, ok := Caller(r, trusted)
		here, err := netip.ParseAddrPort(remote)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, %v", remote, got, ok)
		}
		if !ok {
			return
		}
		if own := here.Addr().Unmap(); !trusted[0].Contains(own) && got != own {
			t.Errorf("%s is believed %q: %s", remote, forwarded, got)
		}
		if got.Is4In6() || !got.IsValid() {
			t.Errorf("%q, %q: %s", remote, forwarded, got)
		}
	})
}

// Whatever is said becomes text, with links to allowed hosts and telephones alone.
func FuzzSpoken(f *testing.F) {
	for _, seed := range []string{"112 и 116 111", "https://mjs.bg/x\"><script>alert(1)</script>", "https://evil.example https://mjs.bg.evil.example https://mjs.bg@evil.example", "0800 1 2 3 4 5", "https://orientir.example/guides/x'y", "https://mjs.bg/\u202e", "<a href=javascript:x>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, paragraph := range spoken(text, []string{"mjs.bg"}, "https://orientir.example") {
			doc, err := html.Parse(strings.NewReader(string(paragraph)))
			if err != nil {
				t.Fatal(err)
			}
			for n := range doc.Descendants() {
				if n.Type != html.ElementNode || n.Data == "html" || n.Data == "head" || n.Data == "body" {
					continue
				}
				if n.Data != "a" {
					t.Fatalf("an element <%s> of %q", n.Data, text)
				}
				for _, a := range n.Attr {
					switch {
					case a.Key == "href" && (strings.HasPrefix(a.Val, "tel:") || strings.HasPrefix(a.Val, "https://orientir.example/") || strings.HasPrefix(strings.ToLower(a.Val), "https://") && strings.Contains(strings.ToLower(a.Val), "mjs.bg")):
					case a.Key == "target" && a.Val == "_blank", a.Key == "rel":
					default:
						t.Fatalf("%s=%q of %q", a.Key, a.Val, text)
					}
				}
			}
		}
	})
}

// A token is one of ours or none, and what is kept of it never is the token.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{newToken(), "", "x", strings.Repeat("A", 43), strings.Repeat("A", 42) + "\n", strings.Repeat("=", 43)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		key, ok := contactKey(token)
		if ok != (key != "") || ok && (len(key) != 64 || key == token) {
			t.Errorf("%q: %q", token, key)
		}
		bot.TypedCode(token)
	})
}

// What an address asks is within its bounds, or a fault; what is open at the moment that it names can be told as JSON.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"place=%D0%92%D1%80%D0%B0%D1%86%D0%B0&limit=3", "lat=43.2&lon=23.5&open_at=2026-11-26T10:00", "lat=43.2", "lat=NaN&lon=Inf", "lat=1e400&lon=0x1p-2", "place=x&lat=1", "place=%00&limit=21", "limit=-1&place=x",
		"place=x&open_at=9999-12-31T23:59:59-23:59", "place=x&open_at=0000-01-01T00:00:00%2B23:59", "place=x&open_at=2026-02-30 10:00", "topic=x&before=9223372036854775808&past=1", "page=1e9&for=citizen&after=-1", "%zz;&&=",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	s := &site{Options: Options{Now: func() time.Time { return now }}, zone: time.FixedZone("EET", 2*3600)}
	always := &knowledge.Hours{Holidays: true}
	for day := range always.Week {
		always.Week[day] = []knowledge.Span{{From: 0, To: 24 * 60}}
	}
	never := &knowledge.Hours{}
	never.Week[0] = []knowledge.Span{{From: 9 * 60, To: 10 * 60}}
	f.Fuzz(func(t *testing.T, address string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = address
		if n := s.newsFilter(r, "bg", 10); n.Topic != "" && !slices.Contains(knowledge.NewsTopics(), n.Topic) {
			t.Errorf("%q asks for news of %q", address, n.Topic)
		}
		q, err := s.pointsQuery(r.URL.Query())
		if err != nil {
			return
		}
		at := q.near.Position
		if q.near.Limit < 1 || q.near.Limit > maxHelpPoints || len(q.words) > maxPlace || (q.words == "") != (at != nil) || at != nil && !onEarth(at.Lat, at.Lon) || q.near.At.IsZero() {
			t.Errorf("%q asks %+v", address, q)
		}
		for _, h := range []*knowledge.Hours{always, never} {
			found := knowledge.Nearby{HelpPoint: knowledge.HelpPoint{Hours: h}}
			found.ClosesAt, _ = h.ClosesAt(q.near.At)
			found.NextOpen, _ = h.NextOpen(q.near.At)
			if _, err := json.Marshal(toHelpPoints([]knowledge.Nearby{found})); err != nil {
				t.Errorf("%q can't be answered: %v", address, err)
			}
		}
	})
}

// What a terminal wants to have as a square is an address of the web or a telephone, and the square is a drawing of nothing else.
func FuzzQR(f *testing.F) {
	for _, seed := range []string{`{"address":"https://mjs.bg/x?a=b"}`, `{"address":"tel:112"}`, `{"address":"javascript:alert(1)"}`, `{"address":"https://x/\"><script>"}`, `{"address":"http://[::1"}`, `{"address":5}`, `{`, `{"address":"https://mjs.bg/` + strings.Repeat("я", 390) + `"}`} {
		f.Add([]byte(seed))
	}
	s := &site{}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if err := s.kioskQR(w, r); err != nil {
			if told := (*fault)(nil); !errors.As(err, &told) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		var drawn struct{ SVG string }
		if err := json.Unmarshal(w.Body.Bytes(), &drawn); err != nil || !strings.HasPrefix(drawn.SVG, "<svg ") || strings.Count(drawn.SVG, "<") != strings.Count(drawn.SVG, ">") || strings.Contains(drawn.SVG, "script") {
			t.Errorf("%q is drawn as %q, %v", body, drawn.SVG, err)
		}
	})
}
