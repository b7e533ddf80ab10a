package suite_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/sim/simcontainer"
	"github.com/dnispool/dnispool/sim/simtest"
)

var whole = flag.Bool("whole", false, "play every scenario on a simulator in a container, whose image is built first, and on an independent platform")

// on runs the suite on a target, by itself as people do.
func on(t *testing.T, target string, least int, args ...string) {
	t.Helper()
	if os.Getenv(inParallel) != "" {
		t.Skip("this is one of the processes")
	}
	out, ok := child(t, "DNISPOOL_TARGET="+target, append([]string{"-test.run=^TestConformance$", "-test.v", "-test.timeout=60m", "-ginkgo.no-color", "-ginkgo.timeout=60m", "-yes"}, args...)...)
	var ran, skipped int
	if m := regexp.MustCompile(`Ran (\d+) of \d+ Specs(?s:.*?)(\d+) Skipped`).FindStringSubmatch(out); m != nil {
		_, _ = fmt.Sscan(m[1], &ran)
		_, _ = fmt.Sscan(m[2], &skipped)
	}
	if !ok || ran < least {
		t.Errorf("want at least %d specs to pass, got %d (%d skipped)\n%s", least, ran, skipped, out)
	}
}

// TestOnASimulator plays scenarios on one that is served, by its control API.
func TestOnASimulator(t *testing.T) {
	t.Parallel()
	s := simtest.Start(t, simtest.Options{})
	on(t, s.Control.URL(), 20, "-ginkgo.label-filter=core && !slow")
}

// TestOnASimulatorInAContainer plays every scenario on one in a container, at the container's own address.
func TestOnASimulatorInAContainer(t *testing.T) {
	if !*whole {
		t.Skip("builds an image: -whole")
	}
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Skipf("no Docker engine answers: %v: %s", err, out)
	}
	const image = "dnispool-test:suite"
	build := exec.Command("make", "image", "IMAGE="+image)
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("make image: %v\n%s", err, out)
	}
	t.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true") // no registry may be in reach for the image of testcontainers' own cleaner
	c, err := simcontainer.Run(t.Context(), image)
	if c != nil {
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := c.Terminate(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	link, err := c.ControlURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	address, err := c.ContainerIP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	on(t, "http://"+address+":8081/?"+u.RawQuery, 250)
}

// TestOnAnIndependentPlatform plays what fits on a platform that shares nothing with ours, as if it were somebody else's: a few
// in every test run, for many wait there in real time, and all in make independent.
func TestOnAnIndependentPlatform(t *testing.T) {
	t.Parallel()
	p, err := independent.Start(independent.Options{Projects: independent.DefaultProjects(1, 20), Window: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	project := p.Projects()[0]
	for name, text := range map[string]string{
		"dni.key": project.DNIKey, "handoff.key": project.HandoffKey,
		"target.yaml": fmt.Sprintf(`target: v1
name: independent
base_url: %s
account: %s
project: %s
keys: {dni: {file: dni.key}, handoff: {file: handoff.key}}
calls: {trunk: {host: %q}}
facts: {size: 20, window_min: 2s, window_max: 2s, cool_down: 0s, release: hangup, selection: lru, bindings: once, match: dni, visible: 0s, retention: 1h, handoffs: true,
  no_handoff: state, duplicates: last, abandoned: keep, exclusive: true, strays_per_s: 0, failures_max: 0}
limits: {requests_per_second: 200, reservations: 25, calls: 100, call: 30m, duration: 30m, patience: 2s}
consent: {requests_per_second: ours, reservations: ours, calls: ours, call: ours, duration: ours}
`, p.URL(), project.Account, project.ID, p.SIP()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := filepath.Join(dir, "target.yaml")
	if *whole {
		on(t, target, 120)
		return
	}
	on(t, target, 8, `-ginkgo.focus-file=core/.*-(means|arrive)-.*`, `-ginkgo.focus-file=auth/.*-key.*`)
}
