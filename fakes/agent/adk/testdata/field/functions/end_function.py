from _gen import *  # <AUTO GENERATED>


def end_function(conv: Conversation):
    conv.state.said = [f"{type(turn).__name__} {turn.role}: {turn.text}" for turn in conv.history]
    conv.state.metrics = [f"{metric.name}={metric.value}" for metric in conv.metric_events]
    conv.state.still = conv.state.opened.year
    conv.state.at_the_end = [conv.current_flow, conv.current_step]
