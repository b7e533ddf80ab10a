from _gen import *  # <AUTO GENERATED>
import time

AT_ONCE = 5  # seconds: a function may take 10


def wait(conv: Conversation, flow: Flow):
    now = min(conv.state.seconds_left, AT_ONCE)
    time.sleep(now)
    conv.state.seconds_left -= now
    if conv.state.seconds_left <= 0:
        return {"hangup": True}
    flow.goto_step("wait")
