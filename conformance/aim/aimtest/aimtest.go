// Package aimtest describes an independent platform to the tests that check it as they would a platform of somebody else.
package aimtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/independent"
)

// otherwise are the scenarios in which the correct platform is otherwise than the reference, as far as the documents let it. None
// of them is a must, and a target file excuses them.
var otherwise = []struct{ scenario, reason string }{
	{"contract/correlation-id-is-made", "a client that sends no correlation id gets none"},
	{"contract/reserve-duplicate-keys", "the last of two equal keys counts"},
	{"contract/reserve-half-a-surrogate-pair", "it is stored as it came"},
	{"contract/trailing-slash-is-another-path", "its router redirects to the path without the slash"},
	{"contract/wrong-method-is-405", "it allows HEAD where it allows GET, and says so"},
	{"handoff/last-of-repeated-ids-counts", "the first one counts"},
	{"routing/number-after-011-binds", "only 00 is an international prefix"},
	{"routing/number-in-the-to-header-only", "the number is read from the Request-URI alone"},
}

// Platform starts the platform until the test ends. Its projects must be two or more.
func Platform(t testing.TB, o independent.Options) *independent.Platform {
	t.Helper()
	p, err := independent.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// Describe writes the target file of a platform that was started with the options, all times of which are stated. What its
// documents say is stated as a fact, of its first two projects; a scenario that waits for longer than duration is not played.
func Describe(t testing.TB, p *independent.Platform, o independent.Options, duration time.Duration) (path string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var projects []string
	numbers := 0
	for i, project := range p.Projects()[:2] {
		numbers += len(project.Numbers)
		projects = append(projects, fmt.Sprintf(`account: %s, project: %s, keys: {dni: {file: %q}, handoff: {file: %q}},
  facts: {size: %d, window_min: %s, window_max: %s, cool_down: %s, release: %s, selection: lru, bindings: once, match: dni, visible: 0s, retention: 24h, handoffs: true,
    no_handoff: state, duplicates: last, abandoned: keep, exclusive: true, strays_per_s: 0, failures_max: 0}`,
			project.Account, project.ID,
			write(fmt.Sprintf("dni-%d.key", i), project.DNIKey), write(fmt.Sprintf("handoff-%d.key", i), project.HandoffKey),
			len(project.Numbers), o.Window, o.Window, o.CoolDown, o.Release))
	}
	var waivers []string
	for _, w := range otherwise {
		waivers = append(waivers, fmt.Sprintf("{scenario: %s, reason: %q, by: its makers, until: 2099-12-31}", w.scenario, w.reason))
	}
	return write("target.yaml", fmt.Sprintf(`{target: v1, name: independent, base_url: %q, calls: {trunk: {host: %q}}, %s,
  second_project: {%s},
  limits: {requests_per_second: 200, reservations: %d, calls: 100, call: %s, duration: %s, patience: 2s},
  consent: {requests_per_second: ours, reservations: ours, calls: ours, call: ours, duration: ours},
  waivers: [%s]}
`, p.URL(), p.SIP(), projects[0], projects[1], numbers+5, max(2*time.Minute, duration), duration,
		strings.Join(waivers, ",\n    ")))
}
