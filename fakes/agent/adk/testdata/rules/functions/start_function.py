from imports import *


def start_function(conv: Conversation):
    conv.state.shared_id = conv.sip_headers.get("X-Shared-Id")
    if conv.sip_headers.get("X-Language") == "fr":
        conv.set_language("fr-FR")
        conv.write_metric("LANGUAGE", "fr")
        conv.goto_flow("french")
    if conv.env == "live":
        conv.write_metric("LIVE")
    conv.state.metrics = len(conv.metric_events)
