package telegramtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/net/html"
)

// Sent is a message of the bot as the person got it.
type Sent struct {
	ID      int
	Chat    int64
	Thread  int    // topic of a forum; 0 is the general one
	Text    string // after entities were parsed
	HTML    string // as it was sent
	Venue   *Venue
	File    string   // of a document: its name
	Data    string   // and what is in it
	Buttons []Button // all rows, in order
	At      time.Time
}

// Venue is what sendVenue brought.
type Venue struct {
	Lat, Lon       float64
	Title, Address string
}

// Button is an inline button or, with RequestLocation, one of the reply keyboard.
type Button struct {
	Text            string `json:"text"`
	Data            string `json:"callback_data"`
	URL             string `json:"url"`
	RequestLocation bool   `json:"request_location"`
}

// Sent lists what a chat has got, oldest first.
func (s *Server) Sent(chat int64) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Sent
	for _, m := range s.sent {
		if m.Chat == chat {
			out = append(out, m)
		}
	}
	return out
}

// WaitSent waits until a chat has got n messages in all, and fails the test where it doesn't.
func (s *Server) WaitSent(t testing.TB, chat int64, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); len(s.Sent(chat)) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("chat %d got %d messages, not %d", chat, len(s.Sent(chat)), n)
		}
	}
}

// pace remembers when messages went out, to hold the bot to Telegram's limits.
type pace struct {
	off  bool
	all  []time.Time
	chat map[int64][]time.Time
}

// The limits of core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
const (
	perSecond         = 30
	perGroupMinute    = 20
	betweenInChat     = time.Second
	tolerance         = 50 * time.Millisecond // of clocks and scheduling
	textLimit         = 4096
	callbackDataLimit = 64
)

func (p *pace) take(chat int64, now time.Time) *apiError {
	if p.off {
		return nil
	}
	if p.chat == nil {
		p.chat = map[int64][]time.Time{}
	}
	p.all = after(p.all, now.Add(-time.Second))
	p.chat[chat] = after(p.chat[chat], now.Add(-time.Minute))
	tooMany := func(until time.Time) *apiError {
		n := since(now, until)
		return &apiError{Code: 429, RetryAfter: n, Description: fmt.Sprintf("Too Many Requests: retry after %d", n)}
	}
	if len(p.all) >= perSecond {
		return tooMany(p.all[0].Add(time.Second))
	}
	mine := p.chat[chat]
	if n := len(mine); n > 0 && now.Sub(mine[n-1]) < betweenInChat-tolerance {
		return tooMany(mine[n-1].Add(betweenInChat))
	}
	if chat < 0 && len(mine) >= perGroupMinute {
		return tooMany(mine[0].Add(time.Minute))
	}
	p.all = append(p.all, now)
	p.chat[chat] = append(mine, now)
	return nil
}

func after(times []time.Time, t time.Time) []time.Time {
	for len(times) > 0 && !times[0].After(t) {
		times = times[1:]
	}
	return times
}

func (s *Server) send(method string, p params) (any, *apiError) {
	chat, ok := p.int("chat_id")
	if !ok {
		return nil, bad("chat not found")
	}
	m := Sent{Chat: chat, HTML: p["text"]}
	if method == "sendMessage" {
		text, err := parse(p)
		if err != nil {
			return nil, err
		}
		m.Text = text
	} else if method == "sendDocument" {
		for key, file := range p {
			if strings.HasPrefix(key, "file:") {
				m.File, m.Data, _ = strings.Cut(file, "\n")
			}
		}
		if m.File == "" || m.Data == "" {
			return nil, bad("there is no document in the request")
		}
	} else {
		v := Venue{Title: p["title"], Address: p["address"]}
		if _, err := fmt.Sscan(p["latitude"]+" "+p["longitude"], &v.Lat, &v.Lon); err != nil {
			return nil, bad("invalid coordinates")
		}
		if v.Title == "" || v.Address == "" {
			return nil, bad("VENUE_TITLE_EMPTY")
		}
		m.Venue = &v
	}
	buttons, err := keyboard(p["reply_markup"])
	if err != nil {
		return nil, err
	}
	m.Buttons = buttons

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocked[chat] {
		return nil, &apiError{Code: 403, Description: "Forbidden: bot was blocked by the user"}
	}
	m.At = s.opts.Now()
	where := map[string]any{"id": chat, "type": "private"}
	if chat < 0 {
		thread, _ := p.int("message_thread_id")
		if err := s.mayWrite(chat, int(thread)); err != nil {
			return nil, err
		}
		m.Thread, where = int(thread), s.groups[chat].chat()
	}
	if err := s.pace.take(chat, m.At); err != nil {
		return nil, err
	}
	m.ID = s.nextMessage
	s.nextMessage++
	s.sent = append(s.sent, m)
	s.changed.Broadcast()
	if s.opts.OnSent != nil {
		s.opts.OnSent(m)
	}
	return map[string]any{"message_id": m.ID, "date": m.At.Unix(), "chat": where, "text": m.Text}, nil
}

