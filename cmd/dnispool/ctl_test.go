package main

import (
	"encoding/json"
	"net"
	"strings"
	"syscall"
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
		{[]string{"ctl", "--url", "http://127.0.0.1:1", "pools"}, "ctl: want what to ask first and its flags behind it, as in dnispool ctl pools --url http://127.0.0.1:1, got --url first\n"},
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
	if p := serve(t, t.TempDir(), "-q", "--control", "off"); strings.Contains(p.seen.String(), "  page ") {
		t.Errorf("want no control API, got\n%s", p.seen.String())
	}
}

// TestCtlSeesACall from every side.
func TestCtlSeesACall(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--set", "pool.numbers=2")
	dni := p.number(t)
	pool := ctlJSON[client.Numbers](t, p, "pool", "acme", "--state", "pending")
	if len(pool.Numbers) != 1 || pool.Numbers[0].Number != dni {
		t.Fatalf("pool: want %s pending, got %+v", dni, pool)
	}
	over(t, p.call(t, dni))
	left := ctlJSON[client.Journal](t, p, "journal", "--kind", "handoff-written", "--after", "1", "--wait", "5s")
	id := left.Events[0].Call
	p.ctl(t, "journal")
	for _, c := range []struct{ args, want string }{
		{"pools", "acme     2"},
		{"pool acme", dni},
		{"conversations", id},
		{"conversations --text DEMO-1", id},
		{"messages " + left.Events[0].CallID, "INVITE sip:" + dni},
		{"conversation " + id, "given to start_function     {\"shared_id\":\"demo-1\","},
		{"conversation --raw " + id, "\r\nCSeq: "},
		{"journal --kind bye-sent", "call=" + id},
		{"journal --text billing", "handoff-written"},
		{"exchanges --status 2", "POST /v1/conversations/dni-reservation"},
		{"exchange 1", "X-Api-Key: ***"},
	} {
		if r := p.ctl(t, strings.Fields(c.args)...); r.code != 0 || !strings.Contains(r.out, c.want) {
			t.Errorf("ctl %s: want %q, got %+v", c.args, c.want, r)
		}
	}
	ask(t, "GET", strings.Replace(p.handoff.url, "acme-support", "acme-suport", 1), p.handoff.key, "", &struct{}{})
	if r := p.ctl(t, "refused"); !strings.Contains(r.out, "nearest no such project acme-suport; did you mean acme-support") {
		t.Errorf("refused: want what was meant, got %+v", r)
	}
	for _, c := range []struct{ args, want string }{
		{"journal --kind bye-sendt", "ctl journal: kind: want words like reserve-accepted, got \"bye-sendt\" (did you mean \"bye-sent\"?)\n"},
		{"journal --kind bye-received --wait 10ms", "ctl journal: journal: no such event within the wait of 10ms\n"},
		{"pool acne", "ctl pool: project: no such project \"acne\" (did you mean \"acme\"?)\n"},
		{"exchange one", "ctl exchange: id: want a number, got \"one\"\n"},
		{"exchange 99", "ctl exchange: exchange: no such exchange \"99\" among those that are kept\n"},
	} {
		if r := p.ctl(t, strings.Fields(c.args)...); r != (ran{2, "", c.want}) {
			t.Errorf("ctl %s: want 2 and %q, got %+v", c.args, c.want, r)
		}
	}
}

// TestCtlFollowsTheJournal until it is interrupted.
func TestCtlFollowsTheJournal(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q")
	follower := start(t, t.TempDir(), "ctl", "journal", "--follow", "--json", "--url", p.link(t))
	follower.line(t, `{"seq":1,`)
	p.number(t)
	follower.line(t, `{"seq":2,`)
	if err := follower.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, code := follower.end(t); code != 0 || strings.Contains(rest, "ctl") {
		t.Errorf("want it ended, got %d %s", code, rest)
	}
}

