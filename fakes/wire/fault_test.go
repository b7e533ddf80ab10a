package wire_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func TestFaultsFromYAML(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"one", "latency: 200ms", "latency: 200ms"},
		{"drawn", "latency: {median: 40ms, p99: 400ms, max: 1s}", "latency: median 40ms, p99 400ms"},
		{"uniform", "latency: {min: 1s, max: 2s}", "latency: 1s to 2s"},
		{"request", "{drop_request: timeout, times: 1}", "drop_request: timeout"},
		{"reply lost", "{drop_reply: eof, method: POST, path: dni-reservation}", "drop_reply: eof"},
		{"cut", "{truncate: 10, slow: {bytes: 1, every: 10ms}}", "slow: 1 bytes every 10ms, truncate: 10"},
		{"reset", "reset: 0", "reset: 0"},
		{"preset", "reply: {preset: html}", "reply: html"},
		{"own", "reply: {status: 429, headers: {Retry-After: \"2\"}, body: \"\", after_commit: true}", "reply: 429 after commit"},
		{"list", "- drop_reply: eof\n- latency: 1s", "drop_reply: eof; latency: 1s"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := read(c.text); err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// read decodes what stands under `http:`.
func read(text string) (string, error) {
	doc := "http:\n"
	for line := range lines(text) {
		doc += "  " + line + "\n"
	}
	n, ps := strictyaml.Parse("f.yaml", []byte(doc))
	if len(ps) > 0 {
		return "", ps.Err()
	}
	var into struct {
		HTTP wire.Faults `yaml:"http"`
	}
	if err := strictyaml.Decode("f.yaml", n, &into).Err(); err != nil {
		return "", err
	}
	all := ""
	for i, f := range into.HTTP {
		if i > 0 {
			all += "; "
		}
		all += f.String()
	}
	return all, nil
}

func lines(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i := range len(text) + 1 {
			if i == len(text) || text[i] == '\n' {
				if !yield(text[start:i]) {
					return
				}
				start = i + 1
			}
		}
	}
}

func TestFaultProblems(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"nothing", "times: 1", "f.yaml:2:3: fault: want something to happen, got nothing"},
		{"unknown", "drop_replies: eof", `f.yaml:2:3: unknown key "drop_replies" (did you mean "drop_reply"?)`},
		{"word", "drop_reply: now", `f.yaml:2:15: drop_reply: want eof or timeout, got "now"`},
		{"two", "{drop_reply: eof, reset: 1}", "f.yaml:2:3: fault: want one of drop_request, drop_reply, reset, truncate and reply, got drop_reply: eof, reset: 1"},
		{"late silence", "{drop_reply: eof, latency: 1s}", "f.yaml:2:3: fault: latency and slow need a reply, got drop_reply: eof"},
		{"times", "{reset: 1, times: -1}", "f.yaml:2:3: times: want 0 or more, got -1"},
		{"after", "{reset: 1, after: -1}", "f.yaml:2:3: after: want 0 or more, got -1"},
		{"probability", "{reset: 1, probability: 1.5}", "f.yaml:2:3: probability: want 0 to 1, got 1.5"},
		{"bytes", "truncate: -2", "f.yaml:2:3: truncate: want 0 bytes or more, got -2"},
		{"slow", "slow: {bytes: 0, every: 1s}", "f.yaml:2:3: slow: want bytes of 1 or more and a positive every, got 0 and 1s"},
		{"method", "{reset: 1, method: post}", `f.yaml:2:3: method: want upper case, got "post"`},
		{"path", "{reset: 1, path: \"[\"}", `f.yaml:2:3: path: want a pattern, got "["`},
		{"status", "reply: {body: x}", "f.yaml:2:3: reply: want a status of 200 to 599 or a preset, got 0"},
		{"header", "reply: {status: 200, headers: {\"a b\": \"1\"}}", `f.yaml:2:3: reply: want a header, got "a b": "1"`},
		{"framing", "reply: {status: 200, headers: {content-length: \"1\"}}", `f.yaml:2:3: reply: want headers other than those of framing, got "content-length"`},
		{"preset", "reply: {preset: nope}", `f.yaml:2:19: preset: want too-many-requests, unavailable, html, empty, truncated-json, no-route, error-reserve, error-handoff, error-envelope, error-draft, error-code or error-gateway, got "nope"`},
		{"delay", "latency: {median: 1s}", "f.yaml:2:12: delay: want median with one of p95 and p99"},
		{"delay order", "latency: {median: 2s, p95: 1s}", "f.yaml:2:12: delay: want a median up to its percentile, got 2s and 1s"},
		{"delay mix", "latency: {min: 1s, median: 2s, p95: 3s}", "f.yaml:2:12: delay: want one of a fixed length, min and max, median and p95"},
		{"delay range", "latency: {min: 2s, max: 1s}", "f.yaml:2:12: delay: want max of min or more, got 1s and 2s"},
		{"delay sign", "latency: -1s", "f.yaml:2:12: delay: want no negative length"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := read(c.text)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %q, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestSetRefusesBadFaultsAndKeepsTheOld(t *testing.T) {
	w := wire.New(1, nil)
	if err := w.Set(wire.Fault{Reply: &wire.Reply{Status: 418}}); err != nil {
		t.Fatal(err)
	}
	err := w.Set(wire.Fault{Reset: new(1)}, wire.Fault{DropRequest: "bad"})
	if want := `fault 2: drop_request: want refused, reset or timeout, got "bad"`; err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	client, url := sides[0].start(t, w, &server{})
	if got := post(client, url, time.Minute); got.status != 418 {
		t.Errorf("status %d, want the old fault's 418", got.status)
	}
}

func TestDelayDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(d wire.Delay) []time.Duration {
		out := make([]time.Duration, 10001)
		for i := range out {
			out[i] = d.Draw(rng)
		}
		slices.Sort(out)
		return out
	}
	within := func(name string, got, want time.Duration) {
		t.Helper()
		if diff := (got - want).Abs(); diff > want/15 {
			t.Errorf("%s: %v, want about %v", name, got, want)
		}
	}
	fixed := draw(wire.Delay{Fixed: time.Second})
	if fixed[0] != time.Second || fixed[10000] != time.Second {
		t.Errorf("fixed: %v to %v, want 1s", fixed[0], fixed[10000])
	}
	uniform := draw(wire.Delay{Min: time.Second, Max: 3 * time.Second})
	if uniform[0] < time.Second || uniform[10000] > 3*time.Second {
		t.Errorf("uniform: %v to %v, want 1s to 3s", uniform[0], uniform[10000])
	}
	within("uniform median", uniform[5000], 2*time.Second)
	logn := draw(wire.Delay{Median: 2500 * time.Millisecond, P95: 6 * time.Second, Max: 9 * time.Second})
	within("median", logn[5000], 2500*time.Millisecond)
	within("p95", logn[9500], 6*time.Second)
	if logn[10000] > 9*time.Second {
		t.Errorf("max: %v, want at most 9s", logn[10000])
	}
	within("p99", draw(wire.Delay{Median: 40 * time.Millisecond, P99: 400 * time.Millisecond})[9900], 400*time.Millisecond)
	if d := (wire.Delay{}); !d.Zero() || d.Draw(rng) != 0 {
		t.Error("the zero delay waits")
	}
}
