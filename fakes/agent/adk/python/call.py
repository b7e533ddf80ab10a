"""One call: reads what is to be done as JSON lines, runs the project's functions, and answers in JSON lines."""
import json
import os

from . import clock, conversation, loader, notes, outside, stub, values


class Call:
    """The conversation of a call, and what the platform knows of its state."""

    def __init__(self, project):
        self.project, self.conv, self.known = project, None, {}

    def reconcile(self, state):
        """Makes the state what the platform says. A value whose JSON is still the same is kept, so that it may be more than JSON."""
        own = self.conv.state
        for key in list(own):
            if key not in state or self.json(own[key]) != values.text(state[key]):
                dict.pop(own, key)
        for key, value in state.items():
            if key not in own:
                own[key] = value
        self.known = {key: values.text(value) for key, value in state.items()}

    def json(self, value):
        return values.text(values.plain(value, self.project["not_json"], lambda kind: None))

    def changes(self):
        """Returns what became of the state: keys to set, and keys that are gone."""
        changed, there = {}, set()
        for key, value in self.conv.state.items():
            key = str(key)
            there.add(key)
            kinds = []
            as_json = values.plain(value, self.project["not_json"], kinds.append)
            if values.text(as_json) != self.known.get(key):
                changed[key] = as_json
                if kinds:
                    becomes = "null" if self.project["not_json"] == "null" else "text"
                    notes.note("not-json", f"state {key!r} holds {', '.join(sorted(set(kinds)))}, which is {becomes} in JSON", ("", 0))
        return changed, [key for key in self.known if key not in there]

    def run(self, request):
        """Runs one function and returns the reply."""
        if self.conv is None:
            self.conv = conversation.Conversation(request["call"], self.project)
        conv = self.conv
        conversation.missing_index = request["missing_index"]
        conv._become(integration_attributes=request.get("attributes"))
        conv._said, conv._goto, conv._exit, conv._handoff = [], None, False, None
        conv.metrics_queue.clear()
        if request["flow"] or conv.current_flow:
            conv._become(current_flow=request["flow"] or None, current_step=request["step"] or None)
        self.reconcile(request["state"])
        if request["function"] == "start":
            conv.state.update({"from_": conv.caller_number, "to": conv.callee_number, "call_sid": conv.id})
        if request["said"]:
            conv.history.append(stub.UserInput(request["said"]))
        clock.begin(request["now"], request["limit_ns"])
        outside.arm(True)
        reply = {}
        try:
            result = self.perform(request)
            if request["function"] != "end":  # whose result nobody hears: the call is over
                self.finish(result, reply)
        except clock.Overdue:
            pass  # what it has slept says so
        except BaseException as e:  # of code that is not ours
            reply.update(loader.describe(e))
        finally:
            outside.arm(False)
        reply["set"], reply["unset"] = self.changes()
        reply["took_ns"] = clock.slept()
        reply["marked"] = notes.over()
        reply["flow"], reply["step"] = conv.current_flow or "", conv.current_step or ""
        reply["pending"] = bool(conv.current_flow and loader.step(conv.current_flow, conv.current_step))
        return reply

    def perform(self, request):
        """Calls the function that is due; returns what it returns, and None where there is none."""
        conv, kind = self.conv, request["function"]
        if kind in ("start", "end"):
            path = f"functions.{kind}_function"
            return loader.function(path)(conv) if path in self.project["modules"] else None
        if request["idle"]:
            return None
        if request["tool"] == "" and conv.current_flow and (path := loader.step(conv.current_flow, conv.current_step)):
            notes.note("call", path, ("", 0))
            return loader.function(path)(conv, conversation.Flow(conv, conv.current_flow))
        if request["tool"] == "":
            return None
        notes.note("call", request["tool"] + (" " + values.text(request["with"]) if request["with"] else ""), ("", 0))
        *of, name = request["tool"].split("/")
        if of:
            return loader.of_flow(of[0], name)(conv, conversation.Flow(conv, of[0]), **request["with"])
        return loader.function("functions." + name)(conv, **request["with"])

    def finish(self, result, reply):
        """Does what a function's return value and its calls ask for."""
        conv = self.conv
        if not isinstance(result, (type(None), str, dict)):
            raise TypeError(f"a function returns None, a text or a dict, got {type(result).__name__}")
        result = result if isinstance(result, dict) else {}
        if result.get("variant"):
            conv.set_variant(result["variant"])
        transition = result.get("transition")
        if isinstance(transition, dict):
            conv._goto = (transition.get("goto_flow") or conv.current_flow, transition.get("goto_step"))
        handoff = conv._handoff or handoff_of(result.get("handoff"))
        if handoff:
            self.hand_off(handoff, reply)
        elif result.get("hangup"):
            reply["hangup"] = True
        if conv._goto:
            self.go_to(*conv._goto)
        elif conv._exit:
            conv._become(current_flow=None, current_step=None)
        utterance = result.get("utterance")
        if not isinstance(utterance, (type(None), str)):
            raise TypeError(f"utterance: want a text, got {type(utterance).__name__}")
        if utterance:
            conv._said.append(utterance)
        conv.history.extend(stub.AgentResponse(text) for text in conv._said if text)
        reply["say"] = " ".join(text for text in conv._said if text)

    def hand_off(self, handoff, reply):
        """Ends the call with BYE: in this integration nothing else ends it."""
        shown = {key: handoff[key] for key in ("destination", "reason", "method")}
        self.conv.state["handoff"] = shown
        text = "handoff" + "".join(f", {key} {shown[key]!r}" for key in ("destination", "reason") if shown[key])
        if shown["method"] != "bye":
            to = f" to {handoff['route']}" if handoff.get("route") else ""
            text += f": {shown['method'].upper()}{to} is not sent, the call ends with BYE"
        notes.note("handoff", text, ("", 0))
        reply["hangup"] = True
        state = self.conv.state
        reply["headers"] = {
            str(name): str(state.get(value[1:])) if isinstance(value, str) and value.startswith("$") else str(value)
            for name, value in handoff["headers"].items() if value is not None
        }

    def go_to(self, name, step):
        found = loader.flow(name)
        if found is None:
            notes.note("note", f"flow {name!r}: there is none of this name", ("", 0))
            return
        self.conv._become(current_flow=found["name"], current_step=step or found["start_step"])


