package main

import (
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/control/client"
)

// link is where a simulator said that it serves its own API.
func (p *platform) link(t *testing.T) string {
	t.Helper()
	if p.control == "" {
		t.Fatal("want the control API, got none")
	}
	return p.control
}

// ctl runs one command on the simulator.
func (p *platform) ctl(t *testing.T, args ...string) ran {
	t.Helper()
	return dnispool(t, t.TempDir(), append(append([]string{"ctl"}, args...), "--url", p.link(t))...)
}

// ctlJSON runs one command that must succeed, and reads its reply.
func ctlJSON[T any](t *testing.T, p *platform, args ...string) (out T) {
	t.Helper()
	r := p.ctl(t, append(args, "--json")...)
	if r.code != 0 || r.err != "" {
		t.Fatalf("ctl %q: want it done, got %+v", args, r)
	}
	if err := json.Unmarshal([]byte(r.out), &out); err != nil {
		t.Fatalf("ctl %q: want JSON, got %v in %s", args, err, r.out)
	}
	return out
}

func TestCtlAsksASimulator(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q")
	s := ctlJSON[client.Simulator](t, p, "simulator")
	if s.Addresses.SIP != p.sip || !strings.HasPrefix(p.reserve.url, s.Addresses.HTTP) {
		t.Errorf("addresses: want those of the banner, got %+v", s.Addresses)
	}
	projects := ctlJSON[[]client.Project](t, p, "projects", "--secrets")
	if len(projects) != 1 || projects[0].DNIKey != p.reserve.key || projects[0].HandoffKey != p.handoff.key {
		t.Errorf("projects: want the keys of the banner, got %+v", projects)
	}
	for _, c := range []struct{ args, want string }{
		{"simulator", s.Addresses.HTTP}, {"projects", "acme-uk/acme-support"}, {"config", "profile: published\n"},
	} {
		if r := p.ctl(t, c.args); r.code != 0 || !strings.Contains(r.out, c.want) {
			t.Errorf("ctl %s: want %s, got %+v", c.args, c.want, r)
		}
	}
}

// TestCtlConfigStartsTheSameSimulator as the help says.
func TestCtlConfigStartsTheSameSimulator(t *testing.T) {
	t.Parallel()
	first := serve(t, t.TempDir(), "-q", "--set", "pool.window=7s")
	dir := write(t, map[string]string{"again.yaml": first.ctl(t, "config", "--secrets").out})
	second := serve(t, dir, "-q", "--config", "again.yaml")
	if second.reserve.key != first.reserve.key || !strings.Contains(second.seen.String(), "held 7s") {
		t.Errorf("want the same simulator, got\n%s", second.seen.String())
	}
}

func TestCtlRefuses(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		err  string
	}{
		{[]string{"ctl"}, "usage: dnispool ctl <what>"},
		{[]string{"ctl", "projets"}, "dnispool ctl: no command \"projets\" (did you mean \"projects\"?); try dnispool ctl --help\n"},
		{[]string{"ctl", "projects", "--secret"}, "dnispool ctl projects: no flag --secret (did you mean --secrets?); try dnispool ctl projects --help\n"},
		{[]string{"ctl", "projects", "acme"}, "ctl projects: want no arguments, got 1 arguments\n"},
		{[]string{"ctl", "projects", "--url", address}, "ctl projects: no simulator answers at http://" + address + ": "},
		{[]string{"ctl", "projects", "--url", "ftp://x"}, "url: want one like http://127.0.0.1:8081, got \"ftp://x\"\n"},
		{[]string{"ready", address}, "dnispool ready: not ready: "},
		{[]string{"ready", address, "--timeout", "50ms"}, "dnispool ready: not ready: "},
		{[]string{"ready", "a", "b"}, "ready: want one url, got \"b\" too\n"},
	} {
		if r := dnispool(t, t.TempDir(), c.args...); r.code != 2 || r.out != "" || !strings.HasPrefix(r.err, c.err) {
			t.Errorf("%q: want 2 and %q, got %+v", c.args, c.err, r)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--set", "control.token=a-long-secret")
	address := strings.TrimPrefix(p.link(t), "http://")
	address, token, _ := strings.Cut(address, "/?token=")
	if token != "a-long-secret" {
		t.Errorf("link: want the token in it, got %s", p.link(t))
	}
	if r := dnispool(t, t.TempDir(), "ready", address, "--timeout", "5s"); r != (ran{0, "ready: http://" + address + "\n", ""}) {
		t.Errorf("ready: want 0 without a token, got %+v", r)
	}
	if r := dnispool(t, t.TempDir(), "ctl", "projects", "--url", address); r.code != 2 || !strings.Contains(r.err, "give the link that the simulator prints to --url or DNISPOOL_CONTROL") {
		t.Errorf("ctl without the token: want it refused, got %+v", r)
	}
	for _, environment := range [][]string{{"DNISPOOL_CONTROL=" + p.link(t)}, {"DNISPOOL_CONTROL_LISTEN=" + address, "DNISPOOL_CONTROL_TOKEN=a-long-secret"}} {
		for _, args := range [][]string{{"ready"}, {"ctl", "projects"}} {
			c := command(t, t.TempDir(), args...)
			c.Env = append(c.Env, environment...)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%q with %q: want it done, got %v %s", args, environment, err, out)
			}
		}
	}
}

// TestSimWithoutControl serves no API of its own, and says none.
func TestSimWithoutControl(t *testing.T) {
	t.Parallel()
	if p := serve(t, t.TempDir(), "-q", "--control", "off"); strings.Contains(p.seen.String(), "  ctl ") {
		t.Errorf("want no control API, got\n%s", p.seen.String())
	}
}
