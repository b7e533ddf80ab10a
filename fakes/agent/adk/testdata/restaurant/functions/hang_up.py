from _gen import *  # <AUTO GENERATED>
import time


@func_description("Says goodbye and hangs up.")
def hang_up(conv: Conversation):
    conv.exit_flow()
    time.sleep(3)
    conv.state.after = time.time()
    return {"utterance": conv.variant.goodbye, "hangup": True}
