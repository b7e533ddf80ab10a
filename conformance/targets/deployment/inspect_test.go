package deployment_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// unnamed is a platform over TLS whose certificate has no common name, as most have none by now; and a directory with ca.pem.
func unnamed(t *testing.T) (s *httptest.Server, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90*24*time.Hour + time.Hour),
		DNSNames: []string{"a.example.net", "b.example.net", "c.example.net"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	c.Issuer.Organization, c.Subject.Organization = []string{"Some CA"}, []string{"Some CA"}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{http.MethodGet: http.StatusNotFound, http.MethodPost: http.StatusBadRequest}[r.Method])
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// tunnel is a proxy that opens a way to wherever it is told.
func tunnel(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		far, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(far, near)
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}))
	t.Cleanup(s.Close)
	return s
}

// TestInspectTLS says whom a certificate is for and who issued it, also behind a proxy, of which it says what cannot be known.
func TestInspectTLS(t *testing.T) {
	s, dir := unnamed(t)
	proxy := tunnel(t)
	const is = "for a.example.net, b.example.net, c.example.net, 1 more, from Some CA, 90 days left"
	host := strings.TrimPrefix(proxy.URL, "http://")
	for _, c := range []struct {
		name, more string
		want       []deployment.Finding
	}{
		{"directly", "tls: {ca: ca.pem}\n", []deployment.Finding{{What: "name", Is: "127.0.0.1 is 127.0.0.1"}, {What: "certificate", Is: is}}},
		{"behind a proxy", fmt.Sprintf("tls: {ca: ca.pem}\nproxy: %q\n", proxy.URL), []deployment.Finding{
			{What: "proxy", Is: "127.0.0.1 is 127.0.0.1"}, {What: "name", Is: host + " looks up 127.0.0.1; what it finds cannot be known from here"},
			{What: "certificate", Is: is + ", as it comes through the proxy, which may have put its own in its place"},
		}},
		{"behind a proxy, unknown", fmt.Sprintf("proxy: %q\n", proxy.URL), []deployment.Finding{
			{What: "proxy", Is: "127.0.0.1 is 127.0.0.1"}, {What: "name", Is: host + " looks up 127.0.0.1; what it finds cannot be known from here"},
			{What: "certificate", Is: "none came through the proxy: ", Do: "look at the proxy, tls.server_name and tls.ca"},
		}},
	} {
		d, err := deployment.New(described(t, s.URL, c.more), targetfile.Source{Dir: dir, Getenv: func(string) string { return "k" }})
		if err != nil {
			t.Fatal(err)
		}
		got := d.Inspect(t.Context())
		for i, want := range c.want {
			if len(got) <= i || got[i].What != want.What || !strings.HasPrefix(got[i].Is, want.Is) || got[i].Do != want.Do {
				t.Errorf("%s: want %+v, got %+v", c.name, want, got)
			}
		}
		d.Gate.Close()
	}
}
