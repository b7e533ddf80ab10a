package agentlint

import "github.com/dnispool/dnispool/conformance/finding"

// rule is one thing that is wanted of a project.
type rule struct {
	id, level string
	says      string // what is wanted
	source    string
	why       string // what it is to a caller
	instead   string // what to write
	judge     func(*evidence) verdict
}

func rules() []rule {
	return []rule{
		{
			id: "can-be-imported", level: finding.Must,
			says:    "Every file of functions and flows can be imported, and there is a start_function.",
			source:  "ADK: a broken function affects every call that uses it; start_function is in every call",
			why:     "A call that comes to this function gets an error in its place; without start_function every attribute is lost.",
			instead: "code that python3 can import by itself",
			judge:   imports,
		},
		{
			id: "handoff-api-is-read", level: finding.Must,
			says:    "The experimental configuration keeps to its schema.",
			source:  "ADK: schema of the experimental configuration; what breaks it is not read by the runtime",
			why:     "The Handoff API is then not configured at all: the client gets an empty object, and reads it as \"call complete\".",
			instead: `{"handoff_api": {"state_keys": ["handoff_to"], "shared_id_state_key": "shared_id"}}, and nothing else in it but aliases`,
			judge:   configuration,
		},
		{
			id: "shared-id-is-kept", level: finding.Must,
			says:    "start_function keeps the shared_id in the state, under the key that the Handoff API looks at.",
			source:  "DNIs Pool page, agent setup: store attributes; ADK: shared_id_state_key",
			why:     "The client asks for the outcome by the shared_id that it sent, gets 404, reads that as \"call complete\", and drops a caller who needed a human.",
			instead: `conv.state.shared_id = (conv.integration_attributes or {}).get("shared_id")`,
			judge:   sharedID,
		},
		{
			id: "start-works", level: finding.Must,
			says:    "start_function runs to its end when a call has attributes.",
			source:  "DNIs Pool page, agent setup",
			why:     "Every call begins with it: the greeting may not play, and what it would have kept is lost.",
			instead: "code that does without what may be missing",
			judge:   works,
		},
		{
			id: "start-survives-empty-attributes", level: finding.Must,
			says:    "start_function runs to its end when there are no attributes, which it sees as {}.",
			source:  "DNIs Pool page: the example takes a default queue when nothing came",
			why:     "A stray call, or one that came after its window, gets no attributes. Its caller meets an agent without a queue to go to.",
			instead: `attributes.get("key"), and a queue for when nothing came: conv.state.handoff_to = "DEFAULT_QUEUE"`,
			judge:   func(e *evidence) verdict { return e.without(e.empty, "{}") },
		},
		{
			id: "start-survives-none", level: finding.Should,
			says:    "start_function runs to its end when there are no attributes, which it sees as None.",
			source:  "ADK: integration_attributes is dict or None; the example of the DNIs Pool page takes it for a dict",
			why:     "Where the platform says None, every stray call crashes here, and its caller meets an agent without a queue to go to.",
			instead: "attributes = conv.integration_attributes or {}",
			judge: func(e *evidence) verdict {
				if e.neverNone {
					return notHere("by the configuration no attributes are {} (conversation.missing_attributes: empty)")
				}
				return e.without(e.none, "None")
			},
		},
		{
			id: "exposed-keys-are-written", level: finding.Must,
			says:    "Every key that the Handoff API exposes is written by some function.",
			source:  "ADK: state_keys are shown, null when unset",
			why:     "The client sees null for ever, and takes the call for complete.",
			instead: "conv.state.<key> = … in the tool that hands over, or the key left out of state_keys",
			judge:   func(e *evidence) verdict { return exposed(e, false) },
		},
		{
			id: "exposed-keys-are-written-in-time", level: finding.Should,
			says:    "Every key that the Handoff API exposes is written before the call ends, not in end_function alone.",
			source:  "End tool page: end_function runs after the call; DNIs Pool page: the client asks when the BYE has come",
			why:     "A client that asks right after the BYE sees null, and takes the call for complete.",
			instead: "conv.state.<key> = … in start_function or in the tool that hands over",
			judge:   func(e *evidence) verdict { return exposed(e, true) },
		},
		{
			id: "handoffs-are-configured", level: finding.Must,
			says:    "Every destination of call_handoff is in config/handoffs.yaml.",
			source:  "ADK: call_handoff raises MissingHandoff",
			why:     "The function fails at the moment in which the caller was to be handed over.",
			instead: "a name of config/handoffs.yaml",
			judge:   handoffs,
		},
		{
			id: "attributes-are-read-at-the-start", level: finding.Must,
			says:    "integration_attributes is read by start_function and what it calls, and nowhere else.",
			source:  "DNIs Pool page: attributes can only be accessed in the start_function",
			why:     "Later it is None: what the function wanted of it is not there, in every call.",
			instead: "conv.state.<key>, kept by start_function",
			judge:   attributesElsewhere,
		},
		{
			id: "tests-fit", level: finding.Should,
			says:    "What the project's own tests name is there: functions, their parameters, variants; and they can be read.",
			source:  "ADK: page on tests, validation",
			why:     "The project cannot be pushed, or a test that guards what callers meet proves nothing.",
			instead: "a name that the project has",
			judge:   tests,
		},
		{
			id: "start-is-quick", level: finding.Should,
			says:    "start_function takes less than a second.",
			source:  "Start tool page: it blocks the greeting; keep it under a second",
			why:     "The caller hears nothing until it returns, and hangs up.",
			instead: "what is slow in a tool, after the greeting",
			judge:   quick,
		},
		{
			id: "exposed-state-is-json", level: finding.Should,
			says:    "What the Handoff API exposes can be said in JSON.",
			source:  "unspecified: setting not_json",
			why:     "It is not documented what a client sees of a datetime, a set or an object of a class: text, null, or an error.",
			instead: "text: value.isoformat(), sorted(values)",
			judge:   jsonState,
		},
		{
			id: "simulator-has-it", level: finding.May,
			says:    "What the project wants of the conversation and of the outside is there in this simulator.",
			source:  "the simulator's own limits",
			why:     "Calls that come here go otherwise than on the platform: what follows is not tested.",
			instead: "nothing: it is a limit of the simulator; secrets and answers of prompt_llm can be given, and network: allowed, with --config",
			judge:   members,
		},
	}
}
