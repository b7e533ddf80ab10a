package control_test

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestTheEffectiveSettingsStartTheSameSimulator, with all that was changed since it was started.
func TestTheEffectiveSettingsStartTheSameSimulator(t *testing.T) {
	w := start(t, "projects: [{name: one, pool: {numbers: 3}}, {name: two, pool: {numbers: 4}}]\nfaults: {http: {endpoint: handoff, latency: 1ms}}")
	ctx := t.Context()
	must(t, w.SetNumbers(ctx, "one", []string{"+441614960000..+441614960001"}))
	must(t, w.SetAgent(ctx, "two", []byte("echo: {talk: 7s}")))
	must(t, w.Advertise(ctx, "sip.example.net:5070"))
	_, err := w.SetFaults(ctx, []byte("calls: {refuse: 486}"))
	must(t, err)
	_, err = w.Freeze(ctx, true)
	must(t, err)
	must(t, w.Reset(ctx)) // which takes faults away, and leaves the numbers
	_, err = w.SetFaults(ctx, []byte("calls: {refuse: 603}"))
	must(t, err)
	file, err := w.Config(ctx, true)
	must(t, err)

	for name, other := range map[string]*world{"another": start(t, string(file)), "itself": w} {
		if other == w {
			_, err := w.Configure(ctx, file)
			must(t, err)
		}
		for project, want := range map[string][]string{
			"one": {"+441614960000", "+441614960001"}, "two": {"+442079460003", "+442079460004", "+442079460005", "+442079460006"},
		} {
			got, err := other.Numbers(ctx, project, client.NumbersQuery{})
			must(t, err)
			var numbers []string
			for _, n := range got.Numbers {
				numbers = append(numbers, n.Number)
			}
			if !slices.Equal(numbers, want) {
				t.Errorf("%s: %s: want %v, got %v", name, project, want, numbers)
			}
		}
		if f, err := other.Faults(ctx); err != nil || string(f.Faults) != `{"calls":{"refuse":603}}` {
			t.Errorf("%s: want the fault, got %s (%v)", name, f.Faults, err)
		}
		if c, err := other.Clock(ctx); err != nil || !c.Frozen {
			t.Errorf("%s: want its clock frozen, got %+v (%v)", name, c, err)
		}
		again, err := other.Config(ctx, true)
		for _, part := range []string{"talk: 7s", "sip.example.net:5070", "refuse", "frozen: true"} {
			if err != nil || !strings.Contains(string(again), part) {
				t.Errorf("%s: want %s in what it shows, got (%v)\n%s", name, part, err, again)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnotherSimulatorIsReachedByTLSAsBefore: at the same ports, and by the certificate that its clients trust already.
func TestAnotherSimulatorIsReachedByTLSAsBefore(t *testing.T) {
	w := start(t, "http: {tls_listen: \"127.0.0.1:0\"}\nsip: {tls_listen: \"127.0.0.1:0\"}\ntls: {hosts: [dnispool]}")
	ctx := t.Context()
	before, err := w.Simulator(ctx)
	must(t, err)
	pem, err := w.Authority(ctx)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, config := range []string{"profile: gateway", "http: {tls_listen: \"127.0.0.1:0\"}", "pool: {numbers: 0}"} {
		after, err := w.Configure(ctx, []byte(config))
		if refused := client.IsStatus(err, 400); refused != strings.Contains(config, "numbers: 0") {
			t.Fatalf("%s: got %v", config, err)
		}
		if err == nil && after.Addresses != before.Addresses {
			t.Errorf("%s: want it at %+v, got %+v", config, before.Addresses, after.Addresses)
		}
		for _, at := range []string{strings.TrimPrefix(before.Addresses.HTTPS, "https://"), before.Addresses.SIPS} {
			c, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: "dnispool"})
			if err != nil {
				t.Errorf("%s: %s: %v", config, at, err)
				continue
			}
			_ = c.Close()
		}
		if placed, err := w.Place(ctx, client.Dial{To: "+442079460000", From: "+442079460500", Transport: "tls"}); err != nil || !placed.Answered {
			t.Errorf("%s: a call over TLS: want it answered, got %+v (%v)", config, placed, err)
		}
	}
}
