package main

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// insideFaults are one of each kind that a simulator has inside, and what its journal says of the first call that it hits.
var insideFaults = []struct{ fault, hit string }{
	{"calls: {refuse: 486}", "refuse: 486"},
	{"calls: {lose_invites: true, times: 1}", "lose_invites"},
	{"calls: {duplicate_invites: true}", "duplicate_invites"},
	{"calls: {late_answer: 20ms, late_bye: 20ms}", "late_answer: 20ms, late_bye: 20ms"},
	{"agent: {function: start, crash: true}", "crash"},
	{"agent: {slow: 20ms, times: 1}", "slow: 20ms"},
	{"handoffs: {late: 1h}", "late: 1h0m0s"},
	{"handoffs: {never: true}", "never"},
	{"handoffs: {null_data: true}", "null_data"},
	{"handoffs: {flapping: true}", "flapping"},
}

// TestFaultsFromEverywhere: by flag, in the file, and from a shell each hits a caller who comes in by SIP from elsewhere, and who asks
// for his handoff.
func TestFaultsFromEverywhere(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"echo.yaml": "agent: echo\n"})
	p := serve(t, dir, "-q", "--config", "echo.yaml") // one that is told while it runs
	link := p.link(t)
	for i, c := range insideFaults {
		if r := dnispool(t, dir, "ctl", "fault", c.fault, "--url", link); r.code != 0 {
			t.Fatalf("ctl fault %s: want 0, got %+v", c.fault, r)
		}
		p.wantHit(t, "ctl", c.hit)
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			if i%2 == 0 {
				dir := write(t, map[string]string{"sim.yaml": "agent: echo\nfaults: {" + c.fault + "}\n"})
				serve(t, dir, "-q", "--config", "sim.yaml").wantHit(t, "file", c.hit)
				return
			}
			serve(t, dir, "-q", "--config", "echo.yaml", "--fault", c.fault).wantHit(t, "flag", c.hit)
		})
	}
}

func (p *platform) wantHit(t *testing.T, by, hit string) {
	t.Helper()
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: p.sip})
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Close()
	c, err := carrier.Dial(t.Context(), pstn.Dial{To: p.number(t), From: "+442079460001"})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	link := p.link(t)
	if strings.Contains("late never null_data flapping", strings.SplitN(hit, ":", 2)[0]) {
		if r := dnispool(t, t.TempDir(), "ctl", "journal", "--kind", "handoff-written", "--text", c.ID(), "--after", "1", "--wait", "5s", "--url", link); r.code != 0 {
			t.Fatalf("%s %s: want its handoff written, got %+v", by, hit, r)
		}
		ask(t, "GET", p.handoff.url, p.handoff.key, "", new(any))
	}
	r := dnispool(t, t.TempDir(), "ctl", "journal", "--kind", "fault-hit", "--text", hit, "--after", "1", "--wait", "5s", "--url", link)
	if r.code != 0 || !strings.Contains(r.out, hit) {
		t.Errorf("%s %s: want the hit in the journal, got %+v", by, hit, r)
	}
}

// TestFaultFlagsAddUp: those of one part stand one after the other, behind those of the file.
func TestFaultFlagsAddUp(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"sim.yaml": "faults: {http: {endpoint: reserve, latency: 1ms}}\n"})
	p := serve(t, dir, "-q", "--config", "sim.yaml", "--fault", "http: {endpoint: handoff, reply: {status: 500}}",
		"--fault", "{http: [{endpoint: handoff, latency: 2ms}], calls: {refuse: 486}}")
	r := dnispool(t, dir, "ctl", "faults", "--url", p.link(t))
	want := `{"http":[{"endpoint":"reserve","latency":"1ms"},{"endpoint":"handoff","reply":{"status":500}},{"endpoint":"handoff","latency":"2ms"}],"calls":{"refuse":486}}`
	if first, _, _ := strings.Cut(r.out, "\n"); r.code != 0 || first != want {
		t.Errorf("want %s, got %+v", want, r)
	}
	for _, c := range []struct{ args, want string }{
		{"--fault|htp: {}", `--fault:1:1: unknown key "htp" (did you mean "http"?)`},
		{"--fault|7", "--fault:1:1: file: want a mapping, got 7"},
		{"--fault|calls: {refuse: 486}|--fault|calls: {refuse: 200}", "--fault:1:8: refuse: want a SIP status from 300 to 699, got 200"},
	} {
		args := append([]string{"sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "off"}, strings.Split(c.args, "|")...)
		if r := dnispool(t, dir, args...); r.code != 2 || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: want 2 and %q, got %+v", c.args, c.want, r)
		}
	}
}
