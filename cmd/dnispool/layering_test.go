package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/dnispool/dnispool/"

// layers says which packages of the module each may import; x/... means x and all below. A package has the first rule
// that fits. The plumbing is for everybody.
var layers = []struct{ pkg, may string }{
	{"sim/control/client", ""},
	{"sim/simtest", "fakes/agent fakes/stage sim/..."},
	{"sim/simcontainer", "sim/control/client"},
	{"sim/...", "sim/..."},
	{"fakes/...", "fakes/... sim/..."},
	{"specs", ""},
	{"scenarios", ""},
	{"conformance/history", "conformance/inorder"},
	{"conformance/jsonvalue", ""},
	{"conformance/inorder", ""},
	{"conformance/erlang", ""},
	{"conformance/procgroup", ""},
	{"conformance/traffic/batchmeans", ""},
	{"conformance/plan/sheet", "conformance/plan conformance/report/html conformance/traffic"},
	{"conformance/plan/virtual", "conformance/plan conformance/traffic conformance/traffic/batchmeans sim/pool"},
	{"conformance/plan", "conformance/erlang conformance/traffic"},
	{"conformance/traffic", ""},
	{"conformance/finding", "conformance/history"},
	{"conformance/reading", "conformance/finding conformance/history"},
	{"conformance/check/linear", "conformance/finding conformance/history conformance/reading"},
	{"conformance/check/simulated", "conformance/history conformance/reading"},
	{"conformance/check", "conformance/check/linear conformance/finding conformance/history conformance/inorder conformance/jsonvalue conformance/reading"},
	{"conformance/verdict", "conformance/check conformance/finding conformance/history conformance/reading"},
	{"conformance/judge", "conformance/check conformance/finding conformance/history conformance/jsonvalue conformance/reading conformance/verdict"},
	{"conformance/scenario", "conformance/finding conformance/jsonvalue conformance/traffic"},
	{"conformance/contract", "specs"},
	{"conformance/report/html", ""},
	{"conformance/agentlint", "conformance/finding fakes/agent/... sim sim/conversation"},
	{"conformance/report", "conformance/finding conformance/history conformance/report/html"},
	{"conformance/targets", "conformance/finding conformance/reading conformance/scenario conformance/traffic"},
	{"conformance/targets/world", "conformance/finding conformance/reading conformance/targets conformance/traffic fakes/... sim/..."},
	{"conformance/targets/targetfile", "conformance/reading"},
	{"conformance/targets/deployment", "conformance/finding conformance/procgroup conformance/reading conformance/scenario conformance/targets conformance/targets/targetfile conformance/targets/world fakes/... sim/..."},
	{"conformance/fit", "conformance/contract conformance/finding conformance/inorder conformance/reading conformance/replay conformance/scenario conformance/targets/... sim sim/conversation"},
	{"conformance/targets/steered", "conformance/finding conformance/reading conformance/scenario conformance/targets conformance/targets/world fakes/... sim/..."},
	{"conformance/targets/live", "conformance/reading conformance/targets conformance/targets/world fakes/... sim/..."},
	{"conformance/targets/reference", "conformance/finding conformance/scenario conformance/targets conformance/targets/steered conformance/targets/world fakes/... sim/..."},
	{"conformance/targets/simulator", "conformance/targets conformance/targets/live conformance/targets/steered conformance/targets/world fakes/agent fakes/pstn sim/..."},
	{"conformance/replay", "conformance/check conformance/contract conformance/finding conformance/history conformance/reading conformance/scenario conformance/targets conformance/traffic conformance/verdict"},
	{"conformance/run", "conformance/check conformance/contract conformance/finding conformance/inorder conformance/replay conformance/scenario conformance/targets"},
	{"conformance/aim", "conformance/finding conformance/fit conformance/run conformance/targets/... sim"},
	{"conformance/aim/aimtest", "fakes/independent"},
	{"conformance/suite", "conformance/finding conformance/replay conformance/report conformance/run conformance/scenario"},
	{"conformance/explore", "conformance/check conformance/finding conformance/history conformance/inorder conformance/reading"},
	{"conformance/explore/offline", "conformance/explore conformance/history conformance/reading conformance/targets/world fakes/mutants sim/..."},
	{"conformance/record", "conformance/history"},
	{"conformance/record/recordtest", "conformance/history conformance/record fakes/independent"},
	{"conformance/load/measure", "conformance/erlang conformance/traffic/batchmeans"},
	{"conformance/load/show", "conformance/erlang conformance/finding conformance/load conformance/load/measure conformance/report conformance/report/html"},
	{"conformance/load", "conformance/check conformance/finding conformance/history conformance/judge conformance/load/measure conformance/reading conformance/targets conformance/traffic conformance/verdict fakes/client sim/clock"},
	{"conformance/mutation", "conformance/... fakes/mutants"},
	{"conformance/rehearse/remote", "conformance/finding conformance/rehearse sim/control/client"},
	{"conformance/rehearse", "conformance/finding conformance/procgroup conformance/reading conformance/report conformance/scenario fakes/pstn fakes/stage scenarios sim/..."},
	{"cmd/...", "conformance/... fakes/agent fakes/agent/... fakes/stage scenarios specs sim/..."},
}

const plumbing = "sim/linebuf sim/sipua sim/strictyaml"

// separate must share no code with the simulator and the fakes, however far away: what judges, and what plays.
var separate = "conformance/scenario conformance/history conformance/finding conformance/reading conformance/check/... conformance/check conformance/verdict " +
	"conformance/judge conformance/report conformance/report/html conformance/contract conformance/targets conformance/replay conformance/run conformance/suite conformance/explore " +
	"conformance/erlang conformance/traffic/... conformance/traffic"

