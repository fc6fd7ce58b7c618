package postgrestest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority makes a certification authority of the test's own, and by it a certificate for the servers of 127.0.0.1. roots is its file, in a folder
// where nothing else lies.
func Authority(t testing.TB) (roots string, certificate, key []byte) {
	t.Helper()
	made := func(of, by *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
		own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			signer = own
		}
		of.NotBefore, of.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
		raw, err := x509.CreateCertificate(rand.Reader, of, by, &own.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return own, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the test's own authority"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootKey, rootText := made(root, root, nil)
	server := &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	serverKey, certificate := made(server, root, rootKey)
	raw, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		t.Fatal(err)
	}
	roots = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, rootText, 0o644); err != nil {
		t.Fatal(err)
	}
	return roots, certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// Encrypt gives the server, and standbys that are copied from it, a certificate by an authority of the test's own; roots is that one's file.
func (s *Server) Encrypt() (roots string) {
	s.t.Helper()
	roots, certificate, key := Authority(s.t)
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key} {
		file := filepath.Join(s.dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			s.t.Fatal(err)
		}
		if c := s.as.Credential; c != nil {
			if err := os.Chown(file, int(c.Uid), int(c.Gid)); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.Exec(`ALTER SYSTEM SET ssl = on`, `SELECT pg_reload_conf()`)
	return roots
}
