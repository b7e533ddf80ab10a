package agentlint_test

import (
	"os"
	"strings"
)

// documented is start_function as the platform documents it: it takes its attributes for a dict.
var documented = func() string {
	text, err := os.ReadFile("../../fakes/agent/adk/testdata/documented/" + start)
	if err != nil {
		panic(err)
	}
	return string(text)
}()

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

// vault imports what only the platform has.
const vault = "import boto3\nfrom runtime.private.secret_vault import secret_vault\n"

// lintCase is a project, and what is found in it. What is left out of its files is a start_function that is right.
type lintCase struct {
	name       string
	files      map[string]string
	attributes string
	set        string         // a setting of the platform
	options    map[string]any // how the project is run
	strict     bool
	want       string // a line for each finding and each doubt
	code       int
}

// projects are those that break a rule, and those that only look as if they did.
var projects = []lintCase{
	{name: "right", code: 0},
	{
		name:  "as the platform documents it",
		files: map[string]string{start: documented},
		want:  "should start-survives-none functions/start_function.py:5 seen by running: with None: AttributeError: 'NoneType' object has no attribute 'get'",
	},
	{
		name: "the same, strictly", files: map[string]string{start: documented}, strict: true, code: 1,
		want: "should start-survives-none functions/start_function.py:5 seen by running: with None: AttributeError: 'NoneType' object has no attribute 'get'",
	},
	{name: "the same, for a platform that gives {} when nothing came", files: map[string]string{start: documented}, set: "conversation.missing_attributes=empty", strict: true},

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
inconclusive start-survives-none: start_function: the network is refused: socket.getaddrinfo 192.0.2.1:80 at functions/start_function.py:8
may simulator-has-it functions/start_function.py:8 seen by running: the network is refused: socket.getaddrinfo 192.0.2.1:80`,
	},
	{
		name:  "wants the network, and does without",
		files: map[string]string{start: "import urllib.request\n" + good + "    try:\n        urllib.request.urlopen('http://192.0.2.1')\n    except OSError:\n        conv.state.tier = None\n"},
		want:  "may simulator-has-it functions/start_function.py:9 seen by running: the network is refused: socket.getaddrinfo 192.0.2.1:80",
	},
	{
		name: "wants a secret of the platform's, and a client of another service that is not installed", code: 3,
		files: map[string]string{start: vault + good + "    conv.state.tier = boto3.client('dynamodb').get_item(Key=secret_vault('crm')['key'])\n"},
		want: `inconclusive start-works: start_function: not supported: boto3.client (boto3 is not installed here) at functions/start_function.py:9
inconclusive start-survives-empty-attributes: start_function: not supported: boto3.client (boto3 is not installed here) at functions/start_function.py:9
inconclusive start-survives-none: start_function: not supported: boto3.client (boto3 is not installed here) at functions/start_function.py:9
may simulator-has-it functions/start_function.py:9 read in the code: not supported: boto3.client (boto3 is not installed here)`,
	},
	{
		name: "wants a secret that nobody has given", code: 3,
		files: map[string]string{start: vault + good + "    conv.state.tier = secret_vault('crm')\n"},
		want: `inconclusive start-works: start_function: no secret 'crm' among the fixtures at functions/start_function.py:9
inconclusive start-survives-empty-attributes: start_function: no secret 'crm' among the fixtures at functions/start_function.py:9
inconclusive start-survives-none: start_function: no secret 'crm' among the fixtures at functions/start_function.py:9
may simulator-has-it functions/start_function.py:9 seen by running: no secret 'crm' among the fixtures`,
	},
	{
		name:    "looks broken: has the secret that it wants",
		files:   map[string]string{start: vault + good + "    conv.state.user = secret_vault('crm')['user']\n"},
		options: map[string]any{"secrets": map[string]any{"crm": map[string]string{"user": "anne"}}},
	},
	{
		name: "wants the network while it is imported", code: 3,
		files: map[string]string{"functions/tool.py": "import socket\n\nsocket.create_connection(('192.0.2.1', 80))\n\ndef tool(conv):\n    pass\n"},
		want: `inconclusive can-be-imported: not everything could be imported here: Refused: the network is refused: socket.getaddrinfo 192.0.2.1:80 (the simulator runs a function by itself) at functions/tool.py:3
may simulator-has-it functions/tool.py:3 seen by running: the network is refused: socket.getaddrinfo 192.0.2.1:80`,
	},
	{
		name:  "looks as if it did: finds out whether there is IPv6",
		files: map[string]string{start: "import socket\nwith socket.socket(socket.AF_INET) as probe:\n    probe.bind(('127.0.0.1', 0))\n" + good},
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
		name: "goes to a flow at the start, whose step runs",
		files: map[string]string{
			start:                                good + "    conv.goto_flow('Menu')\n",
			"flows/menu/flow_config.yaml":        "name: Menu\nstart_step: first\n",
			"flows/menu/function_steps/first.py": "def first(conv, flow):\n    conv.state.at = getattr(conv, 'memory')\n",
		},
		want: "may simulator-has-it flows/menu/function_steps/first.py:2 seen by running: not supported: conv.memory",
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
	{
		name: "uses what is not here by a name that is known only when it runs, and what can be read too, in start_function and at the end",
		files: map[string]string{
			start: good + "    for name in ('memory', 'language'):\n        try:\n            getattr(conv, name)\n            conv.sms_queue\n        except NotImplementedError:\n            pass\n",
			end:   "def end_function(conv):\n    for name in ['discard_recording']:\n        getattr(conv, name)()\n",
		},
		want: `may simulator-has-it functions/start_function.py:10 read in the code: not supported: conv.sms_queue
may simulator-has-it functions/start_function.py:9 seen by running: not supported: conv.memory
may simulator-has-it functions/end_function.py:3 seen by running: not supported: conv.discard_recording`,
	},
	{
		name:  "looks broken: decorators with and without a call",
		files: map[string]string{"functions/tool.py": "from _gen import *\n\n@func_description('x')\n@func_latency_control\ndef tool(conv: Conversation):\n    pass\n\n@func_latency_control(delay_before_responses_start=0)\ndef other(conv):\n    pass\n\nassert tool(1) is None and other(1) is None\n"},
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
