from _gen import *  # <AUTO GENERATED>


@func_description("Hands the caller over.")
@func_parameter("to", "Where.")
def handoff(conv: Conversation, to: str):
    try:
        return conv.call_handoff(destination=to, utterance="One moment.")
    except MissingHandoff:
        conv.log.error("no handoff", destination=to, is_pii=True)
        return conv.call_handoff("tellers", reason="fallback", sip_headers={"X-Account": "$channel", "X-Own": "1"})
