from _gen import *  # <AUTO GENERATED>


@func_description("Puts the caller in a queue.")
def queue(conv: Conversation):
    return {"handoff": {"cxone": {"skill": 7}, "reason": "asked"}, "content": "Say that somebody will be there soon."}
