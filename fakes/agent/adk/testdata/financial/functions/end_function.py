from _gen import *  # <AUTO GENERATED>
import json


def end_function(conv: Conversation):
    text = "\n".join(f"{turn.role}: {turn.text}" for turn in conv.history)
    conv.state.handoff_reason_summary = json.loads(conv.utils.prompt_llm(f"Sum up: {text}"))["summary"]
    conv.state.seen = [conv.current_flow, conv.current_step, len(conv.metric_events)]