// public are the packages that a user's code may import: they change with notice. Everything else may change at any time.
var public = []string{"conformance/rehearse", "conformance/suite", "sim/control/client", "sim/simcontainer", "sim/simtest"}

// libraries that are kept in one place, or a few. Tests may use them where tested says so.
var libraries = []struct{ lib, may, tested string }{
	{"github.com/emiago/sipgo", "sim/sipua", "sim/..."},
	{"github.com/icholy/digest", "sim/sipua", "sim/sipua"},
	{"github.com/pion/rtp", "fakes/media", "fakes/media"},
	{"github.com/getkin/kin-openapi", "conformance/contract", "conformance/contract sim/control specs"},
	{"github.com/onsi/ginkgo", "conformance/suite", "..."},
	{"github.com/onsi/gomega", "conformance/suite", "..."},
	{"github.com/anishathalye/porcupine", "conformance/check/linear", "conformance/check/linear"},
	{"github.com/HdrHistogram/hdrhistogram-go", "conformance/load/measure", "conformance/load/measure"},
	{"github.com/testcontainers/testcontainers-go", "sim/simcontainer", "sim/simcontainer"},
	{"github.com/chromedp/chromedp", "", "sim/control/page"},
	{"github.com/chromedp/cdproto", "", "sim/control/page"},
	{"github.com/santhosh-tekuri/jsonschema", "", "..."},
	{"golang.org/x/term", "cmd/dnispool", "cmd/dnispool"},
	{"github.com/nyaruka/phonenumbers", "", "sim/dialplan conformance/reading"},
	{"go.yaml.in/yaml", "cmd/dnispool fakes/stage sim sim/control sim/pool sim/strictyaml fakes/agent fakes/agent/adk fakes/fault fakes/pstn fakes/wire conformance/contract conformance/explore conformance/explore/offline conformance/scenario conformance/fit conformance/rehearse conformance/targets conformance/targets/... conformance/load conformance/traffic specs", "..."},
}

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath                               string
	Imports, TestImports, XTestImports, Deps []string
}

func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// within reports whether a package is one of those listed.
func within(name, list string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(entry string) bool {
		below, all := strings.CutSuffix(entry, "...")
		return name == strings.TrimSuffix(below, "/") || all && strings.HasPrefix(name, below)
	})
}

// packages are those of the module, asked for once.
var packages = sync.OnceValues(func() ([]pkg, error) {
	c := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "./...")
	c.Dir = "../.."
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func modulePackages(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil || len(all) < 20 {
		t.Fatalf("want the packages of the module, got %d (%v)", len(all), err)
	}
	return all
}

func TestLayers(t *testing.T) {
	for _, p := range modulePackages(t) {
		i := slices.IndexFunc(layers, func(l struct{ pkg, may string }) bool { return within(p.name(), l.pkg) })
		if i < 0 {
			t.Errorf("%s: want a rule in layers, got none", p.name())
			continue
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module)
			if ours && !within(name, layers[i].may+" "+plumbing) {
				t.Errorf("%s: want imports of %q only, got %s", p.name(), layers[i].may, name)
			}
		}
	}
}

func TestWhatJudgesAndPlaysSharesNoCodeWithTheSimulator(t *testing.T) {
	for _, p := range modulePackages(t) {
		if !within(p.name(), separate) {
			continue
		}
		for _, dep := range p.Deps {
			name, ours := strings.CutPrefix(dep, module)
			if ours && within(name, "sim/... fakes/...") && !within(name, plumbing) {
				t.Errorf("%s: want nothing of the simulator or the fakes, got %s", p.name(), name)
			}
		}
	}
}

func TestLibrariesAreKeptInTheirPlace(t *testing.T) {
	for _, p := range modulePackages(t) {
		for _, l := range libraries {
			uses := func(imports []string) bool {
				return slices.ContainsFunc(imports, func(path string) bool { return within(path, l.lib+"/...") })
			}
			if uses(p.Imports) && !within(p.name(), l.may) {
				t.Errorf("%s: want %s in %q only, got it here", p.name(), l.lib, l.may)
			}
			if uses(slices.Concat(p.TestImports, p.XTestImports)) && !within(p.name(), l.tested) {
				t.Errorf("%s: want %s in the tests of %q only, got it here", p.name(), l.lib, l.tested)
			}
		}
	}
}

// TestNothingOfOursNeedsAContainer: what a user's tests are started with is no part of the binary, nor of anything else.
func TestNothingOfOursNeedsAContainer(t *testing.T) {
	for _, p := range modulePackages(t) {
		for _, dep := range p.Deps {
			name := strings.TrimPrefix(dep, module)
			if (within(dep, "github.com/testcontainers/...") || within(name, "sim/simtest sim/simcontainer")) && p.name() != "sim/simcontainer" {
				t.Errorf("%s: want nothing that is for users' tests alone, got %s", p.name(), name)
			}
		}
	}
}

// TestPublicPackages: the list is what the README promises.
func TestPublicPackages(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := modulePackages(t)
	for _, name := range public {
		if !slices.ContainsFunc(all, func(p pkg) bool { return p.name() == name }) {
			t.Errorf("%s: want the public package, got none", name)
		}
		if !bytes.Contains(readme, []byte("`"+name+"`")) {
			t.Errorf("%s: want it named in the README, got nothing", name)
		}
	}
}