func (s *Server) edit(method string, p params) (any, *apiError) {
	chat, _ := p.int("chat_id")
	id, _ := p.int("message_id")
	buttons, err := keyboard(p["reply_markup"])
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if chat < 0 {
		if g := s.groups[chat]; g == nil || g.status == "kicked" || g.status == "left" {
			return nil, kicked
		}
	}
	for i := range s.sent {
		m := &s.sent[i]
		if m.Chat != chat || int64(m.ID) != id {
			continue
		}
		if method == "editMessageText" {
			text, err := parse(p)
			if err != nil {
				return nil, err
			}
			if text == m.Text && fmt.Sprint(buttons) == fmt.Sprint(m.Buttons) {
				return nil, bad("message is not modified")
			}
			m.Text, m.HTML = text, p["text"]
		} else if fmt.Sprint(buttons) == fmt.Sprint(m.Buttons) {
			return nil, bad("message is not modified")
		}
		m.Buttons = buttons
		return map[string]any{"message_id": m.ID, "date": m.At.Unix(), "chat": map[string]any{"id": chat, "type": "private"}, "text": m.Text}, nil
	}
	return nil, bad("message to edit not found")
}

// parse holds a text to the limits and, with parse_mode HTML, to Telegram's tags, and gives what is left after parsing.
func parse(p params) (string, *apiError) {
	text := p["text"]
	switch p["parse_mode"] {
	case "":
	case "HTML":
		plain, err := plainText(text)
		if err != nil {
			return "", err
		}
		text = plain
	default:
		return "", bad("unsupported parse_mode")
	}
	if strings.TrimSpace(text) == "" {
		return "", bad("message text is empty")
	}
	if units(text) > textLimit {
		return "", bad("message is too long")
	}
	return text, nil
}

// allowedTags are those of core.telegram.org/bots/api#html-style.
var allowedTags = map[string]bool{
	"b": true, "strong": true, "i": true, "em": true, "u": true, "ins": true, "s": true, "strike": true, "del": true,
	"a": true, "code": true, "pre": true, "blockquote": true, "span": true, "tg-spoiler": true,
}

func plainText(text string) (string, *apiError) {
	z := html.NewTokenizer(strings.NewReader(text))
	var out strings.Builder
	var open []string
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				return "", bad("can't parse entities: can't find end tag corresponding to start tag %q", open[len(open)-1])
			}
			return out.String(), nil
		case html.TextToken:
			raw := string(z.Raw())
			if strings.ContainsAny(raw, "<>") {
				return "", bad("can't parse entities: unescaped < or > in %q", raw)
			}
			out.WriteString(html.UnescapeString(raw))
		case html.StartTagToken:
			t := z.Token()
			if !allowedTags[t.Data] {
				return "", bad("can't parse entities: unsupported start tag %q", t.Data)
			}
			open = append(open, t.Data)
		case html.EndTagToken:
			t := z.Token()
			if len(open) == 0 || open[len(open)-1] != t.Data {
				return "", bad("can't parse entities: unexpected end tag %q", t.Data)
			}
			open = open[:len(open)-1]
		default:
			return "", bad("can't parse entities: unsupported markup")
		}
	}
}

func keyboard(markup string) ([]Button, *apiError) {
	if markup == "" {
		return nil, nil
	}
	var m struct {
		Inline [][]Button `json:"inline_keyboard"`
		Reply  [][]Button `json:"keyboard"`
	}
	if err := json.Unmarshal([]byte(markup), &m); err != nil {
		return nil, bad("object expected as reply markup")
	}
	var all []Button
	for _, row := range append(m.Inline, m.Reply...) {
		if len(row) > 8 {
			return nil, bad("too many buttons in a row")
		}
		all = append(all, row...)
	}
	if len(all) > 100 {
		return nil, bad("REPLY_MARKUP_TOO_LONG")
	}
	for _, row := range m.Inline {
		for _, b := range row {
			if b.Text == "" {
				return nil, bad("BUTTON_TEXT_EMPTY")
			}
			if b.URL == "" && (len(b.Data) < 1 || len(b.Data) > callbackDataLimit) {
				return nil, bad("BUTTON_DATA_INVALID")
			}
			if b.URL != "" {
				u, err := url.Parse(b.URL)
				if err != nil || !strings.Contains(u.Hostname(), ".") || strings.HasPrefix(u.Hostname(), "127.") {
					return nil, bad("inline keyboard button URL %q is invalid: Wrong HTTP URL", b.URL)
				}
			}
		}
	}
	return all, nil
}

// units counts UTF-16 code units, Telegram's measure of length.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// All lists what all chats have got, oldest first.
func (s *Server) All() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sent(nil), s.sent...)
}
