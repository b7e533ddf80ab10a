from _gen import *  # <AUTO GENERATED>


def greet(conv: Conversation, flow: Flow):
    conv.state.in_flow = [conv.current_flow, conv.current_step]
    conv.say("Which day?")
    flow.goto_step("collect")
