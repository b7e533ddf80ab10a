from _gen import *  # <AUTO GENERATED>
from functions.helpers import keep, Keeper as Other
from .more import *
import functions.more as more

KEYS = ("one", "two")


def start_function(call: Conversation):
    given = call.integration_attributes or {}
    customer = given.get("customer", {})
    call.state.name = customer.get("name")
    call.state["tier"] = (given.get("customer") or {})["tier"]
    state = call.state
    state.language, call.state.extra = "en", given["extra"] if "extra" in given else None
    for key in KEYS:
        state[key] = given.get(key)
    for key, attribute in {"a": "b"}.items():
        setattr(call.state, key, given.get(attribute))
    for key in given:
        call.state[key] = given[key]
    call.state.update({"u1": 1, **given}, u2=2)
    call.state.setdefault("d", 0)
    call.state.count += 1
    print(call.state)
    keep(call)
    Other().work(call)
    starred(call)
    more.dotted(call)
    call.functions.by_name()
    unknown(call.state)