KINDS = ("bye", "refer", "invite", "cxone", "text_chat")  # of handoffs; source: return values page, examples


def handoff_of(value):
    """Returns what a function's return value says of a handoff: a dict in one of its forms, True, or the name of a queue."""
    if not value:
        return None
    if not isinstance(value, dict):
        destination = value if isinstance(value, str) else None
        return {"destination": destination, "reason": destination, "method": "bye", "headers": {}}
    method = value.get("type") if value.get("type") in KINDS else None
    method = method or next((kind for kind in KINDS if kind in value), "bye")
    part = value.get(method) if isinstance(value.get(method), dict) else {}
    destination = value.get("destination") or part.get("destination") or part.get("phone_number") or part.get("route")
    headers = part.get("sip_headers") or value.get("sip_headers") or {}
    if not isinstance(headers, dict):
        raise TypeError(f"handoff: want sip_headers as a dict, got {type(headers).__name__}")
    return {"destination": destination, "reason": value.get("reason") or destination, "method": method, "headers": headers,
            "route": part.get("phone_number") or part.get("route")}


def encode(reply):
    """Returns a reply as people can read it. Half a surrogate, which UTF-8 cannot say, is escaped, and all else with it."""
    try:
        return json.dumps(reply, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(reply).encode("ascii")


def serve(channel, project):
    """Answers requests until there are none."""
    lines, this = channel.makefile("rb"), Call(project)
    for line in lines:
        reply = this.run(json.loads(line))
        notes.send(encode(reply))
    os._exit(0)
