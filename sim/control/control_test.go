package control_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
)

// world is a simulator with its API, and a client whose every exchange is held against the document.
type world struct {
	*client.Client
	sim      *sim.Sim
	server   *control.Server
	recorder *control.Recorder
}

func start(t *testing.T, config string) *world {
	t.Helper()
	c, problems := sim.Parse("config.yaml", []byte(config))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	if c.Control.Listen == sim.DefaultControl().Listen {
		c.Control.Listen = "127.0.0.1:0"
	}
	recorder := control.NewRecorder(c.Control)
	certificates := new(certificate.Made)
	open := func(ctx context.Context, c sim.Config) (*control.Stage, error) {
		return stage.Open(ctx, c, stage.Options{Recorder: recorder, Certificates: certificates})
	}
	server, err := control.Listen(t.Context(), c.Control, control.WithVersion("test"), control.WithRecorder(recorder), control.WithOpen(open))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server.Close) })
	first, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, func(ctx context.Context) error { return server.Stage().Close(ctx) }) })
	server.Ready(first)
	api, err := client.New(server.Link())
	if err != nil {
		t.Fatal(err)
	}
	return &world{api.WithHTTP(&http.Client{Transport: described{t}}), first.Sim, server, recorder}
}

func closed(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := f(ctx); err != nil {
		t.Error(err)
	}
}

func TestWhatThereIs(t *testing.T) {
	w := start(t, "projects: [{name: one, dni_key: first-key}, {name: two, pool: {numbers: 7}}]")
	ctx := t.Context()
	if err := w.Live(ctx); err != nil {
		t.Error(err)
	}
	if err := w.WaitReady(ctx); err != nil {
		t.Error(err)
	}
	s, err := w.Simulator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := client.Addresses{HTTP: "http://" + w.sim.HTTPAddr(), SIP: w.sim.SIPAddr(), SIPTCP: true, Control: "http://" + w.server.Addr()}
	if s.Addresses != want || s.Profile != "published" || s.Version != "test" {
		t.Errorf("simulator: want %+v, got %+v", want, s)
	}
	for _, secrets := range []bool{false, true} {
		projects, err := w.Projects(ctx, secrets)
		if err != nil || len(projects) != 2 || projects[1].Numbers != 7 {
			t.Fatalf("projects: want two, got %+v (%v)", projects, err)
		}
		file, err := w.Config(ctx, secrets)
		if err != nil {
			t.Fatal(err)
		}
		if shown := projects[0].DNIKey == "first-key"; shown != secrets || shown != strings.Contains(string(file), "first-key") {
			t.Errorf("keys: want shown %v, got %+v and\n%s", secrets, projects[0], file)
		}
		if _, problems := sim.Parse("shown.yaml", file); secrets && len(problems) > 0 {
			t.Errorf("config: want one that starts the simulator, got %v", problems)
		}
	}
}

func TestTLSAddressesAndAuthority(t *testing.T) {
	w := start(t, "http: {tls_listen: \"127.0.0.1:0\"}\nsip: {tls_listen: \"0.0.0.0:0\"}\ntls: {hosts: [dnispool]}")
	s, err := w.Simulator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(w.sim.SIPSAddr())
	if s.Addresses.HTTPS != "https://"+w.sim.HTTPSAddr() || s.Addresses.SIPS != "127.0.0.1:"+port {
		t.Errorf("want addresses for TLS, got %+v", s.Addresses)
	}
	pem, err := w.Authority(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("authority: want PEM, got %q", pem)
	}
	for _, at := range []string{w.sim.HTTPSAddr(), s.Addresses.SIPS} {
		c, err := tls.Dial("tcp", at, &tls.Config{RootCAs: roots, ServerName: "dnispool"})
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		_ = c.Close()
	}
	if _, err := start(t, "profile: published").Authority(t.Context()); !client.IsStatus(err, http.StatusNotFound) {
		t.Errorf("without TLS: want 404, got %v", err)
	}
}

func TestWhatIsNotThereIsRefusedWithWhatIsMeant(t *testing.T) {
	w := start(t, "profile: published")
	for _, c := range []struct {
		method, path string
		status       int
		message      string
	}{
		{"GET", "/v1/project", 404, `"error":"path: want one of the control API, got \"/v1/project\"","did_you_mean":"/v1/projects"`},
		{"GET", "/v1/acme-uk/acme-support/handoff_state", 404, `"error":"path: want one`},
		{"DELETE", "/v1/projects", 405, `"error":"/v1/projects: want GET, got \"DELETE\""`},
		{"GET", "/v1/projects?secret", 400, `got \"secret\"","did_you_mean":"secrets"`},
		{"GET", "/v1/projects?secrets=perhaps", 400, `"error":"secrets: want true or false, got \"perhaps\""`},
	} {
		if status, body := ask(t, w, c.method, c.path, nil); status != c.status || !strings.Contains(body, c.message) {
			t.Errorf("%s %s: want %d %s, got %d %s", c.method, c.path, c.status, c.message, status, body)
		}
	}
}

