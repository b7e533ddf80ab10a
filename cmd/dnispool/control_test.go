package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/control/client"
)

// ctl asks a simulator by the tool, and returns what it says.
func ctl(t *testing.T, url string, args ...string) string {
	t.Helper()
	out, errs, code := invoke(t, append([]string{"ctl", "--url", url}, args...)...)
	if code != 0 || errs != "" {
		t.Fatalf("ctl %v: want 0, got %d %s", args, code, errs)
	}
	return out
}

func invoke(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e strings.Builder
	c := command(t, t.TempDir(), args...)
	c.Stdout, c.Stderr = &o, &e
	_ = c.Run() // an exit code is no error here
	return o.String(), e.String(), c.ProcessState.ExitCode()
}

func TestCtlAsksTheSimulatorThatIsRunning(t *testing.T) {
	p := serve(t, t.TempDir())
	url := p.control
	p.number(t)
	var info client.Info
	if err := json.Unmarshal([]byte(ctl(t, url, "info", "--json", "--secrets")), &info); err != nil {
		t.Fatal(err)
	}
	if got := info.Projects[0]; got.DNIKey != p.reserve.key || got.HandoffKey != p.handoff.key || got.Pool.Size != 20 || got.Pool.Free != 19 {
		t.Errorf("info: want the keys of the banner and a number taken, got %+v", got)
	}
	if text := ctl(t, url, "info"); strings.Contains(text, p.reserve.key) || !strings.Contains(text, "19 of 20 numbers free") {
		t.Errorf("info: want no key and the numbers, got %s", text)
	}
	file := filepath.Join(t.TempDir(), "again.yaml")
	if err := os.WriteFile(file, []byte(ctl(t, url, "config", "--secrets")), 0o600); err != nil {
		t.Fatal(err)
	}
	again := serve(t, t.TempDir(), "--config", file)
	if again.reserve.key != p.reserve.key {
		t.Errorf("config: want it to start the same simulator, got the key %s", again.reserve.key)
	}
}

func TestReadyTellsOfASimulator(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := invoke(t, "ready", "http://"+at); code != 2 || !strings.Contains(errs, "refused") {
		t.Errorf("ready: want 2 where nothing listens, got %d %s", code, errs)
	}
	waiting := command(t, t.TempDir(), "ready", "http://"+at, "--timeout", "30s")
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	serve(t, t.TempDir(), "--control", at)
	if err := waiting.Wait(); err != nil {
		t.Errorf("ready: want 0 as soon as it is, got %v", err)
	}
	if _, errs, code := invoke(t, "sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", at); code != 2 || !strings.Contains(errs, "--control off") {
		t.Errorf("sim: want 2 and what to do where the port is taken, got %d %s", code, errs)
	}
}

func TestCtlRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, row := range []struct {
		args []string
		says string
	}{
		{[]string{"ctl"}, "want one of info, config"},
		{[]string{"ctl", "inf"}, `did you mean "info"?`},
		{[]string{"ctl", "info", "acme"}, "want 0 arguments"},
		{[]string{"ctl", "info", "--url", "localhost:8081"}, `want a URL like http://127.0.0.1:8081, got "localhost:8081"`},
		{[]string{"ready", "a", "b"}, "want at most one url"},
		{[]string{"sim", "--set", "control.hosts=[\"a:1\"]"}, "want a name without a port"},
		{[]string{"sim", "--control", "nowhere"}, "--control:"},
	} {
		if _, errs, code := invoke(t, row.args...); code != 2 || !strings.Contains(errs, row.says) {
			t.Errorf("%v: want 2 and %s, got %d %s", row.args, row.says, code, errs)
		}
	}
}
