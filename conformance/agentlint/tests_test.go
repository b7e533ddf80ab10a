package agentlint_test

// suites are projects with tests of their own.
var suites = []lintCase{
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
}
