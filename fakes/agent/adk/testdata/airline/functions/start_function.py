from _gen import *  # <AUTO GENERATED>
from zoneinfo import ZoneInfo

from functions.api_client import booking


def start_function(conv: Conversation):
    try:
        conv.state.booking = booking(conv.caller_number)
    except OSError as e:
        conv.write_metric("BOOKING_SYSTEM_DOWN")
        conv.state.booking = str(e)
    conv.state.zone = str(ZoneInfo("UTC"))
    conv.memory.get("seat")
