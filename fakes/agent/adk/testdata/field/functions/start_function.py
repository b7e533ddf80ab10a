from _gen import *  # <AUTO GENERATED>
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from functions.slots import first_free


def start_function(conv: Conversation):
    conv.log.info("call from", number=conv.caller_number)
    conv.state.job = (conv.integration_attributes or {}).get("job")
    conv.state.valid = bool(re.fullmatch(r"J-\d+", conv.state.job or ""))
    conv.state.opened = datetime.now(ZoneInfo("Europe/London"))
    conv.state.until = conv.state.opened + timedelta(hours=conv.real_time_config.get("hours", 1))
    conv.state.language = conv.sip_headers.get("X-Language") or conv.sip_headers.get("x-language")
    conv.state.where = [conv.env, conv.callee_number, conv.channel_type]
    conv.state.slot = first_free(conv)
    conv.set_variant("night" if conv.state.opened.hour > 20 else "day")
    conv.write_metric("CALL_OPENED", conv.variant_name)
    conv.goto_flow("Visit")
    return {"utterance": "Hello.", "listen": {"asr": {"timeout": 0.1}}}
