from _gen import *  # <AUTO GENERATED>

def start_function(conv: Conversation):
    attributes = conv.integration_attributes
    conv.state.shared_id = attributes.get("shared_id")
    conv.state.ani = attributes.get("ani")
    if not conv.state.shared_id and not conv.state.ani:
        conv.state.handoff_to = "DEFAULT_QUEUE"
