from _gen import *  # <AUTO GENERATED>


def start_function(conv: Conversation):
    conv.state.reference = (conv.integration_attributes or {}).get("reference")
    conv.state.queue = conv.real_time_config.get("queue")
    conv.state.tone = conv.variant.tone
    conv.state.missing = conv.variant.nothing