// TestCtlChangesASimulator: everything that a shell can tell it.
func TestCtlChangesASimulator(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--fault", "http: {endpoint: handoff, reply: {preset: unavailable}}")
	dir := write(t, map[string]string{"other.yaml": "profile: gateway\npool: {numbers: 3}\n", "agent.yaml": "echo: {talk: 1h}\n"})
	in := func(args ...string) ran {
		t.Helper()
		return dnispool(t, dir, append(append([]string{"ctl"}, args...), "--url", p.link(t))...)
	}
	if status := ask(t, "GET", p.handoff.url, p.handoff.key, "", new(any)); status != 503 {
		t.Errorf("--fault: want 503, got %d", status)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"faults"}, "http 1: 1 hits"},
		{[]string{"fault", "none"}, "null"},
		{[]string{"fault", "calls: {refuse: 486, times: 1}"}, "calls 1: 0 hits"},
		{[]string{"call", "+442079460000"}, "486 Busy Here, ended by the platform (reject)"},
		{[]string{"reserve", `{"shared_id":"x"}`}, "+442079460000"},
		{[]string{"call", "+442079460000", "--from", "+442079460500", "--wait", "30s"}, "200 OK, ended by the platform (bye)"},
		{[]string{"numbers", "acme", "+441614960000..+441614960002"}, ""},
		{[]string{"reserve", "--project", "acme"}, "+44161496000"},
		{[]string{"agent", "acme", "agent.yaml"}, ""},
		{[]string{"advertise", "192.0.2.7:5070"}, ""},
		{[]string{"config"}, "advertise: 192.0.2.7:5070"},
		{[]string{"advertise", "none"}, ""},
		{[]string{"freeze"}, "frozen"},
		{[]string{"advance", "2m"}, "frozen"},
		{[]string{"clock"}, "frozen"},
		{[]string{"unfreeze"}, "T"},
		{[]string{"restart", "lose"}, ""},
		{[]string{"reset", "acme"}, ""},
		{[]string{"reset"}, ""},
		{[]string{"configure", "other.yaml"}, "gateway"},
		{[]string{"pools"}, "acme     3     3"},
	} {
		if r := in(c.args...); r.code != 0 || r.err != "" || !strings.Contains(r.out, c.want) {
			t.Errorf("ctl %q: want %q, got %+v", c.args, c.want, r)
		}
	}
	mine := strings.TrimSpace(in("begin", "me", "--for", "1m").out)
	if r := in("session"); !strings.HasPrefix(r.out, "me, since ") {
		t.Errorf("ctl session: want mine, got %+v", r)
	}
	if r := in("reset"); r.code != 2 || !strings.Contains(r.err, `ctl reset: session: "me" holds the simulator for `) {
		t.Errorf("ctl reset by another: want it refused, got %+v", r)
	}
	for _, args := range [][]string{{"reset", "--session", mine}, {"finish", "--session", mine}} {
		if r := in(args...); r.code != 0 {
			t.Errorf("ctl %q: want it done, got %+v", args, r)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"advance soon", "ctl advance: duration: want one like 2m, got \"soon\"\n"},
		{"advertise 192.0.2.7:port", "ctl advertise: sip.advertise: want host or host:port, got \"192.0.2.7:port\"\n"},
		{"restart perhaps", "ctl restart: leases: want keep or lose, got \"perhaps\"\n"},
		{"fault htp:", "ctl fault: 1:1: unknown key \"htp\" (did you mean \"http\"?)\n"},
		{"configure nosuch.yaml", "ctl configure: file nosuch.yaml: no such file or directory\n"},
		{"end nobody", "ctl end: conversation: no conversation \"nobody\" is up\n"},
		{"hangup nobody", "ctl hangup: call: no call \"nobody\" was placed here\n"},
	} {
		if r := in(strings.Fields(c.args)...); r.code != 2 || r.err != c.want {
			t.Errorf("ctl %s: want 2 and %q, got %+v", c.args, c.want, r)
		}
	}
}
