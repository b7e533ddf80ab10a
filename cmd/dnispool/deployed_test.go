package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/sim/sipua"
)

// wellKnown is a deployment of which everything is known, that allows everything and that nobody else uses.
const wellKnown = `facts:
  {size: 20, window_min: 60s, window_max: 60s, cool_down: 0s, release: hangup, selection: lru, bindings: once, match: dni, visible: 0s,
   retention: 24h, handoffs: true, no_handoff: state, duplicates: last, abandoned: keep, exclusive: true, strays_per_s: 0, failures_max: 0}
limits: {requests_per_second: 100, reservations: 21, calls: 100, call: 30m, duration: 30m}
consent: {requests_per_second: a test, reservations: a test, calls: a test, call: a test, duration: a test}
`

// onTarget writes a target file and returns the directory that it is in.
func onTarget(t *testing.T, url, account, project, more string) string {
	t.Helper()
	return write(t, map[string]string{
		"t.yaml":  fmt.Sprintf("target: v1\nname: staging\nbase_url: %s\naccount: %s\nproject: %s\nkeys: {dni: {file: dni.key}, handoff: {file: handoff.key}}\n%s", url, account, project, more),
		"dni.key": "demo-dni-key-acme\n", "handoff.key": "demo-handoff-key-acme\n",
	})
}

// TestScenariosOnADeployment: each bundled scenario is played on a deployment that is well known, or says what it lacks.
// After a change of scenarios: go test ./cmd/dnispool -run TestScenariosOnADeployment -update
func TestScenariosOnADeployment(t *testing.T) {
	t.Parallel()
	dir := onTarget(t, "http://127.0.0.1:1", "acme", "support", "calls: {trunk: {host: '127.0.0.1:1'}}\n"+wellKnown)
	r := dnispool(t, dir, "scenarios", "list", "--target", "t.yaml")
	if r.code != 0 || r.err != "" {
		t.Fatalf("want a list, got %+v", r)
	}
	golden(t, "deployment.txt", r.out)
}

// TestScenariosOfWhatIsLeftOut: each thing that a target file leaves out costs scenarios, which say what it is.
func TestScenariosOfWhatIsLeftOut(t *testing.T) {
	dir := onTarget(t, "http://127.0.0.1:1", "acme", "support", "")
	r := dnispool(t, dir, "scenarios", "list", "--target", "t.yaml")
	if r.code != 0 || r.err != "" {
		t.Fatalf("want a list, got %+v", r)
	}
	for _, want := range []string{
		"needs calls: state calls.trunk or calls.exec", "needs to know the pool's size: state size", "needs a second project: state second_project",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("want %q among the reasons, got none", want)
		}
	}
	if n := strings.Count(r.out, " played\n"); n < 20 {
		t.Errorf("want at least 20 scenarios played over HTTP alone, got %d", n)
	}
}

