from _gen import *  # <AUTO GENERATED>
from datetime import datetime, timezone


def end_function(conv: Conversation):
    """Notes when it ran. Nothing that the Handoff API shows is written here: what a client may read is final with the BYE."""
    conv.state.echo_ended_at = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    conv.log.info(f"echo agent: end_function ran, nonce {conv.state.echo_nonce}")
