from imports import *


@func_description("Ends the call.")
@func_parameter("outcome", "What came of it.")
def hang_up(conv: Conversation, outcome: str):
    return {"handoff": {"type": "bye", "reason": outcome, "bye": {"sip_headers": {"X-Outcome": outcome, "X-Order": conv.state.order, "X-Bad": "a\r\nVia: b"}}}}
