from _gen import *  # <AUTO GENERATED>


@func_description("Ends the call when nothing is left to do.")
@func_parameter("reason", "Why.")
def hang_up(conv: Conversation, reason: str):
    conv.state.handoff_to = "CONTAINED"
    conv.state.handoff_reason = reason
    return {"hangup": True, "utterance": "Goodbye."}