// TestWaiversNameWhatExists: one for a scenario or an area that nobody knows would excuse nothing, and is an error.
func TestWaiversNameWhatExists(t *testing.T) {
	waiver := func(of string) string {
		return "waivers: [{" + of + ", reason: r, by: b, until: 2099-01-01}]\n"
	}
	for more, want := range map[string]string{
		waiver("scenario: pool/exhaustion-is-405"): `t.yaml:7:11: waiver: want a scenario that exists, got "pool/exhaustion-is-405" (did you mean "pool/exhaustion-is-404"?)`,
		waiver("area: handof"):                     `t.yaml:7:11: waiver: want an area that exists, got "handof" (did you mean "handoff"?)`,
		waiver("scenario: pool/exhaustion-is-404"): "",
		waiver("area: handoff"):                    "",
		waiver("area: mine"):                       "",
	} {
		dir := onTarget(t, "http://127.0.0.1:1", "acme", "support", more)
		for name, text := range map[string]string{"mine/one.yaml": mine["mine/pool/fine.yaml"]} {
			if err := os.MkdirAll(filepath.Join(dir, "own", filepath.Dir(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "own", name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, args := range [][]string{
			{"scenarios", "list", "--target", "t.yaml", "--scenarios", "own"}, {"check", "--target", "t.yaml", "--scenarios", "own", "--dry-run"},
		} {
			r := dnispool(t, dir, args...)
			if want == "" && r.code != 0 || want != "" && (r.code != 2 || !strings.Contains(r.err, want)) {
				t.Errorf("%s %v: want %q, got %+v", more, args, want, r)
			}
		}
	}
}

// TestCheckADeployment plays a simulator that runs in a process of its own as if it were somebody else's platform: once over
// HTTP alone, once over a trunk as well.
func TestCheckADeployment(t *testing.T) {
	t.Parallel()
	soon := strings.ReplaceAll(wellKnown, "60s", "2s") // what fills the pool waits until no earlier scenario holds a number
	p := serve(t, write(t, map[string]string{"sim.yaml": "pool: {window: 2s}\nagent: echo\n"}), "-q", "--config", "sim.yaml")
	url, _, _ := strings.Cut(p.reserve.url, "/v1/")
	for name, c := range map[string]struct {
		calls string
		args  []string
		least int
	}{
		"HTTP":  {"", []string{"auth/*-key*", "contract/reserve-*-*", "contract/*-is-*"}, 15},
		"trunk": {fmt.Sprintf("calls: {trunk: {host: %q}}\n", p.sip), []string{"core/*-means-*", "core/*-arrive-*"}, 6},
	} {
		dir := onTarget(t, url, "acme-uk", "acme-support", c.calls+soon)
		r := dnispool(t, dir, append([]string{"check", "--target", "t.yaml", "--yes", "--json", "r.json"}, c.args...)...)
		if r.code != 0 || r.err != "" || strings.Count(r.out, "\nok ") < c.least {
			t.Errorf("%s: want at least %d scenarios to pass, got %d\n%s%s", name, c.least, r.code, r.out, r.err)
		}
		for _, want := range []string{"target    staging, http://127.0.0.1:", " scenarios can be played\n", "   target staging   "} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s: want %q, got %s", name, want, r.out)
			}
		}
	}
}

// TestDeploymentIsAskedFirst: nothing is sent before somebody has seen the plan and said yes.
func TestDeploymentIsAskedFirst(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer s.Close()
	dir := onTarget(t, s.URL, "acme", "support", "")
	for args, want := range map[string]ran{
		"":          {2, "1 request, 0 reservations", "dnispool check: want --yes to begin on a deployment where nobody can be asked; the plan is above\n"},
		"--dry-run": {0, "1 request, 0 reservations", ""},
	} {
		r := dnispool(t, dir, append([]string{"check", "--target", "t.yaml", "handoff/without-id-is-400"}, strings.Fields(args)...)...)
		if r.code != want.code || !strings.Contains(r.out, want.out) || r.err != want.err || requests.Load() != 0 {
			t.Errorf("%q: want %+v and no request, got %+v and %d", args, want, r, requests.Load())
		}
	}
}

// TestHollowRunsSaySo plays all that is bundled on a platform that refuses every key, and on one at the wrong address: whatever
// scenarios send wrong keys by intent, the report says in its warnings that little was tested.
func TestHollowRunsSaySo(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusUnauthorized: "requests with the run's own keys were answered 401: the keys are not those of this account, project and region, or no longer, and the status does not say which; dnispool target check tries both, so little else was tested",
		http.StatusNotFound:     "requests with the run's own keys were answered 404: the base URL, account or project is likely wrong, or no number was free all along, so little else was tested",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"success":false,"error":"x","message":"x","error_message":"x"}`))
		}))
		defer s.Close()
		dir := onTarget(t, s.URL, "acme", "support", "limits: {requests_per_second: 100, patience: 1ms}\nconsent: {requests_per_second: a test}\n")
		r := dnispool(t, dir, "check", "--target", "t.yaml", "--yes", "--json", "r.json")
		var report struct {
			Warnings []string `json:"warnings"`
		}
		if err := json.Unmarshal([]byte(read(t, dir, "r.json")), &report); err != nil {
			t.Fatal(err)
		}
		all := strings.Join(report.Warnings, "\n")
		if r.code != 1 || !strings.Contains(all, want) || !strings.Contains(all, "no call was placed: ") {
			t.Errorf("%d: want exit 1 and the warnings that say so, got %d and %s", status, r.code, all)
		}
	}
}

// TestKeysAreNowhere: a platform that repeats keys wherever it can, and numbers that are nobody's business, leaves neither in
// any file or on the screen.
func TestKeysAreNowhere(t *testing.T) {
	t.Parallel()
	const stranger = "+447700900123"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("x-api-key")
		w.Header().Set("X-PolyAI-Correlation-Id", key)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			fmt.Fprintf(w, `{"dni":"+99920000001","key":%q}`, key)
			return
		}
		fmt.Fprintf(w, `{"id":%q,"shared_id":%q,"data":{"handoff_to":%q,"echo_ani":%q}}`, key, key, key, stranger)
	}))
	defer s.Close()
	trunk, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(leg *sipua.Leg) {
		said := append(leg.Header("X-Token"), leg.Header("Proxy-Authorization")...)
		if len(said) < 2 {
			_ = leg.Reject(407, "", sipua.Header{Name: "Proxy-Authenticate", Value: `Digest realm="r", nonce="n", algorithm=MD5`})
			return
		}
		_ = leg.Reject(486, "", sipua.Header{Name: "X-Repeats", Value: strings.Join(said, " ")})
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer trunk.Close()
	dir := onTarget(t, s.URL, "acme", "support", "limits: {patience: 200ms, requests_per_second: 100, reservations: 200, calls: 100}\nconsent: {requests_per_second: a test, reservations: a test, calls: a test}\nfacts: {window_min: 1m, window_max: 1m, size: 20, bindings: once, match: dni, release: hangup, cool_down: 0s, visible: 0s}\n"+
		"calls: {trunk: {host: '"+trunk.Addr()+"', user: acme, password: {file: sip.key}, secret_headers: {X-Token: {file: token.key}}}}\n")
	for name, text := range map[string]string{
		"dni.key": "planted-dni-secret-0001", "handoff.key": "planted-handoff-secret-0002", "sip.key": "planted-password-0003", "token.key": "planted-token-0004",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := dnispool(t, dir, "check", "--target", "t.yaml", "--yes", "--keep", "-v", "--json", "r.json", "--junit", "r.xml", "--html", "r.html", "auth/*", "contract/reserve-*", "handoff/unknown-is-404", "core/reserve-gives-a-dialable-number", "core/reserved-number-is-answered")
	if r.code != 1 || !strings.Contains(r.out, "486 Busy Here") {
		t.Fatalf("want a platform that is not conformant, got %+v", r)
	}
	looked := dnispool(t, dir, "target", "check", "t.yaml")
	listed := dnispool(t, dir, "scenarios", "list", "--target", "t.yaml", "core/*")
	asked := dnispool(t, dir, "target", "questions", "t.yaml")
	called := dnispool(t, dir, "target", "check", "--call", "t.yaml")
	again := dnispool(t, dir, "check", "--again", "r.json", "--target", "t.yaml", "--yes", "--json", "again.json", "--html", "again.html", "--junit", "again.xml")
	later := dnispool(t, dir, "report", "html", "again.json", "--out", "later.html")
	offered := dnispool(t, dir, "load", "--target", "t.yaml", "--yes", "--rate", "2/s", "--warm-up", "0s", "--for", "2s", "--seed", "1", "--json", "l.json", "--csv", "l.csv", "--html", "l.html", "--samples", "s.jsonl", "--out", "load")
	answers := strings.Join([]string{"", s.URL, "acme", "support", "planted-key", "DNI_KEY", "", "", "", ""}, "\n") + "\n"
	begun := feed(t, dir, answers, "target", "init", "init.yaml") // whoever takes the question for the key itself is asked again
	if later.code != 0 || !strings.Contains(offered.out, "callers") || begun.code != 0 {
		t.Errorf("want a page, load and a target file, got %+v, %+v and %+v", later, offered, begun)
	}
	files := 0
	look := func(where, text string) {
		for _, secret := range []string{"planted-", stranger, "response=\""} { // the last is an Authorization's
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s: want no %s, got %q", where, secret, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
	look("screen", r.out+r.err)
	look("target check", looked.out+looked.err)
	look("scenarios list", listed.out+listed.err)
	for name, r := range map[string]ran{"questions": asked, "a call": called, "again": again, "report html": later, "load": offered, "target init": begun} {
		look(name, r.out+r.err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".key") {
			return err
		}
		b, err := os.ReadFile(path)
		text := string(b)
		if strings.HasSuffix(path, ".jsonl") { // a history keeps what was said; it is not forwarded
			text = strings.ReplaceAll(text, stranger, "")
		}
		files++
		look(path, text)
		return err
	})
	if err != nil || files < 15 {
		t.Errorf("want reports and histories looked through, got %d files, %v", files, err)
	}
	if !strings.Contains(read(t, dir, "r.json"), "+99920000001") {
		t.Error("want the number that was given shown, got it hidden")
	}
}

// TestInterruptedOnADeployment: what was reserved is listed, with the time until when it is held.
func TestInterruptedOnADeployment(t *testing.T) {
	begun := make(chan struct{})
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) {
		case 1:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"dni":"+99920000001"}`)
		default:
			close(begun)
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	dir := onTarget(t, s.URL, "acme", "support", "facts: {window_min: 1h, window_max: 1h, size: 20}\n")
	p := start(t, dir, "check", "--target", "t.yaml", "--yes", "--json", "r.json", "handoff/unknown-is-404", "handoff/without-id-is-400")
	<-begun
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	out, code := p.end(t)
	const held = "numbers that this run reserved and nobody called may still be held: +99920000001 (until "
	if code != 130 || !strings.Contains(strings.Join(strings.Fields(out), " "), held) || !strings.Contains(read(t, dir, "r.json"), held) {
		t.Errorf("want 130 and the number that is held, got %d\n%s", code, out)
	}
}
