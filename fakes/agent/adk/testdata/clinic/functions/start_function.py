from _gen import *  # <AUTO GENERATED>
import datetime
import time
from zoneinfo import ZoneInfo


def start_function(conv: Conversation):
    conv.state.zone = ZoneInfo("Europe/Paris")
    conv.state.today = datetime.date.today()
    conv.state.now = datetime.datetime.now(conv.state.zone)
    conv.state.utc = datetime.datetime.utcnow()
    conv.state.seconds = time.time()
    conv.state.clock = time.strftime("%H:%M")
    conv.state.same = isinstance(conv.state.now, datetime.datetime) and type(conv.state.now) is datetime.datetime
    conv.state.language = getattr(conv, "language", None)
    conv.state.odd = [hasattr(conv.state, "never"), hasattr(conv, "never"), "never" in conv.state, conv.state.get("never", 7)]
    conv.state.number = conv.callee_number


