package bot

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A typed code is eight of its letters in one form, however it was typed, or none.
func FuzzTypedCode(f *testing.F) {
	for _, seed := range []string{"ACEH KMPT", "асен-кмрт", "ACEHKMP", "ACEHKMPTT", "ACEHKMP0", "ACEH\u00a0KMPT", "ı", "\xff", "–—–ACEHKMPT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := TypedCode(typed)
		if !ok {
			return
		}
		if len(code) != CodeLength || strings.Trim(code, codeLetters) != "" {
			t.Errorf("%q is %q", typed, code)
		}
		if again, ok := TypedCode(code); !ok || again != code {
			t.Errorf("%q is %q, and that is %q", typed, code, again)
		}
	})
}

// What is kept of a message is text that the database takes, and a mask keeps it that.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"здравейте", "\x00", "\xff\xfe", "\u202eабв", strings.Repeat("а", 9000), "a\r\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > len(text)+4 {
			t.Errorf("%q is %q", text, got)
		}
		if again := clean(got); again != got {
			t.Errorf("%q is %q, and that is %q", text, got, again)
		}
	})
}

// Whatever a button or a command carries, the dialog says something or does something, and remembers no more than it knows.
func FuzzPress(f *testing.F) {
	for _, seed := range []string{"rate:good:3:criminal-record", "rate:bad:99999999999999999999", "why:old:1", "desk:good:-1", "again:0", "human:vratsa", "human:", "near:12259", "near:'", "course:join:9223372036854775807", "courses:", "news:leave:", "contact:drop", "wait:yes",
		"later:yes", "after:done:1", "mydata:file", "lang:tr", "guide:\x00", "audience:citizen", "hear:1", "wrong:keep:1:fee", "wrong:part:", ":", "::::", "forget:yes", "\xff"} {
		for _, await := range []string{"", awaitWrong, awaitTrainingPlace, awaitNewsPlace, "phone-place"} {
			f.Add(seed, await, false)
			f.Add(seed, await, true)
		}
	}
	f.Fuzz(func(t *testing.T, data, await string, command bool) {
		d := &dialog{person: person{Language: "bg"}, state: state{Await: await}, editors: true, callbacks: true, public: "https://orientir.example", now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
		e := event{Kind: Button, Data: data}
		if command {
			e = event{Kind: Command, Command: data, Argument: await}
		}
		if next := d.next(e); next == nil && len(d.say) == 0 && len(d.later) == 0 {
			t.Errorf("%q is answered with nothing", data)
		}
		for _, b := range d.say {
			for _, a := range b.Buttons {
				if len(a.Data) > longestData {
					t.Errorf("%q leads to a button that Telegram doesn't take: %q", data, a.Data)
				}
			}
		}
	})
}
