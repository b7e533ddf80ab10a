package simcontainer_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/simcontainer"
)

const tag = "dnispool-test:simcontainer"

// engine says why there can be no containers here; "" when there can.
var engine = sync.OnceValue(func() string {
	if _, err := exec.LookPath("make"); err != nil {
		return "make is not installed"
	}
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		return fmt.Sprintf("no Docker engine answers: %v: %s", err, out)
	}
	// No registry may be in reach for the image of testcontainers' own cleaner; each test removes what it has made.
	_ = os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	if os.Getenv("DOCKER_HOST") == "" && os.Getenv("TESTCONTAINERS_HOST_OVERRIDE") == "" { // its guess may be another machine
		_ = os.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")
	}
	return ""
})

// built builds the image from the source as it is, once.
var built = sync.OnceValue(func() error {
	c := exec.Command("make", "image", "IMAGE="+tag)
	c.Dir = "../.."
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make image: %w\n%s", err, out)
	}
	return nil
})

// start runs a container until the test ends.
func start(t *testing.T, opts ...testcontainers.ContainerCustomizer) *simcontainer.Container {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs a container image")
	}
	if why := engine(); why != "" {
		t.Skip(why)
	}
	if err := built(); err != nil {
		t.Fatal(err)
	}
	c, err := simcontainer.Run(t.Context(), tag, opts...)
	if c != nil {
		testcontainers.CleanupContainer(t, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reserve(t *testing.T, c *simcontainer.Container, p client.Project) (status int, body string) {
	t.Helper()
	url, err := c.URL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, url+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{"shared_id":"a-1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", p.DNIKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestRun is served over every port: both endpoints, SIP over UDP and TCP, and the control API.
func TestRun(t *testing.T) {
	c := start(t)
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 1 {
		t.Fatalf("projects: want one, got %+v (%v)", projects, err)
	}
	status, body := reserve(t, c, projects[0])
	if status != http.StatusOK {
		t.Fatalf("reserve: got %d %s", status, body)
	}
	number := strings.Split(body, `"`)[3]
	for transport, address := range map[string]func(context.Context) (string, error){"udp": c.SIP, "tcp": c.SIPTCP} {
		at, err := address(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		carrier, err := pstn.New(t.Context(), pstn.Config{Platform: at, TCP: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = carrier.Close() })
		call, err := carrier.Dial(t.Context(), pstn.Dial{To: number, From: "+442079460500", Transport: transport})
		if err != nil || !call.Answered() {
			t.Fatalf("%s: want the call answered, got %v", transport, err)
		}
		select {
		case <-call.Ended():
		case <-time.After(10 * time.Second):
			t.Errorf("%s: want the platform's BYE, got none", transport)
		}
	}
	control, err := c.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := control.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	pem, err := control.Authority(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	https := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer https.CloseIdleConnections()
	url, err := c.HTTPSURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if res, err := (&http.Client{Transport: https}).Get(url + "/v1/acme-uk/acme-support/handoff_state"); err != nil {
		t.Error(err)
	} else if _ = res.Body.Close(); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("HTTPS without a key: want 401, got %d", res.StatusCode)
	}
	at, err := c.SIPTLS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots}); err != nil {
		t.Error(err)
	} else {
		_ = conn.Close()
	}
}

func TestOptions(t *testing.T) {
	c := start(t,
		simcontainer.WithConfig("pool: {numbers: 7, window: 3s}\nprojects: [{name: sales}, {name: support}]\nhttp: {listen: 127.0.0.1:1}"),
		simcontainer.WithSetting("pool.numbers", "1"),
		testcontainers.WithEnv(map[string]string{"DNISPOOL_CONTROL_TOKEN": "my-own-token"}))
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 2 || projects[1].Name != "support" || projects[1].Numbers != 1 {
		t.Fatalf("projects: want sales and support with a number each, got %+v (%v)", projects, err)
	}
	for i, want := range []int{http.StatusOK, http.StatusNotFound} {
		if status, body := reserve(t, c, projects[1]); status != want {
			t.Errorf("reservation %d of a pool of one: want %d, got %d %s", i, want, status, body)
		}
	}
	link, err := c.ControlURL(t.Context())
	if err != nil || !strings.HasSuffix(link, "/?token=my-own-token") {
		t.Errorf("control: want the token that was given, got %s (%v)", link, err)
	}
}

// TestWithFault: two faults that are there from the start, with a configuration between them; the second is taken away later.
func TestWithFault(t *testing.T) {
	c := start(t,
		simcontainer.WithFault("http: {endpoint: reserve, times: 1, reply: {preset: html}}"),
		simcontainer.WithConfig("pool: {numbers: 1}"),
		simcontainer.WithFault("calls: {refuse: 486}"))
	projects, err := c.Projects(t.Context())
	if err != nil || projects[0].Numbers != 1 {
		t.Fatalf("projects: want one number, got %+v (%v)", projects, err)
	}
	if status, body := reserve(t, c, projects[0]); status != http.StatusBadGateway || !strings.Contains(body, "<html>") {
		t.Errorf("want a page of HTML, got %d %s", status, body)
	}
	status, body := reserve(t, c, projects[0])
	if status != http.StatusOK {
		t.Fatalf("reserve: got %d %s", status, body)
	}
	number := strings.Split(body, `"`)[3]
	at, err := c.SIP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = carrier.Close() })
	if call, err := carrier.Dial(t.Context(), pstn.Dial{To: number}); err != nil || call.Status() != 486 {
		t.Errorf("want the call refused with 486, got %+v (%v)", call, err)
	}
	control, err := c.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f, err := control.Faults(t.Context()); err != nil || fmt.Sprint(f.Hits.HTTP, f.Hits.Calls) != "[1] [1]" {
		t.Errorf("want both hit once, got %+v (%v)", f, err)
	}
	if _, err := control.ResetFaults(t.Context()); err != nil {
		t.Fatal(err)
	}
	if call, err := carrier.Dial(t.Context(), pstn.Dial{To: number}); err != nil || !call.Answered() {
		t.Errorf("afterwards: want the call answered, got %+v (%v)", call, err)
	}
}

// TestRunFails in time, and says with what: a configuration that is wrong ends the program.
func TestRunFails(t *testing.T) {
	start(t) // that the image is there
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, err := simcontainer.Run(ctx, tag, simcontainer.WithSetting("pool.windo", "2s"))
	if c != nil {
		testcontainers.CleanupContainer(t, c)
	}
	if err == nil || c == nil {
		t.Fatalf("want an error and the container, got %v", err)
	}
	if want := `DNISPOOL_POOL_WINDO: no such environment variable (did you mean "DNISPOOL_POOL_WINDOW"?)`; !strings.Contains(err.Error(), want) {
		t.Errorf("want %s, got %v", want, err)
	}
}
