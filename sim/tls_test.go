package sim_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// TestTLS serves both endpoints and calls over TLS beside the usual ports, all to whoever trusts the authority.
func TestTLS(t *testing.T) {
	w := open(t, "http: {tls_listen: \"localhost:0\"}\nsip: {tls_listen: \"127.0.0.1:0\"}\n")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(w.sim.Authority()) {
		t.Fatalf("authority: want PEM, got %q", w.sim.Authority())
	}
	trusting := &tls.Config{RootCAs: roots}
	transport := &http.Transport{TLSClientConfig: trusting}
	t.Cleanup(transport.CloseIdleConnections)
	reserve := func(c *http.Client, base string) (string, error) {
		r, err := http.NewRequest(http.MethodPost, base+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{"shared_id":"tls-1"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", w.project(0).DNIKey)
		r.Header.Set("Content-Type", "application/json")
		res, err := c.Do(r)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return string(b), err
	}
	for base, c := range map[string]*http.Client{"http://" + w.sim.HTTPAddr(): w.http, "https://" + w.sim.HTTPSAddr(): {Transport: transport}} {
		if got, err := reserve(c, base); err != nil || !strings.HasPrefix(got, `{"dni":"+44`) {
			t.Errorf("%s: want a number, got %s (%v)", base, got, err)
		}
	}
	if _, err := reserve(w.http, "https://"+w.sim.HTTPSAddr()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("who does not trust the authority: want an error, got %v", err)
	}

	shown, _, err := w.sim.Config().TLS.TLS() // of the caller's own
	if err != nil {
		t.Fatal(err)
	}
	shown.RootCAs = roots
	caller, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TLSListen: "127.0.0.1:0", TLS: shown})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // politely: the platform waits for the answer to its BYE
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := caller.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	numbers, err := w.project(0).Pool.Numbers.Expand()
	if err != nil {
		t.Fatal(err)
	}
	leg, err := caller.Dial(t.Context(), sipua.Dial{From: "sip:+442079460500@127.0.0.1", RequestURI: "sips:" + numbers[0] + "@" + w.sim.SIPSAddr(), Transport: "tls"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-leg.Done():
		if end := leg.End(); end.By != sipua.Remote || end.How != sipua.HowBye {
			t.Errorf("want the platform's BYE, got %+v", end)
		}
	case <-time.After(limit):
		t.Fatal("call: want the platform's BYE, got none")
	}
}

// TestNoTLS unless it is asked for.
func TestNoTLS(t *testing.T) {
	w := open(t, "")
	if w.sim.HTTPSAddr() != "" || w.sim.SIPSAddr() != "" || w.sim.Authority() != nil {
		t.Errorf("want nothing over TLS, got %q, %q, %q", w.sim.HTTPSAddr(), w.sim.SIPSAddr(), w.sim.Authority())
	}
}
