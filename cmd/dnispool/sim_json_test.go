package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/conformance/reading"
)

// TestSimAnnouncesItself in one line of JSON, from which everything can be reached.
func TestSimAnnouncesItself(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"sim.yaml": "projects: [{name: sales}, {name: support, pool: {numbers: 1, window: 60s}}]\ncontrol: {token: s3cret-token}\n"})
	p := &platform{process: start(t, dir, "sim", "--output", "json", "-q", "--config", "sim.yaml", "--http", ":0", "--sip", "localhost:0", "--control", "127.0.0.1:0")}
	var a announcement
	if err := json.Unmarshal([]byte(p.line(t, "{")), &a); err != nil {
		t.Fatal(err)
	}
	if !a.Ready || a.Version == "" || a.Profile != "published" || !a.Addresses.SIPTCP || a.Token != "s3cret-token" || len(a.Projects) != 2 {
		t.Errorf("want all that is known, got %+v", a)
	}
	support := a.Projects[1]
	p.reserve.url, p.reserve.key, p.reserve.body, p.sip = a.Addresses.HTTP+"/v1/conversations/dni-reservation", support.DNIKey, `{"attributes":{}}`, a.Addresses.SIP
	over(t, p.call(t, p.number(t)))
	if status := ask(t, http.MethodGet, a.Addresses.HTTP+"/v1/"+support.AccountID+"/"+support.ProjectSlug+"/handoff_state?shared_id=x", support.HandoffKey, "", new(any)); status != http.StatusNotFound {
		t.Errorf("handoff of nobody: want 404, got %d", status)
	}
	if r := dnispool(t, dir, "ctl", "simulator", "--url", a.Addresses.Control+"/?token="+a.Token); r.code != 0 {
		t.Errorf("control API: got %+v", r)
	}

	b, err := json.Marshal(a.Facts)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := reading.ParseFacts(reading.FileText("facts.json", b))
	if f := facts["support"]; err != nil || f.Size != 1 || f.WindowMin.String() != "1m0s" || f.Release != "hangup" || f.Exclusive || f.Eps != nil {
		t.Errorf("facts: want those of the pool and none of its users, got %+v (%v)", f, err)
	}
	if rest := p.stop(t, syscall.SIGTERM); rest != "" {
		t.Errorf("want one line and no more, got %q", rest)
	}
}

func TestSimRefusesAnOutput(t *testing.T) {
	if r := dnispool(t, t.TempDir(), "sim", "--output", "yaml"); r != (ran{2, "", "output: want text or json, got \"yaml\"\n"}) {
		t.Errorf("got %+v", r)
	}
	if r := dnispool(t, t.TempDir(), "sim", "--output", "json", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "off", "--set", "pool.numbers=0"); r.code != 2 || strings.Contains(r.out, "ready") {
		t.Errorf("want nothing announced, got %+v", r)
	}
}
