package aim_test

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

func (d day) run(t *testing.T) finding.Run {
	t.Helper()
	o := independent.Options{Projects: independent.DefaultProjects(1, 5), Window: 5 * time.Second, Release: independent.OnHangup, Mute: d.mute}
	p, err := independent.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	behind, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	if d.chunked {
		proxy.Transport = inPieces{}
		proxy.FlushInterval = -1
	}
	proxy.ModifyResponse = func(res *http.Response) error {
		if d.body == nil {
			return nil
		}
		b, err := io.ReadAll(res.Body)
		changed := d.body(res.Request, string(b))
		res.Body, res.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
		res.Header.Del("Content-Length")
		return err
	}
	var slept atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		slept.Store(slept.Load() || strings.HasSuffix(r.URL.Query().Get("shared_id"), "nobody-1"))
		if d.http == nil || !d.http(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if server.TLS = d.tls; d.tls != nil {
		server.StartTLS()
	} else {
		server.Start()
	}
	defer server.Close()
	sip := p.SIP()
	if d.call != nil {
		e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: d.call})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		sip = e.Addr()
	}
	if d.spare {
		sip += "', others: ['" + p.SIP() + "'], transport: 'udp"
	}
	if d.trunk != "" {
		sip = trunk(t, p.SIP(), d.trunk)
	}
	wall := func() time.Time {
		if slept.Load() {
			return time.Now().Round(0).Add(d.leap)
		}
		return time.Now().Round(0)
	}
	project := p.Projects()[0]
	project.Account = cmp.Or(d.account, project.Account)
	if d.key != "" {
		project.DNIKey, project.HandoffKey = d.key, d.key
	}
	return playOn(t, d, cmp.Or(d.base, server.URL), cmp.Or(d.trunkName, sip), project, wall)
}

// inPieces is a way to a platform that passes a request on when it has all of it, and the reply a few bytes at a time, without
// saying how long it is.
type inPieces struct{}

// RoundTrip implements http.RoundTripper.
func (inPieces) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Expect")
	if r.Body != nil {
		request, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(request)), int64(len(request))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	reply, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body, res.ContentLength = io.NopCloser(iotest.OneByteReader(bytes.NewReader(reply))), -1
	res.Header.Del("Content-Length")
	return res, err
}

// trunk takes calls on to a platform, with their numbers in another form.
func trunk(t *testing.T, platform string, form pstn.Format) string {
	t.Helper()
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: platform, Listen: "127.0.0.1:0", Behaviour: pstn.Behaviour{Format: form}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = carrier.Close() })
	e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(leg *sipua.Leg) { carrier.Connect(leg, pstn.ToPlatform) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e.Addr()
}

// expired is a certificate of this host that has ended.
func expired() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func playOn(t *testing.T, d day, url, sip string, project independent.Project, wall func() time.Time) finding.Run {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`target: v1
name: bad day
base_url: %s
account: %s
project: %s
keys: {dni: {env: DNI}, handoff: {env: HANDOFF}}
calls: {trunk: {host: '%s'}}
facts: {size: 5, window_min: 5s, window_max: 5s, cool_down: 0s, release: hangup, bindings: once, match: dni, visible: 0s, retention: 24h, no_handoff: state, duplicates: last, abandoned: keep, handoffs: true}
limits: {requests_per_second: 100, call: %s, patience: 300ms}
consent: {requests_per_second: ours}
%s
`, url, project.Account, project.ID, sip, cmp.Or(d.longest, "2s"), d.more)
	file := filepath.Join(dir, "target.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), certificatePEM(t), 0o600); err != nil {
		t.Fatal(err)
	}
	plan := run.Plan{Tool: "dnispool", Files: onBadDays, Dir: "days", Target: reference.Target{}, Seed: 1}
	plan.Filter.Patterns = []string{cmp.Or(d.play, "day/http")}
	keys := map[string]string{"DNI": project.DNIKey, "HANDOFF": project.HandoffKey}
	a, err := aim.At(t.Context(), file, func(name string) string { return keys[name] }, &plan)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Leave(t.Context())
	plan.Target.(*deployment.Target).Wall = wall
	loaded, err := run.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Fit(t.Context(), &loaded); err != nil {
		t.Fatal(err)
	}
	r, err := loaded.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Conclude(&r)
	return r
}

// certificatePEM is that of a server of package httptest, which all of them have.
func certificatePEM(t *testing.T) []byte {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}
