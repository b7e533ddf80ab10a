package certificate_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/certificate"
)

// shake has a client that trusts authority alone connect to a server, which it knows by name.
func shake(t *testing.T, server *tls.Config, authority []byte, name string) error {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatalf("authority: want PEM, got %q", authority)
	}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	served := make(chan error, 1)
	go func() { served <- tls.Server(far, server).Handshake() }()
	err := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: name}).Handshake()
	if err != nil {
		return err
	}
	return <-served
}

func TestMade(t *testing.T) {
	c := certificate.Config{Hosts: []string{"dnispool", "192.0.2.7"}}
	server, authority, err := c.TLS()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "dnispool", "192.0.2.7"} {
		if err := shake(t, server, authority, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var wrong x509.HostnameError
	if err := shake(t, server, authority, "example.com"); !errors.As(err, &wrong) {
		t.Errorf("another name: want it refused, got %v", err)
	}
	_, other, err := c.TLS()
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if err := shake(t, server, other, "localhost"); !errors.As(err, &unknown) {
		t.Errorf("the authority of another run: want it not trusted, got %v", err)
	}
}

func TestGiven(t *testing.T) {
	made, authority, err := certificate.Config{}.TLS()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(made.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	c := certificate.Config{Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for name, block := range map[string]pem.Block{c.Certificate: {Type: "CERTIFICATE", Bytes: made.Certificates[0].Certificate[0]}, c.Key: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(&block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server, none, err := c.TLS()
	if err != nil || none != nil {
		t.Fatalf("want a certificate whose authority is not ours, got %q (%v)", none, err)
	}
	if err := shake(t, server, authority, "localhost"); err != nil {
		t.Error(err)
	}
	if _, _, err := (certificate.Config{Certificate: "nosuch.pem", Key: "nosuch.pem"}).TLS(); err == nil || !strings.Contains(err.Error(), "tls: open nosuch.pem: ") {
		t.Errorf("no such file: got %v", err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		config certificate.Config
		want   string
	}{
		{certificate.Config{}, ""},
		{certificate.Config{Certificate: "a", Key: "b", Hosts: []string{"c"}}, ""},
		{certificate.Config{Certificate: "a"}, `key: want a file with each of certificate and key, or with neither, got "a" and ""`},
		{certificate.Config{Hosts: []string{"a", ""}}, "hosts[1]: want a name or an IP address, got nothing"},
	} {
		got := ""
		if err := c.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: want %q, got %q", c.config, c.want, got)
		}
	}
}
