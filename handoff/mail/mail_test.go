package mail_test

import (
	"errors"
	netmail "net/mail"
	"strings"
	"testing"

	"orientir/handoff/mail"
	"orientir/handoff/mail/mailtest"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]mail.Server{
		"smtp://orientir@example.bg":                                            {},
		"smtp://o%40example.bg:tayna@mail.example.bg":                           {Host: "mail.example.bg", Port: 587, User: "o@example.bg", Password: "tayna", From: netmail.Address{Name: "Ориентир", Address: "o@example.bg"}},
		"smtps://o%40example.bg:t%2Fa@mail.example.bg:4465?from=Бюро <b@ex.bg>": {Host: "mail.example.bg", Port: 4465, TLS: true, User: "o@example.bg", Password: "t/a", From: netmail.Address{Name: "Бюро", Address: "b@ex.bg"}},
		"smtps://10.0.0.1?from=b@ex.bg":                                         {Host: "10.0.0.1", Port: 465, TLS: true, From: netmail.Address{Name: "Ориентир", Address: "b@ex.bg"}},
	} {
		if got, err := mail.ParseURL(raw); got != want || (err != nil) != (want == mail.Server{}) {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	for raw, says := range map[string]string{
		"http://mail.example.bg":                             "smtp:// или smtps://",
		"mail.example.bg:25":                                 "smtp",
		"smtp://":                                            "сървър",
		"smtp://mail.example.bg":                             "?from=",
		"smtp://mail.example.bg:port?from=b@ex.bg":           "не е адрес",
		"smtp://mail.example.bg:99999?from=b@ex.bg":          "порт",
		"smtp://o@mail.example.bg?from=b@ex.bg":              "заедно",
		"smtp://o:tayna@mail.example.bg":                     "?from=",
		"smtp://o:tayna@mail.example.bg/inbox?from=b@ex.bg":  "само ?from=",
		"smtp://o:tayna@mail.example.bg?from=b@ex.bg&tls=no": "tls",
		"smtp://o:ta%yna@mail.example.bg?from=b@ex.bg":       "%",
	} {
		_, err := mail.ParseURL(raw)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "tayna") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	letter := mail.Letter{To: "maria@example.bg", Subject: "Някой чака отговор", Text: "Някой чака, относно: Свидетелство за съдимост.\n\nhttps://orientir.example/console/queue?х=1\n"}
	for _, c := range []struct {
		name string
		o    mailtest.Options
	}{
		{"in clear, without signing in", mailtest.Options{}},
		{"STARTTLS", mailtest.Options{StartTLS: true, User: "o@example.bg", Password: "tayna"}},
		{"TLS from the first byte", mailtest.Options{TLS: true, User: "o@example.bg", Password: "tayna"}},
		{"signing in, in clear, on this machine", mailtest.Options{User: "o", Password: "tayna"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, c.o)
			if err := server.Sender.Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			got := server.Letters()
			if len(got) != 1 {
				t.Fatalf("%d letters", len(got))
			}
			g := got[0]
			if g.To != letter.To || g.From != "orientir@example.bg" || g.Subject != letter.Subject || strings.TrimSpace(g.Text) != strings.TrimSpace(letter.Text) {
				t.Errorf("arrived %+v", g)
			}
			if g.Secure != (c.o.TLS || c.o.StartTLS) || g.SignedIn != (c.o.User != "") {
				t.Errorf("secure %v, signed in %v", g.Secure, g.SignedIn)
			}
			if g.Header.Get("Auto-Submitted") != "auto-generated" || g.Header.Get("Message-Id") == "" || g.Header.Get("Date") == "" {
				t.Errorf("header %v", g.Header)
			}
		})
	}
}

func TestSendFailures(t *testing.T) {
	t.Parallel()
	letter := mail.Letter{To: "maria@example.bg", Subject: "s", Text: "t"}
	server := mailtest.Start(t, mailtest.Options{StartTLS: true})
	server.Refuse(451, "later")
	server.Refuse(550, "no such person")
	var refused *mail.Refused
	if err := server.Sender.Send(t.Context(), letter); err == nil || errors.As(err, &refused) {
		t.Errorf("later: %v", err)
	}
	if err := server.Sender.Send(t.Context(), letter); !errors.As(err, &refused) {
		t.Errorf("for good: %v", err)
	}
	if err := server.Sender.Send(t.Context(), mail.Letter{To: "no address"}); !errors.As(err, &refused) {
		t.Errorf("no address: %v", err)
	}
	// A certificate that nobody trusts: nothing is sent.
	at, err := mail.ParseURL(strings.Replace(mailtest.Start(t, mailtest.Options{TLS: true}).URL, "127.0.0.1", "localhost", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := mail.New(at, mail.Options{}).Send(t.Context(), letter); err == nil || errors.As(err, &refused) {
		t.Errorf("an unknown certificate: %v", err)
	}
	// A password doesn't go out in clear to another machine: the name of this one stands for it.
	plain := mailtest.Start(t, mailtest.Options{User: "o", Password: "tayna"})
	at, err = mail.ParseURL(plain.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.Host = "localhost.localdomain"
	if err := mail.New(at, mail.Options{}).Send(t.Context(), letter); err == nil || len(plain.Letters()) != 0 {
		t.Errorf("a password in clear: %v", err)
	}
	if (*mail.Sender)(nil).Works() || !plain.Sender.Works() {
		t.Error("who works?")
	}
}
