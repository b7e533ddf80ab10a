package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// TestTargetCheck: each line says what was found, and ends in what to do.
func TestTargetCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		on   http.HandlerFunc
		code int
		want []string
	}{
		{"all is well", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[string]int{http.MethodGet: 404, http.MethodPost: 400}[r.Method])
			fmt.Fprint(w, `{}`)
		}, 0, []string{"127.0.0.1 is 127.0.0.1: ok", "handoff key                        404: ok", "DNI key                            400: ok", "clock "}},
		{"wrong keys", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, 2,
			[]string{"handoff key                        401: the key is wrong, expired or revoked, or of another region, which a 401 does not tell apart: where the other key",
				"keys                               neither is taken: likely they are of another region: state the one that they were made for, and look again"}},
		{"a DNI key that was revoked", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[string]int{http.MethodGet: 404, http.MethodPost: 401}[r.Method])
		}, 2, []string{"handoff key                        404: ok", "keys                               the handoff key is taken and the DNI key is not: the region is likely right, and the DNI key wrong, expired or revoked"}},
		{"a handoff key of another project", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(map[string]int{http.MethodGet: 403, http.MethodPost: 400}[r.Method])
		}, 2, []string{"keys                               the DNI key is taken and the handoff key is not: the region is likely right, and the handoff key wrong, expired, revoked or of another account or project"}},
		{"keys that are swapped", func(w http.ResponseWriter, r *http.Request) {
			status := map[string]int{http.MethodGet: 404, http.MethodPost: 400}[r.Method]
			if (r.Method == http.MethodGet) != strings.Contains(r.Header.Get("X-Api-Key"), "-dni-") { // the file has them swapped
				status = 401
			}
			w.WriteHeader(status)
		}, 2, []string{"keys                               each is taken where the other one belongs: swap keys.dni and keys.handoff"}},
		{"another's project", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, 2, []string{"403: the key is of another account or project, or it was revoked, which a 403 does not tell apart: correct account and project; a key that was taken"}},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, 2, []string{"200 with a page of HTML: this is no API"}},
		{"a clock that is off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-5*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(map[string]int{http.MethodGet: 404, http.MethodPost: 400}[r.Method])
		}, 2, []string{"s behind this one: set this machine's clock", "DNI key                            400: ok"}},
		{"a number for nothing", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"dni":"+99920000001"}`) }, 2,
			[]string{"200: a reservation without attributes was taken", "may still be held: +99920000001"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.on)
			defer s.Close()
			r := dnispool(t, onTarget(t, s.URL, "acme", "support", "calls: {exec: [/bin/sh, '{dni}']}\n"), "target", "check", "t.yaml")
			for _, want := range c.want {
				if !strings.Contains(r.out, want) {
					t.Errorf("want %q, got %s", want, r.out)
				}
			}
			if r.code != c.code || r.err != "" || strings.Contains(r.out, "demo-") {
				t.Errorf("want %d, and no key, got %+v", c.code, r)
			}
		})
	}
	r := dnispool(t, onTarget(t, "https://platform.invalid", "acme", "support", ""), "target", "check", "t.yaml")
	if want := "lookup platform.invalid"; r.code != 2 || r.err != "" || !strings.Contains(r.out, want) || !strings.Contains(r.out, ": correct region or base_url, or look at this machine's DNS\n") {
		t.Errorf("want %q and what to do, got %+v", want, r)
	}
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[string]int{http.MethodGet: 404, http.MethodPost: 400}[r.Method])
		fmt.Fprint(w, `{}`)
	}))
	defer well.Close()
	trunk, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true})
	if err != nil {
		t.Fatal(err)
	}
	defer trunk.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := gone.Addr().String()
	_ = gone.Close()
	for calls, want := range map[string]ran{
		"":                                   {0, "calls                              none, so what needs calls is not played", ""},
		"calls: {exec: [./nosuch, '{dni}']}": {2, "no such file or directory: name a program that is there", ""},
		"calls: {trunk: {host: '" + trunk.Addr() + "', transport: tcp}}": {0, " over tcp answers OPTIONS with 200 OK: ok", ""},
		"calls: {trunk: {host: '" + trunk.Addr() + "'}}":                 {0, " over udp answers OPTIONS with 200 OK: ok", ""},
		"calls: {trunk: {host: '" + nobody + "', transport: tcp}}":       {2, "connection refused: look at calls.trunk.host", ""},
	} {
		if r := dnispool(t, onTarget(t, well.URL, "acme", "support", calls+"\n"), "target", "check", "t.yaml"); r.code != want.code || !strings.Contains(r.out, want.out) || r.err != "" {
			t.Errorf("%s: want %+v, got %+v", calls, want, r)
		}
	}
	if r := dnispool(t, t.TempDir(), "target", "chek", "t.yaml"); r.code != 2 || !strings.HasPrefix(r.err, `dnispool target: want init, check or questions, and a file (did you mean "check"?)`) {
		t.Errorf("got %+v", r)
	}
}

// TestTargetInit: what is asked becomes a file that each of the commands which it names reads.
func TestTargetInit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	answers := strings.Join([]string{"", "uk", "uk-1", "", "acme-uk", "acme-support", "", "", "sbc.example.net:5060", "20", "60s"}, "\n") + "\n"
	r := feed(t, dir, answers, "target", "init")
	for _, want := range []string{`want one of euw-1, uk-1, us-1, got "uk"`, "This one is needed.", "target.yaml is written. Export DNI_KEY and HANDOFF_KEY"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("want %q, got %s", want, r.out)
		}
	}
	if r.code != 0 || r.err != "" {
		t.Fatalf("got %+v", r)
	}
	if r := dnispool(t, dir, "scenarios", "list", "--target", "target.yaml", "core/*"); r.code != 0 || !strings.Contains(r.out, "core/nine-steps                                  played\n") {
		t.Errorf("want the file read, got %+v", r)
	}
	const missed = ": want a secret, got nothing; export it before the run\n"
	if r := dnispool(t, dir, "target", "check", "target.yaml"); r.code != 2 || r.err != "target target.yaml: keys.dni: environment variable DNI_KEY"+missed+"keys.handoff: environment variable HANDOFF_KEY"+missed {
		t.Errorf("want the keys missed, got %+v", r)
	}
	if r := feed(t, dir, answers, "target", "init"); r.code != 2 || r.err != "target target.yaml: want a file that is not there yet, got one\n" {
		t.Errorf("want no file written over, got %+v", r)
	}
	if r := feed(t, dir, "x\n", "target", "init", "other.yaml"); r.code != 2 || !strings.HasSuffix(r.err, "got an end; nothing was written\n") {
		t.Errorf("want the end noticed, got %+v", r)
	}
}

// TestTargetQuestions asks for what a file leaves out, and for nothing that it states.
func TestTargetQuestions(t *testing.T) {
	t.Parallel()
	asks := func(more string) string {
		r := dnispool(t, onTarget(t, "http://127.0.0.1:1", "acme", "support", more), "target", "questions", "t.yaml")
		if r.code != 0 || r.err != "" {
			t.Fatalf("got %+v", r)
		}
		return r.out
	}
	least, most := asks(""), asks("calls: {trunk: {host: 'a:1'}}\n"+wellKnown)
	for _, want := range []string{"# Questions about staging, account acme, project support\n", "[size] ", "[window_min, window_max]", "[calls] ", "What rate limits are there"} {
		if !strings.Contains(least, want) {
			t.Errorf("want %q, got %s", want, least)
		}
	}
	if strings.Contains(most, "[size]") || strings.Contains(most, "[calls]") || !strings.Contains(most, "[second_project] ") {
		t.Errorf("want a second project asked for and nothing else, got %s", most)
	}
	if lines := strings.Count(least, "\n"); lines > 60 {
		t.Errorf("want one page, got %d lines", lines)
	}
}

// TestTargetCheckHoldsOneNumber, also where the file allows a run to fill the pool; and a platform that sends no audio is told of.
func TestTargetCheckHoldsOneNumber(t *testing.T) {
	t.Parallel()
	p := serve(t, write(t, map[string]string{"sim.yaml": "pool: {window: 60s}\nagent: echo\n"}), "-q", "--config", "sim.yaml")
	url, _, _ := strings.Cut(p.reserve.url, "/v1/")
	r := dnispool(t, onTarget(t, url, "acme-uk", "acme-support", fmt.Sprintf("calls: {trunk: {host: %q}}\n", p.sip)+wellKnown), "target", "check", "--call", "t.yaml")
	if r.code != 0 || !strings.Contains(r.out, "reserved, called and read back, twice") || strings.Contains(r.out, "may still be held") {
		t.Errorf("want a whole call and no number left, got %+v", r)
	}
	if !strings.Contains(r.out, "one-way audio: in 2 calls of 2s or longer no audio came in, of 2 that were answered") {
		t.Errorf("want it told that the simulator sends no audio, got %+v", r)
	}
}

// TestTargetCheckCalls places a call where that is asked for, and says what came of it.
func TestTargetCheckCalls(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--fault", "calls: {refuse: 486}")
	url, _, _ := strings.Cut(p.reserve.url, "/v1/")
	dir := onTarget(t, url, "acme-uk", "acme-support", fmt.Sprintf("calls: {trunk: {host: %q}}\n", p.sip))
	if r := dnispool(t, dir, "target", "check", "t.yaml"); r.code != 0 || strings.Contains(r.out, "a whole call") {
		t.Errorf("want no call that nobody asked for, got %+v", r)
	}
	r := dnispool(t, dir, "target", "check", "--call", "t.yaml")
	if want := "a whole call                       answered: want true, got false: 486 Busy Here: the number or all agents are busy\n"; r.code != 2 || !strings.Contains(r.out, want) {
		t.Errorf("want %q, got %+v", want, r)
	}
	if r := dnispool(t, dir, "target", "--call", "questions", "t.yaml"); r.code != 2 || !strings.HasPrefix(r.err, "dnispool target: --call: want it with check and a file") {
		t.Errorf("got %+v", r)
	}
}
