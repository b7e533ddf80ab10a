package adk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dnispool/dnispool/sim/conversation"
)

// TestNothingOfPolyaiADKIsImported: what has the names of the platform's modules on the path of Python, as an installed polyai-adk or
// what it has generated into the project, is never run.
func TestNothingOfPolyaiADKIsImported(t *testing.T) { // not parallel: it changes the environment
	installed := t.TempDir()
	decoys := map[string]string{}
	for _, name := range []string{"_gen", "imports", "plog", "poly", "functions", "flows"} {
		decoys[name+"/__init__.py"] = "raise SystemExit('the decoy " + name + " was imported')\n"
	}
	for name, text := range decoys {
		file := filepath.Join(installed, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PYTHONPATH", installed)
	a := written(t, map[string]string{
		"functions/start_function.py": "from _gen import *\nimport imports\nimport plog\nimport sys\n\nfrom functions.near import near\n\n\ndef start_function(conv: Conversation):\n" +
			"    plog.info(near())\n    conv.state.poly = sorted(name for name in sys.modules if name.partition('.')[0] == 'poly')\n" +
			"    conv.state.ours = [hasattr(module, '__file__') for module in (sys.modules['_gen'], imports, plog)]\n    conv.state.on_path = sys.path.count(" + `"` + installed + `"` + ")\n",
		"functions/near.py":            "def near():\n    return 'near'\n",
		"flows/menu/functions/pick.py": "def pick(conv, flow):\n    pass\n",
		"_gen/__init__.py":             decoys["_gen/__init__.py"], // as the ADK writes it beside the code
		"imports/__init__.py":          decoys["imports/__init__.py"],
	})
	if _, err := a.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := talk(t, a, conversation.Default(), "c", "")
	step := c.Begin(t.Context())
	equal(t, "state", state(c), `{"on_path":1,"ours":[false,false,false],"poly":[]}`)
	equal(t, "notes", noted(step.Notes)[0], "info: near at functions/start_function.py:10")
}