// ask sends a request with these headers; Host is one of them.
func ask(t *testing.T, w *world, method, path string, headers map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	res, err := (&http.Client{Transport: described{t}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b.String()
}

func TestForeignPagesAreRefused(t *testing.T) {
	w := start(t, "control: {hosts: [dnispool.test]}")
	_, port, _ := strings.Cut(w.server.Addr(), ":")
	for _, c := range []struct {
		name    string
		headers map[string]string
		status  int
	}{
		{"as asked", nil, 200},
		{"localhost", map[string]string{"Host": "localhost:" + port}, 200},
		{"any address", map[string]string{"Host": "192.0.2.1:8081"}, 200},
		{"a name of ours", map[string]string{"Host": "dnispool.test"}, 200},
		{"a rebound name", map[string]string{"Host": "evil.example:" + port}, 403},
		{"its own page", map[string]string{"Host": "localhost:" + port, "Origin": "http://localhost:" + port}, 200},
		{"another port's page", map[string]string{"Host": "localhost:" + port, "Origin": "http://localhost:1"}, 403},
		{"another site's page", map[string]string{"Origin": "https://evil.example"}, 403},
		{"a page of nowhere", map[string]string{"Origin": "null"}, 403},
		{"an image of another site's", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		{"a link followed", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
	} {
		for _, path := range []string{"/v1/simulator", "/v1/ready"} {
			if status, body := ask(t, w, "GET", path, c.headers); status != c.status {
				t.Errorf("%s: %s: want %d, got %d %s", c.name, path, c.status, status, body)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	for name, config := range map[string]string{
		"given":   "control: {token: a-long-secret}",
		"made up": `control: {listen: "0.0.0.0:0"}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, config)
			token := w.server.Token()
			if len(token) < 8 || !strings.HasPrefix(w.server.Link(), "http://127.0.0.1:") || !strings.HasSuffix(w.server.Link(), "/?token="+token) {
				t.Errorf("link: want one with the token, got %s", w.server.Link())
			}
			for path, want := range map[string]int{
				"/v1/ready": 200, "/v1/live": 200, "/v1/simulator": 401, "/v1/simulator?token=other": 401, "/v1/simulator?token=" + token: 200, "/v1/nowhere": 401,
			} {
				if status, body := ask(t, w, "GET", path, nil); status != want {
					t.Errorf("%s: want %d, got %d %s", path, want, status, body)
				}
			}
			if _, err := w.Simulator(t.Context()); err != nil {
				t.Errorf("with the link: want an answer, got %v", err)
			}
			if _, err := w.WithToken("other").Simulator(t.Context()); !client.IsStatus(err, 401) {
				t.Errorf("with another token: want 401, got %v", err)
			}
		})
	}
}

// TestReadinessFollowsTheSimulator, and liveness does not.
func TestReadinessFollowsTheSimulator(t *testing.T) {
	server, err := control.Listen(t.Context(), sim.Control{Listen: "127.0.0.1:0", Conversations: 1, Exchanges: 1, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server.Close) })
	w := &world{server: server}
	for _, path := range []string{"/v1/ready", "/v1/simulator"} {
		if status, body := ask(t, w, "GET", path, nil); status != 503 || !strings.Contains(body, "it is starting") {
			t.Errorf("%s: want 503 while it is starting, got %d %s", path, status, body)
		}
	}
	other := start(t, "profile: published")
	server.Ready(&control.Stage{Sim: other.sim})
	if status, _ := ask(t, w, "GET", "/v1/ready", nil); status != 200 {
		t.Errorf("ready: want 200, got %d", status)
	}
	server.Stopping()
	if status, body := ask(t, w, "GET", "/v1/ready", nil); status != 503 || !strings.Contains(body, "it is stopping") {
		t.Errorf("ready: want 503 while it is stopping, got %d %s", status, body)
	}
	for _, path := range []string{"/v1/live", "/v1/simulator"} {
		if status, body := ask(t, w, "GET", path, nil); status != 200 {
			t.Errorf("%s: want 200 while it is stopping, got %d %s", path, status, body)
		}
	}
}
