from _gen import *  # <AUTO GENERATED>


def check(conv: Conversation, flow: Flow, day: str):
    return f"{day} in {conv.current_flow}"
