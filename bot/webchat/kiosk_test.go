package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"orientir/bot"
)

// sitDown begins a conversation at the terminal in Vratsa and gives its token.
func (b *bundle) sitDown(t *testing.T) string {
	t.Helper()
	token := b.begin(t)
	b.say(t, token, map[string]any{"event_id": "kiosk-0001", "kind": "text", "text": "трябва ми съдебно", "library": "vratsa", "place": "12259"})
	l := b.listen(t, token, 0)
	l.from(bot.Robot)
	l.close()
	return token
}

// typed asks for a code and gives the one to type.
func (b *bundle) typed(t *testing.T, token string) string {
	t.Helper()
	response, body := b.call(t, "POST", "/api/v1/kiosk/code", "{}", "Orientir-Conversation", token)
	var code struct{ Typed, Address, SVG string }
	if err := json.Unmarshal([]byte(body), &code); err != nil || response.StatusCode != http.StatusOK || len(code.Typed) != 9 {
		t.Fatalf("no code: %d %s", response.StatusCode, body)
	}
	return code.Typed
}

// goesOn gives the answer to a typed code, and the new token where it worked.
func (b *bundle) goesOn(t *testing.T, code string, headers ...string) (status int, token, detail string) {
	t.Helper()
	data, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		t.Fatal(err)
	}
	response, body := b.call(t, "POST", "/api/v1/conversations/continue", string(data), headers...)
	var got struct{ Token, Detail string }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	return response.StatusCode, got.Token, got.Detail
}

func (b *bundle) reads(t *testing.T, token string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", b.URL+"/api/v1/conversations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Orientir-Conversation", token)
	response, err := b.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestKioskPageIsKeptNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string][]string{
		"/kiosk/vratsa":                    {`lang="bg"`, `data-library="vratsa"`, `data-place="12259"`, `data-idle="120" data-warn="20"`, `data-home="/kiosk/vratsa"`},
		"/kiosk/vratsa?lang=en&links=open": {`lang="en"`, `data-sites="open"`, `data-home="/kiosk/vratsa?links=open"`, `id="site-here"`},
		"/kiosk/vratsa?lang=tr":            {`lang="en"`},
	} {
		response, body := b.call(t, "GET", path, "")
		if response.StatusCode != http.StatusOK || response.Header.Get("Cache-Control") != "no-store" || len(response.Cookies()) != 0 {
			t.Errorf("%s: %d, Cache-Control %q", path, response.StatusCode, response.Header.Get("Cache-Control"))
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %s", path, w)
			}
		}
		if strings.Contains(path, "links") != strings.Contains(body, `id="site-here"`) {
			t.Errorf("%s: other sites open here without the library's wish", path)
		}
	}
}

func TestEndOfAKioskForgetsBeforeItAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.sitDown(t)
	response, body := b.call(t, "POST", "/api/v1/kiosk/end", `{"keep":true}`, "Orientir-Conversation", token)
	if response.StatusCode != http.StatusOK || strings.TrimSpace(body) != `{"kept":false}` {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	if got := response.Header.Get("Clear-Site-Data"); got != `"cache", "cookies", "storage"` {
		t.Errorf("Clear-Site-Data is %s", got)
	}
	if got := response.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %s", got)
	}
	if n := b.contacts(t); n != 0 {
		t.Errorf("%d people are known after the answer", n)
	}
	if status := b.reads(t, token); status != http.StatusNotFound {
		t.Errorf("the token reads with %d", status)
	}
	// Nothing was said, or the token is none: the browser is told to forget all the same.
	for _, token := range []string{newToken(), "nonsense"} {
		response, _ := b.call(t, "POST", "/api/v1/kiosk/end", `{}`, "Orientir-Conversation", token)
		if response.StatusCode != http.StatusOK || response.Header.Get("Clear-Site-Data") == "" {
			t.Errorf("with %s: %d", token, response.StatusCode)
		}
	}
}

func TestCodeOverHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	terminal := b.sitDown(t)
	code := b.typed(t, terminal)
	stream := b.listen(t, terminal, 0)
	status, phone, _ := b.goesOn(t, strings.ToLower(code))
	if status != http.StatusOK || phone == "" {
		t.Fatalf("the code gives %d", status)
	}
	for stream.lines.Scan() { // the terminal's stream ends by itself
	}
	if status := b.reads(t, terminal); status != http.StatusNotFound {
		t.Errorf("the terminal reads with %d", status)
	}
	if status := b.reads(t, phone); status != http.StatusOK {
		t.Errorf("the phone reads with %d", status)
	}
	_, _, used := b.goesOn(t, code)
	_, _, never := b.goesOn(t, "AAAA AAAA")
	if used != never || !strings.Contains(used, "не работи") {
		t.Errorf("a used code is told as %q, one that never was as %q", used, never)
	}
	if status, _, detail := b.goesOn(t, "не знам"); status != http.StatusBadRequest || !strings.Contains(detail, "осем") {
		t.Errorf("no code at all: %d %s", status, detail)
	}
	if response, _ := b.call(t, "POST", "/api/v1/kiosk/code", "{}", "Orientir-Conversation", newToken()); response.StatusCode != http.StatusNotFound {
		t.Errorf("a code for nothing gives %d", response.StatusCode)
	}
}

