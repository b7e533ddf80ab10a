package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTroublesReachEveryVerdict: what an agent wanted and could not have, when it was imported, when a call began and when one had
// ended, is told once in each verdict, on the reference and on a simulator elsewhere.
func TestTroublesReachEveryVerdict(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := write(t, map[string]string{
		"agent/functions/start_function.py": `import socket

print("imported")
try:
    socket.create_connection(("192.0.2.1", 80))
except OSError:
    pass


def start_function(conv):
    conv.state.shared_id = (conv.integration_attributes or {}).get("shared_id")
    try:
        conv.memory.get("x")
    except NotImplementedError:
        pass
`,
		"agent/functions/end_function.py": "def end_function(conv):\n    conv.send_sms('+44', '+44', 'bye')\n",
		"checks/one.yaml": `scenario: v1
summary: A call ends.
requirement: The platform ends it.
source: us
level: must
given:
  agent: {adk: ../agent}
steps:
  - reserve: {attributes: {shared_id: mine-1}}
    as: lease
  - dial: {to: "${lease.body.dni}", from: "+442079460500"}
    as: call
  - await: {call: call, within: 1m}
    expect: {ended_by: platform}
`,
		"load.yaml": "load: v1\narrivals: 10/s\nfor: 1s\njourney: {think: {min: 0s, max: 10ms}, talk: {min: 10ms, max: 20ms}}\nthresholds: [failed < 50%]\ngiven: {agent: {adk: agent}}\n",
		"more.yaml": "load: v1\narrivals: 10/s\nfor: 1s\njourney: {think: {min: 0s, max: 10ms}, talk: {min: 10ms, max: 20ms}}\nthresholds: [failed < 50%]\n",
		"sim.yaml":  "agent: {adk: agent}\n",
	})
	p := serve(t, dir, "--config", "sim.yaml", "-q")
	for _, args := range []string{
		"check --scenarios checks", "load load.yaml --json - --out=", "load more.yaml --json - --out= --target " + p.control, "check --scenarios checks --target " + p.control,
		"agent run agent --attributes {}",
	} {
		r := dnispool(t, dir, strings.Fields(args)...)
		for _, want := range []string{
			"the network is refused: socket.getaddrinfo 192.0.2.1:80 at functions/start_function.py:5",
			"not supported: conv.memory at functions/start_function.py:13", "not supported: conv.send_sms at functions/end_function.py:2",
		} {
			told := strings.Join(strings.Fields(r.out), " ")
			if n := strings.Count(strings.ReplaceAll(told, "NotSupported: "+want, ""), want); n != 1 {
				t.Errorf("%s: want %q once, got it %d times in\n%s%s", args, want, n, r.out, r.err)
			}
		}
	}
	p.stop(t, syscall.SIGTERM)
	if _, err := os.Stat(filepath.Join(dir, "agent", "functions", "__pycache__")); err == nil {
		t.Error("want nothing written into the project")
	}
}
