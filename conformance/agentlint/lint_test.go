package agentlint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/agentlint"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/specs"
)

// interpreter is the program that python3 stands for; "" for none.
var interpreter = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

const (
	start = "functions/start_function.py"
	end   = "functions/end_function.py"
	api   = "agent_settings/experimental_config.json"

	// good keeps what it is given.
	good = `from _gen import *

def start_function(conv):
    attributes = conv.integration_attributes or {}
    conv.state.shared_id = attributes.get("shared_id")
    conv.state.handoff_to = "DEFAULT_QUEUE"
`
)

// projects are those that break a rule, and those that only look as if they did. What is left out of the files is a
// start_function that is right.
var projects = []struct {
	name       string
	files      map[string]string
	attributes string
	strict     bool
	want       string // a line for each finding and each doubt
	code       int
}{
	{name: "right", code: 0},
	{
		// The documented snippet, which takes its attributes for a dict.
		name: "as the platform documents it",
		files: map[string]string{start: `def start_function(conv):
    attributes = conv.integration_attributes
    conv.state.shared_id = attributes.get("shared_id")
    conv.state.ani = attributes.get("ani")
    if not conv.state.shared_id and not conv.state.ani:
        conv.state.handoff_to = "DEFAULT_QUEUE"
`},
		want: `should start-survives-none functions/start_function.py:3 seen by running: with None: AttributeError: 'NoneType' object has no attribute 'get'`,
	},
	{
		name:   "the same, strictly",
		files:  map[string]string{start: "def start_function(conv):\n    conv.state.shared_id = conv.integration_attributes.get('shared_id')\n"},
		strict: true,
		want:   `should start-survives-none functions/start_function.py:2 seen by running: with None: AttributeError: 'NoneType' object has no attribute 'get'`,
		code:   1,
	},

	{
		name: "no Python", files: map[string]string{"functions/odd.py": "def odd(:\n"}, code: 1,
		want: "must can-be-imported functions/odd.py:1 read in the code: SyntaxError: invalid syntax",
	},
	{
		name: "a helper that is not there", files: map[string]string{start: "from functions.helpers import keep\n" + good}, code: 1,
		want: `must can-be-imported functions/start_function.py:1 seen by running: ModuleNotFoundError: No module named 'functions.helpers'
inconclusive start-works: start_function could not be imported
inconclusive start-survives-empty-attributes: start_function could not be imported
inconclusive start-survives-none: start_function could not be imported
inconclusive start-is-quick: start_function could not be imported`,
	},
	{
		name: "a library that this Python does not have", files: map[string]string{"functions/tool.py": "import no_such_library\n"}, code: 3,
		want: "inconclusive can-be-imported: this Python does not have no_such_library (wanted by functions/tool.py): install it, and lint again",
	},
	{
		name: "no start_function", files: map[string]string{start: "", "functions/tool.py": "def tool(conv):\n    pass\n"}, code: 1,
		want: `must can-be-imported functions/start_function.py:1 read in the code: there is no functions/start_function.py
inconclusive shared-id-is-kept: there is no start_function
inconclusive start-works: start_function could not be imported
inconclusive start-survives-empty-attributes: start_function could not be imported
inconclusive start-survives-none: start_function could not be imported
inconclusive start-is-quick: start_function could not be imported`,
	},
	{
		name: "looks broken: imports in all its ways, and a file of its own", files: map[string]string{
			start: "from imports import *\nimport plog\nfrom .near import keep\nimport shared\n" + good + "    keep(conv)\n", "functions/near.py": "def keep(conv):\n    pass\n", "shared.py": "",
		},
	},

	{
		name: "a configuration that is not read", code: 1,
		files: map[string]string{api: "{\n  \"handoff_api\": {\"state_keys\": [\"handoff_to\"], \"aliases\": {\"queue\": \"q\"}}\n}"},
		want:  `must handoff-api-is-read agent_settings/experimental_config.json:2 read in the code: handoff_api: aliases: want a key of state_keys, got "queue"`,
	},
	{
		name: "a key too many", code: 1,
		files: map[string]string{api: `{"handoff_api": {"state_keys": [], "statekeys": []}}`},
		want:  `must handoff-api-is-read agent_settings/experimental_config.json:1 read in the code: handoff_api: json: unknown field "statekeys"`,
	},
	{
		name:  "looks broken: other settings of the platform's",
		files: map[string]string{api: `{"asr": {"x": [1]}, "handoff_api": {"state_keys": ["handoff_to"], "aliases": {"handoff_to": "queue"}, "shared_id_state_key": "shared_id"}}`},
	},

	{
		name: "never keeps the shared_id", code: 1,
		files: map[string]string{start: "def start_function(conv):\n    conv.state.order = (conv.integration_attributes or {}).get('order')\n"},
		want:  "must shared-id-is-kept functions/start_function.py:1 seen by running: start_function was given a shared_id and returned without conv.state.shared_id",
	},
	{
		name: "keeps it under another key", code: 1,
		files: map[string]string{api: `{"handoff_api": {"state_keys": ["handoff_to"], "shared_id_state_key": "reference"}}`},
		want:  "must shared-id-is-kept functions/start_function.py:3 seen by running: start_function was given a shared_id and returned without conv.state.reference",
	},
	{
		name: "names no key for it", code: 1,
		files: map[string]string{api: `{"handoff_api": {"state_keys": ["handoff_to"]}}`},
		want:  "must shared-id-is-kept agent_settings/experimental_config.json:1 read in the code: handoff_api names no shared_id_state_key: no call is found by a shared_id",
	},
	{
		name: "keeps something else", code: 1,
		files: map[string]string{start: good + "    conv.state.shared_id = len(attributes.get('shared_id') or '')\n"},
		want:  "must shared-id-is-kept functions/start_function.py:5 seen by running: start_function was given a shared_id, and conv.state.shared_id is not it",
	},
	{
		name: "looks broken: keeps whatever comes", files: map[string]string{start: `def start_function(conv):
    for key, value in (conv.integration_attributes or {}).items():
        setattr(conv.state, key, value)
`},
	},
	{
		name: "looks broken: a helper keeps it", files: map[string]string{
			start: "from functions.helpers import Keeper\n\ndef start_function(conv):\n    Keeper(conv).work()\n",
			"functions/helpers.py": `class Keeper:
    def __init__(self, conv):
        self.given, self.target = conv.integration_attributes, conv.state

    def work(self):
        self.target["shared_id"] = (self.given or {}).get("shared_id")
`,
		},
	},
	{
		name: "looks broken: the parties call it otherwise", files: map[string]string{start: `def start_function(conv):
    conv.state.shared_id = (conv.integration_attributes or {}).get("call_reference")
`},
	},

	{
		name: "cannot do without a key", code: 1,
		files: map[string]string{start: `def start_function(conv):
    attributes = conv.integration_attributes or {}
    conv.state.shared_id = attributes["shared_id"]
`},
		want: `must start-survives-empty-attributes functions/start_function.py:3 seen by running: with {}: KeyError: 'shared_id'
should start-survives-none functions/start_function.py:3 seen by running: with None: KeyError: 'shared_id'`,
	},
	{
		name: "fails with attributes", code: 1, attributes: `{"shared_id":"s","age":"many"}`,
		files: map[string]string{start: good + "    conv.state.age = int(attributes.get('age') or 0)\n"},
		want:  "must start-works functions/start_function.py:7 seen by running: ValueError: invalid literal for int() with base 10: 'many' at functions/start_function.py:7",
	},
	{
		name: "fails with attributes that are made up", code: 3,
		files: map[string]string{start: good + "    conv.state.age = int(attributes.get('age') or 0)\n"},
		want:  `inconclusive start-works: start_function fails with attributes that are made up ({"age":"age-1","shared_id":"lint-shared-id"}): ValueError: invalid literal for int() with base 10: 'age-1' at functions/start_function.py:7; give real ones with --attributes`,
	},
	{
		name: "fails whatever comes", code: 1, files: map[string]string{start: good + "    raise SystemExit(0)\n"},
		want: `must start-works functions/start_function.py:7 seen by running: SystemExit: 0 at functions/start_function.py:7
inconclusive start-survives-empty-attributes: start_function fails in the same place when there are attributes
inconclusive start-survives-none: start_function fails in the same place when there are attributes`,
	},
	{
		name: "is named otherwise", code: 1, files: map[string]string{start: "def startfunction(conv):\n    conv.state.shared_id = 's'\n"},
		want: `must shared-id-is-kept functions/start_function.py:1 read in the code: start_function never writes conv.state.shared_id
must start-works functions/start_function.py:1 seen by running: NoFunction: no function 'start_function' in functions/start_function.py
inconclusive start-survives-empty-attributes: start_function fails in the same place when there are attributes
inconclusive start-survives-none: start_function fails in the same place when there are attributes`,
	},
	{
		name: "looks as if it failed whatever comes: it knows a few words", code: 3, files: map[string]string{start: good + "    if attributes.get('kind') != 'vip':\n        raise ValueError('kind')\n"},
		want: `inconclusive start-works: start_function fails with attributes that are made up ({"kind":"kind-1","shared_id":"lint-shared-id"}): ValueError: kind at functions/start_function.py:8; give real ones with --attributes
inconclusive start-survives-empty-attributes: start_function fails in the same place when there are attributes
inconclusive start-survives-none: start_function fails in the same place when there are attributes`,
	},
	{
		name: "a byte order mark", code: 1, files: map[string]string{api: "\ufeff{}", start: "\ufeff" + good},
		want: `must handoff-api-is-read agent_settings/experimental_config.json:1 read in the code: it begins with a byte order mark, which JSON does not have`,
	},
	{
		name: "looks broken: lines end as on Windows", files: map[string]string{start: strings.ReplaceAll(good, "\n", "\r\n"), "config/handoffs.yaml": "handoffs:\r\n  - name: desk\r\n"},
	},
	{
		name: "looks broken: nested, and guarded in many ways", files: map[string]string{start: `def start_function(conv):
    conv.state.shared_id = None
    if conv.integration_attributes:
        conv.state.shared_id = conv.integration_attributes["shared_id"]
        customer = conv.integration_attributes["customer"]
        conv.state.name = customer["name"].upper() + customer["address"]["city"]
    try:
        conv.state.extra = conv.integration_attributes["extra"]
    except (KeyError, TypeError):
        pass
`},
	},
	{
		name: "wants the network", code: 3,
		files: map[string]string{start: "import urllib.request\n" + good + "    urllib.request.urlopen('http://192.0.2.1')\n"},
		want: `inconclusive start-works: start_function: the network is refused: socket.getaddrinfo 192.0.2.1:80 at functions/start_function.py:8
inconclusive start-survives-empty-attributes: start_function: the network is refused: socket.getaddrinfo 192.0.2.1:80 at functions/start_function.py:8
inconclusive start-survives-none: start_function: the network is refused: socket.getaddrinfo 192.0.2.1:80 at functions/start_function.py:8`,
	},

	{
		name: "exposes what nothing writes", code: 1,
		files: map[string]string{api: "{\"handoff_api\": {\"state_keys\": [\"handoff_to\",\n  \"handof_reason\"], \"shared_id_state_key\": \"shared_id\"}}"},
		want:  "must exposed-keys-are-written agent_settings/experimental_config.json:2 read in the code: nothing writes conv.state.handof_reason",
	},
	{
		name: "exposes what is written too late",
		files: map[string]string{
			api: `{"handoff_api": {"state_keys": ["handoff_to", "summary"], "shared_id_state_key": "shared_id"}}`,
			end: "def end_function(conv):\n    conv.state.summary = 'all well'\n",
		},
		want: "should exposed-keys-are-written-in-time functions/end_function.py:2 read in the code: only end_function writes conv.state.summary",
	},
	{
		name: "looks broken: written by a tool, by a loop, by an update, by a flow and by the platform", files: map[string]string{
			api: `{"handoff_api": {"state_keys": ["by_tool", "by_loop", "by_update", "by_flow", "handoff", "call_sid"], "shared_id_state_key": "shared_id"}}`,
			"functions/tool.py": `KEYS = ("by_loop",)

def tool(conv):
    state = conv.state
    state["by_tool"] = 1
    for key in KEYS:
        conv.state[key] = 2
    conv.state.update(by_update=3)
`,
			end:                            "def end_function(conv):\n    conv.state.by_tool = 2\n",
			"flows/menu/functions/pick.py": "def pick(conv, flow):\n    conv.state.by_flow = 4\n",
		},
	},

	{
		name: "hands over to nobody", code: 1,
		files: map[string]string{"functions/tool.py": "def tool(conv):\n    return conv.call_handoff(destination='default')\n", "config/handoffs.yaml": "handoffs: [{name: desk}]\n"},
		want:  `must handoffs-are-configured functions/tool.py:2 read in the code: config/handoffs.yaml has no handoff "default"`,
	},
	{
		name:  "looks broken: a name that is known only when it runs",
		files: map[string]string{"functions/tool.py": "def tool(conv, to):\n    conv.call_handoff('desk')\n    return conv.call_handoff(to)\n", "config/handoffs.yaml": "handoffs: [{name: desk}]\n"},
	},

	{
		name: "reads attributes in a tool and at the end", code: 1,
		files: map[string]string{
			"functions/tool.py":    "from functions.helpers import tier\n\ndef tool(conv):\n    return tier(conv)\n",
			"functions/helpers.py": "def tier(conv):\n    return (conv.integration_attributes or {}).get('tier')\n",
			end:                    "def end_function(conv):\n    print(conv.integration_attributes)\n",
		},
		want: `must attributes-are-read-at-the-start functions/end_function.py:2 read in the code: integration_attributes is read in end_function
must attributes-are-read-at-the-start functions/helpers.py:2 read in the code: integration_attributes is read in functions/tool.py`,
	},
	{
		name: "looks broken: a helper of start_function's reads them", files: map[string]string{
			start:                  good + "    conv.state.tier = conv.functions.tier_of()\n",
			"functions/tier_of.py": "def tier_of(conv):\n    return (conv.integration_attributes or {}).get('tier')\n",
		},
	},

	{
		name: "tests of what is not there",
		files: map[string]string{
			"functions/look_up.py":           "from _gen import *\n\n@func_parameter('reference', 'x')\ndef look_up(conv, reference: str):\n    pass\n",
			"config/variant_attributes.yaml": "variants: [{name: day, is_default: true}]\n",
			"test_suite/booking.yaml": `name: Booking
scenario: Ask for a booking.
channel: voice
language: en-GB
variant: night
caller_number: +447700900000
function_call_assertions:
  - name: lookup
    arguments: []
  - name: look_up
    arguments:
      - {parameter_name: ref, expected_value: a, value_type: string}
      - {parameter_name: reference, expected_value: a, value_type: string}
`,
			"test_suite/dates.yaml":  "name: Dates\nintegration_attributes:\n  a:\n    - expiry: 2026-08-12\n",
			"test_suite/broken.yaml": "name: Broken\nscenario: [\n",
		},
		want: `should tests-fit test_suite/booking.yaml:6 read in the code: caller_number: want it in quotes: YAML takes +447700900000 for a number, and drops its +
should tests-fit test_suite/booking.yaml:5 read in the code: config/variant_attributes.yaml has no variant "night"
should tests-fit test_suite/booking.yaml:8 read in the code: there is no function "lookup"
should tests-fit test_suite/booking.yaml:12 read in the code: look_up has no parameter "ref"
should tests-fit test_suite/broken.yaml:2 read in the code: yaml: line 2: did not find expected node content
should tests-fit test_suite/dates.yaml:4 read in the code: integration_attributes: want a date in quotes, got 2026-08-12`,
	},
	{
		name: "looks broken: tests of functions of flows, of any parameters, of a clock, and what only the platform reads",
		files: map[string]string{
			"functions/any.py":             "def any(conv, **more):\n    pass\n",
			"flows/menu/functions/pick.py": "from _gen import *\n\ndef pick(conv: Conversation, flow: Flow, *, dish='soup'):\n    pass\n",
			"test_suite/menu.yaml": `name: Menu
scenario: Ask for soup, and name a function that is not there, as lookup.
channel: webchat
language: en-GB
simulated_at: 2026-01-15T22:30:00+01:00
tags: [smoke]
caller_number: "+447700900000"
sip_headers: {X-Retry: 2, X-Vip: true}
integration_attributes: {tier: gold, retry_count: 2, vip: true, none: null, expiry: "2026-08-12", account: {region: [uk]}}
api_mocks: {reservations: {check: [{respond: {status: 503}, repeat: -1}]}}
prompt_assertions: [The agent says soup]
function_call_assertions:
  - name: pick
    arguments: [{parameter_name: dish, expected_value: soup, value_type: string}]
  - {name: any, arguments: [{parameter_name: what, expected_value: "1", value_type: integer}]}
  - {name: start_function}
`,
			"test_suite/notes.txt": "not a test\n",
		},
	},
	{
		name: "fails in the call of a test", code: 1,
		files: map[string]string{
			start:                     good + "    conv.state.age = int(attributes.get('age') or 0)\n    conv.state.area = (conv.caller_number or '+44')[:3]\n",
			"test_suite/old.yaml":     "name: Old\nchannel: voice\nintegration_attributes: {age: '42'}\n",
			"test_suite/ancient.yaml": "name: Ancient\nchannel: voice\nintegration_attributes: {age: very}\n",
		},
		want: "must start-works functions/start_function.py:7 seen by running: with the call of test_suite/ancient.yaml: ValueError: invalid literal for int() with base 10: 'very' at functions/start_function.py:7",
	},
	{
		name: "looks broken: a test has the attributes that cannot be made up",
		files: map[string]string{
			start:                 good + "    conv.state.age = int(attributes.get('age') or 0)\n    conv.state.language = conv.sip_headers.get('X-Language', '').upper()\n",
			"test_suite/old.yaml": "name: Old\nchannel: voice\nsip_headers: {X-Language: fr}\nintegration_attributes: {age: '42'}\n",
		},
	},
	{
		name: "reads attributes in what a test says is called", code: 1,
		files: map[string]string{
			start:                     good + "    conv.functions.tier_of()\n",
			"functions/tier_of.py":    "def tier_of(conv):\n    return (conv.integration_attributes or {}).get('tier')\n",
			"test_suite/tier_of.yaml": "name: Tier of\nfunction_call_assertions: [{name: tier_of}]\n",
		},
		want: "must attributes-are-read-at-the-start functions/tier_of.py:2 read in the code: integration_attributes is read in functions/tier_of.py",
	},

	{
		name: "is slow", files: map[string]string{start: "import time\n" + good + "    time.sleep(1.5)\n"},
		want: "should start-is-quick functions/start_function.py:4 seen by running: start_function slept for 1.5s",
	},
	{name: "looks slow: a tool sleeps", files: map[string]string{"functions/tool.py": "import time\n\ndef tool(conv):\n    time.sleep(60)\n"}},

	{
		name: "exposes what is not JSON", files: map[string]string{
			start: "from datetime import datetime\n" + good + "    conv.state.since = datetime.now()\n",
			api:   `{"handoff_api": {"state_keys": ["since"], "shared_id_state_key": "shared_id"}}`,
		},
		want: "should exposed-state-is-json functions/start_function.py:8 seen by running: state 'since' holds datetime, which is text in JSON",
	},
	{
		name: "looks broken: keeps it to itself", files: map[string]string{
			start: "from datetime import datetime\n" + good + "    conv.state.since = datetime.now()\n    conv.state.day = conv.state.since.isoformat()\n",
			api:   `{"handoff_api": {"state_keys": ["day"], "shared_id_state_key": "shared_id"}}`,
		},
	},

	{
		name: "uses what is not here", files: map[string]string{"functions/tool.py": "def tool(conv):\n    conv.send_sms('+44', 'hi')\n    conv.utils.geocode('x')\n"},
		want: `may simulator-has-it functions/tool.py:2 read in the code: not supported: conv.send_sms
may simulator-has-it functions/tool.py:3 read in the code: not supported: conv.utils.geocode`,
	},
	{name: "looks as if it did: names of its own", files: map[string]string{"functions/tool.py": "def tool(conv, memory):\n    conv.state.memory = memory.api\n"}},

	{
		name: "does not come to an end while it is imported", code: 1,
		files: map[string]string{"functions/tool.py": "import os\nos._exit(3)\n"},
		want: `must can-be-imported functions/start_function.py:1 seen by running: python: it ended while it read or imported the project (EOF)
inconclusive start-works: start_function could not be imported
inconclusive start-survives-empty-attributes: start_function could not be imported
inconclusive start-survives-none: start_function could not be imported
inconclusive start-is-quick: start_function could not be imported`,
	},
}