// What the person says after it went along is theirs alone: a message that the terminal still had on its way begins another conversation.
func TestTerminalWritesNoMoreIntoWhatWentAlong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	terminal := b.sitDown(t)
	_, phone, _ := b.goesOn(t, b.typed(t, terminal))
	b.say(t, terminal, map[string]any{"event_id": "kiosk-0002", "kind": "text", "text": "още нещо", "library": "vratsa"})
	key, _ := contactKey(phone)
	c, ok, err := b.conversations.Of(t.Context(), Channel, key)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	messages, err := b.conversations.Messages(t.Context(), c.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Text == "още нещо" {
			t.Error("the terminal wrote into the phone's conversation")
		}
	}
}

// Redis may be wiped at any moment, and its limits with it: the database counts the tries.
func TestSixthWrongCodeIsRefusedWithoutLimitsToo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.NoLimits = true })
	code := b.typed(t, b.sitDown(t))
	for i := range bot.CodeTries {
		if status, _, _ := b.goesOn(t, fmt.Sprintf("AAAA AAA%d", 2+i)); status != http.StatusNotFound {
			t.Fatalf("try %d gives %d", i+1, status)
		}
	}
	for _, typed := range []string{"AAAA AAAA", code} {
		if status, _, detail := b.goesOn(t, typed); status != http.StatusTooManyRequests || !strings.Contains(detail, "Твърде много") {
			t.Errorf("the sixth try with %s gives %d %s", typed, status, detail)
		}
	}
}

func TestCodesAreLimitedByAddressToo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Limits.Codes = 2 })
	statuses := ""
	for range 3 {
		status, _, _ := b.goesOn(t, "не знам")
		statuses += fmt.Sprint(status, " ")
	}
	if statuses != "400 400 429 " {
		t.Errorf("got %s", statuses)
	}
}

func TestGoingOnWithoutScripts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.typed(t, b.sitDown(t))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: b.Client().Transport, Jar: jar}
	post := func(code string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", b.URL+"/continue", strings.NewReader(url.Values{"code": {code}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		page, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(page)
	}
	response, page := post(`AAAA "AAA2`)
	if response.StatusCode != http.StatusBadRequest || !strings.Contains(page, `value="AAAA &#34;AAA2"`) || !strings.Contains(page, `aria-invalid="true"`) {
		t.Errorf("a slip gives %d", response.StatusCode)
	}
	response, page = post(code)
	if response.Request.URL.Path != "/" || !strings.Contains(page, "трябва ми съдебно") {
		t.Errorf("the code leads to %s", response.Request.URL)
	}
}

func TestSquaresAreDrawnOfAddressesOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for address, want := range map[string]int{
		"https://cs.mjs.bg/": 200, "tel:+35992621229": 200, "http://127.0.0.1/privacy": 200,
		"javascript:alert(1)": 400, "": 400, "https://" + strings.Repeat("a", longestQR): 400,
	} {
		data, _ := json.Marshal(map[string]string{"address": address})
		response, body := b.call(t, "POST", "/api/v1/kiosk/qr", string(data))
		if response.StatusCode != want {
			t.Errorf("%.40s: %d %s", address, response.StatusCode, body)
		}
		if want == 200 && (!strings.Contains(body, "<svg") && !strings.Contains(body, `\u003csvg`) || strings.Contains(body, "style")) {
			t.Errorf("%s: %.200s", address, body)
		}
	}
	if response, _ := b.call(t, "GET", "/api/v1/kiosk/qr?address=https://evil.example", ""); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a link to a square gives %d", response.StatusCode)
	}
}

// The library at the terminal is asked first, and is the nearest.
func TestKioskConversationKnowsItsLibrary(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.sitDown(t)
	b.say(t, token, map[string]any{"event_id": "kiosk-0002", "kind": "button", "data": "near", "library": "vratsa"})
	l := b.listen(t, token, 0)
	for range 5 {
		h := l.from(bot.Robot)
		if strings.Contains(h.HTML, "help-point") {
			if !strings.Contains(h.Text, "Вие сте тук: Регионална библиотека „Христо Ботев“") {
				t.Errorf("said %s", h.Text)
			}
			return
		}
	}
	t.Error("no library is shown")
}
