from _gen import *  # <AUTO GENERATED>


def end_function(conv: Conversation):
    conv.state.at_the_end = [conv.integration_attributes is None, conv.state.when["at"].year]
    conv.state.stage = "end"
    if conv.state.age == 7:
        raise ValueError("a week")