func TestRules(t *testing.T) {
	t.Parallel()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs ADK projects")
	}
	for _, tc := range projects {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{start: good}
			maps.Copy(files, tc.files)
			run := lint(t, files, tc.attributes, tc.strict)
			var got []string
			for _, r := range run.Results {
				id := strings.TrimPrefix(r.ID, "agent/")
				if r.Verdict() == finding.Inconclusive {
					got = append(got, fmt.Sprintf("inconclusive %s: %s", id, r.Reason))
				}
				for _, f := range r.Failures {
					got = append(got, fmt.Sprintf("%s %s %s:%d %s: %s", r.Level, id, f.File, f.Line, f.Step, f.Got))
				}
			}
			if text := strings.Join(got, "\n"); text != tc.want {
				t.Errorf("got\n%s\nwant\n%s", text, tc.want)
			}
			if code := run.Conclusion().ExitCode(); code != tc.code {
				t.Errorf("exit code: want %d, got %d", tc.code, code)
			}
		})
	}
}

// TestReport: the report in JSON is what its schema says.
func TestReport(t *testing.T) {
	t.Parallel()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	text, err := specs.Schema("report")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, lint(t, map[string]string{start: "def start_function(conv):\n    conv.integration_attributes['x']\n"}, "", false), report.NewRedactor()); err != nil {
		t.Fatal(err)
	}
	written, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(written); err != nil {
		t.Error(err)
	}
}

// lint writes a project and judges it.
func lint(t *testing.T, files map[string]string, attributes string, strict bool) finding.Run {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if text == "" && name == start {
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(map[string]any{"agent": map[string]any{"adk": map[string]string{"project": dir, "python": interpreter()}}})
	if err != nil {
		t.Fatal(err)
	}
	platform, err := sim.Load(sim.Sources{File: "x.yaml", Text: text, Brought: agent.Brought})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.Configured("x.yaml", &platform.Projects[0].Agent, 0)
	if err != nil {
		t.Fatal(err)
	}
	project := a.(*adk.Agent)
	t.Cleanup(func() { _ = project.Close(t.Context()) })
	o := agentlint.Options{Tool: "dnispool", Platform: platform, Strict: strict}
	if attributes != "" {
		o.Attributes = json.RawMessage(attributes)
	}
	run, err := agentlint.Lint(t.Context(), project, o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
