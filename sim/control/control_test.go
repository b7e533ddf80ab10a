package control_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
)

// silent takes calls and says nothing.
type silent struct{}

func (silent) Start(context.Context, conversation.StartInput) (conversation.Reply, error) {
	return conversation.Reply{}, nil
}

func (silent) Turn(context.Context, conversation.TurnInput) (conversation.Reply, error) {
	return conversation.Reply{}, nil
}

func (silent) End(context.Context, conversation.EndInput) (conversation.Reply, error) {
	return conversation.Reply{}, nil
}

func config(t *testing.T, c sim.Control) sim.Config {
	t.Helper()
	out, err := sim.Default(sim.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	out.HTTP.Listen, out.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	out.Control = c
	out.Control.Listen = "127.0.0.1:0"
	return out
}

func listen(t *testing.T, c sim.Config) *control.Server {
	t.Helper()
	s, err := control.Listen(t.Context(), c.Control)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func started(t *testing.T, c sim.Config) *sim.Sim {
	t.Helper()
	p, err := sim.New(c, func(sim.Project) (conversation.Agent, error) { return silent{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func newClient(t *testing.T, link string) *client.Client {
	t.Helper()
	c, err := client.New(link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestForeignHostsAndPagesAreRefused(t *testing.T) {
	c := config(t, sim.Control{Hosts: []string{"dnispool"}})
	s := listen(t, c)
	s.Ready(started(t, c))
	for _, row := range []struct {
		host, header, value string
		want                int
	}{
		{s.Addr(), "", "", 200},
		{"localhost", "", "", 200},
		{"LocalHost:8081", "", "", 200},
		{"[::1]:8081", "", "", 200},
		{"10.1.2.3:30081", "", "", 200},
		{"dnispool:8081", "", "", 200},
		{"dnispool.example:8081", "", "", 403},
		{"localhost.example", "", "", 403},
		{"127.0.0.1.example:8081", "", "", 403},
		{s.Addr(), "Origin", "http://" + s.Addr(), 200},
		{s.Addr(), "Origin", "http://127.0.0.1:1", 403},
		{s.Addr(), "Origin", "null", 403},
		{s.Addr(), "Sec-Fetch-Site", "cross-site", 403},
		{s.Addr(), "Sec-Fetch-Site", "same-site", 403},
		{s.Addr(), "Sec-Fetch-Site", "none", 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+"/v1/info", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = row.host
		if row.header != "" {
			r.Header.Set(row.header, row.value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != row.want {
			t.Errorf("Host %s, %s %s: want %d, got %d", row.host, row.header, row.value, row.want, res.StatusCode)
		}
	}
}

func TestATokenIsMadeWhereOthersCanReachTheAddress(t *testing.T) {
	for _, row := range []struct {
		c    sim.Control
		made bool
		open bool
	}{
		{sim.Control{Listen: "127.0.0.1:0"}, false, true},
		{sim.Control{Listen: "[::1]:8081"}, false, true},
		{sim.Control{Listen: "0.0.0.0:0"}, true, false},
		{sim.Control{Listen: "192.0.2.1:8081"}, true, false},
	} {
		if got := row.c.Open(); got != row.open {
			t.Errorf("%s: open: want %t, got %t", row.c.Listen, row.open, got)
		}
	}
	s, err := control.Listen(t.Context(), sim.Control{Listen: "0.0.0.0:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if len(s.Token()) < 20 {
		t.Errorf("token: want one that nobody guesses, got %q", s.Token())
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.Addr(), "[::]"), ":")
	at := "http://127.0.0.1:" + port
	if err := newClient(t, at).Live(t.Context()); err != nil {
		t.Errorf("live: want it without a token, got %v", err)
	}
	if _, err := newClient(t, at).Info(t.Context(), false); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("info without a token: want 401, got %v", err)
	}
	if _, err := newClient(t, at+"/?token="+s.Token()).Info(t.Context(), false); err == nil || !strings.Contains(err.Error(), "it is starting") {
		t.Errorf("info with the token: want that it is starting, got %v", err)
	}
}

func TestReadyFollowsTheSimulatorsLife(t *testing.T) {
	c := config(t, sim.Control{})
	s := listen(t, c)
	ask := newClient(t, "http://"+s.Addr())
	if err := ask.Ready(t.Context()); err == nil || err.Error() != "simulator: want it ready, it is starting" {
		t.Errorf("want that it is starting, got %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- ask.WaitReady(t.Context()) }()
	s.Ready(started(t, c))
	if err := <-waited; err != nil {
		t.Errorf("want it ready, got %v", err)
	}
	s.Stopping()
	if err := ask.Ready(t.Context()); err == nil || err.Error() != "simulator: want it ready, it is stopping" {
		t.Errorf("want that it is stopping, got %v", err)
	}
}

// The effective configuration is a file that starts the same simulator, and shows no secret unless it is asked for.
func TestConfigStartsTheSameSimulator(t *testing.T) {
	for _, profile := range sim.Profiles() {
		c := config(t, sim.Control{Token: "s3cret"})
		c.Profile = profile
		s := listen(t, c)
		s.Ready(started(t, c))
		ask := newClient(t, "http://"+s.Addr()+"/?token=s3cret")
		whole, err := ask.Config(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := sim.Parse("again.yaml", whole)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		s.Ready(started(t, again))
		if second, err := ask.Config(t.Context(), true); err != nil || string(second) != string(whole) {
			t.Errorf("%s: want the same settings from its own file, got (%v)\n%s\nafter\n%s", profile, err, second, whole)
		}
		masked, err := ask.Config(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"s3cret", c.Projects[0].DNIKey, c.Projects[0].HandoffKey} {
			if strings.Contains(string(masked), secret) {
				t.Errorf("%s: want %s masked, got\n%s", profile, secret, masked)
			}
		}
	}
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	s := listen(t, config(t, sim.Control{}))
	for _, row := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"GET", "/v1/inf", 404, `no such path (did you mean \"/v1/info\"?)`},
		{"POST", "/v1/info", 405, "no such operation"},
		{"GET", "/", 404, "no such path"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, "http://"+s.Addr()+row.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		_ = res.Write(&b)
		if res.StatusCode != row.status || !strings.Contains(b.String(), row.says) {
			t.Errorf("%s %s: want %d with %s, got %s", row.method, row.path, row.status, row.says, b.String())
		}
	}
}
