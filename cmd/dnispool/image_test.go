package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// docker runs the Docker command in dir and returns what it printed on standard output. A failure ends the test.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	var complaint strings.Builder
	c := exec.Command("docker", args...)
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s%s", strings.Join(args, " "), err, out, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// image builds the container image from the source as it is, under a tag of the tests' own.
func image(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a container image")
	}
	if !has("make") {
		t.Skip("make is not installed")
	}
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Skipf("no Docker engine answers: %v: %s", err, out)
	}
	if err := builtImage(); err != nil {
		t.Fatal(err)
	}
	return imageTag
}

const imageTag = "dnispool-test:cmd"

// builtImage builds the image for the first test that needs it.
var builtImage = sync.OnceValue(func() error {
	c := exec.Command("make", "image", "IMAGE="+imageTag)
	c.Dir = "../.."
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make image: %w\n%s", err, out)
	}
	return nil
})

// container runs the image as args say, until the test ends, and returns its name once the simulator in it is ready.
func container(t *testing.T, args ...string) string {
	t.Helper()
	id := docker(t, append([]string{"run", "--detach"}, args...)...)
	t.Cleanup(func() { docker(t, "rm", "--force", "--volumes", id) })
	docker(t, "exec", id, "/dnispool", "ready", "--timeout", "10s")
	return id
}

// inContainer is the platform in a container whose ports are published on ports of this machine's.
func inContainer(t *testing.T, id string) *platform {
	t.Helper()
	banner := docker(t, "logs", id)
	at := strings.NewReplacer(
		"127.0.0.1:8080", docker(t, "port", id, "8080/tcp"),
		"127.0.0.1:8081", docker(t, "port", id, "8081/tcp"))
	p := &platform{}
	reserve := find(t, banner, `curl -s -H 'x-api-key: (\S+)' -H 'content-type: application/json' \\\n +-d '(\S+)' \\\n +(\S+)`)
	p.reserve.key, p.reserve.body, p.reserve.url = reserve[1], reserve[2], at.Replace(reserve[3])
	handoff := find(t, banner, `curl -s -H 'x-api-key: (\S+)' '(\S+)'`)
	p.handoff.key, p.handoff.url = handoff[1], at.Replace(handoff[2])
	p.sip = docker(t, "port", id, "5060/udp")
	p.control = at.Replace(find(t, banner, `page +(http://\S+)`)[1])
	return p
}

// published are the four ports on free ports of the loopback interface.
var published = []string{"-p", "127.0.0.1::8080", "-p", "127.0.0.1::8081", "-p", "127.0.0.1::5060/udp", "-p", "127.0.0.1::5060/tcp"}

// TestImage is small, says what it is, and serves as it stands: without a root, capabilities or a file system to write to.
func TestImage(t *testing.T) {
	t.Parallel()
	tag := image(t)
	var about []struct {
		Size         int
		Os           string
		Architecture string
		RootFS       struct{ Layers []string }
		Config       struct {
			User        string
			Labels      map[string]string
			Healthcheck struct{ Test []string }
		}
	}
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", tag)), &about); err != nil || len(about) != 1 {
		t.Fatalf("want one image, got %+v (%v)", about, err)
	}
	i := about[0]
	if i.Size > 25_000_000 || len(i.RootFS.Layers) != 1 || i.Config.User != "65534:65534" {
		t.Errorf("want one layer of at most 25 MB and nobody's user, got %+v", i)
	}
	if got := strings.Join(i.Config.Healthcheck.Test, " "); got != "CMD /dnispool ready" {
		t.Errorf("health check: got %q", got)
	}
	for _, label := range []string{"title", "description", "source", "licenses", "version", "revision", "created"} {
		if v := i.Config.Labels["org.opencontainers.image."+label]; v == "" || strings.Contains(v, "$") {
			t.Errorf("label %s: want it set, got %q", label, v)
		}
	}

	id := container(t, append(published, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", tag)...)
	p := inContainer(t, id)
	over(t, p.call(t, p.number(t))) // from a caller whose Contact, on loopback, is nowhere for a container
	var state struct {
		Data struct {
			To string `json:"handoff_to"`
		} `json:"data"`
	}
	if status := ask(t, http.MethodGet, p.handoff.url, p.handoff.key, "", &state); status != http.StatusOK || state.Data.To != "billing" {
		t.Errorf("handoff: want billing, got %d %+v", status, state)
	}
	if r := dnispool(t, t.TempDir(), "ready", p.control); r.code != 0 {
		t.Errorf("ready from outside: got %+v", r)
	}
	if r := dnispool(t, t.TempDir(), "ctl", "simulator", "--url", strings.Split(p.control, "/?")[0]); r.code != 2 || !strings.Contains(r.err, "token") {
		t.Errorf("control API without its token: want it refused, got %+v", r)
	}
	if version := docker(t, "exec", id, "/dnispool", "version"); !strings.Contains(version, i.Config.Labels["org.opencontainers.image.revision"]) {
		t.Errorf("version: want the revision of the label, got %s", version)
	}
	docker(t, "stop", id)
	if code := docker(t, "inspect", "--format", "{{.State.ExitCode}}", id); code != "0" {
		t.Errorf("docker stop: want exit code 0, got %s", code)
	}
}

// TestReadmeContainer runs the container as the README has it, but for the ports here, which have to be free, and the tag.
func TestReadmeContainer(t *testing.T) {
	tag := image(t)
	command := find(t, document(t, "README.md").text, `(?m)^docker (run .*) dnispool$`)[1]
	args := strings.Fields(regexp.MustCompile(`127\.0\.0\.1:\d+:`).ReplaceAllString(command, "127.0.0.1::"))
	id := container(t, append(args[1:], "-e", "DNISPOOL_POOL_NUMBERS=1", tag)...)
	p := inContainer(t, id)
	p.number(t)
	if status := ask(t, http.MethodPost, p.reserve.url, p.reserve.key, p.reserve.body, new(any)); status != http.StatusNotFound {
		t.Errorf("a pool of one number by a variable: want the second reservation refused, got %d", status)
	}
}

// TestRelease builds the archive of this system: what is in it runs, says what it is, and is the same when built again.
func TestRelease(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a release")
	}
	if !has("make") || !has("sha256sum") {
		t.Skip("make or sha256sum is not installed")
	}
	goos, err := exec.Command("go", "env", "GOOS", "GOARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	platform := strings.Join(strings.Fields(string(goos)), "/")
	build := func() (dir, sums string) {
		dir = t.TempDir()
		c := exec.Command("make", "release", "PLATFORMS="+platform, "DIST="+dir)
		c.Dir = "../.."
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("make release: %v\n%s", err, out)
		}
		b, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		return dir, string(b)
	}
	dir, sums := build()
	if _, again := build(); again != sums {
		t.Errorf("want the same archive again, got\n%sand\n%s", sums, again)
	}
	out, code := shell(t, dir, "sha256sum -c SHA256SUMS && tar -xzf *.tar.gz && cat dnispool-*/LICENSE >/dev/null && ./dnispool-*/dnispool version")
	if code != 0 || !strings.Contains(out, strings.ReplaceAll(platform, "/", "-")+".tar.gz: OK") || strings.Contains(out, "revision unknown") {
		t.Errorf("want an archive that can be used, got %d\n%s", code, out)
	}
}
