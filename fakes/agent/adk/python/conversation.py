"""What a function is given: conv, and flow in a function of a flow."""
import json
import sys

from . import loader, names, notes, outside, stub

# The stub's members of conv that are refused by name.
UNSUPPORTED = (
    "add_attachments", "agentic_dial", "api", "attachments", "clear_asr_biasing", "discard_recording", "entities", "from_runtime_data",
    "generate_external_event", "generic_external_events", "goto_csat_flow", "integrations", "log_api_response", "memory",
    "provider_voice_id", "randomize_voice", "response_suggestions", "send_content_template", "send_email", "send_sms",
    "send_sms_template", "send_whatsapp", "set_asr_biasing", "set_csat_eligibility", "set_csat_phone_number", "set_csat_score",
    "set_csat_survey_entered", "set_response_suggestions", "sms_queue", "sms_templates", "transcript_alternatives", "translations",
    "voice_change", "webchat",
    # Of other versions of the stub, or of a documentation page.
    "apis", "clock", "cxone", "knowledge_base", "set_background_track", "variables", "verified_context",
)


# The stub's properties of conv that are supported: a project may not assign them.
READ_ONLY = (
    "account_id", "callee_number", "caller_number", "channel_type", "current_flow", "current_step", "env", "functions", "handoffs",
    "history", "id", "integration_attributes", "language", "metric_events", "metrics_queue", "project_id", "real_time_config",
    "sip_headers", "state", "variant", "variant_name", "variants",
)


class State(dict):
    """conv.state: any value by key; an attribute that is not there is None."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return dict.get(self, name)

    def __setattr__(self, name, value):
        self[name] = value

    def __missing__(self, key):
        if missing_index == "none":
            return None
        raise KeyError(key)


missing_index = "error"  # what conv.state["key"] does without the key: a setting of the platform's


class FunctionExecutor(dict):
    """conv.functions: the project's own, each given the conversation first."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        function = loader.function("functions." + name)
        return lambda *args, **kwargs: function(self.conv, *args, **kwargs)


class Utils:
    """conv.utils: what it would ask the outside comes from the fixtures."""

    def __init__(self, fixtures):
        self._fixtures, self._answered = fixtures, 0

    def prompt_llm(self, prompt, *, show_history=False, return_json=False, model="gpt-4o"):
        answers = self._fixtures["prompt_llm"]
        if not answers:
            names.refuse("conv.utils.prompt_llm without an answer: give some as prompt_llm")
        answer = answers[min(self._answered, len(answers) - 1)]
        self._answered += 1
        notes.note("note", f"prompt_llm {str(prompt)[:80]!r} was answered from the fixtures")
        return json.loads(answer) if return_json else answer

    def get_secret(self, secret_name):
        return outside.secret(secret_name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names.refuse("conv.utils." + name)


class Conversation:
    """conv. What it is given of the call stands; what functions do with it is in the attributes that begin with _."""

    def __init__(self, call, project):
        self._project = project
        self._said, self._goto, self._exit, self._handoff = [], None, False, None
        self._become(
            id=call["id"], account_id=call["account"], project_id=call["project"], caller_number=call.get("ani") or None,
            callee_number=call["dnis"], sip_headers=dict(call.get("headers") or {}), env=project["env"], channel_type="sip.polyai",
            integration_attributes=None, real_time_config=stub.RealtimeConfig(project["real_time_config"]),
            variants={name: stub.Variant(attributes) for name, attributes in project["variants"].items()},
            variant_name=project["variant"] or None, language=project["language"],
            handoffs={name: stub.HandoffConfig(entry["method"], dict(entry["sip_config"]), dict(entry["headers"]))
                      for name, entry in project["handoffs"].items()},
            state=State(), history=[], current_flow=None, current_step=None, functions=FunctionExecutor(self),
            metric_events=[], metrics_queue=[],  # those of the call, and those of the function as they will be sent
        )
        self.log, self.utils = names.Log("conv.log"), Utils(project)

    def _become(self, **properties):
        """Sets what a project may only read."""
        self.__dict__.update(properties)

    def __setattr__(self, name, value):
        if name in READ_ONLY:
            raise AttributeError(f"property {name!r} of 'Conversation' object has no setter")
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        if name in UNSUPPORTED:
            names.refuse("conv." + name)
        raise AttributeError(f"'Conversation' object has no attribute {name!r}")

    @property
    def variant(self):
        return self.variants.get(self.variant_name)

    def say(self, utterance):
        self._said.append(str(utterance))

    def goto_flow(self, flow_name):
        self._goto = (flow_name, None)

    def exit_flow(self):
        self._exit = True

    def set_variant(self, variant):
        if variant not in self.variants:
            notes.note("note", f"variant {variant!r} is not in config/variant_attributes.yaml")
        self._become(variant_name=variant)

    def set_language(self, language):
        self._become(language=language)

    def set_voice(self, voice):
        """Nothing speaks here."""

    def write_metric(self, name, value=None, *, write_once=False):
        if write_once and any(metric.name == name for metric in self.metric_events):
            return
        self.metric_events.append(stub.MetricEvent(name, value))
        self.metrics_queue.append({"name": name, "value": value})
        notes.note("metric", name if value is None else f"{name}={value}", notes.place(sys._getframe(1)))

    def call_handoff(self, destination, reason=None, utterance=None, sip_headers=None, route=None):
        entry = self._project["handoffs"].get(destination)
        if entry is None:
            notes.once("missing-handoff", f"no handoff {destination!r} in config/handoffs.yaml")
            raise stub.MissingHandoff(destination)
        method = entry["method"]
        self._handoff = {
            "destination": destination, "reason": reason or destination, "method": method,
            "headers": {**entry["headers"], **(sip_headers or {})}, "route": route or entry.get("phone_number"),
        }
        result = {"handoff": {"destination": destination, "reason": reason or destination, "type": method}}
        return result if utterance is None else {**result, "utterance": utterance}


class Flow:
    """flow, the second argument of a flow's functions."""

    def __init__(self, conv, name):
        self._conv, self._name = conv, name
        self.current_step = conv.current_step
        self.functions = FlowFunctionExecutor(conv, self)

    def goto_step(self, step_name, label=None):
        self._conv._goto = (self._name, step_name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names.refuse("flow." + name)


class FlowFunctionExecutor(dict):
    """flow.functions: the flow's own, each given conversation and flow first."""

    def __init__(self, conv, flow):
        super().__init__()
        self.conv, self.flow = conv, flow

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        function = loader.of_flow(self.flow._name, name)
        return lambda *args, **kwargs: function(self.conv, self.flow, *args, **kwargs)


def exported():
    """Returns what a project has of this module, by name."""
    return {cls.__name__: cls for cls in (Conversation, Flow, State, FunctionExecutor, FlowFunctionExecutor)}
