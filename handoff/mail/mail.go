// Package mail sends letters to the staff over SMTP: that somebody waits, invitations, new passwords. People who ask never get one.
// It owns no table. The desk's notices and the staff site call it, cmd reads SMTP_URL for it.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Server is a mail server as SMTP_URL names it.
type Server struct {
	Host     string
	Port     int
	User     string // "" sends without signing in
	Password string
	TLS      bool            // from the first byte (smtps); false begins in clear and asks for STARTTLS
	From     netmail.Address // who the letters are from
}

// ParseURL reads smtp://user:password@host:587?from=orientir@example.bg, or smtps:// with port 465. Without a port 587 and 465 are meant;
// without «from» the user is the sender, where that is an address. The errors are for who set the value; they never show the password.
func ParseURL(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Server{}, errors.New("не е адрес като smtp://потребител:парола@host:587?from=orientir@example.bg; особени знаци в паролата се пишат с %")
	}
	s := Server{Host: u.Hostname(), TLS: u.Scheme == "smtps"}
	switch u.Scheme {
	case "smtp":
		s.Port = 587
	case "smtps":
		s.Port = 465
	default:
		return Server{}, errors.New("трябва да започва с smtp:// или smtps://")
	}
	if s.Host == "" {
		return Server{}, errors.New("няма сървър след //")
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, fmt.Errorf("%q не е порт", p)
		}
	}
	if strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return Server{}, errors.New("след сървъра има само ?from=")
	}
	if u.User != nil {
		s.User = u.User.Username()
		var ok bool
		if s.Password, ok = u.User.Password(); !ok || s.User == "" || s.Password == "" {
			return Server{}, errors.New("потребителят и паролата вървят заедно: потребител:парола@")
		}
	}
	q := u.Query()
	for name := range q {
		if name != "from" {
			return Server{}, fmt.Errorf("непознато ?%s=; има само ?from=", name)
		}
	}
	from := q.Get("from")
	if from == "" {
		from = s.User
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return Server{}, errors.New("не е казано от кого са писмата: добавете ?from=orientir@example.bg")
	}
	if s.From = *sender; s.From.Name == "" {
		s.From.Name = "Ориентир"
	}
	return s, nil
}

// Options of a sender. The zero value works.
type Options struct {
	TLS     *tls.Config   // default: the system's trust in the server's own name
	Timeout time.Duration // of one letter; default 20 s
}

// Sender sends letters. Nil sends none: ask Works first.
type Sender struct {
	server Server
	o      Options
}

// New makes a sender. It calls nobody yet.
func New(s Server, o Options) *Sender {
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	return &Sender{s, o}
}

// Works says whether there is mail at all.
func (s *Sender) Works() bool { return s != nil }

// Letter is plain text to one address.
type Letter struct {
	To      string
	Subject string
	Text    string
}

// Refused says that the server will never take this letter: sending it again is no use.
type Refused struct{ err error }

func (r *Refused) Error() string { return "the mail server refused the letter: " + r.err.Error() }
func (r *Refused) Unwrap() error { return r.err }

// Send sends a letter and returns when the server has it. A password goes out only under TLS, but to this machine itself.
// Errors: *Refused for good; any other may pass.
func (s *Sender) Send(ctx context.Context, l Letter) error {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(m.FromFormat(s.server.From.Name, s.server.From.Address), m.To(l.To)); err != nil {
		return &Refused{fmt.Errorf("address a letter: %w", err)}
	}
	m.Subject(l.Subject)
	m.SetDate()
	m.SetMessageID()
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	client, err := s.client()
	if err != nil {
		return fmt.Errorf("make the mail client: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, m)
	var send *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &send) && !send.IsTemp() && send.ErrorCode() >= 500:
		return &Refused{err}
	}
	return fmt.Errorf("send a letter: %w", err)
}

func (s *Sender) client() (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithPort(s.server.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithoutNoop()}
	if s.o.TLS != nil {
		opts = append(opts, gomail.WithTLSConfig(s.o.TLS.Clone()))
	}
	local := s.server.Host == "localhost"
	if ip := net.ParseIP(s.server.Host); ip != nil {
		local = ip.IsLoopback()
	}
	auth := gomail.SMTPAuthAutoDiscover
	switch {
	case s.server.TLS:
		opts = append(opts, gomail.WithSSL())
	case s.server.User != "" && !local:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		auth = gomail.SMTPAuthPlainNoEnc // used only to this machine itself, or under TLS
	}
	if s.server.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password))
	}
	return gomail.NewClient(s.server.Host, opts...)
}
