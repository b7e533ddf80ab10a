"""What a function is given: conv, and flow in a function of a flow."""
import sys

from . import loader, names, notes

UNSUPPORTED = (
    "agentic_dial", "api", "apis", "attachments", "entities", "generic_external_events", "integrations", "knowledge_base", "memory", "provider_voice_id",
    "response_suggestions", "sms_queue", "sms_templates", "transcript_alternatives", "translations", "variables", "voice_change", "webchat",
    "add_attachments", "clear_asr_biasing", "discard_recording", "generate_external_event", "goto_csat_flow", "log_api_response",
    "randomize_voice", "send_content_template", "send_email", "send_sms", "send_sms_template", "send_whatsapp", "set_asr_biasing",
    "set_background_track", "set_response_suggestions",
)


class State(dict):
    """conv.state: any value by key; an attribute that is not there is None."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return dict.get(self, name)

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        self.pop(name, None)

    def __missing__(self, key):
        if missing_index == "none":
            return None
        raise KeyError(key)


missing_index = "error"  # what conv.state["key"] does without the key: a setting of the platform's


class ReadOnly(dict):
    """conv.real_time_config."""

    def _refuse(self, *_args, **_kwargs):
        raise TypeError("real_time_config is read-only")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _refuse


class Variant:
    """A variant's attributes: text, or None where there is none. They can be assigned."""

    def __init__(self, name, attributes):
        self.__dict__.update(attributes)
        self.__dict__.setdefault("name", name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class HandoffConfig:
    """An entry of config/handoffs.yaml."""

    def __init__(self, entry):
        self.__dict__.update(entry)


class Metric:
    """A metric that was written."""

    def __init__(self, name, value, write_once):
        self.name, self.value, self.write_once = name, value, write_once

    def __repr__(self):
        return f"Metric(name={self.name!r}, value={self.value!r})"


class AgentResponse:
    role = "agent"

    def __init__(self, text):
        self.text = text


class UserInput:
    role = "user"

    def __init__(self, text):
        self.text = text


class Functions:
    """conv.functions: the project's own, each given the conversation first."""

    def __init__(self, conv):
        self._conv = conv

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        function = loader.function("functions." + name)
        return lambda *args, **kwargs: function(self._conv, *args, **kwargs)


class Utils:
    """conv.utils: what it would ask the outside comes from the fixtures."""

    def __init__(self, fixtures):
        self._fixtures, self._answered = fixtures, 0

    def prompt_llm(self, prompt="", *_args, **_kwargs):
        answers = self._fixtures["prompt_llm"]
        if not answers:
            names.refuse("conv.utils.prompt_llm without an answer: give some as prompt_llm")
        answer = answers[min(self._answered, len(answers) - 1)]
        self._answered += 1
        notes.note("note", f"prompt_llm {str(prompt)[:80]!r} was answered from the fixtures")
        return answer

    def get_secret(self, name, *_args, **_kwargs):
        if name not in self._fixtures["secrets"]:
            notes.once("refused", f"no secret {name!r} among the fixtures")
            raise names.SecretNotFound(name)
        return self._fixtures["secrets"][name]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names.refuse("conv.utils." + name)


class Conversation:
    """conv. What it is given of the call stands; what functions do with it is in the attributes that begin with _."""

    def __init__(self, call, project):
        self._project = project
        self.id, self.account_id, self.project_id = call["id"], call["account"], call["project"]
        self.caller_number, self.callee_number = call.get("ani") or None, call["dnis"]
        self.sip_headers = dict(call.get("headers") or {})
        self.env, self.channel_type = project["env"], "sip.polyai"
        self.integration_attributes = None
        self.real_time_config = ReadOnly(project["real_time_config"])
        self.variants = {name: Variant(name, attributes) for name, attributes in project["variants"].items()}
        self.variant_name = project["variant"] or None
        self.language = project["language"]
        self.handoffs = {name: HandoffConfig(entry) for name, entry in project["handoffs"].items()}
        self.state, self.history, self.metric_events = State(), [], []
        self.log, self.utils, self.functions = names.Log(), Utils(project), Functions(self)
        self.current_flow = self.current_step = None
        self._said, self._goto, self._exit, self._handoff = [], None, False, None

    def __getattr__(self, name):
        if name in UNSUPPORTED or name.startswith("set_csat_"):
            names.refuse("conv." + name)
        raise AttributeError(f"'Conversation' object has no attribute {name!r}")

    @property
    def variant(self):
        return self.variants.get(self.variant_name)

    @property
    def metrics_queue(self):
        return self.metric_events

    def say(self, text, *_args, **_kwargs):
        self._said.append(str(text))

    def goto_flow(self, name, *_args, **_kwargs):
        self._goto = (name, None)

    def exit_flow(self, *_args, **_kwargs):
        self._exit = True

    def set_variant(self, name):
        if name not in self.variants:
            notes.note("note", f"variant {name!r} is not in config/variant_attributes.yaml")
        self.variant_name = name

    def set_language(self, language, *_args, **_kwargs):
        self.language = language

    def set_voice(self, voice, *_args, **_kwargs):
        """Nothing speaks here."""

    def write_metric(self, name, value=None, *, write_once=False):
        if write_once and any(metric.name == name for metric in self.metric_events):
            return
        self.metric_events.append(Metric(name, value, write_once))
        notes.note("metric", name if value is None else f"{name}={value}", notes.place(sys._getframe(1)))

    def call_handoff(self, destination, reason=None, utterance=None, sip_headers=None, route=None):
        entry = self._project["handoffs"].get(destination)
        if entry is None:
            notes.once("missing-handoff", f"no handoff {destination!r} in config/handoffs.yaml")
            raise names.MissingHandoff(destination)
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
        self._conv, self.name = conv, name
        self.current_step = conv.current_step

    @property
    def functions(self):
        return FlowFunctions(self._conv, self)

    def goto_step(self, step, *_args, **_kwargs):
        self._conv._goto = (self.name, step)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        names.refuse("flow." + name)


class FlowFunctions:
    """flow.functions: the flow's own, each given conversation and flow first."""

    def __init__(self, conv, flow):
        self._conv, self._flow = conv, flow

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        function = loader.of_flow(self._flow.name, name)
        return lambda *args, **kwargs: function(self._conv, self._flow, *args, **kwargs)


CLASSES = (Conversation, Flow, State, Variant, HandoffConfig, AgentResponse, UserInput)
