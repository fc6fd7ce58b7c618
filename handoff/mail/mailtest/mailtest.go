// Package mailtest is a mail server for tests: the real protocol over a real connection, with TLS from the first byte, by STARTTLS, or
// not at all. It owns no table; tests of the floors that send letters start it.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"orientir/handoff/mail"
)

// Options of the server.
type Options struct {
	TLS            bool   // from the first byte
	StartTLS       bool   // offered
	User, Password string // that must sign in; "" lets everybody send
}

// Letter is what arrived.
type Letter struct {
	From, To string // of the envelope
	Header   netmail.Header
	Subject  string // decoded
	Text     string // decoded
	Secure   bool   // came under TLS
	SignedIn bool
}

// Server is a running mail server.
type Server struct {
	Sender  *mail.Sender // sends to it and trusts its certificate
	URL     string       // as SMTP_URL would name it
	mu      sync.Mutex
	letters []Letter
	refuse  []error // answers to the next letters
	o       Options
}

// Start starts a server that stops with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{o: o}
	certificate, roots := certify(t)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth = "mail.test", !o.TLS && !o.StartTLS
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme := "smtp"
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if o.StartTLS {
		server.TLSConfig = config
	}
	if o.TLS {
		scheme, l = "smtps", tls.NewListener(l, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	t.Cleanup(func() { _ = server.Close(); <-done })
	credentials := ""
	if o.User != "" {
		credentials = strings.ReplaceAll(o.User, "@", "%40") + ":" + o.Password + "@"
	}
	s.URL = fmt.Sprintf("%s://%s%s?from=orientir@example.bg", scheme, credentials, l.Addr())
	at, err := mail.ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Sender = mail.New(at, mail.Options{TLS: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}, Timeout: 10 * time.Second})
	return s
}

// Letters gives what has arrived, oldest first.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Refuse answers the next letter with a code and words.
func (s *Server) Refuse(code int, words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = append(s.refuse, &smtp.SMTPError{Code: code, Message: words})
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	from, to string
	signedIn bool
}

func (s *session) AuthMechanisms() []string {
	if s.server.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.o.User || password != s.server.o.Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.o.User != "" && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if len(s.server.refuse) > 0 {
		err := s.server.refuse[0]
		s.server.refuse = s.server.refuse[1:]
		return err
	}
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	var body io.Reader = m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	s.server.letters = append(s.server.letters, Letter{
		From: s.from, To: s.to, Header: m.Header, Subject: subject, Text: strings.ReplaceAll(string(text), "\r\n", "\n"), Secure: secure, SignedIn: s.signedIn,
	})
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

// certify makes a certificate of 127.0.0.1 that its own pool trusts.
func certify(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
