from imports import *


def end_function(conv):
    conv.state.outcome = conv.utils.prompt_llm("What came of it?")
    conv.write_metric("OUTCOME", conv.state.outcome, write_once=True)
    conv.write_metric("OUTCOME", "again", write_once=True)
    return ["nobody hears this"]
