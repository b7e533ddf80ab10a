package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// ways are what a packet can leave this process by, or start a process that sends some, by import path and name; "*" is
// every name that the package has for it.
var ways = map[string][]string{
	"net/http":              {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"net":                   {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "ListenUDP", "ListenPacket"},
	"crypto/tls":            {"Dial", "DialWithDialer", "Dialer"},
	"os/exec":               {"Command", "CommandContext"},
	module + "fakes/pstn":   {"New"},
	module + "sim/sipua":    {"Listen"},
	module + "fakes/client": {"NewHTTP"},
}

// allowed are the files that may use one, and why that reaches nobody who has not allowed it.
var allowed = map[string]string{
	"conformance/targets/deployment/gate.go":          "the gate: the one way of HTTP to a deployment",
	"conformance/targets/deployment/stage.go":         "a client over the gate's RoundTripper",
	"conformance/targets/deployment/inspect.go":       "a client over the gate's RoundTripper, and one TLS handshake without a request",
	"conformance/targets/deployment/inspect_calls.go": "OPTIONS that the gate has admitted; no call",
	"conformance/targets/deployment/line.go":          "the trunk, whose calls have a line of the gate's: stage.Dial",
	"conformance/targets/deployment/exec.go":          "the command that places calls, which have a line of the gate's: stage.Dial",
	"conformance/targets/steered/stage.go":            "the reference, or a simulator at the host of its own control API: whoever may configure it is whose it is",
	"conformance/targets/steered/connection.go":       "likewise",
	"conformance/targets/simulator/simulator.go":      "the control API of a simulator",
	"conformance/targets/simulator/live.go":           "likewise",
	"conformance/targets/live/live.go":                "load on a platform of ours: connections beyond the loopback interface are refused",
	"conformance/load/calibrate.go":                   "a server of its own on the loopback interface, to measure this machine",
}

// TestNothingLeavesButThroughTheGate: whatever plays scenarios, explores or loads has no way out of this process but those
// listed. A new one is to be thought about: does it keep to the limits of a target that is somebody else's?
func TestNothingLeavesButThroughTheGate(t *testing.T) {
	used := make(map[string]bool)
	for _, dir := range []string{"aim", "check", "contract", "explore", "finding", "fit", "judge", "load", "mutation", "plan", "reading", "replay", "report", "run", "scenario", "suite", "targets", "traffic", "verdict"} {
		err := filepath.WalkDir(filepath.Join("../../conformance", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, "../../"))
			found := waysIn(t, path)
			if len(found) > 0 {
				used[name] = true
			}
			if allowed[name] == "" && len(found) > 0 {
				t.Errorf("%s uses %s: want what leaves this process to go through the gate of package deployment, or a reason in the list here", name, strings.Join(found, ", "))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range allowed {
		if !used[name] {
			t.Errorf("%s: want it off the list, for it has no way out of this process", name)
		}
	}
}

// waysIn are the ways out that a file uses, as http.Client.
func waysIn(t *testing.T, path string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string) // import paths by the name that the file has for them
	for _, i := range file.Imports {
		at := strings.Trim(i.Path.Value, `"`)
		name := at[strings.LastIndex(at, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = at
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		for _, way := range ways[names[x.Name]] {
			if s.Sel.Name == way {
				found = append(found, x.Name+"."+way)
			}
		}
		return true
	})
	return found
}
