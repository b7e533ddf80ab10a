from _gen import *  # <AUTO GENERATED>
from datetime import datetime, timezone


def start_function(conv: Conversation):
    """Leaves in the state what the platform gave, for the Handoff API to show."""
    attributes = conv.integration_attributes
    given = attributes if isinstance(attributes, dict) else {}
    conv.state.echo_nonce = given.get("nonce")
    conv.state.echo_attributes = attributes
    conv.state.echo_dnis = conv.callee_number
    conv.state.echo_ani = conv.caller_number
    conv.state.echo_project = conv.project_id
    conv.state.echo_arrived_at = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    if attributes is None:
        conv.state.handoff_to = "DEFAULT_QUEUE"
        conv.state.handoff_reason = None
    for key, attribute in (("handoff_to", "want_handoff_to"), ("handoff_reason", "want_handoff_reason"), ("shared_id", "shared_id")):
        if attribute in given:
            conv.state[key] = given[attribute]
    conv.state.seconds_left = seconds(given.get("want_talk"))
    if not conv.state.seconds_left:
        return {"utterance": "", "hangup": True}
    conv.goto_flow("hold_the_line")
    return {"utterance": ""}


def seconds(wanted):
    """How long to stay on the line; not at all where nothing that makes sense is wanted."""
    if isinstance(wanted, bool) or not isinstance(wanted, (int, float)) or not 0 <= wanted < 1_000_000_000:
        return 0
    return wanted
