from _gen import *  # <AUTO GENERATED>


def tool(conv: Conversation):
    conv.state.in_tool = conv.integration_attributes
    conv.state.stage = "tool"
    conv.state.missing = conv.state["missing"]
