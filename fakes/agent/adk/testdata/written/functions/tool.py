from _gen import *  # <AUTO GENERATED>
from .helpers import keep


@func_description("A tool.")
def tool(conv: Conversation, to: str):
    conv.utils.geocode("x")
    keep(conv)
    conv.call_handoff("desk")
    conv.call_handoff(destination="other", reason=to)
    return conv.call_handoff(to)
