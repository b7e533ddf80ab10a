package suite_test

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/aim/aimtest"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/simcontainer"
	"github.com/dnispool/dnispool/sim/simtest"
)

var whole = flag.Bool("whole", false, "play every scenario on a simulator in a container, whose image is built first, and on an independent platform")

// on runs the suite on a target, by itself as people do, and returns how many scenarios were played. All must pass.
func on(t *testing.T, target string, env []string, args ...string) (played int) {
	t.Helper()
	out, ok := child(t, append(env, "DNISPOOL_TARGET="+target), append([]string{"-test.run=^TestConformance$", "-test.v", "-test.timeout=60m", "-ginkgo.no-color", "-ginkgo.timeout=60m", "-yes"}, args...)...)
	m := regexp.MustCompile(`Ran (\d+) of \d+ Specs`).FindStringSubmatch(out)
	if !ok || m == nil {
		t.Errorf("want all specs to pass, got %s", out)
		return 0
	}
	played, _ = strconv.Atoi(m[1])
	return played
}

// atLeast reports it when too few scenarios were played: what is skipped is no pass.
func atLeast(t *testing.T, want, got int) {
	t.Helper()
	if got < want {
		t.Errorf("want at least %d scenarios played, got %d", want, got)
	}
}

// TestOnASimulator plays scenarios on one that is served, by its control API.
func TestOnASimulator(t *testing.T) {
	t.Parallel()
	once(t)
	s := simtest.Start(t, simtest.Options{})
	atLeast(t, 20, on(t, s.Control.URL(), nil, "-ginkgo.label-filter=core && !slow"))
}

// TestOnASimulatorInAContainer plays every scenario on one in a container, at the container's own address.
func TestOnASimulatorInAContainer(t *testing.T) {
	once(t)
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
	atLeast(t, 250, on(t, "http://"+address+":8081/?"+u.RawQuery, nil))
}

// parts is on how many platforms the scenarios are played side by side: on one they are played one after the other, and most
// of the time they wait for windows to end and for callers to talk.
const parts = 12

// TestOnAnIndependentPlatform plays what fits on platforms that share nothing with ours, as if they were somebody else's: in
// every test run all scenarios that do not wait for longer than duration, and in make independent those as well.
func TestOnAnIndependentPlatform(t *testing.T) {
	t.Parallel()
	once(t)
	duration, least := 45*time.Second, 110
	if *whole {
		duration, least = 30*time.Minute, 113
	}
	var dirs, targets [parts]string
	for i := range parts {
		o := independent.Options{Projects: independent.DefaultProjects(2, 20), Window: 4 * time.Second, Release: independent.OnHangup}
		dirs[i], targets[i] = t.TempDir(), aimtest.Describe(t, aimtest.Platform(t, o), o, duration)
	}
	for i, id := range scenario.IDs(scenarios.Files, ".") {
		text, err := scenarios.Files.ReadFile(id + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dirs[i%parts], filepath.FromSlash(id)+".yaml")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	var played atomic.Int64
	var all sync.WaitGroup // not parallel subtests, of which a machine with two processors runs two
	for i := range parts {
		all.Go(func() { played.Add(int64(on(t, targets[i], []string{"DNISPOOL_SCENARIOS=" + dirs[i]}))) })
	}
	all.Wait()
	atLeast(t, least, int(played.Load()))
}
